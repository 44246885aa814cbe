"""Mails as they must not be and are. None stops the others, each is shown with what can be read."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from services.channels._email_headers import Head
from services.channels._email_identity import Memory
from services.channels._email_message import Mail, message_of
from services.channels._email_mime import parts_in
from services.channels._email_people import Us
from services.model import Direction, Message
from services.sync.poller import made_safe
from tests.channels.email.conftest import OpenDesk
from tests.channels.email.mails import SHOP, mail

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.eml"))
NOW = datetime(2026, 11, 24, 7, 4, tzinfo=UTC)
US = Us((SHOP,))


def read(raw: bytes, **more: bool) -> Message:
    one = Mail(Head(raw), parts_in(raw), NOW - timedelta(hours=1), ("INBOX", 1, 1), **more)
    return message_of(one, US, Memory({}), NOW)


def corpus(name: str) -> Message:
    return read((Path(__file__).parent / "corpus" / f"{name}.eml").read_bytes())


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_every_one_becomes_a_message(file: Path) -> None:
    message = made_safe(read(file.read_bytes()), NOW)
    assert message.remote_id
    assert message.author.id
    assert message.text.strip()
    assert message.conversation_key
    assert "\0" not in message.text + message.title + message.html
    assert message.sent_at <= NOW
    assert "<script" not in message.html
    assert "javascript:" not in message.html
    assert "<img" not in message.html


def test_all_of_them_in_one_mailbox(open_desk: OpenDesk) -> None:
    desk = open_desk().sign_in()
    for at, file in enumerate(CORPUS):
        desk.standin.deliver(file.read_bytes(), at=datetime.now(UTC) - timedelta(minutes=at))
    desk.standin.deliver(mail("And a good one", message_id="<good@mail.example>"))
    found = desk.look()
    assert len(found) == len({one.remote_id for one in found}) == len(CORPUS) + 1
    assert "<good@mail.example>" in desk.seen
    assert desk.look() == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("nul-bytes", "Where is my cake?"),
        ("eight-bit-head", "Wo ist mein Käse?"),
        ("wrong-charset", "Wo ist mein Käse?"),
        ("unknown-charset", "Wo ist mein Käse?"),
        ("utf16", "Wo ist mein Käse?"),
        ("iso-2022-jp", "ケーキはどこですか"),
        ("no-end", "Where is my cake?"),
        ("no-boundary", "Where is my cake?"),
        ("no-head", "Where is my cake?"),
        ("nested", "Where is my cake?"),
        ("tnef", "Where is my cake?"),
        ("smime-signed", "Where is my cake?"),
        ("bare-carriage-returns", "Where is my cake?"),
        ("flowed", "Where is my cake?"),
        ("empty-plain-part", "My cake was crushed."),
        ("html-only", "My cake was crushed.\n\nhere"),
        ("two-texts", "Before the picture.\n\nAfter the picture."),
        ("rtl", "أين كعكتي؟"),
        ("emoji", "😡😡😡"),
    ],
)
def test_the_words(name: str, text: str) -> None:
    said = made_safe(corpus(name), NOW).text
    assert "\n".join(" ".join(line.split()) for line in said.split("\n")) == text


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("eight-bit-head", "Grüße aus Köln"),
        ("broken-words", "Grüße und mehr mit Leerzeichen"),
        ("iso-2022-jp", "ケーキ"),
        ("rtl", "مرحبا"),
        ("emoji", "🎂"),
    ],
)
def test_the_subject(name: str, title: str) -> None:
    assert corpus(name).title == title


def test_most_of_broken_base64_is_read() -> None:
    assert corpus("broken-base64").text.count("Wo ist mein Käse?") == 2


def test_names_of_files_are_no_paths() -> None:
    (picture,) = corpus("rfc2231-names").attachments
    assert (picture.kind, picture.name, picture.size) == ("image", "Käsekuchen bild.png", 8)
    names = [one.name for one in corpus("path-names").attachments]
    assert len(names) == 3
    assert not any(sign in name for name in names for sign in "/\\\u202e")


def test_a_mail_within_a_mail_is_a_file() -> None:
    message = corpus("mail-in-mail")
    assert "Come and get it" not in message.text
    assert [one.name for one in message.attachments] == ["Your cake is ready.eml"]


@pytest.mark.parametrize("name", ["pgp", "pgp-inline", "smime"])
def test_what_is_encrypted_says_so(name: str) -> None:
    assert "encrypted" in corpus(name).text


def test_a_signature_is_no_file() -> None:
    assert corpus("smime-signed").attachments == ()


def test_ids_within_garbage() -> None:
    message = corpus("ids")
    assert message.remote_id == "<[abc@@x]>"
    assert (message.conversation_key, message.parent_id) == ("<a@x>", "<d@x>")


@pytest.mark.parametrize(
    ("name", "address"), [("group-address", "marta@mail.example"), ("many-froms", "marta@mail.example")]
)
def test_who_wrote(name: str, address: str) -> None:
    assert corpus(name).author.handle == address


@pytest.mark.parametrize("name", ["date-far", "date-garbage", "no-sender"])
def test_a_date_that_cannot_be_is_when_it_arrived(name: str) -> None:
    assert corpus(name).sent_at == NOW - timedelta(hours=1)


HOSTILE = {
    "comments": b"From: " + b"(" * 60_000,
    "quotes": b"From: " + b'"' * 60_000,
    "signs": b"From: " + b"a@" * 30_000,
    "brackets": b"From: " + b"<" * 60_000,
    "routes": b"From: <" + b"@a," * 20_000,
    "date": b"Date: " + b"(" * 60_000,
    "words": b"Subject: " + b"=?utf-8?q?" * 6_000,
    "ids": b"References: " + b"<a@b" * 15_000,
    "parameters": b"Content-Type: text/plain; " + b'a="' * 20_000,
    "pieces": b"Content-Type: text/plain; " + b"".join(b"n*%d*=%%41; " % n for n in range(5_000)),
    "parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 20_000,
    "blockquotes": b"Content-Type: text/html\n\n" + b"<blockquote" * 15_000,
    "divs": b"Content-Type: text/html\n\n" + b"<div id=" * 20_000,
    "metas": b"Content-Type: text/html\n\n" + b"<meta " * 20_000,
    "nested": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3_000)
    ),
    "mails in mails": b"Content-Type: message/rfc822\n\n" * 3_000,
    "base64": b"Content-Transfer-Encoding: base64\n\n" + b"=" * 200_000,
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_heads_and_bodies_built_to_do_harm(raw: bytes) -> None:
    began = time.thread_time()
    message = made_safe(read(raw + (b"" if b"\n\n" in raw else b"\n\nHello\n")), NOW)
    assert message.text.strip()
    assert time.thread_time() - began < 3.0


@given(st.binary(max_size=600))
def test_any_bytes(raw: bytes) -> None:
    message = made_safe(read(raw), NOW)
    assert message.text.strip()
    assert message.direction is Direction.INBOUND


PIECES = (
    b"From: ", b"Subject: ", b"Content-Type: multipart/mixed; boundary=b\n", b"\n", b"--b\n", b"--b--\n",
    b"\n\n",
    b"=?utf-8?q?", b"?=", b"Content-Type: text/html\n", b"<p>", b"Content-Transfer-Encoding: base64\n",
    b"\xff\xfe",
    b"name*0*=", b"x" * 70, b"<a@b>", b"> ", b"Content-Type: message/rfc822\n", b"Message-ID: ", b"\r", b";",
    b"On 1 Nov, x wrote:\n", b"charset=utf-7;",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_any_pieces_of_mail(pieces: list[bytes]) -> None:
    assert made_safe(read(b"".join(pieces)), NOW).remote_id
