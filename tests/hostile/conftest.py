"""The whole application on a fresh profile beside a sample shop whose answers a test spoils."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.app import Shopbell
from services.channels.web import WebShared
from services.clock import SystemClock
from services.credentials import Credentials
from services.documents import account_document
from services.model import Account
from services.sample import SampleShop
from tests.fakes import FakeClock

PLAIN = re.compile(r"[A-Z].*[.]", re.DOTALL)
TECHNICAL = re.compile(
    r"\b(?:HTTPS?|URL|XML|JSON|SSL|TLS|DNS|DTD|gzip|[Pp]ars\w*|[Ee]xception|error code|null|None|[Ii]nvalid"
    r"|payload|socket|timeout|errno|Traceback|401|403|404|410|429|500)\b|\{|\}|<|>|!",
)


def is_plain(sentence: object) -> bool:
    """A shop owner can read it aloud: whole sentences, nothing of the machine room, no exclamation."""
    return (
        isinstance(sentence, str)
        and PLAIN.fullmatch(sentence) is not None
        and TECHNICAL.search(sentence) is None
        and len(sentence) < 200
    )


@pytest.fixture
def shop() -> Iterator[SampleShop]:
    with SampleShop() as made:
        yield made


@pytest.fixture
def clock() -> FakeClock:
    """Begins now, for the sample shop lives now."""
    return FakeClock(SystemClock().now())


@pytest.fixture
def app(tmp_path: Path, clock: FakeClock) -> Iterator[Shopbell]:
    made = open_app(tmp_path / "profile", clock)
    yield made
    made.close()


def open_app(profile: Path, clock: FakeClock, web: WebShared | None = None) -> Shopbell:
    return Shopbell.open(profile, clock=clock, credentials=Credentials("hostile", session_only=True), web=web)


@pytest.fixture
def mastodon(app: Shopbell, shop: SampleShop) -> Account:
    """Heard once, so that what goes wrong later goes wrong with something that worked."""
    account = app.accounts.add("mastodon", {"server": shop.url}, {"access_token": shop.access_token})
    assert app.engine.sync_once(account.id).accounts[0].error is None
    return account


@pytest.fixture
def comments(app: Shopbell, shop: SampleShop) -> Account:
    account = app.accounts.add("feeds", {"url": shop.feed_urls["comments"]}, {}, name="Our blog")
    assert app.engine.sync_once(account.id).accounts[0].error is None
    return account


def freshness(app: Shopbell, account: Account) -> dict[str, Any]:
    """What ``accounts list`` says about it."""
    document = account_document(app, app.store.account(account.id), app.store.freshness(account.id))
    found: dict[str, Any] = document["freshness"]
    return found


def texts(app: Shopbell) -> list[str]:
    """Every customer message that is kept, in every field that is shown."""
    found: list[str] = []
    for row in app.inbox.page("all", limit=1000).conversations:
        found += [message.text for message in app.inbox.open(row.id).messages]
    return found
