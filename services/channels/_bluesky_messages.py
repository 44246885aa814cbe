"""From a post, a notification or a direct message of Bluesky to a message: who, what, and what an answer
needs.

Shapes: lexicons app.bsky.feed.defs (postView), app.bsky.feed.post, app.bsky.embed.*, chat.bsky.convo.defs. A
notification is read like a post: it has the same names for the same things. Everything in them is a
stranger's word.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.channels._bluesky_facets import WEB, html_of, mentioned_in
from services.channels._shapes import Json, moment_of, part_of, parts_of, text_of
from services.model import Attachment, Author, Context, Direction, Message, MessageKind, MessageState

POST = "app.bsky.feed.post"
INVALID_HANDLE = "handle.invalid"
DIRECT = "direct:"
FOLLOW = "follow:"


def did_in(uri: str) -> str:
    """Whose record it is."""
    return uri.removeprefix("at://").partition("/")[0]


def page_of(uri: str) -> str:
    """The web page of a post. With the DID, for handles change."""
    did, _, rest = uri.removeprefix("at://").partition("/")
    return f"{WEB}/profile/{did}/post/{rest.rpartition('/')[2]}" if did and rest else ""


def author_did(post: Json) -> str:
    return text_of(part_of(post, "author"), "did") or did_in(text_of(post, "uri"))


def author_of(profile: Json, did: str = "") -> Author:
    did = text_of(profile, "did") or did
    handle = text_of(profile, "handle")
    if handle == INVALID_HANDLE:
        handle = ""
    followers = profile.get("followersCount")
    return Author(
        id=did,
        name=text_of(profile, "displayName").strip() or handle or did,
        handle=f"@{handle}" if handle else "",
        url=f"{WEB}/profile/{did}" if did else "",
        avatar_url=text_of(profile, "avatar"),
        followers=followers if isinstance(followers, int) and followers >= 0 else None,
    )


def parent_of(post: Json) -> str:
    return text_of(part_of(post, "record", "reply", "parent"), "uri")


def root_of(post: Json) -> Json:
    """uri and cid of the post a thread began with; of the parent where no root is named, empty for a post
    that begins one."""
    reply = part_of(post, "record", "reply")
    root = part_of(reply, "root")
    return root if text_of(root, "uri") else part_of(reply, "parent")


def quoted_by(post: Json) -> str:
    """Address of the record a post quotes, whether it is still shown with it or was taken off it."""
    embed = part_of(post, "record", "embed")
    record = part_of(embed, "record")
    return text_of(record, "uri") or text_of(part_of(record, "record"), "uri")


def is_post(post: Json) -> bool:
    """A post that can be told from others; other kinds of record are no messages."""
    kind = text_of(part_of(post, "record"), "$type")
    return bool(text_of(post, "uri")) and kind in (POST, "") and f"/{POST}/" in text_of(post, "uri")


def is_to(post: Json, me: str) -> bool:
    """Answers, mentions or quotes this account."""
    return (
        did_in(parent_of(post)) == me
        or did_in(quoted_by(post)) == me
        or me in mentioned_in(part_of(post, "record"))
    )


def addressed(posts: Mapping[str, Json], me: str, known: str = "") -> set[str]:
    """Addresses of the posts that speak to this account: those that do so themselves, the one ``known`` to,
    and what their writers add below them (a second post of the same person continues the first)."""
    found = {uri for uri, post in posts.items() if uri == known or is_to(post, me)}
    more = True
    while more:
        added = {
            uri
            for uri, post in posts.items()
            if uri not in found and parent_of(post) in found and did_in(parent_of(post)) == author_did(post)
        }
        found |= added
        more = bool(added)
    return found


def sent_of(post: Json, now: datetime) -> datetime:
    """When it was written, as far as that can be believed: its own date may lie in the future or, for
    posts brought along from elsewhere, in the past."""
    moments = [moment_of(part_of(post, "record"), "createdAt"), moment_of(post, "indexedAt")]
    return min((m for m in moments if m is not None), default=now)


def context_of(post: Json, *, is_ours: bool) -> Context:
    text = text_of(part_of(post, "record"), "text").strip()
    first = text.partition("\n")[0]
    return Context(
        title=first if len(first) <= 80 else f"{first[:79].rstrip()}…",
        text=text,
        url=page_of(text_of(post, "uri")),
        author=author_of(part_of(post, "author"), author_did(post)).name,
        sent_at=moment_of(part_of(post, "record"), "createdAt"),
        remote_id=text_of(post, "uri"),
        is_ours=is_ours,
    )


def attachments_of(post: Json) -> tuple[Attachment, ...]:
    """Pictures, films and link cards, with the descriptions their writer gave."""
    embed = part_of(post, "embed") or part_of(post, "record", "embed")
    media = part_of(embed, "media") or embed
    found = [
        Attachment("image", text_of(one, "fullsize") or text_of(one, "thumb"), text_of(one, "alt"))
        for one in parts_of(media, "images")
    ]
    if ".video" in text_of(media, "$type"):
        found.append(Attachment("video", text_of(media, "thumbnail"), text_of(media, "alt")))
    card = part_of(media, "external")
    if text_of(card, "uri").startswith(("http://", "https://")):
        found.append(Attachment("link", text_of(card, "uri"), text_of(card, "title")))
    quoted = quoted_by(post)
    if quoted:
        record = part_of(embed, "record")
        shown = part_of(record, "value") or part_of(record, "record", "value")
        found.append(Attachment("link", page_of(quoted), text_of(shown, "text")))
    return tuple(found)


def reply_context(post: Json) -> dict[str, Any]:
    """What an answer to this post needs to know."""
    root = root_of(post)
    told = part_of(post, "record").get("langs")
    languages = told if isinstance(told, list) else []
    return {
        "uri": text_of(post, "uri"),
        "cid": text_of(post, "cid"),
        "root_uri": text_of(root, "uri") or text_of(post, "uri"),
        "root_cid": text_of(root, "cid") or text_of(post, "cid"),
        "did": author_did(post),
        "handle": text_of(part_of(post, "author"), "handle"),
        "langs": [one for one in languages if isinstance(one, str)][:3]
        if isinstance(languages, list)
        else [],
    }


def _why_not(post: Json) -> str:
    """Key for why no answer is taken; empty when one is."""
    person = part_of(post, "author", "viewer")
    if person.get("blockedBy") or person.get("blocking"):
        return "blocked"
    return "closed" if part_of(post, "viewer").get("replyDisabled") is True else ""


def message_of(
    post: Json,
    *,
    me: str,
    kind: MessageKind,
    now: datetime,
    key: str = "",
    context: Context | None = None,
    is_addressed: bool = True,
) -> Message:
    """``key`` empty: the conversation of its parent decides."""
    is_ours = author_did(post) == me
    record = part_of(post, "record")
    context_for_reply = reply_context(post)
    why_not = _why_not(post)
    return Message(
        remote_id=text_of(post, "uri"),
        kind=kind,
        direction=Direction.OUTBOUND if is_ours else Direction.INBOUND,
        author=author_of(part_of(post, "author"), author_did(post)),
        text=text_of(record, "text").strip(),
        html=html_of(record),
        sent_at=sent_of(post, now),
        conversation_key=key,
        parent_id=parent_of(post),
        url=page_of(text_of(post, "uri")),
        language=next(iter(context_for_reply["langs"]), ""),
        context=context,
        attachments=attachments_of(post),
        reply_context=context_for_reply,
        can_reply=not why_not,
        why_not=why_not,
        version=text_of(post, "cid"),
        state=MessageState.SENT if is_ours else MessageState.RECEIVED,
        is_addressed=is_addressed,
    )


def greeting_of(note: Json, now: datetime) -> Message:
    """A new follower: somebody to greet. One per person, however often they come and go."""
    author = author_of(part_of(note, "author"))
    return Message(
        remote_id=f"{FOLLOW}{author.id}",
        kind=MessageKind.FOLLOW,
        direction=Direction.INBOUND,
        author=author,
        text="",
        sent_at=sent_of(note, now),
        conversation_key=f"{FOLLOW}{author.id}",
        url=author.url,
        reply_context={"did": author.id, "handle": author.handle.removeprefix("@")},
    )


# --- direct messages


def direct_id(convo_id: str, message_id: str) -> str:
    return f"{DIRECT}{convo_id}/{message_id}"


def direct_message_of(message: Json, convo: Json, *, me: str, now: datetime) -> Message:
    sender = text_of(part_of(message, "sender"), "did")
    people = {text_of(one, "did"): one for one in parts_of(convo, "members")}
    other = next((one for did, one in people.items() if did != me), {})
    viewer = part_of(other, "viewer")
    convo_id = text_of(convo, "id")
    is_ours = sender == me
    can_reply = not (viewer.get("blockedBy") or viewer.get("blocking"))
    return Message(
        remote_id=direct_id(convo_id, text_of(message, "id")),
        kind=MessageKind.DIRECT,
        direction=Direction.OUTBOUND if is_ours else Direction.INBOUND,
        author=author_of(people.get(sender, {}), sender),
        text=text_of(message, "text").strip() or _shared_post(message),
        html=html_of(message),
        sent_at=moment_of(message, "sentAt") or now,
        conversation_key=f"{DIRECT}{convo_id}",
        url=f"{WEB}/messages/{convo_id}",
        private=True,
        reply_context={
            "convo": convo_id,
            "message": text_of(message, "id"),
            "did": sender,
            "handle": text_of(people.get(sender, {}), "handle"),
            "is_request": text_of(convo, "status") == "request",
        },
        can_reply=can_reply,
        why_not="" if can_reply else "blocked",
        state=MessageState.SENT if is_ours else MessageState.RECEIVED,
    )


def _shared_post(message: Json) -> str:
    """A message may be nothing but a post that was passed on."""
    shared = part_of(message, "embed", "record")
    return text_of(part_of(shared, "value"), "text").strip() or page_of(text_of(shared, "uri"))
