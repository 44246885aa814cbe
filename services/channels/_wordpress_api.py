"""Asking a WordPress: one site, one user, an application password.

developer.wordpress.org/rest-api (comments, users, global parameters; reference/authentication). The list of
comments answers a wrong password with the public view and status 200; only what demands a right
(``context=edit``, ``/users/me``) is really refused.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from services.channels._shapes import Json, as_document, as_list, text_of
from services.channels._wordpress_site import is_local, root_behind, route_at, same_place
from services.errors import BadAnswer, ChannelError, NotAllowed, RateLimited, SignInNeeded, Unreachable

if TYPE_CHECKING:
    from services.channels.web import Response, Web

Params = Sequence[tuple[str, str]]

COMMENTS = "/wp/v2/comments"
ME = "/wp/v2/users/me"
MODERATE = "moderate_comments"
EVERYTHING, OWN, PUBLIC = "everything", "own", "public"
"""What a user is shown: all that waits or is public; of what waits only that under his own posts; what is
public."""
VIEWS: Mapping[str, tuple[tuple[str, str], ...]] = {
    # The first parameter says how much is shown of each comment, the second which.
    EVERYTHING: (("context", "edit"), ("status", "all")),
    OWN: (("context", "view"), ("status", "all")),
    PUBLIC: (("context", "view"),),
}
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_MOVES = 3

_WRONG_SIGN_IN = frozenset(
    {
        "rest_not_logged_in",
        "rest_forbidden_context",
        "rest_forbidden_param",
        "rest_cannot_read",
        "rest_comment_login_required",
        "incorrect_password",
        "invalid_username",
        "invalid_email",
        "invalid_application_password",
        "401",
    }
)
_PASSWORDS_OFF = frozenset({"application_passwords_disabled", "application_passwords_disabled_for_user"})
_NO_RIGHT = frozenset(
    {
        "rest_forbidden_context",
        "rest_forbidden_param",
        "rest_forbidden",
        "rest_cannot_edit",
        "rest_cannot_delete",
        "rest_cannot_read",
        "rest_cannot_create",
        "rest_cannot_update",
        "rest_user_cannot_view",
        "rest_cannot_read_post",
    }
)


def sign_in_headers(user: str, password: str) -> dict[str, str]:
    """The spaces WordPress shows a password with are its own; they are left out as it does. Raises
    SignInNeeded where one of the two is missing."""
    password = "".join(password.split())
    if not user or not password:
        raise SignInNeeded("no-token")
    pair = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
    return {"Authorization": f"Basic {pair}"}


class Api:
    """``root`` changes when the site leads elsewhere on its own host; ``has_moved`` says so. Raises
    ChannelErrors."""

    def __init__(self, web: Web, root: str, user: str, password: str, now: Callable[[], datetime]) -> None:
        self.web = web
        self.root = root
        self.now = now
        self.has_moved = False
        self.headers = sign_in_headers(user, password)

    # --- requests

    def ask(self, route: str, params: Params = ()) -> Response:
        """Any status comes back; only redirects are followed, and only on the site's own host, for the
        password goes along."""
        for _ in range(_MOST_MOVES):
            url, fixed = route_at(self.root, route)
            answer = self.web.get(
                url, params=[*fixed, *params], headers=self.headers, check=False, redirects=0
            )
            if answer.status not in _REDIRECTS:
                return answer
            self._follow(answer, route)
        raise Unreachable("redirects", host=urlsplit(self.root).hostname)

    def get(self, route: str, params: Params = ()) -> Response:
        answer = self.ask(route, params)
        if answer.status != 200:
            raise self.error_of(answer)
        return answer

    def list(self, route: str, params: Params = ()) -> tuple[list[Json], Response]:
        answer = self.get(route, params)
        return as_list(self.read(answer)), answer

    def document(self, route: str, params: Params = ()) -> Json:
        return as_document(self.read(self.get(route, params)))

    def change(self, method: str, route: str, body: Json | None = None) -> Response:
        """Any status comes back. Raises Unclear when nobody knows whether it was done."""
        url, fixed = route_at(self.root, route)
        return self.web.request(
            method, url, params=fixed, json=body, headers=self.headers, check=False, changes=True
        )

    def _follow(self, answer: Response, route: str) -> None:
        target = urljoin(answer.url, answer.headers.get("Location", ""))
        if not same_place(target, self.root):
            raise SignInNeeded("moved", name=urlsplit(target).hostname, host=urlsplit(self.root).hostname)
        root = root_behind(target, route)
        if not root:
            raise BadAnswer("web-page", host=urlsplit(target).hostname)
        if not root.startswith("https:") and not is_local(root):
            raise Unreachable("insecure", sent=False, host=urlsplit(target).hostname)
        if root == self.root:
            raise Unreachable("redirects", host=urlsplit(target).hostname)
        self.root, self.has_moved = root, True

    # --- answers

    @staticmethod
    def read(answer: Response) -> Any:
        """Raises BadAnswer: ``web-page`` where a page for people stands in the place of the API."""
        try:
            return answer.json()
        except BadAnswer:
            if "html" in answer.content_type or answer.body.lstrip()[:1] == b"<":
                raise BadAnswer("web-page", status=answer.status, sample=answer.sample()) from None
            raise

    def code_of(self, answer: Response) -> str:
        """WordPress's own word for what is wrong; empty when something else answered."""
        try:
            told = as_document(answer.json())
        except BadAnswer:
            return ""
        return text_of(told, "code")

    def error_of(self, answer: Response) -> ChannelError:
        """What an answer that is no success means for reading."""
        from services.channels._answers import pause_until

        status, host, code = answer.status, urlsplit(answer.url).hostname, self.code_of(answer)
        if status == 429 or (status == 503 and "Retry-After" in answer.headers):
            return RateLimited(pause_until(answer.headers, self.now()), host=host)
        if code == "comment_flood":
            # Fifteen seconds between two comments of one writer (wp_throttle_comment_flood).
            return RateLimited(self.now() + timedelta(seconds=20), host=host)
        if code in _PASSWORDS_OFF:
            return NotAllowed("passwords-off", host=host)
        if status == 401:
            if code and code not in _WRONG_SIGN_IN and not code.startswith("rest_cannot"):
                # Plugins that close the API to strangers use words of their own.
                return NotAllowed("api-blocked", host=host, said=code)
            return SignInNeeded("401", host=host)
        if status == 403:
            if code in _NO_RIGHT:
                return NotAllowed("scope", permission=MODERATE, host=host)
            return NotAllowed("api-blocked", host=host, said=code)
        if status in (404, 410):
            if not code or code == "rest_no_route":
                return BadAnswer("no-api", status=status, host=host)
            return BadAnswer("not-found" if status == 404 else "gone", status=status, host=host)
        if status >= 500 or status in (408, 425):
            return Unreachable("server", status=status, host=host)
        return BadAnswer("status", status=status, host=host, sample=answer.sample())

    # --- who we are

    def me(self) -> Json:
        """Our user, with capabilities; the one request that a wrong password never survives."""
        user = self.document(ME, [("context", "edit")])
        if not text_of(user, "id"):
            raise BadAnswer("no-account-id")
        return user


def sight_of(user: Json) -> str:
    """How much of the comments this user is shown."""
    rights, roles = user.get("capabilities"), user.get("roles")
    if isinstance(rights, Mapping) and rights:
        return EVERYTHING if rights.get(MODERATE) else OWN if rights.get("edit_posts") else PUBLIC
    if isinstance(roles, list) and roles:
        return EVERYTHING if {"administrator", "editor"} & {str(one) for one in roles} else PUBLIC
    # It does not say; the list of comments will.
    return EVERYTHING


def less_than(sees: str) -> str:
    """The next smaller view, empty below the smallest."""
    return {EVERYTHING: OWN, OWN: PUBLIC}.get(sees, "")


def note_of(sees: str) -> str:
    """What the owner should know of it."""
    return "" if sees == EVERYTHING else "approved-only"
