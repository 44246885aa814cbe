"""What has happened since the last look: the state machine behind the cursor.

Comments are read newest first by their id, which only grows, one page a step: on the first look back to the
horizon, later down to the newest one known. New comments push the pages on, which only repeats some; a
comment that goes away pulls them up, and then the total shrinks: the page before is read again, so none is
stepped over. The newest page is read at each look and the rest of what is known in turns, for edits and for
what was published, trashed or called spam elsewhere, which nobody is told about.

Comments, and the reviews of a shop, are read at every look; what a site seldom has at every eighth.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from services.channels._shapes import Json, as_list, moment_of, number_of, part_of, text_of
from services.channels._wordpress_api import (
    COMMENTS,
    EVERYTHING,
    MODERATE,
    VIEWS,
    Api,
    less_than,
    note_of,
    sight_of,
)
from services.channels._wordpress_messages import (
    PINGS,
    REVIEW,
    id_of,
    is_heard,
    message_of,
    trace_of,
    type_of,
)
from services.channels._wordpress_threads import COMMENT_FIELDS, Around, ids_param
from services.channels.base import Batch
from services.errors import BadAnswer, ChannelError, NotAllowed, SignInNeeded
from services.model import Context, Deletion, JsonObject, Message

log = logging.getLogger(__name__)

_FIRST_SIZE, _LIVE_SIZE = 100, 30
_MOST_KNOWN = 300
_MOST_DOUBTS = 5
_MOST_AGAIN = 3
_ROUND_EVERY, _SELDOM_EVERY = 5, 8


class Look:
    """One step of polling. ``posts`` is memory that outlives the step."""

    def __init__(
        self,
        api: Api,
        cursor: JsonObject,
        *,
        me: int,
        ours: Collection[int],
        sees: str,
        has_reviews: bool,
        now: datetime,
        backfill: timedelta,
        posts: dict[str, Context | None],
    ) -> None:
        self._api = api
        self._me = me
        self._ours = ours
        self._sees = sees
        self._now = now
        self._horizon = now - backfill
        self._kinds = ["comment", *([REVIEW] if has_reviews else [])]
        self._view = VIEWS[sees]
        self._around = Around(api, self._view, posts)
        self._seen = {str(k): int(v) for k, v in part_of(cursor, "seen").items() if isinstance(v, int)}
        self._known = _read_known(cursor.get("known"))
        due = cursor.get("due")
        self._due = [str(one) for one in due] if isinstance(due, list) else []
        self._walk: dict[str, Any] = dict(part_of(cursor, "walk"))
        self._turn = number_of(cursor, "turn") or 0
        self._at = number_of(cursor, "at") or 0
        self._settings: dict[str, Any] = {}
        self._messages: dict[str, Message] = {}
        self._deletions: list[Deletion] = []
        self._doubts = _MOST_DOUBTS
        self._refused: set[str] = set()

    def step(self) -> Batch:
        starts = not self._due
        if starts:
            self._due = list(self._kinds)
            if self._turn % _SELDOM_EVERY == 0:
                self._due += [one for one in (REVIEW, *PINGS) if one not in self._due]
            self._turn += 1
            if self._sees != EVERYTHING:
                # What everybody may see proves nothing about the password.
                self._check_sign_in()
        kind = self._due[0]
        try:
            self._read(kind)
        except (BadAnswer, NotAllowed) as error:
            if kind == "comment":
                raise
            # A site may lack or lock one type of comment; the others are heard all the same.
            log.info("%s could not be listed: %s %s", kind, error.kind, error.reason)
            self._walk = {}
        if not self._walk:
            self._due.pop(0)
        if not self._due and self._turn % _ROUND_EVERY == 0:
            self._round()
        messages = sorted(self._messages.values(), key=lambda m: (m.sent_at, int(m.remote_id)))
        return Batch(
            tuple(messages), tuple(self._deletions), self._cursor(), bool(self._due), settings=self._settings
        )

    def _cursor(self) -> dict[str, Any]:
        newest = sorted(self._known)[-_MOST_KNOWN:]
        return {
            "seen": self._seen,
            "known": {str(one): self._known[one] for one in newest},
            "due": self._due,
            "walk": self._walk,
            "turn": self._turn,
            "at": self._at,
        }

    # --- one page

    def _read(self, kind: str) -> None:
        seen = self._seen.get(kind)
        walk = self._walk or {"page": 1, "size": _FIRST_SIZE if seen is None else _LIVE_SIZE}
        page, total, pages = self._page(kind, walk)
        for _ in range(_MOST_AGAIN):
            before = walk.get("total")
            if walk["page"] == 1 or not isinstance(before, int) or total is None or total >= before:
                break
            # Something above went away meanwhile and pulled later ones up onto a page already read.
            walk |= {"page": max(1, walk["page"] - 1 - (before - total) // walk["size"]), "total": total}
            page, total, pages = self._page(kind, walk)
        ids = [id_of(one) for one in page if id_of(one)]
        top = max([walk.get("top", 0), *ids])
        is_last = walk["page"] >= pages
        if seen is not None:
            self._compare(kind, walk, ids, is_last=is_last)
        self._take(page, is_first=seen is None)
        if seen is None:
            is_done = is_last or all(self._is_old(one) for one in page)
        else:
            is_done = is_last or min(ids, default=0) <= seen
        if is_done:
            self._seen[kind] = max(seen or 0, top)
            self._walk = {}
        else:
            self._walk = {"page": walk["page"] + 1, "size": walk["size"], "top": top, "total": total}

    def _page(self, kind: str, walk: JsonObject) -> tuple[list[Json], int | None, int]:
        """(comments, how many there are in all, or None where the site does not say, pages)."""
        params = [*self._view, ("orderby", "id"), ("order", "desc"), ("_fields", COMMENT_FIELDS)]
        params += [("per_page", str(walk["size"])), ("page", str(walk["page"]))]
        if kind != "comment":
            params.append(("type", kind))
        try:
            answer = self._api.get(COMMENTS, params)
        except NotAllowed as error:
            if error.detail.get("permission") != MODERATE:
                raise
            # A right was taken away, or never there; what is left can still be read. What the site says of
            # the user and what it shows him may differ, so no view is tried twice.
            self._refused.add(self._sees)
            self._check_sign_in()
            while self._sees in self._refused:
                if not less_than(self._sees):
                    raise
                self._see(less_than(self._sees))
            return self._page(kind, walk)
        told = self._api.read(answer)
        page = as_list(told)
        if told and not any(id_of(one) for one in page):
            raise BadAnswer("not-a-list", sample=answer.sample())
        if self._sees == EVERYTHING and not any(text_of(part_of(one, "content"), "raw") for one in page):
            # Nothing here shows that we were let in.
            self._check_sign_in()
        pages = _count(answer.headers, "X-WP-TotalPages")
        if pages is None:
            is_last = len(told) < walk["size"] and "next" not in answer.links
            pages = walk["page"] + (0 if is_last else 1)
        return page, _count(answer.headers, "X-WP-Total"), pages

    def _check_sign_in(self) -> None:
        user = self._api.me()
        if self._me and number_of(user, "id") != self._me:
            raise SignInNeeded("another-account")
        if sight_of(user) != self._sees:
            self._see(sight_of(user))

    def _see(self, sees: str) -> None:
        self._sees = sees
        self._settings |= {"sees": sees, "note": note_of(sees)}
        self._view = VIEWS[sees]
        self._around = Around(self._api, self._view, {})

    # --- what is on it

    def _take(self, page: list[Json], *, is_first: bool) -> None:
        """Emits what is new or has changed."""
        fresh = []
        for comment in page:
            number = id_of(comment)
            if not number:
                continue
            if not is_heard(comment):
                if number in self._known:
                    self._gone(number)
                continue
            was = self._known.get(number)
            trace = trace_of(comment)
            if was is not None and was[0] == trace:
                continue
            # What is old and was never heard of stays where it is; what came back from the spam has its day.
            is_new = not is_first and number > self._seen.get(type_of(comment), 0)
            if was is None and not is_new and self._is_old(comment):
                continue
            fresh.append(comment)
        if not fresh:
            return
        roots = self._around.roots(fresh, {one: entry[1] for one, entry in self._known.items()})
        contexts = self._around.contexts(fresh)
        stars = self._around.stars(fresh)
        for comment in fresh:
            number = id_of(comment)
            root = self._known[number][1] if number in self._known else roots[number]
            self._known[number] = (trace_of(comment), root, type_of(comment))
            self._messages[str(number)] = message_of(
                comment,
                ours=self._ours,
                now=self._now,
                root=root,
                context=contexts.get(number),
                stars=stars.get(number),
            )

    def _is_old(self, comment: Json) -> bool:
        moment = moment_of(comment, "date_gmt")
        return moment is not None and moment < self._horizon

    def _compare(self, kind: str, walk: JsonObject, ids: list[int], *, is_last: bool) -> None:
        """What is known and should have been on this page."""
        lowest = 0 if is_last else min(ids, default=0)
        highest = max(ids, default=0) if walk["page"] > 1 else max(self._known, default=0)
        shown = set(ids)
        for number, entry in sorted(self._known.items(), reverse=True):
            if entry[2] == kind and lowest <= number <= highest and number not in shown:
                self._settle(number)

    def _settle(self, number: int) -> None:
        """Asks what became of a comment that is no longer listed. Unsure today is asked again tomorrow."""
        if self._doubts <= 0:
            return
        self._doubts -= 1
        try:
            answer = self._api.ask(f"{COMMENTS}/{number}", [*self._view[:1], ("_fields", COMMENT_FIELDS)])
        except ChannelError as error:
            log.info("a missing comment could not be asked about: %s", error.kind)
            self._doubts = 0
            return
        code = self._api.code_of(answer) if answer.status != 200 else ""
        if answer.status == 200:
            comment = self._api.read(answer)
            if isinstance(comment, dict) and id_of(comment) == number:
                self._take([comment], is_first=False)
        elif answer.status in (404, 410) and code != "rest_no_route" and code:
            self._gone(number)
        elif answer.status in (401, 403) and code.startswith("rest_cannot_read"):
            # Taken back from the public, and not for us to see.
            self._gone(number)
        else:
            trouble = self._api.error_of(answer)
            if isinstance(trouble, SignInNeeded):
                raise trouble
            self._doubts = 0

    def _gone(self, number: int) -> None:
        self._known.pop(number, None)
        self._deletions.append(Deletion(str(number)))

    def _round(self) -> None:
        """A hundred of the comments that the newest page no longer shows."""
        for kind in self._kinds:
            numbers = [one for one, entry in sorted(self._known.items()) if entry[2] == kind]
            older = numbers[:-_LIVE_SIZE] if kind == "comment" else numbers
            if not older:
                continue
            at = self._at % len(older)
            chunk = older[at : at + 100]
            params = [*self._view, ("include", ids_param(chunk)), ("per_page", "100")]
            params += [("_fields", COMMENT_FIELDS)] + ([("type", kind)] if kind != "comment" else [])
            try:
                page, _ = self._api.list(COMMENTS, params)
            except SignInNeeded:
                raise
            except ChannelError as error:
                # Old words can wait for the next round; new ones must not be held up by them.
                log.info("older comments could not be looked at: %s", error.kind)
                return
            self._take(page, is_first=False)
            shown = {id_of(one) for one in page}
            for number in chunk:
                if number not in shown and number in self._known:
                    self._settle(number)
        self._at += 100


def _read_known(value: Any) -> dict[int, tuple[str, int, str]]:
    found: dict[int, tuple[str, int, str]] = {}
    for key, entry in part_of({"known": value}, "known").items():
        if str(key).isdecimal() and isinstance(entry, list | tuple) and len(entry) == 3:
            trace, root, kind = entry
            found[int(key)] = (str(trace), int(root), str(kind))
    return found


def _count(headers: Any, name: str) -> int | None:
    value = str(headers.get(name) or "").strip()
    return int(value) if value.isdecimal() and len(value) < 15 else None
