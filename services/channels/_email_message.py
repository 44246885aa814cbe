"""A mail to a message: who, what is new in it, what it answers, how to answer it. No network.

A conversation is held together by Message-IDs alone: its key is the oldest id that ``References`` names, its
parent the one that is answered (RFC 5322 3.6.4). Never by the subject: two customers who write "Question"
are two customers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.channels._email_headers import Head
from services.channels._email_identity import Memory, is_own_id
from services.channels._email_mime import Body, body_of
from services.channels._email_people import Origin, Us, origin_of
from services.channels._email_quotes import as_html, folded
from services.channels._email_wire import Part
from services.model import NOTHING, Author, Direction, JsonObject, Message, MessageKind

_FORWARD = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|i)\s*:", re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?=\b|-)", re.IGNORECASE)
_MOST_REFERENCES = 20
_LONGEST_TEXT = 100_000
_CLOCKS_DIFFER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it was fetched. ``place``: folder, its UIDVALIDITY and the UID, for those that have no id
    to be found by."""

    head: Head
    parts: Sequence[Part]
    arrived: datetime | None
    place: tuple[str, int, int]
    in_sent: bool = False
    in_junk: bool = False


def bare(mail: Mail) -> Mail:
    """The same without its contents: sender, subject and a note that it could not be read."""
    names = ("From", "Reply-To", "To", "Date", "Subject", "Message-ID")
    lines = "".join(f"{name}: {mail.head.raw(name)[:500]}\r\n" for name in names if mail.head.has(name))
    note = Part("", "text/plain", charset="utf-8", body=_note("mail-unreadable").encode())
    return replace(mail, head=Head(lines.encode("utf-8", "replace")), parts=(note,))


def message_of(mail: Mail, us: Us, memory: Memory, now: datetime) -> Message:
    head = mail.head
    body = body_of(mail.parts)
    remote_id = memory.name(head, body.text or body.html, mail.arrived)
    origin = origin_of(head, us, in_sent=mail.in_sent)
    subject = head.text("Subject")
    text, html = _words(body, subject, is_from_here=is_own_id(remote_id))
    parent, key = _place_in_thread(head, remote_id, origin, subject)
    return Message(
        remote_id=remote_id,
        kind=MessageKind.EMAIL,
        direction=Direction.OUTBOUND if origin.is_outbound else Direction.INBOUND,
        author=_author(origin),
        text=text if _says_something(text) or body.attachments else _instead(mail, subject),
        sent_at=_moment(head, mail.arrived, now),
        conversation_key=key,
        html=html,
        parent_id=parent,
        title=subject,
        private=True,
        language=_language(head),
        attachments=body.attachments,
        reply_context=_reply_context(mail, origin, remote_id),
        can_reply=origin.is_outbound or origin.answer_to is not None,
        why_not="" if origin.is_outbound or origin.answer_to is not None else "no-address",
        is_automatic=origin.is_automatic,
        # What answers a mail of ours is from somebody we wrote to.
        is_junk=mail.in_junk and not is_own_id(parent),
    )


def _note(key: str) -> str:
    from services.words_accounts import NOTES

    return NOTES[key]


def _says_something(text: str) -> bool:
    from services.sanitize import clean_text

    return bool(text.strip()) and bool(clean_text(text))


def _instead(mail: Mail, subject: str) -> str:
    """What is shown where there is no text: the subject says it, or nothing does."""
    if _says_something(subject):
        return subject
    return _note("mail-empty" if mail.parts else "mail-unreadable")


def _words(body: Body, subject: str, *, is_from_here: bool) -> tuple[str, str]:
    if body.is_sealed:
        return "\n\n".join(one for one in (_note("mail-sealed"), body.text.strip()) if one), ""
    if is_from_here:
        # Sent from here: exactly as it was written, so that it is recognised.
        return body.text, ""
    new, rest = folded(body.text, subject)
    html = body.html or (as_html(new, rest) if rest else "")
    if len(new) > _LONGEST_TEXT and not html:
        html = as_html(new[:_LONGEST_TEXT], new[_LONGEST_TEXT:])
    return new, html


def _author(origin: Origin) -> Author:
    one = origin.writer
    return Author(id=one.address or "unknown", name=one.name or one.address or "?", handle=one.address)


def _moment(head: Head, arrived: datetime | None, now: datetime) -> datetime:
    """When it was written, as far as that can be true: nothing is read before it arrived, and what a wrong
    clock dates days later did not take days."""
    written = head.moment()
    latest = (arrived or now) + timedelta(minutes=5)
    if written is None or written > latest:
        return (arrived or now).astimezone(UTC)
    if arrived is not None and arrived - written > timedelta(days=30) and written.year < 2000:
        return arrived
    return written


def _place_in_thread(head: Head, remote_id: str, origin: Origin, subject: str) -> tuple[str, str]:
    """(parent, key). A mail of ours that hands something on, or was sent by a program, answers nobody."""
    if origin.is_outbound and (origin.is_automatic or _FORWARD.match(subject)):
        return "", remote_id
    references, answered = head.ids("References"), head.ids("In-Reply-To")
    own = set(head.ids("Message-ID"))
    chain = [one for one in (*references, *answered) if one not in own]
    if not chain:
        return "", remote_id
    direct = [one for one in answered if one not in own]
    return (direct[0] if direct else chain[-1]), chain[0]


def _reply_context(mail: Mail, origin: Origin, remote_id: str) -> JsonObject:
    head = mail.head
    own = head.ids("Message-ID")
    found: dict[str, Any] = {"subject": head.text("Subject")[:500]}
    if origin.answer_to is not None and not origin.is_outbound:
        found |= {"to": origin.answer_to.address, "to_name": origin.answer_to.name[:200]}
    if own:
        chain = list(dict.fromkeys((*head.ids("References"), *head.ids("In-Reply-To"), own[0])))
        found |= {"message_id": own[0], "references": shortened(chain)}
    if mail.arrived is not None:
        found["day"] = (mail.arrived - _CLOCKS_DIFFER).date().isoformat()
    if remote_id not in own:
        folder, validity, uid = mail.place
        found["place"] = [folder, validity, uid]
    return found or NOTHING


def shortened(chain: Sequence[str]) -> list[str]:
    """The first id and the last ones: long threads would make heads that servers refuse."""
    if len(chain) <= _MOST_REFERENCES:
        return list(chain)
    return [chain[0], *chain[-(_MOST_REFERENCES - 1) :]]


def _language(head: Head) -> str:
    found = _LANGUAGE.match(head.raw("Content-Language"))
    return found[0].lower() if found else ""


def text_of_context(context: Mapping[str, Any], name: str) -> str:
    value = context.get(name)
    return value if isinstance(value, str) else ""
