"""Requests to Discord's REST API with a bot's token, and what its answers mean.

discord/discord-api-docs (reference, topics/rate-limits, topics/opcodes-and-status-codes). Each route has an
allowance of its own, and each channel within it. A program that keeps sending what is refused (401, 403, 429)
is shut out by its address, so nothing here tries again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from services import __version__
from services.channels._chat import TOKEN, read_base
from services.channels._discord_links import API
from services.channels._shapes import Json, as_document, as_list, number_of, part_of, parts_of, text_of
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

PAGE = 100
_AGENT = f"DiscordBot (https://shopbell.example, {__version__})"
_ONE_MESSAGE = re.compile(r"/messages/\d+")

UNKNOWN_CHANNEL = 10003
UNKNOWN_MESSAGE = 10008
MISSING_ACCESS = 50001
MISSING_PERMISSIONS = 50013


class Api:
    """One bot. Raises SignInNeeded when there is no token, or one that could not travel."""

    def __init__(self, settings: JsonObject, secrets: Mapping[str, str], tools: Tools) -> None:
        self._tools = tools
        self.base = read_base(settings, API, api_path="/api/v10")
        """Address of the API, without a slash at the end."""
        token = secrets.get(TOKEN, "").strip()
        self._token = token[4:].strip() if token.lower().startswith("bot ") else token
        if not self._token:
            raise SignInNeeded("no-token")
        if re.fullmatch(r"[\x21-\x7e]+", self._token) is None:
            raise SignInNeeded("wrong-token")

    @property
    def host(self) -> str:
        return urlsplit(self.base).hostname or ""

    def look_deeper(self) -> bool:
        """A server of one's own may have been named without the path of the API. False: there is none to
        add."""
        tail = {"": "/api/v10", "/api": "/v10"}.get(urlsplit(self.base).path, "")
        self.base += tail
        return bool(tail)

    def document(self, path: str, params: Mapping[str, str | int] | None = None) -> Json:
        return as_document(self._ask(path, params))

    def documents(self, path: str, params: Mapping[str, str | int] | None = None) -> list[Json]:
        return as_list(self._ask(path, params))

    def messages(self, room_id: str, **params: str | int) -> list[Json]:
        """One page, newest first. ``after``, ``before``: ids, only one of them; ``limit`` at most 100."""
        found = self.documents(f"/channels/{room_id}/messages", {"limit": PAGE, **params})
        known = [one for one in found if number_of(one, "id") is not None]
        return sorted(known, key=id_of, reverse=True)

    def message(self, room_id: str, message_id: str) -> Json:
        return self.document(f"/channels/{room_id}/messages/{message_id}")

    def change(self, method: str, path: str, body: Json | None = None) -> Any:
        """Does something there: ``Unclear`` when nobody knows whether it was done. None where the answer is
        empty."""
        answer = self._tools.web.request(
            method, self.base + path, json=body, headers=self._headers(), check=False, changes=True,
            bucket=_bucket(method, path),
        )  # fmt: skip
        if answer.status == 204:
            return None
        if 200 <= answer.status < 300:
            try:
                return answer.json()
            except BadAnswer as error:
                raise Unclear(error.reason) from None
        raise self._error(answer, changes=True)

    def _ask(self, path: str, params: Mapping[str, str | int] | None) -> Any:
        answer = self._tools.web.get(
            self.base + path, params=dict(params or {}), headers=self._headers(), check=False, redirects=0,
            bucket=_bucket("GET", path),
        )  # fmt: skip
        if not 200 <= answer.status < 300:
            raise self._error(answer, changes=False)
        return answer.json()

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bot {self._token}", "User-Agent": _AGENT}

    def _error(self, answer: Response, *, changes: bool) -> ChannelError:
        status = answer.status
        try:
            told = as_document(answer.json())
        except BadAnswer:
            told = {}
        code, said = number_of(told, "code") or 0, text_of(told, "message")[:200]
        if status == 401:
            return SignInNeeded("bot-token")
        if status == 429 or (status == 503 and "Retry-After" in answer.headers):
            until = _pause(answer, told, self._tools.clock.now())
            return RateLimited(until, status=status, host=self.host)
        if 300 <= status < 400:
            return Unclear("redirected") if changes else BadAnswer("moved", host=self.host)
        if status >= 500 or status in (408, 425):
            kind = Unclear if changes and status >= 500 else Unreachable
            return kind("server", status=status, host=self.host)
        if changes:
            return refusal(status, code, said, told)
        if status == 403:
            return NotAllowed("forbidden", status=status, code=code, said=said)
        if status in (404, 410):
            return BadAnswer("not-found" if status == 404 else "gone", status=status, code=code, said=said)
        return BadAnswer("status", status=status, code=code, said=said, host=self.host)


def code_of(error: ChannelError) -> int:
    """Discord's own number for what went wrong; 0 where there was none."""
    code = error.detail.get("code", 0)
    return code if isinstance(code, int) else 0


def id_of(document: Json) -> int:
    """Ids are 64 bits written as text; only as numbers are they in order."""
    return number_of(document, "id") or 0


def _bucket(method: str, path: str) -> str:
    return f"{method} {_ONE_MESSAGE.sub('/messages/:id', path)}"


def _pause(answer: Response, told: Json, now: datetime) -> datetime | None:
    """The body counts in parts of a second and is more exact than the header."""
    from services.channels._answers import LONGEST_PAUSE, pause_until

    seconds = told.get("retry_after")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < 10**7:
        reset = answer.headers.get("X-RateLimit-Reset-After", "")
        if "Retry-After" in answer.headers or not re.fullmatch(r"\d{1,7}(\.\d+)?", reset):
            return pause_until(answer.headers, now)
        seconds = float(reset)
    return now + min(max(timedelta(seconds=seconds), timedelta(seconds=1)), LONGEST_PAUSE)


# Discord's numbers -> why a reply is refused (topics/opcodes-and-status-codes, JSON error codes).
_REFUSALS = {
    UNKNOWN_CHANNEL: "gone",
    UNKNOWN_MESSAGE: "gone",
    50006: "empty",
    50007: "blocked",
    50278: "blocked",
    50083: "closed",
    160005: "closed",
    200000: "spam",
    200001: "spam",
    240000: "spam",
}
_PERMISSIONS = {MISSING_ACCESS: "view-channel", MISSING_PERMISSIONS: "send-messages", 160002: "read-history"}


def refusal(status: int, code: int, said: str, told: Json) -> ChannelError:
    """What a refusal means for something that was to be done; it was not done."""
    if code in _PERMISSIONS:
        return NotAllowed("scope", permission=_PERMISSIONS[code], code=code, said=said)
    reason = _REFUSALS.get(code, "")
    if code == 50035:
        faults = _faults(told)
        reason = "too-long" if "MAX_LENGTH" in faults else "gone" if "UNKNOWN_MESSAGE" in faults else ""
    if not reason:
        reason = "gone" if status == 404 else "not-allowed" if status == 403 else "rejected"
    return Refused(reason, said=said, status=status, code=code)


def _faults(told: Json) -> str:
    """The codes of the fields that an invalid form has."""
    errors = part_of(told, "errors")
    codes = [text_of(one, "code") for name in errors for one in parts_of(part_of(errors, name), "_errors")]
    return " ".join(codes)
