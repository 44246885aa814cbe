"""What is wrong and what to do: key store, database, disk, clock, reach of every account. Finds out by
trying."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from services.app import Shopbell
from services.errors import ShopbellError
from services.paths import locate
from services.words import error_sentence, remedy

LITTLE_SPACE = 200_000_000
"""Bytes below which the disk is called nearly full."""
BUILT = datetime(2026, 1, 1, tzinfo=UTC)
"""No computer that runs this can truly live before it."""


def examine(profile: Path | None, opener: Callable[[Path | None], Shopbell]) -> dict[str, Any]:
    """Returns {ok, checks: [{name, ok, detail, remedy}]}; never raises ShopbellError, a profile that cannot
    be opened is a finding."""
    checks: list[dict[str, Any]] = []
    try:
        app = opener(profile)
    except ShopbellError as error:
        checks.append(_trouble("database", error))
        checks.append(_disk(locate(profile)))
        return {"ok": False, "checks": checks}
    with closing(app):
        checks.append(_keyring(app))
        checks.append(_database(app))
        checks.append(_disk(app.paths.profile))
        checks.append(_clock(app))
        checks.extend(_accounts(app))
    return {"ok": all(check["ok"] for check in checks), "checks": checks}


def _check(name: str, ok: bool, detail: str, what_to_do: str = "") -> dict[str, Any]:
    return {"name": name, "ok": ok, "detail": detail, "remedy": what_to_do}


def _trouble(name: str, error: ShopbellError, account: str = "", network: str = "") -> dict[str, Any]:
    return _check(
        name,
        False,
        error_sentence(error.kind, error.detail, account, network),
        remedy(error.kind, error.reason).label,
    )


def _keyring(app: Shopbell) -> dict[str, Any]:
    status = app.credentials.available()
    if status.is_ready:
        return _check("keyring", True, status.backend)
    kind = "keyring-locked" if status.kind == "locked" else "keyring-missing"
    return _check("keyring", False, error_sentence(kind), remedy(kind).label)


def _database(app: Shopbell) -> dict[str, Any]:
    try:
        problems = app.store.check()
    except ShopbellError as error:
        return _trouble("database", error)
    if problems:
        return _check("database", False, error_sentence("damaged-database"), remedy("damaged-database").label)
    return _check("database", True, f"{app.store.totals().get('messages', 0)} messages")


def _disk(folder: Path) -> dict[str, Any]:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < LITTLE_SPACE:
        return _check("disk", False, error_sentence("disk-full"), remedy("disk-full").label)
    return _check("disk", True, f"{free // 1_000_000:,} MB free")


def _clock(app: Shopbell) -> dict[str, Any]:
    """A clock that runs behind what was already heard makes every "waiting since" wrong."""
    now = app.clock.now()
    heard = [state.heard for state in app.store.freshness_all().values() if state.heard is not None]
    if now < BUILT or any(moment - now > timedelta(minutes=5) for moment in heard):
        return _check("clock", False, error_sentence("clock"), remedy("clock").label)
    return _check("clock", True, now.isoformat(timespec="seconds"))


def _accounts(app: Shopbell) -> list[dict[str, Any]]:
    checks = []
    for account in app.store.accounts():
        name = f"account {account.id}"
        title = app.channels.get(account.kind).title if account.kind in app.channels else account.kind
        try:
            identity = app.accounts.channel(account, 15.0).identify()
        except ShopbellError as error:
            checks.append(_trouble(name, error, account.name, title))
        else:
            checks.append(
                _check(name, True, f"{account.name}: {identity.handle or identity.url or identity.name}")
            )
    return checks
