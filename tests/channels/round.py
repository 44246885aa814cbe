"""Accounts of every kind there is, each in front of its own stand-in: what a whole round of polling is
measured on.

    python -m tests.channels.round 20

serves as many accounts, prints how to reach them as JSON, and ends with its input. A new channel joins by
itself, as it does in ``test_contract.py``.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.channels import discover

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Place:
    """What an owner would hand in to add the account."""

    kind: str
    settings: dict[str, Any]
    secrets: dict[str, str]


def kinds() -> list[tuple[str, str]]:
    """Kind and module of every channel that has a stand-in."""
    modules = ((str(one.kind), one.__module__.rpartition(".")[2]) for one in discover().all())
    return [(kind, module) for kind, module in modules if (HERE / module / "standin.py").is_file()]


class Street:
    """So many accounts of all kinds in turn."""

    def __init__(self, accounts: int) -> None:
        known = kinds()
        self._standins: list[Any] = []
        self.places: list[Place] = []
        for number in range(accounts):
            kind, module = known[number % len(known)]
            standin = importlib.import_module(f"tests.channels.{module}.standin").Standin()
            standin.start()
            self._standins.append(standin)
            self.places.append(Place(kind, dict(standin.settings), dict(standin.secrets)))

    def close(self) -> None:
        for one in self._standins:
            one.stop()


def settle(app: Any, places: Sequence[Place]) -> None:
    """Adds them all. Some stand-ins call themselves the same wherever they run, which an inbox refuses;
    those are told apart by a number."""
    for number, one in enumerate(places):
        channel = app.channels.get(one.kind)
        tools = app._tools(channel, one.secrets, None)
        found = channel(one.settings, one.secrets, tools).identify()
        account = app.store.add_account(
            one.kind,
            f"{found.name} {number}",
            handle=found.handle,
            remote_id=f"{found.remote_id} {number}",
            url=found.url,
            settings={**one.settings, **found.settings, "signed_in": bool(one.secrets)},
        )
        if one.secrets:
            app.credentials.put(account.id, dict(one.secrets))


def main(arguments: list[str]) -> int:
    street = Street(int(arguments[0]))
    print(json.dumps([vars(one) for one in street.places]), flush=True)
    sys.stdin.read()
    street.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
