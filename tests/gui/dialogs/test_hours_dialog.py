"""Opening hours, changed after the first start."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QPushButton

from gui.dialogs.hours_dialog import HoursDialog
from gui.dialogs.settings_dialog import SettingsDialog
from gui.dialogs.switch import Switch, Tick
from gui.dialogs.week import USUAL
from gui.theme import Theme
from services.app import Shopbell
from tests.gui.dialogs.help import click, unnamed

LUNCH = (("07:00", "12:00"), ("14:00", "18:00"))


def test_what_was_drawn_is_kept(app: Shopbell, theme: Theme, show: Any, qtbot: Any) -> None:
    dialog = show(HoursDialog(app, theme))
    assert unnamed(dialog) == []
    click(qtbot, dialog.keep)
    qtbot.waitUntil(lambda: app.settings.current.opening_hours == USUAL)
    qtbot.waitUntil(lambda: not dialog.isVisible())


def test_a_break_is_not_lost_and_cancel_changes_nothing(
    app: Shopbell, theme: Theme, show: Any, qtbot: Any
) -> None:
    week = (LUNCH, *((("08:00", "18:00"),),) * 5, ())
    app.settings.update(opening_hours=week)
    dialog = show(HoursDialog(app, theme))
    sunday = dialog.week.findChildren(Tick)[6]
    click(qtbot, sunday)
    click(qtbot, dialog.cancel)
    assert app.settings.current.opening_hours == week
    again = show(HoursDialog(app, theme))
    click(qtbot, again.week.findChildren(Tick)[6])
    click(qtbot, again.keep)
    qtbot.waitUntil(lambda: app.settings.current.opening_hours != week)
    assert app.settings.current.opening_hours == (*week[:6], (("08:00", "18:00"),))


def test_the_settings_lead_there(app: Shopbell, theme: Theme, show: Any, qtbot: Any) -> None:
    dialog = show(SettingsDialog(app, theme, page="notifications"))
    control = dialog.row("dialog:hours").control
    assert isinstance(control, QPushButton)
    with qtbot.waitSignal(dialog.wants) as asked:
        control.click()
    assert asked.args == ["hours"]


def test_quiet_while_closed_asks_when_that_is(app: Shopbell, theme: Theme, show: Any, qtbot: Any) -> None:
    dialog = show(SettingsDialog(app, theme, page="notifications"))
    switch = dialog.row("quiet_when_closed").control
    assert isinstance(switch, Switch)
    asked: list[str] = []
    dialog.wants.connect(asked.append)
    switch.click()
    qtbot.waitUntil(lambda: app.settings.current.quiet_when_closed)
    assert asked == ["hours"]
    switch.click()
    qtbot.waitUntil(lambda: not app.settings.current.quiet_when_closed)
    app.settings.update(opening_hours=USUAL)
    switch.click()
    qtbot.waitUntil(lambda: app.settings.current.quiet_when_closed)
    assert asked == ["hours"], "they are known now"
