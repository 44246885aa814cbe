"""What a terminal shows of abusive messages: nothing in a list, all of it when one is opened."""

from __future__ import annotations

import argparse
from typing import Any

import pytest

from services.printing import for_people

RUDE = "The cake was late, you wankers"


def options(command: str, *, folds: bool = True) -> argparse.Namespace:
    return argparse.Namespace(command=command, folds=folds)


def row(**changes: Any) -> dict[str, Any]:
    return {
        "id": "7",
        "channel": "toy",
        "kind": "mention",
        "customer": {"name": "Marta", "handle": "@marta"},
        "snippet": RUDE,
        "state": "new",
        "waiting_since": None,
        "complaint": {"is_complaint": True},
        "abusive": True,
        **changes,
    }


def test_a_list_folds_and_keeps_the_person() -> None:
    document = {"conversations": [row(), row(id="8", snippet="Lovely buns", abusive=False)], "next": None}
    lines = for_people(options("inbox"), document)
    assert "wankers" not in lines
    assert "Marta" in lines
    assert "This message may be abusive" in lines
    assert "Lovely buns" in lines
    assert document["conversations"][0]["snippet"] == RUDE, "the document itself stays whole"


def test_who_folds_nothing_reads_it() -> None:
    assert RUDE in for_people(options("inbox", folds=False), {"conversations": [row()], "next": None})


def test_a_row_says_what_there_is_to_say() -> None:
    rows = [row(snippet="@rosies Lovely buns", abusive=False), row(kind="follow", snippet="", abusive=False)]
    lines = for_people(options("inbox"), {"conversations": rows, "next": None}).splitlines()
    assert [line.strip() for line in lines[1::2]] == ["Lovely buns", "New follower"]


@pytest.mark.parametrize("command", ["mark", "moderate"])
def test_what_was_done_to_it_does_not_quote_it(command: str) -> None:
    document = row() if command == "mark" else {"action": "hide", "conversation": row()}
    assert "wankers" not in for_people(options(command), document)


def test_opened_it_is_read() -> None:
    message = {
        "direction": "inbound",
        "author": {"name": "Marta", "handle": ""},
        "sent_at": None,
        "state": "received",
        "text": RUDE,
        "abusive": True,
    }
    lines = for_people(options("show"), row(context=None, thread=[message]))
    assert lines.count(RUDE) == 1


def test_what_was_taught_is_folded() -> None:
    taught = {"id": "7", "at": None, "label": "complaint", "conversation": "1", "text": RUDE}
    lines = for_people(options("corrections"), {"corrections": [taught]})
    assert "wankers" not in lines
    assert "a complaint" in lines
