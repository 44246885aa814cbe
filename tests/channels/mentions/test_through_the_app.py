"""The whole application over web mentions: added, polled, read, answered by hand, removed."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from services import cli
from services.app import Shopbell
from services.channels import Registry, discover
from services.channels.base import Suggestion
from services.channels.mastodon_tag import MastodonHashtag
from services.channels.mentions import Mentions
from services.credentials import Credentials
from services.errors import Invalid, Refused
from services.sample import SampleShop
from services.website import Website
from tests.channels.mentions.standin import MEMBER, TOKEN, Entry, Standin

PAGE = "https://paper.example/2026/hard-rolls"
HTML = (200, {"Content-Type": "text/html"}, b"<html><body>Are you a robot?</body></html>")
WRONG = "The order was wrong, the bread stale and nobody answered. I want my money back."


def command(folder: Path, *words: str) -> Any:
    """One command of the program, with a profile of its own; what it printed."""
    out, err = StringIO(), StringIO()

    def opener(profile: Path | None) -> Shopbell:
        return Shopbell.open(profile, credentials=Credentials("test", session_only=True))

    options = cli.parser().parse_args([*words, "--profile", str(folder), "--json"])
    code = cli.run(options, opener, cli.Streams(StringIO(), out, err))
    assert code == 0, err.getvalue()
    return json.loads(out.getvalue())


def website(app: Shopbell, api: str, server: str = "http://127.0.0.1:1") -> Website:
    """With the searches and the large server on this machine."""

    class Here(Mentions):
        default_api = api

    class Tag(MastodonHashtag):
        default_server = server

    others = [one for one in discover().all() if one not in (Mentions, MastodonHashtag)]
    return Website(
        app.store, Registry([*others, Here, Tag]), app._tools, lambda: app.web.web(allow_http=True)
    )


def alert(standin: Standin, path: str, *entries: Entry) -> str:
    standin.alerts[path] = list(entries)
    return standin.url + path


def test_two_accounts_one_article_one_conversation(standin: Standin, tmp_path: Path) -> None:
    one = alert(standin, "/found/1", Entry("a", PAGE + "?utm_source=alerts", "Hard rolls", WRONG))
    standin.bing = [
        Entry("b", PAGE.replace("https://", "http://www.") + "/", "Hard rolls - Paper", "Cut ...")
    ]
    other = f"{standin.url}/news/search?q=rosie&format=rss"
    for url in (one, other):
        command(tmp_path, "accounts", "add", "mentions", "--set", f"url={url}", "--set", "words=Rosie")
    done = command(tmp_path, "sync")
    assert [row["error"] for row in done["accounts"]] == [None, None]
    (row,) = command(tmp_path, "inbox", "--view", "all")["conversations"]
    assert (row["messages"], row["unread"], row["channel"], row["kind"]) == (2, 1, "mentions", "mention")
    shown = command(tmp_path, "show", row["id"])
    assert {m["url"] for m in shown["thread"]} == {PAGE, PAGE.replace("https://", "http://www.") + "/"}
    assert command(tmp_path, "sync")["accounts"][0]["new"] == 0


def test_the_second_finding_rings_no_second_time(app: Shopbell, standin: Standin) -> None:
    one = alert(standin, "/alerts/feeds/1/2")
    other = alert(standin, "/alerts/feeds/1/3")
    for url in (one, other):
        app.accounts.add("mentions", {"url": url}, {})
    app.engine.sync_once()
    alert(standin, "/alerts/feeds/1/2", Entry("a", PAGE, "Hard rolls", WRONG, timedelta(minutes=1)))
    assert [r.new for r in app.engine.sync_once().accounts] == [1, 0]
    app.inbox.mark_read([app.inbox.page("all").conversations[0].id])
    alert(
        standin,
        "/alerts/feeds/1/3",
        Entry("x", PAGE + "?fbclid=1", "Rolls", "Shorter.", timedelta(minutes=1)),
    )
    app.engine.sync_once()
    (row,) = app.inbox.page("all").conversations
    assert (row.messages, row.unread) == (2, 0)


def test_a_search_added_as_a_feed_finds_the_same_page(app: Shopbell, standin: Standin) -> None:
    one = alert(standin, "/found/1", Entry("a", PAGE + "?utm_source=alerts", "Hard rolls", WRONG))
    other = alert(standin, "/found/2", Entry("x", PAGE, "Rolls", "Cut ..."), Entry("y", PAGE + "/2", "More"))
    app.accounts.add("feeds", {"url": other}, {})
    app.accounts.add("mentions", {"url": one}, {})
    app.engine.sync_once()
    rows = {row.messages: row for row in app.inbox.page("all").conversations}
    assert sorted(rows) == [1, 2]
    assert rows[2].unread == 1
    urls = {m.url for m in app.inbox.open(rows[2].id).messages}
    assert urls == {PAGE}, "unwrapped in both"
    assert [r.new for r in app.engine.sync_once().accounts] == [0, 0]


def test_two_things_in_a_feed_said_on_one_page_elsewhere_both_wait(app: Shopbell, standin: Standin) -> None:
    said = [Entry("a", PAGE, "Rolls", "Hard as stone"), Entry("b", PAGE, "Rolls", "Mine were soft")]
    app.accounts.add("feeds", {"url": alert(standin, "/found/1", *said)}, {})
    app.engine.sync_once()
    (row,) = app.inbox.page("all").conversations
    assert (row.messages, row.unread) == (2, 2)


def test_entries_that_lie_on_the_feeds_own_host_stay_apart(app: Shopbell, standin: Standin) -> None:
    topic = f"{standin.url}/topic/7"
    said = [Entry("a", topic, "Rolls", "Hard"), Entry("b", topic, "Rolls", "Soft")]
    standin.feeds["/forum"] = standin.rss("Forum", said)
    app.accounts.add("feeds", {"url": f"{standin.url}/forum"}, {})
    app.engine.sync_once()
    assert len(app.inbox.page("all").conversations) == 2


def test_a_complaint_is_read_and_answered_by_hand(app: Shopbell, standin: Standin) -> None:
    url = alert(standin, "/alerts/feeds/1/2", Entry("a", PAGE, "Never again", WRONG))
    app.accounts.add("mentions", {"url": url}, {})
    app.engine.sync_once()
    (row,) = app.inbox.page("complaints").conversations
    assert row.url == PAGE
    with pytest.raises(Refused, match="copy-and-open"):
        app.inbox.reply(row.id, "We are sorry.")


def test_one_silent_search_is_named_and_the_rest_is_heard(app: Shopbell, standin: Standin) -> None:
    from services.documents import account_document

    app.accounts.add("mentions", {"words": "Rosie's Bakery", "api": standin.url}, {})
    standin.faults["/rss/search"] = (502, {}, b"")
    result = app.engine.sync_once().accounts[0]
    assert result.new == 4
    ((account, freshness),) = app.accounts.list()
    assert freshness.heard is not None
    assert freshness.failures == 0
    told = account_document(app, account, freshness)["freshness"]
    assert told["error_kind"] == "unreachable"
    assert "Google News" in told["error"]
    assert "The other searches are heard." in told["error"]
    del standin.faults["/rss/search"]
    assert app.engine.sync_once().accounts[0].error is None
    assert app.accounts.list()[0][1].error_kind == ""


def test_a_token_in_an_address_is_nowhere_on_disk(
    app: Shopbell, standin: Standin, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    account = app.accounts.add(
        "mentions", {"url": f"{standin.url}/search.rss?q=x&feed={TOKEN}&user={MEMBER}"}, {}
    )
    assert app.engine.sync_once().accounts[0].new == 1
    standin.faults["/search.rss"] = (403, {}, f"who is {TOKEN}?".encode())
    assert app.engine.sync_once().accounts[0].error is not None
    assert TOKEN in str(app.credentials.get(account.id))
    ours = [one.getMessage() for one in caplog.records if not one.name.startswith("urllib3")]
    assert TOKEN not in "\n".join(ours)
    with closing(sqlite3.connect(app.paths.database)) as database:
        assert TOKEN not in "\n".join(database.iterdump())
    app.accounts.remove(account.id)
    assert app.credentials.get(account.id) == {}


def test_the_address_of_an_alert_is_nowhere_on_disk(app: Shopbell, standin: Standin) -> None:
    url = alert(standin, "/alerts/feeds/0123456789/9876543210", Entry("a", PAGE, "Hard rolls", WRONG))
    other = alert(standin, "/alerts/feeds/0123456789/1111111111", Entry("b", PAGE + "/2", "Rolls", "Soft"))
    account = app.accounts.add("mentions", {"url": f"{url} {other}"}, {})
    assert app.engine.sync_once().accounts[0].new == 2
    assert "0123456789" not in json.dumps(dict(app.store.account(account.id).settings))
    with closing(sqlite3.connect(app.paths.database)) as database:
        assert "9876543210" not in "\n".join(database.iterdump())
    assert {one.partition("?")[0] for one in standin.asked} >= {"/alerts/feeds/0123456789/9876543210"}
    channel = app.accounts.channel(app.store.account(account.id))
    assert channel.reply_page("") == "https://www.google.com/alerts"
    with pytest.raises(Invalid, match="already-there"):
        app.accounts.add("mentions", {"url": f"{url} {other}"}, {})


def test_the_shops_name_proposes_searches(app: Shopbell, standin: Standin) -> None:
    standin.faults["/rss/search"] = HTML
    found = website(app, standin.url).propose("Rosie's Bakery, rosies")
    mentions = [one for one in found.suggestions if one.kind == "mentions"]
    assert [(one.title, one.advice, one.is_default) for one in mentions] == [
        ("Rosie's Bakery, rosies", "", True),
        ("Google Alerts", "google-alert", False),
        ("Reddit", "reddit-feed-token", False),
        ("YouTube", "youtube-channel", False),
    ]
    assert mentions[0].settings == {"words": "Rosie's Bakery, rosies"}
    assert mentions[0].tried == {
        "Hacker News": True, "Bing News": True, "Google News": False, "Bluesky": True
    }  # fmt: skip
    others = {one.kind: dict(one.settings) for one in found.suggestions if one.kind != "mentions"}
    watch = {"watch": "Rosie's Bakery, rosies"}
    assert others == {"mastodon-hashtag": {"hashtag": "RosiesBakery"}, "bluesky": watch, "mastodon": watch}


def test_a_hashtag_is_proposed_where_it_is_shown(app: Shopbell, standin: Standin) -> None:
    with_shop = SampleShop(count=0)
    with_shop.start()
    found = website(app, standin.url, with_shop.url).propose("Rosie's Bakery")
    with_shop.stop()
    (tag,) = [one for one in found.suggestions if one.kind == "mastodon-hashtag"]
    assert tag.settings == {"server": with_shop.url, "hashtag": "RosiesBakery"}
    assert (tag.tried, tag.is_default) == ({with_shop.url: True}, True)


def test_an_account_that_is_there_can_watch_the_words(app: Shopbell, standin: Standin) -> None:
    shop = SampleShop(count=0)
    shop.start()
    account = app.accounts.add(
        "mastodon", {"server": shop.handle, "watch": "rosies"}, {"access_token": shop.access_token}
    )
    (place,) = [
        one for one in website(app, standin.url).propose("Rosie's Bakery").places if one.network == "Mastodon"
    ]
    assert place.suggestion is not None
    assert place.suggestion.account == account.id
    assert place.suggestion.settings == {"watch": "rosies, Rosie's Bakery"}
    assert not place.is_added
    app.accounts.renew(account.id, place.suggestion.settings, {})
    assert app.store.account(account.id).settings["watch"] == "rosies, Rosie's Bakery"
    assert app.credentials.get(account.id)["access_token"] == shop.access_token
    shop.say("theo@supper.example", "Rosie's Bakery was closed", mention=False)
    app.engine.sync_once()
    assert "closed" in app.inbox.page("all").conversations[0].snippet
    (place,) = [
        one for one in website(app, standin.url).propose("Rosie's Bakery").places if one.network == "Mastodon"
    ]
    assert place.is_added
    shop.stop()


def test_the_proposals_as_a_script_sees_them(app: Shopbell, standin: Standin) -> None:
    from services.documents import proposals_document
    from services.printing import for_people

    document = proposals_document(website(app, standin.url).propose("Rosie's Bakery"))
    alert = next(one for one in document["proposals"] if one["title"] == "Google Alerts")
    assert alert["steps"].startswith("Open Google Alerts")
    assert alert["steps_url"] == "https://www.google.com/alerts"
    assert (alert["tried"], alert["account"]) == ({}, None)
    shown = for_people(cli.parser().parse_args(["accounts", "propose", "x"]), document)
    assert "Hacker News answers" in shown
    assert "https://www.reddit.com/prefs/feeds" in shown
    assert json.loads(json.dumps(document)) == document


def test_an_alert_pasted_as_an_address_is_a_search_first(app: Shopbell) -> None:
    found = Mentions.suggest("https://www.google.com/alerts/feeds/1/2", app._tools(Mentions, {}, None))
    feed = Suggestion("feeds", {"url": "https://www.google.com/alerts/feeds/1/2"}, "Alert", is_default=True)
    marked = app.website._marked([*found, feed], ())
    assert {one.suggestion.kind: one.suggestion.is_default for one in marked if one.suggestion} == {
        "mentions": True,
        "feeds": False,
    }
