"""The right side of "Add a source", drawn from what the channel declares: can, cannot, fields, where the
secret stays."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QLineEdit, QVBoxLayout, QWidget

from gui.badges import BadgeLabel, Badges
from gui.conversation.links import is_safe, open_link
from gui.conversation.parts import IconLabel, button, column, label, row
from gui.dialogs.channel_words import effort_line, safe_words, said, ticks
from gui.dialogs.choice import Choice
from gui.errors import translated
from gui.icons import Icons
from services.channels.base import ChannelType, Field, SignInMethod, Suggestion
from services.model import Account
from services.words import Sentence
from services.words_accounts import NOTES

Input = QLineEdit | QComboBox


class ChannelForm(QWidget):
    """``changed`` when a field was edited, ``submitted`` on Enter in one, ``unsigned`` (kind, settings,
    secrets) where the owner does without a sign-in."""

    changed = Signal()
    submitted = Signal()
    unsigned = Signal(str, object, object)

    def __init__(
        self, icons: Icons, badges: Badges, channel: ChannelType, renew: Account | None = None
    ) -> None:
        super().__init__()
        self._icons, self.channel = icons, channel
        self._inputs: dict[str, Input] = {}
        self._errors: dict[str, QLabel] = {}
        self._advanced: list[QWidget] = []
        self._groups: dict[str, QVBoxLayout] = {}
        self._proposed: set[str] = set()
        box = column(spacing=8)
        box.addLayout(self._head(badges, renew))
        box.addSpacing(8)
        if renew is None:
            for can, words in ticks(channel):
                box.addLayout(self._tick(can, words))
            box.addSpacing(8)
        for field in channel.signin.fields:
            self._add_field(box, field, renew)
        if self._advanced:
            self.unfold = button(
                self.tr("I have a token already") if self._only_secrets_folded() else self.tr("More"),
                kind="inline",
            )
            self.unfold.clicked.connect(self.show_advanced)
            box.addWidget(self.unfold, 0, Qt.AlignmentFlag.AlignLeft)
        if channel.signin.without and renew is None:
            self._add_without(box)
        box.addWidget(self._lock())
        if channel.signin.help_url:
            how = button(
                self.tr("How this works"), kind="inline", icon="link-out", role="accenttx", icons=icons
            )
            how.clicked.connect(lambda: open_link(channel.signin.help_url))
            box.addWidget(how, 0, Qt.AlignmentFlag.AlignLeft)
        box.addStretch(1)
        self.setLayout(box)

    # --- drawing

    def _head(self, badges: Badges, renew: Account | None) -> QVBoxLayout:
        title = label(renew.name if renew else self.channel.title, step="title", wrap=True)
        line = label(
            self.tr("Sign in again") if renew else effort_line(self.channel), step="small", tone="text3"
        )
        names = column()
        names.addWidget(title)
        names.addWidget(line)
        head = row(BadgeLabel(badges, self.channel.badge, self.channel.title), spacing=12)
        head.addLayout(names, 1)
        outer = column()
        outer.addLayout(head)
        return outer

    def _tick(self, can: bool, words: str) -> QVBoxLayout:
        mark = IconLabel(self._icons, "done" if can else "close", "accenttx" if can else "text3", 16)
        text = label(words, tone="" if can else "text3", wrap=True)
        # Screen readers do not see the tick.
        text.setAccessibleName(words if can else self.tr("Cannot: {what}").format(what=words))
        line = row(spacing=10)
        line.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(text, 1)
        outer = column()
        outer.addLayout(line)
        return outer

    def _lock(self) -> QFrame:
        card = QFrame()
        card.setProperty("card", True)
        words = label(safe_words(self.channel), step="small", tone="text2", wrap=True)
        line = row(spacing=12, margins=(14, 12, 14, 12))
        line.addWidget(IconLabel(self._icons, "private", "accenttx", 16), 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(words, 1)
        card.setLayout(line)
        return card

    def _add_field(self, box: QVBoxLayout, field: Field, renew: Account | None) -> None:
        name = label(said(field.label), step="small", weight=600)
        one = self._input(field)
        one.setAccessibleName(said(field.label))
        one.setAccessibleDescription(said(field.help))
        name.setBuddy(one)
        if renew is not None and not field.secret:
            _put(one, str(renew.settings.get(field.name, "")))
        help_text = label(said(field.help), step="small", tone="text3", wrap=True)
        help_text.setVisible(bool(field.help))
        error = label(step="small", tone="caretx", wrap=True)
        error.hide()
        group = QWidget()
        inner = column(spacing=4)
        for part in (name, one, help_text, error):
            inner.addWidget(part)
        group.setLayout(inner)
        self._groups[field.name] = inner
        self._inputs[field.name], self._errors[field.name] = one, error
        box.addWidget(group)
        if field.advanced and not (
            renew is not None and self.channel.signin.method is not SignInMethod.OAUTH
        ):
            group.hide()
            self._advanced.append(group)

    def _input(self, field: Field) -> Input:
        if field.choices:
            combo = Choice()
            for value, words in field.choices.items():
                combo.addItem(said(words), value)
            _put(combo, field.default)
            combo.currentIndexChanged.connect(lambda _: self._on_edit(field.name))
            return combo
        edit = QLineEdit(field.default)
        edit.setPlaceholderText(said(field.placeholder))
        if field.secret:
            edit.setEchoMode(QLineEdit.EchoMode.Password)
            edit.setInputMethodHints(
                Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText
            )
        edit.textEdited.connect(lambda _: self._on_edit(field.name))
        edit.returnPressed.connect(self.submitted)
        return edit

    def _add_without(self, box: QVBoxLayout) -> None:
        self.without = button(said(self.channel.signin.without), kind="inline")
        self.without.setEnabled(self.is_complete())
        self.without.clicked.connect(lambda: self.unsigned.emit(self.channel.kind, self.values()[0], {}))
        self.changed.connect(lambda: self.without.setEnabled(self.is_complete()))
        box.addWidget(self.without, 0, Qt.AlignmentFlag.AlignLeft)

    def _only_secrets_folded(self) -> bool:
        return all(field.secret for field in self.channel.signin.fields if field.advanced)

    def show_advanced(self) -> None:
        for one in self._advanced:
            one.show()
        self.unfold.hide()
        first = self._advanced[0].findChild(QLineEdit) if self._advanced else None
        if first is not None:
            first.setFocus()

    # --- values

    def _on_edit(self, name: str) -> None:
        self._proposed.discard(name)
        self._errors[name].hide()
        self.changed.emit()

    def values(self) -> tuple[dict[str, str], dict[str, str]]:
        """(settings, secrets) as typed; empty ones are left out."""
        settings: dict[str, str] = {}
        secrets: dict[str, str] = {}
        for field in self.channel.signin.fields:
            value = _get(self._inputs[field.name])
            if value:
                (secrets if field.secret else settings)[field.name] = value
        return settings, secrets

    def fill(self, values: Mapping[str, str]) -> None:
        for name, value in values.items():
            if name in self._inputs:
                _put(self._inputs[name], value)
        self.changed.emit()

    def propose(self, values: Mapping[str, str]) -> None:
        """Fills what the owner did not give himself; the proposals of before go. Nothing here is a secret."""
        free = {
            field.name: field.default
            for field in self.channel.signin.fields
            if not field.secret
            and (field.name in self._proposed or _get(self._inputs[field.name]) in ("", field.default))
        }
        self._proposed = {name for name in values if name in free}
        self.fill({name: values.get(name, default) for name, default in free.items()})

    def given(self) -> dict[str, str]:
        """What the owner gave himself: neither proposed nor there from the start."""
        settings, _ = self.values()
        defaults = {field.name: field.default for field in self.channel.signin.fields}
        return {
            name: one
            for name, one in settings.items()
            if name not in self._proposed and one != defaults[name]
        }

    def take(self, place: Suggestion) -> None:
        """A place that was found: what is known of it, and what has to be done first."""
        self.fill({name: str(value) for name, value in place.settings.items()})
        if place.advice:
            self._advise(
                translated(Sentence(NOTES.get(place.advice, ""), {"network": place.title})), place.help_url
            )
        self.focus_first()

    def _advise(self, words: str, url: str) -> None:
        box = self.layout()
        assert isinstance(box, QVBoxLayout)
        card = QFrame()
        card.setProperty("card", True)
        inner = column(spacing=6, margins=(14, 12, 14, 12))
        inner.addWidget(label(words, wrap=True))
        if is_safe(url):
            there = button(
                self.tr("Open that page"), kind="inline", icon="link-out", role="accenttx", icons=self._icons
            )
            there.clicked.connect(lambda: open_link(url))
            inner.addWidget(there, 0, Qt.AlignmentFlag.AlignLeft)
        card.setLayout(inner)
        box.insertWidget(1, card)

    def first_setting(self) -> str | None:
        """The first line one sees and types into that is no secret."""
        for field in self.channel.signin.fields:
            if not (field.secret or field.advanced or field.choices):
                return field.name
        return None

    def line(self, name: str) -> QLineEdit:
        one = self._inputs[name]
        assert isinstance(one, QLineEdit)
        return one

    def add_below(self, name: str, box: QVBoxLayout) -> None:
        self._groups[name].addLayout(box)

    def input(self, name: str) -> Input:
        return self._inputs[name]

    def is_complete(self) -> bool:
        settings, secrets = self.values()
        given = settings | secrets
        return all(field.name in given for field in self.channel.signin.fields if field.required)

    def show_error(self, name: str, words: str, *, takes_focus: bool = True) -> bool:
        """Below its field; false when there is no such field. Without the focus where the owner has gone on
        meanwhile."""
        error = self._errors.get(name)
        if error is None:
            return False
        error.setText(words)
        error.show()
        if takes_focus:
            self._inputs[name].setFocus()
        return True

    def focus_first(self) -> None:
        for field in self.channel.signin.fields:
            one = self._inputs[field.name]
            if not field.advanced:
                one.setFocus()
                return


def _get(one: Input) -> str:
    return str(one.currentData() or "") if isinstance(one, QComboBox) else one.text().strip()


def _put(one: Input, value: str) -> None:
    if isinstance(one, QComboBox):
        at = one.findData(value)
        one.setCurrentIndex(max(at, 0))
    else:
        one.setText(value)
