"""Addresses of our own: the few that mean something, and all the others."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, strategies as st

from services.deep_link import LONGEST, Target, conversation_address, is_link, profile_mark, read

MARK = profile_mark("0" * 32)


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("shopbell:conversation/12", Target("conversation", 12)),
        ("shopbell://conversation/12/", Target("conversation", 12)),
        ("ShopBell:inbox", Target("inbox")),
        ("shopbell:add-source", Target("add-source")),
        (f"shopbell:inbox?profile={MARK}", Target("inbox", 0, MARK)),
        (conversation_address(7, MARK), Target("conversation", 7, MARK)),
    ],
)
def test_what_an_address_may_say(address: str, target: Target) -> None:
    assert read(address) == target


@pytest.mark.parametrize(
    "address",
    [
        "",
        "shopbell:",
        "shopbell:conversation/",
        "shopbell:conversation/0",
        "shopbell:conversation/-1",
        "shopbell:conversation/012",
        "shopbell:conversation/1\0",
        "shopbell:conversation/1\n",
        "shopbell:conversation/1%00",
        "shopbell:conversation/%31",
        "shopbell:conversation/..%2f..%2f1",
        "shopbell:conversation/../conversation/1",
        "shopbell:conversation/１２",
        "shopbell:conversation/9999999999999999999",
        "shopbell:conversation/1/send",
        "shopbell:conversation/1?profile=../../etc",
        f"shopbell:conversation/1?profile={MARK}&profile={MARK}",
        f"shopbell:conversation/1?profile={MARK.upper()}X",
        "shopbell:conversation/1#reply",
        "shopbell:compose?text=hello",
        "shopbell:reply/1",
        "shopbell:settings",
        "shopbell:INBOX",
        " shopbell:inbox",
        "shopbell:inbox --profile /elsewhere",
        "shopbell:" + "/" * LONGEST,
        "shopbell:conversation/1?profile=" + "0" * 100_000,
        "https://shopbell.example/conversation/1",
        "file:///etc/passwd",
        "javascript:alert(1)",
    ],
)
def test_everything_else_means_nothing(address: str) -> None:
    assert read(address) is None


@given(st.text(alphabet=string.printable + "ſK\0", max_size=200))
def test_whatever_follows_the_scheme_is_read_or_refused(rest: str) -> None:
    target = read("shopbell:" + rest)
    if target is not None:
        assert target.place in ("conversation", "inbox", "add-source")
        assert (target.number > 0) == (target.place == "conversation")


def test_what_claims_to_be_one() -> None:
    assert is_link("SHOPBELL:anything at all")
    assert not is_link("shopbell")
    assert not is_link("https://shopbell:8080")


def test_the_mark_of_a_profile_does_not_give_its_id_away() -> None:
    assert profile_mark("a" * 32) != profile_mark("b" * 32)
    assert len(MARK) == 12
    assert MARK not in "0" * 32
