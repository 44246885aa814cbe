"""What the row of a conversation says, once it is known who waits: its columns, from its messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services import waiting
from services.model import State
from services.store import urgent
from services.store.codec import Row, maybe_iso

SNIPPET = 300
"""Characters kept for the row; two lines show about 120."""

GONE = ("deleted", "hidden", "failed")
"""States in which a message neither asks nor answers: taken down, out of sight, never arrived."""

HELLO = "hello"
"""Shelf of new followers: state ``new``, but nobody waits."""

COLUMNS = (
    "kind",
    "state",
    "shelf",
    "author_id",
    "customer_name",
    "customer_handle",
    "title",
    "snippet",
    "url",
    "private",
    "stars",
    "first_at",
    "last_at",
    "waiting_since",
    "reply_until",
    "answered_at",
    "answered_elsewhere",
    "is_complaint",
    "score",
    "reasons_json",
    "topic",
    "unread",
    "messages",
    "is_labelled",
    "word",
    "word_upto",
    "snoozed_until",
    "abusive",
    *urgent.COLUMNS,
)
Facts = Row | Mapping[str, Any]
"""A row of the database, or one that will be: read by the names of its columns."""


@dataclass(slots=True)
class Picture:
    """One conversation on its way: its row, its messages in time order, and what was decided."""

    row: Facts
    facts: Sequence[Facts]
    stands: waiting.Standing
    unanswered: list[Facts]
    root: Facts | None
    last: Facts | None
    """The newest customer message."""
    word: str | None
    settle: bool

    @property
    def waits_on_top(self) -> bool:
        """Only there the urgency counts."""
        return self.stands.state is State.NEW and bool(self.unanswered)


def is_read(picture: Picture, fact: Facts, is_quiet: bool) -> bool:
    """What has been answered was read by somebody; what a quiet fetch brings is old news unless it still
    waits."""
    if fact["direction"] == "outbound" or fact["id"] in picture.stands.answered:
        return True
    return is_quiet and fact["id"] not in picture.stands.unanswered


def _ours(picture: Picture) -> list[Facts]:
    return [one for one in picture.facts if one["direction"] == "outbound" and one["state"] not in GONE]


def _answer(picture: Picture) -> Facts | None:
    ours = _ours(picture)
    return ours[-1] if ours else None


def shown(picture: Picture) -> list[int]:
    """Ids of the messages whose content the row needs."""
    few: list[Facts | None] = [
        picture.root,
        picture.last,
        *picture.unanswered[:3],
        *picture.unanswered[-1:],
        _answer(picture),
    ]
    return [one["id"] for one in few if one is not None]


def _spoken(picture: Picture) -> list[Facts]:
    """The customer's messages whose words stand in the row."""
    if picture.unanswered:
        return picture.unanswered[:3]
    return [picture.last] if picture.last is not None and _answer(picture) is None else []


def _complains(fact: Facts) -> bool:
    # That it is no spam says nothing about complaints.
    if fact["label"] not in (None, "not-spam"):
        return bool(fact["label"] == "complaint")
    return bool(fact["is_complaint"])


def counted(unanswered: Sequence[Facts], last: Facts | None) -> list[Facts]:
    """The messages that decide whether a conversation is a complaint."""
    return list(unanswered) or ([last] if last is not None else [])


def worst(facts: Sequence[Facts]) -> Facts | None:
    return max(facts, key=lambda one: (_complains(one), one["score"]), default=None)


def values_of(
    picture: Picture, contents: Mapping[int, Facts], near: urgent.Around, *, is_quiet: bool
) -> dict[str, object]:
    row, stands, root, last = picture.row, picture.stands, picture.root, picture.last
    values: dict[str, object] = {name: row[name] for name in (*COLUMNS, "id")}
    values |= {"state": stands.state.value, "word": picture.word}
    if picture.settle:
        values["word_upto"] = max(one["id"] for one in picture.facts)
    if stands.state is not State.SNOOZED:
        values["snoozed_until"] = None
    if root is None or row["merged_into"] is not None:
        return values | {
            "shelf": None,
            "messages": 0,
            "unread": 0,
            "waiting_since": None,
            "reply_until": None,
            **urgent.NOT_URGENT,
        }
    bad = worst(counted(picture.unanswered, last))
    is_complaint = bad is not None and _complains(bad)
    # A first quiet fetch has just marked as read what does not wait.
    unread = [
        one
        for one in picture.facts
        if one["read_at"] is None
        and one["direction"] == "inbound"
        and one["state"] not in GONE
        and not is_read(picture, one, is_quiet)
    ]
    texts = [contents[one] for one in shown(picture) if one in contents]
    shelf = _shelf(picture) if texts else None
    return values | {
        "kind": root["kind"],
        "shelf": shelf,
        "author_id": root["author_id"] if root["direction"] == "inbound" else "",
        "first_at": picture.facts[0]["sent_at"],
        "last_at": picture.facts[-1]["sent_at"],
        "waiting_since": maybe_iso(stands.waiting_since),
        "answered_at": maybe_iso(stands.answered_at),
        "answered_elsewhere": int(stands.answered_elsewhere),
        "is_complaint": int(is_complaint),
        "score": bad["score"] if bad is not None else 0.0,
        "reasons_json": bad["reasons_json"] if bad is not None else "[]",
        "topic": bad["topic"] if bad is not None else "",
        "unread": len(unread),
        "messages": len(picture.facts),
        "is_labelled": int(any(one["label"] is not None for one in picture.facts)),
        "abusive": int(any(one["abusive"] for one in _spoken(picture))),
        **_painted(picture, root, contents),
        **(urgency_of(picture, contents, near) if shelf == State.NEW else urgent.NOT_URGENT),
    }


def urgency_of(picture: Picture, contents: Mapping[int, Facts], near: urgent.Around) -> dict[str, Any]:
    return urgent.columns(
        picture.row,
        picture.root,
        picture.facts,
        picture.unanswered,
        _ours(picture),
        contents,
        near,
        score=complaint_score(worst(picture.unanswered)),
    )


def complaint_score(bad: Facts | None) -> float | None:
    """None where it is no complaint; the owner's word is the surest."""
    if bad is None or not _complains(bad):
        return None
    return 1.0 if bad["label"] == "complaint" else float(bad["score"])


def _shelf(picture: Picture) -> str | None:
    if not any(one["direction"] == "inbound" and one["is_addressed"] for one in picture.facts):
        return None
    if picture.stands.state is State.NEW and picture.stands.waiting_since is None:
        return HELLO
    return picture.stands.state.value


def _painted(picture: Picture, root: Facts, contents: Mapping[int, Facts]) -> dict[str, object]:
    """What comes from the messages' content; empty where it was pruned."""
    first = contents.get(root["id"])
    last = contents.get(picture.last["id"]) if picture.last is not None else first
    last = last or first
    # A person who was renamed has the newest name.
    named = (
        last
        if picture.last is not None and picture.last["author_id"] == root["author_id"] and last
        else first
    )
    is_ours = root["direction"] == "outbound"
    waits = [contents[one["id"]] for one in picture.unanswered if one["id"] in contents]
    until = [one["reply_until"] for one in waits if one["reply_until"] is not None]
    answer = _answer(picture)
    if waits:
        snippet = " ".join(one["text"] or one["title"] for one in waits[:3])
    else:
        shown = contents.get(answer["id"]) if answer is not None else last
        snippet = (shown["text"] or shown["title"]) if shown is not None else ""
    return {
        "customer_name": named["author_name"] if named is not None and not is_ours else "",
        "customer_handle": named["author_handle"] if named is not None and not is_ours else "",
        "title": first["title"] if first is not None else "",
        "snippet": " ".join(snippet.split())[:SNIPPET],
        "url": last["url"] if last is not None else "",
        "private": last["private"] if last is not None else 0,
        "stars": first["stars"] if first is not None else None,
        "reply_until": max(until) if until else None,
    }
