"""A Mastodon server in trouble, and one that takes the owner's sign-in back."""

from __future__ import annotations

from typing import Any

import pytest

from services.app import Shopbell
from services.errors import ShopbellError, SignInNeeded
from services.model import Account, OutboxState
from services.sample import SampleShop
from services.words import problem
from tests.fakes import FakeClock
from tests.hostile.conftest import freshness, is_plain, texts

TROUBLE: list[tuple[str, dict[str, Any], str, str]] = [
    ("401", {"kind": "status", "status": 401}, "sign-in-needed", "no longer accepts your sign-in"),
    ("403", {"kind": "status", "status": 403}, "not-allowed", "does not allow"),
    ("404", {"kind": "status", "status": 404}, "bad-answer", "since"),
    ("410", {"kind": "status", "status": 410}, "bad-answer", "taken down"),
    ("422", {"kind": "status", "status": 422}, "bad-answer", "since"),
    ("429", {"kind": "status", "status": 429}, "rate-limited", "asks for a pause"),
    ("429 until", {"kind": "status", "status": 429, "retry_after": "600"}, "rate-limited", "until"),
    (
        "429 reset",
        {"kind": "status", "status": 429, "reset": "iso", "seconds": 600.0},
        "rate-limited",
        "until",
    ),
    ("500", {"kind": "status", "status": 500}, "unreachable", "does not answer since"),
    ("502", {"kind": "status", "status": 502}, "unreachable", "does not answer since"),
    ("half", {"kind": "bad-json"}, "bad-answer", "cannot read since"),
    (
        "a page",
        {"kind": "body", "body": b"<html>WLAN</html>"},
        "bad-answer",
        "cannot read since",
    ),
    ("empty", {"kind": "empty"}, "bad-answer", "cannot read since"),
    ("noise", {"kind": "garbage"}, "bad-answer", "cannot read since"),
    (
        "list of nothing",
        {"kind": "body", "body": b"[null, 1, {}]", "content_type": "application/json"},
        "",
        "",
    ),
    ("200 MB", {"kind": "huge"}, "bad-answer", "more at once"),
    ("bomb", {"kind": "bomb"}, "bad-answer", "more at once"),
    ("circles", {"kind": "loop"}, "unreachable", ""),
    ("reset", {"kind": "reset"}, "unreachable", "does not answer since"),
    ("broken off", {"kind": "reset-body"}, "unreachable", "does not answer since"),
]


@pytest.mark.parametrize(("fault", "kind", "words"), [t[1:] for t in TROUBLE], ids=[t[0] for t in TROUBLE])
def test_a_server_in_trouble(
    app: Shopbell,
    shop: SampleShop,
    mastodon: Account,
    clock: FakeClock,
    fault: dict[str, Any],
    kind: str,
    words: str,
) -> None:
    before = texts(app)
    shop.say("karl", "Written while the server was in trouble.")
    shop.fault(path="/api/*", times=None, **fault)
    clock.advance(minutes=10)
    app.engine.sync_once()
    told = freshness(app, mastodon)
    assert (told["error_kind"] or "") == kind
    if kind:
        assert words in told["error"]
        assert is_plain(told["error"]), told["error"]
    assert texts(app) == before

    shop.faults.clear()
    clock.advance(hours=1)
    assert app.engine.sync_once().accounts[0].error is None
    assert freshness(app, mastodon)["error"] is None
    assert any("while the server was in trouble" in text for text in texts(app))


@pytest.mark.parametrize(("fault", "kind"), [t[1:3] for t in TROUBLE], ids=[t[0] for t in TROUBLE])
def test_such_a_server_is_not_added(
    app: Shopbell, shop: SampleShop, fault: dict[str, Any], kind: str
) -> None:
    shop.fault(path="*", times=None, **fault)
    with pytest.raises(ShopbellError) as caught:
        app.accounts.add("mastodon", {"server": shop.url}, {"access_token": shop.access_token})
    said = problem(caught.value, "Rosie's", "Mastodon")
    assert is_plain(said), said
    assert "keeps trying" not in said
    assert app.store.accounts() == ()


def test_a_sign_in_taken_back_between_two_polls(
    app: Shopbell, shop: SampleShop, mastodon: Account, clock: FakeClock
) -> None:
    row = app.inbox.page("complaints").conversations[0]
    item = app.inbox.reply(row.id, "Sorry, we look into it.", hold_s=0)
    shop.revoke_tokens()
    clock.advance(minutes=5)
    result = app.engine.sync_once()
    assert isinstance(result.accounts[0].error, SignInNeeded)
    told = freshness(app, mastodon)
    assert "nothing heard since" in told["error"]
    assert is_plain(told["error"]), told["error"]
    kept = app.store.outbox_item(item.id)
    assert (kept.state, kept.text) == (OutboxState.HOLDING, "Sorry, we look into it.")

    shop.say("karl", "Anybody there?")
    app.accounts.renew(mastodon.id, {}, {"access_token": shop.new_token()})
    clock.advance(hours=1)
    report = app.engine.sync_once()
    assert [one.id for one in report.sent] == [item.id]
    assert sum("we look into it" in status.text for status in shop.owner_statuses()) == 1
    assert any("Anybody there?" in text for text in texts(app))


def test_one_account_in_trouble_does_not_keep_the_others_waiting(
    app: Shopbell, shop: SampleShop, mastodon: Account, comments: Account
) -> None:
    shop.fault("status", "/blog/*", status=500, times=None)
    shop.say("karl", "The rolls were hard.")
    results = {one.account_id: one for one in app.engine.sync_once().accounts}
    assert results[comments.id].error is not None
    assert results[mastodon.id].new == 1
