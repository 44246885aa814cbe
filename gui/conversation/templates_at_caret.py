"""Joins the template picker to the composer: reads the templates, follows what is typed after "/", puts the
chosen one in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint

from gui.conversation.subject import Subject
from gui.conversation.template_picker import Offer, TemplatePicker
from gui.icons import Icons
from gui.jobs import Jobs
from services.model import Template

if TYPE_CHECKING:
    from gui.conversation.pane import ConversationPane
    from services.app import Shopbell


def read_offers(app: Shopbell, subject: Subject) -> list[Offer]:
    """Runs in a worker: every template as it would read for this customer."""
    values = app.templates.values(subject.thread, subject.place)
    return [
        Offer(one, app.templates.render(one, subject.thread, subject.place), values)
        for one in app.templates.all()
    ]


class TemplatesAtCaret(QObject):
    def __init__(self, app: Shopbell, jobs: Jobs, icons: Icons, pane: ConversationPane) -> None:
        super().__init__(pane)
        self._app, self._jobs, self._pane = app, jobs, pane
        self._slash: int | None = None
        self.picker = TemplatePicker(icons, pane)
        self.picker.chosen.connect(self._chosen)
        self.picker.closed.connect(self._closed)
        pane.composer.editor.popup_keys = self.picker.handle_key
        pane.composer.editor.edited.connect(self._follow)
        pane.composer.editor.cursorPositionChanged.connect(self._follow)

    def open(self, typed: bool) -> None:
        subject = self._pane.subject
        if subject is None:
            return
        if self.picker.isVisible():
            self.picker.close_up()
            return
        editor = self._pane.composer.editor
        self._slash = editor.caret() - 1 if typed else None

        def show(offers: list[Offer]) -> None:
            now = self._pane.subject
            if now is None or now.id != subject.id or (typed and self._word() is None):
                return
            self.picker.open_with(offers, self._corner(), typed=typed)
            self._follow()

        self._jobs.start(read_offers, self._app, subject, then=show)

    def close(self) -> None:
        self.picker.close_up()

    def _corner(self) -> QPoint:
        composer = self._pane.composer
        editor = composer.editor
        if self._slash is None:
            return composer.chip.mapTo(self._pane, QPoint(0, -4))
        caret = editor.cursorRect(editor.cursor_over(self._slash, self._slash))
        return editor.viewport().mapTo(self._pane, caret.topLeft()) - QPoint(0, 6)

    def _word(self) -> str | None:
        """What was typed after "/" up to the caret; None when the slash is gone or the caret left the
        word."""
        if self._slash is None:
            return None
        editor = self._pane.composer.editor
        text, caret = editor.text(), editor.caret()
        if caret <= self._slash or self._slash >= len(text) or text[self._slash] != "/":
            return None
        word = text[self._slash + 1 : caret]
        return None if "\n" in word or len(word) > 40 else word

    def _follow(self) -> None:
        if self._slash is None or not self.picker.isVisible():
            return
        word = self._word()
        if word is None:
            self.picker.close_up()
        else:
            self.picker.set_typed(word)

    def _chosen(self, template: Template, text: str, filled: list[tuple[int, int]]) -> None:
        composer = self._pane.composer
        editor = composer.editor
        slash = self._slash_before
        self._slash = self._slash_before = None
        composer.use_template(template.name)
        if slash is not None:
            end = max(editor.caret(), slash + 1)
            editor.replace(slash, end, text, filled)
        elif not editor.text().strip():
            editor.replace(0, len(editor.text()), text, filled)
        else:
            at = editor.caret()
            editor.replace(at, at, text, filled)
        editor.setFocus()

    _slash_before: int | None = None

    def _closed(self) -> None:
        # The picker closes before it hands over what was chosen.
        self._slash_before, self._slash = self._slash, None
        if not self._pane.composer.editor.hasFocus():
            self._pane.composer.editor.setFocus()
