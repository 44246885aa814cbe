"""A message may hold anything anywhere: it is heard as far as it can be read, and stops no other."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.channels.chat_desk import ChatDesk
from tests.channels.telegram.standin import ANN, GROUP

NESTED: tuple[Any, ...] = ([], [None], [[]], {}, {"id": None}, {"x": []})
JUNK: tuple[Any, ...] = (None, True, -1, 10**30, 1.5, "", "x", "\ud800", *NESTED)


def spoiled(value: Any, dice: random.Random) -> Any:
    """The same with some of its parts replaced."""
    if dice.random() < 0.12:
        return dice.choice(JUNK)
    if isinstance(value, dict):
        return {name: spoiled(one, dice) for name, one in value.items()}
    if isinstance(value, list):
        return [spoiled(one, dice) for one in value]
    return value


@pytest.mark.parametrize("seed", range(8))
def test_spoiled_updates(desk: ChatDesk, seed: int) -> None:
    dice = random.Random(seed)
    whole = {
        "message_id": 99,
        "from": dict(ANN),
        "sender_chat": {"id": -5, "title": "x"},
        "chat": dict(GROUP),
        "date": 1_790_000_000,
        "edit_date": 1_790_000_001,
        "text": "words",
        "caption": "more",
        "entities": [{"type": "bold", "offset": 0, "length": 2}, {"type": "text_mention", "user": dict(ANN)}],
        "photo": [{"file_id": "a", "file_size": 1}],
        "document": {"file_id": "b", "file_name": "c"},
        "venue": {"title": "t", "location": {"latitude": 1.0, "longitude": 2.0}},
        "contact": {"first_name": "A"},
        "poll": {"question": "q", "options": [{"text": "o"}]},
        "reply_to_message": {"message_id": 5, "chat": dict(GROUP), "from": dict(ANN), "date": 1, "text": "t"},
        "direct_messages_topic": {"topic_id": 4},
        "business_connection_id": "BC-1",
    }
    for number in range(150):
        kept = {name: one for name, one in whole.items() if dice.random() < 0.7}
        kind = dice.choice(("message", "edited_message", "business_message"))
        desk.standin.push({kind: spoiled({**kept, "message_id": 1000 + number}, dice)})
        lent, gone = {"id": "B", "user": {"id": 5}}, {"chat": {"id": 5}, "message_ids": [1]}
        if number % 50 == 0:
            desk.standin.push({"business_connection": spoiled(lent, dice)})
            desk.standin.push({"deleted_business_messages": spoiled(gone, dice)})
    desk.standin.say(ANN, "the last one")
    desk.look()
    assert "the last one" in {m.text for m in desk.seen.values()}
