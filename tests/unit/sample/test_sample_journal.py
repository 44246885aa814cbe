"""A shop that is started again by another process still knows what was said to it, under the same ids."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.sample import SampleShop
from tests.fakes import FakeClock
from tests.unit.sample.client import Client


def everything(shop: SampleShop) -> dict[str, Any]:
    world = shop.world
    return {
        "people": {p.id: (p.acct, p.follows_shop, p.blocked_by_shop) for p in world.people.values()},
        "statuses": {
            s.id: (
                s.text,
                s.at,
                s.reply_to,
                s.visibility,
                s.edited_at,
                s.deleted,
                s.key,
                s.favourited_by,
                s.quote_of,
            )
            for s in world.statuses.values()
        },
        "told": [(n.id, n.type, n.at, n.person.acct, n.filtered) for n in world.notifications],
        "private": [(p.id, p.last) for p in world.privates],
        "site": {
            (e.place, e.key, e.guid, e.title, e.html, e.at, e.updated)
            for place in ("blog", "comments", "forum", "mentions")
            for e in shop.site.newest(place)
        },
    }


def busy_day(shop: SampleShop, clock: FakeClock) -> None:
    """Everything that can happen, over the network and by hand."""
    client = Client(shop)
    clock.advance(seconds=1.234567)
    for _ in range(16):
        shop.tick()
    clock.advance(seconds=7)
    first = shop.say("nobody@new.example", "I am new here", reply_to="rye", key="new")
    shop.say("quiet", "Did you read it?", visibility="direct", at=clock.now())
    shop.say("ivy", "Written long ago", at=clock.now() - timedelta(days=9), late=True)
    shop.say("petra", "Look at this", quote="advent")
    shop.edit("new", "@rosies I am new here, and curious")
    shop.delete("best-rye")
    shop.follow("someone@else.example")
    shop.answer_from_phone("new", "Welcome!")
    shop.post_as_shop("Soup is on", key="soup")
    shop.publish("blog", "Rosie", "A soup a day.", title="Soup", key="soup-post")
    shop.publish("comments", "Noor", "Which one?", under="soup-post", key="which")
    shop.site.edit("which", "Which one, and when?")
    shop.site.remove("c-advent-3")
    form = {"status": "@nobody@new.example Hello!", "in_reply_to_id": first.id}
    client.post("/api/v1/statuses", form, headers={"Idempotency-Key": "k-1"})
    client.post(f"/api/v1/statuses/{first.id}/favourite")
    client.post(f"/api/v1/accounts/{shop.person('petra').id}/block")
    requests = client.get("/api/v1/notifications/requests").json
    if isinstance(requests, list):
        client.post(f"/api/v1/notifications/requests/{requests[0]['id']}/accept")
    client.close()


@pytest.mark.parametrize("flavour", ["mastodon", "gotosocial", "pleroma", "pixelfed"])
def test_another_process_carries_on(
    open_shop: Callable[..., SampleShop], clock: FakeClock, tmp_path: Path, flavour: str
) -> None:
    options = {"flavour": flavour, "base_time": clock.now(), "journal": tmp_path / "week.jsonl"}
    before = open_shop(**options)
    busy_day(before, clock)
    port = int(before.server_name.rpartition(":")[2])
    before.stop()
    after = open_shop(port=port, **options)
    assert after.url == before.url
    assert everything(after) == everything(before)
    assert after.status("new").id == before.status("new").id
    assert after.tick() == "live-16"
    client = Client(after)
    form = {"status": "@nobody@new.example Hello!", "in_reply_to_id": after.status("new").id}
    sent = client.post("/api/v1/statuses", form, headers={"Idempotency-Key": "k-1"}).json
    earlier = [s.id for s in before.owner_statuses()]
    assert (sent["id"] in earlier) == after.world.flavour.keeps_idempotency
    client.close()


def test_a_line_cut_off_by_a_crash_is_dropped(
    open_shop: Callable[..., SampleShop], clock: FakeClock, tmp_path: Path
) -> None:
    journal = tmp_path / "week.jsonl"
    options = {"base_time": clock.now(), "journal": journal}
    before = open_shop(**options)
    before.say("tom", "kept", key="kept")
    before.say("tom", "lost", key="lost")
    before.stop()
    text = journal.read_text(encoding="utf-8")
    journal.write_text(text[: text.index("lost") + 2], encoding="utf-8")
    again = open_shop(**options)
    assert again.status("kept").text == "@rosies kept"
    again.say("tom", "later", key="later")
    again.stop()
    third = open_shop(**options)
    assert [third.status(k).text for k in ("kept", "later")] == ["@rosies kept", "@rosies later"]
    with pytest.raises(KeyError):
        third.status("lost")


def test_a_journal_of_another_week_stops_where_it_no_longer_fits(
    open_shop: Callable[..., SampleShop], clock: FakeClock, tmp_path: Path
) -> None:
    journal = tmp_path / "week.jsonl"
    before = open_shop(base_time=clock.now(), journal=journal)
    before.say("tom", "hello", reply_to="rye")
    before.stop()
    clock.advance(days=3)
    after = open_shop(base_time=clock.now(), journal=journal)
    assert not [s for s in after.world.statuses.values() if s.text == "@rosies hello"]


def test_nothing_is_written_without_a_journal(shop: SampleShop, tmp_path: Path) -> None:
    shop.say("tom", "hello")
    assert list(tmp_path.iterdir()) == []
