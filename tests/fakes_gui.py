"""An application in memory with the signatures the window uses, for widget tests without a database.

Contract: ``services.app.Shopbell`` and what hangs on it.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from services.channels import Registry
from services.channels.base import (
    Channel,
    Reply,
    Tools,
)
from services.errors import Refused
from services.events import AccountChanged, EventHub, MessagesChanged, ReplyChanged
from services.model import (
    Account,
    Author,
    Context,
    Conversation,
    Counts,
    Direction,
    Freshness,
    MessageKind,
    MessageState,
    OutboxItem,
    OutboxState,
    Page,
    State,
    Template,
    Thread,
    ThreadMessage,
)
from services.replies.length import Length, check_length
from services.settings import SettingsFile
from tests.bakery import CHANNELS, NAMES, NOW, shop_rows
from tests.fakes import FakeClock

VIEW_TESTS: dict[str, Callable[[Conversation], bool]] = {
    "new": lambda row: row.state is State.NEW and row.kind is not MessageKind.FOLLOW,
    "complaints": lambda row: row.is_complaint and row.waiting_since is not None,
    "closing": lambda row: row.reply_until is not None and row.waiting_since is not None,
    "waiting": lambda row: row.state is State.WAITING,
    "snoozed": lambda row: row.state is State.SNOOZED,
    "done": lambda row: row.state is State.DONE,
    "hello": lambda row: row.kind is MessageKind.FOLLOW,
    "spam": lambda row: row.state is State.SPAM,
    "all": lambda row: True,
}


@dataclass
class FakeStore:
    """Rows in a dictionary; every reading method may be called from any thread, as in the real one."""

    rows_by_id: dict[int, Conversation] = field(default_factory=dict)
    account_list: list[Account] = field(default_factory=list)
    fresh: dict[int, Freshness] = field(default_factory=dict)
    threads: dict[int, Thread] = field(default_factory=dict)
    items: dict[int, OutboxItem] = field(default_factory=dict)
    drafts: dict[int, str] = field(default_factory=dict)
    template_list: list[Template] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    meta: dict[str, str] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    # reading

    def ordered(self, view: str, account_id: int | None = None) -> list[Conversation]:
        with self.lock:
            rows = [
                row
                for row in self.rows_by_id.values()
                if VIEW_TESTS[view](row) and account_id in (None, row.account_id)
            ]
        if view in ("new", "complaints", "closing"):
            rows.sort(key=lambda row: (not row.is_complaint, row.waiting_since or row.last_at, row.id))
        else:
            rows.sort(key=lambda row: (row.last_at, row.id), reverse=True)
        return rows

    def view_size(self, view: str, account_id: int | None = None) -> int:
        return len(self.ordered(view, account_id))

    def view_ids(
        self, view: str, *, account_id: int | None = None, after: tuple | None = None, limit: int = 5000
    ) -> tuple[array[int], tuple | None]:
        self.asked.append("view_ids")
        rows = self.ordered(view, account_id)
        start = after[0] if after else 0
        part = rows[start : start + limit]
        end = start + len(part)
        return array("q", [row.id for row in part]), ((end,) if end < len(rows) else None)

    def rows(self, ids: Sequence[int]) -> dict[int, Conversation]:
        self.asked.append("rows")
        with self.lock:
            return {one: self.rows_by_id[one] for one in ids if one in self.rows_by_id}

    def search(
        self,
        query: str,
        *,
        view: str = "all",
        account_id: int | None = None,
        after: str = "",
        limit: int = 50,
    ) -> Page:
        words = query.lower().split()
        rows = [
            row
            for row in self.ordered(view, account_id)
            if all(word in f"{row.customer_name} {row.title} {row.snippet}".lower() for word in words)
        ]
        return Page(tuple(rows[:limit]))

    def counts(self, *, closing_before: datetime | None = None) -> Counts:
        sizes = {view: len(self.ordered(view)) for view in VIEW_TESTS if view != "all"}
        return Counts(**sizes)

    def accounts(self) -> tuple[Account, ...]:
        return tuple(self.account_list)

    def account(self, id_: int) -> Account:
        return next(one for one in self.account_list if one.id == id_)

    def freshness(self, id_: int) -> Freshness:
        return self.fresh.get(id_, Freshness())

    def freshness_all(self) -> Mapping[int, Freshness]:
        return dict(self.fresh)

    def thread(self, id_: int, *, limit: int = 500) -> Thread:
        known = self.threads.get(id_)
        row = self.rows_by_id[id_]
        if known is not None:
            return replace(known, conversation=row, draft=self.drafts.get(id_, ""))
        message = ThreadMessage(
            id_ * 100, f"r{id_}", Direction.INBOUND, row.kind, Author(str(id_), row.customer_name,
            row.customer_handle), row.snippet, "", row.last_at, row.url, row.private, MessageState.RECEIVED,
            reasons=row.reasons,
        )  # fmt: skip
        return Thread(row, Context(text="Rye is back", is_ours=True), (message,), self.drafts.get(id_, ""))

    def outbox(self, states: Collection[OutboxState] | None = None) -> tuple[OutboxItem, ...]:
        return tuple(one for one in self.items.values() if states is None or one.state in states)

    def outbox_item(self, id_: int) -> OutboxItem:
        return self.items[id_]

    def draft(self, id_: int) -> str:
        return self.drafts.get(id_, "")

    def templates(self) -> tuple[Template, ...]:
        return tuple(self.template_list)

    def version_elsewhere(self) -> int:
        return 1

    def get_meta(self, key: str) -> str | None:
        return self.meta.get(key)

    def set_meta(self, key: str, value: str) -> None:
        self.meta[key] = value

    # what a test changes

    def put(self, *rows: Conversation) -> None:
        with self.lock:
            self.rows_by_id.update({row.id: row for row in rows})

    def change(self, id_: int, **changes: Any) -> None:
        self.put(replace(self.rows_by_id[id_], **changes))


class FakeModeration:
    def __init__(self, shop: FakeShop) -> None:
        self.shop = shop

    def mark_spam(self, ids: Collection[int]) -> None:
        self.shop.inbox.mark(ids, State.SPAM)

    def reports_spam(self, conversation_id: int) -> bool:
        return False


class FakeInbox:
    def __init__(self, shop: FakeShop) -> None:
        self.shop = shop
        self.calls: list[tuple[Any, ...]] = []

    def page(self, view: str, *, account_id: int | None = None, after: str = "", limit: int = 50) -> Page:
        return Page(tuple(self.shop.store.ordered(view, account_id)[:limit]))

    def search(self, query: str, **more: Any) -> Page:
        return self.shop.store.search(query, **more)

    def open(self, id_: int, *, limit: int = 500) -> Thread:
        return self.shop.store.thread(id_, limit=limit)

    def counts(self) -> Counts:
        return self.shop.store.counts()

    def answerable(self, thread: Thread, *, to: str = "") -> ThreadMessage:
        inbound = [one for one in thread.messages if one.direction is Direction.INBOUND]
        if not inbound:
            raise Refused("gone")
        return inbound[-1]

    def outgoing(
        self, thread: Thread, text: str, *, private: bool | None = None, to: str = ""
    ) -> tuple[Reply, Length]:
        parent = self.answerable(thread, to=to)
        channel = self.shop.accounts.bare_channel(self.shop.store.account(thread.conversation.account_id))
        reply = Reply.sketch(parent, text, private=bool(private))
        return reply, check_length(text, channel.limits(), len, prefix=channel.prefix(reply))

    def merge(self, into: int, other: int) -> None:
        self.calls.append(("merge", into, other))

    def mute(self, account_id: int, author_id: str, *, on: bool = True) -> None:
        self.calls.append(("mute", account_id, author_id, on))

    def discard(self, outbox_id: int) -> OutboxItem | None:
        return self.undo(outbox_id)

    def mark(self, ids: Collection[int], state: State, *, until: datetime | None = None) -> None:
        self.calls.append(("mark", tuple(ids), state, until))
        for one in ids:
            waits = self.shop.store.rows_by_id[one].waiting_since if state is State.NEW else None
            self.shop.store.change(one, state=state, snoozed_until=until, waiting_since=waits)
        self.shop.events.publish(MessagesChanged(frozenset(ids)))

    def mark_read(self, ids: Collection[int]) -> None:
        for one in ids:
            self.shop.store.change(one, unread=0)
        self.shop.events.publish(MessagesChanged(frozenset(ids)))

    def label_all(self, ids: Collection[int], label: str | None, *, learn: bool = True) -> None:
        for one in ids:
            self.label(one, label)

    def learn(self) -> None:
        self.calls.append(("learn",))

    def remember(self, ids: Collection[int]) -> tuple[Conversation, ...]:
        return tuple(self.shop.store.rows_by_id[one] for one in ids)

    def put_back(self, was: tuple[Conversation, ...]) -> None:
        self.shop.store.put(*was)
        self.shop.events.publish(MessagesChanged(frozenset(row.id for row in was)))

    def clear_spam(self, ids: Collection[int]) -> int:
        self.calls.append(("clear_spam", tuple(ids)))
        for one in ids:
            del self.shop.store.rows_by_id[one]
        self.shop.events.publish(MessagesChanged(frozenset(ids)))
        return len(ids)

    def label(self, id_: int, label: str | None) -> None:
        self.calls.append(("label", id_, label))
        self.shop.store.change(id_, is_complaint=label == "complaint", is_labelled=label is not None)
        self.shop.events.publish(MessagesChanged(frozenset({id_})))

    def reply(self, id_: int, text: str, *, private: bool | None = None, **more: Any) -> OutboxItem:
        self.calls.append(("reply", id_, text, private))
        row = self.shop.store.rows_by_id[id_]
        item = OutboxItem(
            len(self.shop.store.items) + 1, id_, row.account_id,
            OutboxState.HOLDING, text, bool(private), "key", f"r{id_}",
            self.shop.clock.now(),
            self.shop.clock.now() + timedelta(seconds=10), close_after=bool(more.get("close_after")),
        )  # fmt: skip
        self.shop.store.items[item.id] = item
        self._moved(item)
        return item

    def undo(self, outbox_id: int) -> OutboxItem | None:
        self.calls.append(("undo", outbox_id))
        item = self.shop.store.items.get(outbox_id)
        if item is None or item.state is not OutboxState.HOLDING:
            return None
        return self._become(item, OutboxState.CANCELLED)

    def send_now(self, outbox_id: int) -> None:
        self._become(self.shop.store.items[outbox_id], OutboxState.SENT)

    def resolve(self, outbox_id: int, *, is_there: bool) -> OutboxItem:
        return self._become(
            self.shop.store.items[outbox_id], OutboxState.SENT if is_there else OutboxState.HOLDING
        )

    def save_draft(self, id_: int, text: str) -> None:
        self.shop.store.drafts[id_] = text

    def _become(self, item: OutboxItem, state: OutboxState) -> OutboxItem:
        moved = self.shop.store.items[item.id] = replace(item, state=state)
        self._moved(moved)
        return moved

    def _moved(self, item: OutboxItem) -> None:
        self.shop.events.publish(ReplyChanged(item.id, item.conversation_id))


class FakeAccounts:
    def __init__(self, shop: FakeShop) -> None:
        self.shop = shop
        self.calls: list[tuple[Any, ...]] = []

    def list(self) -> tuple[tuple[Account, Freshness], ...]:
        return tuple((one, self.shop.store.freshness(one.id)) for one in self.shop.store.account_list)

    def bare_channel(self, account: Account) -> Channel:
        # Nothing here uses the network, so there is nothing to hand in for it.
        return self.shop.channels.get(account.kind)(account.settings, {}, cast(Tools, None))

    def channel(self, account: Account, deadline_s: float | None = None) -> Channel:
        return self.bare_channel(account)

    def pause(self, id_: int, *, on: bool) -> Account:
        self.calls.append(("pause", id_, on))
        store = self.shop.store
        store.account_list = [replace(one, paused=on) if one.id == id_ else one for one in store.account_list]
        self.shop.events.publish(AccountChanged(id_))
        return store.account(id_)


class FakeEngine:
    is_offline = False

    def __init__(self) -> None:
        self.checked: list[int | None] = []

    def check_now(self, account_id: int | None = None) -> None:
        self.checked.append(account_id)


class FakeAlerting:
    def collect(self) -> None:
        """Nobody left anything."""


class FakeShop:
    """What the window gets for a ``Shopbell``. ``run`` really runs in another thread."""

    def __init__(self, folder: Path, rows: Sequence[Conversation] | None = None) -> None:
        self.clock = FakeClock()
        self.events = EventHub()
        self.settings = SettingsFile(folder / "settings.json")
        self.settings.load()
        self.settings.update(shop_name="Rosie’s Bakery", owner_first_name="Ana", theme="light")
        self.channels = Registry(CHANNELS)
        self.store = FakeStore()
        self.store.put(*(shop_rows() if rows is None else rows))
        for number, (channel, name) in enumerate(zip(CHANNELS, NAMES, strict=True), 1):
            account = Account(
                number,
                channel.kind,
                name,
                url="https://social.example/rosie",
                created_at=NOW - timedelta(days=260),
            )
            self.store.account_list.append(account)
            self.store.fresh[number] = Freshness(heard=NOW - timedelta(minutes=1), backfilling=False)
        self.inbox = FakeInbox(self)
        self.moderation = FakeModeration(self)
        self.alerting = FakeAlerting()
        self.accounts = FakeAccounts(self)
        self.engine = FakeEngine()
        self.started = False
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="errand")

    def run(self, job: Callable[..., Any], *args: Any, **kwargs: Any) -> Future[Any]:
        return self._pool.submit(job, *args, **kwargs)

    def start(self) -> None:
        self.started = True

    def close(self, timeout: float = 1.0) -> None:
        self._pool.shutdown(wait=True)
