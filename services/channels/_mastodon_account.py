"""What the Mastodon account and the hashtag watch have in common: one server, perhaps one token, and
answering there.

docs.joinmastodon.org/methods/statuses: the server adds nothing to a reply, so the mention that tells its
reader, the content warning and the visibility are put in here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any

from services.alike import same_words
from services.channels._mastodon_api import Api, Json, as_document, is_missing, setting, who_am_i
from services.channels._mastodon_messages import (
    VISIBILITIES,
    author_id,
    is_to,
    mentions_of,
    message_of,
    moment_of,
    plain_text,
    text_of,
)
from services.channels._mastodon_paging import newest_first
from services.channels._mastodon_signin import TOKEN, begin, finish, revoke, server_of
from services.channels.base import (
    ABSENT,
    UNKNOWN,
    AuthorizeRequest,
    Channel,
    Found,
    Granted,
    Limits,
    Reply,
    Sent,
    ThreadRef,
    Tools,
)
from services.errors import (
    BadAnswer,
    ChannelError,
    NotAllowed,
    RateLimited,
    Refused,
    SignInNeeded,
    Unclear,
)
from services.model import JsonObject, Message, MessageKind

# The key is kept for one hour after it came; the rest is for clocks that disagree and for requests under way.
_KEY_IS_GOOD_FOR = timedelta(minutes=50)
_CLOCKS_DIFFER = timedelta(minutes=1)
_MOST_PAGES_BACK = 3


class MastodonAccount(Channel):
    """Private base of the two channels; declares nothing by itself."""

    @cached_property
    def api(self) -> Api:
        return Api(self.tools.web, server_of(self.settings, self.tools), self._secrets.get(TOKEN, ""))

    @cached_property
    def me(self) -> str:
        """Our account id there; empty when nobody is signed in."""
        known: str = setting(self.settings, "account_id", "")
        if known or not self._secrets.get(TOKEN):
            return known
        return text_of(who_am_i(self.api), "id")

    @classmethod
    def begin_signin(cls, settings: JsonObject, redirect_uri: str, tools: Tools) -> AuthorizeRequest:
        return begin(settings, redirect_uri, tools)

    @classmethod
    def finish_signin(
        cls, settings: JsonObject, request: AuthorizeRequest, code: str, tools: Tools
    ) -> Granted:
        return finish(request, code, tools)

    def sign_out(self) -> None:
        if self._secrets.get(TOKEN):
            revoke(self.api.base_url, self._secrets, self.tools)

    # --- counting

    def limits(self) -> Limits:
        graphemes = setting(self.settings, "counts", "codepoints") == "characters"
        return Limits(
            max_length=setting(self.settings, "max_characters", 500),
            units="characters" if graphemes else "codepoints",
            link_length=setting(self.settings, "url_length", 0) or None,
            mention_domain_free=graphemes,
        )

    def prefix(self, reply: Reply) -> str:
        """The mentions that are not in the text yet: of the author, and in an open thread of everybody else
        it speaks to."""
        context = reply.reply_context
        names = [str(context.get("acct") or reply.parent_author_handle.removeprefix("@"))]
        if not _goes_private(reply):
            others = context.get("mentions")
            names += [str(one) for one in others] if isinstance(others, list) else []
        missing = [f"@{name}" for name in dict.fromkeys(names) if name and not _is_typed(name, reply.text)]
        return f"{' '.join(missing)} " if missing else ""

    # --- answering

    def send(self, reply: Reply) -> Sent:
        if not self._secrets.get(TOKEN):
            raise SignInNeeded("no-token")
        body = self._body(reply)
        self._check_length(body)
        try:
            response = self.api.post(
                "/api/v1/statuses", json=body, headers={"Idempotency-Key": reply.key}, check=False
            )
        except BadAnswer as error:
            # It was answered, so it was processed; only what came back cannot be read.
            raise Unclear(error.reason) from None
        if response.status >= 300:
            raise _refusal(response, self._pause_error(response.headers))
        try:
            status = as_document(response.json())
        except BadAnswer as error:
            raise Unclear(error.reason) from None
        if not text_of(status, "id"):
            raise Unclear("no-id")
        return self._sent(status, reply)

    def _body(self, reply: Reply) -> dict[str, Any]:
        context = reply.reply_context
        parent = _parent_of(reply)
        body = {
            "status": f"{self.prefix(reply)}{reply.text}",
            "in_reply_to_id": parent,
            "visibility": "direct" if _goes_private(reply) else _visibility(context),
            "spoiler_text": str(context.get("spoiler_text") or ""),
            "language": str(context.get("language") or ""),
        }
        return {name: value for name, value in body.items() if value}

    def _check_length(self, body: Json) -> None:
        from services.replies.length import count

        limits = self.limits()
        if limits.max_length is None:
            return
        texts = (str(body.get("spoiler_text", "")), str(body["status"]))
        length = sum(count(text, limits) for text in texts)
        if length > limits.max_length:
            raise Refused("too-long", over=length - limits.max_length, limit=limits.max_length)

    def _pause_error(self, headers: Any) -> RateLimited:
        from services.channels._answers import pause_until

        return RateLimited(pause_until(headers, self.tools.clock.now()))

    def _sent(self, status: Json, reply: Reply) -> Sent:
        text = plain_text(status)
        return Sent(
            remote_id=text_of(status, "id"),
            sent_at=moment_of(status, "created_at") or self.tools.clock.now(),
            url=text_of(status, "url") or text_of(status, "uri"),
            text="" if text == reply.text else text,
            # A server with interaction policies shows the reply to nobody until the other side approves it.
            is_pending=bool(status.get("pending_approval")) or text_of(status, "approval_state") == "pending",
        )

    # --- what became of it

    def find_sent(self, reply: Reply) -> Found:
        # A token that was revoked meanwhile still sees what everybody sees, and would take a private answer
        # for absent.
        if text_of(who_am_i(self.api), "id") != self.me:
            raise SignInNeeded("another-account")
        now = self.tools.clock.now()
        started = reply.attempt_started or now
        earliest = started - _CLOCKS_DIFFER
        for status in [*self._own_since(earliest), *self._answers_to(_parent_of(reply))]:
            sent_at = moment_of(status, "created_at")
            if (sent_at is None or sent_at >= earliest) and self._is_this(status, reply):
                return Found(sent=self._sent(status, reply))
        is_repeatable = bool(setting(self.settings, "honours_idempotency", False))
        return ABSENT if is_repeatable and timedelta(0) <= now - started < _KEY_IS_GOOD_FOR else UNKNOWN

    def _own_since(self, earliest: Any) -> list[Json]:
        """Our own statuses from this moment on, newest first."""
        if not self.me:
            raise SignInNeeded("no-token")
        found: list[Json] = []
        below = ""
        for _ in range(_MOST_PAGES_BACK):
            page = newest_first(self._own_page([("max_id", below)] if below else []))
            found += page
            if not page or (moment_of(page[-1], "created_at") or earliest) < earliest:
                break
            below = text_of(page[-1], "id")
        return found

    def _own_page(self, params: Sequence[tuple[str, str]]) -> list[Json]:
        fixed = [("exclude_reblogs", "true"), ("limit", "40")]
        return self.api.list(f"/api/v1/accounts/{self.me}/statuses", [*params, *fixed], scope="read:statuses")

    def _answers_to(self, status_id: str) -> list[Json]:
        return self.context_of(status_id)[1] if status_id else []

    def context_of(self, status_id: str) -> tuple[list[Json], list[Json]]:
        """(ancestors oldest first, descendants) of a status; nothing where it is gone or the server keeps its
        threads to itself."""
        try:
            context = self.api.document(f"/api/v1/statuses/{status_id}/context", scope="read:statuses")
        except ChannelError as error:
            if is_missing(error):
                return [], []
            raise
        above, below = context.get("ancestors"), context.get("descendants")
        return [
            [one for one in side if isinstance(one, dict)] if isinstance(side, list) else []
            for side in (above, below)
        ]  # type: ignore[return-value]

    def _is_this(self, status: Json, reply: Reply) -> bool:
        if author_id(status) != self.me:
            return False
        parent = text_of(status, "in_reply_to_id")
        to_author = any(text_of(m, "id") == reply.parent_author_id for m in mentions_of(status))
        # A parent that was deleted meanwhile leaves its answers without one.
        if parent != _parent_of(reply) and not (not parent and to_author):
            return False
        return same_words(plain_text(status), reply.text)

    # --- the check before sending

    def thread(self, conversation: ThreadRef) -> Sequence[Message]:
        """Ours, and what they say to us; from those we talk with also what is said to others, marked so."""
        known = set(conversation.message_ids)
        is_private = conversation.key.startswith("direct:")
        anchor = conversation.key if conversation.key in known else conversation.parent_id
        if not anchor or anchor.startswith("follow:"):
            return ()
        above, below = self.context_of(anchor)
        if is_private and above:
            # Somebody may have answered further up.
            first = above[0]
            above, below = [], [first, *self.context_of(text_of(first, "id"))[1]]
        ours = [one for one in above if text_of(one, "id") in known]
        statuses = [*ours, *below]
        people = {author_id(one) for one in statuses if text_of(one, "id") in known} - {self.me}
        people.add(str(conversation.reply_context.get("author_id", "")))
        return [
            self._thread_message(one, conversation.key)
            for one in statuses
            if author_id(one) == self.me or is_to(one, self.me) or author_id(one) in people
        ]

    def _thread_message(self, status: Json, key: str) -> Message:
        is_answer = text_of(status, "in_reply_to_account_id") == self.me or author_id(status) == self.me
        return message_of(
            status,
            me=self.me,
            now=self.tools.clock.now(),
            key=key,
            kind=MessageKind.REPLY if is_answer else MessageKind.MENTION,
            is_addressed=author_id(status) == self.me or is_to(status, self.me),
        )

    # --- moderation

    def moderate(self, action: str, message_id: str, reply_context: JsonObject) -> None:
        if action == "like":
            self._change(f"/api/v1/statuses/{message_id}/favourite", "write:favourites")
        elif action == "block" and reply_context.get("author_id"):
            self._change(f"/api/v1/accounts/{reply_context['author_id']}/block", "write:blocks")
        elif action == "delete":
            self.api.delete(f"/api/v1/statuses/{message_id}", scope="write:statuses")
        else:
            raise Refused("not-allowed", action=action)

    def _change(self, path: str, scope: str) -> None:
        try:
            self.api.post(path)
        except NotAllowed:
            raise NotAllowed("scope", permission=scope) from None


def _parent_of(reply: Reply) -> str:
    """Id of the status answered; empty for a greeting to a follower, which answers none."""
    return str(reply.reply_context.get("status_id", reply.parent_id))


def _visibility(context: JsonObject) -> str:
    told = context.get("visibility")
    return told if isinstance(told, str) and told in VISIBILITIES else "direct"


def _goes_private(reply: Reply) -> bool:
    """Taken out of an open thread: to the author alone. A private exchange goes on among those who are in
    it."""
    return reply.private and _visibility(reply.reply_context) != "direct"


def _is_typed(name: str, text: str) -> bool:
    return re.search(rf"(?<![\w/@])@{re.escape(name)}(?![\w@-]|\.\w)", text, re.IGNORECASE) is not None


def _refusal(response: Any, pause: RateLimited) -> ChannelError:
    """What an answer that is not a success means for a reply."""
    status, host = response.status, ""
    said = _said(response)
    if status == 401 or (status == 422 and "authenticated user" in said):
        return SignInNeeded("401", host=host)
    if status == 429 or (status == 503 and "Retry-After" in response.headers):
        return pause
    if status >= 500:
        # A proxy that lost patience says nothing about what the server behind it has done.
        return Unclear("server", status=status)
    if status == 403:
        if "scope" in said.lower():
            return NotAllowed("scope", permission="write:statuses")
        return Refused("closed", said=said, status=status)
    if status in (404, 410):
        return Refused("gone", status=status)
    lowered = said.lower()
    if status == 413 or any(word in lowered for word in ("character limit", "too long", "exceed", "length")):
        return Refused("too-long", said=said, status=status)
    if "repl" in lowered or "thread" in lowered or "parent" in lowered:
        return Refused("closed", said=said, status=status)
    if status < 400:
        return Unclear("redirected", status=status)
    return Refused("rejected", said=said, status=status)


def _said(response: Any) -> str:
    """The server's own words, short; never the whole answer."""
    try:
        told = as_document(response.json())
    except BadAnswer:
        return ""
    return " ".join(str(told.get(name) or "") for name in ("error", "error_description")).strip()[:200]
