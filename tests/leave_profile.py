"""Leaves a profile behind, as the program writes it now: for the day when its tables are no longer today's.

    python tests/leave_profile.py FOLDER

writes into FOLDER

- ``profile-vN.db``: the database, with every kind of content there is,
- ``profile-vN.json``: what this very version of the program says about it,
- ``backup-vN.shopbell``: a backup of that profile.

Run it once for each version of the tables and never again: what owners have on their disks does not change
either. Only the store's own methods write, so the same file makes the profile of an older program, too:
``PYTHONPATH=`` that program's folder.
"""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from services import backup
from services.clock import iso
from services.errors import Invalid, Unreachable
from services.model import (
    Attachment,
    Author,
    Context,
    Deletion,
    Direction,
    Message,
    MessageKind,
    MessageState,
    OutboxState,
    State,
    Template,
    Verdict,
)
from services.paths import Paths
from services.settings import SettingsFile
from services.store import Store

START = datetime(2026, 11, 24, 7, 4, tzinfo=UTC)
US = Author("us", "Rosie's Bakery", "@rosie@town.example")
BAD = Verdict(0.93, True, ("cold", "nobody answered"), "order")
UNSAFE = Verdict(0.8, True, ("glass",), "safety")
GOOD = Verdict(0.04)
SPAM = Verdict(0.1, is_spam=True)


class StoppedClock:
    """Goes on only when told."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def on(self, **much: float) -> None:
        self.at += timedelta(**much)


@dataclass(frozen=True)
class Step:
    """A ``Batch`` of a channel."""

    messages: tuple[Message, ...] = ()
    changes: tuple[Deletion, ...] = ()
    cursor: Any = None
    settings: Any = None
    live: bool = True
    bounces: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Told:
    """What a network says of a reply it has taken."""

    remote_id: str
    sent_at: datetime
    url: str = ""
    text: str = ""
    is_pending: bool = False


def said(
    remote_id: str, text: str, name: str = "Marta Lindqvist", *, hours: float = -5, **more: Any
) -> Message:
    first = name.split()[0].lower()
    values: dict[str, Any] = {
        "remote_id": remote_id,
        "kind": MessageKind.MENTION,
        "direction": Direction.INBOUND,
        "author": Author(
            first, name, f"@{first}@town.example", f"https://town.example/@{first}", followers=len(name) * 90
        ),
        "text": text,
        "html": f"<p>{text}</p>",
        "sent_at": START + timedelta(hours=hours),
        "url": f"https://town.example/@{first}/{remote_id}",
        "language": "en",
        "reply_context": {"id": remote_id, "visibility": "public"},
    }
    return Message(**(values | more))


def ours(remote_id: str, text: str, parent: str, *, hours: float) -> Message:
    return said(
        remote_id,
        text,
        hours=hours,
        author=US,
        direction=Direction.OUTBOUND,
        parent_id=parent,
        reply_context={},
    )


class Making:
    """One profile, from its accounts to its last reply."""

    def __init__(self, store: Store, clock: StoppedClock) -> None:
        self.store, self.clock = store, clock

    def all(self) -> None:
        self.accounts()
        self.first_fetch()
        self.talk()
        self.marks()
        self.replies()
        self.rest()

    def accounts(self) -> None:
        store = self.store
        self.town = store.add_account(
            "mastodon",
            "Our Mastodon",
            handle="@rosie@town.example",
            remote_id="4711",
            url="https://town.example/@rosie",
            settings={"server": "https://town.example", "our_name": "Rosie's Bakery"},
        ).id
        self.blog = store.add_account(
            "feeds", "Our blog", url="https://blog.example/", settings={"url": "https://blog.example/feed"}
        ).id
        self.post = store.add_account(
            "email", "Shop mail", handle="shop@rosies.example", settings={"address": "shop@rosies.example"}
        ).id
        store.update_account(self.blog, paused=True)
        store.heard(self.town, next_poll=START + timedelta(minutes=5), backfilling=False)
        store.heard(
            self.blog,
            next_poll=START + timedelta(hours=1),
            backfilling=False,
            trouble=Unreachable("dns", host="blog.example"),
        )
        store.failed(
            self.post, "sign-in-needed", {"reason": "password"}, next_poll=START + timedelta(hours=1)
        )

    def put(self, account: int, *messages: Message, verdict: Verdict = GOOD, **more: Any) -> None:
        since = more.pop("backfill_since", None)
        step = Step(messages, cursor=more.pop("cursor", {}), settings=more.pop("settings", {}), **more)
        verdicts = {one.remote_id: verdict for one in messages}
        self.store.apply(account, step, verdicts, backfill_since=since)

    def first_fetch(self) -> None:
        self.put(
            self.town,
            said("old-1", "Thanks for the bread.", "Karl Odd", hours=-24 * 40),
            ours("old-2", "You are welcome.", "old-1", hours=-24 * 40 + 1),
            said("old-3", "Is rye in?", "Karl Odd", hours=-24 * 3),
            backfill_since=START - timedelta(days=14),
            cursor={"since": "old-3", "more": False},
        )

    def talk(self) -> None:
        town, blog, post = self.town, self.blog, self.post
        self.put(
            town,
            said("cake", "The cake was cold and nobody answered.", hours=-9),
            said("cake-2", "Hello? The cake was cold!!!", hours=-2, parent_id="cake"),
            verdict=BAD,
        )
        self.put(
            town, said("glass", "There was broken glass in the bread.", "Ida Glas", hours=-1), verdict=UNSAFE
        )
        self.put(
            town,
            said("secret", "My number is 555 0100.", "Inês Duarte", kind=MessageKind.DIRECT, private=True),
            said("praise", "Best buns in town. 🥐 Größe, naïve, 東京", "Yuki Mori"),
            said("spam-1", "Cheap pills", "Bot One"),
            said("fresh", "Is the oven on?", "Nils Ek", hours=-0.5),
            said("hello", "", "Fanny Follow", kind=MessageKind.FOLLOW),
            said("aside", "A stranger's words", "Sten Other", is_addressed=False, parent_id="praise"),
        )
        self.put(town, said("spam-2", "More pills", "Bot Two"), verdict=SPAM)
        # Edited on the network, then the words taken down; the earlier text stays.
        self.put(town, said("edited", "Open on Sunday", "Eva Edit"))
        self.put(town, said("edited", "Open on Sunday?", "Eva Edit", version="2", state=MessageState.EDITED))
        self.put(town, said("deleted", "I take this back", "Dora Gone"))
        self.put(town, changes=(Deletion("deleted"),), cursor={"since": "deleted"})
        # An answer from the owner's phone, and one whose question never came.
        self.put(
            town, said("phone", "Do you deliver?", "Pia Phone"), ours("phone-a", "We do.", "phone", hours=-1)
        )
        self.put(town, ours("lost-a", "To a question not seen yet.", "lost", hours=-1))
        self.put(
            blog,
            said(
                "review",
                "The coffee could be hotter.",
                "Rui Star",
                kind=MessageKind.REVIEW,
                stars=2,
                title="Coffee",
                reply_until=START + timedelta(hours=3),
                context=Context(
                    "Our new coffee", "Since Monday.", "https://blog.example/coffee", is_ours=True
                ),
            ),
            said(
                "news",
                "Bakeries of the town",
                "Town News",
                kind=MessageKind.ENTRY,
                can_reply=False,
                why_not="feed",
            ),
            said(
                "waits", "May I say this?", "Mod Erated", kind=MessageKind.COMMENT, state=MessageState.PENDING
            ),
            said("rude", "Shut up all of you", "Rude Rolf", kind=MessageKind.COMMENT),
        )
        self.put(
            post,
            said(
                "mail-1@example",
                "Invoice enclosed.",
                "Olga Offer",
                kind=MessageKind.EMAIL,
                title="Your order",
                private=True,
                attachments=(Attachment("file", "", "the invoice", "invoice.pdf", 12_345, "2"),),
            ),
            said("mail-2@example", "I am away", "Auto Reply", kind=MessageKind.EMAIL, is_automatic=True),
        )

    def home(self, remote_id: str, account: int | None = None) -> int:
        found = self.store.find_conversation(account or self.town, remote_id)
        assert found is not None, remote_id
        return found

    def message(self, remote_id: str, account: int | None = None) -> int:
        found = self.store.message(self.home(remote_id, account), remote_id)
        assert found is not None, remote_id
        return found.id

    def marks(self) -> None:
        store, clock = self.store, self.clock
        for remote_id, label in (("praise", "complaint"), ("cake", "not-complaint")):
            clock.on(seconds=1)
            store.label(self.home(remote_id), label)
        with suppress(Invalid):
            # Older programs cannot say this.
            store.label(self.home("spam-2"), "not-spam")
        store.label(self.home("spam-1"), "spam")
        store.mark([self.home("old-3")], State.DONE)
        store.mark_read([self.home("glass")])
        store.mute(self.blog, "rude")
        self.put(self.town, said("again", "And one more thing", "Nils Ek", hours=-0.2))
        store.merge(self.home("fresh"), self.home("again"))
        store.mark([self.home("fresh")], State.SNOOZED, until=START + timedelta(days=1))
        store.moderated(self.message("waits", self.blog), "approve")
        store.moderated(self.message("rude", self.blog), "hide")

    def queue(self, remote_id: str, text: str, account: int | None = None, **more: Any) -> int:
        home = self.home(remote_id, account)
        found: int = self.store.queue_reply(
            home,
            text,
            private=more.pop("private", False),
            key=f"key-{remote_id}-{len(text)}",
            parent_remote_id=remote_id,
            hold_until=more.pop("hold_until", START),
            seen_id=self.store.message(home, remote_id).id,  # type: ignore[union-attr]
            **more,
        ).id
        return found

    def replies(self) -> None:
        """One of each state."""
        store, clock = self.store, self.clock
        template = store.save_template(Template(0, "Sorry", "We are sorry, {first_name}.", "so", "en"))
        store.save_template(Template(0, "Heures", "Ouvert dès 7 h, {first_name} !", "h", "fr"))
        store.used_template(template.id)
        gone = self.queue("glass", "Keep the loaf, we come at once.", template="Sorry")
        assert store.claim_reply(gone, clock.now())
        clock.on(seconds=2)
        store.reply_sent(gone, Told("reply-1", clock.now(), "https://town.example/@rosie/reply-1"), US)
        unclear = self.queue("secret", "We call you.", private=True)
        assert store.claim_reply(unclear, clock.now())
        store.reply_unclear(unclear, {"reason": "timeout"})
        failed = self.queue("edited", "We are open." * 60)
        assert store.claim_reply(failed, clock.now())
        store.reply_failed(failed, "refused", {"reason": "too-long", "limit": 500, "over": 220})
        assert store.cancel_reply(self.queue("praise", "Thnaks!", hold_until=START + timedelta(hours=1)))
        self.queue("mail-1@example", "Paid.", self.post, close_after=True, private=True)
        self.queue(
            "review", "Hotter from today.", self.blog, hold_until=START + timedelta(hours=9), force=True
        )
        # Last, as a power cut would leave it.
        assert store.claim_reply(self.queue("phone", "Until 18:00."), clock.now())

    def rest(self) -> None:
        store, clock = self.store, self.clock
        store.save_draft(self.home("praise"), "Dear Yuki,\n\nthank y")
        store.save_draft(self.home("cake"), "We are so")
        store.set_meta("stamp", "kept")
        store.prune(START - timedelta(days=30))
        clock.on(minutes=1)


def report(store: Store) -> dict[str, Any]:
    """What the program says about the profile, in its own words of today."""
    return {
        "schema": store.schema_version,
        "totals": store.totals(),
        "export": list(store.export_rows()),
        "outbox": [
            {**asdict(one), "error_detail": dict(one.error_detail)}
            for one in sorted(store.outbox(set(OutboxState)), key=lambda one: one.id)
        ],
        "drafts": {
            row.id: store.draft(row.id)
            for row in store.page("all", limit=200).conversations
            if store.draft(row.id)
        },
        "templates": [asdict(one) for one in store.templates()],
        "accounts": [{**asdict(one), "settings": dict(one.settings)} for one in store.accounts()],
        "freshness": {
            number: {**asdict(one), "error_detail": dict(one.error_detail)}
            for number, one in store.freshness_all().items()
        },
        "cursors": {one.id: dict(store.cursor(one.id)) for one in store.accounts()},
        "views": {
            view: sorted(row.id for row in store.page(view, limit=200).conversations)
            for view in ("new", "complaints", "waiting", "snoozed", "done", "hello", "spam", "all")
        },
        "meta": store.get_meta("stamp"),
    }


def as_json(report: dict[str, Any]) -> str:
    return (
        json.dumps(report, indent=1, ensure_ascii=False, default=lambda one: iso(one), sort_keys=True) + "\n"
    )


def leave(folder: Path) -> int:
    """Returns the version of the tables."""
    clock = StoppedClock()
    with tempfile.TemporaryDirectory() as room:
        paths = Paths.open(Path(room) / "profile")
        settings = SettingsFile(paths.settings)
        settings.load()
        settings.update(shop_name="Rosie's Bakery", owner_first_name="Rosie", theme="dark", text_size=115)
        store = Store.open(paths.database, clock)
        Making(store, clock).all()
        version: int = store.schema_version
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"profile-v{version}.json").write_text(as_json(report(store)), "utf-8")
        backup.write(store, paths, folder / f"backup-v{version}.shopbell")
        store.backup_to(folder / f"profile-v{version}.db")
        store.close()
    return version


if __name__ == "__main__":
    print("left version", leave(Path(sys.argv[1])))
