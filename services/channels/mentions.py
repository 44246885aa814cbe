"""Web mentions: who talks about the shop, as far as searches tell.

With words alone the searches that need no key are asked (Hacker News, Bing News, Google News, Bluesky; Reddit
with a member's own feed token); with addresses those feeds and nothing else. The parts:
``_mentions_searches`` (which there are), ``_mentions_check`` (do they answer), ``_mentions_offers`` (what is
proposed), ``_mentions_poll`` (a round over all), ``_mentions_stories`` (Hacker News), ``_mentions_posts``
(Bluesky), ``_mentions_pages`` (feeds; read as every other feed is), ``_mentions_words``, ``_page_links``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import ClassVar
from urllib.parse import urlsplit

from services.channels._feed_secrets import alert_mark, page_of, secret_values, taken_apart
from services.channels._mentions_searches import (
    CHOSEN,
    FEED_TOKEN,
    Search,
    kept_secrets,
    pasted,
    read_feed_token,
    searches_of,
)
from services.channels._mentions_words import read_words, sites_of
from services.channels._page_links import page_key
from services.channels.base import (
    Abilities,
    Badge,
    Batch,
    Channel,
    Effort,
    Field,
    Identity,
    SignIn,
    SignInMethod,
    Suggestion,
    Tools,
    WebPage,
)
from services.errors import Invalid
from services.model import JsonObject, MessageKind

_SEARCH_FEEDS = re.compile(
    r"https?://(?:(?:www\.)?google\.[a-z.]{2,6}/alerts/feeds/|news\.google\.com/rss/search|"
    r"(?:www\.)?bing\.com/(?:news/)?search\?(?:.*&)?format=rss|(?:www\.|old\.)?reddit\.com/(?:r/[^/]+/)?search\.rss)",
    re.IGNORECASE,
)
_TITLE_ENDS = re.compile(r"\s+[|–—·»:-]+\s+")
_NO_NAMES = frozenset("home homepage welcome start startseite willkommen accueil inicio".split())


class Mentions(Channel):
    kind: ClassVar[str] = "mentions"
    title: ClassVar[str] = "Web mentions"
    badge: ClassVar[Badge] = Badge(shape="public", hue=187.5)
    interval: ClassVar[timedelta] = timedelta(minutes=15)
    default_api: ClassVar[str] = ""
    """Stands in for the hosts of the built-in searches where an account names none."""
    signin: ClassVar[SignIn] = SignIn(
        method=SignInMethod.NONE,
        fields=(
            Field(
                "words",
                "Words",
                help="The shop's name, its web address, a product: separated by commas.",
                required=False,
                placeholder="Rosie's Bakery, rosies-bakery.example",
            ),
            Field(
                "url",
                "Search feed",
                help="Only if you have one, such as a Google Alert delivered as a feed. Several are separated"
                " by spaces.",
                required=False,
                placeholder="https://www.google.com/alerts/feeds/...",
                is_address=True,
            ),
            Field(
                FEED_TOKEN,
                "Reddit feed token",
                help="Any feed address from reddit.com/prefs/feeds, whole. Without it Reddit shows nothing.",
                secret=True,
                required=False,
                advanced=True,
            ),
            Field(
                "api",
                "Search server",
                help="Stands in for the hosts of the built-in searches. Empty: those themselves.",
                required=False,
                advanced=True,
                is_address=True,
            ),
        ),
        effort=Effort.MINUTE,
        explains="Nothing to sign in to. Each search is tried before it is added.",
    )
    abilities: ClassVar[Abilities] = Abilities(
        reads=frozenset({MessageKind.MENTION}),
        summary="Who talks about us",
        does=(
            "Searches Hacker News, Bluesky and the news for your name",
            "Google Alerts, Reddit, YouTube channels and any search feed",
        ),
        cannot=(
            "Answering from here: the text is copied and the page opens.",
            "What no search finds, and what people say behind a sign-in.",
            "Comments below YouTube films: YouTube gives those only to programs with a key of their own.",
        ),
        copy_and_open=True,
    )

    def __init__(self, settings: JsonObject, secrets: Mapping[str, str], tools: Tools) -> None:
        super().__init__(settings, secrets, tools)
        self._readers: dict[str, Channel] = {}

    # adding an account

    @classmethod
    def suggest(cls, address: str, tools: Tools) -> Sequence[Suggestion]:
        """Feeds that are searches by their very address."""
        typed = address.strip()
        if not _SEARCH_FEEDS.match(typed) or re.search(r"\s", typed):
            return ()
        host = (urlsplit(typed).hostname or "").removeprefix("www.")
        title = "Google Alerts" if alert_mark(taken_apart(typed)[0]) else host
        return (Suggestion(cls.kind, {"url": typed}, title, hint="search", is_default=True),)

    @classmethod
    def searches(cls, words: Sequence[str], tools: Tools) -> Sequence[Suggestion]:
        from services.channels._mentions_offers import offers

        watched = read_words(",".join(words))
        return offers(cls.kind, watched, cls.default_api, tools) if watched else ()

    @classmethod
    def recognise(cls, page: WebPage) -> Sequence[Suggestion]:
        """The shop's name as its page gives it, and its address."""
        host = urlsplit(page.url).hostname or ""
        site = page_key(f"https://{host}") if host.rpartition(".")[2].isalpha() else ""
        named = page.meta.get("og:site_name") or page.meta.get("application-name") or ""
        name = " ".join(named.split()) or _name_in(page.title)
        words = ", ".join(one.replace(",", " ") for one in (name[:80], site) if "." in one or len(one) > 2)
        return (Suggestion(cls.kind, {"words": words}, words, hint="search"),) if words else ()

    def identify(self) -> Identity:
        """Tries each search. Secrets in pasted addresses go to the key store."""
        from services.channels._mentions_check import check_built_in, check_pasted

        typed, words = str(self.settings.get("url") or "").strip(), self._words
        secrets = kept_secrets(typed)
        if self._secrets.get(FEED_TOKEN):
            secrets[FEED_TOKEN] = read_feed_token(self._secrets[FEED_TOKEN])
        for one in secrets.values():
            self.tools.web.mask(secret_values(one))
        if secrets:
            self.tools.keep_secrets(secrets)
        searches = searches_of(self._settings, {**self._secrets, **secrets})
        settings: dict[str, object] = {}
        if typed:
            checked = check_pasted(searches, words, self.tools)
            settings["url"] = " ".join(one.search.url for one in checked)
            moved = kept_secrets(" ".join(one.search.asked_at for one in checked))
            if moved.keys() - secrets.keys():
                self.tools.keep_secrets(moved)
        else:
            checked = check_built_in(searches, words, self.tools)
            settings[CHOSEN] = " ".join(one.search.key for one in checked)
        settings["titles"] = {one.search.key: one.title for one in checked if one.title}
        name = words[0] if words else checked[0].title or checked[0].search.name
        # The same words may be looked for in several places, and the same place for several words.
        remote_id = (
            " ".join(sorted(one.search.key for one in checked)) if typed else ", ".join(words).casefold()
        )
        return Identity(
            remote_id=remote_id,
            name=name[:200],
            handle=", ".join(words)[:200] or checked[0].search.name,
            url=page_of(checked[0].search.url) if typed else "",
            settings=settings,
        )

    @classmethod
    def part(cls, settings: JsonObject) -> tuple[JsonObject, Mapping[str, str]]:
        typed = str(settings.get("url") or "").strip()
        try:
            addresses, secrets = pasted(typed) if typed else (), kept_secrets(typed)
        except Invalid:
            return settings, {}
        if not secrets:
            return settings, {}
        return {**settings, "url": " ".join(taken_apart(one)[0] for one in addresses)}, secrets

    # reading

    @property
    def _words(self) -> tuple[str, ...]:
        return read_words(str(self.settings.get("words") or ""))

    @property
    def _settings(self) -> JsonObject:
        return {**self.settings, "api": self.settings.get("api") or self.default_api}

    def poll(self, cursor: JsonObject) -> Batch:
        from services.channels._mentions_poll import Round

        words = self._words
        searches = searches_of(self._settings, self._secrets)
        for one in searches:
            self.tools.web.mask(secret_values(one.secret))
        titles = self.settings.get("titles")
        known = titles if isinstance(titles, Mapping) else {}
        return Round(searches, words, sites_of(words), known, self.tools, self._reader, cursor).step()

    def _reader(self, search: Search) -> Channel:
        from services.channels.feeds import Feeds

        if search.key not in self._readers:
            reader = Feeds({"url": search.asked_at}, {}, self.tools)
            reader.shares = False
            self._readers[search.key] = reader
        return self._readers[search.key]

    def reply_page(self, message_url: str) -> str:
        if message_url:
            return message_url
        typed = str(self.settings.get("url") or "")
        return page_of(taken_apart(pasted(typed)[0])[0]) if typed else ""


def _name_in(title: str) -> str:
    """ "Rosie's Bakery" of "Home | Rosie's Bakery - fresh every day"."""
    pieces = [one.strip() for one in _TITLE_ENDS.split(" ".join(title.split()))]
    named = [one for one in pieces if one and one.casefold() not in _NO_NAMES]
    return named[0] if named else ""
