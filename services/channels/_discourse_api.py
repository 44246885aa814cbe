"""Asking a Discourse: one forum, one member or nobody.

docs.discourse.org; lib/auth/default_current_user_provider.rb: a key that a member made for a program goes
in ``User-Api-Key``, one that an administrator made in ``Api-Key`` with ``Api-Username``. Both are refused
with 403 ``invalid_access``, a revoked key just as a missing right, so who we are is asked to tell them
apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from services.channels._addresses import is_local, same_place
from services.channels._shapes import Json, as_document, number_of, part_of, text_of
from services.errors import (
    BadAnswer,
    ChannelError,
    NotAllowed,
    RateLimited,
    SignInNeeded,
    Unclear,
    Unreachable,
)

if TYPE_CHECKING:
    from services.channels.web import Response, Web

Params = Sequence[tuple[str, str]]

MEMBER, ADMIN, NOBODY = "member", "admin", ""
"""Whose key it is."""
READING, WRITING = "forum:read", "forum:write"
_REDIRECTS = (301, 302, 303, 307, 308)
_LOGIN_PAGES = ("/login", "/session/sso", "/signup")
_MOST_MOVES = 3
_LONGEST_WAIT = timedelta(days=1)


def key_headers(key_type: str, key: str, user: str = "", client_id: str = "") -> dict[str, str]:
    if not key or not (key.isascii() and key.isprintable()):
        return {}
    if key_type == ADMIN:
        return {"Api-Key": key, **({"Api-Username": user} if user.isascii() and user else {})}
    return {"User-Api-Key": key, **({"User-Api-Client-Id": client_id} if client_id else {})}


class Api:
    """``spent`` counts the requests made. Raises ChannelErrors."""

    def __init__(
        self,
        web: Web,
        base: str,
        headers: Mapping[str, str],
        now: Callable[[], datetime],
        *,
        key_type: str = "",
    ) -> None:
        self.web = web
        self.base = base.rstrip("/")
        self.headers = {"Accept": "application/json", **headers}
        self.key_type = key_type
        self.now = now
        self.spent = 0

    @property
    def is_signed_in(self) -> bool:
        return self.key_type != NOBODY

    # --- requests

    def ask(self, path: str, params: Params = ()) -> Response:
        """Any status comes back. Redirects are followed on the forum's own host only: the key goes along."""
        url = f"{self.base}{path}"
        for _ in range(_MOST_MOVES):
            self.spent += 1
            answer = self.web.get(url, params=params, headers=self.headers, check=False, redirects=0)
            if answer.status not in _REDIRECTS:
                return answer
            url, params = self._led_to(answer), ()
        raise Unreachable("redirects", host=urlsplit(self.base).hostname)

    def get(self, path: str, params: Params = ()) -> Any:
        """What the answer's JSON holds. A 403 is looked into: revoked, or a missing right."""
        answer = self.ask(path, params)
        if answer.status == 200:
            return self.read(answer)
        error = self.error_of(answer)
        if isinstance(error, NotAllowed) and error.reason == "scope":
            self.check_sign_in()
        raise error

    def document(self, path: str, params: Params = ()) -> Json:
        return as_document(self.get(path, params))

    def change(self, method: str, path: str, body: Json | None = None) -> Response:
        """Any status comes back. Raises Unclear when nobody knows whether it was done."""
        self.spent += 1
        return self.web.request(
            method, f"{self.base}{path}", json=body, headers=self.headers, check=False, changes=True
        )

    def _led_to(self, answer: Response) -> str:
        target = urljoin(answer.url, answer.headers.get("Location", ""))
        path = urlsplit(target).path
        if any(path.endswith(one) for one in _LOGIN_PAGES):
            raise SignInNeeded("401" if self.is_signed_in else "needs-token", host=urlsplit(target).hostname)
        if not same_place(target, self.base):
            raise SignInNeeded("moved", name=urlsplit(target).hostname, host=urlsplit(self.base).hostname)
        if not target.startswith("https:") and not is_local(target):
            raise Unreachable("insecure", sent=False, host=urlsplit(target).hostname)
        return target

    # --- answers

    @staticmethod
    def read(answer: Response) -> Any:
        try:
            return answer.json()
        except BadAnswer:
            if "html" in answer.content_type or answer.body.lstrip()[:1] == b"<":
                raise BadAnswer("web-page", status=answer.status, sample=answer.sample()) from None
            raise

    @staticmethod
    def told(answer: Response) -> Json:
        """The document of an answer of any status, empty where it is none."""
        try:
            return part_of(answer.json())
        except BadAnswer:
            return {}

    def error_of(self, answer: Response, *, changes: bool = False) -> ChannelError:
        """What an answer that is no success means."""
        status, host, told = answer.status, urlsplit(answer.url).hostname, self.told(answer)
        kind = text_of(told, "error_type")
        if status == 429 or kind == "rate_limit":
            return RateLimited(self._pause(answer, told), host=host)
        if status == 503 and "Retry-After" in answer.headers:
            return RateLimited(self._pause(answer, told), host=host)
        if kind == "read_only":
            # Said before anything was done, so nothing has left.
            return Unreachable("read-only", sent=False, status=status, host=host)
        if status == 401 or kind == "not_logged_in":
            return SignInNeeded("401" if self.is_signed_in else "needs-token", host=host)
        if status == 403:
            if not told:
                return NotAllowed("api-blocked", host=host)
            if not self.is_signed_in:
                return SignInNeeded("needs-token", host=host)
            return NotAllowed("scope", permission=WRITING if changes else READING, host=host)
        if status in (404, 410):
            return BadAnswer("not-found" if status == 404 else "gone", status=status, host=host)
        if status >= 500 or status in (408, 425):
            if changes and status >= 500:
                return Unclear("server", status=status, host=host)
            return Unreachable("server", status=status, host=host)
        if changes and status < 400:
            return Unclear("redirected", status=status, host=host)
        return BadAnswer("status", status=status, host=host, sample=answer.sample())

    def _pause(self, answer: Response, told: Json) -> datetime | None:
        """The header, else what the body says in seconds (app/controllers/application_controller.rb)."""
        from services.channels._answers import pause_until

        seconds = number_of(part_of(told, "extras"), "wait_seconds")
        if "Retry-After" not in answer.headers and seconds is not None and seconds >= 0:
            return self.now() + min(timedelta(seconds=max(seconds, 1)), _LONGEST_WAIT)
        return pause_until(answer.headers, self.now())

    # --- who we are

    def me(self, user: str = "") -> Json:
        """Our member as the forum knows it. ``user``: for keys that may not ask who they are. Raises
        SignInNeeded where the key is not taken."""
        answer = self.ask("/session/current.json")
        if answer.status == 200:
            found = part_of(self.read(answer), "current_user")
            if text_of(found, "username"):
                return found
            raise SignInNeeded("401", host=urlsplit(self.base).hostname)
        error = self.error_of(answer)
        # A forum says nothing at all where nobody is signed in; something else has a page for it.
        is_strange = answer.status == 404 and bool(answer.body.strip()) and not self.told(answer)
        is_refused = answer.status in (401, 403, 404) and not is_strange
        if not is_refused or error.reason == "api-blocked":
            raise error
        if self.key_type == ADMIN and user and answer.status == 403:
            # A key for single purposes may read a profile without being told whose key it is.
            other = self.ask(f"/u/{user}.json")
            found = part_of(self.told(other), "user") if other.status == 200 else {}
            if text_of(found, "username"):
                return found
        raise SignInNeeded("401", host=urlsplit(self.base).hostname)

    def check_sign_in(self) -> None:
        """Raises SignInNeeded when the key is not taken any more."""
        if self.is_signed_in:
            self.me(self.headers.get("Api-Username", ""))
