"""A reply as a mail: written, handed to the mail server once, and a copy kept in the folder of what was sent.

RFC 5322 (the mail), 5321 (SMTP), 6409 (submission), 8098. What decides about "sent or not" is the end of
DATA: before its last line left nothing was taken; after it only the server knows.

One answer goes to one person: the one who asked for it, never to others named in the mail (no Cc, no Bcc).
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from services.channels._email_connect import smtp_client, smtp_refusal
from services.channels._email_identity import own_id
from services.channels._email_imap import INBOX, Session, on_server
from services.channels._email_message import shortened, text_of_context
from services.channels._email_places import Mailbox, Place
from services.channels.base import Reply
from services.errors import (
    ChannelError,
    NotAllowed,
    RateLimited,
    Refused,
    Unclear,
    Unreachable,
)

if TYPE_CHECKING:
    from email.message import EmailMessage

    from services.channels.web import Web

log = logging.getLogger(__name__)

SEND_S = 90.0
LARGEST = 100_000
"""Bytes of one reply. No server refuses so little, and nobody types more."""


# --- the mail


def mail_of(reply: Reply, mailbox: Mailbox, name: str, moment: datetime) -> EmailMessage:
    """The same mail at every attempt but for its date. Raises Refused where it could go nowhere."""
    from email.headerregistry import Address
    from email.message import EmailMessage
    from email.policy import SMTP
    from email.utils import format_datetime

    to = text_of_context(reply.reply_context, "to") or reply.parent_author_handle
    if "@" not in to or to.lower() == mailbox.address:
        # An answer to a mail of our own would come back to us, and the customer would wait.
        raise Refused("no-address")
    if not reply.text.strip():
        raise Refused("empty")
    size = len(reply.text.encode("utf-8", "replace"))
    if size > LARGEST:
        raise Refused("too-long", over=size - LARGEST, limit=LARGEST)
    mail = EmailMessage(policy=SMTP)
    try:
        mail["From"] = Address(_one_line(name), *_two_halves(mailbox.address))
        to_name = _one_line(text_of_context(reply.reply_context, "to_name"))
        mail["To"] = Address(to_name, *_two_halves(_one_line(to)))
    except (ValueError, IndexError, TypeError, UnicodeError):
        raise Refused("no-address") from None
    mail["Subject"] = subject_of(text_of_context(reply.reply_context, "subject"))
    mail["Date"] = format_datetime(moment.astimezone(UTC))
    mail["Message-ID"] = own_id(reply.key, ascii_domain(mailbox.address).rpartition("@")[2])
    _answer(mail, reply)
    mail.set_content(reply.text.encode("utf-8", "replace").decode("utf-8"))
    return mail


def _two_halves(address: str) -> tuple[str, str]:
    local, _, domain = ascii_domain(address).rpartition("@")
    return local, domain


def _answer(mail: EmailMessage, reply: Reply) -> None:
    context = reply.reply_context
    parent = text_of_context(context, "message_id")
    if not parent or not parent.isascii():
        return
    listed = context.get("references")
    chain = [str(one) for one in listed] if isinstance(listed, list) else []
    whole = [one for one in shortened([*(one for one in chain if one != parent), parent]) if one.isascii()]
    # Set past the policy: it would rewrite, or choke on, ids that are not by the rules, and then they would
    # not be those of the mail that is answered.
    fields: list[tuple[str, str]] = mail._headers  # type: ignore[attr-defined]
    fields.append(("In-Reply-To", _one_line(parent)))
    fields.append(("References", "\r\n ".join(_one_line(one) for one in whole)))


def subject_of(asked: str) -> str:
    """``Re:`` once, whatever stands there already in whichever language."""
    clean = _one_line(asked)
    stripped = re.sub(
        r"^(?:\s*(?:re|aw|antw|sv|vs|odp|r|res|rif)(?:\[\d+\]|\(\d+\))?\s?:\s*)+", "", clean, flags=re.I
    )
    return f"Re: {stripped}" if stripped else "Re:"


def ascii_domain(address: str) -> str:
    """An address whose domain every server understands. Raises UnicodeError for an impossible one."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain if domain.isascii() else domain.encode('idna').decode('ascii')}"


def _one_line(text: str) -> str:
    """What goes into a head field never ends it."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:900]


# --- handing it over


@dataclass(frozen=True, slots=True)
class _Envelope:
    sender: str
    to: str
    data: bytes
    options: tuple[str, ...]


def deliver(web: Web, mailbox: Mailbox, password: str, mail: EmailMessage, now: datetime) -> None:
    """Returns when the server has taken it. Raises Unclear when that is not known, Refused when it never
    will, and Unreachable(sent=False), RateLimited, SignInNeeded or NotAllowed when nothing left."""
    place = mailbox.smtp
    asked = _Progress()
    try:
        with smtp_client(web, place, mailbox.ca_file, SEND_S) as (client, _):
            smtp_sign_in(client, mailbox.user, password, place)
            envelope = _envelope(client, mailbox, mail)
            _transaction(client, envelope, place, asked, now)
            asked.is_taken = True
            _leave(client)
    except Unreachable as error:
        if asked.is_taken:
            return
        if asked.is_complete and not asked.is_answered:
            raise Unclear(error.reason, host=place.host) from None
        raise Unreachable(error.reason, sent=False, host=place.host) from None
    except ChannelError as error:
        if asked.is_taken:
            return
        if asked.is_complete and not asked.is_answered:
            raise Unclear(error.reason, host=place.host) from None
        raise


@dataclass(slots=True)
class _Progress:
    """``is_complete``: the line that ends the mail may have left; ``is_answered``: the server said no to it
    all the same; ``is_taken``: it said yes."""

    is_complete: bool = False
    is_answered: bool = False
    is_taken: bool = False


def smtp_sign_in(client: Any, user: str, password: str, place: Place) -> None:
    """One attempt in one way: the library would try a wrong password in each way there is, and servers count.
    RFC 4616 (PLAIN, in UTF-8); LOGIN for the few that have nothing else."""
    ways = str(client.esmtp_features.get("auth", "")).upper().split()
    if "PLAIN" in ways:
        token = _base64(f"\0{user}\0{password}")
        code, said = client.docmd("AUTH", f"PLAIN {token}")
    elif "LOGIN" in ways:
        code, said = client.docmd("AUTH", f"LOGIN {_base64(user)}")
        if code == 334:
            code, said = client.docmd(_base64(password))
    else:
        raise NotAllowed("no-sign-in", permission="mail:send", host=place.host)
    if code not in (235, 503):
        raise smtp_refusal(code, _said(said), place.host)


def _base64(text: str) -> str:
    import base64

    return base64.b64encode(text.encode()).decode("ascii")


def _envelope(client: Any, mailbox: Mailbox, mail: EmailMessage) -> _Envelope:
    sender = ascii_domain(mailbox.address)
    to = str(mail["To"].addresses[0].addr_spec)
    is_international = not (sender.isascii() and to.isascii())
    if is_international and not client.has_extn("smtputf8"):
        raise Refused("international-address")
    options = ("SMTPUTF8", "BODY=8BITMIME") if is_international else ()
    return _Envelope(sender, to, bytes_of(mail), options)


def _transaction(client: Any, envelope: _Envelope, place: Place, asked: _Progress, now: datetime) -> None:
    code, said = client.mail(envelope.sender, envelope.options)
    _expect(code, said, (250,), place, now)
    code, said = client.rcpt(envelope.to)
    _expect(code, said, (250, 251), place, now, about_recipient=True)
    code, said = client.docmd("DATA")
    _expect(code, said, (354,), place, now)
    body = re.sub(rb"(?m)^\.", b"..", envelope.data)
    client.send(body if body.endswith(b"\r\n") else body + b"\r\n")
    # Until here nothing is complete, and an incomplete mail is thrown away (RFC 5321 4.1.1.4).
    asked.is_complete = True
    client.send(b".\r\n")
    code, said = client.getreply()
    asked.is_answered = code >= 400
    _expect(code, said, (250,), place, now, about_text=True)


def _expect(
    code: int,
    said: object,
    good: tuple[int, ...],
    place: Place,
    now: datetime,
    *,
    about_recipient: bool = False,
    about_text: bool = False,
) -> None:
    if code in good:
        return
    words = _said(said)
    if 400 <= code < 500:
        raise _later(code, words, place, now)
    if code in (530, 535):
        raise smtp_refusal(code, words, place.host)
    if code == 552 or "5.3.4" in words:
        raise Refused("too-long", said=words[:200])
    if about_recipient:
        raise Refused("no-such-recipient", said=words[:200], status=code)
    if about_text and code in (550, 554, 571):
        raise Refused("spam", said=words[:200], status=code)
    raise Refused("rejected", said=words[:200], status=code)


def _later(code: int, words: str, place: Place, now: datetime) -> ChannelError:
    """421, 450, 451, 452: not now. Some say for how long."""
    named = re.search(r"(\d{1,4})\s*(sec|min|hour)", words, re.IGNORECASE)
    if named:
        unit = {"s": 1, "m": 60, "h": 3600}[named[2][0].lower()]
        return RateLimited(
            now + timedelta(seconds=min(int(named[1]) * unit, 86_400)), "sending", host=place.host
        )
    is_pause = code == 421 or re.search(
        r"4\.7\.\d|rate|too many|too fast|limit|greylist", words, re.IGNORECASE
    )
    return RateLimited(None, "sending", host=place.host) if is_pause else Unreachable("server", sent=False)


def _said(answer: object) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)


def _leave(client: Any) -> None:
    """The mail is taken; what happens while saying goodbye does not matter."""
    import smtplib
    from contextlib import suppress

    with suppress(OSError, smtplib.SMTPException):
        client.docmd("QUIT")


def bytes_of(mail: EmailMessage) -> bytes:
    """As it leaves. Only addresses beyond ASCII make a head beyond ASCII (RFC 6532)."""
    from email.policy import SMTP, SMTPUTF8

    is_international = not all(str(mail[name].addresses[0].addr_spec).isascii() for name in ("From", "To"))
    # What stands in the head is not folded anew: long ids would come out as encoded words.
    policy = (SMTPUTF8 if is_international else SMTP).clone(refold_source="none")
    return bytes(mail.as_bytes(policy=policy))


# --- what became of it


def since(moment: datetime) -> tuple[str, str]:
    """Only the last days are looked through: some servers read every head for such a question."""
    return ("SINCE", on_server((moment - timedelta(days=2)).date()))


def sent_at_of(session: Session, message_id: str, started: datetime) -> datetime | None:
    """When the mail with this id was sent, None where no trace of it is found: it is among what was sent, or
    somebody answered it. ``started``: when it was first tried."""
    lately = since(started)
    sent = session.folders().sent
    if sent and session.examine(sent) is not None:
        for uid in session.search_header("Message-ID", message_id, *lately)[-1:]:
            for one in session.fetch([uid], "UID INTERNALDATE BODY.PEEK[HEADER.FIELDS (DATE)]"):
                return _date_in(one.bodies) or one.arrived
    if session.examine(INBOX) is not None:
        for name in ("In-Reply-To", "References"):
            for uid in session.search_header(name, message_id, *lately)[:1]:
                for one in session.fetch([uid], "UID INTERNALDATE"):
                    return one.arrived
    return None


def _date_in(bodies: dict[str, bytes]) -> datetime | None:
    for raw in bodies.values():
        value = raw.decode("ascii", "replace").partition(":")[2].strip()
        try:
            return parsedate_to_datetime(value).astimezone(UTC)
        except (ValueError, TypeError, IndexError):
            continue
    return None
