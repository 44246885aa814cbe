"""Many things at once, in any order: whatever is said to us is heard, and nothing is heard twice as new."""

from __future__ import annotations

import random

import pytest

from services.errors import ChannelError
from tests.channels.discourse.conftest import OpenDesk
from tests.channels.discourse.forum import Forum
from tests.channels.discourse.shown import Post


def something_happens(forum: Forum, dice: random.Random, told: list[Post], number: int) -> None:
    who = dice.choice(["ann", "bob", "cem"])
    topics = [one for one in forum.topics.values() if not one.deleted]
    what = dice.random()
    if what < 0.25 or not topics:
        told.append(forum.start(who, f"Topic {number}", f"Hello @rosie, this is number {number}."))
    elif what < 0.35:
        told.append(forum.start(who, f"Letter {number}", f"In private, {number}.", to=["rosie"]))
    elif what < 0.75:
        topic = dice.choice(topics)
        if topic.private_with is None or forum.member(who).id in topic.private_with:
            to = dice.choice([None, *forum.of(topic)])
            told.append(forum.say(who, f"And @rosie, number {number}!", topic, to=to))
    elif what < 0.85:
        topic = dice.choice(topics)
        forum.say("rosie", f"We answer number {number}.", topic, to=dice.choice([None, *forum.of(topic)]))
    elif what < 0.93 and told:
        forum.edit(dice.choice(told), f"Edited, @rosie, number {number}.")
    else:
        for one in forum.notifications:
            one.read = one.read or dice.random() < 0.5


@pytest.mark.parametrize("seed", range(4))
def test_nothing_said_to_us_is_lost(open_desk: OpenDesk, seed: int) -> None:
    dice = random.Random(seed)
    desk = open_desk()
    desk.server.limits = seed % 2 == 0
    desk.server.page = dice.choice([5, 60])
    told: list[Post] = []
    desk.sign_in()
    for number in range(60):
        for _ in range(dice.choice([0, 1, 1, 5])):
            something_happens(desk.forum, dice, told, number)
            desk.clock.advance(1)
        if dice.random() < 0.3:
            kind, path = dice.choice([("reset", "*"), ("bad-json", "/t/*"), ("status", "*")])
            desk.server.fault(kind, path, skip=dice.randrange(4), status=dice.choice([429, 500, 502]))
        desk.clock.advance(dice.choice([5, 60, 180]))
        for _ in range(dice.choice([1, 3, 20])):
            # The program may end between any two steps.
            try:
                batch = desk.step()
            except ChannelError:
                break
            desk.seen |= {m.remote_id: m for m in batch.messages}
            if not batch.more:
                break
    desk.server.faults.clear()
    for _ in range(40):
        desk.clock.advance(minutes=3)
        desk.look_until_quiet()
    assert [one.raw for one in told if str(one.id) not in desk.seen] == []
    wrong = [one.raw for one in told if not desk.seen[str(one.id)].is_addressed]
    assert wrong == []
    heard = desk.look_until_quiet()
    assert heard == [], "and then it is quiet"
