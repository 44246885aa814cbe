"""Whether a search really gives entries, or an empty feed; asked while an account is added."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from services.channels import _feed_discovery
from services.channels._feed_parse import parse_feed
from services.channels._feed_secrets import SECRET, secret_values, taken_apart, whole
from services.channels._feed_shape import NotAFeed
from services.channels._mentions_poll import dated_search, without_sample
from services.channels._mentions_searches import Search, key_of
from services.channels.base import Tools
from services.channels.feeds import Feeds
from services.errors import (
    BadAnswer,
    ChannelError,
    Invalid,
    NotAllowed,
    RateLimited,
    SignInNeeded,
    Unreachable,
)

_NOT_NOW = (Unreachable, RateLimited)
"""May be over tomorrow; the search is kept and its freshness tells."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A search as it is to be asked from now on, what it calls itself, and whether it answered just now."""

    search: Search
    title: str = ""
    is_heard: bool = True


_Check = Callable[[Search, Tools], Checked]


def check_pasted(searches: Sequence[Search], words: Sequence[str], tools: Tools) -> list[Checked]:
    """Each must be a feed, or a page that names one. Raises Invalid, and ChannelError when none answers."""

    def one_of_them(search: Search, tools: Tools) -> Checked:
        return _pasted(search, words, tools)

    return _those_that_answer([(one, one_of_them) for one in searches], tools, is_strict=True)


def check_built_in(searches: Sequence[Search], words: Sequence[str], tools: Tools) -> list[Checked]:
    """Leaves out those that answer something else; raises ChannelError when none is left. A secret that is
    not accepted is told."""

    def built_in(search: Search, tools: Tools) -> Checked:
        if search.answers_in:
            return _dated(search, words, tools)
        return Checked(search, _title_of(search, tools))

    return _those_that_answer([(one, built_in) for one in searches], tools, is_strict=False)


def _dated(search: Search, words: Sequence[str], tools: Tools) -> Checked:
    asked = search.words(words)
    if not asked:
        raise Invalid("missing", field="words")
    dated_search(search, asked[:1], tools.web, {}).step(tools.clock.now(), tools.backfill)
    return Checked(search)


def _those_that_answer(
    pairs: Sequence[tuple[Search, _Check]], tools: Tools, *, is_strict: bool
) -> list[Checked]:
    found: list[Checked] = []
    trouble: ChannelError | None = None
    is_heard = False
    for search, check in pairs:
        tools.web.mask(secret_values(search.secret))
        try:
            found.append(check(search, tools))
            is_heard = True
        except _NOT_NOW as error:
            if error.reason == "cancelled":
                raise
            trouble = trouble or without_sample(error)
            found.append(Checked(search, is_heard=False))
        except ChannelError as error:
            told = without_sample(error)
            if is_strict or (search.secret and isinstance(error, SignInNeeded | NotAllowed)):
                raise told from None
            trouble = trouble or told
    if not is_heard and trouble is not None:
        raise trouble
    return found


def _pasted(search: Search, words: Sequence[str], tools: Tools) -> Checked:
    """A page that names its feed stands for the feed, as with the feeds themselves."""
    if search.answers_in:
        return _dated(search, words, tools)
    kept: dict[str, str] = {}
    identity = Feeds({"url": search.asked_at}, {}, replace(tools, keep_secrets=kept.update)).identify()
    url, secret = taken_apart(whole(str(identity.settings["url"]), kept.get(SECRET, "")))
    if url == search.url:
        return Checked(search, identity.name)
    host = urlsplit(url).hostname or search.name
    return Checked(replace(search, key=key_of(url), name=host, url=url, secret=secret), identity.name)


def _title_of(search: Search, tools: Tools) -> str:
    response = _feed_discovery.fetch(tools.web, search.asked_at)
    reason = ""
    try:
        document = parse_feed(response.body, response.headers.get("Content-Type", ""), response.url)
    except NotAFeed as problem:
        reason = problem.reason
    if reason:
        raise BadAnswer("not-a-feed", host=urlsplit(response.url).hostname, found=reason)
    return document.title
