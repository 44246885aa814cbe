"""A server that plays Telegram's Bot API, after core.telegram.org/bots/api: one bot, its queue of updates,
its chats.

Confirmed updates are gone; others are kept for 24 hours of ``clock``. A second ``getUpdates`` ends the first
with 409, a webhook refuses it, a group in privacy mode is not played (what a test says is heard).
"""

from __future__ import annotations

import itertools
import json
import re
import secrets
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from services.clock import Clock, SystemClock
from tests.channels.chat_server import Asked, ChatServer, Said

ROSIE = {"id": 500, "is_bot": False, "first_name": "Rosie", "username": "rosie"}
ANN = {"id": 901, "is_bot": False, "first_name": "Ann", "last_name": "Lee", "username": "annlee"}
BOB = {"id": 902, "is_bot": False, "first_name": "Bob"}
GROUP = {"id": -1001234567, "type": "supergroup", "title": "Bakery friends", "username": "bakeryfriends"}


class Standin(ChatServer):
    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__()
        self.clock = clock or SystemClock()
        self.me = {
            "id": 77,
            "is_bot": True,
            "first_name": "Rosie's Bakery",
            "username": "rosiesbakery_bot",
            "can_join_groups": True,
            "can_read_all_group_messages": False,
        }
        self.token = f"77:{secrets.token_urlsafe(26)}"
        self.is_revoked = False
        self.webhook = ""
        self.queue: list[dict[str, Any]] = []
        self.numbers = itertools.count(8000)
        self.message_numbers: dict[int, itertools.count[int]] = {}
        self.messages: dict[tuple[int, int], dict[str, Any]] = {}
        self.sent: list[dict[str, Any]] = []
        self.blocked: set[int] = set()
        self.migrated: dict[int, int] = {}
        self.connections: dict[str, dict[str, Any]] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.reactions: list[tuple[int, int, str]] = []
        self.polls = 0
        self.waiting = 0
        self.say(ANN, "My birthday cake was dry and the name on it was wrong. Very disappointed.")
        self.say(BOB, "Hello, are you open on Sunday?")

    @property
    def settings(self) -> Mapping[str, Any]:
        return {"api": self.url}

    @property
    def secrets(self) -> Mapping[str, str]:
        return {"bot_token": self.token}

    # --- what happens there

    def say(
        self,
        user: Mapping[str, Any],
        text: str = "",
        *,
        chat: Mapping[str, Any] | None = None,
        answers: Mapping[str, Any] | None = None,
        kind: str = "message",
        update: bool = True,
        **more: Any,
    ) -> dict[str, Any]:
        """Somebody writes; in the private chat with the bot when no other is named. Returns the message."""
        with self.lock:
            where = dict(chat or {**_chat_of(user)})
            number = next(self.message_numbers.setdefault(where["id"], itertools.count(1)))
            message: dict[str, Any] = {
                "message_id": number,
                "from": dict(user),
                "chat": where,
                "date": int(self.clock.now().timestamp()),
                **more,
            }
            if text:
                message["text"] = text
            if answers is not None:
                message["reply_to_message"] = {k: v for k, v in answers.items() if k != "reply_to_message"}
            self.messages[where["id"], number] = message
            if update:
                self.push({kind: message})
            return message

    def edit(self, message: dict[str, Any], text: str, kind: str = "edited_message") -> None:
        with self.lock:
            changed = {**message, "text": text, "edit_date": int(self.clock.now().timestamp())}
            self.messages[message["chat"]["id"], message["message_id"]] = changed
            self.push({kind: changed})

    def push(self, update: Mapping[str, Any]) -> None:
        with self.lock:
            self.queue.append({"update_id": next(self.numbers), **update, "_at": self.clock.now()})
            self.lock.notify_all()

    def lend(self, owner: Mapping[str, Any], name: str = "BC-1") -> str:
        """A business account connects the bot to its chats."""
        self.connections[name] = {
            "id": name,
            "user": dict(owner),
            "user_chat_id": owner["id"],
            "date": int(self.clock.now().timestamp()),
            "is_enabled": True,
        }
        self.push({"business_connection": self.connections[name]})
        return name

    # --- the API

    def handle(self, asked: Asked) -> Said:
        found = re.fullmatch(r"/(file/)?bot([^/]*)/(.+)", asked.path)
        if not found:
            return Said(404, b"<html>nothing here</html>", {"Content-Type": "text/html"})
        is_file, token, rest = found.groups()
        if token.partition(":")[0] != "77" or ":" not in token:
            return _error(404, "Not Found")
        if token != self.token or self.is_revoked:
            return _error(401, "Unauthorized")
        if is_file:
            for path, data in self.files.values():
                if path == rest:
                    return Said(200, data, {"Content-Type": "application/octet-stream"})
            return _error(404, "Not Found")
        params: dict[str, Any] = {**asked.query, **(asked.body if isinstance(asked.body, dict) else {})}
        method = getattr(self, f"_do_{rest.lower()}", None)
        if method is None:
            return _error(404, "Not Found: method not found")
        said: Said = method(params)
        return said

    def _do_getme(self, params: dict[str, Any]) -> Said:
        return _ok(self.me)

    def _do_getwebhookinfo(self, params: dict[str, Any]) -> Said:
        return _ok({"url": self.webhook, "has_custom_certificate": False, "pending_update_count": 0})

    def _do_getupdates(self, params: dict[str, Any]) -> Said:
        if self.webhook:
            return _error(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete"
                " the webhook first",
            )
        self.polls += 1
        mine = self.polls
        self.lock.notify_all()
        kinds = params.get("allowed_updates")
        kinds = json.loads(kinds) if isinstance(kinds, str) else kinds
        offset, limit = int(params.get("offset") or 0), int(params.get("limit") or 100)
        oldest = self.clock.now() - timedelta(hours=24)
        self.queue = [u for u in self.queue if u["update_id"] >= offset and u["_at"] >= oldest]
        until = time.monotonic() + float(params.get("timeout") or 0)
        while True:
            found = [u for u in self.queue if not kinds or any(k in kinds for k in u)][: min(limit, 100)]
            if self.polls != mine:
                return _error(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one bot is"
                    " instance running",
                )
            left = until - time.monotonic()
            if found or left <= 0 or self.is_stopping:
                return _ok([{k: v for k, v in u.items() if k != "_at"} for u in found])
            self.waiting += 1
            self.lock.notify_all()
            self.lock.wait(left)
            self.waiting -= 1

    def _do_sendmessage(self, params: dict[str, Any]) -> Said:
        chat_id, text = int(params["chat_id"]), str(params.get("text") or "").strip()
        if chat_id in self.migrated:
            return Said(
                400,
                {
                    "ok": False,
                    "error_code": 400,
                    "description": "Bad Request: group chat was upgraded to a supergroup chat",
                    "parameters": {"migrate_to_chat_id": self.migrated[chat_id]},
                },
            )
        if not text:
            return _error(400, "Bad Request: message text is empty")
        if len(text) > 4096:
            return _error(400, "Bad Request: message is too long")
        lent = params.get("business_connection_id")
        if lent and lent not in self.connections:
            return _error(400, "Bad Request: BUSINESS_CONNECTION_INVALID")
        known = [m for (chat, _), m in self.messages.items() if chat == chat_id]
        if not known and chat_id not in self.migrated.values():
            return _error(400, "Bad Request: chat not found")
        if chat_id in self.blocked:
            return _error(403, "Forbidden: bot was blocked by the user")
        reply = params.get("reply_parameters")
        above = None
        if reply:
            above = self.messages.get((chat_id, int(reply["message_id"])))
            if above is None and not reply.get("allow_sending_without_reply"):
                return _error(400, "Bad Request: message to be replied not found")
        chat = known[0]["chat"] if known else {"id": chat_id, "type": "supergroup", "title": "moved"}
        made = self.say(self.me, text, chat=chat, answers=above, update=False)
        if lent:
            made["business_connection_id"] = lent
        self.sent.append({**params, "_message": made})
        return _ok(made)

    def _do_getbusinessconnection(self, params: dict[str, Any]) -> Said:
        found = self.connections.get(params["business_connection_id"])
        return _ok(found) if found else _error(400, "Bad Request: BUSINESS_CONNECTION_INVALID")

    def _do_getfile(self, params: dict[str, Any]) -> Said:
        found = self.files.get(params["file_id"])
        if found is None:
            return _error(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        return _ok({"file_id": params["file_id"], "file_size": len(found[1]), "file_path": found[0]})

    def _do_deletemessage(self, params: dict[str, Any]) -> Said:
        if self.messages.pop((int(params["chat_id"]), int(params["message_id"])), None) is None:
            return _error(400, "Bad Request: message to delete not found")
        return _ok(True)

    def _do_setmessagereaction(self, params: dict[str, Any]) -> Said:
        self.reactions.append(
            (int(params["chat_id"]), int(params["message_id"]), params["reaction"][0]["emoji"])
        )
        return _ok(True)


def _chat_of(user: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in user.items() if k != "is_bot"} | {"type": "private"}


def _ok(result: Any) -> Said:
    return Said(200, {"ok": True, "result": result})


def _error(code: int, description: str, **parameters: Any) -> Said:
    told: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
    if parameters:
        told["parameters"] = parameters
    return Said(code, told)


def too_many(seconds: int | None) -> Said:
    """429 as Telegram says it: the pause is in the body."""
    if seconds is None:
        return _error(429, "Too Many Requests")
    return _error(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
