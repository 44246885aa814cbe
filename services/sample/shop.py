"""The sample shop: one object that starts the server, holds the week, and lets a test or a script play
customer, network and fate."""

from __future__ import annotations

import secrets
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from services.clock import Clock, SystemClock
from services.sample import posting, profile, reading
from services.sample.build import PHONE, Builder, meet, publish, say
from services.sample.exchange import Params, Request, Response
from services.sample.faults import Fault, Faults
from services.sample.feeds import Pages
from services.sample.flavours import FLAVOURS
from services.sample.journal import Journal, Playback
from services.sample.live import Live, Turn
from services.sample.mastodon import MastodonApi, RateLimits
from services.sample.oauth import SCOPES, SignIn
from services.sample.people import Customer
from services.sample.records import Person, Status
from services.sample.requestlog import RequestLog, Seen
from services.sample.script import SHOP
from services.sample.server import Server
from services.sample.site import Entry, Site
from services.sample.world import SHOP_NAME, World

_DOOR = ("/api/", "/oauth/", "/.well-known/", "/nodeinfo/")


@dataclass(slots=True)
class _Running:
    """What exists once the port is known."""

    url: str
    world: World
    site: Site
    sign_in: SignIn
    api: MastodonApi
    pages: Pages
    posting: posting.Posting
    builder: Builder
    token: str = field(repr=False)


class SampleShop:
    """``with SampleShop() as shop: shop.url ...``

    ``base_time``: when the week ends (default: now). ``count``: how many Mastodon conversations (default: as
    written). ``rate_limit`` and ``paging_limit``: requests in 5 minutes, and of those with a cursor in 15;
    the real ones are 300 each. The default is too high to be met by accident. Stopping and starting again
    keeps the world and, where the system allows it, the port. ``journal``: a file that lets another process
    carry on with the same week (give it the same ``base_time``, ``seed`` and port).
    """

    def __init__(
        self,
        clock: Clock | None = None,
        seed: int = 7,
        base_time: datetime | None = None,
        *,
        flavour: str = "mastodon",
        count: int | None = None,
        port: int = 0,
        rate_limit: int = 30_000,
        paging_limit: int = 30_000,
        latency_s: float = 0.0,
        tls: ssl.SSLContext | None = None,
        remember: int = 20_000,
        journal: Path | None = None,
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self.faults = Faults()
        self.latency_s = latency_s
        self.control_token = secrets.token_urlsafe(24)
        self._seed = seed
        self._base_time = base_time
        self._flavour = FLAVOURS[flavour]
        self._count = count
        self._port = port
        self._limits = RateLimits(rate_limit, paging_limit)
        self._tls = tls
        self._server: Server | None = None
        self._made: _Running | None = None
        self._log = RequestLog(remember)
        self._journal = Journal(journal) if journal else None
        self._live = Live(self._perform)

    # life

    def start(self) -> str:
        """Listens and returns the address. The world is made at the first start."""
        if self._server is not None:
            return self.url
        server = Server(self, self._port, self._tls)
        self._port = server.server_port
        if self._made is None:
            self._made = self._make(f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}")
        self._server = server
        server.start()
        return self.url

    def stop(self) -> None:
        """Within a second, whoever is still waiting for an answer."""
        self._live.stop()
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    def __enter__(self) -> SampleShop:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _make(self, url: str) -> _Running:
        now = self._base_time or self.clock.now()
        # Whole milliseconds: whoever keeps the time of a week to play it again keeps no more of it.
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        world = World(url, url.partition("://")[2], self._flavour, self.clock, self._seed, now)
        site = Site(self.clock)
        builder = Builder(world, site, now, self._count)
        builder.build()
        sign_in = SignIn(url, self._flavour, self.clock)
        post = posting.Posting()
        api = MastodonApi(world, sign_in, self._limits, [*reading.ROUTES, *posting.routes(post)])
        pages = Pages(site, url, SHOP_NAME)
        self._play_back(world, site, builder, post)
        return _Running(url, world, site, sign_in, api, pages, post, builder, sign_in.issue(SCOPES).value)

    def _play_back(self, world: World, site: Site, builder: Builder, post: posting.Posting) -> None:
        if self._journal is None:
            return
        playback = Playback(world, site, builder.statuses)
        self._journal.keep(playback.run(self._journal.records()))
        self._live.skip_to(playback.ticks)
        for status in world.statuses_of(world.shop):
            post.remember(status)
        world.record = site.record = self._journal.record

    @property
    def _open(self) -> _Running:
        if self._made is None:
            raise RuntimeError("the sample shop was not started")
        return self._made

    # addresses

    @property
    def url(self) -> str:
        return self._open.url

    @property
    def server_name(self) -> str:
        return self._open.world.server_name

    @property
    def handle(self) -> str:
        return f"@{SHOP}@{self.server_name}"

    @property
    def access_token(self) -> str:
        """The owner's, with every scope; new at every first start."""
        return self._open.token

    @property
    def blog_url(self) -> str:
        return f"{self.url}/blog/"

    @property
    def feed_urls(self) -> dict[str, str]:
        return self._open.pages.feeds

    @property
    def opml_url(self) -> str:
        return f"{self.url}/feeds.opml"

    @property
    def now(self) -> datetime:
        return self.clock.now()

    @property
    def world(self) -> World:
        return self._open.world

    @property
    def site(self) -> Site:
        return self._open.site

    @property
    def sign_in(self) -> SignIn:
        return self._open.sign_in

    # playing the customers

    def person(self, who: str) -> Person:
        """By key of the written week (``marta``) or handle; an unknown handle is somebody new."""
        known = self._open.builder.people.get(who) or self.world.find_person(who)
        if known is not None:
            return known
        name = who.removeprefix("@").partition("@")[0]
        return meet(
            self.world, Customer(who, who.removeprefix("@"), name.title(), days=400), self.clock.now()
        )

    def status(self, key: str) -> Status:
        """By key of the written week (``wrong-name``, ``wrong-name/1``, ``rye``) or id. Raises KeyError."""
        return self._open.builder.statuses.get(key) or self.world.statuses[key]

    def say(
        self,
        who: str,
        text: str,
        *,
        reply_to: str = "",
        quote: str = "",
        visibility: str = "public",
        language: str = "en",
        spoiler: str = "",
        at: datetime | None = None,
        key: str = "",
        mention: bool = True,
        late: bool = False,
    ) -> Status:
        """A customer writes to the shop. ``mention`` false leaves the text as it is. ``late``: what was
        written at ``at`` reaches this server only now."""
        address = mention and not quote and f"@{SHOP}" not in text
        status = self.world.post(
            self.person(who),
            f"@{SHOP} {text}" if address else text,
            at=at,
            arrived=self.clock.now() if late else None,
            visibility=visibility,
            reply_to=self.status(reply_to) if reply_to else None,
            quote_of=self.status(quote) if quote else None,
            spoiler=spoiler,
            language=language,
        )
        return self._name(key, status)

    def _name(self, key: str, status: Status) -> Status:
        if key:
            self._open.builder.statuses[key] = status
            self.world.record("name", key=key, id=status.id)
        return status

    def answer_from_phone(self, key: str, text: str) -> Status:
        """The owner answers on the network itself, with the same visibility."""
        before = self.status(key)
        return self.world.post(
            self.world.shop,
            f"@{before.author.acct} {text}",
            reply_to=before,
            visibility=before.visibility,
            application=PHONE,
        )

    def post_as_shop(self, text: str, key: str = "") -> Status:
        """Something of the shop's own, to be commented on."""
        status = self.world.post(self.world.shop, text, application=PHONE)
        return self._name(key, status)

    def edit(self, key: str, text: str) -> None:
        self.world.edit(self.status(key), text)

    def delete(self, key: str) -> None:
        self.world.delete(self.status(key))

    def follow(self, who: str) -> None:
        self.world.follow(self.person(who))

    # playing the web

    def publish(self, place: str, author: str, text: str, **more: Any) -> Entry:
        """``place``: blog, comments (with ``under``), forum, mentions. See ``Site.publish``."""
        return self.site.publish(place, author, text, **more)

    def serve(self, path: str, body: bytes, content_type: str) -> str:
        """Puts a document of the caller's on the server and returns its address."""
        return self._open.pages.serve(path, body, content_type)

    # playing the network and the owner's browser

    def fault(self, kind: str, path: str = "*", **more: Any) -> Fault:
        """Schedules a fault (see ``faults``); by default it spoils one request."""
        fault = Fault(kind, path, **more)
        self.faults.add(fault)
        return fault

    def allow(self, authorize_url: str, *, yes: bool = True) -> str:
        """Presses Allow (or Deny) on a sign-in page; returns the address the browser would be sent to. Raises
        ValueError when the page shows an error instead."""
        params = Params(parse_qsl(urlsplit(authorize_url).query, keep_blank_values=True))
        with self.world.lock:
            response = self.sign_in.decide(params, allow=yes)
        location = response.header("Location")
        if not location:
            raise ValueError(f"the sign-in page answers {response.status}")
        return location

    def revoke_tokens(self) -> None:
        with self.world.lock:
            self.sign_in.revoke_all()

    def new_token(self, scopes: str = "") -> str:
        """Another token of the owner's, with only these scopes (all when empty)."""
        with self.world.lock:
            return self.sign_in.issue(frozenset(scopes.split()) or SCOPES).value

    # what happened

    def owner_statuses(self) -> list[Status]:
        """What was posted over the API with the owner's token and still exists, oldest first."""
        with self.world.lock:
            return [s for s in self.world.statuses_of(self.world.shop) if s.through_api]

    def posts_received(self) -> dict[str, int]:
        """How many posting requests came in per idempotency key (empty key: without one)."""
        return dict(self._open.posting.received)

    def requests(self, path: str = "", method: str = "", status: int | None = None) -> list[Seen]:
        """``path``: how it begins."""
        return self._log.find(path, method, status)

    def forget_requests(self) -> None:
        self._log.clear()

    # what goes on happening

    def live(self, interval_s: float = 25.0) -> None:
        """Something new every so often; a complaint first, within 20 seconds."""
        self._live.start(interval_s)

    def tick(self) -> str:
        """Makes the next live event happen now; returns its name."""
        return self._live.tick()

    def _perform(self, turn: Turn) -> None:
        statuses = self._open.builder.statuses
        if turn.scene is not None:
            line, scene = turn.scene.lines[0], turn.scene
            person, under = self.person(line.who), statuses.get(scene.under)
            self._name(scene.key, say(self.world, scene, line.text, person, before=None, under=under))
        elif turn.web is not None:
            publish(self.site, turn.web)
        elif turn.change == "phone":
            self.answer_from_phone(turn.about, turn.text)
        elif turn.change == "follow":
            self.follow(turn.about)
        elif turn.change == "edit":
            self.edit(turn.about, f"@{SHOP} {turn.text}")
        elif turn.change == "delete":
            self.delete(turn.about)
        self.world.record("tick")

    # for the server

    def answer(self, request: Request) -> Response:
        running = self._open
        if request.path.startswith("/sample/"):
            from services.sample import control

            return control.answer(self, request)
        if request.path.startswith(_DOOR):
            return running.api.answer(request)
        page = profile.answer(running.world, request) or running.pages.answer(request)
        return page or running.pages.nothing()

    def finished(self, request: Request, status: int, size: int) -> None:
        if request.path.startswith("/sample/"):
            return
        self._log.add(request, status, size, self.clock.now())
