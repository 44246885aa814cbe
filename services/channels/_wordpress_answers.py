"""Answering below a comment, finding an answer again, reading a thread anew, and moderating.

developer.wordpress.org/rest-api/reference/comments. WordPress takes the same words of the same writer below
the same comment only once (409 ``comment_duplicate``): a repeated send cannot stand there twice. It does not
look at the comment that is answered, though, so that is read first: one in the trash is not answered, and one
that waits is published, as WordPress's own "Approve and Reply" does it.
"""

from __future__ import annotations

import html
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from services.alike import same_words
from services.channels._shapes import Json, as_document, moment_of, number_of, part_of, text_of
from services.channels._wordpress_api import COMMENTS, Api, Params
from services.channels._wordpress_messages import (
    APPROVED,
    HOLD,
    id_of,
    is_heard,
    message_of,
    parent_of,
    status_of,
    words_of,
)
from services.channels._wordpress_threads import COMMENT_FIELDS, Around, ids_param
from services.channels.base import ABSENT, UNKNOWN, Found, Reply, Sent, ThreadRef
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
from services.model import JsonObject, Message

_CLOCKS_DIFFER = timedelta(minutes=5)
_MOST_ROUNDS, _MOST_IDS = 3, 100
_REFUSALS = {
    "rest_comment_closed": "closed",
    "rest_comment_trash_post": "gone",
    "rest_comment_draft_post": "gone",
    "rest_comment_invalid_post_id": "gone",
    "rest_comment_invalid_id": "gone",
    "rest_post_invalid_id": "gone",
    "rest_cannot_read_post": "not-allowed",
    "rest_comment_content_invalid": "empty",
    "comment_content_column_length": "too-long",
    "comment_duplicate": "duplicate",
}
_STATUS = {"approve": "approved", "spam": "spam", "hide": "hold"}


class Answers:
    """``me``: our user's id. ``ours``: the users who speak for the shop. ``view``: how much we may see.
    ``longest``: bytes of a comment."""

    def __init__(
        self, api: Api, me: int, ours: Collection[int], view: Params, now: datetime, *, longest: int
    ) -> None:
        self._longest = longest
        self._api = api
        self._me = me
        self._ours = ours
        self._view = tuple(view)
        self._now = now

    # --- sending

    def send(self, reply: Reply) -> Sent:
        content = written(reply.text)
        size = len(content.encode())
        if not content.strip():
            raise Refused("empty")
        if size > self._longest:
            raise Refused("too-long", over=size - self._longest, limit=self._longest)
        try:
            parent = self._parent(reply)
        except (Unreachable, BadAnswer, Unclear) as error:
            # The reply itself has not left yet, and will when the site can be read again.
            reason = error.reason if isinstance(error, Unreachable) else "server"
            raise Unreachable(reason, sent=False, **_host_of(error)) from None
        answer = self._api.change(
            "POST",
            COMMENTS,
            {"post": number_of(parent, "post"), "parent": id_of(parent), "content": content},
        )
        if answer.status not in (200, 201):
            code = self._api.code_of(answer)
            if code == "comment_duplicate":
                return self._standing(reply)
            raise self._refusal(answer, code)
        try:
            made = as_document(answer.json())
        except BadAnswer as error:
            # It was answered, so it was processed; only what came back cannot be read.
            raise Unclear(error.reason) from None
        if not id_of(made):
            raise Unclear("no-id")
        return self._sent(made, reply)

    def _parent(self, reply: Reply) -> Json:
        """The comment as it stands now, public from here on."""
        answer = self._api.ask(
            f"{COMMENTS}/{reply.parent_id}", [*self._view[:1], ("_fields", COMMENT_FIELDS)]
        )
        if answer.status != 200:
            code = self._api.code_of(answer)
            if code in ("rest_comment_invalid_id", "rest_post_invalid_id", "rest_cannot_read"):
                raise self._not_seen(code)
            raise self._api.error_of(answer)
        parent = as_document(self._api.read(answer))
        status = status_of(parent)
        if not id_of(parent) or status not in (HOLD, APPROVED):
            raise Refused("gone")
        if status == HOLD:
            self.moderate("approve", reply.parent_id, {})
        return parent

    def _not_seen(self, code: str) -> ChannelError:
        """Gone, or shown to us no longer; a wrong sign-in looks like the second."""
        if code == "rest_cannot_read":
            self._api.me()
        return Refused("gone")

    def _standing(self, reply: Reply) -> Sent:
        """The same words stand there already, and are what was to be sent."""
        found = self._find(reply)
        if found is None:
            raise Refused("duplicate")
        return self._sent(found, reply)

    def _sent(self, made: Json, reply: Reply) -> Sent:
        if status_of(made) == "spam":
            raise Refused("spam")
        shown = words_of(made)[1]
        return Sent(
            remote_id=str(id_of(made)),
            sent_at=moment_of(made, "date_gmt") or self._now,
            url=text_of(made, "link"),
            text="" if shown == reply.text else shown,
            is_pending=status_of(made) == HOLD,
        )

    def _refusal(self, answer: object, code: str) -> ChannelError:
        """What an answer that is no success means for a reply."""
        from services.channels.web import Response

        assert isinstance(answer, Response)
        if code in _REFUSALS:
            return Refused(_REFUSALS[code])
        error = self._api.error_of(answer)
        if isinstance(error, RateLimited | SignInNeeded | NotAllowed):
            return error
        if answer.status >= 500:
            return Unclear("server", status=answer.status)
        if answer.status < 400:
            return Unclear("redirected", status=answer.status)
        if not code:
            # Something in front of WordPress said this; it never got there.
            return error
        return Refused("rejected", said=code, status=answer.status)

    # --- what became of it

    def find_sent(self, reply: Reply) -> Found:
        user = self._api.me()
        if number_of(user, "id") != self._me:
            raise SignInNeeded("another-account")
        found = self._find(reply)
        if found is not None:
            return Found(sent=self._sent(found, reply))
        # What was taken is there at once, and the same words are never taken twice. Only a comment that went
        # away meanwhile has nothing below it to look at.
        return ABSENT if reply.parent_id else UNKNOWN

    def _find(self, reply: Reply) -> Json | None:
        """Our answer with these words: below the comment, also where it was taken for spam. Where the comment
        was deleted for good, what stood below it has moved up to where that stood."""
        since = (reply.attempt_started or self._now) - _CLOCKS_DIFFER
        below = ("parent", reply.parent_id)
        for status in ("", "spam"):
            for one in self._own(below, status):
                if parent_of(one) == _number(reply.parent_id) and self._is_this(one, reply.text, since):
                    return one
        post = str(number_of(reply.reply_context, "post") or "")
        above = number_of(reply.reply_context, "above") or 0
        if post and self._is_deleted(reply.parent_id):
            for one in self._own(("post", post), ""):
                is_since = (moment_of(one, "date_gmt") or self._now) >= since
                if is_since and parent_of(one) == above and self._is_this(one, reply.text, since):
                    return one
        return None

    def _is_this(self, comment: Json, text: str, since: datetime) -> bool:
        """To the letter (WordPress would not take it twice); or in the same words, which a site may show with
        other signs, if it was written since then."""
        raw = html.unescape(text_of(part_of(comment, "content"), "raw"))
        shown = words_of(comment)[1]
        if text.strip() in (raw.strip(), shown):
            return True
        is_since = (moment_of(comment, "date_gmt") or self._now) >= since
        return is_since and any(same_words(one, text) for one in (shown, raw) if one)

    def _is_deleted(self, comment_id: str) -> bool:
        answer = self._api.ask(f"{COMMENTS}/{comment_id}", self._view[:1])
        return answer.status == 404 and self._api.code_of(answer) == "rest_comment_invalid_id"

    def _own(self, place: tuple[str, str], status: str) -> list[Json]:
        view = self._view if not status else (*self._view[:1], ("status", status))
        params = [*view, place, ("orderby", "id"), ("order", "desc"), ("per_page", "100")]
        try:
            # Everybody's, for a list by writer is refused to who may not write posts.
            page, _ = self._api.list(COMMENTS, [*params, ("_fields", COMMENT_FIELDS)])
        except NotAllowed:
            if not status:
                raise
            return []
        return [one for one in page if number_of(one, "author") == self._me]

    # --- the check before sending

    def thread(self, conversation: ThreadRef) -> Sequence[Message]:
        """What was said below anything we know of the thread, and the answered comment as it is now."""
        known = [one for one in (_number(i) for i in conversation.message_ids) if one]
        root = _number(conversation.key) or (min(known) if known else 0)
        if not root:
            return ()
        asked: set[int] = set()
        found: dict[int, Json] = {}
        open_ids = list(dict.fromkeys([root, *sorted(known)[-_MOST_IDS + 1 :]]))
        parent = _number(conversation.parent_id)
        if parent:
            self._collect([("include", str(parent))], found)
        for _ in range(_MOST_ROUNDS):
            if not open_ids:
                break
            asked.update(open_ids)
            before = set(found)
            self._collect([("parent", ids_param(open_ids))], found)
            open_ids = [one for one in found if one not in before and one not in asked][:_MOST_IDS]
        post = str(number_of(conversation.reply_context, "post") or "")
        if len(known) > _MOST_IDS and post:
            # Too many to name them all; what is newest below the post belongs here when its parent does.
            newest: dict[int, Json] = {}
            self._collect([("post", post)], newest)
            below = {*known, *found}
            found.update(
                {i: one for i, one in sorted(newest.items()) if parent_of(one) in below or i in below}
            )
        comments = [one for one in found.values() if is_heard(one)]
        contexts = Around(self._api, self._view, {}).contexts(comments)
        messages = [
            message_of(one, ours=self._ours, now=self._now, root=root, context=contexts.get(id_of(one)))
            for one in comments
        ]
        return sorted(messages, key=lambda m: (m.sent_at, int(m.remote_id)))

    def _collect(self, place: Params, found: dict[int, Json]) -> None:
        params = [*self._view, *place, ("orderby", "id"), ("order", "desc"), ("per_page", "100")]
        page, _ = self._api.list(COMMENTS, [*params, ("_fields", COMMENT_FIELDS)])
        found.update({id_of(one): one for one in page if id_of(one)})

    # --- moderation

    def moderate(self, action: str, message_id: str, reply_context: JsonObject) -> None:
        if action == "delete":
            self._trash(message_id)
            return
        if action not in _STATUS:
            raise Refused("not-allowed", action=action)
        wanted = _STATUS[action]
        answer = self._api.change("POST", f"{COMMENTS}/{message_id}", {"status": wanted})
        if answer.status == 200:
            return
        if self._api.code_of(answer) == "rest_comment_failed_edit" and self._status(message_id) == wanted:
            # WordPress calls it a failure when there was nothing to change.
            return
        raise self._not_moderated(answer)

    def _trash(self, message_id: str) -> None:
        answer = self._api.change("DELETE", f"{COMMENTS}/{message_id}")
        code = self._api.code_of(answer)
        if code == "rest_trash_not_supported":
            # The site was set up to keep no trash.
            url = f"{COMMENTS}/{message_id}"
            answer = self._api.change("DELETE", url, {"force": True})
            code = self._api.code_of(answer)
        if answer.status != 200 and code != "rest_already_trashed":
            raise self._not_moderated(answer)

    def _status(self, message_id: str) -> str:
        try:
            return status_of(self._api.document(f"{COMMENTS}/{message_id}", self._view[:1]))
        except BadAnswer:
            return ""

    def _not_moderated(self, answer: object) -> ChannelError:
        from services.channels.web import Response

        assert isinstance(answer, Response)
        code = self._api.code_of(answer)
        if code == "rest_comment_invalid_id":
            return Refused("gone")
        error = self._api.error_of(answer)
        return Refused("rejected", said=code) if code and answer.status >= 500 else error


def written(text: str) -> str:
    """WordPress reads a comment as HTML: what looks like it is meant as it stands. Escaped in full, it is
    kept to the letter whoever writes, and so is recognised when it comes again."""
    return html.escape(text, quote=False)


def _host_of(error: ChannelError) -> dict[str, object]:
    return {"host": error.detail["host"]} if "host" in error.detail else {}


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 20 else 0
