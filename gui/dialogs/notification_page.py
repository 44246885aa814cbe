"""What the owner decides about notifications; a page of ``setting_pages``."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from gui import QT_TRANSLATE_NOOP
from gui.dialogs.setting_rows import PagePlan, RowPlan
from services.settings import SOUNDS

SOUND_NAMES = {
    "bell": QT_TRANSLATE_NOOP("Settings", "Shop bell"),
    "chime": QT_TRANSLATE_NOOP("Settings", "Chime"),
    "drop": QT_TRANSLATE_NOOP("Settings", "Drop"),
    "wood": QT_TRANSLATE_NOOP("Settings", "Two knocks"),
}


def tr(text: str) -> str:
    return QCoreApplication.translate("Settings", text)


def notification_page() -> PagePlan:
    return PagePlan(
        "notifications", tr("Notifications"), "bell", (_kinds(), _more(), _quiet(), _sound(), _trial())
    )


def _kinds() -> tuple[RowPlan, ...]:
    return (
        RowPlan("switch", "notifications", tr("Notifications"), tr("Off: nothing rings and nothing pops up")),
        RowPlan(
            "switch",
            "tell_complaints",
            tr("Complaints"),
            tr("At once, with sound, and it stays until you look"),
        ),
        RowPlan("switch", "tell_direct", tr("Direct messages"), tr("At once")),
        RowPlan(
            "choice",
            "count_every_s",
            tr("Everything else"),
            tr("One line with a count"),
            (
                (900, tr("Every 15 minutes")),
                (3600, tr("Every hour")),
                (14_400, tr("Every 4 hours")),
                (0, tr("Never")),
            ),
        ),
        RowPlan(
            "switch",
            "hide_text",
            tr("Show what was written"),
            tr("Off: the notification only says where somebody wrote"),
            inverted=True,
        ),
    )


def _more() -> tuple[RowPlan, ...]:
    return (
        RowPlan(
            "switch",
            "tell_waiting",
            tr("Who still waits"),
            tr("Once for each customer after the time you want to have answered in, in shop hours"),
        ),
        RowPlan(
            "switch",
            "tell_spikes",
            tr("More complaints than usual"),
            tr("At least 3 in 2 hours, with what they have in common"),
        ),
        RowPlan(
            "switch", "tell_sources", tr("A source needs you"), tr("It went silent or wants a new sign-in")
        ),
    )


def _quiet() -> tuple[RowPlan, ...]:
    return (
        RowPlan(
            "hours", "quiet_hours", tr("Quiet hours"), tr("Nothing rings then. You are told when they end.")
        ),
        RowPlan(
            "button",
            "dialog:hours",
            tr("Opening hours"),
            tr("When the shop is open; reminders come only then"),
            words=tr("Show opening hours"),
        ),
        RowPlan(
            "switch",
            "quiet_when_closed",
            tr("Quiet while the shop is closed"),
            tr("Outside your opening hours nothing rings either"),
        ),
        RowPlan(
            "switch", "quiet_lets_complaints", tr("Ring through for complaints"), tr("Also in quiet hours")
        ),
    )


def _sound() -> tuple[RowPlan, ...]:
    return (
        RowPlan("switch", "sound", tr("Sound"), tr("Never twice within a minute")),
        RowPlan(
            "choice",
            "sound_name",
            tr("Which sound"),
            tr("As loud as your computer is set"),
            tuple((name, tr(SOUND_NAMES[name])) for name in SOUNDS),
        ),
    )


def _trial() -> tuple[RowPlan, ...]:
    return (
        RowPlan(
            "button",
            "bell",
            tr("Does it work?"),
            tr("Shows one now, with sound"),
            words=tr("Ring the test bell"),
        ),
    )
