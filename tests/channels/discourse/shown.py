"""What a forum holds, and how its serializers show it."""

from __future__ import annotations

import html
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.clock import iso


@dataclass
class Member:
    id: int
    username: str
    name: str
    admin: bool = False
    suspended: bool = False
    trust_level: int = 1


@dataclass
class Key:
    """``user`` None: an administrator's key for all members."""

    secret: str
    user: Member | None
    is_admins: bool = False
    scopes: frozenset[str] = frozenset({"read", "write", "notifications", "session_info"})
    client_id: str = ""
    revoked: bool = False
    used: list[datetime] = field(default_factory=list)


@dataclass
class Post:
    id: int
    topic: int
    number: int
    author: Member
    raw: str
    at: datetime
    answers: int | None = None
    cooked: str = ""
    kind: int = 1
    version: int = 1
    edited: datetime | None = None
    deleted: bool = False
    user_deleted: bool = False
    hidden: bool = False


@dataclass
class Topic:
    id: int
    title: str
    starter: Member
    at: datetime
    private_with: set[int] | None = None
    closed: bool = False
    archived: bool = False
    category: int = 4
    tags: tuple[str, ...] = ()
    pinned: bool = False
    deleted: bool = False
    highest: int = 0

    @property
    def slug(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-") or "topic"


@dataclass
class Notification:
    id: int
    user: int
    kind: int
    topic: int | None
    number: int | None
    at: datetime
    data: dict[str, Any]
    read: bool = False


class Shown:
    """The serializers: post_serializer.rb, topic_view_serializer.rb, topic_list_item_serializer.rb."""

    topics: dict[int, Topic]
    posts: dict[int, Post]
    waiting: list[dict[str, Any]]

    def may_see(self, topic: Topic | None, member: Member | None) -> bool:
        if topic is None or topic.deleted:
            return False
        return topic.private_with is None or (member is not None and member.id in topic.private_with)

    def post_json(self, post: Post, member: Member | None, *, raw: bool = False) -> dict[str, Any]:
        topic = self.topics[post.topic]
        answered = next((one for one in self.of(topic) if one.number == post.answers), None)
        document: dict[str, Any] = {
            "id": post.id,
            "name": post.author.name,
            "username": post.author.username,
            "avatar_template": f"/letter_avatar_proxy/v4/letter/{post.author.username[0]}/{{size}}.png",
            "created_at": iso(post.at),
            "cooked": "<p>(post deleted by author)</p>" if post.user_deleted else post.cooked,
            "post_number": post.number,
            "post_type": post.kind,
            "updated_at": iso(post.edited or post.at),
            "reply_count": 0,
            "reply_to_post_number": post.answers,
            "yours": member is not None and member.id == post.author.id,
            "topic_id": topic.id,
            "topic_slug": topic.slug,
            "display_username": post.author.name,
            "version": post.version,
            "moderator": False,
            "admin": post.author.admin,
            "staff": post.author.admin,
            "user_id": post.author.id,
            "hidden": post.hidden,
            "trust_level": post.author.trust_level,
            "deleted_at": None,
            "user_deleted": post.user_deleted,
        }
        if post.hidden:
            document |= {"cooked_hidden": True, "cooked": "<p>This post was flagged by the community.</p>"}
        if answered is not None:
            document["reply_to_user"] = {"username": answered.author.username, "name": answered.author.name}
        if raw:
            document["raw"] = post.raw
        return document

    def stream(self, topic: Topic, member: Member | None) -> list[Post]:
        return [one for one in self.of(topic) if one.kind != 4 or (member is not None and member.admin)]

    def topic_json(
        self, topic: Topic, member: Member | None, shown: Collection[Post], *, raw: bool = False
    ) -> dict[str, Any]:
        whole = self.stream(topic, member)
        details: dict[str, Any] = {
            "notification_level": 1,
            "created_by": {
                "id": topic.starter.id,
                "username": topic.starter.username,
                "avatar_template": "",
            },
            "participants": [],
        }
        if member is not None and (member.admin or not (topic.closed or topic.archived)):
            details["can_create_post"] = True
        document = {
            "post_stream": {
                "posts": [self.post_json(one, member, raw=raw) for one in shown],
                "stream": [one.id for one in whole],
            },
            "id": topic.id,
            "title": topic.title,
            "fancy_title": html.escape(topic.title),
            "posts_count": len(whole),
            "created_at": iso(topic.at),
            "last_posted_at": iso(whole[-1].at if whole else topic.at),
            "visible": True,
            "closed": topic.closed,
            "archived": topic.archived,
            "archetype": "regular" if topic.private_with is None else "private_message",
            "slug": topic.slug,
            "category_id": topic.category,
            "user_id": topic.starter.id,
            "highest_post_number": topic.highest,
            "details": details,
            "chunk_size": 20,
        }
        if member is not None:
            document["pending_posts"] = [
                {"id": one["id"], "raw": one["raw"], "created_at": iso(one["at"])}
                for one in self.waiting
                if one["topic"] == topic.id and one["author"] == member.id
            ]
        return document

    def list_json(self, topics: list[Topic], page: int, path: str) -> dict[str, Any]:
        def last(topic: Topic) -> datetime:
            return max((one.at for one in self.of(topic)), default=topic.at)

        order = sorted(topics, key=lambda one: (one.pinned, last(one)), reverse=True)
        some = order[page * 30 : page * 30 + 30]
        told: dict[str, Any] = {
            "can_create_topic": False,
            "per_page": 30,
            "topics": [
                {
                    "id": one.id,
                    "title": one.title,
                    "slug": one.slug,
                    "posts_count": len(self.of(one)),
                    "highest_post_number": one.highest,
                    "created_at": iso(one.at),
                    "last_posted_at": iso(last(one)),
                    "bumped_at": iso(last(one)),
                    "archetype": "regular",
                    "pinned": one.pinned,
                    "closed": one.closed,
                    "archived": one.archived,
                    "category_id": one.category,
                    "tags": list(one.tags),
                }
                for one in some
            ],
        }
        if len(order) > page * 30 + 30:
            told["more_topics_url"] = f"{path}?page={page + 1}"
        return {"users": [], "topic_list": told}

    def of(self, topic: Topic | int) -> list[Post]:
        number = topic if isinstance(topic, int) else topic.id
        found = (one for one in self.posts.values() if one.topic == number and not one.deleted)
        return sorted(found, key=lambda one: one.number)


def cook(raw: str, names: Collection[str]) -> str:
    """Markdown as far as the tests need it."""
    quoted = re.fullmatch(
        r'(?s)\[quote="([\w.-]+), post:(\d+), topic:(\d+)"\]\n(.*?)\n\[/quote\]\n*(.*)', raw
    )
    before = ""
    if quoted:
        who, number, topic, words, raw = quoted.groups()
        before = (
            f'<aside class="quote" data-username="{who}" data-post="{number}" data-topic="{topic}">\n'
            f'<div class="title">\n<div class="quote-controls"></div>\n {who}:</div>\n'
            f"<blockquote>\n<p>{html.escape(words)}</p>\n</blockquote>\n</aside>\n"
        )
    text = html.escape(raw, quote=False)
    known = {one.lower() for one in names}

    def mention(match: re.Match[str]) -> str:
        name = match[1]
        if name.lower() not in known:
            return f'<span class="mention">@{name}</span>'
        return f'<a class="mention" href="/u/{name.lower()}">@{name}</a>'

    text = re.sub(r"@([\w.-]*\w)", mention, text)
    text = re.sub(r"(?<![\w\"=/])\*(\S[^*]*)\*", r"<em>\1</em>", text)
    text = text.replace(":slight_smile:", (
        '<img src="/images/emoji/twitter/slight_smile.png?v=12" title=":slight_smile:" class="emoji"'
        ' alt=":slight_smile:" loading="lazy" width="20" height="20">'
    ))  # fmt: skip
    paragraphs = [f"<p>{one}</p>" for one in re.split(r"\n{2,}", text.strip())]
    return before + "\n".join(one.replace("\n", "<br>\n") for one in paragraphs)
