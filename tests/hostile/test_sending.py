"""What becomes of a reply when the server answers badly: its state, its words, and how often it is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from services.app import Shopbell
from services.documents import outbox_document
from services.model import OutboxItem, OutboxState
from services.sample import SampleShop
from tests.fakes import FakeClock
from tests.hostile.conftest import is_plain

POST = "/api/v1/statuses"
WORDS = "So sorry. Come by, the next one is on us."


@pytest.fixture(params=["mastodon", "gotosocial"])
def flavour(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def shop(flavour: str) -> Iterator[SampleShop]:
    with SampleShop(flavour=flavour) as made:
        yield made


@pytest.fixture
def item(app: Shopbell, shop: SampleShop) -> OutboxItem:
    """A reply that is due, to a complaint that was heard."""
    app.accounts.add("mastodon", {"server": shop.url}, {"access_token": shop.access_token})
    shop.say("karl", "My knots were burnt black.")
    app.engine.sync_once()
    row = next(row for row in app.inbox.page("all", limit=200).conversations if "burnt black" in row.snippet)
    return app.inbox.reply(row.id, WORDS, hold_s=0)


def there(shop: SampleShop) -> int:
    return sum(WORDS in status.text for status in shop.owner_statuses())


def spoiled(app: Shopbell, shop: SampleShop, item: OutboxItem, **fault: Any) -> tuple[OutboxState, str]:
    """State and sentence after one attempt that met the fault."""
    shop.fault(path=POST, method="POST", **fault)
    app.engine.send_due(ignore_backoff=True)
    document = outbox_document(app, app.store.outbox_item(item.id))
    return OutboxState(document["state"]), document["error"] or ""


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "does not accept it"),
        (403, "does not allow answering"),
        (404, "no longer there"),
        (413, "too long"),
        (422, "does not accept it"),
    ],
)
def test_a_refusal_is_told_and_never_repeated_by_itself(
    app: Shopbell, shop: SampleShop, item: OutboxItem, clock: FakeClock, status: int, words: str
) -> None:
    state, said = spoiled(app, shop, item, kind="status", status=status)
    assert state is (OutboxState.HOLDING if status == 403 else OutboxState.FAILED)
    assert words in said
    assert is_plain(said), said
    assert there(shop) == 0
    if state is OutboxState.FAILED:
        clock.advance(hours=1)
        app.engine.sync_once()
        assert there(shop) == 0
        assert app.inbox.undo(item.id) is not None
        assert app.inbox.open(item.conversation_id).draft == WORDS


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "status", "status": 401}, "leaves when you have signed in again"),
        ({"kind": "status", "status": 429}, "pause"),
        ({"kind": "status", "status": 429, "retry_after": "600"}, "pause until"),
        ({"kind": "status", "status": 429, "reset": "epoch", "seconds": 600.0}, "pause until"),
        ({"kind": "status", "status": 503, "retry_after": "600"}, "pause until"),
    ],
)
def test_what_certainly_did_not_arrive_waits_and_leaves_once(
    app: Shopbell, shop: SampleShop, item: OutboxItem, clock: FakeClock, fault: dict[str, Any], words: str
) -> None:
    state, said = spoiled(app, shop, item, **fault)
    assert (state, there(shop)) == (OutboxState.HOLDING, 0)
    assert words in said
    assert is_plain(said), said
    clock.advance(hours=1)
    app.engine.sync_once()
    assert app.store.outbox_item(item.id).state is OutboxState.SENT
    assert there(shop) == 1


@pytest.mark.parametrize(
    "fault",
    [{"kind": kind} for kind in ("reset-after", "reset-body", "bad-json", "empty", "garbage", "truncate")]
    + [{"kind": "status", "status": status} for status in (500, 502)]
    + [{"kind": "reset"}],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
def test_what_may_have_arrived_is_never_there_twice(
    app: Shopbell, shop: SampleShop, item: OutboxItem, clock: FakeClock, flavour: str, fault: dict[str, Any]
) -> None:
    did_it = fault["kind"] in ("reset-after", "reset-body", "truncate")
    state, said = spoiled(app, shop, item, **fault)
    assert there(shop) == did_it
    if did_it:
        assert state is OutboxState.SENT
    elif flavour == "mastodon":
        # The server knows the key of a reply, so it may be asked again.
        assert state is OutboxState.HOLDING
        assert said.startswith("Waits:")
    else:
        assert state is OutboxState.UNCLEAR
        assert said.startswith("Not sure it arrived")
    assert not said or is_plain(said), said
    for _ in range(4):
        clock.advance(hours=1)
        app.engine.sync_once()
    assert there(shop) <= 1
    if state is OutboxState.UNCLEAR:
        app.inbox.resolve(item.id, is_there=False)
        app.engine.sync_once()
    assert there(shop) == 1


def test_the_customer_takes_it_back_while_the_reply_is_held(
    app: Shopbell, shop: SampleShop, item: OutboxItem
) -> None:
    status = next(s for s in shop.world.statuses.values() if "burnt black" in s.text)
    shop.delete(status.id)
    app.engine.sync_once()
    assert there(shop) == 0
    kept = app.store.outbox_item(item.id)
    assert (kept.state, kept.text) == (OutboxState.FAILED, WORDS)
