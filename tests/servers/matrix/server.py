"""A real Matrix server on loopback: Synapse with SQLite, without federation, people registered through the
secret that it shares with its administrator."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from tests.servers.processes import Process, free_port

PROJECT = Path(__file__).resolve().parents[3]
PYTHON = PROJECT / ".venv" / "servers" / "matrix" / "bin" / "python"
NAME = "bakery.test"
_CONFIG = """
server_name: {name}
pid_file: {folder}/synapse.pid
listeners:
  - port: {port}
    type: http
    bind_addresses: [127.0.0.1]
    resources:
      - names: [client]
database:
  name: sqlite3
  args:
    database: {folder}/synapse.db
log_config: {folder}/log.yaml
media_store_path: {folder}/media
signing_key_path: {folder}/signing.key
registration_shared_secret: {secret}
macaroon_secret_key: {secret}
form_secret: {secret}
report_stats: false
enable_registration: false
allow_guest_access: true
federation_domain_whitelist: []
trusted_key_servers: []
url_preview_enabled: false
allow_public_rooms_without_auth: true
encryption_enabled_by_default_for_room_type: "off"
rc_message:
  per_second: {messages_per_second}
  burst_count: {messages_at_once}
rc_login:
  address: {{per_second: 1000, burst_count: 1000}}
  account: {{per_second: 1000, burst_count: 1000}}
  failed_attempts: {{per_second: 1000, burst_count: 1000}}
rc_registration: {{per_second: 1000, burst_count: 1000}}
rc_joins:
  local: {{per_second: 1000, burst_count: 1000}}
rc_invites:
  per_room: {{per_second: 1000, burst_count: 1000}}
  per_user: {{per_second: 1000, burst_count: 1000}}
  per_issuer: {{per_second: 1000, burst_count: 1000}}
rc_room_creation: {{per_second: 1000, burst_count: 1000}}
"""
_LOG = """
version: 1
formatters: {precise: {format: '%(asctime)s %(levelname)s %(name)s %(message)s'}}
handlers: {console: {class: logging.StreamHandler, formatter: precise}}
root: {level: WARNING, handlers: [console]}
"""


def missing() -> str:
    return "" if PYTHON.is_file() else "Synapse"


class Server:
    """``messages_per_second`` and ``messages_at_once``: what Synapse allows one person."""

    def __init__(
        self, folder: Path, *, messages_per_second: float = 1000, messages_at_once: int = 10_000
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.secret = secrets.token_urlsafe(20)
        self._numbers = itertools.count(1)
        self._values = {"messages_per_second": messages_per_second, "messages_at_once": messages_at_once}
        self._process: Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Server:
        values = {
            "name": NAME,
            "folder": self.folder,
            "port": self.port,
            "secret": self.secret,
            **self._values,
        }
        (self.folder / "homeserver.yaml").write_text(_CONFIG.format(**values))
        (self.folder / "log.yaml").write_text(_LOG)
        command = [PYTHON, "-m", "synapse.app.homeserver", "-c", self.folder / "homeserver.yaml"]
        key = self.folder / "signing.key"
        if not key.exists():
            made = Process([*command, "--generate-keys"], self.folder / "keys.out", folder=self.folder)
            # The file is there before its one line is.
            made.wait_until(lambda: key.exists() and key.read_text().endswith("\n"))
            made.stop()
        self._process = Process(command, self.folder / "synapse.out", folder=self.folder)
        try:
            self._process.wait_until(self._answers)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/_matrix/client/versions", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def register(self, name: str, shown: str = "") -> Person:
        """Somebody new; a number follows the name. After Synapse's page on Shared-Secret Registration."""
        name = f"{name}{next(self._numbers)}"
        way = f"{self.url}/_synapse/admin/v1/register"
        nonce = requests.get(way, timeout=30).json()["nonce"]
        password = secrets.token_urlsafe(12)
        text = f"{nonce}\0{name}\0{password}\0notadmin".encode()
        mac = hmac.new(self.secret.encode(), text, hashlib.sha1).hexdigest()
        body = {
            "nonce": nonce,
            "username": name,
            "displayname": shown or name,
            "password": password,
            "mac": mac,
        }
        made = requests.post(way, json=body, timeout=30).json()
        return Person(self, made["user_id"], made["access_token"], password)


class Person:
    """Somebody with a program of their own. Each call raises when the server refuses it."""

    def __init__(self, server: Server, user_id: str, token: str, password: str) -> None:
        self.server, self.user_id, self.token, self.password = server, user_id, token, password
        self._count = 0

    def call(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        answer = requests.request(
            method, f"{self.server.url}/_matrix/client/v3{path}", json=body, params=params, timeout=60,
            headers={"Authorization": f"Bearer {self.token}"},
        )  # fmt: skip
        assert answer.status_code == 200, (method, path, answer.status_code, answer.text)
        return answer.json()

    def sign_in_again(self) -> str:
        """A second session; returns its token."""
        told = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": self.user_id},
            "password": self.password,
        }
        return str(self.call("POST", "/login", told)["access_token"])

    def make_room(self, name: str = "", **more: Any) -> str:
        body = {"preset": "public_chat", **({"name": name} if name else {}), **more}
        return str(self.call("POST", "/createRoom", body)["room_id"])

    def join(self, room: str) -> None:
        self.call("POST", f"/join/{quote(room)}", {})

    def invite(self, room: str, user_id: str) -> None:
        self.call("POST", f"/rooms/{quote(room)}/invite", {"user_id": user_id})

    def leave(self, room: str) -> None:
        self.call("POST", f"/rooms/{quote(room)}/leave", {})

    def set_state(self, room: str, kind: str, content: Mapping[str, Any]) -> None:
        self.call("PUT", f"/rooms/{quote(room)}/state/{kind}", dict(content))

    def send(self, room: str, content: Mapping[str, Any], kind: str = "m.room.message") -> str:
        self._count += 1
        path = f"/rooms/{quote(room)}/send/{kind}/t{self._count}"
        return str(self.call("PUT", path, dict(content))["event_id"])

    def say(self, room: str, text: str, *, answers: str = "", thread: str = "", **more: Any) -> str:
        relation: dict[str, Any] = {}
        if thread:
            relation = {"rel_type": "m.thread", "event_id": thread, "is_falling_back": True}
            relation["m.in_reply_to"] = {"event_id": answers or thread}
        elif answers:
            relation = {"m.in_reply_to": {"event_id": answers}}
        content: dict[str, Any] = {"msgtype": "m.text", "body": text, **more}
        return self.send(room, content | ({"m.relates_to": relation} if relation else {}))

    def edit(self, room: str, event_id: str, text: str) -> str:
        words = {"msgtype": "m.text", "body": text}
        relation = {"rel_type": "m.replace", "event_id": event_id}
        return self.send(
            room, {**words, "body": f"* {text}", "m.new_content": words, "m.relates_to": relation}
        )

    def redact(self, room: str, event_id: str) -> None:
        self._count += 1
        self.call("PUT", f"/rooms/{quote(room)}/redact/{quote(event_id)}/r{self._count}", {})

    def said(self, room: str) -> list[dict[str, Any]]:
        """What this person sees of a room, newest first."""
        told = self.call("GET", f"/rooms/{quote(room)}/messages", dir="b", limit=1000,
                         filter=json.dumps({"types": ["m.room.message"]}))  # fmt: skip
        found: list[dict[str, Any]] = told["chunk"]
        return found
