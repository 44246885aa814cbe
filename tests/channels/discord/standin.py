"""A server that plays Discord's REST API, after discord/discord-api-docs: one bot, one guild, its channels
and threads.

Pages are newest first and hold 100 at most; without Read Message History a list is empty and a single message
is refused; without the intent other people's words are empty; a nonce is remembered for five minutes.
"""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from services.clock import Clock, SystemClock
from tests.channels.chat_server import Asked, ChatServer, Said

EPOCH = 1_420_070_400_000
VIEW, SEND, HISTORY = 1 << 10, 1 << 11, 1 << 16
GUILD = "300000000000000001"
BOT = {
    "id": "400000000000000077",
    "username": "rosies-bot",
    "global_name": None,
    "bot": True,
    "discriminator": "4711",
}
ROSIE = {"id": "400000000000000500", "username": "rosie", "global_name": "Rosie", "discriminator": "0"}
ANN = {"id": "400000000000000901", "username": "annlee", "global_name": "Ann Lee", "discriminator": "0"}
BOB = {"id": "400000000000000902", "username": "bob", "global_name": None, "discriminator": "0"}


class Standin(ChatServer):
    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__()
        self.clock = clock or SystemClock()
        self.serial = itertools.count(1)
        self.token = f"MTA.{secrets.token_urlsafe(30)}"
        self.is_revoked = False
        self.has_intent = True
        self.knows_nonces = True
        self.newest_first = False
        """Answers ``after`` with the newest messages instead of the next ones, as some servers may."""
        self.channels: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, list[dict[str, Any]]] = {}
        self.rights: dict[str, int] = {}
        self.nonces: dict[tuple[str, str], tuple[datetime, dict[str, Any]]] = {}
        self.sent: list[dict[str, Any]] = []
        self.reactions: list[str] = []
        self.allowance: dict[str, str] = {}
        self.general = self.add_channel("general")
        self.help = self.add_channel("help")
        self.say(ANN, "The rye bread I bought was mouldy. This is disgusting.", self.general)
        self.say(BOB, "Are you open on Sunday?", self.help)

    @property
    def settings(self) -> Mapping[str, Any]:
        return {"api": f"{self.url}/api/v10"}

    @property
    def secrets(self) -> Mapping[str, str]:
        return {"bot_token": self.token}

    # --- what happens there

    def snowflake(self) -> str:
        milliseconds = int(self.clock.now().timestamp() * 1000) - EPOCH
        return str((milliseconds << 22) + next(self.serial) % (1 << 22))

    def add_channel(self, name: str, kind: int = 0, rights: int = VIEW | SEND | HISTORY) -> str:
        with self.lock:
            number = self.snowflake()
            self.channels[number] = {
                "id": number,
                "type": kind,
                "name": name,
                "guild_id": GUILD,
                "last_message_id": None,
                "permission_overwrites": [],
            }
            self.messages[number] = []
            self.rights[number] = rights
            return number

    def add_thread(
        self,
        parent: str,
        user: Mapping[str, Any],
        name: str,
        text: str,
        start: Mapping[str, Any] | None = None,
    ) -> str:
        """In a forum, or under a message of a text channel (``start``)."""
        with self.lock:
            number = start["id"] if start else self.add_channel(name, 11)
            self.channels[number] = {
                "id": number,
                "type": 11,
                "name": name,
                "guild_id": GUILD,
                "parent_id": parent,
                "owner_id": user["id"],
                "last_message_id": None,
                "thread_metadata": {
                    "archived": False,
                    "archive_timestamp": self.clock.now().isoformat(),
                    "locked": False,
                },
            }
            self.messages[number] = []
            self.rights[number] = self.rights[parent]
            if start:
                self.say(user, "", number, type=21)
            self.say(user, text, number, **({} if start else {"id": number}))
            return number

    def archive(self, thread: str) -> None:
        self.channels[thread]["thread_metadata"] |= {
            "archived": True,
            "archive_timestamp": self.clock.now().isoformat(),
        }

    def say(
        self,
        user: Mapping[str, Any],
        text: str,
        channel: str,
        *,
        answers: Mapping[str, Any] | None = None,
        mentions: list[Mapping[str, Any]] | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        with self.lock:
            message: dict[str, Any] = {
                "id": self.snowflake(),
                "channel_id": channel,
                "type": 19 if answers else 0,
                "author": dict(user),
                "content": text,
                "timestamp": self.clock.now().isoformat(),
                "edited_timestamp": None,
                "mentions": [dict(one) for one in mentions or ()],
                "mention_roles": [],
                "attachments": [],
                "embeds": [],
                "components": [],
                "pinned": False,
                "tts": False,
                **more,
            }
            if answers:
                message["message_reference"] = {
                    "type": 0,
                    "message_id": answers["id"],
                    "channel_id": channel,
                    "guild_id": GUILD,
                }
                message["referenced_message"] = {
                    k: v for k, v in answers.items() if k != "referenced_message"
                }
            self.messages[channel].append(message)
            self.channels[channel]["last_message_id"] = message["id"]
            return message

    def edit(self, message: dict[str, Any], text: str) -> None:
        with self.lock:
            message |= {"content": text, "edited_timestamp": self.clock.now().isoformat()}

    def remove(self, message: Mapping[str, Any]) -> None:
        with self.lock:
            self.messages[message["channel_id"]].remove(message)  # type: ignore[arg-type]

    # --- the API

    def handle(self, asked: Asked) -> Said:
        if not asked.path.startswith("/api/v10/"):
            return Said(404, b"<html>nothing here</html>", {"Content-Type": "text/html"})
        if not asked.headers.get("user-agent", "").startswith("DiscordBot ("):
            return Said(403, b"error code: 1010", {"Content-Type": "text/plain"})
        if asked.headers.get("authorization") != f"Bot {self.token}" or self.is_revoked:
            return _error(401, 0, "401: Unauthorized")
        path = asked.path.removeprefix("/api/v10")
        for method, pattern, route in _ROUTES:
            found = re.fullmatch(pattern, path)
            if found and method == asked.method:
                said: Said = getattr(self, route)(asked, *found.groups())
                said.headers |= self.allowance
                return said
        return _error(404, 0, "404: Not Found")

    def me(self, asked: Asked) -> Said:
        return Said(200, BOT)

    def application(self, asked: Asked) -> Said:
        return Said(200, {"id": BOT["id"], "flags": 1 << 19 if self.has_intent else 0})

    def guilds(self, asked: Asked) -> Said:
        here = {"id": GUILD, "name": "Bakery", "owner": False, "permissions": str(VIEW | SEND | HISTORY)}
        return Said(200, [here] if self.rights else [])

    def guild_channels(self, asked: Asked, guild: str) -> Said:
        listed = []
        for number, channel in self.channels.items():
            if "thread_metadata" in channel:
                continue
            deny = (VIEW | SEND | HISTORY) & ~self.rights[number]
            overwrites = [{"id": GUILD, "type": 0, "allow": "0", "deny": str(deny)}] if deny else []
            listed.append({**channel, "permission_overwrites": overwrites})
        return Said(200, listed)

    def roles(self, asked: Asked, guild: str) -> Said:
        everybody = {"id": GUILD, "name": "@everyone", "permissions": str(VIEW | SEND | HISTORY)}
        return Said(200, [everybody, {"id": "55", "name": "bakers", "permissions": "0"}])

    def member(self, asked: Asked, guild: str, user: str) -> Said:
        return Said(200, {"user": BOT, "roles": []})

    def active_threads(self, asked: Asked, guild: str) -> Said:
        found = [c for c in self.channels.values() if "thread_metadata" in c]
        return Said(
            200, {"threads": [c for c in found if not c["thread_metadata"]["archived"]], "members": []}
        )

    def archived_threads(self, asked: Asked, channel: str) -> Said:
        found = [
            c
            for c in self.channels.values()
            if c.get("parent_id") == channel and c["thread_metadata"]["archived"]
        ]
        return Said(200, {"threads": found, "members": [], "has_more": False})

    def channel(self, asked: Asked, channel: str) -> Said:
        return self._denied(channel) or Said(200, self.channels[channel])

    def _denied(self, channel: str) -> Said | None:
        if channel not in self.channels:
            return _error(404, 10003, "Unknown Channel")
        return None if self.rights[channel] & VIEW else _error(403, 50001, "Missing Access")

    def _shown(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Without the intent: only what the bot wrote, or what names it."""
        if self.has_intent:
            return {k: v for k, v in message.items() if k != "nonce"}
        names_us = any(one["id"] == BOT["id"] for one in message["mentions"])
        if message["author"]["id"] == BOT["id"] or names_us:
            return {k: v for k, v in message.items() if k != "nonce"}
        return {**message, "content": "", "attachments": [], "embeds": [], "components": []}

    def list_messages(self, asked: Asked, channel: str) -> Said:
        if denied := self._denied(channel):
            return denied
        if not self.rights[channel] & HISTORY:
            return Said(200, [])
        limit = int(asked.query.get("limit", "50"))
        if not 1 <= limit <= 100:
            return _error(400, 50035, "Invalid Form Body")
        found = sorted(self.messages[channel], key=lambda one: int(one["id"]))
        if "after" in asked.query:
            found = [one for one in found if int(one["id"]) > int(asked.query["after"])]
            found = found[-limit:] if self.newest_first else found[:limit]
        elif "before" in asked.query:
            found = [one for one in found if int(one["id"]) < int(asked.query["before"])][-limit:]
        else:
            found = found[-limit:]
        return Said(200, [self._shown(one) for one in reversed(found)])

    def one_message(self, asked: Asked, channel: str, number: str) -> Said:
        if denied := self._denied(channel):
            return denied
        if not self.rights[channel] & HISTORY:
            return _error(403, 50001, "Missing Access")
        found = [one for one in self.messages[channel] if one["id"] == number]
        return Said(200, self._shown(found[0])) if found else _error(404, 10008, "Unknown Message")

    def create(self, asked: Asked, channel: str) -> Said:
        if denied := self._denied(channel):
            return denied
        if not self.rights[channel] & SEND:
            return _error(403, 50013, "Missing Permissions")
        body = asked.body
        if len(body["content"]) > 2000:
            fault = {"content": {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": "too long"}]}}
            return Said(400, {"code": 50035, "message": "Invalid Form Body", "errors": fault})
        if not body["content"].strip():
            return _error(400, 50006, "Cannot send an empty message")
        if len(str(body.get("nonce", ""))) > 25:
            return _error(400, 50035, "Invalid Form Body")
        now = self.clock.now()
        known = self.nonces.get((channel, body.get("nonce", "")))
        if (
            known
            and self.knows_nonces
            and body.get("enforce_nonce")
            and now - known[0] < timedelta(minutes=5)
        ):
            return Said(200, known[1])
        above = None
        reference = body.get("message_reference")
        if reference:
            above = next((m for m in self.messages[channel] if m["id"] == reference["message_id"]), None)
            if above is None and reference.get("fail_if_not_exists", True):
                fault = {
                    "message_reference": {"_errors": [{"code": "REPLIES_UNKNOWN_MESSAGE", "message": "-"}]}
                }
                return Said(400, {"code": 50035, "message": "Invalid Form Body", "errors": fault})
        made = self.say(BOT, body["content"].strip(), channel, answers=above, nonce=body.get("nonce"))
        self.nonces[channel, body.get("nonce", "")] = (now, made)
        self.sent.append({**body, "_channel": channel, "_message": made})
        return Said(200, made)

    def delete(self, asked: Asked, channel: str, number: str) -> Said:
        found = [one for one in self.messages[channel] if one["id"] == number]
        if not found:
            return _error(404, 10008, "Unknown Message")
        if found[0]["author"]["id"] != BOT["id"]:
            return _error(403, 50013, "Missing Permissions")
        self.messages[channel].remove(found[0])
        return Said(204)

    def react(self, asked: Asked, channel: str, number: str, emoji: str) -> Said:
        self.reactions.append(f"{number} {emoji}")
        return Said(204)


_ROUTES = (
    ("GET", "/users/@me", "me"),
    ("GET", "/applications/@me", "application"),
    ("GET", "/users/@me/guilds", "guilds"),
    ("GET", r"/guilds/(\d+)/channels", "guild_channels"),
    ("GET", r"/guilds/(\d+)/roles", "roles"),
    ("GET", r"/guilds/(\d+)/members/(\d+)", "member"),
    ("GET", r"/guilds/(\d+)/threads/active", "active_threads"),
    ("GET", r"/channels/(\d+)/threads/archived/public", "archived_threads"),
    ("GET", r"/channels/(\d+)", "channel"),
    ("GET", r"/channels/(\d+)/messages", "list_messages"),
    ("GET", r"/channels/(\d+)/messages/(\d+)", "one_message"),
    ("POST", r"/channels/(\d+)/messages", "create"),
    ("DELETE", r"/channels/(\d+)/messages/(\d+)", "delete"),
    ("PUT", r"/channels/(\d+)/messages/(\d+)/reactions/([^/]+)/@me", "react"),
)


def _error(status: int, code: int, message: str) -> Said:
    return Said(status, {"code": code, "message": message})


def too_many(seconds: float | None, *, header: str = "", is_global: bool = False) -> Said:
    """429 as Discord says it; from the wall in front of it without JSON."""
    headers = {"Retry-After": header} if header else {}
    if seconds is None:
        return Said(429, b"<html>slow down</html>", {"Content-Type": "text/html", **headers})
    body = {"message": "You are being rate limited.", "retry_after": seconds, "global": is_global}
    return Said(429, body, headers)
