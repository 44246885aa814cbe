"""The first start: three steps, or none, or the sample shop."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from PySide6.QtCore import Qt

from gui.badges import BadgeLabel
from gui.first_start import FirstStart
from gui.theme import Theme
from services.app import Shopbell
from services.hours import is_quiet
from services.sample.shop import SampleShop
from tests.gui.browser import Browser
from tests.gui.dialogs.help import click


@pytest.fixture
def first(app: Shopbell, theme: Theme, show: Any, browser: Browser) -> FirstStart:
    return show(FirstStart(app, theme))


def test_first_start_walks_its_three_steps(
    first: FirstStart, app: Shopbell, sample: SampleShop, qtbot: Any
) -> None:
    qtbot.keyClicks(first.shop, "Rosie's Bakery")
    qtbot.keyClicks(first.first_name, "Ana")
    first.url.setText(sample.blog_url)
    first._look()
    qtbot.waitUntil(lambda: bool(first.places.chosen()), timeout=20_000)
    assert first.url_note.text().startswith("Found ")
    click(qtbot, first.go)
    qtbot.waitUntil(lambda: first.step == 1, timeout=20_000)
    assert len(app.store.accounts()) == 1
    click(qtbot, first.go)
    assert first.step == 2
    with qtbot.waitSignal(first.finished):
        click(qtbot, first.go)
    qtbot.waitUntil(lambda: app.settings.current.first_start_done)
    current = app.settings.current
    assert (current.shop_name, current.owner_first_name) == ("Rosie's Bakery", "Ana")
    assert current.quiet_hours == ("18:00", "08:00")
    assert len(current.opening_hours) == 7
    # "Outside these hours nothing rings": that holds at noon of the day off, too.
    sunday = datetime(2026, 11, 29, 12, 0).astimezone()
    assert is_quiet(current, sunday)
    assert not is_quiet(current, sunday + timedelta(days=1))


def test_behind_the_shops_address_the_comments_are_ticked(
    first: FirstStart, app: Shopbell, sample: SampleShop, qtbot: Any
) -> None:
    profile = f"{sample.url}/@rosies"
    page = (
        f'<html><head><link rel="alternate" type="application/rss+xml" title="News" '
        f'href="{sample.feed_urls["blog"]}"><link rel="alternate" type="application/rss+xml" '
        f'title="Comments" href="{sample.feed_urls["comments"]}"><link rel="me" href="{profile}"></head>'
    )
    first.url.setText(sample.serve("/our-site", page.encode(), "text/html"))
    first._look()
    qtbot.waitUntil(lambda: len(first.places.places()) == 3, timeout=20_000)
    ticked = {(one.kind, one.hint) for one in first.places.chosen()}
    assert ticked == {("feeds", "comments"), ("mastodon", "account")}
    posts = next(one for one in first.places.places() if one.hint == "posts")
    assert posts.settings["role"] == "own"


def test_first_start_can_be_skipped(first: FirstStart, app: Shopbell, qtbot: Any) -> None:
    click(qtbot, first.later)
    click(qtbot, first.later)
    assert first.step == 2
    click(qtbot, first.go)
    qtbot.waitUntil(lambda: app.settings.current.first_start_done)
    assert app.settings.current.quiet_hours == ()


def test_just_looking_opens_the_sample_shop(first: FirstStart, app: Shopbell, qtbot: Any) -> None:
    with qtbot.waitSignal(first.sample_wanted):
        click(qtbot, first.sample)
    qtbot.waitUntil(lambda: first._jobs.waiting == 0)
    assert not app.settings.current.first_start_done


def test_tab_reaches_the_found_places_where_they_stand(
    first: FirstStart, sample: SampleShop, qtbot: Any
) -> None:
    first.url.setText(sample.blog_url)
    first._look()
    qtbot.waitUntil(lambda: bool(first.places.boxes()), timeout=20_000)
    first.url.setFocus()
    for box in (*first.places.boxes(), first.another):
        qtbot.keyClick(first.focusWidget(), Qt.Key.Key_Tab)
        assert first.focusWidget() is box


def test_the_badges_stand_below_one_another(first: FirstStart, sample: SampleShop, qtbot: Any) -> None:
    page = (
        '<html><body><a href="https://www.facebook.com/rosiesbakery">us</a>'
        '<a href="mailto:hello@rosies.example">mail</a></body></html>'
    )
    first.url.setText(sample.serve("/our-links", page.encode(), "text/html"))
    first._look()
    qtbot.waitUntil(lambda: len(first.places.findChildren(BadgeLabel)) > 1, timeout=20_000)
    lefts = {one.mapTo(first, one.rect().topLeft()).x() for one in first.places.findChildren(BadgeLabel)}
    assert len(lefts) == 1
