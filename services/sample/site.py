"""The bakery's web site and its neighbours, as records: the blog with its comments, the neighbourhood forum,
a search for mentions.

Ids (guids) use invented domains and do not change when the server comes back on another port; links point to
the running server.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime
from html import escape

from services.clock import Clock
from services.sample.journal import Recorder, nowhere


@dataclass(slots=True)
class Entry:
    """One thing in a feed. ``place`` is ``blog``, ``comments``, ``forum`` or ``mentions``; ``under`` the key
    of the blog post or forum topic it belongs to; ``page`` the path of its page on this server."""

    key: str
    place: str
    title: str
    html: str
    author: str
    at: datetime
    guid: str
    page: str
    under: str = ""
    answers: str = ""
    language: str = "en"
    updated: datetime | None = None
    tags: list[str] = field(default_factory=list)

    @property
    def changed_at(self) -> datetime:
        return self.updated or self.at


class Site:
    """All entries, newest last. Every method may be called from any thread."""

    def __init__(self, clock: Clock) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.record: Recorder = nowhere
        self._entries: dict[str, Entry] = {}
        self._numbers = 100

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers

    def publish(
        self,
        place: str,
        author: str,
        text: str,
        *,
        title: str = "",
        key: str = "",
        under: str = "",
        answers: str = "",
        at: datetime | None = None,
        language: str = "en",
    ) -> Entry:
        """``text`` is HTML, or plain text whose blank lines part paragraphs. ``answers``: key of the comment
        answered. Raises KeyError when ``under`` names nothing, ValueError for an unknown place."""
        with self.lock:
            number = self._number()
            key = key or f"{place}-{number}"
            html = text if text.lstrip().startswith("<") else _paragraphs(text)
            at = at or self.clock.now()
            if place == "blog":
                guid, page = f"https://rosies.example/?p={number}", f"/blog/{key}/"
            elif place == "comments":
                post = self._entries[under]
                guid = f"https://rosies.example/{under}/#comment-{number}"
                page = f"{post.page}#comment-{number}"
                title = title or f"Comment on {post.title} by {author}"
            elif place == "forum":
                topic = under or key
                guid, page = f"https://neighbours.example/t/{topic}/{number}", f"/forum/t/{topic}#{number}"
                title = title or (self._entries[under].title if under else "A new topic")
            elif place == "mentions":
                guid, page = f"tag:search.example,2026:rosies/{number}", f"/elsewhere/{number}"
            else:
                raise ValueError(f"no such place: {place}")
            entry = Entry(key, place, title, html, author, at, guid, page, under, answers, language)
            self._entries[key] = entry
            self.record(
                "publish",
                place=place,
                author=author,
                text=text,
                title=entry.title,
                key=key,
                under=under,
                answers=answers,
                at=at,
                language=language,
            )
            return entry

    def edit(self, key: str, text: str, title: str = "", at: datetime | None = None) -> Entry:
        """Raises KeyError."""
        with self.lock:
            entry = self._entries[key]
            entry.html = text if text.lstrip().startswith("<") else _paragraphs(text)
            entry.title = title or entry.title
            entry.updated = at or self.clock.now()
            self.record("edit_entry", key=key, text=text, title=title, at=entry.updated)
            return entry

    def remove(self, key: str) -> None:
        """Raises KeyError."""
        with self.lock:
            del self._entries[key]
            self.record("remove_entry", key=key)

    def get(self, key: str) -> Entry | None:
        return self._entries.get(key)

    def newest(self, place: str, under: str | None = None, most: int = 50) -> list[Entry]:
        with self.lock:
            found = [
                e for e in self._entries.values() if e.place == place and (under is None or e.under == under)
            ]
        return sorted(found, key=lambda e: (e.at, e.guid), reverse=True)[:most]

    def count(self, under: str) -> int:
        with self.lock:
            return sum(1 for e in self._entries.values() if e.under == under and e.place == "comments")


def _paragraphs(text: str) -> str:
    blocks = [escape(b.strip(), quote=False).replace("\n", "<br />\n") for b in text.split("\n\n")]
    return "".join(f"<p>{b}</p>\n" for b in blocks if b)
