"""The rows of the settings: one sentence each, with a switch, a choice, a field or a button at the right.
Applied at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QComboBox, QFrame, QLineEdit, QPushButton, QVBoxLayout, QWidget

from gui.conversation.parts import button, column, label, row
from gui.dialogs.choice import Choice
from gui.dialogs.switch import Switch
from gui.dialogs.time_choice import TimeChoice
from gui.theme import Theme

TYPING_MS = 400


@dataclass(frozen=True, slots=True)
class RowPlan:
    """``control``: switch, choice, text, hours, button. ``key`` is the name in ``Settings`` (of a button:
    what it does).

    ``inverted``: the switch shows the opposite of what is kept. ``choices`` are (value, words).
    """

    control: str
    key: str
    title: str
    sentence: str = ""
    choices: Sequence[tuple[Any, str]] = ()
    inverted: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True)
class PagePlan:
    """``cards``: rows under one another, card by card."""

    key: str
    title: str
    icon: str
    cards: tuple[tuple[RowPlan, ...], ...]


class SettingRow(QWidget):
    """``changed(key, value)`` is called when the owner decides."""

    def __init__(self, theme: Theme, plan: RowPlan, value: Any, changed: Callable[[str, Any], None]) -> None:
        super().__init__()
        self.plan, self._theme, self._changed = plan, theme, changed
        self._is_showing = False
        names = column(spacing=1)
        self._title = label(plan.title, step="read", wrap=True)
        names.addWidget(self._title)
        self._sentence = label(plan.sentence, step="small", tone="text3", wrap=True)
        if plan.sentence:
            names.addWidget(self._sentence)
        self.control = self._make()
        if isinstance(self.control, QPushButton):
            # Its own words are its name; what they are about comes after.
            self.control.setAccessibleDescription(f"{plan.title} {plan.sentence}".strip())
        else:
            self.control.setAccessibleName(plan.title)
            self.control.setAccessibleDescription(plan.sentence)
            # Where a box to choose from is called by what is chosen, the label says what it is about.
            self._title.setBuddy(self.control)
        box = row(spacing=16, margins=(18, 10, 18, 10))
        box.addLayout(names, 1)
        box.addWidget(self.control)
        self.setLayout(box)
        self.setMinimumHeight(theme.px(59))
        self.show_value(value)

    def say(self, sentence: str) -> None:
        """Another sentence below the title, in a row that has one."""
        self._sentence.setText(sentence)
        self.control.setAccessibleDescription(f"{self.plan.title} {sentence}")

    def matches(self, words: Sequence[str]) -> bool:
        text = f"{self.plan.title} {self.plan.sentence}".casefold()
        return all(word in text for word in words)

    def _make(self) -> QWidget:
        plan = self.plan
        if plan.control == "switch":
            switch = Switch(self._theme, plan.title)
            switch.toggled.connect(lambda on: self._decide(on != plan.inverted))
            return switch
        if plan.control == "choice":
            combo = Choice()
            for value, words in plan.choices:
                combo.addItem(words, value)
            combo.activated.connect(lambda _: self._decide(combo.currentData()))
            return combo
        if plan.control == "text":
            edit = QLineEdit()
            edit.setMinimumWidth(self._theme.px(240))
            pause = QTimer(edit)
            pause.setSingleShot(True)
            pause.setInterval(TYPING_MS)
            pause.timeout.connect(lambda: self._decide(edit.text().strip()))
            edit.textEdited.connect(lambda _: pause.start())
            edit.editingFinished.connect(pause.stop)
            edit.editingFinished.connect(lambda: self._decide(edit.text().strip()))
            return edit
        if plan.control == "hours":
            return _Hours(self._theme, lambda value: self._decide(value))
        one = button(plan.words, name=plan.words)
        one.clicked.connect(lambda: self._changed(plan.key, None))
        return one

    def _decide(self, value: Any) -> None:
        if not self._is_showing:
            self._changed(self.plan.key, value)

    def show_value(self, value: Any) -> None:
        self._is_showing = True
        try:
            control = self.control
            if isinstance(control, Switch):
                control.setChecked(bool(value) != self.plan.inverted)
            elif isinstance(control, QComboBox):
                at = control.findData(value)
                if at < 0:
                    control.addItem(str(value), value)
                    at = control.count() - 1
                control.setCurrentIndex(at)
            elif isinstance(control, QLineEdit):
                if control.text().strip() != value:
                    control.setText(value)
            elif isinstance(control, _Hours):
                control.show_value(value)
        finally:
            self._is_showing = False


class _Hours(QWidget):
    """Off, or from one time of the day to another; may pass midnight."""

    def __init__(self, theme: Theme, decide: Callable[[tuple[str, ...]], None]) -> None:
        super().__init__()
        self._decide = decide
        self.switch = Switch(theme, self.tr("Quiet hours"))
        self.start, self.end = TimeChoice(self.tr("From"), "19:00"), TimeChoice(self.tr("To"), "06:30")
        for one in (self.start, self.end):
            one.activated.connect(lambda _: self._tell())
        self._to = label(self.tr("to"), step="small", tone="text3")
        self.switch.toggled.connect(lambda _: self._tell())
        self.setLayout(row(self.start, self._to, self.end, self.switch))
        self._is_showing = False
        self._fit()

    def _fit(self) -> None:
        for one in (self.start, self._to, self.end):
            one.setVisible(self.switch.isChecked())

    def _tell(self) -> None:
        self._fit()
        if self._is_showing:
            return
        on = self.switch.isChecked()
        self._decide((self.start.time(), self.end.time()) if on else ())

    def show_value(self, value: Sequence[str]) -> None:
        self._is_showing = True
        self.switch.setChecked(bool(value))
        if len(value) == 2:
            for one, text in zip((self.start, self.end), value, strict=True):
                one.set_time(text)
        self._fit()
        self._is_showing = False


def card_of(rows: Sequence[QWidget]) -> QFrame:
    """Rows under one another in an outlined card, a line between two."""
    card = QFrame()
    card.setProperty("card", "line")
    box = QVBoxLayout(card)
    box.setContentsMargins(1, 1, 1, 1)
    box.setSpacing(0)
    for number, one in enumerate(rows):
        if number:
            rule = QFrame()
            rule.setProperty("rule", True)
            box.addWidget(rule)
        box.addWidget(one)
    return card
