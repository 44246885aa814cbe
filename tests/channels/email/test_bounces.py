"""Which reply came back, out of the many shapes in which servers say so."""

from __future__ import annotations

import pytest

from services.channels._email_bounces import bounce_in
from services.channels._email_headers import Head
from services.channels._email_identity import own_id
from services.channels._email_mime import parts_in
from services.channels._email_people import Us
from services.channels.base import Bounce
from tests.channels.email.mails import SHOP, bounce

OWN = own_id("a key", "rosies.example")

EXIM = f"""From: Mail Delivery System <Mailer-Daemon@mx.example>
To: {SHOP}
Subject: Mail delivery failed: returning message to sender
X-Failed-Recipients: marta@mail.example
Auto-Submitted: auto-replied

This message was created automatically by mail delivery software.

  marta@mail.example
    host mx.mail.example [192.0.2.1]
    SMTP error from remote mail server after RCPT TO:
    550 5.1.1 <marta@mail.example>: no such user here

------ This is a copy of your message, including all the headers. ------

From: {SHOP}
Message-ID: {OWN}

So sorry.
"""
QMAIL = f"""Return-Path: <>
From: MAILER-DAEMON@mx.example
To: {SHOP}
Subject: failure notice

Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.

<marta@mail.example>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Message-ID: {OWN}
From: {SHOP}

So sorry.
"""
EXCHANGE = f"""From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@mail.example>
To: {SHOP}
Subject: Undeliverable: Re: My order
In-Reply-To: {OWN}
References: {OWN}
Content-Type: text/html

<p>Your message to marta@mail.example couldn't be delivered.</p>
"""
HEAD_ONLY = f"""From: postmaster@mx.example
To: {SHOP}
Subject: Delivery Status Notification (Failure)
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; marta@mail.example
Action: failed
Status: 5.2.2
--b
Content-Type: text/rfc822-headers

From: {SHOP}
Message-ID: {OWN}
--b--
"""
RETURNED = {"exim": EXIM, "qmail": QMAIL, "exchange": EXCHANGE, "head only": HEAD_ONLY}


def found(raw: bytes) -> Bounce | None:
    return bounce_in(Head(raw), parts_in(raw), Us((SHOP,)))


@pytest.mark.parametrize("text", RETURNED.values(), ids=RETURNED)
def test_it_names_our_reply(text: str) -> None:
    told = found(text.encode())
    assert told is not None
    assert told.remote_id == OWN


@pytest.mark.parametrize(
    ("text", "said"),
    [(EXIM, "550 5.1.1 <marta@mail.example>: no such user here"), (HEAD_ONLY, "marta@mail.example 5.2.2")],
    ids=["exim", "head only"],
)
def test_what_the_server_said(text: str, said: str) -> None:
    told = found(text.encode())
    assert told is not None
    assert told.detail == said


NOT_RETURNED = {
    "of somebody else": EXIM.replace(OWN, "<other@elsewhere.example>"),
    "by a customer": QMAIL.replace("MAILER-DAEMON@mx.example", "marta@mail.example").replace(
        "Return-Path: <>\n", ""
    ),
    "an answer": EXCHANGE.replace("Undeliverable: ", "").replace("MicrosoftExchange", "marta"),
}


@pytest.mark.parametrize("text", NOT_RETURNED.values(), ids=NOT_RETURNED)
def test_what_is_none(text: str) -> None:
    assert found(text.encode()) is None


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_news_on_the_way_is_none(action: str) -> None:
    assert found(bounce(OWN, action=action)) is None
    assert found(bounce(OWN)) is not None
