"""A forum as its API shows it: members, topics, posts, notifications and keys, in memory.

Written after Discourse's controllers, serializers and post_alerter.rb (github.com/discourse/discourse). Every
post that was ever made can be counted.
"""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any

from services.clock import Clock, SystemClock
from tests.channels.discourse.shown import Key, Member, Notification, Post, Shown, Topic, cook

MENTIONED, REPLIED, QUOTED, LIKED, PRIVATE, POSTED, GROUP, FIRST, CHAT = 1, 2, 3, 5, 6, 9, 15, 17, 29
FOLDED = (REPLIED, POSTED, PRIVATE)


class Forum(Shown):
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

    def was_said_lately(self, member: Member, raw: str) -> bool:
        since = self.clock.now() - timedelta(minutes=self.unique_minutes)
        return not member.admin and any(
            one.author is member and one.raw == raw and one.at > since for one in self.posts.values()
        )
