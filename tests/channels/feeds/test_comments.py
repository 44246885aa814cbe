# ruff: noqa: E501 - markup stands as it is sent
"""A blog's comments: found, followed, threaded, and brought once."""

from __future__ import annotations

from datetime import timedelta

from services.channels.feeds import Feeds
from services.model import Direction, MessageKind
from tests.channels.feeds.conftest import Desk, Post
from tests.fakes import TUESDAY
from tests.hostile import server as bad

HOUR = timedelta(hours=1)


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
    desk.look()
    assert desk.server.asked("/cakes/feed")[-1].headers["if-none-match"] == '"c2"', (
        "asking again costs nothing"
    )


def test_comments_are_found_though_the_blog_itself_says_nothing_changed(desk: Desk) -> None:
    blog(desk, 1, [comment(1, "Marta", "One")])
    desk.follow(role="own").look()
    desk.feed([comment(2, "Tom", "Two"), comment(1, "Marta", "One")], path="/cakes/feed", etag='"c2"')
    assert [m.author.name for m in desk.look()] == ["Tom"]


def test_the_first_comment_is_heard_though_the_blog_goes_on_saying_there_is_none(desk: Desk) -> None:
    blog(desk, 0, [])
    desk.follow(role="own").look()
    desk.feed([comment(1, "Marta", "One")], path="/cakes/feed", etag='"c1"')
    assert [m.author.name for m in desk.look()] == ["Marta"]


def test_older_posts_are_asked_when_their_count_rises(desk: Desk) -> None:
    def posts(old_count: int) -> list[Post]:
        return [
            Post(
                f"p{n}",
                sent=TUESDAY - timedelta(days=20 + n),
                more=f"<wfw:commentRss>{desk.server.url}/{n}/feed</wfw:commentRss>"
                f"<slash:comments>{old_count if n == 10 else 0}</slash:comments>",
            )
            for n in range(11)
        ]

    for n in range(11):
        desk.feed([], path=f"/{n}/feed")
    desk.feed(posts(0))
    desk.follow(role="own").look()
    assert (len(desk.server.asked("/9/feed")), len(desk.server.asked("/10/feed"))) == (1, 0)
    desk.clock.advance(minutes=15)
    desk.feed(posts(1))
    desk.feed([comment(1, "Marta", "One")], path="/10/feed")
    assert [m.author.name for m in desk.look()] == ["Marta"]
    desk.look()
    assert (len(desk.server.asked("/9/feed")), len(desk.server.asked("/10/feed"))) == (3, 1)


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
