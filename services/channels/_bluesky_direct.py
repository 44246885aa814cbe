"""Direct messages: which conversations have moved on, and what was said in them.

Lexicons chat.bsky.convo.listConvos, listConvoRequests (strangers, who for a shop are customers), getMessages.
A conversation's ``rev`` changes with everything that happens in it. Conversations of more than two are left
to the app.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from services.channels._bluesky_messages import direct_id, direct_message_of
from services.channels._bluesky_session import Session
from services.channels._shapes import Json, moment_of, part_of, parts_of, status_of, text_of
from services.channels._walk import Mark, Walk
from services.clock import iso, parse_iso
from services.errors import BadAnswer, NotAllowed
from services.model import Deletion, Message

_PAGE = "50"
_MOST_AT_ONCE = 8
_MOST_PAGES = 20
_MOST_WALKED = 60
_MOST_KEPT = 1000
_TRAIL = 20
_ASK_AGAIN = timedelta(minutes=30)
"""After a password turned out to be made without direct messages."""


class DirectMessages:
    """One look at a time. ``messages`` and ``deletions`` are what it brought, ``is_first`` whether the first
    quiet look has not come to its end, ``is_refused`` whether the password lacks the permission."""

    def __init__(self, kept: Any, session: Session, me: str, now: datetime, since: datetime) -> None:
        kept = kept if isinstance(kept, Mapping) else {}
        convos = kept.get("convos")
        self._session = session
        self._me = me
        self._now = now
        self._since = str(kept.get("since") or iso(since))
        self._convos: dict[str, dict[str, Any]] = {
            str(i): dict(c)
            for i, c in (convos.items() if isinstance(convos, Mapping) else ())
            if isinstance(c, Mapping)
        }
        self.is_first = kept.get("whole") is not True
        self._is_open = kept.get("open") is True
        self._refused = str(kept.get("refused") or "")
        self._is_absent = kept.get("absent") is True
        self._has_requests = kept.get("requests") is not False
        self.messages: list[Message] = []
        self.deletions: list[Deletion] = []

    def state(self) -> dict[str, Any]:
        newest = sorted(self._convos.items(), key=lambda one: str(one[1].get("at", "")), reverse=True)
        kept = dict(newest[:_MOST_WALKED])
        # Of those that rest, only how far they were read.
        for identifier, convo in newest[_MOST_WALKED:_MOST_KEPT]:
            kept[identifier] = {name: convo.get(name, "") for name in ("rev", "at")}
        state: dict[str, Any] = {"since": self._since, "convos": kept, "whole": not self.is_first}
        if self._is_open:
            state["open"] = True
        if self._refused:
            state["refused"] = self._refused
        if self._is_absent:
            state["absent"] = True
        if not self._has_requests:
            state["requests"] = False
        return state

    @property
    def is_due(self) -> bool:
        """False for a while after the password turned out to lack the permission."""
        return not self._refused or not timedelta(0) <= self._now - parse_iso(self._refused) < _ASK_AGAIN

    @property
    def is_refused(self) -> bool:
        return bool(self._refused) and not self._is_absent

    def ask_at_once(self) -> None:
        """Forgets that the permission was lacking."""
        if self.is_refused:
            self._refused = ""

    def look(self) -> bool:
        """True when there is more to be read at once."""
        if not self.is_due:
            return False
        try:
            waiting = self._changed("listConvos", "convos")
            if self._has_requests:
                waiting |= self._requests()
            more = self._read(waiting)
        except NotAllowed:
            self._refused, self._is_absent = iso(self._now), False
            return False
        except BadAnswer as error:
            if status_of(error) not in (404, 501):
                raise
            # A server of its own that passes nothing on to the service for direct messages.
            self._refused, self._is_absent = iso(self._now), True
            return False
        self._refused, self._is_absent = "", False
        self.is_first = self.is_first and more
        self._is_open = more
        return more

    def _requests(self) -> dict[str, Json]:
        try:
            return self._changed("listConvoRequests", "requests")
        except BadAnswer as error:
            if status_of(error) not in (400, 404, 501):
                raise
            # An older server shows them among the others.
            self._has_requests = False
            return {}

    def _changed(self, method: str, name: str) -> dict[str, Json]:
        """Conversations of two in which something has happened since we read them, newest first."""
        found: dict[str, Json] = {}
        cursor = ""
        for _ in range(_MOST_PAGES):
            params = [("limit", _PAGE), *([("cursor", cursor)] if cursor else [])]
            answer = self._session.get(f"chat.bsky.convo.{method}", params, chat=True)
            page = parts_of(answer, name)
            before = len(found)
            for convo in page:
                identifier = text_of(convo, "id")
                if not identifier or not _is_of_two(convo, self._me):
                    continue
                rev = _rev(convo)
                if rev and self._convos.get(identifier, {}).get("rev") == rev:
                    continue
                if _last_at(convo) >= self._since or identifier in self._convos:
                    found[identifier] = convo
            cursor, used = text_of(answer, "cursor"), cursor
            if not cursor or cursor == used or not page:
                break
            # A page on which nothing has moved: what is further down has rested for longer, unless the last
            # look left some of it for now.
            if len(found) == before and not (self._is_open and _last_at(page[-1]) >= self._since):
                break
        return found

    def _read(self, waiting: Mapping[str, Json]) -> bool:
        more = len(waiting) > _MOST_AT_ONCE
        for identifier, convo in list(waiting.items())[:_MOST_AT_ONCE]:
            known = self._convos.get(identifier, {})
            since = max(self._since, str(known.get("at") or "")) if "walk" not in known else self._since
            walk = Walk(known.get("walk"), parse_iso(since), longest=_TRAIL)
            fresh, goes_on = walk.read(lambda cursor, i=identifier: self._page(i, cursor), _mark)  # type: ignore[misc]
            self.messages += [
                direct_message_of(one, convo, me=self._me, now=self._now)
                for one in fresh
                if "text" in one and text_of(part_of(one, "sender"), "did")
            ]
            more = more or goes_on
            self._convos[identifier] = {
                "rev": str(known.get("rev", "")) if goes_on else _rev(convo),
                "at": str(known.get("at", "")) if goes_on else min(_last_at(convo), iso(self._now)),
                "walk": walk.state(),
            }
        return more

    def _page(self, convo_id: str, cursor: str) -> tuple[list[Json], str]:
        params = [("convoId", convo_id), ("limit", _PAGE), *([("cursor", cursor)] if cursor else [])]
        answer = self._session.get("chat.bsky.convo.getMessages", params, chat=True)
        page = parts_of(answer, "messages")
        self.deletions += [
            Deletion(direct_id(convo_id, text_of(one, "id")))
            for one in page
            if text_of(one, "$type").endswith("#deletedMessageView")
        ]
        return page, text_of(answer, "cursor")


def _mark(message: Json) -> Mark | None:
    moment = moment_of(message, "sentAt")
    identifier = text_of(message, "id")
    return Mark(identifier, iso(moment)) if identifier and moment is not None else None


def _is_of_two(convo: Json, me: str) -> bool:
    if text_of(part_of(convo, "kind"), "$type").endswith("#groupConvo"):
        return False
    return len({text_of(one, "did") for one in parts_of(convo, "members")} - {me, ""}) == 1


def _rev(convo: Json) -> str:
    return text_of(convo, "rev") or text_of(part_of(convo, "lastMessage"), "id")


def _last_at(convo: Json) -> str:
    """When something was last said; a conversation without a date is looked at."""
    moment = moment_of(part_of(convo, "lastMessage"), "sentAt")
    return iso(moment) if moment is not None else "9999"
