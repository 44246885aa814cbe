"""Answers leave once, to the right person, with the marks that tie them to what they answer."""

from __future__ import annotations

import json
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from services.channels._email_copies import Copies
from services.channels.email import LARGEST_REPLY
from services.errors import (
    NotAllowed,
    RateLimited,
    Refused,
    SignInNeeded,
    Unclear,
    Unreachable,
)
from services.model import Message
from tests.channels.email.conftest import OpenDesk
from tests.channels.email.desk import Desk
from tests.channels.email.mails import SHOP, mail


@pytest.fixture
def asked(desk: Desk) -> Message:
    return desk.hear(
        mail(message_id="<q@mail.example>", subject="AW: Re: Tisch für zwei", references="<r@mail.example>")
    )


def read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)  # type: ignore[return-value, arg-type]


def only(desk: Desk) -> EmailMessage:
    (taken,) = desk.standin.taken
    return read(taken.raw)


def words(answer: EmailMessage) -> str:
    return str(answer.get_content()).replace("\r\n", "\n").rstrip("\n")


def in_sent(desk: Desk) -> list[bytes]:
    return [one.raw for one in desk.imap.folders["Sent"].mails]


def test_the_head_of_an_answer(desk: Desk, asked: Message) -> None:
    sent = desk.channel(our_name="Rosie's Bäckerei").send(desk.reply_to(asked, "Gern! 🎂"))
    answer = only(desk)
    assert desk.standin.taken[0].recipients == ("marta@mail.example",)
    assert answer["To"] == "Marta Weber <marta@mail.example>"
    assert answer["From"].addresses[0].addr_spec == SHOP
    assert answer["From"].addresses[0].display_name == "Rosie's Bäckerei"
    assert answer["Subject"] == "Re: Tisch für zwei"
    assert answer["In-Reply-To"] == "<q@mail.example>"
    assert answer["References"].split() == ["<r@mail.example>", "<q@mail.example>"]
    assert answer["Message-ID"] == sent.remote_id
    assert answer["Date"].datetime == sent.sent_at
    assert answer["Cc"] is None
    assert answer["Bcc"] is None
    assert answer.get_content().strip() == "Gern! 🎂"
    assert answer.get_content_type() == "text/plain"


def test_a_copy_lies_among_what_was_sent(desk: Desk, asked: Message) -> None:
    sent = desk.channel().send(desk.reply_to(asked))
    (copy,) = in_sent(desk)
    assert read(copy)["Message-ID"] == sent.remote_id
    assert desk.imap.folders["Sent"].mails[0].flags == {"\\Seen"}
    (heard,) = desk.look()
    assert (heard.remote_id, heard.parent_id, heard.text.strip()) == (
        sent.remote_id, asked.remote_id, "So sorry.",
    )  # fmt: skip


def test_no_second_copy_where_the_provider_keeps_one(desk: Desk, asked: Message) -> None:
    """As Gmail does: it is there before we look."""
    reply = desk.reply_to(asked)
    desk.channel().send(reply)
    (copy,) = in_sent(desk)
    desk.channel().send(reply)
    assert in_sent(desk) == [copy]


def test_the_same_id_at_every_attempt(desk: Desk, asked: Message) -> None:
    reply = desk.reply_to(asked)
    one, other = desk.channel().send(reply), desk.channel().send(reply)
    assert one.remote_id == other.remote_id
    assert reply.key not in one.remote_id
    assert desk.channel().send(desk.reply_to(asked, key="another")).remote_id != one.remote_id


TEXTS = {
    "right to left": "مرحبا، متى تفتحون؟",
    "emoji": "🎂🎂🎂",
    "long": "a" * 10_000,
    "points": "line\n.\n..two\n. three",
    "from": "From the oven\r\nto you",
    "long lines": "x" * 998 + "\n" + "y" * 3000,
    "like a quote": "> not a quote of ours\n-- \nRosie",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_arrives_as_it_was_written(desk: Desk, asked: Message, text: str) -> None:
    desk.channel().send(desk.reply_to(asked, text))
    assert words(only(desk)) == text.replace("\r\n", "\n")
    assert max(len(line) for line in desk.standin.taken[0].raw.split(b"\r\n")) <= 998
    (heard,) = desk.look()
    assert heard.text.rstrip("\n") == text.replace("\r\n", "\n")


def test_nothing_gets_into_the_head_through_names_and_subjects(desk: Desk) -> None:
    asked = desk.hear(
        b"From: =?utf-8?q?Eve=0D=0ABcc:_all=40mail.example?= <eve@mail.example>\r\n"
        b"Subject: =?utf-8?q?Hi=0D=0ABcc:_all=40mail.example?=\r\nMessage-ID: <e@mail.example>\r\n\r\nHello"
    )
    desk.channel(our_name="Rosie\r\nBcc: all@mail.example").send(desk.reply_to(asked))
    assert desk.standin.taken[0].recipients == ("eve@mail.example",)
    assert only(desk)["Bcc"] is None
    assert b"\r\nBcc" not in desk.standin.taken[0].raw


def test_the_answer_goes_where_the_writer_asked(desk: Desk) -> None:
    asked = desk.hear(mail(message_id="<q@mail.example>", Reply_To="Marta <at-home@mail.example>"))
    desk.channel().send(desk.reply_to(asked))
    assert desk.standin.taken[0].recipients == ("at-home@mail.example",)


def test_others_named_in_the_mail_get_nothing(desk: Desk) -> None:
    asked = desk.hear(
        mail(message_id="<q@mail.example>", to=f"{SHOP}, boss@mail.example", Cc="all@mail.example")
    )
    desk.channel().send(desk.reply_to(asked))
    assert desk.standin.taken[0].recipients == ("marta@mail.example",)


def test_ids_against_the_rules_are_kept_as_they_are(desk: Desk) -> None:
    asked = desk.hear(
        b"From: a@mail.example\r\nSubject: Hi\r\nMessage-ID: <[abc@@x]>\r\nReferences: <"
        + b"y" * 300
        + b"@z>\r\n\r\nHi"
    )
    desk.channel().send(desk.reply_to(asked))
    raw = desk.standin.taken[0].raw
    assert b"In-Reply-To: <[abc@@x]>\r\n" in raw
    assert b"<" + b"y" * 300 + b"@z>" in raw


def test_an_answer_too_long_is_refused_before_it_leaves(desk: Desk, asked: Message) -> None:
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(asked, "ä" * (LARGEST_REPLY // 2 + 5)))
    assert caught.value.reason == "too-long"
    assert caught.value.detail["over"] == 10
    assert desk.standin.taken == []
    assert desk.channel().limits().max_bytes == LARGEST_REPLY


def test_a_mail_without_a_writer_cannot_be_answered(desk: Desk) -> None:
    asked = desk.hear(b"Subject: Hi\r\nMessage-ID: <n@mail.example>\r\n\r\nHello\r\n")
    assert (asked.can_reply, asked.why_not) == (False, "no-address")
    with pytest.raises(Refused):
        desk.channel().send(desk.reply_to(asked))
    assert desk.standin.taken == []


# --- what goes wrong


@pytest.mark.parametrize("fault", ["drop", "take-and-drop"])
def test_a_connection_lost_after_the_end_is_unclear(desk: Desk, asked: Message, fault: str) -> None:
    desk.smtp.fault("end", fault)
    with pytest.raises(Unclear):
        desk.channel().send(desk.reply_to(asked))
    found = desk.channel().find_sent(desk.reply_to(asked))
    assert (found.sent, found.is_absent) == (None, False), "not being there proves nothing"


@pytest.mark.parametrize("stage", ["ehlo", "auth", "mail", "rcpt", "data"])
def test_a_connection_lost_before_the_end_sent_nothing(desk: Desk, asked: Message, stage: str) -> None:
    desk.smtp.fault(stage, "drop")
    with pytest.raises(Unreachable) as caught:
        desk.channel().send(desk.reply_to(asked))
    assert caught.value.sent is False
    assert desk.standin.taken == []
    desk.channel().send(desk.reply_to(asked))
    assert len(desk.standin.taken) == 1


def test_a_connection_lost_amid_the_text_is_never_called_sent(desk: Desk, asked: Message) -> None:
    """What the system has taken over may have arrived whole."""
    desk.smtp.fault("text", "drop")
    with pytest.raises((Unclear, Unreachable)) as caught:
        desk.channel().send(desk.reply_to(asked))
    assert isinstance(caught.value, Unclear) or not caught.value.sent
    assert desk.standin.taken == []


@pytest.mark.parametrize(
    ("stage", "answer", "error", "reason"),
    [
        ("mail", "452 4.3.1 Insufficient system storage", Unreachable, "server"),
        ("rcpt", "450 4.2.0 Greylisted, see you", RateLimited, "sending"),
        ("end", "421 4.7.0 Try again later", RateLimited, "sending"),
        ("end", "451 4.3.0 Local error", Unreachable, "server"),
        ("mail", "421 4.7.0 Too many messages", RateLimited, "sending"),
        ("rcpt", "550 5.1.1 No such user", Refused, "no-such-recipient"),
        ("end", "554 5.7.1 Looks like spam", Refused, "spam"),
        ("mail", "552 5.3.4 Too big", Refused, "too-long"),
        ("mail", "553 5.7.1 Sender address rejected: not owned by user", Refused, "rejected"),
        ("auth", "535 5.7.8 Bad credentials", SignInNeeded, "wrong-password"),
        ("auth", "534 5.7.9 Application-specific password required", SignInNeeded, "app-password"),
        ("auth", "550 5.7.30 Basic authentication is not supported", SignInNeeded, "password-not-accepted"),
        ("auth", "535 5.7.139 basic authentication is disabled", SignInNeeded, "password-not-accepted"),
        ("auth", "454 4.7.0 Temporary authentication failure", Unreachable, "server"),
    ],
)
def test_what_a_server_refuses(
    desk: Desk, asked: Message, stage: str, answer: str, error: type[Exception], reason: str
) -> None:
    desk.smtp.fault(stage, answer)
    with pytest.raises(error) as caught:
        desk.channel().send(desk.reply_to(asked))
    assert caught.value.reason == reason  # type: ignore[attr-defined]
    assert getattr(caught.value, "sent", False) is False
    assert desk.standin.taken == []


def test_a_pause_of_so_many_minutes_has_its_end(desk: Desk, asked: Message) -> None:
    desk.smtp.fault("rcpt", "450 4.2.0 Greylisted, try again in 5 minutes")
    with pytest.raises(RateLimited) as caught:
        desk.channel().send(desk.reply_to(asked))
    assert caught.value.until is not None
    assert 290 < (caught.value.until - desk.clock.now()).total_seconds() <= 300


def test_a_server_where_nobody_may_sign_in(open_desk: OpenDesk) -> None:
    desk = open_desk()
    for _ in range(2):
        desk.smtp.fault("ehlo", "250 mail.rosies.example")
    with pytest.raises(NotAllowed) as caught:
        desk.channel().identify()
    assert caught.value.reason == "no-sign-in"


def test_addresses_beyond_ascii(desk: Desk) -> None:
    asked = desk.hear("From: Jörg <jörg@mail.example>\r\nMessage-ID: <j@mail.example>\r\n\r\nHallo".encode())
    assert asked.author.handle == "jörg@mail.example"
    desk.channel().send(desk.reply_to(asked))
    assert desk.standin.taken[0].recipients == ("jörg@mail.example",)
    desk.smtp.offers_utf8 = False
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(asked))
    assert caught.value.reason == "international-address"


# --- the copy


@pytest.mark.parametrize("fault", ["NO [OVERQUOTA] full", "drop"])
def test_a_copy_that_cannot_be_kept_never_sends_twice(desk: Desk, asked: Message, fault: str) -> None:
    desk.imap.fault("APPEND", fault)
    sent = desk.channel().send(desk.reply_to(asked))
    assert len(desk.standin.taken) == 1
    assert in_sent(desk) == []
    heard = [one.remote_id for one in desk.look()]
    assert len(in_sent(desk)) == 1, "the next look puts it there"
    assert heard in ([sent.remote_id], [])
    desk.look()
    assert len(in_sent(desk)) == 1
    assert len(desk.standin.taken) == 1


def test_a_copy_that_waits_outlives_the_program(desk: Desk, asked: Message) -> None:
    for _ in range(2):
        desk.imap.fault("APPEND", "NO [OVERQUOTA] full")
    desk.channel().send(desk.reply_to(asked))
    desk.look()
    (kept,) = desk.cursor["copies"]
    assert in_sent(desk) == []
    # As after a restart: nothing is known but the cursor.
    copies, key = Copies(), desk.channel()._mailbox.key
    copies.remember(key, json.loads(json.dumps([kept, None, {"id": 5}])))
    copies.remember(key, [kept])
    assert [one["id"] for one in copies.kept(key)] == [kept["id"]]
    with desk.channel()._signed_in(20.0) as session:
        copies.put(key, session)
    assert copies.kept(key) == []
    (copy,) = in_sent(desk)
    assert read(copy)["Message-ID"] == kept["id"]
    desk.look()
    assert "copies" not in desk.cursor
    assert len(in_sent(desk)) == 1, "it was there already"
    assert len(desk.standin.taken) == 1


def test_without_a_folder_for_sent_mail_it_is_sent_all_the_same(open_desk: OpenDesk) -> None:
    desk = open_desk()
    del desk.imap.folders["Sent"]
    desk.sign_in()
    desk.channel().send(desk.reply_to(desk.hear(mail(message_id="<q@mail.example>"))))
    assert len(desk.standin.taken) == 1


# --- what became of it


def test_found_among_what_was_sent(desk: Desk, asked: Message) -> None:
    reply = desk.reply_to(asked)
    sent = desk.channel().send(reply)
    found = desk.channel().find_sent(reply)
    assert found.sent is not None
    assert (found.sent.remote_id, found.sent.sent_at) == (sent.remote_id, sent.sent_at)


def test_found_because_somebody_answered_it(desk: Desk, asked: Message) -> None:
    reply = desk.reply_to(asked)
    desk.smtp.fault("end", "take-and-drop")
    with pytest.raises(Unclear):
        desk.channel().send(reply)
    own = read(desk.standin.taken[0].raw)["Message-ID"]
    desk.hear(mail("Thank you", message_id="<t@mail.example>", answers=str(own)))
    found = desk.channel().find_sent(reply)
    assert found.sent is not None
    assert found.sent.remote_id == own


def test_a_customers_mail_that_went_meanwhile_is_answered_all_the_same(desk: Desk, asked: Message) -> None:
    desk.imap.folders["INBOX"].mails.clear()
    desk.channel().send(desk.reply_to(asked))
    assert only(desk)["In-Reply-To"] == "<q@mail.example>"


def test_the_thread_is_read_again(desk: Desk, asked: Message) -> None:
    from services.channels.base import ThreadRef

    desk.channel().send(desk.reply_to(asked))
    desk.standin.deliver(mail("And?", message_id="<again@mail.example>", answers="<q@mail.example>"))
    desk.standin.deliver(
        mail("Unrelated", message_id="<other@mail.example>", subject="AW: Re: Tisch für zwei")
    )
    known = ThreadRef(asked.conversation_key, (asked.remote_id,), asked.remote_id, asked.reply_context)
    found: dict[str, Any] = {one.remote_id: one for one in desk.channel().thread(known)}
    assert len(found) == 3
    assert {"<q@mail.example>", "<again@mail.example>"} <= set(found)


def test_the_name_that_was_used_before(open_desk: OpenDesk) -> None:
    desk = open_desk(empty=False)
    identity = desk.channel().identify()
    assert identity.name == "Rosie's Bakery"
    assert identity.handle == SHOP


def test_an_answer_never_goes_to_ourselves(desk: Desk) -> None:
    ours = desk.hear(
        mail("Hello", sender=SHOP, to="marta@mail.example", message_id="<o@rosies.example>"), "Sent"
    )
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(ours))
    assert caught.value.reason == "no-address"
    assert desk.standin.taken == []
