"""The right pane: one conversation with its context, its messages and the composer.

Reads in workers, shows what comes back, and hands every wish of the owner to ``app.inbox``. The window
calls ``open`` when a row is chosen
and ``refresh`` with the conversations that changed.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from gui.badges import Badges
from gui.conversation.attached import SAVE
from gui.conversation.check_words import checks_for
from gui.conversation.complaint_strip import ComplaintStrip
from gui.conversation.composer import Composer
from gui.conversation.context_card import ContextCard
from gui.conversation.deed_words import KEY
from gui.conversation.deeds import Deeds
from gui.conversation.drafts import DraftSaver
from gui.conversation.entries import NO_ABILITIES, Wording
from gui.conversation.head import Head
from gui.conversation.links import open_link
from gui.conversation.menu import menu_of
from gui.conversation.moderating import Moderating
from gui.conversation.pending_strip import PendingStrip
from gui.conversation.person import PersonCard
from gui.conversation.reader import SubjectReader
from gui.conversation.replying import Replying
from gui.conversation.saving import Saving
from gui.conversation.subject import Subject
from gui.conversation.templates_at_caret import TemplatesAtCaret
from gui.conversation.thread_view import ThreadView
from gui.conversation.trouble_line import TroubleLine
from gui.conversation.undo_bar import UndoBar
from gui.errors import translated
from gui.focus import FocusKeeper
from gui.icons import Icons
from gui.jobs import Jobs
from gui.marks import Marks
from gui.theme import Theme
from services.model import ThreadMessage
from services.replies.checks import Check
from services.words import reply_words

if TYPE_CHECKING:
    from services.app import Shopbell

MINUTE_MS = 60_000
CARD_NEEDS = 520
"""Under this height (at 14 px type) the context card makes room for the messages."""


class ConversationPane(QWidget):
    """``replied``: a reply went into the outbox (conversation id). ``wants_next``: this one is finished
    with."""

    replied = Signal(int)
    wants_next = Signal()
    closed_by_escape = Signal()
    shown = Signal(object)

    def __init__(self, app: Shopbell, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app, self._theme = app, theme
        self._icons = Icons(theme)
        self._badges = Badges(theme, self._icons)
        self._jobs = Jobs(app.run, self)
        self._subject: Subject | None = None
        self.setProperty("ground", "conv")
        self.setAccessibleName(self.tr("Conversation"))
        self.head = Head(self._icons)
        self.card = ContextCard(self._icons)
        self.strip = ComplaintStrip(self._icons)
        self.pending = PendingStrip(self._icons)
        self.trouble = TroubleLine(self._icons)
        self.messages = ThreadView(theme, self._icons)
        self.undo_bar = UndoBar(self._icons, app.clock.now)
        self.composer = Composer(self._icons, app.clock.now, self._checks)
        self.person = PersonCard(self._icons, self._badges, self)
        self.reader = SubjectReader(app, self._jobs, self)
        self.drafts = DraftSaver(self._jobs, app.inbox.save_draft, self)
        self.marks = Marks(app, self)
        self.deeds = Deeds(app, self._jobs, self)
        self.replying = Replying(app, self._jobs, self)
        self.moderating = Moderating(app, self._jobs, self)
        self.saving = Saving(app, self._jobs, self)
        self.templates = TemplatesAtCaret(app, self._jobs, self._icons, self)
        self._build()
        self._connect()
        self._keeper = FocusKeeper(self, lambda: self.messages)
        self.open(None)

    def _build(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        rule = QFrame()
        rule.setProperty("rule", True)
        self._top = QWidget()
        top = QVBoxLayout(self._top)
        top.setContentsMargins(20, 16, 20, 4)
        top.setSpacing(12)
        top.addWidget(self.card)
        for strip in (self.strip, self.pending, self.trouble):
            top.addWidget(strip)
        box.addWidget(self.head)
        box.addWidget(rule)
        box.addWidget(self._top)
        box.addWidget(self.messages, 1)
        box.addWidget(self.undo_bar)
        box.addWidget(self.composer)

    def _connect(self) -> None:
        self.head.back.connect(self.closed_by_escape)
        self.head.done.connect(self.deeds.done)
        self.head.snooze.connect(self.deeds.snooze)
        self.head.act.connect(self.deeds.act)
        self.card.opened.connect(open_link)
        self.strip.denied.connect(self._deny)
        self.messages.acted.connect(self._act)
        self.pending.acted.connect(self._act)
        self.trouble.turned.connect(self._fit_top)
        self.messages.wants_earlier.connect(self.reader.more_history)
        self.reader.read.connect(self._show)
        self.reader.earlier.connect(self._show_earlier)
        self.reader.gone.connect(lambda _: self.open(None))
        self.composer.send.connect(self.replying.send)
        self.composer.copy.connect(self.replying.copy_and_open)
        self.composer.open_page.connect(self.open_on_network)
        self.composer.edited.connect(self._edited)
        self.composer.wants_template.connect(self.templates.open)
        self.composer.editor.undo_wanted.connect(self.undo)
        self.undo_bar.undo.connect(self.replying.undo)
        self.undo_bar.send_now.connect(self.replying.send_now)
        self.undo_bar.ticked.connect(self.messages.refresh_words)
        self.undo_bar.over.connect(lambda _: self.messages.refresh_words())
        self._minute = QTimer(self)
        self._minute.setInterval(MINUTE_MS)
        self._minute.timeout.connect(self._refresh_times)
        self._minute.start()
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.finish)

    # --- what the window calls

    @property
    def conversation_id(self) -> int | None:
        return self.reader.wanted

    @property
    def subject(self) -> Subject | None:
        return self._subject

    def open(self, conversation_id: int | None) -> None:
        """Shows a conversation; None empties the pane."""
        self.drafts.flush()
        self.templates.close()
        self.person.hide()
        self.trouble.hide()
        self._subject = None
        if conversation_id is None:
            self._show_nothing()
        else:
            self.messages.show_waiting()
            self.composer.setVisible(False)
        self.reader.want(conversation_id)

    def refresh(self, ids: Collection[int]) -> None:
        """Conversations that changed; nothing happens when the open one is not among them."""
        if self.reader.wanted in ids:
            self.reader.again()

    def focus_composer(self) -> None:
        if self.composer.isVisible():
            self.composer.editor.setFocus()

    def undo(self) -> bool:
        """Takes back the newest held reply; false when there is none."""
        return self.undo_bar.undo_newest()

    @property
    def can_undo(self) -> bool:
        return bool(self.undo_bar.held())

    def stops(self) -> tuple[QWidget, ...]:
        """In the order in which Tab walks them."""
        return self.head, self, self.undo_bar

    def finish(self) -> None:
        """Keeps what is being written; call it before the application closes. What is still being read counts
        for nothing any more."""
        self.drafts.flush_now()
        self.reader.want(None)

    def ask_snooze(self) -> None:
        if self._subject is not None:
            self.head.ask_snooze(self._app.clock.now().astimezone())

    def open_on_network(self) -> None:
        if self._subject is not None:
            open_link(self._subject.page_url or self._subject.thread.conversation.url)

    # --- showing

    def _show_earlier(self, subject: Subject) -> None:
        self._subject = subject
        self.messages.show_earlier_from_store(subject.thread, self._wording)

    def _show(self, subject: Subject) -> None:
        same = self._subject is not None and self._subject.id == subject.id
        self._subject = subject
        conversation = subject.thread.conversation
        now = self._app.clock.now()
        from gui.inbox.why import why

        self.head.set_subject(subject, why(conversation, now))
        self.head.set_menu(menu_of(subject, narrow=self.head.is_narrow))
        self.card.set_context(subject.thread.context, now)
        self.strip.set_conversation(conversation, now, folds=self._app.settings.current.fold_abusive)
        self.pending.set_subject(subject)
        self._fit_top()
        self.composer.hold_s = self._app.settings.current.hold_s
        self.composer.set_subject(subject, subject.thread.draft, same=same)
        self.messages.set_thread(subject.thread, self._wording, keep_place=same)
        self.person.set_subject(subject)
        if conversation.unread:
            self._jobs.start(self._app.inbox.mark_read, [subject.id])
        self.shown.emit(subject)

    def _show_nothing(self) -> None:
        self.head.set_subject(None)
        self.card.hide()
        self.strip.hide()
        self.pending.set_subject(None)
        self._top.hide()
        self.messages.clear()
        self.composer.set_subject(None)

    def _wording(self) -> Wording:
        subject = self._subject
        place, customer = (subject.place, subject.customer) if subject else ("", "")
        conversation = subject.thread.conversation if subject else None
        is_denied = conversation is not None and conversation.is_labelled and not conversation.is_complaint
        return Wording(
            self._app.clock.now(),
            place,
            customer,
            self._trouble_words,
            shows_reasons=not is_denied,
            abilities=subject.abilities if subject else NO_ABILITIES,
            folds=self._app.settings.current.fold_abusive,
        )

    def _trouble_words(self, message: ThreadMessage) -> str:
        subject = self._subject
        name, place = (subject.account.name, subject.place) if subject else ("", "")
        kind = message.error_kind or ("unclear" if message.state == "unclear" else "error")
        return translated(reply_words(kind, message.error_detail, name, place, now=self._app.clock.now()))

    def _refresh_times(self) -> None:
        if self._subject is not None:
            folds = self._app.settings.current.fold_abusive
            conversation = self._subject.thread.conversation
            self.strip.set_conversation(conversation, self._app.clock.now(), folds=folds)
            self.messages.refresh_words()
            self.composer.refresh()

    def _checks(self, subject: Subject, text: str, private: bool) -> list[Check]:
        return checks_for(subject, text, private, owner=self._app.settings.current.owner_first_name)

    # --- what the owner does

    def _act(self, key: str, message: ThreadMessage) -> None:
        """A button or a menu of one message."""
        if key.startswith(KEY):
            self.moderating.act(key, message)
        elif key.startswith(SAVE):
            self.saving.ask(message, int(key.removeprefix(SAVE)))
        else:
            self.replying.act(key, message)

    def _deny(self) -> None:
        # The button goes with its strip; the next in line would be the one that changes who can read.
        self.messages.setFocus()
        self.deeds.act("not-complaint")

    def _edited(self, text: str) -> None:
        if self._subject is not None:
            self.drafts.later(self._subject.id, text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed_by_escape.emit()
        else:
            super().keyPressEvent(event)

    # --- geometry

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_top()
        self.person.place()

    def _fit_top(self) -> None:
        has_context = self._subject is not None and bool(self._subject.thread.context)
        roomy = self.height() >= self._theme.px(CARD_NEEDS)
        words = self._subject.thread.context if self._subject else None
        has_words = has_context and words is not None and bool(words.text or words.title)
        self.card.setVisible(has_words and roomy)
        parts = (self.card, self.strip, self.pending, self.trouble)
        self._top.setVisible(any(one.isVisibleTo(self._top) for one in parts))

    def closeEvent(self, event: QCloseEvent) -> None:
        self.finish()
        super().closeEvent(event)
