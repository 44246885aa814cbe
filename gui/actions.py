"""Every action of the window, once: its words, its keys, its picture, and when it can be used.

Menus, buttons and the list of keys all take them from here. Single letters work because text fields keep the
keys one types for themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication, QObject, Qt
from PySide6.QtGui import QAction, QKeySequence

from gui import QT_TRANSLATE_NOOP
from gui.icons import Icons


class Plan(NamedTuple):
    """``needs``: "" always, "row" a conversation is open or selected, "undo" a reply or a mark can be taken
    back."""

    name: str
    text: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    group: str = ""
    needs: str = ""


VIEWS = ("new", "complaints", "closing", "waiting", "snoozed", "done", "hello", "spam")
PLANS = (
    Plan("view_new", QT_TRANSLATE_NOOP("Actions", "New"), ("Ctrl+1",), "new", "views"),
    Plan("view_complaints", QT_TRANSLATE_NOOP("Actions", "Complaints"), ("Ctrl+2",), "complaint", "views"),
    Plan("view_closing", QT_TRANSLATE_NOOP("Actions", "Closing soon"), ("Ctrl+3",), "closing", "views"),
    Plan("view_waiting", QT_TRANSLATE_NOOP("Actions", "Waiting"), ("Ctrl+4",), "waiting", "views"),
    Plan("view_snoozed", QT_TRANSLATE_NOOP("Actions", "Snoozed"), ("Ctrl+5",), "snoozed", "views"),
    Plan("view_done", QT_TRANSLATE_NOOP("Actions", "Done", "the view"), ("Ctrl+6",), "done", "views"),
    Plan("view_hello", QT_TRANSLATE_NOOP("Actions", "Hello"), ("Ctrl+7",), "hello", "views"),
    Plan("view_spam", QT_TRANSLATE_NOOP("Actions", "Spam", "the view"), ("Ctrl+8",), "spam", "views"),
    Plan("next", QT_TRANSLATE_NOOP("Actions", "Next conversation"), ("J",), "chevron-down", "go"),
    Plan("previous", QT_TRANSLATE_NOOP("Actions", "Previous conversation"), ("K",), "", "go"),
    Plan("search", QT_TRANSLATE_NOOP("Actions", "Search"), ("/", "Ctrl+F"), "search", "go"),
    Plan("back", QT_TRANSLATE_NOOP("Actions", "Back to the list"), (), "", "go"),
    Plan("done", QT_TRANSLATE_NOOP("Actions", "Done"), ("E",), "done", "conversation", "row"),
    Plan("snooze", QT_TRANSLATE_NOOP("Actions", "Snooze"), ("S",), "later", "conversation", "row"),
    Plan(
        "reopen",
        QT_TRANSLATE_NOOP("Actions", "Still waits for an answer"),
        ("Shift+E",),
        "new",
        "conversation",
        "row",
    ),
    Plan(
        "not_complaint",
        QT_TRANSLATE_NOOP("Actions", "Not a complaint"),
        ("Shift+C",),
        "",
        "conversation",
        "row",
    ),
    Plan(
        "is_complaint",
        QT_TRANSLATE_NOOP("Actions", "This is a complaint"),
        ("C",),
        "complaint",
        "conversation",
        "row",
    ),
    Plan("spam", QT_TRANSLATE_NOOP("Actions", "Spam"), ("!",), "spam", "conversation", "row"),
    Plan("not_spam", QT_TRANSLATE_NOOP("Actions", "Not spam"), ("Shift+S",), "", "conversation", "row"),
    Plan("mute", QT_TRANSLATE_NOOP("Actions", "Mute this person"), ("M",), "bell-off", "conversation", "row"),
    Plan("reply", QT_TRANSLATE_NOOP("Actions", "Reply"), ("R",), "reply", "conversation", "row"),
    Plan(
        "open_network",
        QT_TRANSLATE_NOOP("Actions", "Open on the network"),
        ("O",),
        "link-out",
        "conversation",
        "row",
    ),
    Plan("undo", QT_TRANSLATE_NOOP("Actions", "Undo"), ("Z", "U", "Ctrl+Z"), "undo", "conversation", "undo"),
    Plan("check_now", QT_TRANSLATE_NOOP("Actions", "Check now"), ("F5",), "refresh", "shop"),
    Plan("add_source", QT_TRANSLATE_NOOP("Actions", "Add a source…"), ("Ctrl+N",), "add", "shop"),
    Plan("sources", QT_TRANSLATE_NOOP("Actions", "Sources…"), (), "feed", "shop"),
    Plan("templates", QT_TRANSLATE_NOOP("Actions", "Templates…"), ("Ctrl+T",), "template", "shop"),
    Plan("taught", QT_TRANSLATE_NOOP("Actions", "What you taught…"), (), "complaint", "shop"),
    Plan("muted", QT_TRANSLATE_NOOP("Actions", "Muted people…"), (), "bell-off", "shop"),
    Plan("empty_spam", QT_TRANSLATE_NOOP("Actions", "Empty spam…"), (), "spam", "shop"),
    Plan("backup", QT_TRANSLATE_NOOP("Actions", "Backup…"), (), "backup", "shop"),
    Plan("settings", QT_TRANSLATE_NOOP("Actions", "Settings…"), ("Ctrl+,",), "settings", "program"),
    Plan("theme", QT_TRANSLATE_NOOP("Actions", "Light or dark"), ("Ctrl+Shift+L",), "theme", "program"),
    Plan("keys", QT_TRANSLATE_NOOP("Actions", "Keys"), ("?", "F1"), "keyboard", "program"),
    Plan("quit", QT_TRANSLATE_NOOP("Actions", "Quit"), ("Ctrl+Q",), "", "program"),
)
GROUPS = {
    "views": QT_TRANSLATE_NOOP("Actions", "View"),
    "go": QT_TRANSLATE_NOOP("Actions", "Go"),
    "conversation": QT_TRANSLATE_NOOP("Actions", "Conversation"),
    "shop": QT_TRANSLATE_NOOP("Actions", "Shop"),
    "program": QT_TRANSLATE_NOOP("Actions", "Shopbell"),
}
# macOS puts these two into its own menu.
ROLES = {"quit": QAction.MenuRole.QuitRole, "settings": QAction.MenuRole.PreferencesRole}


class Actions(QObject):
    """``actions["done"].triggered`` is connected by the window; ``allow`` says what can be used now."""

    def __init__(self, icons: Icons, parent: QObject) -> None:
        super().__init__(parent)
        self._actions: dict[str, QAction] = {}
        for plan in PLANS:
            action = QAction(QCoreApplication.translate("Actions", plan.text), self)
            action.setObjectName(plan.name)
            action.setShortcuts([QKeySequence(keys) for keys in plan.keys])
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            action.setMenuRole(ROLES.get(plan.name, QAction.MenuRole.NoRole))
            if plan.icon:
                action.setIcon(icons.icon(plan.icon))
            self._actions[plan.name] = action
        self.allow(row=False, undo=False)

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def __iter__(self) -> Iterator[QAction]:
        return iter(self._actions.values())

    def group(self, name: str) -> list[QAction]:
        return [self._actions[plan.name] for plan in PLANS if plan.group == name]

    def allow(self, *, row: bool | None = None, undo: bool | None = None) -> None:
        now = {"row": row, "undo": undo}
        for plan in PLANS:
            wanted = now.get(plan.needs)
            if wanted is not None:
                self._actions[plan.name].setEnabled(wanted)

    @staticmethod
    def keys(action: QAction) -> str:
        """The keys as people read them: "E", "Ctrl+1"."""
        return action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)


def group_title(name: str) -> str:
    return QCoreApplication.translate("Actions", GROUPS[name])
