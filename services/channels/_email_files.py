"""A file that came with a mail, fetched when the owner asks for it, piece by piece."""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator
from typing import BinaryIO

from services.channels._email_headers import Head, unbase64
from services.channels._email_imap import INBOX, Session
from services.channels._email_message import text_of_context
from services.channels._email_mime import parts_in
from services.channels._email_poll import whole_mails
from services.errors import BadAnswer, Refused, Unreachable
from services.model import Attachment, JsonObject

PIECE = 1_048_576
_SECTION = re.compile(r"\d+(?:\.\d+)*")


def save(
    session: Session, message_id: str, attachment: Attachment, reply_context: JsonObject, into: BinaryIO
) -> None:
    """Writes the file's bytes. Raises Refused("gone") where the mail or the file is no longer there."""
    uid = _find(session, message_id, reply_context)
    part = attachment.part
    if part.startswith("w"):
        raw = whole_mails(session, [uid]).get(uid, b"")
        for one in parts_in(raw):
            if one.section == part and one.body is not None:
                into.write(one.body)
                return
        raise Refused("gone")
    if _SECTION.fullmatch(part) is None:
        raise Refused("gone")
    encoding = _encoding(session, uid, part)
    for piece in _decoded(_pieces(session, uid, part), encoding):
        into.write(piece)


def _find(session: Session, message_id: str, context: JsonObject) -> int:
    """Opens the folder the mail is in and returns its UID."""
    plain_id = text_of_context(context, "message_id")
    place = context.get("place")
    if isinstance(place, list) and len(place) == 3:
        folder, validity, uid = place
        opened = session.examine(str(folder))
        if opened is not None and opened.validity == validity and isinstance(uid, int):
            return uid
    elif plain_id or message_id.startswith("<"):
        names = session.folders()
        for folder in (INBOX, names.junk, names.sent):
            if folder and session.examine(folder) is not None:
                for uid in session.search_header("Message-ID", plain_id or message_id)[:1]:
                    return uid
    raise Refused("gone")


def _encoding(session: Session, uid: int, part: str) -> str:
    """Of the part. A mail that is nothing but the file has it in its own head."""
    section = f"{part}.MIME"
    for one in session.fetch([uid], f"UID BODY.PEEK[{section}] BODY.PEEK[HEADER]"):
        for name in (section, "HEADER"):
            told = Head(one.bodies.get(name, b"")).raw("Content-Transfer-Encoding").strip().lower()
            if told:
                return told
    return ""


def _pieces(session: Session, uid: int, part: str) -> Iterator[bytes]:
    at = 0
    while True:
        found = session.fetch([uid], f"UID BODY.PEEK[{part}]<{at}.{PIECE}>")
        piece = next((one.bodies[part] for one in found if part in one.bodies), None)
        if piece is None:
            if at == 0:
                raise Refused("gone")
            raise Unreachable("reset")
        if len(piece) > PIECE:
            # A server that does not cut hands out everything at once.
            if at:
                raise BadAnswer("command")
            yield piece
            return
        if piece:
            yield piece
        if len(piece) < PIECE:
            return
        at += len(piece)


def _decoded(pieces: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    if encoding == "base64":
        rest = b""
        for piece in pieces:
            clean = rest + re.sub(rb"[^A-Za-z0-9+/]", b"", piece)
            whole = len(clean) - len(clean) % 4
            rest = clean[whole:]
            yield unbase64(clean[:whole])
        yield unbase64(rest)
    elif encoding == "quoted-printable":
        # Rare for files, and a piece may end within an escape: all at once.
        yield quopri.decodestring(b"".join(pieces))
    else:
        yield from pieces
