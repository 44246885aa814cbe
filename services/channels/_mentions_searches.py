"""The searches of one account: those the owner pasted, else the built-in ones that need no key.

Sources: hn.algolia.com/api (search_by_date), lexicon app.bsky.feed.searchPosts, Google Alerts ("deliver to:
RSS feed"), bing.com/news (format=rss), news.google.com/rss/search, reddit.com/wiki/rss and
reddit.com/prefs/feeds (a member's own token).

A pasted address may hold a secret (``_feed_secrets``). It is taken out and kept in the key store; the address
without it names the search everywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlsplit

from services.channels._feed_discovery import addresses
from services.channels._feed_secrets import alert_mark, taken_apart, whole
from services.channels._feed_shape import digest
from services.channels._mentions_words import read_words
from services.errors import Invalid
from services.model import JsonObject

FEED_TOKEN = "feed_token"
CHOSEN = "searches"
"""Among the settings: keys of the built-in searches that answered when the account was added."""
MOST_SEARCHES = 20
STORIES, POSTS = "hacker-news", "bluesky"
"""The built-in searches that are no feeds."""
_NO_FEEDS = {"/api/v1/search_by_date": STORIES, "/xrpc/app.bsky.feed.searchPosts": POSTS}
_KEPT = "_of_"
"""Before the key of a search, among the secrets: what was taken out of its address."""
_SEPARATORS = re.compile(r"[\s,]+(?=https?://|feed:|[\w-]+(?:\.[\w-]+)+)")


@dataclass(frozen=True, slots=True)
class Search:
    """``key`` is its name in the cursor and before its messages' ids; ``name`` is for people (a host, where
    the owner pasted it); ``url`` without what is secret, ``secret`` what to add when asking."""

    key: str
    name: str
    url: str
    secret: str = ""

    @property
    def answers_in(self) -> str:
        """``STORIES`` or ``POSTS`` where the address, built in or copied from there, answers as those do;
        empty for feeds."""
        path = urlsplit(self.url).path
        return next((kind for end, kind in _NO_FEEDS.items() if path.endswith(end)), "")

    def words(self, watched: Sequence[str]) -> tuple[str, ...]:
        """What is searched for where it is no feed: the account's words, else those in the address."""
        asked = dict(parse_qsl(urlsplit(self.url).query))
        word = (asked.get("query") or asked.get("q") or "").strip('" ')
        return tuple(watched) or ((word,) if word else ())

    @property
    def asked_at(self) -> str:
        """The address with its secret: for the request and nothing else."""
        return whole(self.url, self.secret)


# --- what was pasted


def pasted(typed: str) -> tuple[str, ...]:
    """The addresses in a field that may hold several, as they are. Raises Invalid."""
    found = []
    for one in _SEPARATORS.split(typed.strip()):
        known = addresses(one.strip(" ,;"))
        if not known or "@" in urlsplit(known[0]).netloc:
            raise Invalid("password-in-address" if known else "not-an-address", field="url")
        found.append(known[0])
    if len(found) > MOST_SEARCHES:
        raise Invalid("too-many-addresses", field="url", limit=MOST_SEARCHES)
    return tuple(dict.fromkeys(found))


def read_feed_token(typed: str) -> str:
    """``feed=...&user=...`` out of whatever was pasted from reddit.com/prefs/feeds. Raises Invalid."""
    _, secret = taken_apart(typed if "?" in typed else f"https://x.example/?{typed}")
    if "feed=" not in secret:
        raise Invalid("not-a-feed-token", field=FEED_TOKEN)
    return secret


def kept_secrets(typed: str) -> dict[str, str]:
    """For the key store: what the pasted addresses hold, by search."""
    apart = (taken_apart(url) for url in pasted(typed)) if typed.strip() else ()
    return {_KEPT + key_of(url): secret for url, secret in apart if secret}


def key_of(url: str) -> str:
    """``url`` without its secret."""
    return alert_mark(url) or digest(url, size=4)


# --- which there are


def searches_of(settings: JsonObject, secrets: Mapping[str, str]) -> tuple[Search, ...]:
    """Raises Invalid where the settings make no sense."""
    typed = str(settings.get("url") or "").strip()
    if typed:
        return _of_addresses(typed, secrets)
    words = read_words(str(settings.get("words") or ""))
    if not words:
        raise Invalid("needs-words", field="words")
    chosen = str(settings.get(CHOSEN) or "").split()
    found = built_in(words, str(settings.get("api") or ""), secrets.get(FEED_TOKEN, ""))
    return tuple(one for one in found if not chosen or one.key in chosen) or found


def _of_addresses(typed: str, secrets: Mapping[str, str]) -> tuple[Search, ...]:
    found = {}
    for address in pasted(typed):
        url, secret = taken_apart(address)
        key, host = key_of(url), urlsplit(url).hostname or ""
        if not secret:
            secret = secrets.get(_KEPT + key, "")
        if not secret and (host == "reddit.com" or host.endswith(".reddit.com")):
            secret = _token(secrets.get(FEED_TOKEN, ""))
        found[key] = Search(key, host, url, secret)
    return tuple(found.values())


def built_in(words: Sequence[str], base: str, token: str = "") -> tuple[Search, ...]:
    """``base`` stands in for the hosts of all of them; their paths differ."""
    base = base.strip().rstrip("/")
    any_of = " OR ".join(f'"{word}"' for word in words)
    asked = quote(any_of, safe="")

    def at(host: str) -> str:
        return base or f"https://{host}"

    found = [
        Search(STORIES, "Hacker News", f"{at('hn.algolia.com')}/api/v1/search_by_date"),
        Search("bing-news", "Bing News", f"{at('www.bing.com')}/news/search?q={asked}&format=rss"),
        Search("google-news", "Google News", f"{at('news.google.com')}/rss/search?q={asked}"),
        # The public mirror refuses searches more often than the service behind it.
        Search(POSTS, "Bluesky", f"{at('api.bsky.app')}/xrpc/app.bsky.feed.searchPosts"),
    ]
    if token:
        url = f"{at('www.reddit.com')}/search.rss?q={asked}&sort=new"
        found.append(Search("reddit", "Reddit", url, _token(token)))
    return tuple(found)


def _token(kept: str) -> str:
    return read_feed_token(kept) if kept else ""
