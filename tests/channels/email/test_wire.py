"""What IMAP servers answer, and what nobody should have to answer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from services.channels._email_wire import fetched, parts_of


def test_values_in_any_order() -> None:
    (one,) = fetched([
        (b'1 (FLAGS (\\Seen) BODY[] {5}', b"a)\"(b"),
        b' RFC822.SIZE 5 INTERNALDATE "17-Jul-2026 02:44:25 -0700" UID 7)',
    ])  # fmt: skip
    assert (one.uid, one.size, one.bodies) == (7, 5, {"": b'a)"(b'})
    assert one.arrived == datetime(2026, 7, 17, 9, 44, 25, tzinfo=UTC)
    assert one.flags == {"\\seen"}


def test_several_mails_and_several_pieces() -> None:
    found = fetched([
        (b"1 (UID 3 BODY[1.2]<0> {2}", b"xy"), (b" BODY[HEADER] {4}", b"A: b"), b")",
        b"2 (UID 4 BODY[1] NIL)", b'3 (UID 5 BODY[TEXT] "quoted \\"text\\"")', None,
    ])  # fmt: skip
    assert [(one.uid, one.bodies) for one in found] == [
        (3, {"1.2": b"xy", "HEADER": b"A: b"}),
        (4, {}),
        (5, {"TEXT": b'quoted "text"'}),
    ]


def test_news_that_nobody_asked_for_is_left_out() -> None:
    assert fetched([b"4 (FLAGS (\\Seen))", b"garbage", b"((((", b")"]) == []


STRUCTURE = rb"""1 (UID 9 BODYSTRUCTURE (
 ((("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 12 1 NIL NIL NIL NIL)
   ("text" "html" ("charset" "utf-8") NIL NIL "quoted-printable" 40 2) "alternative" ("boundary" "x"))
  ("image" "png" ("name" "logo.png") "<logo@x>" NIL "base64" 780 NIL
   ("inline" ("filename" "logo.png"))) "related")
 ("application" "pdf" ("name*0*" "utf-8''K%C3%A4" "name*1" "se.pdf") NIL NIL "base64" 7800 NIL
  ("attachment" NIL))
 ("message" "rfc822" NIL NIL NIL "7bit" 300 (NIL NIL) ("text" "plain" NIL NIL NIL "7bit" 2 1) 9) "mixed"))"""


def test_a_structure() -> None:
    (one,) = fetched([STRUCTURE])
    parts = parts_of(one.structure)
    assert [(part.section, part.type, part.name, part.size) for part in parts] == [
        ("1.1.1", "text/plain", "", 12),
        ("1.1.2", "text/html", "", 40),
        ("1.2", "image/png", "logo.png", 570),
        ("2", "application/pdf", "Käse.pdf", 5700),
        ("3", "message/rfc822", "", 300),
    ]
    assert parts[0].parameters["alternative"] == parts[1].parameters["alternative"] != ""
    assert [part.disposition for part in parts] == ["", "", "inline", "attachment", ""]


@pytest.mark.parametrize("sign", [b"(", b")", b'"', b"[", b"BODY[", b"UID "])
def test_endless_answers(sign: bytes) -> None:
    for one in fetched([b"1 (UID 1 BODYSTRUCTURE " + sign * 50_000]):
        parts_of(one.structure)


@given(st.lists(st.one_of(st.binary(max_size=40), st.tuples(st.binary(max_size=30), st.binary(max_size=30)))))
def test_any_answer(pieces: list[object]) -> None:
    for one in fetched(pieces):
        parts_of(one.structure)
