"""The comment feeds of the owner's own blog: which of them to ask now, and what their comments are about.

A blog's feed does not change when somebody comments (the servers say 304), so counts that rise are a reason
to ask at once but their silence is none not to: the ten newest posts are asked at every poll, the others of
the last two weeks every half hour, older ones twice a day; all conditionally.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from services.channels._feed_messages import About, body_text, changed_messages, plain_title, same_name
from services.channels._feed_parse import parse_feed
from services.channels._feed_secrets import taken_apart
from services.channels._feed_shape import FeedDocument, FeedEntry, NotAFeed, digest
from services.channels._feed_state import MOST_NAMED, Source, key_of, names_of
from services.channels.web import Web
from services.errors import ChannelError, RateLimited, Unreachable
from services.model import Context, Message

MOST_POSTS = 60
MOST_NAMED_COMMENTS = 100
AT_ONCE = 10
"""Comment feeds asked in one step."""
_NEWEST = 10
_MOST_TEXT = 300
"""Characters of a post kept to be shown above its comments."""
_RECENT = timedelta(days=14)
_OFTEN, _RARELY, _AFTER_FAULT = timedelta(minutes=30), timedelta(hours=12), timedelta(hours=6)


_PLAIN = ("title", "page", "sent", "count", "seen_count", "asked", "faults", "author", "text")


@dataclass(slots=True)
class Watched:
    """One comment feed. ``count``: comments the blog last said there are (-1: it does not say). ``asked``:
    seconds, 0 never."""

    url: str
    title: str = ""
    page: str = ""
    sent: int = 0
    count: int = -1
    seen_count: int = -1
    asked: int = 0
    faults: int = 0
    author: str = ""
    text: str = ""
    source: Source = field(default_factory=Source)

    @classmethod
    def load(cls, url: str, data: Mapping[str, Any]) -> Watched:
        plain = {n: data[n] for n in _PLAIN if n in data}
        return cls(url, **plain, source=Source.load(data.get("source")))

    def dump(self) -> dict[str, Any]:
        return {**{n: getattr(self, n) for n in _PLAIN}, "source": self.source.dump()}

    def is_due(self, now: datetime, *, is_new: bool) -> bool:
        since = timedelta(seconds=now.timestamp() - self.asked)
        if self.faults:
            return since >= min(_AFTER_FAULT * self.faults, timedelta(days=2))
        if is_new:
            # Of a new post the blog may go on saying "no comments" out of a cache.
            return True
        if not self.asked:
            return self.count != 0
        if self.count > self.seen_count:
            return True
        is_recent = self.sent == 0 or now.timestamp() - self.sent < _RECENT.total_seconds()
        return since >= (_OFTEN if is_recent else _RARELY) or since < timedelta(0)

    @property
    def context(self) -> Context | None:
        """The post above the comments; None for the feed of all comments of a site."""
        if not self.page:
            return None
        sent_at = datetime.fromtimestamp(self.sent, UTC) if self.sent else None
        return Context(
            self.title, self.text, url=self.page, author=self.author, sent_at=sent_at, is_ours=True
        )


def load(data: Any) -> dict[str, Watched]:
    return (
        {url: Watched.load(url, one) for url, one in (data or {}).items()}
        if isinstance(data, Mapping)
        else {}
    )


def dump(watched: Mapping[str, Watched]) -> dict[str, Any]:
    return {url: one.dump() for url, one in watched.items()}


def note_posts(watched: dict[str, Watched], entries: Iterable[FeedEntry]) -> None:
    """Takes in what the blog's feed says: new posts, and how many comments each has. The oldest beyond
    sixty are let go."""
    for entry in entries:
        url = taken_apart(entry.comments_feed_url)[0]
        if not url:
            continue
        one = watched.setdefault(url, Watched(url))
        one.title, one.page, one.author = plain_title(entry.title)[:300], entry.url, entry.author[:100]
        words = body_text(entry)
        one.text = words if len(words) <= _MOST_TEXT else words[: _MOST_TEXT - 1].rstrip() + "…"
        one.sent = (
            int(entry.sent_at.timestamp()) if entry.sent_at and entry.sent_at.timestamp() > 0 else one.sent
        )
        one.count = entry.comment_count if entry.comment_count is not None else -1
    posts = sorted((one for one in watched.values() if one.page), key=lambda one: one.sent, reverse=True)
    for one in posts[MOST_POSTS:]:
        del watched[one.url]


def ask(
    web: Web,
    watched: Mapping[str, Watched],
    own_names: frozenset[str],
    now: datetime,
    *,
    begun: int = 0,
    address: Callable[[str], str] = str,
) -> tuple[list[Message], bool]:
    """One step: the messages of at most ten comment feeds, and whether others are due. One feed's fault is
    its own; when the whole site cannot be reached the rest waits for the next poll. ``begun``: seconds, when
    the first step of this poll was; what was asked since then is not asked again. ``address``: where a feed
    is to be asked, with what is secret in it."""
    # Posts before the feed of all comments, which brings the same ones with less about them.
    by_age = sorted((one for one in watched.values() if one.page), key=lambda one: one.sent, reverse=True)
    new = {one.url for one in by_age[:_NEWEST]} | {one.url for one in watched.values() if not one.page}
    due = sorted(
        (
            one
            for one in watched.values()
            if one.is_due(now, is_new=one.url in new) and not (begun and one.asked >= begun)
        ),
        key=lambda one: (not one.page, one.asked),
    )
    posts = {one.page: one.context for one in watched.values() if one.page and one.context}
    found: dict[str, Message] = {}
    silent = 0
    for one in due[:AT_ONCE]:
        try:
            for message in _comments(web, one, address(one.url), posts, own_names, now):
                found.setdefault(message.remote_id, message)
            one.faults = 0
        except (RateLimited, Unreachable):
            # The site's fault rather than this feed's: it is asked again at the next poll, after the others.
            silent += 1
            if silent == 2:
                one.asked = int(now.timestamp())
                return list(found.values()), False
        except (ChannelError, NotAFeed):
            one.faults += 1
        one.asked = int(now.timestamp())
    return sorted(found.values(), key=lambda m: m.sent_at), len(due) > AT_ONCE


def _comments(
    web: Web,
    one: Watched,
    address: str,
    posts: Mapping[str, Context],
    own_names: frozenset[str],
    now: datetime,
) -> list[Message]:
    from services.channels._feed_discovery import fetch

    response = fetch(web, address, conditional=one.source.validators(now))
    one.seen_count = one.count
    if response.not_modified:
        return []
    body = digest(response.body.decode("latin-1"), size=8)
    if body == one.source.body:
        one.source.remember(response, body, now)
        return []
    document = parse_feed(response.body, response.headers.get("Content-Type", ""), response.url)
    names = own_names | ({same_name(one.author)} if one.author and one.page else frozenset())
    about = About(
        frozenset(names),
        one.context,
        {} if one.page else posts,
        is_comments=True,
        prefix=digest(one.url, size=4) if one.page else "",
    )
    messages = take_all(one.source, document, about, now)
    one.source.remember(response, body, now)
    return messages


def take_all(source: Source, document: FeedDocument, about: About, now: datetime) -> list[Message]:
    """Everything new or changed of a short feed."""
    settled = source.settle_names(document.entries)
    messages, _ = changed_messages(source, settled, document, about, now, most=500)
    finish(source, settled, most=MOST_NAMED_COMMENTS)
    return messages


def finish(source: Source, settled: Iterable[tuple[FeedEntry, str]], most: int = MOST_NAMED) -> None:
    """The whole document is taken: keeps what it shows and forgets what is long gone."""
    settled = list(settled)
    shown = {key_of(identity): source.known.get(key_of(identity), "") for _, identity in reversed(settled)}
    source.keep({key: value for key, value in shown.items() if value}, names_of(settled), most)
