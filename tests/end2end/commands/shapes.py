"""What the documents of the commands look like, and what their tests ask again and again."""

from __future__ import annotations

import re
from typing import Any

from services.sample import SampleShop
from tests.end2end.program import Program

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def is_time(value: object) -> bool:
    return isinstance(value, str) and TIME.fullmatch(value) is not None


def maybe(kind: type) -> tuple[type, ...]:
    return (kind, type(None))


def check_shape(document: Any, shape: Any, place: str = "$") -> None:
    """``shape``: types, ``is_time``, dictionaries of at least these names, lists of one kind."""
    if isinstance(shape, dict):
        assert isinstance(document, dict), place
        for name, inner in shape.items():
            assert name in document, f"{place}.{name} is missing"
            check_shape(document[name], inner, f"{place}.{name}")
    elif isinstance(shape, list):
        assert isinstance(document, list), place
        for number, item in enumerate(document):
            check_shape(item, shape[0], f"{place}[{number}]")
    elif shape is is_time:
        assert is_time(document), f"{place}: {document!r} is no time"
    elif shape == "time or nothing":
        assert document is None or is_time(document), f"{place}: {document!r}"
    else:
        assert isinstance(document, shape), f"{place}: {document!r} is no {shape}"


ACCOUNT = {"id": str, "kind": str, "name": str, "handle": str, "url": str}
LISTED = {
    "id": str,
    "kind": str,
    "name": str,
    "handle": str,
    "freshness": {
        "heard": "time or nothing",
        "failing_since": "time or nothing",
        "error_kind": maybe(str),
        "error": maybe(str),
    },
}
CONVERSATION = {
    "id": str,
    "account": str,
    "channel": str,
    "kind": str,
    "customer": {"name": str, "handle": str},
    "title": str,
    "snippet": str,
    "state": str,
    "waiting_since": "time or nothing",
    "complaint": {"score": float, "is_complaint": bool, "reasons": [str]},
    "urgency": int,
    "urgent_because": [str],
    "unread": int,
    "messages": int,
    "url": str,
}
THREAD = {
    **CONVERSATION,
    "context": maybe(dict),
    "thread": [
        {
            "id": str,
            "remote_id": maybe(str),
            "direction": str,
            "author": {"name": str, "handle": str},
            "text": str,
            "html": str,
            "sent_at": is_time,
            "url": str,
            "kind": str,
            "private": bool,
            "state": str,
        }
    ],
}
OUTBOX = {"id": str, "state": str, "remote_id": maybe(str), "url": maybe(str), "error": maybe(str)}


def complaint(program: Program) -> dict[str, Any]:
    rows = program.good("inbox", "--view", "complaints", "--limit", 1)["conversations"]
    assert rows, "the week has complaints"
    return dict(rows[0])


def replies_on(shop: SampleShop, words: str) -> int:
    return sum(words in status.text for status in shop.owner_statuses())


def complaint_status(shop: SampleShop) -> str:
    return shop.status("wrong-name").id
