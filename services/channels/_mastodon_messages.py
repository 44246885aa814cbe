"""From a status or notification of Mastodon's API to a message: who, what, and to which conversation it
belongs.

Shapes: docs.joinmastodon.org/entities/Status, /Notification, /Account. Everything in them is a stranger's
word: a field may be missing, null, or of another type.
"""

from __future__ import annotations

import html as html_escapes
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from services.channels._shapes import Json, moment_of as moment_of, text_of as text_of
from services.model import Attachment, Author, Context, Direction, Message, MessageKind, MessageState

VISIBILITIES = ("public", "unlisted", "private", "direct")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a status belongs. ``post`` is our own post above the conversation, when there is one."""

    key: str
    post_id: str = ""
    post: Json | None = None


def account_of(document: Json) -> Json:
    account = document.get("account")
    return account if isinstance(account, Mapping) else {}


def author_id(status: Json) -> str:
    return text_of(account_of(status), "id")


def author_of(account: Json) -> Author:
    followers = account.get("followers_count")
    acct = text_of(account, "acct")
    return Author(
        id=text_of(account, "id"),
        name=text_of(account, "display_name").strip() or text_of(account, "username"),
        handle=f"@{acct}" if acct else "",
        url=text_of(account, "url"),
        avatar_url=text_of(account, "avatar"),
        followers=followers if isinstance(followers, int) and followers >= 0 else None,
    )


def visibility_of(status: Json) -> str:
    """What we do not know is taken as private: an answer must never be seen by more people than the
    question."""
    told = text_of(status, "visibility")
    if told in VISIBILITIES:
        return told
    return {"local": "unlisted", "list": "private", "limited": "private", "": "public"}.get(told, "private")


def mentions_of(status: Json) -> list[Json]:
    mentions = status.get("mentions")
    return [m for m in mentions if isinstance(m, Mapping)] if isinstance(mentions, list) else []


def is_to(status: Json, account_id: str) -> bool:
    """Mentions this account or answers it."""
    return text_of(status, "in_reply_to_account_id") == account_id or any(
        text_of(m, "id") == account_id for m in mentions_of(status)
    )


def quoted_by(status: Json) -> Json:
    """The status this one quotes, as far as the server shows it."""
    quote = status.get("quote")
    quoted = quote.get("quoted_status") if isinstance(quote, Mapping) else None
    return quoted if isinstance(quoted, Mapping) else {}


def digest_of(status: Json) -> str:
    """Changes when the author edits. Counters, favourites and previews do not belong to it."""
    media = status.get("media_attachments")
    descriptions = (
        [text_of(m, "description") for m in media if isinstance(m, Mapping)]
        if isinstance(media, list)
        else []
    )
    parts = [
        text_of(status, "content"),
        text_of(status, "spoiler_text"),
        text_of(status, "edited_at"),
        *descriptions,
    ]
    return f"{zlib.crc32(chr(0).join(parts).encode('utf-8', 'replace')):08x}"


def place_of(status: Json, ancestors: Sequence[Json], me: str) -> Place:
    """``ancestors`` oldest first, as ``/context`` gives them.

    Under our own post every top-level comment is a conversation of its own; in anybody else's thread the
    whole thread is one. A private exchange is one per person.
    """
    if visibility_of(status) == "direct":
        return Place(f"direct:{other_of(status, ancestors, me)}")
    chain = [*ancestors, status]
    if author_id(chain[0]) != me:
        return Place(text_of(chain[0], "id"))
    for above, one in pairwise(chain):
        if author_id(one) != me:
            return Place(text_of(one, "id"), text_of(above, "id"), above)
    return Place(text_of(status, "id"))


def other_of(status: Json, ancestors: Sequence[Json], me: str) -> str:
    """Id of the person a private exchange is with."""
    if author_id(status) != me:
        return author_id(status)
    answered = text_of(status, "in_reply_to_account_id")
    if answered and answered != me:
        return answered
    others = [author_id(a) for a in reversed(ancestors) if author_id(a) != me]
    others += [text_of(m, "id") for m in mentions_of(status) if text_of(m, "id") != me]
    return others[0] if others else me


def plain_text(status: Json) -> str:
    from services.sanitize import html_to_text

    return html_to_text(text_of(status, "content")).strip()


def context_of(post: Json, *, is_ours: bool) -> Context:
    text = _with_warning(post, plain_text(post))
    first_line = text.partition("\n")[0]
    return Context(
        title=first_line if len(first_line) <= 80 else f"{first_line[:79].rstrip()}…",
        text=text,
        url=text_of(post, "url"),
        author=author_of(account_of(post)).name,
        sent_at=moment_of(post, "created_at"),
        remote_id=text_of(post, "id"),
        is_ours=is_ours,
    )


def _with_warning(status: Json, text: str) -> str:
    """A content warning is part of what was said, and stands above it."""
    warning = text_of(status, "spoiler_text").strip()
    return f"{warning}\n\n{text}".strip() if warning else text


def _attachments(status: Json) -> tuple[Attachment, ...]:
    media = status.get("media_attachments")
    return tuple(
        Attachment(
            text_of(m, "type") or "unknown",
            text_of(m, "url") or text_of(m, "remote_url"),
            text_of(m, "description"),
        )
        for m in (media if isinstance(media, list) else ())
        if isinstance(m, Mapping)
    )


def reply_context(status: Json, me: str) -> dict[str, Any]:
    """What an answer to this status needs to know."""
    return {
        "status_id": text_of(status, "id"),
        "visibility": visibility_of(status),
        "spoiler_text": text_of(status, "spoiler_text"),
        "acct": text_of(account_of(status), "acct"),
        "author_id": author_id(status),
        "mentions": [
            text_of(m, "acct")
            for m in mentions_of(status)
            if text_of(m, "id") not in (me, author_id(status)) and m.get("acct")
        ],
        "language": text_of(status, "language"),
    }


def message_of(
    status: Json,
    *,
    me: str,
    kind: MessageKind,
    now: datetime,
    key: str = "",
    context: Context | None = None,
    is_addressed: bool = True,
) -> Message:
    """``key`` empty: the conversation of its parent decides."""
    is_ours = author_id(status) == me
    content, warning = text_of(status, "content"), text_of(status, "spoiler_text").strip()
    private = visibility_of(status) == "direct"
    return Message(
        remote_id=text_of(status, "id"),
        kind=MessageKind.DIRECT if private else kind,
        direction=Direction.OUTBOUND if is_ours else Direction.INBOUND,
        author=author_of(account_of(status)),
        text=_with_warning(status, plain_text(status)),
        html=(f"<p>{html_escapes.escape(warning)}</p>" if warning else "") + content,
        sent_at=moment_of(status, "created_at") or now,
        conversation_key=key,
        parent_id=text_of(status, "in_reply_to_id"),
        url=text_of(status, "url") or text_of(status, "uri"),
        private=private,
        language=text_of(status, "language"),
        context=context,
        attachments=_attachments(status),
        reply_context=reply_context(status, me),
        edited_at=moment_of(status, "edited_at"),
        version=text_of(status, "edited_at"),
        state=MessageState.SENT if is_ours else MessageState.RECEIVED,
        is_addressed=is_addressed,
    )


def greeting_of(notification: Json, now: datetime) -> Message:
    """A new follower: somebody to greet. One per person, however often they come and go."""
    account = account_of(notification)
    author = author_of(account)
    return Message(
        remote_id=f"follow:{author.id}",
        kind=MessageKind.FOLLOW,
        direction=Direction.INBOUND,
        author=author,
        text="",
        sent_at=moment_of(notification, "created_at") or now,
        conversation_key=f"follow:{author.id}",
        url=author.url,
        reply_context={
            "status_id": "",
            "visibility": "public",
            "spoiler_text": "",
            "acct": text_of(account, "acct"),
            "author_id": author.id,
            "mentions": [],
            "language": "",
        },
    )
