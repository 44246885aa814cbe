"""A process that imports the program once and forks a child per order, so that killing costs no start-up.

Orders come as JSON lines on standard input: ``{"do": NAME, ...}``. The parent of the children stays
single-threaded; each child does one thing until it is done or killed. What is told on standard output, one
JSON line each: ``pid`` of a new child, ``queued`` (a reply the program promised to keep), ``ended`` (how the
child ended). Secrets come over the pipe and stay in memory.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# Everything a child needs, loaded before the first fork.
import requests  # noqa: F401

import services.channels._pool
import services.channels._transport  # noqa: F401
from services import backup
from services.app import Shopbell
from services.channels import discover
from services.clock import SystemClock
from services.credentials import Credentials
from services.errors import Invalid, Refused
from services.model import OutboxState
from services.store import Store, migrate

CHANNELS = discover()


def tell(**what: object) -> None:
    # One write per line: a killed child leaves no half line behind.
    os.write(1, (json.dumps(what) + "\n").encode())


def open_profile(order: dict[str, Any]) -> Shopbell:
    credentials = Credentials("crash-driver", session_only=True)
    for account_id in range(1, 4):
        credentials.put(account_id, {"access_token": order["token"]})
    return Shopbell.open(Path(order["profile"]), credentials=credentials, channels=CHANNELS)


def add(order: dict[str, Any]) -> None:
    """The first start: a profile is made, an account added, everything fetched once."""
    app = open_profile(order)
    known = {account.kind for account in app.store.accounts()}
    if "mastodon" not in known:
        app.accounts.add("mastodon", {"server": order["server"]}, {"access_token": order["token"]})
    if "feeds" not in known and "feed" in order:
        app.accounts.add("feeds", {"url": order["feed"]}, {})
    app.engine.sync_once()
    app.close()


def answer_everybody(app: Shopbell) -> int:
    """One reply to each message that was never answered from here; its text names the message."""
    answered = {item.parent_remote_id for item in app.store.outbox(set(OutboxState))}
    queued, after = 0, ""
    while True:
        page = app.inbox.page("new", after=after, limit=200)
        for row in page.conversations:
            try:
                parent = app.inbox.answerable(app.inbox.open(row.id))
                if parent.remote_id in answered or parent.remote_id.startswith("follow:"):
                    continue
                text = f"Thank you for telling us, we look into it. Number {parent.remote_id}."
                app.inbox.reply(row.id, text, hold_s=0)
            except (Refused, Invalid):
                continue
            tell(queued=text)
            queued += 1
        if not (after := page.next):
            return queued


def work(order: dict[str, Any]) -> None:
    """Polls, answers and sends until killed, or with ``until_done`` until nothing is left to do."""
    app = open_profile(order)
    quiet = 0
    while quiet < 3:
        report = app.engine.sync_once()
        queued = answer_everybody(app)
        app.engine.send_due(ignore_backoff=True)
        unclear = {item.conversation_id for item in app.store.outbox({OutboxState.UNCLEAR})}
        # What stands behind an unclear reply waits until the owner has decided about that.
        is_open = any(
            item.conversation_id not in unclear
            for item in app.store.outbox({OutboxState.HOLDING, OutboxState.SENDING})
        )
        brought = sum(one.new for one in report.accounts)
        failed = any(one.error for one in report.accounts)
        is_quiet = not (queued or is_open or brought or failed)
        quiet = quiet + 1 if is_quiet and order.get("until_done") else 0
    app.close()


def restore(order: dict[str, Any]) -> None:
    backup.restore(Path(order["file"]), Path(order["profile"]))


def upgrade(order: dict[str, Any]) -> None:
    """Brings the database to a version that does not exist yet."""
    steps = dict(migrate.our_steps())
    steps[max(steps) + 1] = "CREATE TABLE tomorrow AS SELECT id, text FROM messages;\n"
    migrate.prepare(Path(order["profile"]) / "shopbell.db", order["stamp"], steps=steps)


def open_old(order: dict[str, Any]) -> None:
    """Opens a profile that an older version left, as every start does."""
    Store.open(Path(order["profile"]) / "shopbell.db", SystemClock()).close()


ORDERS = {"add": add, "work": work, "restore": restore, "upgrade": upgrade, "open_old": open_old}


def child(order: dict[str, Any]) -> int:
    logging.disable(logging.CRITICAL)
    try:
        ORDERS[order["do"]](order)
    except BaseException as error:
        import traceback

        tell(failed="".join(traceback.format_exception(error))[-3000:])
        return 1
    return 0


def main() -> int:
    gc.freeze()
    tell(ready=os.getpid())
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            os._exit(child(order))
        tell(pid=pid)
        _, status = os.waitpid(pid, 0)
        tell(ended=os.waitstatus_to_exitcode(status))
    return 0


if __name__ == "__main__":
    sys.exit(main())
