"""Posts on Bluesky, as far as strangers may search there."""

from __future__ import annotations

import json
from datetime import timedelta

from tests.channels.mentions.conftest import Desk
from tests.channels.mentions.standin import Post

NAME = "Rosie's Bakery"


def posts(desk: Desk) -> list[str]:
    return [m.remote_id.rpartition("/")[2] for m in desk.look(forgetful=True) if m.remote_id[:5] == "bsky:"]


def test_a_post_and_who_wrote_it(desk: Desk) -> None:
    desk.add(words=NAME)
    (post,) = [m for m in desk.look() if m.remote_id.startswith("bsky:")]
    assert post.text == "Rosie's Bakery ran out of rye again."
    assert post.author.handle == "@marta.bread.example"
    assert post.shared_key == post.conversation_key == "bsky.app/profile/did:plc:marta/post/3kpost1"
    assert post.reply_context == {"url": post.url}
    assert not any("cursor=" in one for one in desk.standin.asked), "strangers get none"


def test_posts_page_by_time_without_a_hole_and_come_once(desk: Desk) -> None:
    desk.standin.page_size = 7
    minutes = [timedelta(minutes=n, seconds=n % 3) for n in range(1, 31)]
    desk.standin.posts = [Post(f"p{n}", f"rosies bakery {n}", ago=ago) for n, ago in enumerate(minutes)]
    desk.add(words=NAME)
    assert sorted(posts(desk)) == sorted(f"p{n}" for n in range(30))
    desk.clock.advance(minutes=30)
    desk.standin.posts.append(Post("late", "rosies bakery", ago=-timedelta(minutes=20)))
    assert posts(desk) == ["late"]


def test_what_the_shop_says_itself_and_what_only_looks_alike_is_left_out(desk: Desk) -> None:
    desk.standin.posts += [
        Post("own", "We at Rosie's Bakery bake", handle="rosies.example"),
        Post("alike", "The rosie bakes"),
    ]
    desk.add(words=f"{NAME}, rosies.example")
    assert posts(desk) == ["3kpost1"]


def test_a_closed_search_for_posts_is_left_out_and_a_tired_one_kept(desk: Desk) -> None:
    path = "/xrpc/app.bsky.feed.searchPosts"
    desk.standin.faults[path] = (403, {"Content-Type": "text/html"}, b"<html>Forbidden</html>")
    desk.add(words=NAME)
    assert "bluesky" not in desk.settings["searches"]
    desk.standin.faults[path] = (502, {}, b"")
    desk.add(words=NAME)
    assert "bluesky" in desk.settings["searches"]


def test_odd_posts_do_not_stop_the_others(desk: Desk) -> None:
    one = {"uri": "at://did:plc:x/app.bsky.feed.post/1", "indexedAt": "soon", "record": {"text": ["rosies"]}}
    body = json.dumps({"posts": [None, 5, {"uri": 7}, one, {"uri": "at://did:plc:x/app.bsky.feed.post/2"}]})
    desk.standin.faults["/xrpc/app.bsky.feed.searchPosts"] = (200, {}, body.encode())
    desk.add(words=NAME)
    assert len(desk.look()) == 4
    assert desk.last.trouble is None


def test_an_address_copied_from_the_search_for_posts(desk: Desk) -> None:
    desk.add(url=f"{desk.standin.url}/xrpc/app.bsky.feed.searchPosts?q=%22Rosie%27s+Bakery%22")
    assert posts(desk) == ["3kpost1"]
