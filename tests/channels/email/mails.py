"""Mails as people and programs write them, for the stand-in and the tests."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

SHOP = "shop@rosies.example"


def mail(
    text: str = "Where is my cake?",
    *,
    sender: str = "Marta Weber <marta@mail.example>",
    to: str = SHOP,
    subject: str = "My order",
    message_id: str = "",
    at: datetime | None = None,
    answers: str = "",
    references: str = "",
    html: str = "",
    **headers: str,
) -> EmailMessage:
    """A plain mail; ``headers`` by their names with _ for -. ``answers``: Message-ID of the mail answered."""
    made = EmailMessage()
    made["From"] = sender
    made["To"] = to
    made["Subject"] = subject
    made["Date"] = format_datetime((at or datetime.now(UTC)).astimezone(UTC))
    if message_id:
        made["Message-ID"] = message_id
    if answers:
        made["In-Reply-To"] = answers
    if references or answers:
        made["References"] = references or answers
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    if html:
        made.add_alternative(html, subtype="html")
    return made


def bounce(of: str, *, action: str = "failed", to: str = SHOP, said: str = "550 5.1.1 User unknown") -> bytes:
    """What a mail server returns when a mail of ours could not be delivered (RFC 3464)."""
    return f"""From: Mail Delivery System <MAILER-DAEMON@mx.example>
To: {to}
Subject: Undelivered Mail Returned to Sender
Date: {format_datetime(datetime.now(UTC))}
Message-ID: <report.{abs(hash(of + action))}@mx.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=us-ascii

I could not deliver your mail.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; marta@mail.example
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; {said}

--b1
Content-Type: message/rfc822

From: {to}
To: marta@mail.example
Subject: Re: My order
Message-ID: {of}

So sorry.
--b1--
""".replace("\n", "\r\n").encode()
