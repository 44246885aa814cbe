"""The lists: order, key pages, counts that never count rows, and plans that never scan."""

from __future__ import annotations

import random
import re
import sqlite3
from datetime import timedelta

import pytest

from services.errors import Invalid, NotFound
from services.model import MessageKind, State
from services.store import Store, conversations
from tests.fakes import TUESDAY
from tests.unit.store.kit import COMPLAINT, Step

BIG = ("conversations", "message_status", "messages", "handles", "conversation_keys", "earlier_texts")


@pytest.fixture
def shop(store: Store, account, make):  # type: ignore[no-untyped-def]
    """Two accounts, every shelf, some rows with equal times."""
    other = store.add_account("feeds", "Blog", settings={"url": "https://b.example/feed"})
    dice = random.Random(7)
    for home in (account, other):
        said, verdicts = [], {}
        for n in range(120):
            name = f"{home.id}-{n}"
            until = TUESDAY + timedelta(hours=n / 9 - 2) if n % 9 == 0 else None
            kind = MessageKind.FOLLOW if n % 17 == 0 else MessageKind.MENTION
            said.append(
                make.said(name, f"text {n}", minutes=-dice.randint(0, 40), reply_until=until, kind=kind)
            )
            if n % 5 == 0:
                verdicts[name] = COMPLAINT
            if n % 4 == 0:
                said.append(make.answered(name + "-o", parent=name, minutes=1))
        store.apply(home.id, Step(tuple(said)), verdicts)
        ids = list(store.view_ids("new", account_id=home.id)[0])
        store.mark(ids[10:20], State.DONE)
        store.mark(ids[20:25], State.SNOOZED, until=TUESDAY + timedelta(days=1))
        store.mark(ids[25:28], State.SPAM)
    return account, other


def everything(store: Store):  # type: ignore[no-untyped-def]
    return {row.id: row for row in store.page("all", limit=1000).conversations}


def expected(store: Store, view: str, account_id: int | None):  # type: ignore[no-untyped-def]
    rows = [row for row in everything(store).values() if account_id in (None, row.account_id)]
    is_hello = lambda row: row.state is State.NEW and row.waiting_since is None  # noqa: E731
    if view == "all":
        pass
    elif view == "hello":
        rows = [row for row in rows if is_hello(row)]
    elif view in ("new", "complaints", "closing"):
        rows = [row for row in rows if row.state is State.NEW and not is_hello(row)]
    else:
        rows = [row for row in rows if row.state.value == view]
    if view == "complaints":
        rows = [row for row in rows if row.is_complaint]
    if view == "closing":
        rows = [
            row
            for row in rows
            if row.reply_until and TUESDAY <= row.reply_until <= TUESDAY + timedelta(hours=6)
        ]
        return [row.id for row in sorted(rows, key=lambda row: (row.reply_until, row.id))]
    if view in ("new", "complaints"):
        return [
            row.id
            for row in sorted(
                rows, key=lambda row: (not row.is_complaint, -row.urgency, row.waiting_since, row.id)
            )
        ]
    return [row.id for row in sorted(rows, key=lambda row: (row.last_at, row.id), reverse=True)]


@pytest.mark.parametrize("view", list(conversations.VIEWS))
@pytest.mark.parametrize("whose", [None, 0, 1])
def test_every_view_in_its_order_page_by_page(store: Store, shop, view: str, whose: int | None) -> None:
    account_id = None if whose is None else shop[whose].id
    wanted = expected(store, view, account_id)
    assert wanted, "the example must reach every view"
    ids, after = store.view_ids(view, account_id=account_id, limit=7)
    found = list(ids)
    while after is not None:
        ids, after = store.view_ids(view, account_id=account_id, after=after, limit=7)
        found += ids
    assert found == wanted
    pages, key = [], ""
    while True:
        page = store.page(view, account_id=account_id, after=key, limit=11)
        pages += [row.id for row in page.conversations]
        key = page.next
        if not key:
            break
    assert pages == wanted
    assert store.view_size(view, account_id) == len(wanted)


def test_counts_agree_with_the_lists(store: Store, shop) -> None:
    counts = store.counts()
    for view in ("new", "complaints", "closing", "waiting", "snoozed", "done", "hello", "spam"):
        assert getattr(counts, view) == len(expected(store, view, None)), view
    assert counts.by_account == {one.id: len(expected(store, "new", one.id)) for one in shop}
    assert store.counts(closing_before=TUESDAY + timedelta(days=400)).closing > counts.closing


def test_rows_leaves_out_what_is_gone(store: Store, shop) -> None:
    ids = list(store.view_ids("all", account_id=shop[0].id)[0])[:3]
    assert list(store.rows([*ids, 999_999])) == sorted(ids)
    store.remove_account(shop[0].id)
    assert store.rows(ids) == {}
    with pytest.raises(NotFound):
        store.thread(ids[0])


@pytest.mark.parametrize("after", ["x", "1~2", "0~a~b~c", "~~"])
def test_a_page_key_of_somebody_else_is_refused(store: Store, after: str) -> None:
    with pytest.raises(Invalid):
        store.page("new", after=after)


def test_a_view_that_does_not_exist_is_refused(store: Store) -> None:
    for call in (store.page, store.view_ids, store.view_size):
        with pytest.raises(Invalid):
            call("nope")
    with pytest.raises(Invalid):
        store.page("new", limit=0)


def statements(store: Store, use) -> dict[str, None]:  # type: ignore[no-untyped-def]
    """Every statement that ``use`` makes the store run, from either side, with the values put in."""
    seen: dict[str, None] = {}
    with store._database.read() as reader:
        reader.set_trace_callback(lambda text: seen.setdefault(text))
    store._database.on_writer(lambda writer: writer.set_trace_callback(lambda text: seen.setdefault(text)))
    use()
    reader.set_trace_callback(None)
    store._database.on_writer(lambda writer: writer.set_trace_callback(None))
    return seen


def test_no_plan_scans_a_big_table_or_sorts_a_list(store: Store, shop, make) -> None:
    """Plans of every statement of everyday use. ``offset`` must not occur at all."""
    account = shop[0]

    def use() -> None:
        for view in conversations.VIEWS:
            for account_id in (None, account.id):
                store.page(
                    view,
                    account_id=account_id,
                    limit=5,
                    after=store.page(view, account_id=account_id, limit=5).next,
                )
                store.view_size(view, account_id)
                store.search("text", view=view, account_id=account_id, after="50")
        store.counts()
        store.search("te")
        store.search("🙂")
        store.search_relevant("text")
        ids = list(store.view_ids("new", account_id=account.id)[0])[:6]
        store.thread(ids[0])
        store.apply(
            account.id, Step((make.said("n1"), make.said("n2", conversation_key="k", parent_id="n1"))), {}
        )
        store.apply(
            account.id,
            Step(
                (
                    make.answered("n3", parent="n2"),
                    make.answered("n4", conversation_key="zz", kind=MessageKind.DIRECT),
                    make.said("n5", conversation_key="zz", kind=MessageKind.DIRECT),
                    make.said("n1", "changed"),
                )
            ),
            {},
        )
        store.known(account.id, ["n1"])
        store.mark(ids[:1], State.DONE)
        store.mark(ids[:1], State.NEW)
        store.mark_read(ids)
        store.label(ids[1], "not-complaint")
        store.merge(ids[2], ids[3])
        store.mute(account.id, "jonas")
        store.wake_snoozed(TUESDAY + timedelta(days=2))
        store.save_draft(ids[4], "Dear")
        item = store.queue_reply(
            ids[4], "Hi", private=False, key="key", parent_remote_id="p", hold_until=TUESDAY, seen_id=0
        )
        store.due_replies(TUESDAY)
        store.claim_reply(item.id, TUESDAY)
        store.outbox()
        store.response_times(TUESDAY - timedelta(days=3))
        store.prune(TUESDAY - timedelta(days=300))

    seen = statements(store, use)
    assert len(seen) > 100
    names = "|".join(BIG)
    with sqlite3.connect(store.path) as connection:
        for text in seen:
            assert not re.search(r"\boffset\b", text, re.I), text
            if not text.lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")):
                continue
            plan = [row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + text)]
            scans = [
                step
                for step in plan
                if re.match(rf"SCAN (c|s|m|h|{names})\b", step) and "LIMIT 5000" not in text
            ]
            assert not scans, (text, plan)
            if re.search(r"FROM conversations WHERE shelf", text) and "ORDER BY" in text:
                assert not [step for step in plan if "TEMP B-TREE" in step], (text, plan)
                assert any("COVERING INDEX" in step for step in plan), (text, plan)
    connection.close()
