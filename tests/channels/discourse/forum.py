"""A forum as its API shows it: members, topics, posts, notifications and keys, in memory.

Written after Discourse's controllers, serializers and post_alerter.rb (github.com/discourse/discourse). Every
post that was ever made can be counted.
"""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from services.clock import Clock, SystemClock, iso

MENTIONED, REPLIED, QUOTED, LIKED, PRIVATE, POSTED, GROUP, FIRST, CHAT = 1, 2, 3, 5, 6, 9, 15, 17, 29
FOLDED = (REPLIED, POSTED, PRIVATE)


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


class Forum:
    """What people do there. Alerts are made as the forum makes them: those of one topic are folded."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock: Clock = clock or SystemClock()
        self.lock = threading.RLock()
        self.members: dict[int, Member] = {}
        self.topics: dict[int, Topic] = {}
        self.posts: dict[int, Post] = {}
        self.notifications: list[Notification] = []
        self.keys: list[Key] = []
        self.waiting: list[dict[str, Any]] = []
        self.chat: dict[int, dict[str, Any]] = {}
        self.likes: set[tuple[int, int]] = set()
        self.watching: set[tuple[int, int]] = set()
        self.title = "Rosie's forum"
        self.settings = {
            "min_post_length": 20,
            "min_personal_message_post_length": 10,
            "max_post_length": 32_000,
        }
        self.approves = False
        self.unique_minutes = 5
        self._last = 0

    def next(self) -> int:
        with self.lock:
            self._last += 1
            return self._last

    # --- people

    def member(self, username: str, *, admin: bool = False) -> Member:
        found = next((one for one in self.members.values() if one.username == username), None)
        if found is None:
            found = Member(self.next() + 100, username, username.title(), admin)
            self.members[found.id] = found
        return found

    def user_key(self, member: Member, **more: Any) -> str:
        secret = f"{member.id:04x}{len(self.keys):04x}feedbeef0123456789abcdef"
        self.keys.append(Key(secret, member, **more))
        return secret

    def admin_key(self, member: Member | None = None) -> str:
        secret = f"ad{len(self.keys):06x}" + "0123456789abcdef" * 3
        self.keys.append(Key(secret, member, is_admins=True))
        return secret

    # --- what is said

    def start(self, who: str, title: str, raw: str, **more: Any) -> Post:
        """A new topic. ``to``: names of the members a private message is for."""
        with self.lock:
            author = self.member(who)
            to = [self.member(one) for one in more.pop("to", ())]
            at = more.pop("at", None) or self.clock.now()
            topic = Topic(self.next(), title, author, at, **more)
            if to:
                topic.private_with = {author.id, *(one.id for one in to)}
            self.topics[topic.id] = topic
            return self.say(who, raw, topic, at=at)

    def say(self, who: str, raw: str, topic: Topic | Post, *, quiet: bool = False, **more: Any) -> Post:
        """A post; ``to`` a Post answers it. ``quiet``: nobody is notified."""
        with self.lock:
            answered: Post | None = more.pop("to", None)
            place = self.topics[topic.topic] if isinstance(topic, Post) else topic
            place.highest += 1
            made = Post(
                self.next(),
                place.id,
                place.highest,
                self.member(who),
                raw,
                more.pop("at", None) or self.clock.now(),
                answered.number if answered else None,
                **more,
            )
            made.cooked = made.cooked or cook(raw, {one.username for one in self.members.values()})
            self.posts[made.id] = made
            if not quiet and made.kind == 1:
                self._alert(made, place, answered)
            return made

    def edit(self, post: Post, raw: str, *, counted: bool = True) -> None:
        post.raw, post.cooked = raw, cook(raw, {one.username for one in self.members.values()})
        post.version += int(counted)
        post.edited = self.clock.now()

    def of(self, topic: Topic | int) -> list[Post]:
        number = topic if isinstance(topic, int) else topic.id
        found = (one for one in self.posts.values() if one.topic == number and not one.deleted)
        return sorted(found, key=lambda one: one.number)

    def written_by(self, who: str) -> list[Post]:
        member = self.member(who)
        return [one for one in self.posts.values() if one.author is member and not one.deleted]

    # --- alerts

    def _alert(self, post: Post, topic: Topic, answered: Post | None) -> None:
        told: set[int] = {post.author.id}
        for name in re.findall(r"@([\w.-]+)", post.raw):
            self._tell(self._known(name), MENTIONED, post, told)
        for name in re.findall(r'\[quote="([\w.-]+)', post.raw):
            self._tell(self._known(name), QUOTED, post, told)
        if answered is not None:
            self._tell(answered.author, REPLIED, post, told)
        if topic.private_with is not None:
            for one in topic.private_with:
                self._tell(self.members[one], PRIVATE, post, told)
        elif post.number > 1:
            self._tell(topic.starter, POSTED, post, told)
        for member, place in self.watching:
            if place == topic.id or (place == -topic.category and post.number == 1):
                self._tell(self.members[member], FIRST if post.number == 1 else POSTED, post, told)

    def _known(self, name: str) -> Member | None:
        return next((one for one in self.members.values() if one.username.lower() == name.lower()), None)

    def _tell(self, member: Member | None, kind: int, post: Post, told: set[int]) -> None:
        if member is None or member.id in told:
            return
        told.add(member.id)
        number, unread = post.number, 1
        if kind in FOLDED:
            same = [
                one
                for one in self.notifications
                if one.user == member.id and one.topic == post.topic and one.kind in FOLDED and not one.read
            ]
            for one in same:
                number, unread = min(number, one.number or number), unread + one.data.get("count", 1)
                self.notifications.remove(one)
        name = post.author.username if unread == 1 else f"{unread} replies"
        self.notify(member, kind, post.topic, number, post, name, unread)

    def notify(
        self, member: Member, kind: int, topic: int | None, number: int | None, post: Post | None = None,
        name: str = "", count: int = 1, **data: Any,
    ) -> Notification:  # fmt: skip
        told: dict[str, Any] = {"display_username": name, "count": count, **data}
        if post is not None:
            told |= {
                "topic_title": self.topics[post.topic].title,
                "original_post_id": post.id,
                "original_post_type": 1,
                "original_username": post.author.username,
            }
        at = post.at if post is not None else self.clock.now()
        made = Notification(self.next(), member.id, kind, topic, number, at, told)
        self.notifications.append(made)
        return made

    # --- what is seen

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

    def was_said_lately(self, member: Member, raw: str) -> bool:
        since = self.clock.now() - timedelta(minutes=self.unique_minutes)
        return not member.admin and any(
            one.author is member and one.raw == raw and one.at > since for one in self.posts.values()
        )


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
