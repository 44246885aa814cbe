"""``kill -9`` at any moment of polling, answering and sending loses no message and sends no reply twice.

SHOPBELL_KILLS says how often (60 where it does not), SHOPBELL_SEED which run to play again.
"""

from __future__ import annotations

import os
import random
import re
import sqlite3
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from services.app import Shopbell
from services.clock import SystemClock
from services.credentials import Credentials
from services.model import Direction, OutboxItem, OutboxState
from services.sample import SampleShop
from services.store import Store
from tests.end2end.crash_parent import Driver

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork"),
]

KILLS = int(os.environ.get("SHOPBELL_KILLS", "60"))
POSTING = "/api/v1/statuses"
NUMBER = re.compile(r"Number (\d\w*)\.")


class Crowd:
    """Customers who keep writing: to the shop, on top of what they said, and under our answers."""

    def __init__(self, shop: SampleShop, dice: random.Random) -> None:
        self.shop = shop
        self.dice = dice
        self.said: dict[str, str] = {}
        self.commented: list[str] = []
        self._mine: list[tuple[str, str]] = []

    def speak(self) -> None:
        who = f"guest{self.dice.randrange(40)}"
        text = f"Message number {len(self.said)}, about the bread."
        answers = self.shop.owner_statuses()
        chance = self.dice.random()
        if chance > 0.85:
            text = f"Comment number {len(self.commented)}, about the starter."
            self.shop.publish("comments", who, text, under="starter")
            self.commented.append(text)
            return
        if chance < 0.2 and self._mine:
            who, above = self.dice.choice(self._mine)
            status = self.shop.say(who, text, reply_to=above)
        elif chance < 0.4 and answers:
            status = self.shop.say(who, text, reply_to=self.dice.choice(answers).id)
        else:
            visibility = self.dice.choice(["public", "public", "unlisted", "direct"])
            status = self.shop.say(who, text, visibility=visibility)
        self.said[status.id] = text
        self._mine.append((who, status.id))


def spoil(shop: SampleShop, dice: random.Random) -> None:
    """Something that goes wrong with one of the next requests, the dangerous ones most often."""
    dangerous = ["reset-after", "delay", "delay-after"]
    kind = dice.choice([*dangerous, *dangerous, "reset", "reset-body", ""])
    path, method = (POSTING, "POST") if dice.random() < 0.7 else ("/api/*", "GET")
    if kind:
        seconds = dice.uniform(0.5, 1.5) if dice.random() < 0.2 else dice.uniform(0.02, 0.25)
        shop.fault(kind, path, method=method, seconds=seconds)


def wait_for_post(shop: SampleShop, limit_s: float) -> None:
    """Until the server has taken one more reply."""
    before = sum(shop.posts_received().values())
    end = time.monotonic() + limit_s
    while sum(shop.posts_received().values()) == before and time.monotonic() < end:
        threading.Event().wait(0.001)


def outbox_of(profile: Path) -> tuple[OutboxItem, ...]:
    store = Store.open(profile / "shopbell.db", SystemClock())
    try:
        return store.outbox(set(OutboxState))
    finally:
        store.close()


def inbound_of(profile: Path, name: str = "remote_id") -> Counter[str]:
    """How often each customer message stands in the store, by its id on the network (or by ``text``)."""
    store = Store.open(profile / "shopbell.db", SystemClock())
    try:
        return Counter(
            message[name]
            for row in store.export_rows()
            for message in row.get("messages", ())
            if message["direction"] == Direction.INBOUND
        )
    finally:
        store.close()


def integrity(profile: Path) -> str:
    with closing(sqlite3.connect(profile / "shopbell.db")) as database:
        return str(database.execute("PRAGMA integrity_check").fetchone()[0])


def settle_unclear(shop: SampleShop, profile: Path) -> int:
    """What the owner does about a reply of unknown fate: looks on the network, says what is there."""
    there = {NUMBER.findall(status.text)[0] for status in shop.owner_statuses()}
    store = Store.open(profile / "shopbell.db", SystemClock())
    try:
        unclear = store.outbox({OutboxState.UNCLEAR})
        for item in unclear:
            store.resolve_reply(item.id, is_there=NUMBER.findall(item.text)[0] in there)
        return len(unclear)
    finally:
        store.close()


def undisturbed(shop: SampleShop, folder: Path) -> set[str]:
    """What a profile holds that was never killed."""
    credentials = Credentials("undisturbed", session_only=True)
    app = Shopbell.open(folder, credentials=credentials)
    try:
        app.accounts.add("mastodon", {"server": shop.url}, {"access_token": shop.access_token})
        report = app.engine.sync_once()
        assert [one.error for one in report.accounts] == [None]
    finally:
        app.close()
    return set(inbound_of(folder))


@pytest.mark.timeout(120 + KILLS * 3)
@pytest.mark.parametrize("flavour", ["mastodon", "gotosocial"])
def test_killed_at_any_moment_nothing_is_lost_and_nothing_sent_twice(
    flavour: str, tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    seed = int(os.environ.get("SHOPBELL_SEED") or random.SystemRandom().randrange(1_000_000))
    print(f"SHOPBELL_SEED={seed}")
    dice = random.Random(seed)
    profile = tmp_path / "profile"
    rounds = KILLS if "SHOPBELL_KILLS" in os.environ else KILLS // 2
    with SampleShop(flavour=flavour) as shop, Driver() as driver:
        order = {"profile": str(profile), "server": shop.url, "token": shop.access_token}
        order["feed"] = shop.feed_urls["comments"]
        crowd = Crowd(shop, dice)
        driver.run("add", **order)
        kills = 0
        for _ in range(rounds):
            for _ in range(dice.randrange(4)):
                crowd.speak()
            spoil(shop, dice)
            driver.begin("work", **order)
            if dice.random() < 0.5:
                wait_for_post(shop, 0.6)
                threading.Event().wait(dice.uniform(0, 0.03))
            else:
                threading.Event().wait(dice.uniform(0, 0.5))
                crowd.speak()
                threading.Event().wait(dice.uniform(0, 0.2))
            kills += driver.kill()
        assert driver.failures == []
        assert kills == rounds
        shop.faults.clear()
        driver.run("work", until_done=True, **order)
        undecided = settle_unclear(shop, profile)
        driver.run("work", until_done=True, **order)

        on_server = Counter(NUMBER.findall(status.text)[0] for status in shop.owner_statuses())
        outbox = {item.text: item for item in outbox_of(profile)}
        stored = inbound_of(profile)
        repeats = sum(n - 1 for n in shop.posts_received().values() if n > 1)
        states = Counter(item.state.value for item in outbox.values())
        facts = (
            f"{flavour}: {kills} kills, {len(stored)} messages stored, {dict(states)}, "
            f"{undecided} decided by the owner, {repeats} requests repeated"
        )
        print(facts)
        record_property("kill", facts)

        assert max(on_server.values()) == 1, "a reply stands twice on the server"
        assert [text for text in driver.queued if text not in outbox] == [], "a queued reply is gone"
        for text, item in outbox.items():
            stands = on_server[NUMBER.findall(text)[0]]
            assert (item.state, stands) in {(OutboxState.SENT, 1), (OutboxState.FAILED, 0)}, item
        assert len(outbox) == sum(states.values()) >= sum(on_server.values())
        if flavour == "mastodon":
            # Whoever keeps the key can be asked again, so nothing stays open.
            assert undecided == 0

        assert max(stored.values()) == 1
        assert set(crowd.said) <= set(stored), "a message is missing"
        comments = inbound_of(profile, "text")
        assert [text for text in crowd.commented if comments[text] != 1] == []
        assert undisturbed(shop, tmp_path / "calm") <= set(stored)
        assert integrity(profile) == "ok"
