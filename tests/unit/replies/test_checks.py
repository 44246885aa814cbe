from __future__ import annotations

import pytest

from services.channels.base import Limits
from services.replies.checks import Severity, can_leave, check_reply

NO_LIMIT = Limits()


def kinds(text: str, **more: object) -> list[str]:
    return [check.kind for check in check_reply(text, limits=NO_LIMIT, **more)]  # type: ignore[arg-type]


def test_a_good_reply_has_nothing_to_say() -> None:
    text = "Hi Marta, I am sorry about this. Your refund of 48.00 left us on 24.11.2026, order 1234567."
    assert kinds(text, customer_first_name="Marta") == []


@pytest.mark.parametrize(
    "text", ["Sorry, [What was wrong].", "Hi {first_name}", "Price: ____", "x {blank:When} y"]
)
def test_a_blank_keeps_it_from_leaving(text: str) -> None:
    checks = check_reply(text, limits=NO_LIMIT)
    assert checks[0].kind == "blank"
    assert text[checks[0].start : checks[0].end] == checks[0].value
    assert not can_leave(checks)


def test_a_link_in_brackets_is_no_blank() -> None:
    assert kinds("[our list](https://rosies.example)") == ["link"]


def test_too_long_and_empty() -> None:
    checks = check_reply("x" * 12, limits=Limits(10), prefix="@a ")
    assert [(c.kind, c.value, c.severity) for c in checks] == [("too-long", "5", Severity.STOP)]
    assert not can_leave(check_reply("  \n", limits=NO_LIMIT))


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("Call me on 0171 234 5678 today", "phone", "0171 234 5678"),
        ("Call +49 (0)171-2345678", "phone", "+49 (0)171-2345678"),
        ("Call (415) 555-2671.", "phone", "(415) 555-2671"),
        ("Write to rosie@rosies.example.", "email", "rosie@rosies.example"),
        ("Come to 12 Mill Lane", "address", "12 Mill Lane"),
        ("Komm in die Mühlenstraße 12", "address", "Mühlenstraße 12"),
        ("Your card 4111 1111 1111 1111 was charged", "card", "4111 1111 1111 1111"),
        ("Send it to DE89 3704 0044 0532 0130 00 then", "card", "DE89 3704 0044 0532 0130 00"),
    ],
)
def test_what_everyone_could_read(text: str, kind: str, found: str) -> None:
    checks = check_reply(text, limits=NO_LIMIT)
    assert [(c.kind, c.value) for c in checks] == [(kind, found)]
    assert text[checks[0].start : checks[0].end].strip() == found
    assert can_leave(checks)
    assert check_reply(text, limits=NO_LIMIT, private=True) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Open 6:00-18:00, Tuesday to Sunday",
        "Order 2026-11-24-0001 is ready",
        "It weighs 750 g and costs 7.90",
        "Since 1998 we bake 1,200,000 rolls a year",
        "https://rosies.example/0171234567890",
        "@rosies@social.example",
        "10/12/2026 at 11:30",
    ],
)
def test_what_is_no_phone_number(text: str) -> None:
    assert not {"phone", "email", "address", "card"} & set(kinds(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hi Tom, sorry.", ["other-name"]),
        ("Dear Tom!", ["other-name"]),
        ("Hallo Klara, das tut mir leid", ["other-name"]),
        ("Hi Marta, sorry.", []),
        ("Thank you, Marta.", []),
        ("Thanks so much", []),
        ("Hi there, sorry", []),
        ("Hello everyone", []),
        ("Hi Rosie here", []),
        ("We open at six", []),
    ],
)
def test_greeting_somebody_else(text: str, expected: list[str]) -> None:
    found = kinds(text, customer_first_name="Marta", customer_name="Marta Lindqvist", known_people=["Rosie"])
    assert found == expected


def test_a_stranger_in_a_private_message_would_read_it() -> None:
    text = "@marta@a.example ask @tom@b.example"
    checks = check_reply(text, limits=NO_LIMIT, private=True, customer_handle="@marta@a.example")
    assert [(c.kind, c.value) for c in checks] == [("stranger", "@tom@b.example")]
    assert kinds(text, customer_handle="@marta@a.example") == []


def test_nobody_would_be_told() -> None:
    assert kinds("sorry", needs_mention=True) == ["no-mention"]
    assert kinds("sorry", needs_mention=True, prefix="@marta ") == []


def test_the_most_serious_comes_first() -> None:
    found = kinds("see https://a.example call 0171 234 5678 [When]")
    assert found == ["blank", "phone", "link"]
    assert kinds("WE ARE VERY SORRY ABOUT ALL THIS") == ["shouting"]
