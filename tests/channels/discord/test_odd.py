"""A message may hold anything anywhere: it is heard as far as it can be read, and stops no other."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.channels.chat_desk import ChatDesk
from tests.channels.discord.standin import ANN, BOB, BOT
from tests.channels.telegram.test_odd import spoiled


@pytest.mark.parametrize("seed", range(8))
def test_spoiled_messages(desk: ChatDesk, seed: int) -> None:
    dice = random.Random(seed)
    room = desk.standin.general
    above = desk.standin.messages[room][0]
    for _ in range(150):
        text = f"<@{BOB['id']}> words <t:1:R> <#5>"
        message = desk.standin.say(ANN, text, room, answers=above, mentions=[BOB, BOT])
        more: dict[str, Any] = {
            "attachments": [{"id": "1", "url": "https://x.example/", "content_type": "image/png"}],
            "message_snapshots": [{"message": {"content": "c", "attachments": [{"id": "2"}]}}],
            "poll": {"question": {"text": "q"}, "answers": [{"poll_media": {"text": "a"}}]},
            "sticker_items": [{"name": "s"}],
            "embeds": [{"title": "t"}],
            "webhook_id": "5",
        }
        kept = {**message, **{name: one for name, one in more.items() if dice.random() < 0.4}}
        message.update({name: spoiled(one, dice) for name, one in kept.items() if name != "id"})
    desk.standin.say(ANN, "the last one", room)
    desk.look()
    assert "the last one" in {m.text for m in desk.seen.values()}


@pytest.mark.parametrize("seed", range(8))
def test_spoiled_channels(fresh_desk: ChatDesk, seed: int) -> None:
    dice = random.Random(seed)
    fresh_desk.sign_in()
    forum = fresh_desk.standin.add_channel("questions", 15)
    for number in range(20):
        other = fresh_desk.standin.add_channel(f"room {number}")
        thread = fresh_desk.standin.add_thread(forum, ANN, "Thread", "words")
        for one in (other, thread):
            told = fresh_desk.standin.channels[one]
            told.update({k: spoiled(v, dice) for k, v in told.items() if k not in ("id", "thread_metadata")})
    fresh_desk.standin.say(ANN, "the last one", fresh_desk.standin.general)
    fresh_desk.look()
    assert "the last one" in {m.text for m in fresh_desk.seen.values()}


def test_words_of_a_kind_that_is_not_known_yet_are_shown(desk: ChatDesk) -> None:
    desk.standin.say(ANN, "said in a new way", desk.standin.general)["type"] = 99
    desk.standin.say(ANN, "", desk.standin.general)["type"] = 99
    assert [m.text for m in desk.look()] == ["said in a new way"]
