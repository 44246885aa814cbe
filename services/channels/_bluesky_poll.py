"""What has happened since the last look: the state machine behind the Bluesky account's cursor.

Lexicons app.bsky.notification.listNotifications, app.bsky.feed.getAuthorFeed, getPosts, getPostThread.

First our own posts back to the horizon, then the notifications, then the direct messages and the watched
words, each quietly and one bounded step at a time. Our own come first because they tell which threads are
ours, and because what was answered already then arrives as answered. From then on a look reads the newest of
all of them (``_walk``) and looks after the posts of the last days (``_bluesky_watch``).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from services.channels._bluesky_direct import DirectMessages
from services.channels._bluesky_messages import (
    addressed,
    author_did,
    context_of,
    did_in,
    greeting_of,
    is_post,
    is_to,
    message_of,
    parent_of,
    quoted_by,
    root_of,
    sent_of,
)
from services.channels._bluesky_places import HEIGHT, OUR_POST, UNKNOWN, Places, chain_of, flat
from services.channels._bluesky_session import Session, is_missing, name_of
from services.channels._bluesky_watch import AT_ONCE, Watch
from services.channels._shapes import Json, moment_of, part_of, parts_of, status_of, text_of
from services.channels._walk import Mark, Walk
from services.channels._word_search import Search
from services.channels.base import Batch
from services.clock import iso
from services.errors import BadAnswer, ChannelError, SignInNeeded, Unreachable
from services.model import Context, Deletion, JsonObject, Message, MessageKind

log = logging.getLogger(__name__)

_REASONS = ("mention", "reply", "quote", "follow")
_MOST_DOUBTS = 5
_MOST_BELOW = 10


class Look:
    """One step of polling."""

    def __init__(
        self, session: Session, cursor: JsonObject, words: list[str], now: datetime, since: datetime
    ) -> None:
        self._session = session
        self._me = session.did
        self._now = now
        self._own = Walk(cursor.get("own"), since)
        self._notes = Walk(cursor.get("notes"), since)
        self._posts: dict[str, Json] = {}
        self._places = Places(cursor.get("places"), self._me, self._above, self._posts)
        self._watch = Watch(cursor.get("watch"), now)
        self._direct = DirectMessages(cursor.get("direct"), session, self._me, now, since)
        self._search = Search(cursor.get("search"), words, self._found_page, _search_mark, now, since)
        self._pending: list[tuple[Json, bool]] = []
        self._messages: dict[str, Message] = {}
        self._deletions: dict[str, Deletion] = {}
        self._doubts = _MOST_DOUBTS
        self._is_feed_missing = False

    @property
    def is_refused_direct(self) -> bool:
        return self._direct.is_refused

    @property
    def has_direct(self) -> bool:
        """Direct messages were read to their end at least once."""
        return not self._direct.is_first

    def ask_for_direct(self) -> None:
        self._direct.ask_at_once()

    def step(self) -> Batch:
        more, is_live = True, False
        if self._own.is_first:
            self._hear_own()
            self._place_pending()
        elif self._notes.is_first:
            self._hear_notes()
            self._place_pending()
        elif self._direct.is_first and self._direct.is_due:
            self._direct.look()
        elif self._search.first_look():
            self._take_found()
        else:
            more, is_live = self._live(), True
        messages = {**self._messages, **{m.remote_id: m for m in self._direct.messages}}
        ordered = tuple(sorted(messages.values(), key=lambda m: m.sent_at))
        gone = (*self._deletions.values(), *self._direct.deletions)
        return Batch(ordered, gone, self._cursor(), more, live=is_live)

    def _cursor(self) -> dict[str, Any]:
        return {
            "own": self._own.state(),
            "notes": self._notes.state(),
            "places": self._places.state(),
            "watch": self._watch.state(),
            "direct": self._direct.state(),
            "search": self._search.state(),
        }

    def _live(self) -> bool:
        """Each part for itself: trouble with one must not hold up what another brought. It is told by the
        next step, when there is nothing new to be kept."""
        more = False
        trouble: ChannelError | None = None
        lists = (self._hear_notes, self._hear_own, self._place_pending)
        for part in (*lists, self._direct.look, self._hear_words, self._rounds):
            try:
                more = part() or more
            except ChannelError as error:
                trouble = trouble or error
                if not (isinstance(error, Unreachable) and error.reason == "server"):
                    break
        self._place_pending()
        if trouble is not None and not self._messages and not self._direct.messages:
            raise trouble
        return more or trouble is not None

    # --- the lists

    def _hear_notes(self) -> bool:
        fresh, more = self._notes.read(self._note_page, self._note_mark)
        notes = [one for one in fresh if text_of(one, "reason") in _REASONS]
        posts = [one for one in notes if is_post(one) and author_did(one) != self._me]
        self._hydrate(posts)
        for note in notes:
            if text_of(note, "reason") == "follow" and text_of(part_of(note, "author"), "did"):
                greeting = greeting_of(note, self._now)
                self._messages[greeting.remote_id] = greeting
        for note in posts:
            uri = text_of(note, "uri")
            # Hidden from us or not to be had now: what the notification says of it is enough.
            if uri in self._posts or self._is_gone(uri) is not True:
                self._pending.append((self._posts.get(uri, note), text_of(note, "reason") == "reply"))
        return more

    def _note_page(self, cursor: str) -> tuple[list[Json], str]:
        params = [("limit", "100"), *(("reasons", one) for one in _REASONS)]
        params += [("cursor", cursor)] if cursor else []
        answer = self._session.get("app.bsky.notification.listNotifications", params)
        if not isinstance(answer.get("notifications"), list):
            raise BadAnswer("not-a-list")
        return parts_of(answer, "notifications"), text_of(answer, "cursor")

    def _note_mark(self, note: Json) -> Mark | None:
        moment = moment_of(note, "indexedAt") or moment_of(part_of(note, "record"), "createdAt")
        uri = text_of(note, "uri") or text_of(part_of(note, "author"), "did")
        return Mark(f"{uri} {text_of(note, 'reason')}", iso(moment or self._now)) if uri else None

    def _hear_own(self) -> bool:
        """What we wrote ourselves, here or elsewhere: an answer becomes an outbound message, a post is
        context."""
        fresh, more = self._own.read(self._own_page, _feed_mark)
        for entry in fresh:
            post = part_of(entry, "post")
            if is_post(post) and author_did(post) == self._me and not _is_repost(entry):
                self._keep_parents(entry)
                self._pending.append((post, False))
        return more

    def _place_pending(self) -> bool:
        """Theirs and ours in the order in which they were written, so that what is answered has its place
        before its answer. Record keys are times."""
        waiting: dict[str, tuple[Json, bool]] = {}
        for post, is_reply in self._pending:
            # One post may be an answer and a mention, and is told of twice.
            uri = text_of(post, "uri")
            waiting[uri] = (post, is_reply or waiting.get(uri, (post, False))[1])
        self._pending = []
        ordered = sorted(waiting, key=lambda u: (sent_of(waiting[u][0], self._now), u.rpartition("/")[2]))
        for uri in ordered:
            post, is_reply = waiting[uri]
            self._take(post, is_reply=is_reply)
        return False

    def _own_page(self, cursor: str) -> tuple[list[Json], str]:
        params = [("actor", self._me), ("filter", "posts_with_replies"), ("limit", "100")]
        params += [("cursor", cursor)] if cursor else []
        try:
            answer = self._session.get("app.bsky.feed.getAuthorFeed", params)
        except BadAnswer as error:
            if error.reason == "not-json" or (cursor and name_of(error) not in ("NotFound", "BlockedActor")):
                raise
            # A server that does not show our own posts still shows what customers say, and what is below it.
            self._is_feed_missing = is_missing(error)
            log.info("our own posts could not be read: %s", error.kind)
            return [], ""
        return parts_of(answer, "feed"), text_of(answer, "cursor")

    def _keep_parents(self, entry: Json) -> None:
        """The feed shows what our answer answers; a first comment below our own post has its place at
        once."""
        for name in ("root", "parent"):
            post = part_of(entry, "reply", name)
            if is_post(post) and "record" in post:
                self._posts.setdefault(text_of(post, "uri"), post)
        parent = part_of(entry, "reply", "parent")
        above = (text_of(root_of(parent), "uri"), parent_of(parent))
        if is_post(parent) and all(did_in(uri) == self._me for uri in above):
            self._places.find(parent)

    def _found_page(self, word: str, cursor: str) -> tuple[list[Json], str]:
        params = [("q", word), ("sort", "latest"), ("limit", "50")]
        params += [("cursor", cursor)] if cursor else []
        answer = self._session.get("app.bsky.feed.searchPosts", params)
        return [one for one in parts_of(answer, "posts") if is_post(one)], text_of(answer, "cursor")

    def _hear_words(self) -> bool:
        more = self._search.look()
        self._take_found()
        return more

    def _take_found(self) -> None:
        new = [
            post
            for uri, post in self._search.posts.items()
            if author_did(post) != self._me and not self._watch.knows(uri) and uri not in self._messages
        ]
        self._posts |= {text_of(post, "uri"): post for post in new}
        self._fetch(self._ours_around(new))
        for post in new:
            self._take(post)

    # --- posts

    def _hydrate(self, posts: list[Json]) -> None:
        """Reads the posts behind notifications as they are now, and those of ours that they speak of."""
        wanted = [text_of(one, "uri") for one in posts]
        self._fetch(wanted + self._ours_around(posts))

    def _ours_around(self, posts: Iterable[Json]) -> list[str]:
        around = (u for p in posts for u in (text_of(root_of(p), "uri"), parent_of(p), quoted_by(p)))
        return [uri for uri in around if uri and did_in(uri) == self._me]

    def _fetch(self, uris: Iterable[str]) -> None:
        wanted = [uri for uri in dict.fromkeys(uris) if uri not in self._posts]
        for at in range(0, len(wanted), AT_ONCE):
            try:
                self._posts |= self._read_posts(wanted[at : at + AT_ONCE])
            except SignInNeeded:
                raise
            except ChannelError as error:
                # The notifications say enough of them; the next rounds see the rest.
                log.info("posts could not be read: %s", error.kind)
                self._doubts = 0
                return

    def _read_posts(self, uris: list[str]) -> dict[str, Json]:
        answer = self._session.get("app.bsky.feed.getPosts", [("uris", uri) for uri in uris])
        return {text_of(one, "uri"): one for one in parts_of(answer, "posts") if text_of(one, "uri") in uris}

    def _above(self, uri: str) -> list[Json]:
        params = [("uri", uri), ("depth", "0"), ("parentHeight", str(HEIGHT))]
        answer = self._session.get("app.bsky.feed.getPostThread", params)
        return chain_of(part_of(answer, "thread"))

    def _is_gone(self, uri: str) -> bool | None:
        """True: deleted. False: there, or hidden by a block. None: not known now."""
        if self._doubts <= 0:
            return None
        self._doubts -= 1
        try:
            answer = self._session.get(
                "app.bsky.feed.getPostThread", [("uri", uri), ("depth", "0"), ("parentHeight", "0")]
            )
        except SignInNeeded:
            raise
        except ChannelError as error:
            if name_of(error) == "NotFound" or (isinstance(error, BadAnswer) and status_of(error) == 404):
                return True
            self._doubts = 0
            return None
        return part_of(answer, "thread").get("notFound") is True

    def _take(self, post: Json, *, is_reply: bool = False) -> None:
        uri = text_of(post, "uri")
        if author_did(post) == self._me:
            self._take_own(post)
            return
        self._watch.see(post)
        key, post_id = self._places.find(post)
        quoted = quoted_by(post)
        context: Context | None = None
        if did_in(quoted) == self._me and did_in(parent_of(post)) != self._me:
            kind = MessageKind.QUOTE
            context = self._our_post(quoted)
        elif is_reply or did_in(parent_of(post)) == self._me or (post_id and (key, post_id) != UNKNOWN):
            kind = MessageKind.REPLY
            context = self._our_post(post_id)
        else:
            kind = MessageKind.MENTION
        message = message_of(post, me=self._me, kind=kind, now=self._now, key=key, context=context)
        if message.text or message.attachments:
            self._messages[uri] = message

    def _our_post(self, uri: str) -> Context | None:
        post = self._posts.get(uri)
        return context_of(post, is_ours=True) if post is not None else None

    def _take_own(self, post: Json) -> None:
        place = self._places.find(post)
        if place == OUR_POST:
            self._posts[text_of(post, "uri")] = post
            return
        self._watch.see(post)
        self._messages[text_of(post, "uri")] = message_of(
            post, me=self._me, kind=MessageKind.REPLY, now=self._now, key=place[0]
        )

    # --- what became of earlier posts

    def _rounds(self) -> bool:
        uris = self._watch.due(set(self._posts))
        try:
            found: dict[str, Json] = {}
            for at in range(0, len(uris), AT_ONCE):
                found |= self._read_posts(uris[at : at + AT_ONCE])
        except SignInNeeded:
            raise
        except ChannelError as error:
            # Old words can wait for the next round; new ones must not be held up by them.
            log.info("older posts could not be looked at: %s", error.kind)
            return False
        self._posts |= found
        below = _MOST_BELOW
        for uri in uris:
            if uri not in found:
                self._settle(uri)
                continue
            if self._watch.is_changed(found[uri]):
                self._fetch(self._ours_around([found[uri]]))
                self._take(found[uri], is_reply=bool(parent_of(found[uri])) and is_to(found[uri], self._me))
            is_theirs = author_did(found[uri]) != self._me
            if below and (self._watch.has_grown(found[uri]) or (self._is_feed_missing and is_theirs)):
                below -= 1
                self._look_below(found[uri])
        return False

    def _look_below(self, post: Json) -> None:
        """Of what stands below a post: our own answers, and what its writer adds. Nobody is notified of
        these."""
        params = [("uri", text_of(post, "uri")), ("depth", "6"), ("parentHeight", "0")]
        try:
            thread = part_of(self._session.get("app.bsky.feed.getPostThread", params), "thread")
        except SignInNeeded:
            raise
        except ChannelError as error:
            log.info("what stands below a post could not be read: %s", error.kind)
            return
        self._watch.looked_below(post)
        posts = {text_of(one, "uri"): one for one in flat(thread)}
        told = addressed(posts, self._me, text_of(post, "uri"))
        for uri, one in posts.items():
            if self._watch.knows(uri) or uri in self._messages or not is_post(one):
                continue
            if author_did(one) == self._me or uri in told:
                self._posts[uri] = one
                self._pending.append((one, False))

    def _settle(self, uri: str) -> None:
        gone = self._is_gone(uri)
        if gone is None:
            return
        self._watch.forget(uri)
        if gone:
            self._deletions[uri] = Deletion(uri)


def _is_repost(entry: Json) -> bool:
    return "Repost" in text_of(part_of(entry, "reason"), "$type")


def _search_mark(post: Json) -> Mark | None:
    moment = moment_of(post, "indexedAt")
    return Mark(text_of(post, "uri"), iso(moment)) if moment is not None else None


def _feed_mark(entry: Json) -> Mark | None:
    post, reason = part_of(entry, "post"), part_of(entry, "reason")
    moment = moment_of(reason, "indexedAt") or moment_of(post, "indexedAt")
    uri = text_of(post, "uri")
    if not uri or moment is None:
        return None
    return Mark(f"{uri} {text_of(reason, '$type')}".strip(), iso(moment))
