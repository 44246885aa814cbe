"""A post of Discourse as our message. No network.

app/serializers/post_serializer.rb, topic_view_serializer.rb. ``cooked`` is the post as HTML with
addresses relative to the forum; ``version`` only counts edits made after the first minutes, so the words
themselves tell whether a post was edited.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, urljoin

from services.channels._shapes import Json, moment_of, number_of, part_of, text_of
from services.model import Attachment, Author, Context, Direction, Message, MessageKind, MessageState

REGULAR, MODERATOR_ACTION = 1, 2
"""Post types that hold somebody's words; the others are the forum's own notes and whispers of its staff."""
_PRIVATE = "private_message"
_TAGS = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Us:
    """Who speaks for the shop there. ``id`` 0: not known, the name decides. ``is_staff``: then the other
    staff are colleagues."""

    id: int = 0
    username: str = ""
    is_staff: bool = False

    def wrote(self, post: Json) -> bool:
        if post.get("yours") is True:
            return True
        if self.id and number_of(post, "user_id") is not None:
            is_same = number_of(post, "user_id") == self.id
        else:
            is_same = bool(self.username) and text_of(post, "username").lower() == self.username.lower()
        is_colleague = self.is_staff and (post.get("admin") is True or post.get("moderator") is True)
        return is_same or (is_colleague and (number_of(post, "user_id") or 1) > 0)

    def is_named(self, name: str) -> bool:
        return bool(self.username) and name.lower() == self.username.lower()


@dataclass(frozen=True, slots=True)
class Topic:
    """What is said of a topic beside its posts. ``first``: the opening post, where it was seen."""

    id: int
    title: str = ""
    slug: str = ""
    is_private: bool = False
    is_closed: bool = False
    is_ours: bool = False
    first: Json = field(default_factory=dict)

    @classmethod
    def of(cls, document: Json, us: Us, first: Json) -> Topic:
        details = part_of(document, "details")
        may = details.get("can_create_post")
        shut = document.get("closed") is True or document.get("archived") is True
        starter = part_of(details, "created_by")
        by = first or {"user_id": number_of(starter, "id"), "username": text_of(starter, "username")}
        return cls(
            id=number_of(document, "id") or 0,
            title=text_of(document, "title"),
            slug=text_of(document, "slug"),
            is_private=text_of(document, "archetype") == _PRIVATE,
            is_closed=may is False or (shut and may is not True),
            is_ours=us.wrote(by),
            first=first,
        )


def id_of(post: Json) -> int:
    return max(number_of(post, "id") or 0, 0)


def number_in_topic(post: Json) -> int:
    return max(number_of(post, "post_number") or 0, 0)


def answered_number(post: Json) -> int:
    """Number of the post it answers, 0 where it answers the topic."""
    return max(number_of(post, "reply_to_post_number") or 0, 0)


def is_words(post: Json) -> bool:
    """Whether somebody said it: no note of the forum, no whisper."""
    kind = number_of(post, "post_type")
    return bool(id_of(post)) and kind in (None, REGULAR, MODERATOR_ACTION) and not post.get("action_code")


def is_gone(post: Json) -> bool:
    return bool(post.get("deleted_at")) or post.get("user_deleted") is True


def is_covered(post: Json) -> bool:
    """Hidden by the community's flags: its words are not told."""
    return post.get("hidden") is True and post.get("cooked_hidden") is not False


def words_of(post: Json) -> tuple[str, str]:
    """(HTML as the forum shows it, plain words without what was quoted of others)."""
    from services.sanitize import html_to_text

    cooked = text_of(post, "cooked")
    text = html_to_text(_own_words(cooked)).strip() or html_to_text(cooked).strip()
    return cooked, text or text_of(post, "raw").strip()


def _own_words(cooked: str) -> str:
    """Without quotations, previews of links and captions of pictures: those are other people's words."""
    if "<aside" not in cooked and 'class="meta"' not in cooked:
        return cooked
    from lxml import etree, html as lxml_html

    try:
        root = lxml_html.fragment_fromstring(cooked, create_parent="div")
    except (etree.ParserError, ValueError):
        return cooked
    for element in list(root.iter("aside", "div")):
        names = set((element.get("class") or "").split())
        if element.tag == "aside" and "onebox" in names and element.get("data-onebox-src"):
            link = etree.Element("p")
            link.text = element.get("data-onebox-src")
            link.tail = element.tail
            parent = element.getparent()
            if parent is not None:
                parent.replace(element, link)
        elif ("quote" in names or names == {"meta"}) and element.getparent() is not None:
            element.drop_tree()
    shown: str = etree.tostring(root, encoding="unicode", method="html")
    return shown


def trace_of(post: Json, text: str, *, is_closed: bool = False) -> str:
    """Differs when what is said there has changed, or whether it can be answered."""
    state = "d" if is_gone(post) else "h" if is_covered(post) else "c" if is_closed else ""
    return f"{zlib.crc32(text.encode('utf-8', 'replace')):08x}{state}"


def speaks_to_us(post: Json, us: Us) -> bool:
    """A mention or a quotation of ours in it, or an answer to us."""
    return us.is_named(text_of(part_of(post, "reply_to_user"), "username")) or bool(_named_kind(post, us))


def _named_kind(post: Json, us: Us) -> MessageKind | None:
    cooked = text_of(post, "cooked").lower()
    name = us.username.lower()
    if not name or name not in cooked:
        return None
    if re.search(rf'class="mention"[^>]*>@{re.escape(name)}<|/u/{re.escape(name)}"[^>]*>@', cooked):
        return MessageKind.MENTION
    if f'data-username="{name}"' in cooked:
        return MessageKind.QUOTE
    return None


def author_of(post: Json, base: str) -> Author:
    username = text_of(post, "username")
    number = number_of(post, "user_id")
    avatar = text_of(post, "avatar_template").replace("{size}", "96")
    return Author(
        id=str(number) if number is not None else username.lower() or "unknown",
        name=text_of(post, "name").strip() or text_of(post, "display_username").strip() or username,
        handle=username,
        url=f"{base}/u/{quote(username.lower())}" if username else "",
        avatar_url=urljoin(f"{base}/", avatar) if avatar else "",
    )


def page_of(base: str, topic: Topic, number: int) -> str:
    slug = f"/{quote(topic.slug)}" if topic.slug else ""
    return f"{base}/t{slug}/{topic.id}" + (f"/{number}" if number > 1 else "")


def attachments_of(cooked: str, base: str) -> tuple[Attachment, ...]:
    """Pictures and files in it; the smileys and faces among them are none."""
    found = []
    for tag in re.findall(r"<img\b[^>]*>", cooked)[:20]:
        marks = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        kinds = set(marks.get("class", "").split())
        if marks.get("src") and not kinds & {"emoji", "avatar", "site-icon", "thumbnail"}:
            found.append(Attachment("image", urljoin(f"{base}/", marks["src"]), marks.get("alt", "")))
    for address, name in re.findall(r'<a class="attachment" href="([^"]+)"[^>]*>([^<]*)</a>', cooked)[:20]:
        found.append(Attachment("file", urljoin(f"{base}/", address), name=name))
    return tuple(found)


def context_of(topic: Topic, base: str, us: Us) -> Context | None:
    """The opening post, which everything below is about."""
    first = topic.first
    text = words_of(first)[1] if first else ""
    return Context(
        title=topic.title,
        text=text,
        url=page_of(base, topic, 1),
        author=text_of(first, "name") or text_of(first, "username"),
        sent_at=moment_of(first, "created_at"),
        remote_id=str(id_of(first)) if first else "",
        is_ours=topic.is_ours,
    )


def message_of(
    post: Json,
    topic: Topic,
    us: Us,
    base: str,
    now: datetime,
    *,
    conversation_key: str,
    parent_id: str = "",
    is_addressed: bool = True,
    can_write: bool = True,
) -> Message:
    ours = us.wrote(post)
    number = number_in_topic(post)
    shown, text = words_of(post)
    attachments = attachments_of(shown, base) if "<" in shown else ()
    if not text and not attachments:
        text = _TAGS.sub(" ", shown).strip() or "…"
    why = "closed" if topic.is_closed else "" if can_write else "needs-token"
    edits = number_of(post, "version") or 1
    state = MessageState.SENT if ours else MessageState.RECEIVED
    if is_covered(post):
        state = MessageState.HIDDEN
    return Message(
        remote_id=str(id_of(post)),
        kind=_kind_of(post, topic, us, ours=ours),
        direction=Direction.OUTBOUND if ours else Direction.INBOUND,
        author=author_of(post, base),
        text=text,
        html=shown,
        sent_at=moment_of(post, "created_at") or now,
        conversation_key=conversation_key,
        parent_id=parent_id,
        url=page_of(base, topic, number),
        title=topic.title,
        private=topic.is_private,
        language=text_of(post, "locale").replace("_", "-"),
        context=None if topic.is_private or number <= 1 or ours else context_of(topic, base, us),
        attachments=attachments,
        reply_context={"topic": topic.id, "number": number, "private": topic.is_private},
        can_reply=not why,
        why_not=why,
        edited_at=moment_of(post, "updated_at") if edits > 1 else None,
        version=trace_of(post, text),
        state=state,
        is_addressed=is_addressed,
        is_automatic=not ours and (number_of(post, "user_id") or 1) < 0,
    )


def _kind_of(post: Json, topic: Topic, us: Us, *, ours: bool) -> MessageKind:
    if topic.is_private:
        return MessageKind.DIRECT
    if ours:
        return MessageKind.REPLY if number_in_topic(post) > 1 else MessageKind.POST
    if us.is_named(text_of(part_of(post, "reply_to_user"), "username")):
        return MessageKind.REPLY
    named = _named_kind(post, us)
    if named:
        return named
    return MessageKind.COMMENT if number_in_topic(post) > 1 else MessageKind.POST


class Addressing:
    """Which posts of a topic are said to us. ``numbers``: those the forum told us about. ``everything``: the
    owner watches the topic, or reads it as a place where customers write. ``partners``: authors who have
    spoken to us in it before; what they add after post number ``since`` without answering somebody else is
    for us, too."""

    def __init__(
        self,
        us: Us,
        topic: Topic,
        *,
        numbers: Collection[int] = (),
        everything: bool = False,
        partners: Collection[str] = (),
        since: int = 0,
        answers_ours: Callable[[int], bool] = lambda number: False,
    ) -> None:
        self._us = us
        self._topic = topic
        self._numbers = frozenset(numbers)
        self._everything = everything or topic.is_private or topic.is_ours
        self._earlier = frozenset(partners)
        self._since = since
        self._met: set[str] = set()
        self._answers_ours = answers_ours

    @property
    def partners(self) -> set[str]:
        return self._met | self._earlier

    def is_for_us(self, post: Json) -> bool:
        who = author_of(post, "").id
        answered = answered_number(post)
        is_it = (
            self._everything
            or number_in_topic(post) in self._numbers
            or speaks_to_us(post, self._us)
            or bool(answered and self._answers_ours(answered))
            or (not answered and self._is_partner(who, number_in_topic(post)))
        )
        if is_it:
            self._met.add(who)
        return is_it

    def _is_partner(self, who: str, number: int) -> bool:
        return who in self._met or (who in self._earlier and number > self._since)


def shape_of(value: Any) -> list[int]:
    """The ids of a topic's posts, in their order."""
    if not isinstance(value, list):
        return []
    return [one for one in value if isinstance(one, int) and not isinstance(one, bool) and one > 0]
