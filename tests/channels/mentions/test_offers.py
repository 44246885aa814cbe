"""What is proposed: behind an address, for the shop's name, and of the shop's own page."""

from __future__ import annotations

import pytest

from services.channels.base import PageLink, WebPage
from services.channels.mentions import Mentions
from services.words_accounts import NOTES
from tests.channels.mentions.conftest import Desk

NAME = "Rosie's Bakery"


def test_a_search_is_known_by_its_address(desk: Desk) -> None:
    for address in (
        "https://www.google.com/alerts/feeds/1/2",
        "https://www.reddit.com/r/bread/search.rss?q=x",
        "https://news.google.com/rss/search?q=x",
        "https://www.bing.com/news/search?q=x&format=rss",
    ):
        (found,) = Mentions.suggest(address, desk.tools)
        assert found.settings == {"url": address}
        assert (found.title == "Google Alerts") == ("alerts" in address)
    assert Mentions.suggest("https://paper.example/feed", desk.tools) == ()


def test_the_shops_name_proposes_what_answers(desk: Desk) -> None:
    class Here(Mentions):
        default_api = desk.standin.url

    found, *with_steps = Here.searches([NAME, "rosies.example"], desk.tools)
    assert all(one.advice in NOTES and one.help_url for one in with_steps)
    assert found.settings == {"words": f"{NAME}, rosies.example"}
    assert Here.searches([], desk.tools) == ()
    desk.standin.stop()
    words, *with_steps = Here.searches([NAME], desk.tools)
    assert not words.is_default
    assert set(words.tried.values()) == {False}
    assert len(with_steps) == 3


@pytest.mark.parametrize(
    ("title", "meta", "words"),
    [
        ("Home | Rosie's Bakery - fresh", {}, "Rosie's Bakery, rosies.example"),
        ("Rosie's Bakery", {"og:site_name": "Rosie's"}, "Rosie's, rosies.example"),
        ("", {}, "rosies.example"),
    ],
)
def test_the_shops_page_gives_name_and_address(title: str, meta: dict[str, str], words: str) -> None:
    page = WebPage("https://www.rosies.example/start", title, (PageLink("https://x.example/"),), meta)
    (found,) = Mentions.recognise(page)
    assert found.settings == {"words": words}
    assert not found.is_default
