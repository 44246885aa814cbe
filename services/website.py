"""What could be added for a shop: the places its own page names, and the searches for its name.

The page is read once (and one more of it, such as its contact page); every channel is asked what it
recognises. Networks that no channel speaks yet are named as such, with what they will take.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from services.channels import Registry
from services.channels.base import ChannelType, Effort, PageLink, SignInMethod, Suggestion, Tools, WebPage
from services.channels.pages import Later, addresses, later, page_key
from services.errors import ChannelError, Invalid
from services.model import Account, JsonObject

if TYPE_CHECKING:
    from services.channels.web import Response, Web
    from services.store import Store

log = logging.getLogger(__name__)

_ORDER = {effort: number for number, effort in enumerate(Effort)}
_MOST_BYTES = 8_000_000
_PAGE_S, _ASK_S, _ASK_ALL_S = 20.0, 10.0, 30.0
"""How long somebody who looks at a dialog waits: for the page, for one question of a channel's, for all."""
_MOST_WITH_FEEDS = 3
SEARCH = "search"
"""The hint of a suggestion that watches what is said about the shop."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One place. ``suggestion`` None: no channel speaks this network yet. ``network`` is the network's own
    name, ``title`` the place's."""

    network: str
    title: str
    effort: Effort
    suggestion: Suggestion | None = None
    url: str = ""
    is_added: bool = False


@dataclass(frozen=True, slots=True)
class Proposals:
    """``url``: where the page was found, empty after a look for words. Quickest first, those that have to
    wait last."""

    url: str = ""
    title: str = ""
    places: tuple[Proposal, ...] = ()

    @property
    def suggestions(self) -> list[Suggestion]:
        return [one.suggestion for one in self.places if one.suggestion is not None]

    @property
    def waiting(self) -> list[Proposal]:
        return [one for one in self.places if one.suggestion is None]


class Website:
    """``make_web`` gives a way to a public page (plain http is enough to read one)."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        make_tools: Callable[[ChannelType, Mapping[str, str], float | None], Tools],
        make_web: Callable[[], Web],
        *,
        page_s: float = _PAGE_S,
    ) -> None:
        self._store, self._registry, self._page_s = store, registry, page_s
        self._make_tools, self._make_web = make_tools, make_web

    def propose(self, typed: str) -> Proposals:
        """Behind an address, or for a name. Raises ChannelError where it could not be asked,
        Invalid("empty")."""
        if not typed.strip():
            raise Invalid("empty", field="address")
        return self.behind(typed) if addresses(typed) else self.for_words(typed)

    def behind(self, address: str) -> Proposals:
        """A page, a feed, or a name on a network. Raises ChannelError when it cannot be reached."""
        if not addresses(address):
            return Proposals(places=self._marked(self._asked(self._registry.all(), address), ()))
        try:
            response = self._read(address)
        except ChannelError as error:
            if error.reason == "timeout":
                # Whoever does not answer at all keeps every channel waiting as long.
                raise
            # It may be no page at all: a name on a network, a server that only speaks to its own.
            found = self._asked(self._registry.all(), address)
            if not found:
                raise
            return Proposals(places=self._marked(found, ()))
        if not _is_page(response):
            found = self._asked(self._registry.all(), address)
            return Proposals(response.url, places=self._marked(found, ()))
        page = self._page(response)
        found, silent = [], []
        for channel in self._registry.all():
            seen = self._recognised(channel, page)
            found += seen
            if not seen:
                silent.append(channel)
        found += self._asked(silent, page.url)
        others = self._later(page)
        for other in [one for one in others if one.network.has_feed][:_MOST_WITH_FEEDS]:
            feeds = self._asked(self._without_signin(), other.url)
            if feeds:
                # Most likely the shop's own: what is new there is nothing that customers say.
                found += [replace(one, title=_titled(one, other), hint="", is_default=False) for one in feeds]
                others.remove(other)
        return Proposals(page.url, page.title, self._marked(found, others))

    def _without_signin(self) -> list[ChannelType]:
        return [one for one in self._registry.all() if one.signin.method is SignInMethod.NONE]

    def for_words(self, typed: str) -> Proposals:
        """Searches for the shop's name and other words, separated by commas."""
        words = _words(typed)
        found: list[Suggestion] = []
        trouble: ChannelError | None = None
        for channel in self._registry.all():
            try:
                found.extend(channel.searches(words, self._make_tools(channel, {}, _ASK_S)))
            except ChannelError as error:
                trouble = error
        if not found and trouble is not None:
            raise trouble
        return Proposals(places=self._marked(found, ()))

    # --- the page

    def _read(self, address: str) -> Response:
        web, tries = self._make_web(), addresses(address)
        for url in tries[:-1]:
            try:
                return web.get(url, max_bytes=_MOST_BYTES, total=self._page_s)
            except ChannelError:
                continue
        return web.get(tries[-1], max_bytes=_MOST_BYTES, total=self._page_s)

    def _page(self, response: Response) -> WebPage:
        from services.webpage import joined, other_page, page_of

        page = page_of(response)
        more = other_page(page)
        if not more:
            return page
        try:
            other = self._make_web().get(more, max_bytes=_MOST_BYTES, total=15.0)
        except ChannelError as error:
            log.info("the second page of a site was not read: %s", error.kind)
            return page
        return joined(page, page_of(other)) if _is_page(other) else page

    # --- the channels

    def _recognised(self, channel: ChannelType, page: WebPage) -> list[Suggestion]:
        try:
            return list(channel.recognise(page))
        except (ValueError, Invalid):
            # A stranger's page may hold addresses that nobody foresaw; the other channels are asked all the
            # same.
            log.warning("%s: a page could not be looked at", channel.kind)
            return []

    def _asked(self, channels: Iterable[ChannelType], address: str) -> list[Suggestion]:
        found: list[Suggestion] = []
        until = time.monotonic() + _ASK_ALL_S
        for channel in channels:
            if time.monotonic() > until:
                log.info("%s: not asked, an address is too slow", channel.kind)
                continue
            try:
                found.extend(channel.suggest(address, self._make_tools(channel, {}, _ASK_S)))
            except (ChannelError, Invalid) as error:
                log.info("%s: nothing behind an address: %s", channel.kind, error.kind)
        return found

    def _later(self, page: WebPage) -> list[Later]:
        """The page's links to networks without a channel: those that, alone on a page, no channel
        recognises."""
        found: dict[tuple[str, str], Later] = {}
        bare = WebPage(page.url, page.title)
        for link in page.links:
            one = later(link.url)
            if one is not None:
                found.setdefault((one.network.title, one.name.casefold()), one)
        return [
            one
            for one in found.values()
            if not any(self._knows(channel, one.url, bare) for channel in self._registry.all())
        ]

    def _knows(self, channel: ChannelType, url: str, bare: WebPage) -> bool:
        with_link = replace(bare, links=(PageLink(url, frozenset({"me"})),))
        return len(self._recognised(channel, with_link)) > len(self._recognised(channel, bare))

    # --- in order

    @staticmethod
    def _extended(found: Sequence[Suggestion], accounts: Sequence[Account]) -> list[Suggestion]:
        """What may be added to an account that is there is proposed for that."""
        all_of_them: list[Suggestion] = []
        for one in found:
            there = [account for account in accounts if account.kind == one.kind] if one.extends else []
            for account in there:
                settings = {
                    name: _joined(account.settings.get(name), new) for name, new in one.settings.items()
                }
                title = f"{account.handle or account.name}: {one.title}"
                all_of_them.append(replace(one, settings=settings, title=title, account=account.id))
            if not there:
                all_of_them.append(one)
        return all_of_them

    @staticmethod
    def _is_added(one: Suggestion, accounts: Sequence[Account]) -> bool:
        if one.advice:
            return False
        if one.account is not None:
            (account,) = (each for each in accounts if each.id == one.account)
            return all(
                _words(account.settings.get(name)) == _words(value) for name, value in one.settings.items()
            )
        return any(is_same(account, one) for account in accounts if account.kind == one.kind)

    def _marked(self, found: Sequence[Suggestion], others: Sequence[Later]) -> tuple[Proposal, ...]:
        accounts = self._store.accounts()
        once: dict[tuple[str, str, str, int | None], Proposal] = {}
        searches = {
            _same(one.settings["url"]) for one in found if one.hint == SEARCH and "url" in one.settings
        }
        for one in self._extended(found, accounts):
            if one.hint != SEARCH and "url" in one.settings and _same(one.settings["url"]) in searches:
                # Whoever knows the address as a search is the better home for it.
                one = replace(one, is_default=False)
            channel = self._registry.get(one.kind)
            key = (one.kind, _same(next(iter(one.settings.values()), one.title)), one.advice, one.account)
            added = self._is_added(one, accounts)
            url = str(one.settings.get("url") or "")
            place = Proposal(channel.title, one.title, channel.signin.effort, one, url, added)
            once.setdefault(key, place)
        places = sorted(once.values(), key=lambda place: _ORDER[place.effort])
        waiting = [Proposal(one.network.title, one.name, one.network.effort, None, one.url) for one in others]
        return (*places, *sorted(waiting, key=lambda place: _ORDER[place.effort]))


def _titled(found: Suggestion, place: Later) -> str:
    """ "YouTube: Rosie's films" for what is read there, whoever reads it."""
    name = found.title if " " in found.title or not found.title.count(".") else place.name
    return name if place.network.title in name else f"{place.network.title}: {name}"


def _words(typed: object) -> list[str]:
    """Words that an account watches, as they were typed."""
    return [one.strip() for one in str(typed or "").split(",") if one.strip()]


def is_same(account: Account, suggestion: Suggestion) -> bool:
    """Whether an account of the kind is the suggested place."""
    known = {_same(one) for one in (account.handle, account.url, account.remote_id) if one}
    if _same(suggestion.title) in known:
        return True
    given = {name: _same(value) for name, value in suggestion.settings.items()}
    return bool(given) and all(
        _same(_setting(account.settings, name)) == value or (name == "url" and value in known)
        for name, value in given.items()
    )


def _joined(before: object, new: object) -> str:
    known = _words(before)
    folded = {one.casefold() for one in known}
    return ", ".join([*known, *(one for one in _words(new) if one.casefold() not in folded)])


def _setting(settings: JsonObject, name: str) -> str:
    return str(settings.get(name) or "")


def _same(value: object) -> str:
    """Addresses and names as they compare."""
    text = str(value).strip()
    return page_key(text) or text.casefold().lstrip("@#")


def _is_page(response: Response) -> bool:
    start = response.body[:3000].lstrip().lower()
    return "html" in response.content_type or b"<html" in start or start.startswith(b"<!doctype html")
