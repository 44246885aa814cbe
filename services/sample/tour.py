"""The sample shop as a profile of its own: look around without an account, then remove it with one click.

It lives in the folder ``sample`` inside the profile, so that nothing invented ever mixes with what real
customers said. Its credentials are kept in memory only; they open nothing but a server on this computer that
lives as long as the program.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from services.app import Shopbell
from services.clock import Clock, SystemClock, iso, parse_iso
from services.documents import account_document, outbox_document
from services.errors import NotFound
from services.events import AlertRaised, Event
from services.files import write_atomically
from services.paths import locate
from services.sample import SampleShop

log = logging.getLogger(__name__)

Opener = Callable[[Path | None], Shopbell]

SHOP_NAME = "Rosie's Bakery"
OWNER = "Ana"
SIGNS_AS = "Rosie"
"""What the shop calls itself in the comments of its own blog."""
_PLACES = {"comments": "Our blog", "forum": "Neighbours", "mentions": "Who talks about us"}


def folder(profile: Path | None) -> Path:
    return locate(profile) / "sample"


class Tour:
    """The sample shop running beside an opened sample profile. ``close`` both with ``close``."""

    def __init__(self, profile: Path | None, opener: Opener, *, clock: Clock | None = None) -> None:
        self.home = folder(profile)
        self.app = opener(self.home)
        try:
            self.app.credentials.keep_for_session()
            if not self.app.settings.current.sample:
                self.app.settings.update(
                    sample=True, shop_name=SHOP_NAME, owner_first_name=OWNER, first_start_done=True
                )
            self.shop = self._start_shop(clock or SystemClock())
        except BaseException:
            self.app.close()
            raise

    def _start_shop(self, clock: Clock) -> SampleShop:
        """The same week on the same port as last time, so that what is stored still fits what the server
        says."""
        kept = self._kept()
        began = parse_iso(kept["began"]) if "began" in kept else clock.now()
        journal = self.home / "sample-week.jsonl"
        shop = SampleShop(clock, base_time=began, port=int(kept.get("port", 0)), journal=journal)
        try:
            shop.start()
        except OSError:
            shop = SampleShop(clock, base_time=began, journal=journal)
            shop.start()
        port = int(shop.server_name.rpartition(":")[2])
        write_atomically(self.home / "sample.json", json.dumps({"began": iso(began), "port": port}).encode())
        return shop

    def _kept(self) -> Mapping[str, Any]:
        try:
            kept = json.loads((self.home / "sample.json").read_bytes())
        except (OSError, ValueError):
            return {}
        return kept if isinstance(kept, dict) else {}

    def connect(self) -> None:
        """Adds the shop's accounts, or gives those of last time their new token. Uses the network: not for
        the GUI thread."""
        there = {(account.kind, account.name): account for account in self.app.store.accounts()}
        token = {"access_token": self.shop.access_token}
        wanted: list[tuple[str, str, dict[str, str], dict[str, str]]] = [
            ("mastodon", "Mastodon", {"server": self.shop.url}, token)
        ]
        wanted += [
            ("feeds", name, {"url": self.shop.feed_urls[place], "own_name": SIGNS_AS}, {})
            for place, name in _PLACES.items()
        ]
        for kind, name, settings, secrets in wanted:
            account = there.get((kind, name))
            if account is None:
                self.app.accounts.add(kind, settings, secrets, name=name)
            elif secrets:
                self.app.accounts.renew(account.id, settings, secrets)
            else:
                self.app.store.update_account(account.id, settings=settings)

    def close(self) -> None:
        self.app.close()
        self.shop.stop()


def remove(profile: Path | None) -> None:
    """Takes the sample shop away with everything in it. The tour must be closed."""
    shutil.rmtree(folder(profile), ignore_errors=True)


def headless(profile: Path | None, opener: Opener) -> dict[str, Any]:
    """Polls the sample shop, answers one complaint, and says what happened."""
    raised: list[Event] = []
    tour = Tour(profile, opener)
    app = tour.app
    try:
        tour.connect()
        app.events.listen(raised.append)
        synced = app.engine.sync_once()
        waiting = app.inbox.page("new", limit=500).conversations
        complaints = app.inbox.page("complaints", limit=500).conversations
        answerable = [
            row for row in complaints if app.channels.get(_kind(app, row.account_id)).abilities.public_reply
        ]
        if not answerable:
            raise NotFound("conversation", "complaint")
        row = answerable[0]
        thread = app.inbox.open(row.id)
        said = app.inbox.answerable(thread).text
        name = app.templates.values(thread)["first_name"]
        text = f"Hi {name or 'there'}, I am so sorry. I would like to put it right today. - {OWNER}"
        item = app.inbox.reply(row.id, text, hold_s=0)
        app.engine.send_due(ignore_backoff=True, only=item.id)
        item = app.store.outbox_item(item.id)
        on_server = sum(item.key == key for key in tour.shop.posts_received())
        tour.shop.tick()
        app.engine.sync_once()
        return {
            "shop": SHOP_NAME,
            "accounts": [account_document(app, a, freshness) for a, freshness in app.accounts.list()],
            "messages": sum(result.new for result in synced.accounts),
            "waiting": len(waiting),
            "complaints": len(complaints),
            "answered": {
                "conversation": str(row.id),
                "customer": row.customer_name,
                "said": said,
                "text": item.text,
                "outbox": outbox_document(app, item),
                "requests": on_server,
            },
            "alerts": [event.kind for event in raised if isinstance(event, AlertRaised)],
        }
    finally:
        tour.close()


def _kind(app: Shopbell, account_id: int) -> str:
    return app.store.account(account_id).kind
