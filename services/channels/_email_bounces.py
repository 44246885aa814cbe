"""Mails that say a mail of ours did not arrive. Which one is told by its Message-ID alone, and only ids made
here count.

RFC 3464 (delivery reports), RFC 3462 (their parts); Exim, qmail and Exchange have older shapes of their own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.channels._email_headers import Head, eight_bit
from services.channels._email_identity import is_own_id
from services.channels._email_people import Us
from services.channels._email_wire import Part
from services.channels.base import Bounce

_FAILED = re.compile(r"^Action:\s*failed\b", re.IGNORECASE | re.MULTILINE)
_ACTION = re.compile(r"^Action:\s*(\w+)", re.IGNORECASE | re.MULTILINE)
_DIAGNOSIS = re.compile(
    r"^Diagnostic-Code:\s*(?:[\w-]+\s*;)?\s*(.+(?:\n[ \t]+.+)*)", re.IGNORECASE | re.MULTILINE
)
_STATUS = re.compile(r"^Status:\s*([245]\.\d{1,3}\.\d{1,3})", re.IGNORECASE | re.MULTILINE)
_RECIPIENT = re.compile(
    r"^(?:Final|Original)-Recipient:\s*(?:[\w-]+\s*;)?\s*(\S+)", re.IGNORECASE | re.MULTILINE
)
_OWN_ID = re.compile(r"<shopbell\.[0-9a-f]{40}@[^<>\s]+>")
_DAEMON = re.compile(
    r"(?:mailer-daemon|postmaster|mail-daemon|mdaemon|bounce|microsoftexchange)", re.IGNORECASE
)
_SUBJECT = re.compile(
    r"undeliver|undelivered|delivery (?:status|fail|has fail|incomplete)|returned mail"
    r"|failure notice|mail delivery"
    r"|unzustellbar|nicht zugestellt|non remis|non distribu|no se puede entregar|mancata consegna"
    r"|n[ãa]o entregue",
    re.IGNORECASE,
)
_WAITS = re.compile(r"\b(?:delay(?:ed)?|will retry|still being retried|verz[öo]gert)\b", re.IGNORECASE)
_SMTP = re.compile(r"^.{0,200}\b5\d\d[ -](?:#?5\.\d{1,3}\.\d{1,3}\b)?.*$", re.MULTILINE)
_LARGEST = 100_000
_LONGEST = 400


def bounce_in(head: Head, parts: Sequence[Part], us: Us) -> Bounce | None:
    """The reply of ours that came back. None for anything else, also for "still trying"."""
    report = "".join(_text(one) for one in parts if one.type in _REPORTS)
    if report:
        actions = {one.lower() for one in _ACTION.findall(report)}
        if actions and "failed" not in actions:
            return None
    elif not _looks_like_one(head):
        return None
    original = _original(head, parts)
    if not original:
        return None
    said = _diagnosis(report) or _quoted_answer(parts)
    if not report and not said and _WAITS.search(head.text("Subject")):
        return None
    return Bounce(original, " ".join(said.split())[:_LONGEST])


_REPORTS = frozenset({"message/delivery-status", "message/global-delivery-status"})


def _looks_like_one(head: Head) -> bool:
    if head.has("X-Failed-Recipients"):
        return True
    senders = [address for _, address in head.addresses("From")]
    is_daemon = any(_DAEMON.match(one) for one in senders) or head.raw("Return-Path").strip() == "<>"
    return is_daemon and bool(_SUBJECT.search(head.text("Subject")))


def _original(head: Head, parts: Sequence[Part]) -> str:
    """In the returned mail or its head, else anywhere in the text, else in what the report answers."""
    for part in parts:
        if part.type in ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"):
            for one in Head(part.body or b"").ids("Message-ID"):
                if is_own_id(one):
                    return one
    for part in parts:
        found = _OWN_ID.search(_text(part))
        if found:
            return found[0]
    named = (*head.ids("In-Reply-To"), *head.ids("References")[::-1], *head.ids("X-Original-Message-ID"))
    return next((one for one in named if is_own_id(one)), "")


def _text(part: Part) -> str:
    return eight_bit((part.body or b"")[:_LARGEST]).replace("\r\n", "\n")


def _diagnosis(report: str) -> str:
    for block in re.split(r"\n\s*\n", report):
        if _FAILED.search(block):
            said = _DIAGNOSIS.search(block) or _STATUS.search(block)
            whom = _RECIPIENT.search(block)
            return " ".join(one for one in (whom[1] if whom else "", said[1] if said else "") if one)
    return ""


def _quoted_answer(parts: Sequence[Part]) -> str:
    """The line with the server's answer, in reports that are prose."""
    for part in parts:
        if part.type.startswith("text/"):
            found = _SMTP.search(_text(part))
            if found:
                return found[0]
    return ""
