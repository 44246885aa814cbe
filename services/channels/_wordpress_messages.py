"""A comment of WordPress as our message. No network.

developer.wordpress.org/rest-api/reference/comments. ``date_gmt`` is UTC without saying so; ``date`` is local
to the site and not used. ``content.raw`` and the writer's address are only there for who may moderate.
"""

from __future__ import annotations

import html
import zlib
from collections.abc import Collection
from datetime import datetime

from services.channels._shapes import Json, moment_of, number_of, part_of, parts_of, text_of
from services.model import Author, Context, Direction, Message, MessageKind, MessageState

HOLD, APPROVED = "hold", "approved"
PINGS = ("pingback", "trackback")
REVIEW = "review"
_KINDS = {
    "comment": MessageKind.COMMENT,
    REVIEW: MessageKind.REVIEW,
    **dict.fromkeys(PINGS, MessageKind.MENTION),
}


def id_of(comment: Json) -> int:
    """0 where there is none."""
    return max(number_of(comment, "id") or 0, 0)


def parent_of(comment: Json) -> int:
    return max(number_of(comment, "parent") or 0, 0)


def status_of(comment: Json) -> str:
    """``approved``, ``hold``, ``spam`` or ``trash``; requests and some plugins call the first ``approve``."""
    status = text_of(comment, "status") or APPROVED
    return {"approve": APPROVED, "1": APPROVED, "0": HOLD}.get(status, status)


def type_of(comment: Json) -> str:
    return text_of(comment, "type") or "comment"


def is_heard(comment: Json) -> bool:
    """Whether it is something somebody said and may still be seen (editors' notes and shops' records of
    orders are kept as comments, too)."""
    return type_of(comment) in _KINDS and status_of(comment) in (HOLD, APPROVED)


def words_of(comment: Json) -> tuple[str, str]:
    """(html, plain text) as readers see it."""
    from services.sanitize import html_to_text

    content = part_of(comment, "content")
    shown = text_of(content, "rendered") or text_of(content, "raw")
    return shown, html_to_text(shown).strip()


def version_of(comment: Json) -> str:
    """Differs when the words were edited."""
    content = part_of(comment, "content")
    words = text_of(content, "raw") or text_of(content, "rendered")
    return f"{zlib.crc32(words.encode('utf-8', 'replace')):08x}"


def trace_of(comment: Json) -> str:
    """Differs when anything that is shown has changed."""
    return f"{version_of(comment)}:{status_of(comment)[:1]}"


def author_of(comment: Json) -> Author:
    """Visitors have no id; their address, else their name, tells them apart."""
    user = number_of(comment, "author") or 0
    mail = text_of(comment, "author_email").strip().lower()
    name = html.unescape(text_of(comment, "author_name")).strip()
    url = text_of(comment, "author_url")
    if user > 0:
        identity = f"user:{user}"
    elif mail or name:
        identity = f"mail:{mail}" if mail else f"name:{name.casefold()}"
    else:
        identity = f"guest:{id_of(comment)}"
    return Author(
        identity, name=name, handle=mail, url=url if url.startswith(("https://", "http://")) else ""
    )


def post_of(comment: Json) -> str:
    """Address of the post in the API, for the context; empty where the site does not link it."""
    for link in parts_of(part_of(comment, "_links"), "up"):
        if text_of(link, "href"):
            return text_of(link, "href")
    return ""


def context_of(post: Json, comment: Json | None = None) -> Context | None:
    """What is commented on: the post, page or product."""
    from services.sanitize import html_to_text

    link = text_of(post, "link") or (text_of(comment, "link").partition("#")[0] if comment else "")
    title = html_to_text(text_of(part_of(post, "title"), "rendered")).strip()
    text = html_to_text(text_of(part_of(post, "excerpt"), "rendered")).strip()
    remote_id = text_of(post, "id") or (text_of(comment, "post") if comment else "")
    if not (link or title):
        return None
    return Context(
        title=title,
        text=text,
        url=link if link.startswith(("https://", "http://")) else "",
        sent_at=moment_of(post, "date_gmt"),
        remote_id=remote_id,
        is_ours=True,
    )


def message_of(
    comment: Json,
    *,
    ours: Collection[int],
    now: datetime,
    root: int,
    context: Context | None = None,
    stars: int | None = None,
) -> Message:
    """``ours``: ids of the users who speak for the shop. ``root``: id of the first comment of the thread."""
    is_ours = (number_of(comment, "author") or 0) in ours
    kind, status = type_of(comment), status_of(comment)
    shown, text = words_of(comment)
    link = text_of(comment, "link")
    parent = parent_of(comment)
    state = MessageState.SENT if is_ours else MessageState.RECEIVED
    return Message(
        remote_id=str(id_of(comment)),
        kind=_KINDS.get(kind, MessageKind.COMMENT),
        direction=Direction.OUTBOUND if is_ours else Direction.INBOUND,
        author=author_of(comment),
        text=text,
        html=shown,
        sent_at=moment_of(comment, "date_gmt") or now,
        conversation_key=str(root),
        parent_id=str(parent) if parent else "",
        url=link if link.startswith(("https://", "http://")) else "",
        stars=stars,
        context=None if is_ours else context,
        reply_context={"post": number_of(comment, "post") or 0, "above": parent},
        can_reply=kind not in PINGS,
        why_not="no-answers" if kind in PINGS else "",
        version=version_of(comment),
        state=MessageState.PENDING if status == HOLD else state,
    )
