"""An IMAP server with one mailbox, small but by the rules (RFC 3501, 2177, 6154). It changes no flags unless
a client opens a folder for writing and reads without PEEK; tests look at that."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email import message_from_bytes
from typing import Any

from tests.channels.email.imap_pieces import body, structure
from tests.channels.email.wire import Gone, Visitor

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


@dataclass
class Stored:
    uid: int
    raw: bytes
    arrived: datetime
    flags: set[str] = field(default_factory=set)


@dataclass
class Folder:
    name: str
    flags: str = ""
    validity: int = 1000
    next_uid: int = 1
    mails: list[Stored] = field(default_factory=list)


class Imap:
    """``faults``: command -> what happens at the next one: a line to answer ("NO [..] ..."), or ``drop``.
    ``said`` keeps every command, without its secrets."""

    def __init__(self, context: Any, users: dict[str, str]) -> None:
        self.context = context
        self.users = users
        self.folders = {
            "INBOX": Folder("INBOX", "\\HasNoChildren", 1001),
            "Sent": Folder("Sent", "\\HasNoChildren \\Sent", 1002),
            "Junk": Folder("Junk", "\\HasNoChildren \\Junk", 1003),
            "Trash": Folder("Trash", "\\HasNoChildren \\Trash", 1004),
        }
        self.extra = ["IDLE", "SPECIAL-USE"]
        self.offers_starttls = True
        self.greeting = "* OK [CAPABILITY IMAP4rev1] ready"
        self.injected = b""
        self.faults: dict[str, list[str]] = {}
        self.broken_uids: set[int] = set()
        self.said: list[str] = []
        self.idling = threading.Event()
        self._changed = threading.Condition()

    def deliver(
        self, raw: bytes, folder: str = "INBOX", *, at: datetime | None = None, flags: str = ""
    ) -> int:
        raw = re.sub(rb"\r?\n", b"\r\n", raw)
        with self._changed:
            home = self.folders[folder]
            made = Stored(home.next_uid, raw, (at or datetime.now(UTC)), set(flags.split()))
            home.mails.append(made)
            home.next_uid += 1
            self._changed.notify_all()
        return made.uid

    def rebuild(self, folder: str = "INBOX") -> None:
        """As after a restore: a new UIDVALIDITY, and every mail has another number."""
        home = self.folders[folder]
        home.validity += 1
        home.next_uid = 1
        for one in home.mails:
            one.uid = home.next_uid
            home.next_uid += 1

    def fault(self, command: str, answer: str) -> None:
        self.faults.setdefault(command, []).append(answer)

    # --- one visitor

    def serve(self, visitor: Visitor) -> None:
        _Session(self, visitor).run()

    def wait(self, folder: Folder, known: int, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: len(folder.mails) > known, seconds)


class _Session:
    def __init__(self, server: Imap, visitor: Visitor) -> None:
        self.server, self.visitor = server, visitor
        self.is_signed_in = False
        self.folder: Folder | None = None
        self.is_readonly = True
        self.tag = ""
        self.literal = b""

    def run(self) -> None:
        self.visitor.send(self.server.greeting + "\r\n")
        if not self.server.greeting.startswith("* OK"):
            raise Gone
        while True:
            tag, command, rest = self._command()
            self.tag = tag
            shown = "" if command in ("LOGIN", "AUTHENTICATE") else rest
            self.server.said.append(f"{command} {shown}".strip())
            faults = self.server.faults.get(command) or self.server.faults.get(f"{command} {rest}") or []
            if faults:
                answer = faults.pop(0)
                if answer == "drop":
                    raise Gone
                if answer.startswith("*"):
                    # An untagged word of farewell.
                    self.visitor.send(answer + "\r\n")
                    raise Gone
                self.visitor.send(f"{tag} {answer}\r\n")
                continue
            handler = getattr(self, "do_" + command.lower().replace(" ", "_"), None)
            if handler is None:
                self.visitor.send(f"{tag} BAD what is {command}\r\n")
            else:
                answer = handler(rest)
                if answer:
                    self.visitor.send(f"{tag} {answer}\r\n")
            if command == "LOGOUT":
                return

    def _command(self) -> tuple[str, str, str]:
        line = self._whole_line()
        tag, _, rest = line.partition(" ")
        command, _, rest = rest.partition(" ")
        if command.upper() == "UID":
            more, _, rest = rest.partition(" ")
            command = f"UID {more}"
        return tag, command.upper(), rest

    def _whole_line(self) -> str:
        line = self.visitor.line().decode("latin-1")
        while match := re.search(r"\{(\d+)(\+?)\}$", line):
            if not match[2]:
                self.visitor.send("+ go on\r\n")
            self.literal = self.visitor.read(int(match[1]))
            line = line[: match.start()] + "\0" + self.visitor.line().decode("latin-1")
        return line

    def _capabilities(self) -> str:
        known = ["IMAP4rev1", "AUTH=PLAIN", *self.server.extra]
        if not self.visitor.is_secure:
            known.append("LOGINDISABLED")
            if self.server.offers_starttls:
                known.append("STARTTLS")
        return " ".join(known)

    # --- commands for everybody

    def do_capability(self, rest: str) -> str:
        self.visitor.send(f"* CAPABILITY {self._capabilities()}\r\n")
        return "OK done"

    def do_noop(self, rest: str) -> str:
        return "OK done"

    def do_logout(self, rest: str) -> str:
        self.visitor.send("* BYE until next time\r\n")
        return "OK done"

    def do_starttls(self, rest: str) -> str:
        if self.visitor.is_secure or not self.server.offers_starttls:
            return "BAD not here"
        self.visitor.send(f"{self.tag} OK go\r\n".encode() + self.server.injected)
        self.visitor.secure(self.server.context)
        return ""

    def do_login(self, rest: str) -> str:
        user, password = _words(rest)[:2]
        return self._sign_in(user, password)

    def do_authenticate(self, rest: str) -> str:
        self.visitor.send("+ \r\n")
        _, user, password = base64.b64decode(self.visitor.line()).decode().split("\0")
        return self._sign_in(user, password)

    def _sign_in(self, user: str, password: str) -> str:
        if not self.visitor.is_secure:
            return "NO [PRIVACYREQUIRED] not without TLS"
        if self.server.users.get(user) != password:
            return "NO [AUTHENTICATIONFAILED] Authentication failed."
        self.is_signed_in = True
        return f"OK [CAPABILITY {self._capabilities()}] welcome"

    # --- for those who are signed in

    def do_list(self, rest: str) -> str:
        for one in self.server.folders.values():
            self.visitor.send(f'* LIST ({one.flags}) "/" "{_utf7(one.name)}"\r\n')
        return "OK done"

    def do_status(self, rest: str) -> str:
        folder = self._named(_words(rest)[0])
        if folder is None:
            return "NO [NONEXISTENT] no such folder"
        self.visitor.send(
            f'* STATUS "{_utf7(folder.name)}" (MESSAGES {len(folder.mails)} UIDNEXT {folder.next_uid}'
            f" UIDVALIDITY {folder.validity})\r\n"
        )
        return "OK done"

    def do_examine(self, rest: str) -> str:
        return self._open(rest, readonly=True)

    def do_select(self, rest: str) -> str:
        return self._open(rest, readonly=False)

    def _open(self, rest: str, *, readonly: bool) -> str:
        folder = self._named(_words(rest)[0])
        if not self.is_signed_in or folder is None:
            return "NO [NONEXISTENT] no such folder"
        self.folder, self.is_readonly = folder, readonly
        self.visitor.send(
            f"* FLAGS (\\Seen \\Answered)\r\n* {len(folder.mails)} EXISTS\r\n* 0 RECENT\r\n"
            f"* OK [UIDVALIDITY {folder.validity}] valid\r\n* OK [UIDNEXT {folder.next_uid}] next\r\n"
        )
        return f"OK [{'READ-ONLY' if readonly else 'READ-WRITE'}] open"

    def _named(self, name: str) -> Folder | None:
        return next((one for one in self.server.folders.values() if _utf7(one.name) == name), None)

    def do_append(self, rest: str) -> str:
        folder = self._named(_words(rest)[0])
        if folder is None:
            return "NO [TRYCREATE] no such folder"
        flags = re.search(r"\(([^)]*)\)", rest)
        self.server.deliver(self.literal, folder.name, flags=flags[1] if flags else "")
        return "OK kept"

    def do_idle(self, rest: str) -> str:
        assert self.folder is not None
        known = len(self.folder.mails)
        self.visitor.send("+ idling\r\n")
        self.server.idling.set()
        try:
            while True:
                if self.server.wait(self.folder, known, 0.02):
                    known = len(self.folder.mails)
                    self.visitor.send(f"* {known} EXISTS\r\n")
                line = self.visitor.poll(0.02)
                if line is not None:
                    return "OK enough" if line.upper() == b"DONE" else "BAD what"
        finally:
            self.server.idling.clear()

    def do_uid_search(self, rest: str) -> str:
        assert self.folder is not None
        words = _words(rest)
        if words and words[0].upper() == "CHARSET":
            words = words[2:]
        found = [one.uid for one in self.folder.mails if self._matches(one, list(words))]
        self.visitor.send(f"* SEARCH {' '.join(map(str, found))}".rstrip() + "\r\n")
        return "OK done"

    def _matches(self, mail: Stored, words: list[str]) -> bool:
        while words:
            key = words.pop(0).upper()
            if key == "UID":
                good = mail.uid in self._uids(words.pop(0))
            elif key == "SINCE":
                good = mail.arrived.date() >= _day(words.pop(0))
            elif key == "HEADER":
                name, value = words.pop(0), words.pop(0)
                said = " ".join(str(one) for one in message_from_bytes(mail.raw).get_all(name, []))
                good = value.lower() in said.lower()
            else:
                good = key == "ALL"
            if not good:
                return False
        return True

    def _uids(self, text: str) -> set[int]:
        assert self.folder is not None
        highest = max((one.uid for one in self.folder.mails), default=0)
        found: set[int] = set()
        for piece in text.split(","):
            first, _, last = piece.partition(":")
            a, b = (highest if one == "*" else int(one) for one in (first, last or first))
            # By the standard "9:*" means "the last one" where the last one is below 9.
            found |= set(range(min(a, b), max(a, b) + 1))
        return found

    def do_uid_fetch(self, rest: str) -> str:
        assert self.folder is not None
        which, _, items = rest.partition(" ")
        wanted = self._uids(which)
        for number, one in enumerate(self.folder.mails, 1):
            if one.uid not in wanted:
                continue
            if one.uid in self.server.broken_uids and "BODY" in items:
                return "NO [SERVERBUG] Internal error occurred."
            values = list(self._values(one, items.strip("()")))
            self.visitor.send(f"* {number} FETCH (".encode() + b" ".join(values) + b")\r\n")
        return "OK done"

    def _values(self, mail: Stored, items: str) -> Iterator[bytes]:
        for item in re.findall(r"BODY(?:\.PEEK)?\[[^\]]*\](?:<\d+\.\d+>)?|[\w.]+", items):
            if item == "UID":
                yield f"UID {mail.uid}".encode()
            elif item == "FLAGS":
                yield f"FLAGS ({' '.join(sorted(mail.flags))})".encode()
            elif item == "RFC822.SIZE":
                yield f"RFC822.SIZE {len(mail.raw)}".encode()
            elif item == "INTERNALDATE":
                moment = mail.arrived
                shown = f"{moment.day:2d}-{MONTHS[moment.month - 1]}-{moment:%Y %H:%M:%S} +0000"
                yield f'INTERNALDATE "{shown}"'.encode()
            elif item == "BODYSTRUCTURE":
                yield b"BODYSTRUCTURE " + structure(message_from_bytes(mail.raw))
            else:
                if ".PEEK" not in item and not self.is_readonly:
                    mail.flags.add("\\Seen")
                yield body(mail.raw, item)


def _words(text: str) -> list[str]:
    return [
        re.sub(r"\\(.)", r"\1", quoted) if quoted or not plain else plain
        for quoted, plain in re.findall(r'"((?:[^"\\]|\\.)*)"|([^\s"]+)', text)
    ]


def _day(text: str) -> date:
    day, month, year = text.split("-")
    return date(int(year), MONTHS.index(month) + 1, int(day))


def _utf7(name: str) -> str:
    out = ""
    for run in re.findall(r"[\x20-\x7e]+|[^\x20-\x7e]+", name):
        if run.isascii():
            out += run.replace("&", "&-")
        else:
            out += (
                "&" + base64.b64encode(run.encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"
            )
    return out
