"""Requests to the Bot API of Telegram, and what its answers mean.

core.telegram.org/bots/api (Making requests, getUpdates, ResponseParameters). The token is part of every
address, so no address leaves this file: errors carry the host, and what Telegram says is masked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import quote, urlsplit

from services.channels._chat import TOKEN, read_base
from services.channels._shapes import Json, number_of, part_of, text_of
from services.channels._telegram_links import API
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
from services.model import JsonObject

if TYPE_CHECKING:
    from services.channels.base import Tools
    from services.channels.web import Response

LARGEST_FILE = 20_000_000
_SHAPE = re.compile(r"\d{1,20}:[A-Za-z0-9_-]{1,200}")


class Api:
    """One bot. Raises SignInNeeded when there is no token, or one that cannot be a token."""

    def __init__(self, settings: JsonObject, secrets: Mapping[str, str], tools: Tools) -> None:
        self._tools = tools
        self._base = read_base(settings, API)
        self._token = secrets.get(TOKEN, "").strip()
        if not self._token:
            raise SignInNeeded("no-token")
        if _SHAPE.fullmatch(self._token) is None:
            # It would be put into an address as it is.
            raise SignInNeeded("wrong-token")

    def ask(self, method: str, params: Mapping[str, Any], *, wait: float = 0.0) -> Any:
        """The ``result`` of a method that changes nothing. ``wait``: seconds that the server may take its
        time on purpose."""
        told = {k: v if isinstance(v, str | int) else json.dumps(v) for k, v in params.items()}
        more: dict[str, float] = {"timeout": wait + 15, "total": wait + 20} if wait else {}
        answer = self._tools.web.get(self._url("bot", method), params=told, redirects=0, check=False, **more)
        return self._read(answer, changes=False)

    def do(self, method: str, params: Mapping[str, Any]) -> Any:
        """The same for a method that does something: ``Unclear`` when nobody knows whether it did."""
        answer = self._tools.web.post(self._url("bot", method), json=dict(params), check=False)
        return self._read(answer, changes=True)

    def fetch(self, file_path: str, into: BinaryIO) -> None:
        """The bytes of a file that ``getFile`` has named."""
        answer = self._tools.web.get(
            self._url("file/bot", quote(file_path)), redirects=0, check=False, max_bytes=LARGEST_FILE
        )
        if answer.status != 200:
            self._read(answer, changes=False)
            raise BadAnswer("status", status=answer.status, host=self.host)
        into.write(answer.body)

    @property
    def host(self) -> str:
        return urlsplit(self._base).hostname or ""

    def _url(self, kind: str, rest: str) -> str:
        return f"{self._base}/{kind}{self._token}/{rest}"

    def _read(self, answer: Response, *, changes: bool) -> Any:
        if 300 <= answer.status < 400:
            # Nothing is followed: the next address would hold the token as well.
            raise Unclear("redirected") if changes else BadAnswer("moved", host=self.host)
        try:
            told = answer.json()
        except BadAnswer:
            told = None
        if isinstance(told, Mapping) and told.get("ok") is True and "result" in told:
            return told["result"]
        if isinstance(told, Mapping) and told.get("ok") is False:
            raise self._error(told, answer, changes=changes)
        raise self._garbage(answer, changes=changes)

    def _garbage(self, answer: Response, *, changes: bool) -> ChannelError:
        """Not the words of this API: a proxy, a page to sign in to a network, another server."""
        status = answer.status
        if status == 429:
            return RateLimited(_pause(answer, {}, self._tools.clock.now()), host=self.host)
        if changes:
            return Unclear("server" if status >= 500 else "not-json", status=status, host=self.host)
        if status >= 500:
            return Unreachable("server", status=status, host=self.host)
        if status in (404, 410):
            return BadAnswer("not-found" if status == 404 else "gone", status=status, host=self.host)
        return BadAnswer("not-json", status=status, host=self.host, sample=self._masked(answer.sample()))

    def _error(self, told: Json, answer: Response, *, changes: bool) -> ChannelError:
        code = number_of(told, "error_code") or answer.status
        said = self._masked(text_of(told, "description"))[:200]
        if code == 401:
            return SignInNeeded("bot-token")
        if code == 404:
            # Telegram's word for a bot that does not exist.
            return SignInNeeded("wrong-token")
        if code == 429:
            return RateLimited(_pause(answer, told, self._tools.clock.now()), host=self.host)
        if code == 409:
            return BadAnswer("webhook" if "webhook" in said.lower() else "another-reader", status=code)
        if code >= 500:
            kind = Unclear if changes else Unreachable
            return kind("server", status=code, host=self.host)
        moved = number_of(part_of(told, "parameters"), "migrate_to_chat_id")
        if moved is not None:
            return Refused("moved", chat=str(moved), said=said)
        if changes:
            return refusal(code, said)
        if code == 403:
            return NotAllowed("forbidden", said=said)
        return BadAnswer("status", status=code, said=said, host=self.host)

    def _masked(self, text: str) -> str:
        return text.replace(self._token, "•••").replace(self._token.partition(":")[2], "•••")


def _pause(answer: Response, told: Json, now: datetime) -> datetime | None:
    from services.channels._answers import LONGEST_PAUSE, pause_until

    seconds = number_of(part_of(told, "parameters"), "retry_after")
    if seconds is None or seconds < 0:
        return pause_until(answer.headers, now)
    return now + min(max(timedelta(seconds=min(seconds, 10**6)), timedelta(seconds=1)), LONGEST_PAUSE)


# What Telegram says -> why a reply is refused. The API names no codes, only sentences, so pieces that have
# stayed the same for years.
_REFUSALS = (
    (("blocked by the user", "user is deactivated", "can't initiate conversation"), "blocked"),
    (("message to be replied not found", "message to reply not found", "replied message not found"), "gone"),
    (
        ("message_id_invalid", "chat not found", "message thread not found", "message to react not found"),
        "gone",
    ),
    (("message to delete not found",), "gone"),
    (("message is too long",), "too-long"),
    (("text is empty", "text must be non-empty"), "empty"),
    (("topic_closed", "topic_deleted", "business", "peer_usage_missing"), "closed"),
    (("kicked from", "not a member", "chat was deleted"), "not-allowed"),
)
_RIGHTS = ("not enough rights", "no rights", "write_forbidden", "restricted", "need administrator")


def refusal(code: int, said: str) -> ChannelError:
    """What Telegram's words mean for something that was to be done; it was not done."""
    lowered = said.lower()
    if any(one in lowered for one in _RIGHTS):
        return NotAllowed("scope", permission="send-messages", said=said)
    for pieces, reason in _REFUSALS:
        if any(one in lowered for one in pieces):
            return Refused(reason, said=said, status=code)
    return Refused("not-allowed" if code == 403 else "rejected", said=said, status=code)
