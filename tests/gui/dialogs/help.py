"""What the tests of the dialogs share beside their fixtures."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QWidget


def click(qtbot: Any, one: QAbstractButton) -> None:
    assert one.isEnabled()
    qtbot.mouseClick(one, Qt.MouseButton.LeftButton)


def unnamed(top: QWidget) -> list[str]:
    """Controls a screen reader would have no name for."""
    kinds = (QAbstractButton, QLineEdit, QComboBox)
    return [
        f"{type(one).__name__} {one.objectName()}"
        for one in top.findChildren(QWidget)
        if isinstance(one, kinds)
        and one.isVisibleTo(top)
        and not one.accessibleName().strip()
        and not (isinstance(one, QAbstractButton) and one.text().strip())
        and not isinstance(one.parent(), QComboBox | QLineEdit)
    ]
