"""What the owner decides about newer versions; a page of ``setting_pages``."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from gui.dialogs.setting_rows import PagePlan, RowPlan

LOOK_NOW = "updates:look"


def tr(text: str) -> str:
    return QCoreApplication.translate("Settings", text)


def update_page(state: str) -> PagePlan:
    """``state``: what is known now, in words."""
    return PagePlan(
        "updates",
        tr("New versions"),
        "refresh",
        (
            (
                RowPlan(
                    "switch",
                    "look_for_updates",
                    tr("Look for new versions"),
                    tr(
                        "Once a day, on the download page. Nothing about you or your shop is sent, "
                        "and nothing is installed by itself"
                    ),
                ),
                RowPlan("button", LOOK_NOW, tr("Newest version"), state, words=tr("Look now")),
            ),
        ),
    )
