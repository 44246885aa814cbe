"""Feeds: RSS, Atom and JSON Feed, as a place where customers write or as the owner's own blog with its
comments.

A feed only talks; answers go by "copy and open" and are recognised when they come back under the owner's
name. How a document is read is in ``_feed_parse.py``, how feeds are found behind a page in
``_feed_discovery.py``, what is remembered in ``_feed_state.py``. Politeness: conditional requests, at most
every 5 minutes, and never more often than the feed itself asks for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from services import turns
from services.channels import _feed_comments, _feed_discovery
from services.channels._feed_messages import About, changed_messages, is_comment_feed, same_name
from services.channels._feed_pace import USUAL, interval, max_age, note_interval
from services.channels._feed_parse import parse_feed
from services.channels._feed_secrets import (
    COMMENTS_SECRET,
    SECRET,
    Kept,
    alert_mark,
    fingerprint,
    page_of,
    secret_values,
    taken_apart,
)
from services.channels._feed_shape import FeedDocument, NotAFeed, fingerprint_of
from services.channels._feed_state import Source
from services.channels._page_findings import hosts_of, shared
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
from services.channels.web import Response
from services.errors import BadAnswer, ChannelError, Invalid, Unreachable
from services.model import NOTHING, JsonObject, Message, MessageKind

STEP = 500
"""Messages in one batch."""
_AWAY = frozenset({"dns", "refused", "timeout", "deadline", "reset", "server", "offline", "network"})
"""Why a feed that a page names may only be silent for now."""
_REASONS = {"entities": "forbidden-entities", "timeout": "too-slow", "empty": "empty"}


class Feeds(Channel):
    kind: ClassVar[str] = "feeds"
    title: ClassVar[str] = "Feed or blog"
    badge: ClassVar[Badge] = Badge(shape="feed", hue=63.0)
    interval: ClassVar[timedelta] = USUAL
    plain_http: ClassVar[bool] = True
    signin: ClassVar[SignIn] = SignIn(
        method=SignInMethod.NONE,
        fields=(
            Field(
                "url",
                "Address",
                help="Of the feed, or of the page: the feeds behind it are found.",
                placeholder="https://rosies.example/blog",
            ),
            Field(
                "role",
                "What it is",
                required=False,
                default="customers",
                choices={"customers": "A place my customers write", "own": "My own blog"},
                is_free=True,
            ),
            Field(
                "own_name",
                "Your name there",
                help="What you write there under this name counts as answered.",
                required=False,
                advanced=True,
                is_free=True,
            ),
        ),
        effort=Effort.MINUTE,
        explains="Nothing to sign in to. What is there now is read quietly; news arrive as they appear.",
    )
    abilities: ClassVar[Abilities] = Abilities(
        reads=frozenset({MessageKind.ENTRY, MessageKind.COMMENT}),
        summary="Comments, forums, reviews and mentions that a site publishes as a feed",
        does=("Comments under your blog posts", "Forum topics and searches", "Finds the feeds of any page"),
        cannot=(
            "Answering from here: a feed only talks. The text is copied and the page opens.",
            "What a site does not publish, such as comments that wait for approval.",
        ),
        copy_and_open=True,
    )

    shares = True
    """Whether pages elsewhere that the entries lead to are told to be those of other searches."""

    def __init__(self, settings: JsonObject, secrets: Mapping[str, str], tools: Tools) -> None:
        super().__init__(settings, secrets, tools)
        self._kept = Kept(settings, secrets)
        tools.web.mask(self._kept.values)
        # The rest of a long document between two steps; when it is lost the document is simply asked for
        # again.
        self._open: tuple[FeedDocument, Response] | None = None

    # adding an account

    @classmethod
    def read_sources(cls, document: bytes) -> Sequence[Suggestion]:
        from services.channels._opml import read_opml

        return read_opml(document)

    @classmethod
    def write_sources(cls, sources: Sequence[tuple[str, JsonObject]]) -> str:
        from services.channels._opml import write_opml

        return write_opml(sources)

    @classmethod
    def suggest(cls, address: str, tools: Tools) -> Sequence[Suggestion]:
        if not _feed_discovery.addresses(address):
            return ()
        found = _feed_discovery.find(tools.web, address)
        best = next((one.url for one in found if one.hint != "comments"), found[0].url if found else "")
        return tuple(
            Suggestion(
                cls.kind, {"url": one.url}, one.title or _host(one.url), one.hint, is_default=one.url == best
            )
            for one in found
        )

    @classmethod
    def recognise(cls, page: WebPage) -> Sequence[Suggestion]:
        found = _feed_discovery.in_links(page.links)
        best = next((one.url for one in found if one.hint != "comments"), "")
        return tuple(
            Suggestion(
                cls.kind,
                {"url": one.url},
                one.title or page.title or _host(one.url),
                one.hint,
                is_default=one.url == best,
            )
            for one in found[:8]
        )

    def identify(self) -> Identity:
        """Accepts a page too: its best feed is taken. Raises Invalid("not-a-feed", "not-an-address",
        "password-in-address")."""
        address = self._kept.address.strip()
        if self.settings.get("role", "customers") not in ("customers", "own", ""):
            raise Invalid("not-a-choice", field="role")
        if "@" in urlsplit(address).netloc:
            raise Invalid("password-in-address", field="url")
        self.tools.web.mask(secret_values(taken_apart(address)[1]))
        found = _feed_discovery.find(self.tools.web, address)
        one, document = self._best(found)
        url, secret = taken_apart(one.url)
        settings: dict[str, Any] = {"url": url}
        secrets = {SECRET: secret}
        if self._role == "own":
            comments = next(
                (other.url for other in found if other.hint == "comments" and other.url != one.url), ""
            )
            if not comments and len(found) == 1 and document.url:
                comments = self._site_comments(document.url)
            settings["comments_url"], secrets[COMMENTS_SECRET] = taken_apart(comments)
        if any(secrets.values()):
            self.tools.keep_secrets({name: one for name, one in secrets.items() if one})
        name = document.title or one.title or _host(one.url)
        mark = fingerprint(secret)
        return Identity(
            # Two feeds may differ in their token alone.
            f"{url}#{mark}" if mark and not alert_mark(url) else url,
            name[:200],
            handle=_host(url),
            url=taken_apart(document.url)[0] or page_of(url),
            settings=settings,
        )

    @classmethod
    def part(cls, settings: JsonObject) -> tuple[JsonObject, Mapping[str, str]]:
        url, secret = taken_apart(str(settings.get("url") or ""))
        return ({**settings, "url": url}, {SECRET: secret}) if secret else (settings, {})

    def _best(self, found: Sequence[_feed_discovery.Found]) -> tuple[_feed_discovery.Found, FeedDocument]:
        """The first that is a feed. A page that was read and names a feed which does not answer just now (a
        host may be away for hours) is believed: its freshness says so until the feed is heard."""
        silent, trouble = None, None
        for one in found[:5]:
            try:
                document = one.document or _feed_discovery.read(self.tools.web, one.url)
            except Unreachable as error:
                trouble = trouble or error
                silent = silent or (one if one.is_named and error.reason in _AWAY else None)
                continue
            if document:
                return one, document
        if silent is None:
            raise trouble or Invalid("not-a-feed", field="url")
        return silent, FeedDocument()

    def _site_comments(self, page: str) -> str:
        """The feed of all comments of a blog, where its front page names one."""
        try:
            found = _feed_discovery.find(self.tools.web, page)
        except (Invalid, ChannelError):
            return ""
        return next((one.url for one in found if one.hint == "comments"), "")

    # reading

    @property
    def _role(self) -> str:
        return str(self.settings.get("role") or "customers")

    def poll(self, cursor: JsonObject) -> Batch:
        now = self.tools.clock.now()
        state = dict(cursor)
        if self._role == "own" and state.get("asking"):
            return self._ask_comments(state, NOTHING, now)
        source = Source.load(state.get("feed"))
        is_first = not source.full
        opened = self._open
        self._open = None
        if opened is None or not state.get("open"):
            fetched = self._fetch(source, now, fresh=bool(state.get("open")))
            if isinstance(fetched, Response):
                note_interval(state, changed=False)
                state["feed"] = source.dump()
                settings = self._note_move(state, fetched)
                return self._finished(state, (), settings, fetched, None, now)
            opened = fetched
        document, response = opened
        settings = self._note_move(state, response)
        return self._take(state, source, document, response, settings, now, is_first=is_first)

    def _fetch(
        self, source: Source, now: datetime, *, fresh: bool
    ) -> Response | tuple[FeedDocument, Response]:
        """The response alone when nothing changed, else the document with it."""
        validators = None if fresh else source.validators(now)
        response = _feed_discovery.fetch(self.tools.web, self._kept.address, conditional=validators)
        if response.not_modified:
            return response
        if not fresh and source.body and _body_mark(response) == source.body:
            source.remember(response, source.body, now)
            return response
        host = urlsplit(response.url).hostname
        try:
            document = parse_feed(response.body, response.headers.get("Content-Type", ""), response.url)
        except NotAFeed as problem:
            reason = _REASONS.get(problem.reason, "not-a-feed")
            found = problem.reason
        else:
            return document, response
        raise BadAnswer(reason, host=host, found=found, sample=response.sample())

    def _take(
        self,
        state: dict[str, Any],
        source: Source,
        document: FeedDocument,
        response: Response,
        settings: JsonObject,
        now: datetime,
        *,
        is_first: bool,
    ) -> Batch:
        settled = source.settle_names(document.entries)
        if self._role == "own":
            watched = _feed_comments.load(state.get("comments"))
            _feed_comments.note_posts(watched, document.entries)
            self._add_site_comments(watched)
            state["comments"] = _feed_comments.dump(watched)
            state["posters"] = sorted({same_name(e.author) for e in document.entries if e.author})[:20]
            messages: list[Message] = []
            is_more, all_new = False, False
            for entry, identity in settled:
                source.note(identity, fingerprint_of(entry), None)
        else:
            names = frozenset({same_name(self._own_name)} if self._own_name else ())
            about = About(names, is_comments=is_comment_feed(document))
            before = {identity for _, identity in settled if source.fingerprint(identity)}
            with turns.heavy:
                messages, is_more = changed_messages(source, settled, document, about, now, most=STEP)
            if self.shares and not about.is_comments:
                homes = hosts_of(self._kept.address, response.url, document.url)
                state["seen"] = dict(state.get("seen") or {})
                messages = shared(messages, state["seen"], homes)
            all_new = not is_first and not before and len(settled) >= 5
        messages = self._kept.without(messages)
        if is_more:
            self._open = (document, response)
            state.update({"open": 1, "feed": source.dump()})
            return Batch(tuple(messages), cursor=state, more=True, settings=settings)
        state.pop("open", None)
        _feed_comments.finish(source, settled)
        source.remember(response, _body_mark(response), now)
        state["feed"] = source.dump()
        note_interval(state, changed=bool(messages) or self._role == "own", all_new=all_new)
        return self._finished(state, tuple(messages), settings, response, document, now)

    def _finished(
        self,
        state: dict[str, Any],
        messages: tuple[Message, ...],
        settings: JsonObject,
        response: Response,
        document: FeedDocument | None,
        now: datetime,
    ) -> Batch:
        if document is not None:
            state["asks"] = document.min_interval
        state["age"] = max_age(response)
        if self._role == "own":
            return self._ask_comments(state, settings, now)
        return Batch(messages, cursor=state, next_after=interval(state), settings=settings)

    # comments under the owner's own posts

    @property
    def _own_name(self) -> str:
        return str(self.settings.get("own_name") or "")

    def _add_site_comments(self, watched: dict[str, _feed_comments.Watched]) -> None:
        url = str(self.settings.get("comments_url") or "")
        if url and url not in watched:
            watched[url] = _feed_comments.Watched(url)

    def _ask_comments(self, state: dict[str, Any], settings: JsonObject, now: datetime) -> Batch:
        watched = _feed_comments.load(state.get("comments"))
        names = {same_name(self._own_name)} if self._own_name else set(state.get("posters") or ())
        begun = int(state.get("asking") or 0)
        messages, is_more = _feed_comments.ask(
            self.tools.web, watched, frozenset(names), now, begun=begun, address=self._kept.comments_address
        )
        messages = self._kept.without(messages)
        state["comments"] = _feed_comments.dump(watched)
        state["asking"] = (begun or int(now.timestamp())) if is_more else 0
        after = None if is_more else interval(state)
        return Batch(tuple(messages), cursor=state, more=is_more, next_after=after, settings=settings)

    # when to come back, and where

    def _note_move(self, state: dict[str, Any], response: Response) -> JsonObject:
        """A permanent redirect is believed when it was given twice."""
        target, secret = taken_apart(response.permanent_url)
        if not target or target == self.settings.get("url") or secret != self._kept.secret:
            # With another secret it is followed again every time: what a poll brings is kept in the open.
            state.pop("moved", None)
            return NOTHING
        if state.get("moved") == target:
            state.pop("moved", None)
            return {"url": target}
        state["moved"] = target
        return NOTHING

    def reply_page(self, message_url: str) -> str:
        return message_url or page_of(str(self.settings.get("url", "")))


def _body_mark(response: Response) -> str:
    """Piece by piece: nobody else would have a turn while millions of bytes are converted at once."""
    mark = hashlib.blake2b(digest_size=8)
    for at in range(0, len(response.body), 1 << 16):
        mark.update(response.body[at : at + (1 << 16)].decode("latin-1").encode("utf-8"))
    return mark.hexdigest()


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
