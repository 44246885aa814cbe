"""Marks of the owner, each with its undo: done, snoozed, spam, is it a complaint, muted.

List and conversation mark through the same object, so that one key takes back the last of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QObject, Signal

from gui.jobs import Jobs
from services.errors import ChannelError
from services.model import Direction, State

if TYPE_CHECKING:
    from services.app import Shopbell

MOST = 20
Then = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Mark:
    """``words``: what was done. ``undo`` starts taking it back. ``seconds``: it happens only then.
    ``after``: what the owner has to know once it is taken back."""

    words: str
    ids: tuple[int, ...]
    at: datetime
    undo: Callable[[Mark], None]
    seconds: int = 0
    after: str = ""


class Marks(QObject):
    """``made(mark)``: something can be taken back. ``undone(mark)``: it was; its rows are where they were.
    ``failed(error)`` where the caller does not say otherwise."""

    made = Signal(object)
    undone = Signal(object)
    changed = Signal()
    failed = Signal(object)

    def __init__(self, app: Shopbell, parent: QObject) -> None:
        super().__init__(parent)
        self._app = app
        self._jobs = Jobs(app.run, self)
        self._made: list[Mark] = []

    def mark(
        self,
        ids: Sequence[int],
        state: State,
        until: datetime | None = None,
        *,
        then: Then = lambda _: None,
    ) -> None:
        """Spam is told to the network, too, where it takes that word."""
        if state is State.SPAM:
            self.spam(ids, then=then)
            return
        self._start(ids, state.value, lambda: self._app.inbox.mark(ids, state, until=until), then)

    def label(self, ids: Sequence[int], what: str, *, then: Then = lambda _: None) -> None:
        """What triage makes of it is learned afterwards; the list does not wait for that."""

        def done(outcome: object) -> None:
            then(outcome)
            self._jobs.start(self._app.inbox.learn, failed=self.failed.emit)

        self._start(ids, what, lambda: self._app.inbox.label_all(ids, what, learn=False), done)

    def spam(
        self, ids: Sequence[int], *, then: Then, failed: Callable[[Exception], None] | None = None
    ) -> None:
        """``failed`` with a ChannelError: marked here, and the network could not be told."""

        def refused(error: Exception) -> None:
            (failed or self.failed.emit)(error)

        moderation = self._app.moderation
        told = False

        def work() -> None:
            nonlocal told
            told = any(moderation.reports_spam(one) for one in ids)
            moderation.mark_spam(ids)

        def after() -> str:
            return self.tr("Taken back here. The network was told, and keeps it as spam.") if told else ""

        self._start(ids, "spam", work, then, refused, after=after)

    def mute(self, account_id: int, author_id: str, name: str, conversation_id: int, *, then: Then) -> None:
        """Whoever is muted waits for nothing: this conversation is done with it."""
        self._mute([conversation_id], lambda: [(account_id, author_id, name)], then)

    def mute_customers(self, ids: Sequence[int], *, then: Then) -> None:
        """Who wrote last in each of these conversations."""
        self._mute(ids, lambda: [one for one in map(self._customer, ids) if one is not None], then)

    def _customer(self, conversation_id: int) -> tuple[int, str, str] | None:
        thread = self._app.inbox.open(conversation_id)
        theirs = [one for one in thread.messages if one.direction is Direction.INBOUND and one.is_addressed]
        if not theirs:
            return None
        author = theirs[-1].author
        return thread.conversation.account_id, author.id, author.name or author.handle

    def _mute(
        self,
        ids: Sequence[int],
        people: Callable[[], list[tuple[int, str, str]]],
        then: Then,
    ) -> None:
        inbox, muted = self._app.inbox, dict[tuple[int, str], str]()

        def work() -> None:
            for account_id, author_id, name in people():
                inbox.mute(account_id, author_id)
                muted[account_id, author_id] = name
            inbox.mark(ids, State.DONE)

        def back() -> None:
            for account_id, author_id in muted:
                inbox.mute(account_id, author_id, on=False)

        def words() -> str:
            if len(muted) > 1:
                return self.tr("{count} people are muted").format(count=len(muted))
            name = "".join(muted.values()) or self.tr("This person")
            return self.tr("{name} is muted, everywhere").format(name=name)

        self._start(ids, "", work, then, words=words, also_back=back)

    def hear(self, account_id: int, author_id: str) -> None:
        """Takes the muting back."""
        self._jobs.start(self._app.inbox.mute, account_id, author_id, on=False, failed=self.failed.emit)

    def _start(
        self,
        ids: Sequence[int],
        what: str,
        work: Callable[[], object],
        then: Then,
        failed: Callable[[Exception], None] | None = None,
        *,
        words: Callable[[], str] = str,
        after: Callable[[], str] = str,
        also_back: Callable[[], None] = lambda: None,
    ) -> None:
        wanted = tuple(ids)
        inbox = self._app.inbox
        was: list[Any] = []

        def run() -> None:
            was.append(inbox.remember(wanted))
            work()

        def back() -> None:
            also_back()
            inbox.put_back(was[0])

        def undo(mark: Mark) -> None:
            self._jobs.start(back, then=lambda _: self.undone.emit(mark), failed=self.failed.emit)

        def made() -> Mark:
            said = words() or mark_words(what, len(wanted))
            return Mark(said, wanted, self._app.clock.now(), undo, after=after())

        def done(outcome: object) -> None:
            self.push(made())
            then(outcome)

        def refused(error: Exception) -> None:
            # The network could not be told; here it is marked.
            if isinstance(error, ChannelError) and was:
                self.push(made())
            (failed or self.failed.emit)(error)

        self._jobs.start(run, then=done, failed=refused)

    # --- taking back

    def push(self, mark: Mark) -> None:
        self._made = [*self._made, mark][-MOST:]
        self.made.emit(mark)
        self.changed.emit()

    def settle(self, mark: Mark) -> None:
        """It happened for good."""
        self._made = [one for one in self._made if one is not mark]
        self.changed.emit()

    @property
    def newest(self) -> Mark | None:
        return self._made[-1] if self._made else None

    def undo(self) -> bool:
        """The last mark; false when there is none."""
        if not self._made:
            return False
        mark = self._made.pop()
        self.changed.emit()
        mark.undo(mark)
        return True

    def undo_mark(self, mark: Mark) -> None:
        """By the button beside its words; one that is no longer there was taken back already."""
        if mark in self._made:
            self._made.remove(mark)
            self.changed.emit()
            mark.undo(mark)

    def later(self, words: str, ids: Collection[int], undo: Callable[[Mark], None], seconds: int) -> Mark:
        """Something that will happen when nobody takes it back until then."""
        mark = Mark(words, tuple(ids), self._app.clock.now(), undo, seconds)
        self.push(mark)
        return mark


def mark_words(what: str, count: int) -> str:
    """What was done to one conversation, or to several."""
    one, several = {
        "done": (_tr("Done"), _tr("{count} done")),
        "waiting": (_tr("Marked as answered"), _tr("{count} marked as answered")),
        "snoozed": (_tr("Snoozed"), _tr("{count} snoozed")),
        "new": (_tr("Waits for an answer again"), _tr("{count} wait for an answer again")),
        "spam": (_tr("Moved to spam"), _tr("{count} moved to spam")),
        "not-spam": (_tr("Not spam"), _tr("{count} are not spam")),
        "complaint": (_tr("Marked as a complaint"), _tr("{count} marked as complaints")),
        "not-complaint": (_tr("Marked as no complaint"), _tr("{count} marked as no complaints")),
    }[what]
    return one if count == 1 else several.format(count=count)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Marks", text)
