"""A feed account over its life: first look, news, edits, moves and faults."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from services.errors import BadAnswer, ChannelError, RateLimited, Unreachable
from services.model import Direction, MessageKind, MessageState
from tests.channels.feeds.conftest import Desk, Post, document
from tests.fakes import TUESDAY
from tests.hostile import server as bad

HOUR = timedelta(hours=1)


def posts(*numbers: int) -> list[Post]:
    """Newest first, as feeds print them."""
    ordered = sorted(numbers, reverse=True)
    return [
        Post(f"post-{n}", f"Title {n}", f"Text {n}", sent=TUESDAY - timedelta(days=30) + n * HOUR / 2)
        for n in ordered
    ]


# --- reading


def test_the_first_look_brings_everything_oldest_first(desk: Desk) -> None:
    desk.feed(posts(1, 2, 3))
    found = desk.follow().look()
    assert [m.remote_id for m in found] == ["post-1", "post-2", "post-3"]
    first = found[0]
    assert (first.kind, first.direction, first.state) == (
        MessageKind.ENTRY,
        Direction.INBOUND,
        MessageState.RECEIVED,
    )
    assert (first.title, first.text, first.author.name) == ("Title 1", "Text 1", "Marta")
    assert first.url == "https://talk.example/post-1"
    assert first.sent_at == TUESDAY - timedelta(days=30) + HOUR / 2
    assert first.conversation_key == "post-1"
    assert desk.last.next_after == timedelta(minutes=15)


def test_what_is_known_is_not_brought_again(desk: Desk) -> None:
    desk.feed(posts(1, 2))
    desk.follow().look()
    desk.feed(posts(1, 2, 3))
    assert [m.remote_id for m in desk.look()] == ["post-3"]
    assert desk.look() == []


def test_an_unchanged_feed_costs_one_conditional_request(desk: Desk) -> None:
    desk.feed(posts(1), etag='W/"1"')
    desk.follow().look()
    assert desk.look() == []
    asked = desk.server.asked("/feed")
    assert [one.headers.get("if-none-match") for one in asked] == [None, 'W/"1"']


def test_a_server_that_never_admits_a_change_is_found_out(desk: Desk) -> None:
    """304 for ever: once a day the question goes out without validators."""
    desk.feed(posts(1), etag='"1"')
    desk.follow().look()
    desk.feed(posts(1, 2), etag='"1"')
    desk.clock.advance(hours=23)
    assert desk.look() == []
    desk.clock.advance(hours=2)
    assert [m.remote_id for m in desk.look()] == ["post-2"]


def test_an_edit_updates_the_same_message(desk: Desk) -> None:
    desk.feed(posts(1, 2))
    before = {m.remote_id: m for m in desk.follow().look()}
    edited = posts(1, 2)
    edited[1].text = "Text 1, and they were hard as stone"
    desk.feed(edited)
    (again,) = desk.look()
    assert again.remote_id == "post-1"
    assert again.version != before["post-1"].version
    assert again.edited_at is not None
    assert again.sent_at == before["post-1"].sent_at


def test_a_new_date_alone_is_no_edit(desk: Desk) -> None:
    desk.feed(posts(1))
    desk.follow().look()
    touched = posts(1)
    touched[0].sent = TUESDAY
    desk.feed(touched)
    assert desk.look() == []


def test_an_id_that_changes_at_every_fetch_is_seen_through(desk: Desk) -> None:
    def at(visit: str) -> list[Post]:
        return [
            Post(f"{p.guid}?session={visit}", p.title, p.text, f"https://talk.example/{p.guid}", sent=p.sent)
            for p in posts(1, 2)
        ]

    desk.feed(at("a"))
    first = {m.remote_id for m in desk.follow().look()}
    desk.feed(at("b"))
    assert desk.look() == []
    changed = at("c")
    changed[0].text = "now another text"
    desk.feed(changed)
    (again,) = desk.look()
    assert again.remote_id in first
    desk.feed([*at("d"), Post("post-0", "Title 0", "Text 0", sent=TUESDAY)])
    assert "post-0" in {m.remote_id for m in desk.look()}


def test_a_forum_whose_answers_look_alike_loses_none(desk: Desk) -> None:
    """The same link and title, a new id: a new answer, not the old one under another name."""

    def answers(*numbers: int) -> list[Post]:
        return [
            Post(
                f"a{n}",
                "Re: Rolls",
                f"Answer {n}",
                "https://f.example/t/1",
                sent=TUESDAY - HOUR + n * HOUR / 60,
            )
            for n in sorted(numbers, reverse=True)
        ]

    desk.feed(answers(1, 2, 3))
    seen = {m.remote_id for m in desk.follow().look()}
    desk.feed(answers(2, 3, 4))
    seen |= {m.remote_id for m in desk.look()}
    desk.feed(answers(5, 6, 7))
    seen |= {m.remote_id for m in desk.look()}
    assert seen == {f"a{n}" for n in range(1, 8)}


def test_one_id_for_all_loses_nothing(desk: Desk) -> None:
    desk.feed([Post("same", f"T{n}", f"x{n}", f"https://talk.example/{n}", sent=TUESDAY) for n in range(3)])
    assert len({m.remote_id for m in desk.follow().look()}) == 3
    assert desk.look() == []


def test_entries_without_a_date_have_the_time_they_were_first_seen(desk: Desk) -> None:
    undated = [Post("b", "second"), Post("a", "first")]
    desk.feed(undated)
    first = desk.follow().look()
    assert [m.remote_id for m in first] == ["a", "b"], "feeds print the newest first"
    assert all(TUESDAY - timedelta(seconds=5) <= m.sent_at <= TUESDAY for m in first)
    desk.clock.advance(hours=5)
    undated[0].text = "edited"
    desk.feed(undated)
    (again,) = desk.look()
    assert again.sent_at == first[1].sent_at


@pytest.mark.parametrize("year", [1970, 2099])
def test_dates_that_cannot_be_true(desk: Desk, year: int) -> None:
    desk.feed([Post("a", sent=TUESDAY.replace(year=year))])
    (message,) = desk.follow().look()
    assert abs(message.sent_at - TUESDAY) < timedelta(minutes=1)


def test_an_entry_without_a_word_still_says_something(desk: Desk) -> None:
    items = '{"id": "Item without words"}, {"id": "7", "url": "https://t.example/7", "content_html": ""}'
    feed = f'{{"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [{items}]}}'
    desk.server.on("/feed", bad.answer(feed.encode()))
    found = desk.follow().look()
    assert {m.text for m in found} == {"Item without words", "https://t.example/7"}
    assert all(m.author.name == "T" and m.url.startswith("http") for m in found)


def test_hostile_words_are_plain_words(desk: Desk) -> None:
    desk.feed(
        [
            Post(
                "a",
                "I &amp;lt;3 it &lt;script&gt;alert(1)&lt;/script&gt;",
                "hi&lt;script&gt;alert(2)&lt;/script&gt;",
                sent=TUESDAY,
            )
        ]
    )
    (message,) = desk.follow().look()
    assert message.text == "hi"
    assert "<script" not in message.title


def test_a_long_feed_comes_in_steps(desk: Desk) -> None:
    desk.feed(posts(*range(1, 1202)))
    found = desk.follow().look()
    assert len(found) == len({m.remote_id for m in found}) == 1201
    assert [len(b.messages) for b in desk.batches] == [500, 500, 201]
    assert found[499].remote_id == "post-1201", "the newest step comes first"
    assert len(desk.server.requests) == 1
    assert desk.look() == []


def test_a_restart_between_two_steps_loses_nothing(desk: Desk) -> None:
    desk.feed(posts(*range(1, 1202)), etag='"1"')
    found = desk.follow().look(forgetful=True)
    assert len({m.remote_id for m in found}) == 1201
    assert len(found) == 1201


def test_the_cursor_stays_small(desk: Desk) -> None:
    for start in range(0, 4000, 100):
        desk.feed(posts(*range(start, start + 100)))
        desk.follow().look()
    assert len(json.dumps(desk.cursor)) < 120_000


def test_the_language_and_the_attachments_come_along(desk: Desk) -> None:
    desk.feed(
        [Post("a", sent=TUESDAY, more="<enclosure url='https://talk.example/a.jpg' type='image/jpeg'/>")],
        head="<language>de</language>",
    )
    (message,) = desk.follow().look()
    assert message.language == "de"
    assert [(a.kind, a.url) for a in message.attachments] == [("image", "https://talk.example/a.jpg")]


# --- how often


@pytest.mark.parametrize(
    ("head", "headers", "minutes"),
    [
        ("", {}, 15),
        ("<ttl>30</ttl>", {}, 30),
        ("<ttl>2</ttl>", {}, 15),
        ("<ttl>6000</ttl>", {}, 60),
        ("", {"Cache-Control": "public, max-age=1800"}, 30),
        ("", {"Cache-Control": "max-age=999999999"}, 60),
    ],
)
def test_a_feed_is_asked_no_more_often_than_it_likes(
    desk: Desk, head: str, headers: dict[str, str], minutes: int
) -> None:
    desk.feed(posts(1), headers=headers, head=head)
    desk.follow().look()
    assert desk.last.next_after == timedelta(minutes=minutes)


def test_a_feed_that_runs_over_is_asked_sooner_and_a_quiet_one_later(desk: Desk) -> None:
    desk.feed(posts(*range(1, 11)))
    desk.follow().look()
    desk.feed(posts(*range(11, 21)))
    desk.look()
    assert desk.last.next_after == timedelta(minutes=5)
    waits = []
    for _ in range(14):
        desk.look()
        waits.append(desk.last.next_after)
    assert waits == sorted(waits, key=lambda wait: wait or timedelta(0))
    assert waits[-1] == timedelta(minutes=60)
    desk.feed(posts(*range(15, 22)))
    desk.look()
    assert desk.last.next_after == timedelta(minutes=15)


# --- moves and faults


def test_a_move_for_good_is_believed_the_second_time(desk: Desk) -> None:
    desk.feed(posts(1), path="/new")
    desk.server.on("/feed", bad.redirect("/new", 301))
    desk.follow().look()
    assert desk.last.settings == {}
    desk.look()
    assert desk.settings["url"] == desk.server.url + "/new"
    assert desk.look() == []
    assert len(desk.server.asked("/feed")) == 2


def test_a_detour_is_no_move(desk: Desk) -> None:
    desk.feed(posts(1), path="/new")
    desk.server.on("/feed", bad.redirect("/new", 302))
    for _ in range(3):
        desk.follow().look()
    assert desk.settings["url"].endswith("/feed")


@pytest.mark.parametrize(
    ("behaviour", "kind", "reason"),
    [
        (bad.answer(b"", status=404), BadAnswer, "not-found"),
        (bad.answer(b"", status=410), BadAnswer, "gone"),
        (bad.answer(b"", {"Retry-After": "60"}, 429), RateLimited, ""),
        (bad.answer(b"", status=429), RateLimited, ""),
        (bad.answer(b"<h1>", status=500), Unreachable, "server"),
        (bad.answer(b"<html>Sign in</html>"), BadAnswer, "not-a-feed"),
        (bad.answer(b""), BadAnswer, "empty"),
        (
            bad.answer(b"<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><rss/>"),
            BadAnswer,
            "forbidden-entities",
        ),
        (bad.stream(200), BadAnswer, "too-large"),
        (bad.gzip_bomb(60), BadAnswer, "too-large"),
        (bad.reset_in_body, Unreachable, "reset"),
        (bad.short_body, Unreachable, "reset"),
        (bad.redirect("/feed"), Unreachable, "redirects"),
    ],
)
def test_a_fault_is_named_and_forgets_nothing(
    desk: Desk, behaviour: bad.Behaviour, kind: type[ChannelError], reason: str
) -> None:
    desk.feed(posts(1))
    desk.follow().look()
    desk.server.on("/feed", behaviour)
    with pytest.raises(kind) as caught:
        desk.look()
    assert caught.value.reason == reason
    desk.feed(posts(1, 2))
    desk.clock.advance(61)
    assert [m.remote_id for m in desk.look()] == ["post-2"]


def test_a_feed_cut_off_in_the_middle_is_completed_later(desk: Desk) -> None:
    whole = document(posts(1, 2, 3))
    cut = whole[: whole.index(b"post-1<") + 6]
    desk.server.on("/feed", bad.answer(cut))
    assert {"post-3", "post-2"} <= {m.remote_id for m in desk.follow().look()}
    desk.feed(posts(1, 2, 3))
    assert "post-1" in {m.remote_id for m in desk.look()}


# --- the owner's own blog


def blog(desk: Desk, comments: dict[str, list[Post]]) -> None:
    """Posts whose feed never says how many comments there are."""
    for name, said in comments.items():
        desk.feed(said, path=f"/{name}/feed", title="Comments on: Rye")
    desk.feed(
        [
            Post(
                name,
                "Rye is back",
                "From Friday on.",
                f"https://talk.example/{name}",
                sent=TUESDAY - 30 * 24 * HOUR,
                more=f"<wfw:commentRss>{desk.server.url}/{name}/feed</wfw:commentRss>",
            )
            for name in comments
        ]
    )


def test_new_comments_are_heard_at_the_next_poll_under_their_post(desk: Desk) -> None:
    names = [f"p{n}" for n in range(14)]
    blog(desk, comments={name: [Post(f"{name}#1", text="Finally!")] for name in names})
    assert len(desk.follow(role="own").look()) == 14
    desk.feed([Post("p3#1", text="Finally!"), Post("p3#2", text="Sold out again.")], path="/p3/feed")
    (message,) = desk.look()
    assert (message.text, message.context.title if message.context else "") == (
        "Sold out again.",
        "Rye is back",
    )
    assert message.context
    assert message.context.text == "From Friday on."


def test_one_silent_comment_feed_does_not_silence_the_others(desk: Desk) -> None:
    blog(desk, comments={name: [Post(f"{name}#1", text="Finally!")] for name in ("a", "b", "c")})
    desk.server.on("/a/feed", bad.answer(b"", status=500))
    assert {m.remote_id.rpartition(":")[2] for m in desk.follow(role="own").look()} == {"b#1", "c#1"}
    desk.feed([Post("a#1", text="Finally!")], path="/a/feed")
    assert [m.remote_id.rpartition(":")[2] for m in desk.look()] == ["a#1"]
