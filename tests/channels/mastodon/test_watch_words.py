"""Words that are watched: posts that talk about the shop without talking to it, where it finds them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.channels.base import Batch
from tests.channels.mastodon.conftest import OpenDesk
from tests.channels.mastodon.desk import FLAVOURS, Desk, only

WORDS = "rosies bakery, gaga"


def open_watch(open_desk: OpenDesk, flavour: str = "mastodon") -> Desk:
    return open_desk(flavour).sign_in(watch=WORDS)


def say(desk: Desk, text: str, who: str = "theo@supper.example", **more: object) -> str:
    return str(desk.shop.say(who, text, mention=False, **more).id)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_posts_with_the_words_are_heard_once_and_without_holes(open_desk: OpenDesk, flavour: str) -> None:
    desk = open_watch(open_desk, flavour)
    hour = timedelta(hours=1)
    say(desk, "rosies bakery, long ago", at=desk.clock.now() - timedelta(days=20))
    first = [say(desk, f"Rosies bakery {n}", at=desk.clock.now() - n * hour) for n in range(1, 60)]
    assert sorted(m.remote_id for m in desk.look()) == sorted(first)
    say(desk, "rosies are red, bakery closed")
    later = [say(desk, f"at rosies bakery {n}") for n in range(60)]
    desk.clock.advance(minutes=6)
    assert sorted(m.remote_id for m in desk.look()) == sorted(later)
    desk.clock.advance(minutes=6)
    assert desk.look() == []


def test_the_first_look_for_new_words_is_quiet(open_desk: OpenDesk) -> None:
    desk = open_desk().sign_in()
    desk.look()
    say(desk, "rosies bakery was closed")
    desk.sign_in(watch=WORDS)
    steps: list[Batch] = []
    while not steps or steps[-1].more:
        steps.append(desk.step())
    assert [one.live for one in steps if one.messages] == [False]


def test_a_post_that_also_mentions_us_is_one_message(open_desk: OpenDesk) -> None:
    desk = open_watch(open_desk)
    desk.look()
    status = desk.shop.say("marta", "rosies bakery is late again")
    desk.clock.advance(minutes=6)
    message = only(desk.look())
    assert message.remote_id == status.id
    assert message.can_reply


def test_our_own_words_are_no_news(open_desk: OpenDesk) -> None:
    desk = open_watch(open_desk)
    desk.look()
    desk.shop.post_as_shop("Rosies bakery opens at seven")
    desk.clock.advance(minutes=6)
    assert desk.look() == []


def test_searches_keep_a_human_pace(open_desk: OpenDesk) -> None:
    desk = open_watch(open_desk)
    desk.look()
    before = sum("/api/v2/search" in one for one in desk.paths())
    for _ in range(3):
        desk.clock.advance(minutes=1)
        desk.look()
    assert sum("/api/v2/search" in one for one in desk.paths()) == before


def test_a_search_that_is_refused_holds_nothing_up(open_desk: OpenDesk) -> None:
    desk = open_watch(open_desk)
    desk.look()
    desk.shop.fault("status", "/api/v2/search", status=403, times=50)
    desk.shop.say("marta", "Hello there")
    desk.clock.advance(minutes=6)
    assert only(desk.look()).text.endswith("Hello there")


def test_a_server_that_searches_no_words_says_so_while_adding(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.shop.post_as_shop("Today we bake wonderful croissants")
    desk.sign_in(watch=WORDS)
    assert desk.settings["note"] != "no-word-search", "nobody said the words, but the search finds our own"
    desk.shop.fault(
        "body",
        "/api/v2/search",
        body=b'{"accounts": [], "statuses": [], "hashtags": []}',
        content_type="application/json",
        times=50,
    )
    desk.sign_in(watch=WORDS)
    assert desk.settings["note"] == "no-word-search"
