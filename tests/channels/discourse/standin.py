"""The server that plays a Discourse on loopback: its routes, keys and refusals, after its controllers.

A member's key goes in ``User-Api-Key`` and is good for so many requests a minute; an administrator's in
``Api-Key`` with ``Api-Username``. Both are refused with 403, as the real ones are.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from services.clock import Clock, iso
from services.sample.exchange import Request, Response, page, redirect, to_json
from services.sample.faults import Fault, Faults
from services.sample.server import Server
from tests.channels.discourse.changes import Changes, Refusal, too_many
from tests.channels.discourse.forum import Forum
from tests.channels.discourse.shown import Member, Topic


class Standin(Changes):
    """``start`` before anything else is asked. ``settings`` and ``secrets`` are what an owner would have
    handed in. The switches are read at each request."""

    def __init__(self, clock: Clock | None = None, *, empty: bool = False, below: str = "") -> None:
        self.forum = Forum(clock)
        self.clock = self.forum.clock
        self.faults = Faults()
        self.latency_s = 0.0
        self.below = below
        self.rosie = self.forum.member("rosie")
        self.key = self.forum.user_key(self.rosie)
        self.url = ""
        self.per_minute, self.per_day = 20, 2880
        self.limits = False
        self.login_required = self.read_only = False
        self.says_retry_after = True
        self.json_off = False
        self.most_ids, self.page = 1000, 60
        self.tells_total = True
        self.only_feeds = False
        self.lacks: set[str] = set()
        self.moves_to = ""
        self.log: list[str] = []
        self._server: Server | None = None
        if not empty:
            self._fill()

    def _fill(self) -> None:
        forum, now = self.forum, self.clock.now()
        asked = forum.start(
            "ann", "Mug broken", "My mug arrived broken, I am very disappointed.", at=now - timedelta(hours=5)
        )
        forum.say("ann", "Hello @rosie, is nobody there?", asked, at=now - timedelta(hours=4))
        own = forum.start(
            "rosie", "New opening hours", "We open at seven from Monday on.", at=now - timedelta(days=2)
        )
        forum.say("bob", "Great, and on Sundays?", own, at=now - timedelta(hours=9))
        cem = forum.say("cem", "Seven is far too late for me.", own, at=now - timedelta(hours=8))
        forum.say("rosie", "We are sorry, earlier is not possible.", own, to=cem, at=now - timedelta(hours=7))
        forum.start(
            "dora", "A wedding cake", "Do you bake for weddings?", to=["rosie"], at=now - timedelta(hours=2)
        )

    # --- the server

    def start(self) -> str:
        self._server = Server(self)
        self._server.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}{self.below}"
        return self.url

    def stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    @property
    def settings(self) -> Mapping[str, Any]:
        return {"url": self.url}

    @property
    def secrets(self) -> Mapping[str, str]:
        return {"api_key": self.key}

    def fault(self, kind: str, path: str = "*", **more: Any) -> None:
        self.faults.add(Fault(kind, path, **more))

    def finished(self, request: Request, status: int, size: int) -> None:
        pass

    def answer(self, request: Request) -> Response:
        with self.forum.lock:
            self.log.append(f"{request.method} {request.path}")
            if self.moves_to:
                tail = request.path + (f"?{request.query}" if request.query else "")
                return redirect(self.moves_to + tail, 301)
            if not f"{request.path}/".startswith(f"{self.below}/"):
                return page("<html>Nothing here</html>", 404)
            path = request.path[len(self.below) :] or "/"
            try:
                return self._route(path, request)
            except Refusal as refusal:
                return refusal.answer

    # --- who asks (lib/auth/default_current_user_provider.rb)

    def _member(self, path: str, request: Request) -> Member | None:
        secret = request.headers.get("user-api-key", "")
        admins = request.headers.get("api-key", "")
        if not secret and not admins:
            return None
        wanted = secret or admins
        key = next(
            (
                k
                for k in self.forum.keys
                if k.secret == wanted and k.is_admins == bool(admins) and not k.revoked
            ),
            None,
        )
        if key is None:
            raise Refusal("invalid_access", "The API username or key is invalid." if admins else "")
        if self.limits:
            now = self.clock.now()
            minute = [one for one in key.used if one > now - timedelta(seconds=60)]
            most = self.per_minute * (3 if admins else 1)
            if len(minute) >= most or (not admins and len(key.used) >= self.per_day):
                wait = max(1, int((minute[0] + timedelta(seconds=60) - now).total_seconds()))
                raise too_many(wait, header=self.says_retry_after)
            key.used.append(now)
        if admins:
            name = request.headers.get("api-username", "").lower()
            number = request.headers.get("api-user-id", "")
            if key.user is not None:
                member = key.user if not name or key.user.username.lower() == name else None
            elif name:
                member = next((m for m in self.forum.members.values() if m.username.lower() == name), None)
            else:
                member = self.forum.members.get(int(number)) if number.isdecimal() else None
            if member is None:
                raise Refusal("invalid_access", "The API username or key is invalid.")
        else:
            member = key.user
            assert member is not None
            if not self._permits(key.scopes, request.method, path):
                raise Refusal("invalid_access")
        if member.suspended:
            raise Refusal("invalid_access")
        if request.headers.get("user-api-client-id"):
            key.client_id = request.headers["user-api-client-id"]
        return member

    @staticmethod
    def _permits(scopes: frozenset[str], method: str, path: str) -> bool:
        """app/models/user_api_key_scope.rb"""
        if (method, path) == ("POST", "/user-api-key/revoke") or "write" in scopes:
            return True
        if "read" in scopes and method == "GET":
            return True
        if "notifications" in scopes and path.startswith("/notifications"):
            return True
        return "session_info" in scopes and (method, path) == ("GET", "/session/current.json")

    # --- routes

    def _route(self, path: str, request: Request) -> Response:
        if request.method == "GET" and any(re.fullmatch(one, path) for one in self.lacks):
            raise Refusal("not_found")
        if path == "/site/basic-info.json" and not self.only_feeds:
            return to_json({"title": self.forum.title, "description": "", "logo_url": ""})
        if path == "/user-api-key/new" and request.method == "HEAD":
            return Response(200, b"", headers=[("Auth-Api-Version", "4")])
        member = self._member(path, request)
        if self.login_required and member is None:
            raise Refusal("not_logged_in")
        if request.method != "GET" and request.method != "HEAD" and self.read_only:
            raise Refusal("read_only")
        if not path.endswith((".json", ".rss")) and request.method == "GET":
            return self._page(path)
        if self.json_off and path.endswith(".json"):
            return page("<html>Just a moment</html>", 403)
        if path.endswith(".rss") and self.only_feeds:
            return self._feed(path)
        if self.only_feeds:
            return page("<html>Nothing here</html>", 404)
        handlers = (
            (r"GET /session/current\.json", self._current),
            (r"GET /site/settings\.json", self._site_settings),
            (r"GET /notifications\.json", self._notifications),
            (r"GET /posts\.json", self._posts),
            (r"POST /posts\.json", self._create),
            (r"GET /posts/(\d+)\.json", self._post),
            (r"GET /posts/by_number/(\d+)/(\d+)\.json", self._by_number),
            (r"GET /t/(\d+)/posts\.json", self._topic_posts),
            (r"GET /t/(\d+)\.json", self._topic),
            (r"GET /t/(\d+)/(\d+)\.json", self._topic_near),
            (r"GET /latest\.json", self._latest),
            (r"GET /c/[\w-]+/(\d+)\.json", self._category),
            (r"GET /tag/([\w-]+)\.json", self._tag),
            (r"GET /u/([\w-]+)\.json", self._profile),
            (r"GET /chat/api/channels/(\d+)/messages\.json", self._chat),
            (r"POST /post_actions\.json", self._like),
            (r"POST /user-api-key/revoke", self._revoke),
        )
        asked = f"{request.method} {path.removesuffix('.json') if path == '/user-api-key/revoke' else path}"
        for pattern, handler in handlers:
            found = re.fullmatch(pattern, asked)
            if found:
                return handler(request, member, *found.groups())
        raise Refusal("not_found")

    def _feed(self, path: str) -> Response:
        """app/views/posts/latest.rss.erb"""
        found = re.fullmatch(r"/t/[\w-]+/(\d+)\.rss", path)
        if not found and path != "/posts.rss":
            raise Refusal("not_found")
        posts = [
            one
            for one in self.forum.posts.values()
            if not one.deleted
            and self.forum.topics[one.topic].private_with is None
            and (not found or one.topic == int(found[1]))
        ]
        posts.sort(key=lambda one: one.id, reverse=True)
        items = "".join(
            f"<item><title>{html.escape(self.forum.topics[one.topic].title)}</title>"
            f"<dc:creator><![CDATA[{one.author.username}]]></dc:creator>"
            f"<description><![CDATA[{one.cooked}]]></description>"
            f"<link>{self.url}/t/{self.forum.topics[one.topic].slug}/{one.topic}/{one.number}</link>"
            f"<pubDate>{format_datetime(one.at)}</pubDate>"
            f'<guid isPermaLink="false">127.0.0.1-post-{one.topic}-{one.number}</guid></item>'
            for one in posts[:50]
        )
        told = (
            '<?xml version="1.0" encoding="UTF-8" ?><rss version="2.0"'
            ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
            f"<title>{html.escape(self.forum.title)} - Latest posts</title><link>{self.url}</link>{items}"
            "</channel></rss>"
        )
        return page(told, 200, "application/rss+xml; charset=utf-8")

    def _page(self, path: str) -> Response:
        return page(
            "<!DOCTYPE html><html><head><title>Forum</title>"
            '<meta name="generator" content="Discourse 3.6.0 - https://github.com/discourse/discourse">'
            f'</head><body><div class="hidden" id="data-discourse-setup" data-base-uri="{self.below}"></div>'
        )

    def _current(self, request: Request, member: Member | None) -> Response:
        if member is None:
            return Response(404, b"")
        told = {"id": member.id, "username": member.username, "name": member.name, "admin": member.admin}
        return to_json({"current_user": {**told, "moderator": False, "trust_level": member.trust_level}})

    def _site_settings(self, request: Request, member: Member | None) -> Response:
        return to_json({"title": self.forum.title, **self.forum.settings})

    def _profile(self, request: Request, member: Member | None, name: str) -> Response:
        found = next((m for m in self.forum.members.values() if m.username.lower() == name.lower()), None)
        if found is None:
            raise Refusal("not_found")
        return to_json({"user": {"id": found.id, "username": found.username, "name": found.name}})

    def _notifications(self, request: Request, member: Member | None) -> Response:
        if member is None:
            raise Refusal("not_logged_in")
        limit = min(request.params.number("limit", 60), self.page)
        offset = request.params.number("offset", 0)
        mine = [one for one in self.forum.notifications if one.user == member.id]
        mine = [one for one in mine if one.topic is None or not self.forum.topics[one.topic].deleted]
        mine.sort(key=lambda one: (one.at, one.id), reverse=True)
        some = mine[offset : offset + limit]
        some = [
            one
            for one in some
            if one.topic is None or self.forum.may_see(self.forum.topics[one.topic], member)
        ]
        told = [
            {
                "id": one.id,
                "user_id": member.id,
                "notification_type": one.kind,
                "read": one.read,
                "high_priority": one.kind == 6,
                "created_at": iso(one.at),
                "post_number": one.number,
                "topic_id": one.topic,
                "slug": self.forum.topics[one.topic].slug if one.topic else None,
                "data": one.data,
            }
            for one in some
        ]
        more = f"/notifications?limit={limit}&offset={offset + limit}&username={member.username}"
        document = {"notifications": told, "seen_notification_id": 0, "load_more_notifications": more}
        if self.tells_total:
            document["total_rows_notifications"] = len(mine)
        return to_json(document)

    def _posts(self, request: Request, member: Member | None) -> Response:
        before = request.params.number("before", 0)
        found = [
            one
            for one in self.forum.posts.values()
            if not one.deleted
            and not one.hidden
            and one.kind == 1
            and self.forum.topics[one.topic].private_with is None
            and not self.forum.topics[one.topic].deleted
            and (not before or one.id < before)
        ]
        found.sort(key=lambda one: one.id, reverse=True)
        told = []
        for one in found[:50]:
            topic = self.forum.topics[one.topic]
            extra = {
                "topic_title": topic.title,
                "topic_html_title": topic.title,
                "category_id": topic.category,
            }
            told.append({**self.forum.post_json(one, member, raw=True), **extra})
        return to_json({"latest_posts": told})

    def _seen(self, number: str, member: Member | None) -> Topic:
        topic = self.forum.topics.get(int(number))
        if topic is None or topic.deleted:
            raise Refusal("not_found")
        if not self.forum.may_see(topic, member):
            raise Refusal("invalid_access")
        return topic

    def _topic(self, request: Request, member: Member | None, number: str) -> Response:
        topic = self._seen(number, member)
        start = max(request.params.number("page", 1) - 1, 0) * 20
        shown = self.forum.stream(topic, member)[start : start + 20]
        return to_json(self.forum.topic_json(topic, member, shown, raw="include_raw" in request.params))

    def _topic_near(self, request: Request, member: Member | None, number: str, near: str) -> Response:
        topic = self._seen(number, member)
        whole = self.forum.stream(topic, member)
        at = min(range(len(whole)), key=lambda n: abs(whole[n].number - int(near)), default=0)
        start = max(0, min(at - 5, len(whole) - 20))
        shown = whole[start : start + 20]
        return to_json(self.forum.topic_json(topic, member, shown, raw="include_raw" in request.params))

    def _topic_posts(self, request: Request, member: Member | None, number: str) -> Response:
        topic = self._seen(number, member)
        wanted = {int(one) for one in request.params.every("post_ids") if one.isdecimal()}
        found = [one for one in self.forum.stream(topic, member) if one.id in wanted][: self.most_ids]
        raw = "include_raw" in request.params
        posts = [self.forum.post_json(one, member, raw=raw) for one in found]
        return to_json({"post_stream": {"posts": posts}, "id": topic.id})

    def _post(self, request: Request, member: Member | None, number: str) -> Response:
        post = self.forum.posts.get(int(number))
        if post is None or post.deleted or self.forum.topics[post.topic].deleted:
            raise Refusal("not_found")
        if not self.forum.may_see(self.forum.topics[post.topic], member):
            raise Refusal("invalid_access")
        return to_json(self.forum.post_json(post, member, raw=True))

    def _by_number(self, request: Request, member: Member | None, number: str, near: str) -> Response:
        topic = self._seen(number, member)
        post = next((one for one in self.forum.of(topic) if one.number == int(near)), None)
        if post is None:
            raise Refusal("not_found")
        return to_json(self.forum.post_json(post, member, raw=True))

    def _public(self) -> list[Topic]:
        return [one for one in self.forum.topics.values() if one.private_with is None and not one.deleted]

    def _latest(self, request: Request, member: Member | None) -> Response:
        return to_json(self.forum.list_json(self._public(), request.params.number("page", 0), "/latest"))

    def _category(self, request: Request, member: Member | None, number: str) -> Response:
        found = [one for one in self._public() if one.category == int(number)]
        return to_json(self.forum.list_json(found, request.params.number("page", 0), "/c/x/4"))

    def _tag(self, request: Request, member: Member | None, name: str) -> Response:
        found = [one for one in self._public() if name in one.tags]
        return to_json(self.forum.list_json(found, request.params.number("page", 0), f"/tag/{name}"))

    def _chat(self, request: Request, member: Member | None, room: str) -> Response:
        wanted = request.params.number("target_message_id", 0)
        found = [one for one in self.forum.chat.values() if one["id"] == wanted]
        return to_json({"messages": found, "meta": {}})
