"""What the owner does to one message on its network: let it appear, take it away, call it spam, like it.

The network is asked first; only what it has done is written down here, so that the list never shows more
than is true. The next poll brings the network's own word and has the last one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection

from services.channels.base import Abilities, Channel
from services.errors import BadAnswer, NotFound, Refused, ShopbellError, Unclear
from services.events import EventHub, MessagesChanged
from services.model import Account, Direction, MessageState, ThreadMessage
from services.store import Store

log = logging.getLogger(__name__)

APPROVE, SPAM, DELETE, HIDE, LIKE, BLOCK = "approve", "spam", "delete", "hide", "like", "block"
ACTIONS = (APPROVE, SPAM, DELETE, HIDE, LIKE, BLOCK)
"""In the order in which they are offered."""
FINAL = frozenset({DELETE, BLOCK})
"""What cannot be taken back from here: whoever offers it asks once."""
_TAKE_AWAY = frozenset({SPAM, DELETE, HIDE})
_TURNS = _TAKE_AWAY | {APPROVE}
_NO_LONGER_THERE = frozenset({"gone", "not-found"})


def offered(abilities: Abilities, message: ThreadMessage) -> tuple[str, ...]:
    """What can be done with this very message as it stands."""
    if not message.remote_id or message.state == MessageState.DELETED:
        return ()
    if message.direction is Direction.OUTBOUND:
        return (DELETE,) if abilities.delete and message.state != MessageState.FAILED else ()
    is_pending = message.state == MessageState.PENDING
    able = {
        APPROVE: abilities.approve and is_pending,
        SPAM: abilities.spam,
        DELETE: abilities.deletes_theirs,
        HIDE: abilities.hide and not is_pending and message.state != MessageState.HIDDEN,
        LIKE: abilities.like and not is_pending and message.is_addressed,
        BLOCK: abilities.block,
    }
    return tuple(action for action in ACTIONS if able[action])


class Moderation:
    """Blocks while the network is asked: call it from a worker. ``overrule`` tells the poller."""

    def __init__(
        self,
        store: Store,
        events: EventHub,
        channel_for: Callable[[Account], Channel],
        abilities_of: Callable[[Account], Abilities],
        *,
        overrule: Callable[[int, str, MessageState], None] = lambda account_id, remote_id, state: None,
        relearn: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._events = events
        self._channel_for = channel_for
        self._abilities_of = abilities_of
        self._overrule = overrule
        self._relearn = relearn

    def moderate(self, message_id: int, action: str) -> int:
        """``message_id`` is local. Returns the conversation. Raises NotFound, ChannelError, KeyringError.

        Refused ``not-offered``: this place cannot do that; ``not-moderated``: the network did not do it;
        ``message-gone``: the message is no longer there. Unclear ``not-known``: doing it again is harmless.
        """
        found = self._store.message_by_id(message_id)
        account = self._store.account(found.account_id)
        if not _is_able(self._abilities_of(account), found.message, action):
            raise Refused("not-offered", action=action)
        self._ask(self._channel_for(account), action, found.message, message_id)
        self._write(message_id, action)
        return found.conversation_id

    def mark_spam(self, ids: Collection[int]) -> None:
        """The owner's word on whole conversations, and the network's too where it takes one. What is written
        here stays, whatever the networks say; the first trouble with them is raised at the end."""
        self._tell(self._store.label_all(ids, "spam"))
        self._relearn()
        trouble: ShopbellError | None = None
        for one in ids:
            try:
                self._report(one)
            except ShopbellError as error:
                log.info("spam could not be reported: %s", error.kind)
                trouble = trouble or error
        if trouble is not None:
            raise trouble

    def reports_spam(self, conversation_id: int) -> bool:
        """Whether marking it as spam here is told to its network."""
        row = self._store.conversation(conversation_id)
        return self._abilities_of(self._store.account(row.account_id)).spam

    def _report(self, conversation_id: int) -> None:
        if not self.reports_spam(conversation_id):
            return
        thread = self._store.thread(conversation_id)
        theirs = [m for m in thread.messages if m.direction is Direction.INBOUND and m.is_addressed]
        # Others may have joined the thread; only who began it is meant.
        for message in theirs:
            is_meant = message.author.id == theirs[0].author.id and message.state != MessageState.DELETED
            if is_meant and message.remote_id:
                self.moderate(message.id, SPAM)

    def _ask(self, channel: Channel, action: str, message: ThreadMessage, message_id: int) -> None:
        try:
            channel.moderate(action, message.remote_id, message.reply_context)
        except Unclear as error:
            raise Unclear("not-known", action=action) from error
        except (Refused, BadAnswer) as error:
            if error.reason in _NO_LONGER_THERE:
                if action in _TAKE_AWAY:
                    return
                self._write(message_id, DELETE)
                raise Refused("message-gone") from error
            if isinstance(error, BadAnswer):
                raise
            raise Refused("not-moderated", action=action, said=error.reason) from error

    def _write(self, message_id: int, action: str) -> None:
        try:
            changed = self._store.moderated(message_id, action)
            found = self._store.message_by_id(message_id)
            if action in _TURNS:
                # A poll that is under way still brings what was so before.
                state = MessageState(found.message.state)
                self._overrule(found.account_id, found.message.remote_id, state)
            self._tell(changed)
        except NotFound:
            # Its account was removed meanwhile; the network has done it all the same.
            return

    def _tell(self, changed: frozenset[int]) -> None:
        if changed:
            self._events.publish(MessagesChanged(changed))


def _is_able(abilities: Abilities, message: ThreadMessage, action: str) -> bool:
    """By what the place can do. The state here may be behind, so it stops nobody."""
    if not message.remote_id or action not in ACTIONS:
        return False
    if message.direction is Direction.OUTBOUND:
        return action == DELETE and abilities.delete
    if action == DELETE:
        return abilities.deletes_theirs
    return bool(getattr(abilities, action))
