"""Requests to a Matrix server with somebody's access token, and what its answers mean.

spec.matrix.org/latest/client-server-api (API standards, Standard error response): errors carry an
``errcode``; a pause is told in ``Retry-After`` or, by older servers, as ``retry_after_ms`` in the body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from services.channels._shapes import Json, as_document, number_of, part_of, parts_of, text_of
from services.errors import (
    BadAnswer,
    ChannelError,
    NotAllowed,
    RateLimited,
    Refused,
    SignInNeeded,
    Unclear,
    Unreachable,
)

if TYPE_CHECKING:
    from services.channels.web import Response, Web

TOKEN = "access_token"
PAGE = 100
LARGEST_FILE = 50_000_000
SAID = ["m.room.message", "m.sticker", "m.poll.start", "org.matrix.msc3381.poll.start"]
TOLD = [*SAID, "m.room.redaction"]
_V3 = "/_matrix/client/v3"
_MEDIA = re.compile(r"mxc://([A-Za-z0-9.:\[\]-]+)/([A-Za-z0-9_-]+)")


def path_of(*steps: str) -> str:
    return "".join(f"/{quote(one, safe='')}" for one in steps)


class Api:
    """One account. ``base`` is asked for with the first request. Raises SignInNeeded when there is no token,
    or one that could not travel."""

    def __init__(self, web: Web, base: Callable[[], str], token: str, now: Callable[[], datetime]) -> None:
        token = token.strip()
        self._web, self._find_base, self.now = web, base, now
        self._token = token[7:].strip() if token.lower().startswith("bearer ") else token
        self._base = ""
        if not self._token:
            raise SignInNeeded("no-token")
        if re.fullmatch(r"[\x21-\x7e]+", self._token) is None:
            raise SignInNeeded("wrong-token")

    @property
    def base(self) -> str:
        self._base = self._base or self._find_base()
        return self._base

    def move(self, base: str) -> None:
        self._base = base

    @property
    def host(self) -> str:
        return urlsplit(self.base).hostname or ""

    # --- asking

    def ask(self, path: str, params: Mapping[str, str | int] | None = None, *, wait: float = 0.0) -> Json:
        """``wait``: seconds that the server may take its time on purpose."""
        more: dict[str, float] = {"timeout": wait + 15, "total": wait + 20} if wait else {}
        answer = self._web.get(
            self.base + _V3 + path,
            params=dict(params or {}),
            token=self._token,
            check=False,
            redirects=0,
            **more,
        )
        if not 200 <= answer.status < 300:
            raise self._error(answer, changes=False)
        return as_document(answer.json())

    def change(self, method: str, path: str, body: Json) -> Json:
        """Does something there: ``Unclear`` when nobody knows whether it was done."""
        answer = self._web.request(
            method, self.base + _V3 + path, json=dict(body), token=self._token, check=False, changes=True
        )
        if not 200 <= answer.status < 300:
            raise self._error(answer, changes=True)
        try:
            return as_document(answer.json())
        except BadAnswer as error:
            raise Unclear(error.reason) from None

    def event(self, room_id: str, event_id: str) -> Json:
        return self.ask(f"/rooms{path_of(room_id)}/event{path_of(event_id)}")

    def page(self, room_id: str, *, start: str, forward: bool = False, **narrowed: Any) -> Page:
        """One page of a room; ``start`` empty: from its newest end. ``narrowed``: more of the filter."""
        told = {"types": TOLD, "lazy_load_members": True, **narrowed}
        params: dict[str, str | int] = {
            "dir": "f" if forward else "b",
            "limit": PAGE,
            "filter": json.dumps(told, separators=(",", ":")),
        }
        if start:
            params["from"] = start
        return Page(self.ask(f"/rooms{path_of(room_id)}/messages", params), start)

    def after(self, room_id: str, event_id: str, *, pages: int, **narrowed: Any) -> Stretch:
        """What was said after an event."""
        told = {"types": TOLD, "lazy_load_members": True, **narrowed}
        around = self.ask(
            f"/rooms{path_of(room_id)}/context{path_of(event_id)}",
            {"limit": 1, "filter": json.dumps(told, separators=(",", ":"))},
        )
        people = parts_of(around, "state")
        found = {text_of(one, "event_id"): one for one in parts_of(around, "events_after")}
        start = text_of(around, "end")
        for _ in range(pages):
            if not start:
                break
            page = self.page(room_id, start=start, forward=True, **narrowed)
            people += page.people
            found |= {text_of(one, "event_id"): one for one in page.events}
            start = page.end
        found.pop("", None)
        found.pop(event_id, None)
        return Stretch(part_of(around, "event"), list(found.values()), people, is_all=not start)

    def fetch(self, address: str) -> bytes:
        """The bytes behind an ``mxc://`` address. Raises Refused("no-file")."""
        found = _MEDIA.fullmatch(address)
        if found is None:
            raise Refused("no-file")
        rest = f"/download/{quote(found[1], safe='')}/{found[2]}"
        for way in ("/_matrix/client/v1/media", "/_matrix/media/v3"):
            # Servers older than 1.11 know the second way only.
            answer = self._web.get(
                self.base + way + rest, token=self._token, check=False, max_bytes=LARGEST_FILE,
                bucket="media", total=300,
            )  # fmt: skip
            if answer.status == 200:
                return answer.body
            error = self._error(answer, changes=False)
            if isinstance(error, SignInNeeded | RateLimited | Unreachable):
                raise error
        raise Refused("no-file")

    # --- errors

    def _error(self, answer: Response, *, changes: bool) -> ChannelError:
        status = answer.status
        try:
            told = as_document(answer.json())
        except BadAnswer:
            told = {}
        code, said = text_of(told, "errcode"), text_of(told, "error")[:200].replace(self._token, "•••")
        if status == 429 or code == "M_LIMIT_EXCEEDED" or (status == 503 and "Retry-After" in answer.headers):
            return RateLimited(_pause(answer, told, self.now()), host=self.host)
        if 300 <= status < 400:
            # Nothing is followed: the token would go along.
            return Unclear("redirected") if changes else BadAnswer("moved", host=self.host)
        if code in _PEOPLE or status == 401:
            return SignInNeeded(_PEOPLE.get(code, "401"), host=self.host)
        if code == "M_CONSENT_NOT_GIVEN":
            return NotAllowed("consent", permission="terms", host=self.host)
        if code == "M_RESOURCE_LIMIT_EXCEEDED":
            return Unreachable("server", sent=False, status=status, host=self.host)
        if status >= 500 or status in (408, 425):
            kind = Unclear if changes and status >= 500 else Unreachable
            return kind("server", status=status, host=self.host)
        if changes:
            return (
                _refusal(status, code, said) if code else Unclear("not-json", status=status, host=self.host)
            )
        if status == 403:
            return NotAllowed("forbidden", status=status, code=code, said=said)
        if status in (404, 410):
            reason = "not-found" if status == 404 else "gone"
            return BadAnswer(reason, status=status, code=code, said=said, host=self.host)
        return BadAnswer("status", status=status, code=code, said=said, host=self.host)


@dataclass(frozen=True, slots=True)
class Stretch:
    """An event and what follows it, oldest first; ``people``: member events of who wrote it. ``is_all``: it
    was read to the end of the room."""

    event: Json
    events: list[Json]
    people: list[Json]
    is_all: bool


class Page:
    """Events in the order in which they were asked for. ``end``: where the next page begins, empty where
    there is none."""

    def __init__(self, told: Json, start: str) -> None:
        self.events = [one for one in parts_of(told, "chunk") if text_of(one, "event_id")]
        self.people = parts_of(told, "state")
        end = text_of(told, "end")
        self.end = "" if end == start else end


_PEOPLE = {
    "M_UNKNOWN_TOKEN": "401",
    "M_MISSING_TOKEN": "401",
    "M_USER_DEACTIVATED": "deactivated",
    "M_USER_LOCKED": "suspended",
    "M_USER_SUSPENDED": "suspended",
    "M_GUEST_ACCESS_FORBIDDEN": "guest",
}


def _pause(answer: Response, told: Json, now: datetime) -> datetime | None:
    from services.channels._answers import LONGEST_PAUSE, pause_until

    if "Retry-After" in answer.headers:
        return pause_until(answer.headers, now)
    milliseconds = number_of(told, "retry_after_ms")
    if milliseconds is None or milliseconds < 0:
        return None
    pause = timedelta(milliseconds=min(milliseconds, 10**9))
    return now + min(max(pause, timedelta(seconds=1)), LONGEST_PAUSE)


def _refusal(status: int, code: str, said: str) -> ChannelError:
    """What was to be done was not done."""
    if code == "M_FORBIDDEN" or status == 403:
        return NotAllowed("scope", permission="send-messages", status=status, code=code, said=said)
    if code == "M_TOO_LARGE" or status == 413:
        return Refused("too-long", status=status, said=said)
    if status in (404, 410) and code != "M_UNRECOGNIZED":
        return Refused("gone", status=status, code=code, said=said)
    return Refused("rejected", status=status, code=code, said=said)
