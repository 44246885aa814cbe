# ruff: noqa: E501 - markup stands as it is sent
"""A feed account over its life: first look, news, edits, moves, faults, and a blog's comments."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from services.channels.feeds import Feeds
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


# --- comments


def comment(n: int, author: str, text: str, post: str = "/cakes/", **more: str) -> Post:
    return Post(
        f"https://blog.example/?p=1#comment-{n}",
        f"By: {author}",
        text,
        f"https://blog.example{post}#comment-{n}",
        author,
        TUESDAY - timedelta(days=2) + n * HOUR,
        **more,
    )


def blog(desk: Desk, count: int, comments: list[Post], days: int = 3) -> None:
    """One post with its own comment feed."""
    more = f"<wfw:commentRss>{desk.server.url}/cakes/feed</wfw:commentRss><slash:comments>{count}</slash:comments>"
    post = Post(
        "p1",
        "Cakes",
        "Order now",
        "https://blog.example/cakes/",
        "Rosie",
        TUESDAY - timedelta(days=days),
        more,
    )
    desk.feed([post], etag=f'"{count}"')
    desk.feed(
        list(reversed(comments)), path="/cakes/feed", title="Comments on: Cakes", etag=f'"c{len(comments)}"'
    )


def test_a_blog_brings_its_comments_and_not_its_posts(desk: Desk) -> None:
    blog(desk, 2, [comment(1, "Marta", "Hard as stone."), comment(2, "Rosie", "Sorry, Marta! Come by.")])
    asked, answered = desk.follow(role="own").look()
    assert (asked.kind, asked.direction, asked.author.name) == (
        MessageKind.COMMENT,
        Direction.INBOUND,
        "Marta",
    )
    assert asked.context is not None
    assert (asked.context.title, asked.context.url, asked.context.is_ours) == (
        "Cakes",
        "https://blog.example/cakes/",
        True,
    )
    assert asked.conversation_key == asked.remote_id, "one conversation per comment, never the whole post"
    assert (answered.direction, answered.parent_id) == (Direction.OUTBOUND, asked.remote_id)
    assert desk.look() == []


def test_a_rising_count_is_a_reason_to_ask_at_once(desk: Desk) -> None:
    blog(desk, 1, [comment(1, "Marta", "One")])
    desk.follow(role="own").look()
    blog(desk, 2, [comment(1, "Marta", "One"), comment(2, "Tom", "Two")])
    assert [m.author.name for m in desk.look()] == ["Tom"]
    asked = len(desk.server.asked("/cakes/feed"))
    desk.look()
    assert len(desk.server.asked("/cakes/feed")) == asked, "nothing rose and half an hour is not over"


def test_comments_are_found_though_the_blog_itself_says_nothing_changed(desk: Desk) -> None:
    blog(desk, 1, [comment(1, "Marta", "One")])
    desk.follow(role="own").look()
    desk.feed([comment(2, "Tom", "Two"), comment(1, "Marta", "One")], path="/cakes/feed", etag='"c2"')
    desk.clock.advance(minutes=31)
    assert [m.author.name for m in desk.look()] == ["Tom"]


def test_a_post_without_comments_is_not_asked(desk: Desk) -> None:
    blog(desk, 0, [])
    desk.follow(role="own").look()
    assert desk.server.asked("/cakes/feed") == []


def test_many_comment_feeds_are_asked_ten_at_a_time(desk: Desk) -> None:
    entries = []
    for n in range(25):
        url = desk.feed([comment(n, f"Customer {n}", f"Words {n}", post=f"/{n}/")], path=f"/{n}/feed")
        entries.append(
            Post(
                f"p{n}",
                f"Post {n}",
                sent=TUESDAY - timedelta(days=1),
                more=f"<wfw:commentRss>{url}</wfw:commentRss>",
            )
        )
    desk.feed(entries)
    found = desk.follow(role="own").look(forgetful=True)
    assert len(found) == 25
    assert len(desk.batches) == 3
    assert len(desk.server.asked("/feed")) == 1


def test_one_broken_comment_feed_keeps_nobody_waiting(desk: Desk) -> None:
    good = desk.feed([comment(1, "Marta", "Hard")], path="/good")
    bad_one = desk.server.on("/bad", bad.answer(b"<html>no</html>"))
    desk.feed(
        [
            Post(f"p{n}", sent=TUESDAY, more=f"<wfw:commentRss>{url}</wfw:commentRss>")
            for n, url in enumerate([bad_one, good])
        ]
    )
    assert [m.author.name for m in desk.follow(role="own").look()] == ["Marta"]
    desk.clock.advance(hours=1)
    desk.look()
    assert len(desk.server.asked("/bad")) == 1


def test_the_feed_of_all_comments_is_followed_and_brings_nothing_twice(desk: Desk) -> None:
    blog(desk, 1, [comment(1, "Marta", "One")])
    both = [comment(2, "Tom", "Two", post="/old-post/"), comment(1, "Marta", "One")]
    desk.feed(both, path="/comments/feed", title="Comments for Blog")
    found = desk.follow(role="own", comments_url=desk.server.url + "/comments/feed").look()
    assert sorted(m.author.name for m in found) == ["Marta", "Tom"]
    assert {m.context.title for m in found if m.context} == {"Cakes"}


def test_a_comment_feed_as_a_place_where_customers_write(desk: Desk) -> None:
    entries = [
        Post("https://b.example/?p=9#comment-3", "Comment on Rye is back by Tom", "&lt;p&gt;In reply to &lt;a href='https://b.example/rye/#comment-2'&gt;Marta&lt;/a&gt;.&lt;/p&gt; Same here", "https://b.example/rye/#comment-3", "Tom", TUESDAY),
        Post("https://b.example/?p=9#comment-2", "Comment on Rye is back by Marta", "Stale.", "https://b.example/rye/#comment-2", "Marta", TUESDAY - HOUR),
    ]  # fmt: skip
    for entry in entries:
        entry.text = entry.text.replace("&lt;p&gt;In", "In")
    desk.feed(entries, title="Comments for Bakery blog")
    marta, tom = desk.follow().look()
    assert marta.kind is MessageKind.COMMENT
    assert marta.context is not None
    assert (marta.context.title, marta.context.url) == ("Rye is back", "https://b.example/rye/")
    assert (tom.parent_id, tom.conversation_key) == (marta.remote_id, "")
    assert tom.text == "Same here"


def test_threads_of_atom_are_kept(desk: Desk) -> None:
    def entry(guid: str, hours: int, ref: str) -> str:
        return (
            f"<entry><id>{guid}</id><title>t</title><author><name>N</name></author><updated>2026-11-2{hours}T00:00:00Z</updated>"
            f"<link href='https://b.example/x'/><thr:in-reply-to ref='{ref}'/><content>words {guid}</content></entry>"
        )

    atom = (
        "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:thr='http://purl.org/syndication/thread/1.0'><title>c</title>"
        + entry("tag:c2", 2, "tag:c1") + entry("tag:c1", 1, "tag:post") + "</feed>"
    )  # fmt: skip
    desk.server.on("/feed", bad.answer(atom.encode()))
    first, second = desk.follow().look()
    assert (first.remote_id, first.parent_id, first.conversation_key) == ("tag:c1", "", "tag:c1")
    assert (second.remote_id, second.parent_id, second.conversation_key) == ("tag:c2", "tag:c1", "")


def test_what_the_owner_wrote_there_is_recognised(desk: Desk) -> None:
    desk.feed([Post("a", author="Marta", sent=TUESDAY - HOUR), Post("b", author=" rosie ", sent=TUESDAY)])
    directions = {m.remote_id: m.direction for m in desk.follow(own_name="Rosie").look()}
    assert directions == {"a": Direction.INBOUND, "b": Direction.OUTBOUND}


def test_a_reply_opens_the_page(desk: Desk) -> None:
    channel = Feeds({"url": "https://talk.example/feed"}, {}, desk.tools)
    assert channel.reply_page("https://talk.example/1#c") == "https://talk.example/1#c"
    assert Feeds.abilities.copy_and_open
    assert not Feeds.abilities.public_reply
