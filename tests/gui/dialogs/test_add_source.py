"""Adding a source: over loopback, through the browser, with a code, with a token."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton

from gui.dialogs.add_source import AddSourceDialog
from gui.dialogs.channel_words import looks_like_address
from gui.theme import Theme
from services.app import Shopbell
from services.channels import Registry
from services.channels.mastodon_tag import MastodonHashtag
from services.channels.mentions import Mentions
from services.credentials import Credentials
from services.sample.shop import SampleShop
from tests.channels.discourse.standin import Standin as ForumStandin
from tests.channels.mentions.standin import Standin as SearchesStandin
from tests.fakes import NoKeyring
from tests.gui.browser import Browser
from tests.gui.dialogs.help import click


def test_cards_are_drawn_from_what_the_channels_declare(adding: AddSourceDialog, app: Shopbell) -> None:
    assert adding.cards.count() == len(app.channels.all())
    adding.cards.choose("mastodon")
    assert adding.form is not None
    titles = [one.text() for one in adding.form.findChildren(QLabel)]
    for words in (*adding.form.channel.abilities.does, *adding.form.channel.abilities.cannot):
        assert words in titles
    assert adding.go.accessibleName() == "Continue in the browser"
    assert not adding.go.isEnabled()


def test_a_source_is_chosen_by_keys_alone(adding: AddSourceDialog, qtbot: Any) -> None:
    adding.search.setFocus()
    qtbot.keyClicks(adding.search, "hashtag")
    qtbot.keyClick(adding.search, Qt.Key.Key_Return)
    assert adding.form is not None
    assert adding.form.channel.kind == "mastodon-hashtag"
    adding.search.clear()
    adding.search.setFocus()
    qtbot.keyClick(adding.search, Qt.Key.Key_Down)
    assert adding.cards.hasFocus()
    qtbot.keyClick(adding.cards, Qt.Key.Key_Home)
    qtbot.keyClick(adding.cards, Qt.Key.Key_Return)
    assert adding.form.channel is adding.cards.channel()
    assert adding.form.input(adding.form.channel.signin.fields[0].name).hasFocus()


def tick_feeds(adding: AddSourceDialog) -> None:
    for box, place in zip(adding.places.boxes(), adding.places.places(), strict=True):
        box.setChecked(place.kind == "feeds")


def test_a_feed_is_found_behind_a_page_and_added(
    adding: AddSourceDialog, sample: SampleShop, app: Shopbell, qtbot: Any
) -> None:
    adding.search.setFocus()
    qtbot.keyClicks(adding.search, sample.blog_url)
    qtbot.keyClick(adding.search, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: adding.state == "found", timeout=20_000)
    tick_feeds(adding)
    chosen = len(adding.places.chosen())
    assert chosen >= 2
    assert adding.go.accessibleName() == f"Connect {chosen} places"
    click(qtbot, adding.back)
    assert adding.state == "choose"
    adding._look()
    qtbot.waitUntil(lambda: adding.state == "found", timeout=20_000)
    tick_feeds(adding)
    with qtbot.waitSignal(adding.added, timeout=20_000):
        click(qtbot, adding.go)
    assert adding.state == "done"
    assert len(app.store.accounts()) == chosen
    adding.search.setText(sample.blog_url)
    adding._look()
    qtbot.waitUntil(lambda: adding.state == "found", timeout=20_000)
    known = [
        box
        for box, place in zip(adding.places.boxes(), adding.places.places(), strict=True)
        if place.kind == "feeds"
    ]
    assert {box.isEnabled() for box in known} == {False}, "those are there already"


def test_places_to_sign_in_to_come_one_after_the_other(
    adding: AddSourceDialog, sample: SampleShop, qtbot: Any
) -> None:
    links = "".join(
        f"<a {one}>there</a>"
        for one in (
            'rel="me" href="https://bread.example/@rosies"',
            'rel="me" href="https://cake.example/@rosies"',
            'href="https://www.facebook.com/rosies"',
        )
    )
    adding.search.setText(sample.serve("/places", f"<html><body>{links}</body></html>".encode(), "text/html"))
    adding._look()
    qtbot.waitUntil(lambda: adding.state == "found", timeout=20_000)
    told = {one.text() for one in adding.places.findChildren(QLabel)}
    assert {"Facebook", "rosies", "Days: needs approval"} <= told
    assert [one.title for one in adding.places.chosen()] == ["@rosies@bread.example", "@rosies@cake.example"]
    assert all(box.accessibleName() for box in adding.places.boxes())
    click(qtbot, adding.go)
    assert adding.form is not None
    assert adding.form.values()[0] == {"server": "@rosies@bread.example"}
    adding._added(())
    assert adding.go.accessibleName() == "Next place"
    click(qtbot, adding.go)
    assert adding.form.values()[0] == {"server": "@rosies@cake.example"}
    adding._added(())
    assert adding.go.accessibleName() == "Done"


def test_the_role_chosen_in_the_form_is_kept(
    adding: AddSourceDialog, sample: SampleShop, app: Shopbell, qtbot: Any
) -> None:
    adding.cards.choose("feeds")
    assert adding.form is not None
    adding.form.fill({"url": sample.feed_urls["blog"], "role": "own"})
    click(qtbot, adding.go)
    qtbot.waitUntil(lambda: adding.state == "found", timeout=20_000)
    with qtbot.waitSignal(adding.added, timeout=20_000):
        click(qtbot, adding.go)
    assert app.store.accounts()[0].settings["role"] == "own"


def test_a_page_that_is_no_feed_says_so_at_its_field(
    adding: AddSourceDialog, sample: SampleShop, app: Shopbell, qtbot: Any
) -> None:
    url = sample.serve("/plain.txt", b"nothing of the kind", "text/plain")
    adding.cards.choose("feeds")
    assert adding.form is not None
    adding.form.fill({"url": url})
    click(qtbot, adding.go)
    qtbot.waitUntil(
        lambda: adding.trouble.isVisible() or adding.form._errors["url"].isVisible(), timeout=8000
    )
    said = adding.form._errors["url"].text() or adding.trouble.words.text()
    assert "feed" in said
    assert "Traceback" not in said
    assert app.store.accounts() == ()


def test_nobody_there_is_said_in_words(adding: AddSourceDialog, qtbot: Any) -> None:
    adding.search.setText("http://127.0.0.1:9/")
    adding._look()
    qtbot.waitUntil(lambda: adding.trouble.isVisible(), timeout=20_000)
    assert "takes no connections" in adding.trouble.words.text()
    assert adding.state == "choose"


def browse(url: str) -> None:
    """Follows the redirect to the loopback address as a browser would."""
    with urllib.request.urlopen(url, timeout=5) as answer:
        answer.read()


def test_sign_in_through_the_browser(
    adding: AddSourceDialog, sample: SampleShop, browser: Browser, app: Shopbell, qtbot: Any
) -> None:
    adding.cards.choose("mastodon")
    assert adding.form is not None
    adding.form.fill({"server": sample.url})
    click(qtbot, adding.go)
    qtbot.waitUntil(lambda: adding.state == "waiting" and bool(browser.opened), timeout=20_000)
    assert adding.browser_page.title.text() == "Your browser is open."
    with qtbot.waitSignal(adding.added, timeout=10000):
        threading.Thread(target=browse, args=(sample.allow(browser.opened[0]),), daemon=True).start()
    account = app.store.accounts()[0]
    assert account.kind == "mastodon"
    assert app.credentials.get(account.id)
    assert adding.done_page.title.text() == f"{account.name} is connected."


def test_a_code_is_pasted_instead(
    adding: AddSourceDialog, sample: SampleShop, browser: Browser, app: Shopbell, qtbot: Any
) -> None:
    adding.cards.choose("mastodon")
    assert adding.form is not None
    adding.form.fill({"server": sample.url})
    click(qtbot, adding.go)
    qtbot.waitUntil(lambda: adding.state == "waiting", timeout=20_000)
    click(qtbot, adding.browser_page.paste_instead)
    qtbot.waitUntil(lambda: adding.state == "code", timeout=20_000)
    assert not adding.go.isEnabled()
    adding.browser_page.code.setText("wrong")
    click(qtbot, adding.go)
    qtbot.waitUntil(lambda: adding.trouble.isVisible(), timeout=20_000)
    assert app.store.accounts() == ()
    ended_at = sample.allow(browser.opened[-1])
    adding.browser_page.code.setText(dict(parse_qsl(urlsplit(ended_at).query))["code"])
    with qtbot.waitSignal(adding.added, timeout=20_000):
        click(qtbot, adding.go)
    assert adding.state == "done"
    assert app.credentials.get(app.store.accounts()[0].id)


def test_denied_in_the_browser_says_so_and_leaves_nothing(
    adding: AddSourceDialog, sample: SampleShop, browser: Browser, app: Shopbell, qtbot: Any
) -> None:
    adding.cards.choose("mastodon")
    assert adding.form is not None
    adding.form.fill({"server": sample.url})
    click(qtbot, adding.go)
    qtbot.waitUntil(lambda: adding.state == "waiting" and bool(browser.opened), timeout=20_000)
    denied = sample.allow(browser.opened[0], yes=False)
    threading.Thread(target=browse, args=(denied,), daemon=True).start()
    qtbot.waitUntil(adding.trouble.isVisible, timeout=20_000)
    assert "was told not to let Shopbell in" in adding.trouble.words.text()
    assert adding.state == "form"
    assert app.store.accounts() == ()
    # The form is as it was: once more, and allowed this time.
    click(qtbot, adding.go)
    qtbot.waitUntil(lambda: adding.state == "waiting" and len(browser.opened) == 2, timeout=20_000)
    with qtbot.waitSignal(adding.added, timeout=20_000):
        threading.Thread(target=browse, args=(sample.allow(browser.opened[1]),), daemon=True).start()
    assert len(app.store.accounts()) == 1


def test_a_token_that_is_not_accepted_leaves_nothing(
    adding: AddSourceDialog, sample: SampleShop, app: Shopbell, qtbot: Any
) -> None:
    adding.cards.choose("mastodon")
    assert adding.form is not None
    adding.form.show_advanced()
    adding.form.fill({"server": sample.url, "access_token": "wrong"})
    assert adding.go.accessibleName() == "Connect"
    click(qtbot, adding.go)
    qtbot.waitUntil(lambda: adding.trouble.isVisible(), timeout=20_000)
    assert "does not accept" in adding.trouble.words.text()
    assert app.store.accounts() == ()
    adding.form.fill({"access_token": sample.access_token})
    with qtbot.waitSignal(adding.added, timeout=20_000):
        click(qtbot, adding.go)
    assert len(app.store.accounts()) == 1


def test_without_a_key_store_it_is_kept_until_quit(
    tmp_path: Path, theme: Theme, sample: SampleShop, show: Any, browser: Browser, qtbot: Any
) -> None:
    app = Shopbell.open(tmp_path / "keyless", credentials=Credentials("keyless", NoKeyring()))
    dialog = show(AddSourceDialog(app, theme))
    dialog.cards.choose("mastodon")
    dialog.form.show_advanced()
    dialog.form.fill({"server": sample.url, "access_token": sample.access_token})
    click(qtbot, dialog.go)
    qtbot.waitUntil(lambda: dialog.trouble.keep.isVisible(), timeout=20_000)
    assert dialog.trouble.words.text() == "This computer offers no safe place for passwords."
    assert app.store.accounts() == ()
    with qtbot.waitSignal(dialog.added, timeout=20_000):
        click(qtbot, dialog.trouble.keep)
    assert app.credentials.session_only
    dialog.close()
    app.close()


def test_going_back_forgets_the_sign_in(
    adding: AddSourceDialog, sample: SampleShop, browser: Browser, app: Shopbell, qtbot: Any
) -> None:
    adding.cards.choose("mastodon")
    assert adding.form is not None
    adding.form.fill({"server": sample.url})
    click(qtbot, adding.go)
    qtbot.waitUntil(lambda: adding.state == "waiting", timeout=20_000)
    click(qtbot, adding.back)
    assert adding.state == "form"
    qtbot.waitUntil(lambda: adding.flow._jobs.waiting == 0, timeout=20_000)
    assert not adding.trouble.isVisible()
    assert app.store.accounts() == ()


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("rosies-bakery.example", True),
        ("https://x.example/a", True),
        ("@rosies@bread.example", True),
        ("mastodon", False),
        ("google reviews", False),
        ("", False),
        ("etc.", False),
    ],
)
def test_what_looks_like_an_address(text: str, is_one: bool) -> None:
    assert looks_like_address(text) is is_one


@pytest.fixture
def searched(app: Shopbell) -> Iterator[SearchesStandin]:
    """The searches of the web, and the large server, on this machine."""
    standin = SearchesStandin()
    standin.start()

    class Here(Mentions):
        default_api = standin.url

    class Tag(MastodonHashtag):
        default_server = "http://127.0.0.1:1"

    kept = [one for one in app.channels.all() if one not in (Mentions, MastodonHashtag)]
    registry = Registry([*kept, Here, Tag])
    app.website._registry = app.accounts._registry = registry
    yield standin
    standin.stop()


def test_who_talks_about_a_name(
    searched: SearchesStandin, adding: AddSourceDialog, app: Shopbell, browser: Browser, qtbot: Any
) -> None:
    searched.faults["/rss/search"] = (200, {"Content-Type": "text/html"}, b"<html>robot?</html>")
    qtbot.keyClicks(adding.search, "ma")
    assert adding.named.isHidden(), "one may still be looking for a kind of place"
    qtbot.keyClicks(adding.search, " x")
    adding.search.clear()
    qtbot.keyClicks(adding.search, "Rosie's Bakery")
    assert adding.named.accessibleName() == "Who talks about “Rosie's Bakery”?"
    qtbot.keyClick(adding.search, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: adding.state == "found", timeout=20_000)
    told = "\n".join(one.text() for one in adding.places.findChildren(QLabel))
    assert "Answers just now: Hacker News, Bing News, Bluesky." in told
    assert "Does not answer: Google News." in told
    assert "Deliver to: RSS feed" in told
    assert [one.title for one in adding.places.chosen()] == ["Rosie's Bakery"]
    for box, place in zip(adding.places.boxes(), adding.places.places(), strict=True):
        box.setChecked(place.kind == "mentions" and place.title in ("Rosie's Bakery", "Google Alerts"))
    with qtbot.waitSignal(adding.added, timeout=20_000):
        click(qtbot, adding.go)
    assert [one.kind for one in app.store.accounts()] == ["mentions"]
    click(qtbot, adding.go)
    assert adding.form is not None
    assert adding.form.values() == ({}, {}), "nothing is filled in but what is known"
    words = [one.text() for one in adding.form.findChildren(QLabel)]
    assert any("Deliver to: RSS feed" in one for one in words)
    (there,) = [b for b in adding.form.findChildren(QPushButton) if b.accessibleName() == "Open that page"]
    click(qtbot, there)
    assert browser.opened == ["https://www.google.com/alerts"]


def test_a_public_forum_is_read_without_a_sign_in(
    adding: AddSourceDialog, app: Shopbell, browser: Browser, qtbot: Any
) -> None:
    forum = ForumStandin()
    forum.start()
    adding.cards.choose("discourse")
    assert adding.form is not None
    assert not adding.form.without.isEnabled(), "which forum is not known yet"
    qtbot.keyClicks(adding.form.input("url"), forum.url)
    with qtbot.waitSignal(adding.added, timeout=20_000):
        click(qtbot, adding.form.without)
    forum.stop()
    assert browser.opened == []
    (account,) = app.store.accounts()
    assert (account.kind, account.settings["signed_in"]) == ("discourse", False)


def test_nothing_is_offered_where_a_sign_in_is_needed(adding: AddSourceDialog) -> None:
    adding.cards.choose("mastodon")
    assert adding.form is not None
    assert not hasattr(adding.form, "without")
