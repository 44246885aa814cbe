"""Starting with the computer, in the settings: the switch shows what the system has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gui.dialogs.setting_pages import AUTOSTART
from gui.dialogs.settings_dialog import SettingsDialog
from gui.theme import Theme
from services.app import Shopbell
from services.autostart import DesktopEntry
from services.settings import Settings


def test_it_is_not_there_where_the_program_is_not_installed(app: Shopbell, theme: Theme, show: Any) -> None:
    dialog = show(SettingsDialog(app, theme))
    with pytest.raises(StopIteration):
        dialog.row(AUTOSTART)


def test_it_is_switched_where_the_system_keeps_it(
    app: Shopbell, theme: Theme, show: Any, qtbot: Any, tmp_path: Path
) -> None:
    way = DesktopEntry(tmp_path / "shopbell", tmp_path / "autostart")
    dialog = show(SettingsDialog(app, theme, page="sources", autostart=way))
    switch = dialog.row(AUTOSTART).control
    assert not switch.isChecked()
    switch.click()
    qtbot.waitUntil(lambda: way.is_on() and dialog.undo.isEnabled(), timeout=20_000)
    dialog.undo.click()
    qtbot.waitUntil(lambda: not way.is_on() and not switch.isChecked(), timeout=20_000)
    assert not way.file.exists()
    assert app.settings.current == Settings()


def test_what_was_changed_outside_is_shown(
    app: Shopbell, theme: Theme, show: Any, qtbot: Any, tmp_path: Path
) -> None:
    way = DesktopEntry(tmp_path / "shopbell", tmp_path / "autostart")
    way.turn(True)
    dialog = show(SettingsDialog(app, theme, autostart=way))
    qtbot.waitUntil(lambda: dialog.row(AUTOSTART).control.isChecked(), timeout=20_000)
    way.file.write_text(way.file.read_text("utf-8") + "Hidden=true\n", encoding="utf-8")
    again = show(SettingsDialog(app, theme, autostart=way))
    again.search.setText("computer")
    again._search("computer")
    assert [one.plan.key for one in again._rows].count(AUTOSTART) == 2
    assert not again.row(AUTOSTART).control.isChecked()


def test_where_the_system_does_not_let_us_the_switch_goes_back(
    app: Shopbell, theme: Theme, show: Any, qtbot: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    way = DesktopEntry(tmp_path / "shopbell", tmp_path / "file" / "autostart")
    dialog = show(SettingsDialog(app, theme, page="sources", autostart=way))
    switch = dialog.row(AUTOSTART).control
    switch.click()
    qtbot.waitUntil(lambda: "does not let Shopbell start" in dialog._said.text(), timeout=20_000)
    qtbot.waitUntil(lambda: not switch.isChecked(), timeout=20_000)
    assert not dialog.undo.isEnabled()
