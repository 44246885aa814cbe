"""An account of web mentions over its life."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from services.channels._mentions_searches import searches_of
from services.channels.mentions import Mentions
from services.errors import BadAnswer, Invalid, NotAllowed, RateLimited, Unreachable
from services.model import MessageKind
from tests.channels.mentions.conftest import Desk
from tests.channels.mentions.standin import MEMBER, TOKEN, Entry, Hit
from tests.fakes import TUESDAY

NAME = "Rosie's Bakery"
BUILT_IN = ("/news/search", "/rss/search", "/api/v1/search_by_date", "/xrpc/app.bsky.feed.searchPosts")
HTML = (200, {"Content-Type": "text/html"}, b"<html><body>Are you a robot?</body></html>")


def alerts(desk: Desk, path: str = "/alerts/feeds/1/2", *entries: Entry) -> str:
    desk.standin.alerts[path] = list(entries)
    return desk.standin.url + path


# --- words alone


def test_the_searches_without_a_key_are_tried_and_heard(desk: Desk) -> None:
    identity = desk.add(words=NAME)
    assert identity.name == NAME
    assert desk.settings["searches"] == "hacker-news bing-news google-news bluesky"
    found = desk.look()
    assert {m.url for m in found} == {
        "https://news.ycombinator.com/item?id=101",
        "https://news.ycombinator.com/item?id=102",
        "https://paper.example/2026/hard-rolls",
        "https://www.paper.example/2026/hard-rolls/",
        "https://bsky.app/profile/did:plc:marta/post/3kpost1",
    }
    assert {m.kind for m in found} == {MessageKind.MENTION}
    assert desk.last.next_after == timedelta(minutes=10)
    assert desk.look() == []


def test_one_page_found_by_two_searches_is_one_finding(desk: Desk) -> None:
    desk.add(words=NAME)
    page = "paper.example/2026/hard-rolls"
    found = [m for m in desk.look() if "paper.example" in m.url]
    assert [(m.conversation_key, m.shared_key) for m in found] == [(page, page)] * 2
    assert len({m.remote_id for m in found}) == 2
    assert {m.author.name for m in found} == {"paper.example"}, "not the search itself"


def test_a_comment_and_its_story(desk: Desk) -> None:
    desk.add(words=NAME)
    by_id = {m.remote_id: m for m in desk.look()}
    story, comment = by_id["hn:101"], by_id["hn:102"]
    assert story.text == story.title == "A visit to Rosie's Bakery"
    assert story.context is not None
    assert story.context.url == "https://breadblog.example/visit"
    assert comment.text == "I waited an hour at Rosies Bakery & the rolls were hard."
    assert comment.author.url == "https://news.ycombinator.com/user?id=jonas"
    assert comment.conversation_key == "news.ycombinator.com/item?id=90"
    assert comment.shared_key == "news.ycombinator.com/item?id=90 102"
    assert comment.context is not None
    assert comment.context.title == "Where to eat bread"
    assert "hn:103" not in by_id, "the search forgives more than we do"


def test_the_shops_own_pages_are_no_mentions(desk: Desk) -> None:
    desk.standin.bing.append(Entry("b2", "https://www.rosies.example/news/1"))
    desk.add(words=f"{NAME}, rosies.example")
    assert not [m for m in desk.look() if "rosies.example" in m.url]


def test_paging_leaves_no_hole(desk: Desk) -> None:
    minute = timedelta(minutes=1)
    desk.standin.page_size = 7
    desk.standin.hits = [Hit(n, f"rosies bakery {n}", story=1, ago=(n // 3) * minute) for n in range(1, 61)]
    desk.add(words=NAME)
    found = [m.remote_id for m in desk.look(forgetful=True) if m.remote_id.startswith("hn:")]
    assert sorted(set(found)) == sorted(f"hn:{n}" for n in range(1, 61))


def test_a_page_full_of_one_second_ends(desk: Desk) -> None:
    desk.standin.page_size = 5
    desk.standin.hits = [Hit(n, f"rosies bakery {n}", story=1) for n in range(1, 12)]
    desk.add(words=NAME)
    assert len([m for m in desk.look() if m.remote_id.startswith("hn:")]) == 5


def test_news_and_edits_come_and_nothing_twice(desk: Desk) -> None:
    desk.add(words=NAME)
    desk.look()
    desk.clock.advance(minutes=30)
    desk.standin.hits.append(Hit(104, "rosies bakery again", story=90, ago=-timedelta(minutes=20)))
    desk.standin.hits[1].text = "I waited TWO hours at Rosies Bakery"
    found = {m.remote_id: m.text for m in desk.look()}
    assert found == {"hn:104": "rosies bakery again", "hn:102": "I waited TWO hours at Rosies Bakery"}
    assert desk.look() == []


def test_odd_hits_do_not_stop_the_others(desk: Desk) -> None:
    desk.standin.hits = [
        Hit(1, "rosies bakery", story=9, odd={"created_at_i": None, "created_at": "yesterday"}),
        Hit(2, "rosies bakery", story=9, odd={"comment_text": {"a": 1}, "story_title": None}),
        Hit(3, "rosies bakery", story=9, odd={"author": None, "story_id": None, "_tags": None}),
        Hit(4, "rosies bakery " + "x" * 10_000, story=9),
        Hit(5, "rosies bakery: \u05e9\u05dc\u05d5\u05dd \U0001f950", story=9),
    ]
    for hit in desk.standin.hits:
        hit.odd.setdefault("created_at_i", int((TUESDAY - timedelta(hours=1)).timestamp()))
    desk.standin.hits[0].odd["created_at_i"] = int(TUESDAY.timestamp())
    desk.add(words=NAME)
    found = {m.remote_id for m in desk.look() if m.remote_id.startswith("hn:")}
    assert {"hn:3", "hn:4", "hn:5"} <= found


# --- one search fails


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((500, {}, b""), Unreachable),
        (HTML, BadAnswer),
        ((429, {"Retry-After": "600"}, b""), RateLimited),
        ((429, {}, b""), RateLimited),
        ((403, {}, b""), NotAllowed),
        ((200, {"Content-Type": "application/rss+xml"}, b""), BadAnswer),
    ],
)
def test_a_search_that_fails_silences_no_other(desk: Desk, answer: object, kind: type) -> None:
    desk.add(words=NAME)
    desk.look()
    desk.standin.faults["/rss/search"] = answer  # type: ignore[assignment]
    desk.standin.bing.append(Entry("g2", "https://paper.example/second"))
    assert [m.url for m in desk.look()] == ["https://paper.example/second"]
    trouble = desk.last.trouble
    assert type(trouble) is kind
    assert trouble.reason == "search"
    assert trouble.detail["name"] == "Google News"
    if isinstance(trouble, RateLimited) and answer[1]:  # type: ignore[index]
        assert trouble.until == desk.clock.now() + timedelta(minutes=10)
    del desk.standin.faults["/rss/search"]
    desk.clock.advance(minutes=15)
    desk.standin.bing.append(Entry("b2", "https://paper.example/third"))
    assert [m.url for m in desk.look()] == ["https://paper.example/third"]
    assert desk.last.trouble is None


def test_when_all_fail_it_is_the_error_itself(desk: Desk) -> None:
    desk.add(words=NAME)
    desk.look()
    for path in BUILT_IN:
        desk.standin.faults[path] = (500, {}, b"")
    with pytest.raises(Unreachable) as caught:
        desk.look()
    assert caught.value.reason == "server"


def test_garbage_instead_of_hits(desk: Desk) -> None:
    desk.add(words=NAME)
    for garbage in (b"[]", b'{"hits": 5}', b"<html>", b"{"):
        desk.standin.faults["/api/v1/search_by_date"] = (200, {}, garbage)
        desk.look()
        assert type(desk.last.trouble) is BadAnswer


def test_while_adding_what_is_no_search_is_left_out(desk: Desk) -> None:
    desk.standin.faults["/news/search"] = HTML
    desk.standin.faults["/rss/search"] = (503, {}, b"")
    desk.add(words=NAME)
    assert desk.settings["searches"] == "hacker-news google-news bluesky", "one may be well tomorrow"


# --- addresses


def test_a_given_feed_is_trusted_and_unwrapped(desk: Desk) -> None:
    url = alerts(
        desk, "/alerts/feeds/1/2", Entry("a1", "https://breadblog.example/visit?utm_source=ga", "About bread")
    )
    identity = desk.add(url=url)
    assert (identity.name, identity.url) == ("Google Alert", "https://www.google.com/alerts")
    (message,) = desk.look()
    assert message.url == "https://breadblog.example/visit"
    assert message.shared_key == "breadblog.example/visit"
    assert message.title == "About bread"
    assert message.text == "The rolls were hard as stone."
    assert message.author.name == "breadblog.example"
    assert desk.look() == []
    assert all("/alerts/" in one for one in desk.standin.asked), "nothing else is asked"


def test_an_empty_alert_is_a_search_too(desk: Desk) -> None:
    desk.add(url=alerts(desk))
    assert desk.look() == []


def test_several_addresses_and_the_same_id_in_both(desk: Desk) -> None:
    one = alerts(desk, "/alerts/feeds/1/2", Entry("same", "https://a.example/1"))
    other = alerts(desk, "/alerts/feeds/1/3", Entry("same", "https://a.example/2"))
    desk.add(url=f"{one},\n {other}")
    assert len({m.remote_id for m in desk.look()}) == 2


def test_two_things_said_on_one_page_count_twice(desk: Desk) -> None:
    topic = "https://forum.example/topic/7"
    entries = [
        Entry("p1", topic, "Bread", "The rolls are hard."),
        Entry("p2", topic, "Bread", "So are mine."),
    ]
    url = alerts(desk, "/alerts/feeds/1/2", *entries)
    desk.add(url=url)
    found = desk.look()
    assert {m.conversation_key for m in found} == {"forum.example/topic/7"}
    assert len({m.shared_key for m in found}) == 2
    again = Entry("p3", topic, "Bread", "So are mine.", ago=timedelta())
    alerts(desk, "/alerts/feeds/1/2", *entries, Entry("p4", topic + "#post-9", "Bread", "And mine."), again)
    keys = {m.remote_id.partition(":")[2]: m.shared_key for m in desk.look()}
    assert keys["p4"] == "forum.example/topic/7 #post-9"


def test_the_same_words_alerted_again_are_the_same_finding(desk: Desk) -> None:
    page = "https://paper.example/1"
    url = alerts(desk, "/alerts/feeds/1/2", Entry("n1", page, "Bread", "Hard."))
    desk.add(url=url)
    (first,) = desk.look()
    alerts(
        desk, "/alerts/feeds/1/2", Entry("n1", page, "Bread", "Hard."), Entry("n2", page, "Bread", "hard.")
    )
    (second,) = desk.look()
    assert second.remote_id != first.remote_id
    assert second.shared_key == first.shared_key


@pytest.mark.parametrize("words", [{}, {"words": NAME}])
def test_an_address_copied_from_the_stories_search(desk: Desk, words: dict[str, str]) -> None:
    desk.add(url=f"{desk.standin.url}/api/v1/search_by_date?query=%22Rosie%27s+Bakery%22&tags=story", **words)
    assert {m.remote_id for m in desk.look()} == {"hn:101", "hn:102"}
    assert desk.look() == []


@pytest.mark.parametrize("typed", ["ftp://x.example/feed", "not an address", "javascript:alert(1)"])
def test_what_is_no_address_is_refused(desk: Desk, typed: str) -> None:
    with pytest.raises(Invalid):
        desk.add(url=typed)


def test_a_page_without_a_feed_is_refused(desk: Desk) -> None:
    with pytest.raises(BadAnswer):
        desk.add(url=desk.standin.url + "/nothing")
    desk.standin.faults["/page"] = HTML
    with pytest.raises(Invalid, match="not-a-feed"):
        desk.add(url=desk.standin.url + "/page")


def test_nothing_to_look_for(desk: Desk) -> None:
    with pytest.raises(Invalid, match="needs-words"):
        desk.add(words=" , ")


def test_plain_http_is_for_this_machine_only(desk: Desk) -> None:
    with pytest.raises(Unreachable) as caught:
        desk.add(url="http://alerts.example/feed")
    assert caught.value.reason == "insecure"


# --- secrets


def test_a_members_token_goes_to_the_key_store_only(desk: Desk) -> None:
    identity = desk.add(url=f"{desk.standin.url}/search.rss?q=x&feed={TOKEN}&user={MEMBER}&sort=new")
    assert identity.url == f"{desk.standin.url}/search.rss?q=x&sort=new"
    (message,) = desk.look()
    assert message.author.name == "/u/marta"
    assert TOKEN in "".join(desk.secrets.values())
    for shown in (desk.settings, desk.cursor, repr(identity), repr(message)):
        assert TOKEN not in (shown if isinstance(shown, str) else json.dumps(shown))
    searches = searches_of(desk.settings, desk.secrets)
    assert TOKEN not in "".join(one.url for one in searches)


def test_the_token_opens_reddit_beside_the_others(desk: Desk) -> None:
    desk.add({"feed_token": f"https://www.reddit.com/.rss?feed={TOKEN}&user={MEMBER}"}, words=NAME)
    assert desk.settings["searches"].endswith("reddit")
    assert "https://www.reddit.com/r/bread/comments/1/rosies/" in {m.url for m in desk.look()}
    assert TOKEN not in json.dumps([desk.settings, desk.cursor])


def test_a_wrong_token_is_told_at_once_and_later(desk: Desk) -> None:
    with pytest.raises(NotAllowed) as caught:
        desk.add({"feed_token": f"feed={'x' * 40}&user={MEMBER}"}, words=NAME)
    assert "sample" not in caught.value.detail
    with pytest.raises(Invalid, match="not-a-feed-token"):
        desk.add({"feed_token": "abc"}, words=NAME)
    desk.add({"feed_token": f"feed={TOKEN}&user={MEMBER}"}, words=NAME)
    desk.standin.faults["/search.rss"] = (403, {}, f"for {TOKEN}".encode())
    assert desk.look()
    assert type(desk.last.trouble) is NotAllowed
    assert TOKEN not in json.dumps([dict(desk.last.trouble.detail), desk.cursor])


# --- what goes wrong on the way


def test_a_thousand_entries_come_in_bounded_steps(desk: Desk) -> None:
    minute = timedelta(minutes=1)
    entries = [Entry(f"n{n}", f"https://paper.example/{n}", ago=n * minute) for n in range(1000)]
    desk.add(url=alerts(desk, "/alerts/feeds/1/2", *entries))
    channel, found, steps = Mentions(desk.settings, desk.secrets, desk.tools), [], 0
    while True:
        batch = channel.poll(desk.cursor)
        desk.cursor, steps = json.loads(json.dumps(dict(batch.cursor or {}))), steps + 1
        assert len(batch.messages) <= 500
        found += [m.remote_id for m in batch.messages]
        if not batch.more:
            break
    assert steps > 1
    assert len(found) == len(set(found)) == 1000
    assert desk.look() == []


def test_a_search_that_moved_is_followed_without_its_secret(desk: Desk) -> None:
    desk.add(url=f"{desk.standin.url}/search.rss?q=x&feed={TOKEN}&user={MEMBER}")
    assert len(desk.look()) == 1
    target = f"{desk.standin.url}/new.rss?feed={TOKEN}&user={MEMBER}"
    desk.standin.feeds["/new.rss"] = desk.standin.rss("moved", [Entry("m1", "https://a.example/new")])
    desk.standin.faults["/search.rss"] = (301, {"Location": target}, b"")
    assert [m.url for m in desk.look()] == ["https://a.example/new"]
    assert TOKEN not in json.dumps([desk.cursor, dict(desk.last.settings)])


def test_a_crash_between_two_steps_loses_nothing(desk: Desk) -> None:
    desk.add(words=NAME)
    first = Mentions(desk.settings, desk.secrets, desk.tools).poll({})
    assert first.more
    desk.cursor = json.loads(json.dumps(dict(first.cursor or {})))
    rest = desk.look(forgetful=True)
    whole = {m.remote_id for m in (*first.messages, *rest)}
    desk.cursor = {}
    assert whole == {m.remote_id for m in desk.look()}


def test_the_words_may_stand_in_any_script(desk: Desk) -> None:
    desk.standin.hits = [Hit(7, "مخبز روزي ممتاز", story=1), Hit(8, "\U0001f950\U0001f950", story=1)]
    desk.add(words="مخبز روزي")
    assert [m.remote_id for m in desk.look() if m.remote_id.startswith("hn:")] == ["hn:7"]
