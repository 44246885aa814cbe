"""A server that plays Matrix, after spec.matrix.org (client-server API): people with tokens, rooms with their
events, a stream that can be synced, paged through and waited for.

Tokens of the stream are ``s<number>``; with another ``stream`` the old ones are refused. Transaction ids are
remembered per token. Filters, limits, rights to speak and membership are really looked at.
"""

from __future__ import annotations

import copy
import itertools
import json
import re
import time
from collections.abc import Mapping
from typing import Any

from services.clock import Clock, SystemClock
from tests.channels.chat_server import Asked, ChatServer, Said

SHOP, ANN, BOB, TOM = (f"@{name}:bakery.test" for name in ("shop", "ann", "bob", "tom"))
NAMES = {SHOP: "Rosie's Bakery", ANN: "Ann Lee", BOB: "Bob", TOM: "Tom"}
CAKES = "!cakes:bakery.test"
_ROOM = re.compile(r"/rooms/([^/]+)/(.*)")


class Room:
    def __init__(self, room_id: str) -> None:
        self.id = room_id
        self.events: list[dict[str, Any]] = []
        self.state: dict[tuple[str, str], dict[str, Any]] = {}

    def membership(self, user: str) -> str:
        found = self.state.get(("m.room.member", user))
        return str(found["content"]["membership"]) if found else ""

    def members(self, kind: str) -> list[str]:
        people = [key for (name, key) in self.state if name == "m.room.member"]
        return [one for one in people if self.membership(one) == kind]

    def content(self, kind: str) -> dict[str, Any]:
        found = self.state.get((kind, ""))
        return dict(found["content"]) if found else {}


class Standin(ChatServer):
    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__()
        self.clock = clock or SystemClock()
        self.tokens = {"syt_shop_secret": SHOP}
        self.rooms: dict[str, Room] = {}
        self.aliases: dict[str, str] = {}
        self.directs: dict[str, list[str]] = {}
        self.directs_at = 0
        self.transactions: dict[tuple[str, str], dict[str, str]] = {}
        self.media: dict[str, bytes] = {}
        self.well_known: Any = None
        self.is_guest = False
        self.is_bundling = True
        self.largest_page = 1000
        self.now = 0
        self.stream = "s"
        self.ids = itertools.count(1)
        self.make_room(CAKES, "Cakes", ANN, BOB, alias="#cakes:bakery.test")
        self.say(ANN, "My birthday cake was dry and the name on it was wrong. Very disappointed.")
        self.say(BOB, "Hello, are you open on Sunday?")

    @property
    def settings(self) -> Mapping[str, Any]:
        return {"server": self.url}

    @property
    def secrets(self) -> Mapping[str, str]:
        return {"access_token": self.token}

    @property
    def token(self) -> str:
        return next(iter(self.tokens))

    # --- what happens there

    def make_room(self, room_id: str, name: str = "", *people: str, alias: str = "", **create: Any) -> Room:
        room = self.rooms[room_id] = Room(room_id)
        self.put(room_id, "m.room.create", {"room_version": "11", **create}, sender=TOM)
        self.member(room_id, SHOP, "join")
        for one in people:
            self.member(room_id, one, "join")
        if name:
            self.put(room_id, "m.room.name", {"name": name})
        if alias:
            self.aliases[alias] = room_id
            self.put(room_id, "m.room.canonical_alias", {"alias": alias})
        return room

    def member(self, room_id: str, user: str, kind: str, *, by: str = "", **more: Any) -> None:
        content = {"membership": kind, "displayname": NAMES.get(user, ""), **more}
        self.put(room_id, "m.room.member", content, key=user, sender=by or user)

    def put(self, room_id: str, kind: str, content: Any, *, key: str = "", sender: str = TOM) -> None:
        """A state event."""
        self.add(room_id, {"type": kind, "state_key": key, "sender": sender, "content": content})

    def add(self, room_id: str, event: dict[str, Any], *, at: Any = None) -> str:
        with self.lock:
            room = self.rooms.setdefault(room_id, Room(room_id))
            self.now += 1
            made = {
                "event_id": f"$e{next(self.ids)}",
                "origin_server_ts": int((at or self.clock.now()).timestamp() * 1000),
                "room_id": room_id,
                **event,
                "_at": self.now,
            }
            room.events.append(made)
            if "state_key" in event:
                room.state[event["type"], event["state_key"]] = made
            self.lock.notify_all()
            return str(made["event_id"])

    def say(
        self,
        sender: str,
        text: str,
        room_id: str = CAKES,
        *,
        answers: str = "",
        thread: str = "",
        at: Any = None,
        kind: str = "m.room.message",
        **more: Any,
    ) -> str:
        content: dict[str, Any] = {"msgtype": "m.text", "body": text, **more}
        relation: dict[str, Any] = {}
        if thread:
            relation = {"rel_type": "m.thread", "event_id": thread, "is_falling_back": not answers}
        if answers or thread:
            relation["m.in_reply_to"] = {"event_id": answers or thread}
            content["m.relates_to"] = relation
        return self.add(room_id, {"type": kind, "sender": sender, "content": content}, at=at)

    def edit(self, event_id: str, text: str, *, sender: str = "", room_id: str = CAKES) -> str:
        words = {"msgtype": "m.text", "body": text}
        relation = {"rel_type": "m.replace", "event_id": event_id}
        content = {**words, "m.new_content": words, "m.relates_to": relation}
        author = sender or str(self.find(event_id)["sender"])
        return self.add(room_id, {"type": "m.room.message", "sender": author, "content": content})

    def redact(self, event_id: str, *, sender: str = TOM, room_id: str = CAKES) -> str:
        event = self.find(event_id)
        made = self.add(
            room_id, {"type": "m.room.redaction", "sender": sender, "content": {"redacts": event_id}}
        )
        event["content"] = {}
        event["_redacted"] = made
        return made

    def find(self, event_id: str) -> dict[str, Any]:
        return next(e for room in self.rooms.values() for e in room.events if e["event_id"] == event_id)

    @property
    def sent(self) -> list[dict[str, Any]]:
        """What came in through the API as messages, oldest first."""
        found = [e for room in self.rooms.values() for e in room.events if "_txn" in e]
        return [e for e in sorted(found, key=lambda e: e["_at"]) if e["type"] == "m.room.message"]

    # --- the API

    def handle(self, asked: Asked) -> Said:
        if asked.path == "/.well-known/matrix/client":
            return Said(200, self.well_known) if self.well_known else Said(404, b"nothing here")
        if asked.path == "/_matrix/client/versions":
            return Said(200, {"versions": ["v1.1", "v1.11"]})
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if not token:
            return _error(401, "M_MISSING_TOKEN", "Missing access token")
        if token not in self.tokens:
            return _error(401, "M_UNKNOWN_TOKEN", "Unknown token", soft_logout=False)
        media = re.fullmatch(r"/_matrix/client/v1/media/download/([^/]+)/([^/]+)", asked.path)
        if media:
            data = self.media.get(f"mxc://{media[1]}/{media[2]}")
            kind = {"Content-Type": "application/octet-stream"}
            return Said(200, data, kind) if data is not None else _error(404, "M_NOT_FOUND", "Not found")
        if not asked.path.startswith("/_matrix/client/v3/"):
            return _error(404, "M_UNRECOGNIZED", "Unrecognized request")
        return self._v3(asked, asked.path.removeprefix("/_matrix/client/v3"), self.tokens[token], token)

    def _v3(self, asked: Asked, path: str, me: str, token: str) -> Said:
        if path == "/account/whoami":
            return Said(200, {"user_id": me, "device_id": f"D{token[-4:]}", "is_guest": self.is_guest})
        if path == "/joined_rooms":
            return Said(
                200, {"joined_rooms": [i for i, r in self.rooms.items() if r.membership(me) == "join"]}
            )
        if path == "/sync":
            return self._sync(asked.query, me, token)
        if path.startswith("/profile/"):
            return Said(200, {"displayname": NAMES.get(path.split("/")[2], "")})
        if path.startswith("/directory/room/"):
            found = self.aliases.get(path.removeprefix("/directory/room/"))
            return Said(200, {"room_id": found}) if found else _error(404, "M_NOT_FOUND", "No such alias")
        match = _ROOM.fullmatch(path)
        room = self.rooms.get(match[1]) if match else None
        if match is None:
            return _error(404, "M_UNRECOGNIZED", "Unrecognized request")
        if room is None or room.membership(me) != "join":
            return _error(403, "M_FORBIDDEN", f"User {me} not in room {match[1]}")
        return self._in_room(asked, room, match[2].split("/"), me, token)

    def _in_room(self, asked: Asked, room: Room, steps: list[str], me: str, token: str) -> Said:
        way = (asked.method, steps[0])
        if way == ("GET", "messages"):
            return self._messages(asked.query, room, token)
        if way == ("GET", "joined_members"):
            return Said(200, {"joined": {one: {} for one in room.members("join")}})
        if way == ("GET", "state"):
            found = room.state.get((steps[1], ""))
            return Said(200, found["content"]) if found else _error(404, "M_NOT_FOUND", "No such state")
        if way in (("GET", "event"), ("GET", "context")):
            event = next((e for e in room.events if e["event_id"] == steps[1]), None)
            if event is None:
                return _error(404, "M_NOT_FOUND", "Event not found.")
            shown = self._shown(event, room, token)
            if steps[0] == "event":
                return Said(200, shown)
            ends = {"start": f"{self.stream}{event['_at'] - 1}", "end": f"{self.stream}{event['_at']}"}
            people = self._people(room, [event])
            return Said(
                200, {"event": shown, "events_before": [], "events_after": [], "state": people, **ends}
            )
        if asked.method != "PUT" or steps[0] not in ("send", "redact"):
            return _error(404, "M_UNRECOGNIZED", "Unrecognized request")
        if (token, steps[-1]) in self.transactions:
            return Said(200, self.transactions[token, steps[-1]])
        said = self._put(asked, room, steps, me)
        if said.status == 200:
            self.transactions[token, steps[-1]] = said.body
        return said

    def _put(self, asked: Asked, room: Room, steps: list[str], me: str) -> Said:
        power = room.content("m.room.power_levels")
        mine = power.get("users", {}).get(me, power.get("users_default", 0))
        if steps[0] == "redact":
            event = next((e for e in room.events if e["event_id"] == steps[1]), None)
            if event is None:
                return _error(404, "M_NOT_FOUND", "Event not found.")
            if event["sender"] != me and mine < power.get("redact", 50):
                return _error(403, "M_FORBIDDEN", "You don't have permission to redact events")
            return Said(200, {"event_id": self.redact(steps[1], sender=me, room_id=room.id)})
        if mine < power.get("events", {}).get(steps[1], power.get("events_default", 0)):
            return _error(403, "M_FORBIDDEN", "You don't have permission to post that to the room.")
        if len(json.dumps(asked.body, ensure_ascii=False).encode()) > 65_536 - 2_000:
            return _error(413, "M_TOO_LARGE", "event too large")
        event = {"type": steps[1], "sender": me, "content": asked.body, "_txn": steps[2]}
        return Said(200, {"event_id": self.add(room.id, event)})

    # --- reading

    def _shown(self, event: dict[str, Any], room: Room, token: str) -> dict[str, Any]:
        shown = copy.deepcopy({k: v for k, v in event.items() if not k.startswith("_")})
        unsigned: dict[str, Any] = {}
        if (
            "_txn" in event
            and self.transactions.get((token, event["_txn"]), {}).get("event_id") == event["event_id"]
        ):
            unsigned["transaction_id"] = event["_txn"]
        if "_redacted" in event:
            unsigned["redacted_because"] = {"type": "m.room.redaction", "event_id": event["_redacted"]}
        edits = [
            e
            for e in room.events
            if e["content"].get("m.relates_to", {}).get("event_id") == event["event_id"]
            and e["content"]["m.relates_to"].get("rel_type") == "m.replace"
            and e["sender"] == event["sender"]
        ]
        if edits and self.is_bundling:
            unsigned["m.relations"] = {"m.replace": {k: v for k, v in edits[-1].items() if k[0] != "_"}}
        return shown | ({"unsigned": unsigned} if unsigned else {})

    def _people(self, room: Room, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        found = {e["sender"]: room.state.get(("m.room.member", e["sender"])) for e in events}
        return [{k: v for k, v in one.items() if k[0] != "_"} for one in found.values() if one]

    def _messages(self, query: Mapping[str, str], room: Room, token: str) -> Said:
        told = json.loads(query.get("filter") or "{}")
        forward, limit = query.get("dir") == "f", min(int(query.get("limit") or 10), self.largest_page)
        start = query.get("from") or f"{self.stream}{self.now}"
        if not re.fullmatch(self.stream + r"\d+", start):
            return _error(400, "M_INVALID_PARAM", "Invalid token")
        at = int(start[1:])
        events = [
            e for e in room.events if (e["_at"] > at if forward else e["_at"] <= at) and _passes(e, told)
        ]
        events = events[:limit] if forward else events[::-1][:limit]
        body: dict[str, Any] = {
            "chunk": [self._shown(e, room, token) for e in events],
            "start": start,
            "state": self._people(room, events),
        }
        if events:
            body["end"] = f"{self.stream}{events[-1]['_at'] if forward else events[-1]['_at'] - 1}"
        return Said(200, body)

    def _sync(self, query: Mapping[str, str], me: str, token: str) -> Said:
        told = json.loads(query.get("filter") or "{}")
        since = query.get("since", "")
        if since and (not re.fullmatch(self.stream + r"\d+", since) or int(since[1:]) > self.now):
            return _error(400, "M_UNKNOWN", "Invalid since token")
        until = time.monotonic() + float(query.get("timeout") or 0) / 1000
        while True:
            body = self._news(told, int(since[1:]) if since else None, me, token)
            left = until - time.monotonic()
            if not since or left <= 0 or self.is_stopping or body["rooms"] or "account_data" in body:
                return Said(200, body)
            self.lock.wait(left)

    def _news(self, told: Mapping[str, Any], since: int | None, me: str, token: str) -> dict[str, Any]:
        narrowed = told.get("room", {})
        rooms: dict[str, dict[str, Any]] = {}
        for room_id, room in self.rooms.items():
            if "rooms" in narrowed and room_id not in narrowed["rooms"]:
                continue
            if room_id in narrowed.get("not_rooms", ()):
                continue
            mine = room.state.get(("m.room.member", me))
            kind = {"join": "join", "invite": "invite"}.get(room.membership(me), "leave" if mine else "")
            if (
                not mine
                or (kind != "join" and mine["_at"] <= (since or 0))
                or (kind == "leave" and since is None)
            ):
                continue
            part = self._part(room, kind, narrowed, since, mine, token)
            if part:
                rooms.setdefault(kind, {})[room_id] = part
        body: dict[str, Any] = {"next_batch": f"{self.stream}{self.now}", "rooms": rooms}
        if self.directs and (since is None or since < self.directs_at):
            body["account_data"] = {"events": [{"type": "m.direct", "content": self.directs}]}
        return body

    def _part(
        self, room: Room, kind: str, narrowed: Any, since: int | None, mine: Mapping[str, Any], token: str
    ) -> dict[str, Any]:
        if kind == "invite":
            return {
                "invite_state": {"events": [{"type": "m.room.name", "content": room.content("m.room.name")}]}
            }
        is_new = since is None or mine["_at"] > since
        line = narrowed.get("timeline", {})
        after = [e for e in room.events if is_new or e["_at"] > (since or 0)]
        events = [e for e in after if _passes(e, line)]
        shown = events[-line.get("limit", 10) :] if line.get("limit", 10) else []
        changed = [
            e for e in after if "state_key" in e and e not in shown and _passes(e, narrowed.get("state", {}))
        ]
        if is_new:
            changed = [
                e for e in room.state.values() if e not in shown and _passes(e, narrowed.get("state", {}))
            ]
            changed = [e for e in changed if e["type"] != "m.room.member"]
        if not shown and not changed and not is_new:
            return {}
        state = [{k: v for k, v in e.items() if k[0] != "_"} for e in changed]
        first = shown[0]["_at"] - 1 if shown else self.now
        return {
            "timeline": {
                "events": [self._shown(e, room, token) for e in shown],
                "limited": len(shown) < len(events),
                "prev_batch": f"{self.stream}{first}",
            },
            "state": {"events": [*state, *self._people(room, shown)]},
            "summary": {
                "m.joined_member_count": len(room.members("join")),
                "m.invited_member_count": len(room.members("invite")),
            },
        }

    def make_direct(self, room_id: str, user: str) -> None:
        self.now = self.directs_at = self.now + 1
        self.directs = {**self.directs, user: [room_id]}


def _passes(event: Mapping[str, Any], told: Mapping[str, Any]) -> bool:
    if "types" in told and event["type"] not in told["types"]:
        return False
    return "senders" not in told or event["sender"] in told["senders"]


def _error(status: int, code: str, said: str, **more: Any) -> Said:
    return Said(status, {"errcode": code, "error": said, **more})


def too_many(milliseconds: int | None = None, seconds: int | None = None) -> Said:
    """429 as old servers say it (in the body), as new ones do (in a header), or without saying how long."""
    said = _error(
        429, "M_LIMIT_EXCEEDED", "Wait", **({"retry_after_ms": milliseconds} if milliseconds else {})
    )
    return said if seconds is None else Said(429, said.body, {"Retry-After": str(seconds)})
