"""What is new in a mailbox: the inbox, the junk folder, and the folder of what was sent, each read on from
the last UID, a bounded step at a time.

The cursor: ``folders`` {name: {"validity", "uid", "role"}}, ``looked`` (when the names were last asked for),
``heard`` (time of the last complete look), and what ``_email_identity`` remembers. A UID counts only together
with its folder's UIDVALIDITY (RFC 9051 2.3.1.1): when that changes, the days since shortly before ``heard``
are read again, and the ids of the mails keep them from being counted twice.

Small mails are fetched whole; of large ones only the structure and the parts that can be read.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.channels._email_bounces import bounce_in
from services.channels._email_headers import Head, without_encoding
from services.channels._email_identity import Memory
from services.channels._email_imap import INBOX, Opened, Session, on_server
from services.channels._email_message import Mail, bare, message_of
from services.channels._email_mime import parts_in
from services.channels._email_people import Us
from services.channels._email_wire import Fetched, Part, parts_of
from services.channels.base import Batch, Bounce
from services.clock import iso, parse_iso
from services.errors import BadAnswer, Unreachable
from services.model import JsonObject, Message

log = logging.getLogger(__name__)

STEP = 100
STEP_BYTES = 6_000_000
WHOLE = 200_000
"""Bytes up to which a mail is fetched whole."""
LONGEST_PART = 262_144
LONGEST_HEAD = 65_536
_MOST_TEXT_PARTS = 12
_NAMES_KEEP = timedelta(hours=12)
_ODD = (ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError)
_INBOX, _SENT, _JUNK = "inbox", "sent", "junk"


@dataclass(slots=True)
class _Folder:
    """Where reading one folder stands. ``start`` is set where it has to be found by date first."""

    name: str
    role: str
    validity: int = 0
    uid: int = 0


def step(session: Session, us: Us, cursor: JsonObject, now: datetime, backfill: timedelta) -> Batch:
    """One bounded step; ``more`` while anything is waiting."""
    return _Look(session, us, cursor, now, backfill).step()


class _Look:
    def __init__(
        self, session: Session, us: Us, cursor: JsonObject, now: datetime, backfill: timedelta
    ) -> None:
        self.session, self.us, self.now, self.backfill = session, us, now, backfill
        self.memory = Memory(cursor)
        self.heard = _time(cursor.get("heard"))
        self.looked = _time(cursor.get("looked"))
        self.folders = _folders(cursor.get("folders"))
        self.messages: dict[str, Message] = {}
        self.bounces: dict[str, Bounce] = {}
        self.room = STEP
        self.bytes_left = STEP_BYTES

    def step(self) -> Batch:
        self._find_folders()
        more = False
        for folder in self.folders:
            if self.room <= 0 or self.bytes_left <= 0:
                more = True
                break
            more = self._read(folder) or more
        if not more:
            self.heard = self.now if self.heard is None or self.messages or self._is_a_while() else self.heard
        found = sorted(self.messages.values(), key=lambda one: (one.sent_at, one.remote_id))
        return Batch(tuple(found), cursor=self._cursor(), more=more, bounces=tuple(self.bounces.values()))

    def _is_a_while(self) -> bool:
        """The time is only needed to the day; a cursor that stays the same costs no writing."""
        return self.heard is not None and self.now - self.heard > timedelta(hours=6)

    def _cursor(self) -> dict[str, Any]:
        return {
            "folders": {
                one.name: {"role": one.role, "validity": one.validity, "uid": one.uid} for one in self.folders
            },
            "looked": iso(self.looked) if self.looked else "",
            "heard": iso(self.heard) if self.heard else "",
            **self.memory.state,
        }

    # --- which folders

    def _find_folders(self) -> None:
        is_fresh = self.looked is not None and timedelta(0) <= self.now - self.looked < _NAMES_KEEP
        if self.folders and is_fresh:
            return
        names = self.session.folders()
        known = {one.name: one for one in self.folders}
        wanted = [(INBOX, _INBOX), (names.sent, _SENT), (names.junk, _JUNK)]
        self.folders = [known.get(name) or _Folder(name, role) for name, role in wanted if name]
        self.looked = self.now

    # --- one folder

    def _read(self, folder: _Folder) -> bool:
        """Reads on; true when there is more in it."""
        if self._is_unchanged(folder):
            return False
        opened = self.session.examine(folder.name)
        if opened is None:
            # Renamed or gone: the names are asked for again next time.
            self.looked = None
            return False
        if folder.validity != opened.validity:
            folder.validity, folder.uid = opened.validity, 0
        waiting = self._waiting(folder, opened)
        taken = self._take(folder, waiting)
        if len(taken) < len(waiting):
            folder.uid = taken[-1]
            return True
        # Also above what is there: a UID is never used again under the same UIDVALIDITY.
        folder.uid = max([opened.next_uid - 1, folder.uid, *waiting])
        return False

    def _is_unchanged(self, folder: _Folder) -> bool:
        if not folder.uid:
            return False
        told = self.session.status(folder.name)
        return told is not None and told.validity == folder.validity and told.next_uid - 1 <= folder.uid

    def _waiting(self, folder: _Folder, opened: Opened) -> list[int]:
        """UIDs not read yet, rising."""
        if folder.uid:
            if opened.next_uid and opened.next_uid - 1 <= folder.uid:
                return []
            # "n:*" names the last mail even where its number is below n.
            return [one for one in self.session.search("UID", f"{folder.uid + 1}:*") if one > folder.uid]
        if not opened.count:
            return []
        since = (self.heard or self.now) - self.backfill
        return self.session.search("SINCE", on_server(since.date()))

    def _take(self, folder: _Folder, waiting: Sequence[int]) -> list[int]:
        """The UIDs of this step; at least one where any is waiting."""
        chosen = list(waiting[: self.room])
        sizes = {one.uid: one for one in self.session.fetch(chosen, "UID RFC822.SIZE INTERNALDATE")}
        small: list[int] = []
        taken: list[int] = []
        for uid in chosen:
            known = sizes.get(uid)
            cost = min(known.size, WHOLE) if known else 0
            if taken and cost > self.bytes_left:
                break
            self.bytes_left -= cost
            taken.append(uid)
            if known is not None and known.size <= WHOLE:
                small.append(uid)
        self._keep_whole(folder, small, sizes)
        for uid in taken:
            known = sizes.get(uid)
            if known is not None and known.size > WHOLE:
                self._keep(folder, known, *large_mail(self.session, known))
        self.room -= len(taken)
        return taken

    def _keep_whole(self, folder: _Folder, uids: Sequence[int], sizes: dict[int, Fetched]) -> None:
        for some in _shares(uids, sizes):
            for uid, raw in whole_mails(self.session, some).items():
                self._keep(folder, sizes[uid], Head(raw), parts_in(raw))

    def _keep(self, folder: _Folder, known: Fetched, head: Head, parts: Sequence[Part]) -> None:
        mail = Mail(
            head=head,
            parts=parts,
            arrived=known.arrived,
            place=(folder.name, folder.validity, known.uid),
            in_sent=folder.role == _SENT,
            in_junk=folder.role == _JUNK,
        )
        try:
            message = message_of(mail, self.us, self.memory, self.now)
            bounce = None if mail.in_sent else bounce_in(head, parts, self.us)
        except _ODD:
            # One mail that nobody foresaw does not stop the others, and is not passed over in silence.
            log.info("a mail of %d bytes could not be taken apart", known.size)
            message, bounce = message_of(bare(mail), self.us, self.memory, self.now), None
        if message.remote_id not in self.messages:
            self.messages[message.remote_id] = message
        if bounce is not None:
            self.bounces[bounce.remote_id] = bounce


def whole_mails(session: Session, uids: Sequence[int]) -> dict[int, bytes]:
    """UID -> mail. One that the server cannot hand out does not keep the others back; of it comes the head,
    or nothing but its place."""
    try:
        return {one.uid: one.bodies.get("", b"") for one in session.fetch(uids, "UID BODY.PEEK[]")}
    except (BadAnswer, Unreachable) as error:
        if isinstance(error, Unreachable) and error.reason != "server":
            raise
    found: dict[int, bytes] = {}
    for uid in uids:
        for items, section in (("BODY.PEEK[]", ""), ("BODY.PEEK[HEADER]", "HEADER")):
            try:
                for one in session.fetch([uid], f"UID {items}"):
                    found.setdefault(uid, one.bodies.get(section, b""))
            except (BadAnswer, Unreachable) as error:
                if isinstance(error, Unreachable) and error.reason != "server":
                    raise
                continue
            break
        else:
            found[uid] = b""
    return found


def _shares(uids: Sequence[int], sizes: dict[int, Fetched]) -> Iterable[list[int]]:
    """So many that one answer stays well below what is held at once."""
    share: list[int] = []
    size = 0
    for uid in uids:
        share.append(uid)
        size += sizes[uid].size
        if size > 1_000_000 or len(share) >= STEP:
            yield share
            share, size = [], 0
    if share:
        yield share


def large_mail(session: Session, known: Fetched) -> tuple[Head, list[Part]]:
    """Head and parts of a mail whose files stay where they are."""
    items = f"UID BODYSTRUCTURE BODY.PEEK[HEADER]<0.{LONGEST_HEAD}>"
    try:
        found = session.fetch([known.uid], items)
    except BadAnswer:
        # Some servers choke on their own structure of a broken mail: its beginning has the words.
        found = []
    if not found or not parts_of(found[0].structure):
        return _beginning(session, known)
    head = Head(found[0].bodies.get("HEADER", b""))
    parts = parts_of(found[0].structure)
    wanted = [one for one in parts if one.is_text or one.type == "message/delivery-status"][:_MOST_TEXT_PARTS]
    if wanted:
        names = " ".join(f"BODY.PEEK[{one.section}]<0.{LONGEST_PART}>" for one in wanted)
        for one in session.fetch([known.uid], f"UID {names}"):
            for part in wanted:
                raw = one.bodies.get(part.section)
                part.body = None if raw is None else without_encoding(raw, part.encoding)
    return head, parts


def _beginning(session: Session, known: Fetched) -> tuple[Head, list[Part]]:
    raw = b""
    for one in session.fetch([known.uid], f"UID BODY.PEEK[]<0.{LONGEST_PART}>"):
        raw = one.bodies.get("", b"")
    return Head(raw), parts_in(raw)


def newest(
    session: Session, us: Us, folder: tuple[str, bool], uids: Sequence[int], now: datetime
) -> list[Message]:
    """Messages of these UIDs in an open folder, for re-reading a thread; ``folder``: name, is it Sent."""
    memory = Memory({})
    found = []
    for known in session.fetch(uids, "UID RFC822.SIZE INTERNALDATE"):
        if known.size <= WHOLE:
            raw = whole_mails(session, [known.uid]).get(known.uid, b"")
            head, parts = Head(raw), parts_in(raw)
        else:
            head, parts = large_mail(session, known)
        mail = Mail(head, parts, known.arrived, (folder[0], 0, known.uid), in_sent=folder[1])
        found.append(message_of(mail, us, memory, now))
    return found


def _time(value: object) -> datetime | None:
    try:
        return parse_iso(value) if isinstance(value, str) and value else None
    except ValueError:
        return None


def _folders(value: object) -> list[_Folder]:
    found = []
    for name, state in value.items() if isinstance(value, dict) else ():
        if isinstance(state, dict):
            numbers = [state.get(key) for key in ("validity", "uid")]
            validity, uid = (one if isinstance(one, int) else 0 for one in numbers)
            found.append(_Folder(str(name), str(state.get("role", _INBOX)), validity, uid))
    return found
