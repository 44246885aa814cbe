"""From "Send" to "Sent": queueing, undo, and the owner's word on what did not go as it should."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from gui.announce import announce
from gui.conversation import delivery
from gui.conversation.composer import Outgoing
from gui.conversation.note_line import Note
from gui.conversation.undo_bar import Held
from gui.errors import translated
from gui.jobs import Jobs
from services.errors import ShopbellError
from services.model import OutboxItem, ThreadMessage
from services.replies.names import first_name
from services.words import reply_words

if TYPE_CHECKING:
    from gui.conversation.pane import ConversationPane
    from services.app import Shopbell


class Replying(QObject):
    """Belongs to one pane."""

    def __init__(self, app: Shopbell, jobs: Jobs, pane: ConversationPane) -> None:
        super().__init__(pane)
        self._app, self._jobs, self._pane = app, jobs, pane

    # --- out

    def send(self, wish: Outgoing) -> None:
        """Nothing is taken from the editor before the reply is safely in the outbox."""
        subject = self._pane.subject
        if subject is None or subject.id != wish.conversation_id:
            return
        name = first_name(subject.customer) or subject.customer

        def queue() -> None:
            self._jobs.start(
                self._app.inbox.reply,
                wish.conversation_id,
                wish.text,
                private=wish.private,
                close_after=wish.close_after,
                template=wish.template,
                seen_id=wish.seen_id,
                then=lambda item: self._queued(item, name, wish),
                failed=lambda error: self._refused(error, wish),
            )

        # A draft saved after the reply was queued would bring its text back.
        self._pane.drafts.drop(wish.conversation_id, queue)

    def _queued(self, item: OutboxItem, name: str, wish: Outgoing) -> None:
        pane = self._pane
        if item.hold_until > self._app.clock.now():
            pane.undo_bar.add(
                Held(
                    item.id, item.conversation_id, name, item.private, self._app.clock.now(), item.hold_until
                )
            )
        if pane.subject is not None and pane.subject.id == item.conversation_id:
            pane.composer.sent()
        announce(pane, self.tr("The reply to {name} is about to leave.").format(name=name))
        pane.replied.emit(item.conversation_id)
        if wish.close_after:
            pane.wants_next.emit()
        else:
            pane.refresh({item.conversation_id})

    def _refused(self, error: Exception, wish: Outgoing) -> None:
        pane = self._pane
        subject = pane.subject
        if not isinstance(error, ShopbellError) or subject is None or subject.id != wish.conversation_id:
            pane.drafts.later(wish.conversation_id, wish.text)
            if not isinstance(error, ShopbellError):
                pane.composer.not_sent(
                    Note(
                        self.tr("Did not leave: something went wrong. It is kept as you wrote it."),
                        "warning",
                        "caretx",
                    )
                )
                raise error
            return
        pane.drafts.later(wish.conversation_id, wish.text)
        now = self._app.clock.now()
        words = translated(
            reply_words(error.kind, error.detail, subject.account.name, subject.place, now=now)
        )
        pane.composer.not_sent(Note(words, "warning", "caretx"))
        announce(pane, words)

    def copy_and_open(self, text: str) -> None:
        """Where the network takes no answers from outside: the text to the clipboard, the page in the
        browser."""
        QGuiApplication.clipboard().setText(text)
        self._pane.open_on_network()
        announce(self._pane, self.tr("Copied. Paste it there."))

    # --- back

    def undo(self, outbox_id: int) -> None:
        self._jobs.start(self._app.inbox.undo, outbox_id, then=lambda item: self._undone(item, outbox_id))

    def _undone(self, item: OutboxItem | None, outbox_id: int) -> None:
        self._pane.undo_bar.remove(outbox_id)
        if item is None:
            announce(self._pane, self.tr("Too late, it has left."))
        else:
            self._write_again(item)

    def _write_again(self, item: OutboxItem) -> None:
        """The text is the draft again; what was begun meanwhile stays below it."""
        pane = self._pane
        if pane.subject is None or pane.subject.id != item.conversation_id:
            return
        begun = pane.composer.editor.text()
        if begun.strip() and begun.strip() != item.text.strip():
            pane.composer.set_reply(f"{item.text}\n\n{begun}")
        else:
            pane.composer.set_reply(item.text, template=item.template)
        if item.private != pane.composer.private:
            pane.composer.switch_world()
        pane.refresh({item.conversation_id})

    def send_now(self, outbox_id: int) -> None:
        self._pane.undo_bar.remove(outbox_id)
        self._jobs.start(self._app.inbox.send_now, outbox_id)

    # --- the actions below a bubble

    def act(self, key: str, message: ThreadMessage) -> None:
        outbox_id = message.outbox_id
        if key == delivery.LOOK:
            self._pane.open_on_network()
        elif outbox_id is None:
            return
        elif key == delivery.IT_IS_THERE:
            self._jobs.start(self._app.inbox.resolve, outbox_id, is_there=True, failed=self._moved_on)
        elif key in (delivery.SEND_AGAIN, delivery.SEND_ANYWAY):
            self._jobs.start(self._app.inbox.resolve, outbox_id, is_there=False, failed=self._moved_on)
        elif key in (delivery.EDIT, delivery.READ_FIRST):
            if key == delivery.READ_FIRST:
                self._pane.messages.reveal_newest()
            self._jobs.start(self._app.inbox.discard, outbox_id, then=self._discarded, failed=self._moved_on)

    def _discarded(self, item: OutboxItem | None) -> None:
        if item is not None:
            self._write_again(item)
            self._pane.focus_composer()

    def _moved_on(self, error: Exception) -> None:
        """The reply became something else meanwhile (found on the network, say): show what is so now."""
        if not isinstance(error, ShopbellError):
            raise error
        if self._pane.conversation_id is not None:
            self._pane.refresh({self._pane.conversation_id})
