"""A server for outgoing mail (RFC 5321, 4954, 3207) that keeps what it was given."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from tests.channels.email.wire import Gone, Visitor


@dataclass(frozen=True)
class Taken:
    """One mail that was accepted: the envelope and the bytes."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes


class Smtp:
    """``faults``: stage (ehlo, auth, mail, rcpt, data, text, end) -> what happens at the next one: a line to
    answer, ``drop`` (the mail was not taken), or at ``end`` ``take-and-drop`` (it was)."""

    def __init__(self, context: Any, users: dict[str, str]) -> None:
        self.context = context
        self.users = users
        self.offers_starttls = True
        self.offers_utf8 = True
        self.injected = b""
        self.taken: list[Taken] = []
        self.faults: dict[str, list[str]] = {}

    def fault(self, stage: str, answer: str) -> None:
        self.faults.setdefault(stage, []).append(answer)

    def serve(self, visitor: Visitor) -> None:
        _Talk(self, visitor).run()


class _Talk:
    def __init__(self, server: Smtp, visitor: Visitor) -> None:
        self.server, self.visitor = server, visitor
        self.is_signed_in = False
        self.sender = ""
        self.recipients: list[str] = []

    def run(self) -> None:
        self.visitor.send("220 mail.rosies.example ready\r\n")
        while True:
            line = self.visitor.line().decode("utf-8", "replace")
            verb = line.partition(" ")[0].partition(":")[0].upper()
            if verb == "QUIT":
                self.visitor.send("221 bye\r\n")
                return
            if self._fails(
                {"EHLO": "ehlo", "AUTH": "auth", "MAIL": "mail", "RCPT": "rcpt", "DATA": "data"}.get(verb, "")
            ):
                continue
            handler = getattr(self, f"do_{verb.lower()}", None)
            self.visitor.send("502 what\r\n" if handler is None else handler(line))

    def _fails(self, stage: str) -> bool:
        waiting = self.server.faults.get(stage)
        if not waiting:
            return False
        answer = waiting.pop(0)
        if answer == "drop":
            raise Gone
        self.visitor.send(answer + "\r\n")
        return True

    def do_ehlo(self, line: str) -> str:
        able = ["mail.rosies.example", "8BITMIME"]
        if self.server.offers_utf8:
            able.append("SMTPUTF8")
        if self.visitor.is_secure:
            able.append("AUTH PLAIN LOGIN")
        elif self.server.offers_starttls:
            able.append("STARTTLS")
        return "".join(f"250{'-' if at < len(able) - 1 else ' '}{one}\r\n" for at, one in enumerate(able))

    def do_starttls(self, line: str) -> str:
        if self.visitor.is_secure or not self.server.offers_starttls:
            return "454 not here\r\n"
        self.visitor.send(b"220 go\r\n" + self.server.injected)
        self.visitor.secure(self.server.context)
        return ""

    def do_auth(self, line: str) -> str:
        if not self.visitor.is_secure:
            return "538 not without TLS\r\n"
        _, method, *given = line.split()
        if method.upper() == "PLAIN":
            _, user, password = base64.b64decode(given[0]).decode().split("\0")
        else:
            user = base64.b64decode(given[0] if given else self._ask("VXNlcm5hbWU6")).decode()
            password = base64.b64decode(self._ask("UGFzc3dvcmQ6")).decode()
        if self.server.users.get(user) != password:
            return "535 5.7.8 Error: authentication failed\r\n"
        self.is_signed_in = True
        return "235 welcome\r\n"

    def _ask(self, what: str) -> bytes:
        self.visitor.send(f"334 {what}\r\n")
        return self.visitor.line()

    def do_mail(self, line: str) -> str:
        if not self.is_signed_in:
            return "530 5.7.0 sign in first\r\n"
        self.sender, self.recipients = line.partition("<")[2].partition(">")[0], []
        return "250 ok\r\n"

    def do_rcpt(self, line: str) -> str:
        self.recipients.append(line.partition("<")[2].partition(">")[0])
        return "250 ok\r\n"

    def do_rset(self, line: str) -> str:
        self.recipients = []
        return "250 ok\r\n"

    def do_data(self, line: str) -> str:
        self.visitor.send("354 go on\r\n")
        if self.server.faults.get("text"):
            self.server.faults["text"].pop(0)
            self.visitor.line()
            raise Gone
        lines: list[bytes] = []
        while (one := self.visitor.line()) != b".":
            lines.append(one[1:] if one.startswith(b".") else one)
        raw = b"".join(one + b"\r\n" for one in lines)
        waiting = self.server.faults.get("end")
        answer = waiting.pop(0) if waiting else ""
        if answer == "drop":
            raise Gone
        if not answer or answer == "take-and-drop":
            self.server.taken.append(Taken(self.sender, tuple(self.recipients), raw))
        if answer == "take-and-drop":
            raise Gone
        return f"{answer or '250 taken'}\r\n"
