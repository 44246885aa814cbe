"""What has happened since the last look: the state machine behind the Mastodon account's cursor.

docs.joinmastodon.org/methods/notifications and methods/accounts (statuses).

First look: our own statuses back to the horizon, then the notifications, both newest first, one page a step.
Our own come first because they tell which threads are ours, which saves a request per comment, and because
what was answered already then arrives as answered. From then on: notifications and own statuses after the
last known ones (``_mastodon_paging``), and now and then the statuses of the last seven days, for edits and
deletions that nobody is told about.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from services.channels._mastodon_api import Api, Json, is_missing, setting, status_of
from services.channels._mastodon_messages import (
    account_of,
    author_id,
    digest_of,
    greeting_of,
    message_of,
    moment_of,
    other_of,
    quoted_by,
    text_of,
    visibility_of,
)
from services.channels._mastodon_paging import (
    OVERLAP,
    News,
    extended,
    newest_first,
    read_news,
    read_trail,
    sort_key,
)
from services.channels._mastodon_search import found_page, mark_of
from services.channels._mastodon_threads import OUR_POST, Threads
from services.channels._mastodon_watch import Watch
from services.channels._word_search import Search
from services.channels.base import Batch
from services.clock import iso, parse_iso
from services.errors import BadAnswer, ChannelError, SignInNeeded
from services.model import Context, Deletion, JsonObject, Message, MessageKind

log = logging.getLogger(__name__)

_MOST_LOOKUPS = 30
_MOST_DOUBTS = 5
_KINDS = ("mention", "quote", "follow", "update")
_OLDER_KINDS = ("mention", "follow")


class Look:
    """One step of polling. ``posts`` is memory that outlives the step (our own posts, for context)."""

    def __init__(
        self,
        api: Api,
        settings: JsonObject,
        me: str,
        cursor: JsonObject,
        now: datetime,
        backfill: timedelta,
        own_page: Callable[[Sequence[tuple[str, str]]], list[Json]],
        around: Callable[[str], tuple[list[Json], list[Json]]],
        posts: dict[str, Context],
        words: list[str],
    ) -> None:
        self._api = api
        self._settings = settings
        self._me = me
        self._now = now
        self._own_page = own_page
        self._phase = str(cursor.get("phase", "own"))
        self._below = str(cursor.get("below", ""))
        self._since = _moment(cursor.get("since"), now - backfill)
        self._notes = read_trail(cursor.get("notes"))
        self._own = read_trail(cursor.get("own"))
        self._takes_kinds = cursor.get("takes_kinds") is not False
        self._threads = Threads(cursor.get("roots"), me, around, self._status, posts)
        self._watch = Watch(cursor.get("watch"), now)
        self._search = Search(cursor.get("search"), words, self._found_page, mark_of, now, now - backfill)
        self._has_words = bool(words)
        self._messages: dict[str, Message] = {}
        self._deletions: list[Deletion] = []
        self._doubts = _MOST_DOUBTS

    def step(self) -> Batch:
        is_live = True
        if self._phase == "own":
            if not self._backfill(is_own=True):
                self._phase = "notifications"
            more = True
        elif self._phase == "notifications":
            more = self._backfill(is_own=False)
            self._phase = "notifications" if more else "live"
            more = more or self._has_words
        elif self._search.first_look():
            self._take_found()
            more, is_live = True, False
        else:
            more = self._live()
        messages = sorted(self._messages.values(), key=lambda m: m.sent_at)
        return Batch(tuple(messages), tuple(self._deletions), self._cursor(), more, live=is_live)

    def _cursor(self) -> dict[str, Any]:
        state: dict[str, Any] = {
            "phase": self._phase,
            "notes": self._notes,
            "own": self._own,
            "roots": self._threads.kept(),
            "watch": self._watch.kept(),
        }
        if self._has_words:
            state["search"] = self._search.state()
        if self._phase != "live":
            state |= {"since": iso(self._since), "below": self._below}
        if not self._takes_kinds:
            state["takes_kinds"] = False
        return state

    # --- the requests

    def _note_page(self, params: Sequence[tuple[str, str]]) -> list[Json]:
        is_mastodon = setting(self._settings, "flavour", "mastodon") == "mastodon"
        fixed = [("limit", "80" if is_mastodon else "40")]
        if setting(self._settings, "has_policy", True):
            # What the owner's server set aside are strangers' messages: a shop's customers.
            fixed.append(("include_filtered", "true"))
        kinds = [("types[]", kind) for kind in (_KINDS if is_mastodon else _OLDER_KINDS)]
        path, scope = "/api/v1/notifications", "read:notifications"
        if self._takes_kinds:
            try:
                return self._api.list(path, [*params, *fixed, *kinds], scope=scope)
            except BadAnswer as error:
                if status_of(error) not in (400, 422):
                    raise
                # A server that refuses kinds it does not know; it then sends all, and we choose.
                self._takes_kinds = False
        return self._api.list(path, [*params, *fixed], scope=scope)

    def _status(self, status_id: str) -> Json:
        return self._api.document(f"/api/v1/statuses/{status_id}", scope="read:statuses")

    # --- the first look

    def _backfill(self, *, is_own: bool) -> bool:
        """One page towards the past. False when the horizon or the end is reached; then ``below`` is empty
        again."""
        fetch = self._own_page if is_own else self._note_page
        page = newest_first(fetch([("max_id", self._below)] if self._below else []))
        if not self._below:
            # The newest entries are remembered even when they are old: what is newer than they is news.
            self._remember(page[:OVERLAP], is_own=is_own)
        else:
            page = [one for one in page if sort_key(text_of(one, "id")) < sort_key(self._below)]
        recent = [one for one in page if (moment_of(one, "created_at") or self._now) >= self._since]
        self._below = ""
        # Within a page the older ones first, so that a thread is known before its answers; a page that asks
        # for too many threads is cut at its older end and goes on there.
        taken = self._affordable(recent) if not is_own else recent
        for entry in reversed(taken):
            if is_own:
                self._take_own(entry)
            else:
                self._take_note(entry)
        if len(taken) < len(recent) or (taken and len(recent) == len(page)):
            self._below = text_of(taken[-1], "id")
        return bool(self._below)

    def _remember(self, entries: Sequence[Json], *, is_own: bool) -> None:
        traces = [_trace(one, one if is_own else _inner(one)) for one in entries]
        if is_own:
            self._own = extended(self._own, traces)
        else:
            self._notes = extended(self._notes, traces)

    def _affordable(self, page: list[Json]) -> list[Json]:
        """The newest entries of a page that need at most so many threads to be read."""
        asking = 0
        for index, note in enumerate(page):
            asking += bool(text_of(_inner(note), "in_reply_to_id"))
            if asking > _MOST_LOOKUPS:
                return page[:index]
        return page

    # --- every later look

    def _live(self) -> bool:
        notes = read_news(self._note_page, self._notes)
        taken = 0
        for note in notes.new:
            if self._threads.lookups >= _MOST_LOOKUPS:
                break
            self._take_note(note)
            taken += 1
        self._remember(notes.new[:taken], is_own=False)
        if taken == len(notes.new):
            self._compare(notes, is_own=False)
        more = notes.more or taken < len(notes.new)
        try:
            own = read_news(self._own_page, self._own)
        except ChannelError:
            if not self._messages:
                raise
            # What customers wrote is kept first; the next step, with nothing new, says what is wrong.
            return True
        for status in own.new:
            self._take_own(status)
        self._remember(own.new, is_own=True)
        self._compare(own, is_own=True)
        self._rounds()
        return self._hear_words() or more or own.more

    # --- words that are watched

    def _found_page(self, word: str, below: str) -> tuple[list[Json], str]:
        return found_page(self._api, word, below)

    def _hear_words(self) -> bool:
        try:
            more = self._search.look()
        except ChannelError:
            if not self._messages:
                raise
            # What was said to us is kept first; the next step, with nothing new, says what is wrong.
            return True
        self._take_found()
        return more

    def _take_found(self) -> None:
        for status_id, status in self._search.posts.items():
            if author_id(status) == self._me or status_id in self._messages or self._watch.knows(status_id):
                continue
            if self._threads.lookups >= _MOST_LOOKUPS:
                # Which thread it hangs on is not asked any more; what is said in it counts.
                self._threads.learn(status_id, (status_id, ""))
            self._take_status(status)

    def _compare(self, news: News, *, is_own: bool) -> None:
        """What is known, as it is now: new words, or gone."""
        trail = self._own if is_own else self._notes
        before = {entry[0]: entry for entry in trail}
        changed: list[tuple[str, str, str]] = []
        for entry in news.again:
            status = entry if is_own else _inner(entry)
            trace = _trace(entry, status)
            if trace[0] in before and status and trace[2] != before[trace[0]][2]:
                changed.append(trace)
                if is_own:
                    self._take_own(status)
                else:
                    self._take_note(entry)
        gone = [entry for entry in news.missing if not entry[1] or self._settle(entry[1])]
        trail = extended(trail, changed, gone=gone)
        if is_own:
            self._own = trail
        else:
            self._notes = trail

    def _settle(self, status_id: str) -> bool:
        """Asks whether a status is really gone (a notification may just have been cleared away). False: not
        known now."""
        if self._doubts <= 0:
            return False
        self._doubts -= 1
        try:
            self._again(self._status(status_id))
        except SignInNeeded:
            raise
        except ChannelError as error:
            if not is_missing(error):
                self._doubts = 0
                return False
            self._watch.forget(status_id)
            self._deletions.append(Deletion(status_id))
        return True

    def _again(self, status: Json) -> None:
        """A status as it is now; says something only when its words have changed."""
        if self._watch.is_changed(status):
            self._take_status(status)

    def _rounds(self) -> None:
        """The statuses of the last days that the overlap no longer covers."""
        covered = {entry[1] for entry in self._notes}
        ids = self._watch.next_round(covered)
        if not ids:
            return
        try:
            found, in_doubt = self._watch.fetch(ids, self._api, self._status)
        except SignInNeeded:
            raise
        except ChannelError as error:
            # Old words can wait for the next round; new ones must not be held up by them.
            log.info("older statuses could not be looked at: %s", error.kind)
            return
        for status in found:
            self._again(status)
        for status_id in in_doubt:
            self._settle(status_id)

    # --- what an entry means

    def _take_note(self, note: Json) -> None:
        kind, status = text_of(note, "type"), _inner(note)
        if kind == "follow" and text_of(account_of(note), "id") not in ("", self._me):
            self._add(greeting_of(note, self._now))
        elif kind in ("mention", "quote") and text_of(status, "id"):
            self._take_status(status, is_quote=kind == "quote")
        elif kind == "update" and self._watch.knows(text_of(status, "id")):
            self._again(status)

    def _take_status(self, status: Json, *, is_quote: bool = False) -> None:
        if author_id(status) == self._me:
            self._take_own(status)
            return
        self._watch.see(status)
        if visibility_of(status) == "direct":
            key = f"direct:{author_id(status)}"
            self._threads.learn(text_of(status, "id"), (key, ""))
            self._add(message_of(status, me=self._me, kind=MessageKind.DIRECT, now=self._now, key=key))
            return
        key, post_id = text_of(status, "id"), ""
        if text_of(status, "in_reply_to_id") or self._threads.known(key):
            place, ours = self._threads.place(status)
            key, post_id = place.key, place.post_id
            for one in ours:
                self._take_own(one)
        else:
            self._threads.learn(key, (key, ""))
        quoted = quoted_by(status)
        is_quote = is_quote or (author_id(quoted) == self._me and not text_of(status, "in_reply_to_id"))
        context: Context | None = None
        if is_quote:
            kind = MessageKind.QUOTE
            context = self._quoted_context(quoted)
        elif post_id or text_of(status, "in_reply_to_account_id") == self._me:
            kind = MessageKind.REPLY
            context = self._threads.post(post_id, ask=key == text_of(status, "id")) if post_id else None
        else:
            kind = MessageKind.MENTION
        self._add(message_of(status, me=self._me, kind=kind, now=self._now, key=key, context=context))

    def _quoted_context(self, quoted: Json) -> Context | None:
        quoted_id = text_of(quoted, "id")
        if author_id(quoted) == self._me:
            self._threads.learn_post(quoted)
        return self._threads.post(quoted_id) if quoted_id else None

    def _take_own(self, status: Json) -> None:
        """What we wrote ourselves, here or elsewhere: an answer becomes an outbound message, a post is
        context."""
        status_id, parent = text_of(status, "id"), text_of(status, "in_reply_to_id")
        if status.get("reblog") or not status_id:
            return
        if visibility_of(status) == "direct":
            other = other_of(status, [], self._me)
            key = f"direct:{other}" if other != self._me else ""
            if key or parent:
                self._threads.learn(status_id, (key, ""))
                self._add(message_of(status, me=self._me, kind=MessageKind.DIRECT, now=self._now, key=key))
            return
        above = self._threads.known(parent) if parent else OUR_POST
        if above == OUR_POST:
            self._threads.learn_post(status)
            return
        key, post_id = above or ("", "")
        if above:
            self._threads.learn(status_id, (key, post_id))
        self._add(message_of(status, me=self._me, kind=MessageKind.REPLY, now=self._now, key=key))

    def _add(self, message: Message) -> None:
        self._messages[message.remote_id] = message


def _inner(note: Json) -> Json:
    status = note.get("status")
    return status if isinstance(status, dict) else {}


def _trace(entry: Json, status: Json) -> tuple[str, str, str]:
    return text_of(entry, "id"), text_of(status, "id"), digest_of(status) if status else ""


def _moment(value: Any, default: datetime) -> datetime:
    try:
        return parse_iso(value) if isinstance(value, str) and value else default
    except ValueError:
        return default
