"""What a forum does when something is asked of it: posts, likes, keys."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from services.clock import Clock, iso
from services.sample.exchange import Request, Response, to_json
from tests.channels.discourse.forum import CHAT, Forum
from tests.channels.discourse.shown import Member, Post

_SAID = {
    "invalid_access": "You are not permitted to view the requested resource.",
    "not_found": "The requested URL or resource could not be found.",
    "not_logged_in": "You need to be logged in to do that.",
    "read_only": "The site is in read only mode. Interactions are disabled.",
}
_STATUS = {"invalid_access": 403, "not_found": 404, "not_logged_in": 403, "read_only": 503}


class Refusal(Exception):
    def __init__(self, kind: str, said: str = "", status: int = 0, **more: Any) -> None:
        super().__init__(kind)
        told = {"errors": [said or _SAID.get(kind, kind)], "error_type": kind, **more}
        self.answer = to_json(told, status or _STATUS[kind])


def said(words: str) -> Response:
    return to_json({"action": "create_post", "errors": [words]}, 422)


def too_many(seconds: int, *, header: bool) -> Refusal:
    extras = {"wait_seconds": seconds, "time_left": f"{seconds} seconds"}
    refusal = Refusal("rate_limit", "You've performed this action too many times.", 429, extras=extras)
    if header:
        refusal.answer.headers.append(("Retry-After", str(seconds)))
    return refusal


class Changes:
    """The part of the stand-in that writes."""

    forum: Forum
    clock: Clock
    rosie: Member

    # --- changes (lib/new_post_manager.rb, lib/validators/post_validator.rb)

    def _create(self, request: Request, member: Member | None) -> Response:
        if member is None:
            raise Refusal("not_logged_in")
        asked: Any = request.json if isinstance(request.json, dict) else {}
        topic = self.forum.topics.get(asked.get("topic_id") or 0)
        raw = str(asked.get("raw") or "").strip()
        if topic is None or topic.deleted:
            return said("The topic you are replying to does not exist.")
        if not self.forum.may_see(topic, member):
            raise Refusal("invalid_access")
        if (topic.closed or topic.archived) and not member.admin:
            raise Refusal("invalid_access")
        settings = self.forum.settings
        least = settings[
            "min_post_length" if topic.private_with is None else "min_personal_message_post_length"
        ]
        if len(raw) < least:
            return said(f"Body is too short (minimum is {least} characters)")
        if len(raw) > settings["max_post_length"]:
            return said("Body is limited")
        if self.forum.was_said_lately(member, raw):
            return said("Body is too similar to what you recently posted")
        if self.forum.approves:
            waiting = {"id": self.forum.next(), "topic": topic.id, "author": member.id, "raw": raw}
            self.forum.waiting.append({**waiting, "at": self.clock.now()})
            pending = {"id": waiting["id"], "raw": raw, "created_at": iso(self.clock.now())}
            told = {"action": "enqueued", "success": True, "pending_count": 1, "pending_post": pending}
            return to_json(told)
        number = asked.get("reply_to_post_number")
        answered = next((one for one in self.forum.of(topic) if one.number == number), None)
        made = self.forum.say(member.username, raw, topic, to=answered)
        return to_json(self.forum.post_json(made, member, raw=True))

    def _like(self, request: Request, member: Member | None) -> Response:
        asked: Any = request.json or {}
        post = self.forum.posts.get(asked.get("id") or 0)
        if member is None or post is None:
            raise Refusal("not_found")
        if (member.id, post.id) in self.forum.likes or post.author is member:
            raise Refusal("invalid_access")
        self.forum.likes.add((member.id, post.id))
        return to_json(self.forum.post_json(post, member))

    # --- keys (app/controllers/user_api_keys_controller.rb)

    def _revoke(self, request: Request, member: Member | None) -> Response:
        for key in self.forum.keys:
            if key.secret == request.headers.get("user-api-key"):
                key.revoked = True
                return to_json({"success": "OK"})
        raise Refusal("not_found")

    def allow(self, address: str) -> str:
        """The owner, signed in on the browser, allows what the page asks for: the text it then shows."""
        from cryptography.hazmat.primitives.asymmetric import padding, rsa
        from cryptography.hazmat.primitives.serialization import load_pem_public_key

        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        for name in ("public_key", "nonce", "scopes", "client_id", "application_name"):
            assert asked.get(name), f"{name} is required"
        scopes = frozenset(asked["scopes"].split(","))
        assert scopes <= {"read", "write", "notifications", "session_info", "message_bus", "push"}
        for key in self.forum.keys:
            if key.client_id == asked["client_id"] and key.user is self.rosie:
                key.revoked = True
        secret = self.forum.user_key(self.rosie, scopes=scopes, client_id=asked["client_id"])
        payload = json.dumps({"key": secret, "nonce": asked["nonce"], "push": False, "api": 4})
        public = load_pem_public_key(asked["public_key"].encode())
        assert isinstance(public, rsa.RSAPublicKey)
        return base64.encodebytes(public.encrypt(payload.encode(), padding.PKCS1v15())).decode()

    def chat_to(self, member: Member, who: str, text: str, room: int = 9) -> None:
        """Somebody names the member in the forum's chat."""
        author, number = self.forum.member(who), self.forum.next()
        user = {"id": author.id, "username": author.username, "name": author.name}
        self.forum.chat[number] = {
            "id": number,
            "message": text,
            "cooked": f"<p>{text}</p>",
            "created_at": iso(self.clock.now()),
            "user": user,
        }
        self.forum.notify(
            member, CHAT, None, None, None, who, chat_message_id=number, chat_channel_id=room,
            is_direct_message_channel=False,
        )  # fmt: skip

    def ours(self) -> list[Post]:
        return self.forum.written_by("rosie")
