"""One signed-in IMAP connection: folders, looking, fetching, keeping a copy of what was sent, waiting for
news. Nothing here changes a mail: folders are opened with EXAMINE and read with BODY.PEEK.

RFC 9051 (IMAP4), 6154 (special-use folders), 2177 (IDLE). imap-tools on top of ``imaplib`` knows the folders,
their encoded names, and APPEND.
"""

from __future__ import annotations

import re
import select
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from services.channels._email_connect import Line, imap_client, login_refusal, refusal
from services.channels._email_places import Mailbox
from services.channels._email_wire import Fetched, fetched
from services.errors import BadAnswer, SignInNeeded

if TYPE_CHECKING:
    from services.channels.web import Web

INBOX = "INBOX"
RENEW_S = 9 * 60.0
"""Routers on the way forget silent connections; RFC 2177 asks for a renewal within 29 minutes."""
_LOOK_S = 0.5
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SENT_NAMES = re.compile(
    r"(?:sent|sent (?:mail|items|messages)|gesendet(?:e (?:objekte|elemente|nachrichten|mails))?"
    r"|envoy[ée]s?|(?:[ée]l[ée]ments|messages) envoy[ée]s|enviados?|(?:elementos|mensajes|itens"
    r"|mensagens) enviad[oa]s"
    r"|inviat[aie]|posta inviata|verzonden(?: (?:items|berichten))?|skickat|sendt)",
    re.IGNORECASE,
)
_JUNK_NAMES = re.compile(
    r"(?:junk|junk[- ]?(?:e-?)?mail|spam|bulk|unerw[üu]nscht(?:e (?:werbung|mails))?|spamverdacht"
    r"|ind[ée]sirables?|courrier ind[ée]sirable|pourriel|correo no deseado|posta indesiderata"
    r"|lixo eletr[ôo]nico)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Folders:
    """Names as people read them; empty where there is none. ``inbox`` is always INBOX."""

    sent: str = ""
    junk: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """A folder as EXAMINE describes it. ``next_uid`` 0 where the server does not say."""

    validity: int
    next_uid: int
    count: int


class Session:
    def __init__(self, box: Any, line: Line) -> None:
        self._box = box
        self._client: Any = box.client
        self._line = line
        self._opened = ""

    @property
    def host(self) -> str:
        return self._line.place.host

    def can(self, capability: str) -> bool:
        return capability.upper() in self._client.capabilities

    # --- folders

    def folders(self) -> Folders:
        """By their special use, else by their names in six languages, the shortest path first."""
        sent = junk = ""
        found = sorted(self._box.folder.list(), key=lambda one: (one.name.count(one.delim or "/"), one.name))
        for one in found:
            flags = {str(flag).lower() for flag in one.flags}
            if "\\noselect" in flags or "\\nonexistent" in flags:
                continue
            sent = sent or (one.name if "\\sent" in flags else "")
            junk = junk or (one.name if flags & {"\\junk", "\\spam"} else "")
        for one in found:
            last = one.name.rpartition(one.delim or "/")[2] or one.name
            if "\\noselect" in {str(flag).lower() for flag in one.flags}:
                continue
            sent = sent or (one.name if _SENT_NAMES.fullmatch(last) else "")
            junk = junk or (one.name if _JUNK_NAMES.fullmatch(last) else "")
        return Folders(sent, junk)

    def status(self, folder: str) -> Opened | None:
        """Without opening it; None where the server does not tell."""
        from imap_tools.errors import ImapToolsError

        try:
            told = self._box.folder.status(folder, ("MESSAGES", "UIDNEXT", "UIDVALIDITY"))
        except self._client.abort:
            raise
        except (ImapToolsError, self._client.error):
            return None
        if "UIDNEXT" not in told or "UIDVALIDITY" not in told:
            return None
        return Opened(told["UIDVALIDITY"], told["UIDNEXT"], told.get("MESSAGES", 0))

    def examine(self, folder: str) -> Opened | None:
        """Opens it for reading only. None: there is no such folder (any more)."""
        from imap_tools.errors import ImapToolsError

        # Kept by the library until asked for; what belongs to the folder before must not be read as
        # this one's.
        self._client.untagged_responses.clear()
        try:
            self._box.folder.set(folder, readonly=True)
        except ImapToolsError as error:
            self._opened = ""
            said = str(error)
            if folder == INBOX or "[NOPERM]" in said.upper():
                raise refusal(said, self.host) from None
            return None
        self._opened = folder
        return Opened(self._number("UIDVALIDITY"), self._number("UIDNEXT"), self._number("EXISTS"))

    def _number(self, name: str) -> int:
        _, values = self._client.response(name)
        found = re.search(rb"\d+", values[-1]) if values and isinstance(values[-1], bytes) else None
        return int(found[0]) if found else 0

    # --- looking and fetching

    def search(self, *criteria: str) -> list[int]:
        """UIDs in the open folder, rising. Text in ``criteria`` is quoted by the caller."""
        data = self._uid("SEARCH", *criteria)
        words = b" ".join(one for one in data if isinstance(one, bytes)).split()
        return sorted({int(one) for one in words if one.isdigit()})

    def search_header(self, name: str, value: str, *more: str) -> list[int]:
        """Where the head field contains ``value``. Empty too where the server cannot search so."""
        try:
            return self.search(*more, "HEADER", name, quoted(value))
        except BadAnswer:
            return []

    def fetch(self, uids: Iterable[int], items: str) -> list[Fetched]:
        wanted = sorted(set(uids))
        if not wanted:
            return []
        data = self._uid("FETCH", ranges(wanted), f"({items})")
        asked = set(wanted)
        return sorted((one for one in fetched(data) if one.uid in asked), key=lambda one: one.uid)

    def _uid(self, command: str, *arguments: str) -> list[Any]:
        try:
            kind, data = self._client.uid(command, *arguments)
        except self._client.abort:
            raise
        except self._client.error as error:
            raise refusal(str(error), self.host) from None
        if kind != "OK":
            raise refusal(_joined(data), self.host)
        return list(data)

    # --- what was sent

    def append(self, folder: str, mail: bytes, moment: datetime) -> None:
        self._box.append(mail, folder, dt=moment, flag_set=["\\Seen"])

    # --- news

    def wait(self, stopping: threading.Event, seconds: float) -> bool:
        """IDLE in the open folder: true as soon as a mail came, false when the time is over."""
        deadline = time.monotonic() + seconds
        self._box.idle.start()
        try:
            while not stopping.is_set() and time.monotonic() < deadline:
                if self._is_readable(_LOOK_S):
                    line = self._client.readline()
                    if not line:
                        raise self._client.abort("socket error: EOF")
                    if re.match(rb"\* \d+ (?:EXISTS|RECENT)\b", line, re.IGNORECASE):
                        return True
                    if line.upper().startswith(b"* BYE"):
                        raise self._client.abort("socket error: EOF")
        finally:
            with suppress(OSError, self._client.error):
                self._client.send(b"DONE\r\n")
        return False

    def _is_readable(self, seconds: float) -> bool:
        """Bytes may wait in the reader, in the TLS layer or in the socket; only the last wakes ``select``."""
        sock = self._client.sock
        before = sock.gettimeout()
        sock.settimeout(0)
        try:
            if self._client.file.peek(1):
                return True
        except (BlockingIOError, OSError) as error:
            if not _would_block(error):
                raise
        finally:
            sock.settimeout(before)
        readable, _, _ = select.select([sock], [], [], seconds)
        return bool(readable)


def _would_block(error: OSError) -> bool:
    import ssl

    return isinstance(error, BlockingIOError | ssl.SSLWantReadError | ssl.SSLWantWriteError)


def _joined(data: Sequence[Any]) -> str:
    return b" ".join(one for one in data if isinstance(one, bytes)).decode("utf-8", "replace")


def quoted(value: str) -> str:
    """As a quoted string; signs that cannot stand there end it, which finds more rather than less."""
    clean = re.split(r"[\r\n\0]|[^\x20-\x7e]", value)[0]
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"') + '"'


def on_server(day: date) -> str:
    """``06-Nov-2026``, whatever the language of this computer."""
    return f"{day.day:02d}-{_MONTHS[day.month - 1]}-{day.year:04d}"


def ranges(uids: Sequence[int]) -> str:
    """``1:3,7`` out of rising numbers."""
    parts: list[list[int]] = []
    for uid in uids:
        if parts and uid == parts[-1][1] + 1:
            parts[-1][1] = uid
        else:
            parts.append([uid, uid])
    return ",".join(str(a) if a == b else f"{a}:{b}" for a, b in parts)


@contextmanager
def signed_in(web: Web, mailbox: Mailbox, password: str, seconds: float) -> Iterator[Session]:
    """Raises SignInNeeded when the password is not accepted, and the other errors of the way."""
    with imap_client(web, mailbox.imap, mailbox.ca_file, seconds) as (client, line):
        box = _box_type()(client)
        try:
            _sign_in(box, client, mailbox.user, password)
            yield Session(box, line)
            with suppress(client.error, OSError):
                client.logout()
        except tool_errors() as error:
            raise refusal(str(error), line.place.host) from None


@cache
def tool_errors() -> type[Exception]:
    """What a server's NO or BAD raises within ``signed_in``, which turns it into one of ours at its end."""
    from imap_tools.errors import ImapToolsError

    return ImapToolsError


@cache
def _box_type() -> Any:
    from imap_tools import BaseMailBox

    class Box(BaseMailBox):
        """imap-tools on a connection that is there already."""

        def __init__(self, client: Any) -> None:
            self._given = client
            super().__init__()

        def _get_mailbox_client(self) -> Any:
            return self._given

    return Box


def _sign_in(box: Any, client: Any, user: str, password: str) -> None:
    if any(sign in user + password for sign in "\r\n\0"):
        raise SignInNeeded("wrong-password")
    capabilities = client.capabilities
    is_plain = (user + password).isascii() and "LOGINDISABLED" not in capabilities
    try:
        if is_plain:
            box.login(user, password, initial_folder=None)
        else:
            box.login_utf8(user, password, initial_folder=None)
    except client.abort:
        raise
    except (tool_errors(), client.error) as error:
        raise login_refusal(str(error), client.host) from None
    # What a server can do may only be told to those who are signed in.
    kind, data = client.capability()
    if kind == "OK" and data and isinstance(data[-1], bytes):
        client.capabilities = tuple(data[-1].decode("ascii", "replace").upper().split())
