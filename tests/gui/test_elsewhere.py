"""Another program on the same profile: what it writes is seen, and what we write ourselves is not news."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gui.elsewhere import Elsewhere
from gui.main_window import MainWindow
from services.app import Shopbell
from services.channels import Registry
from services.credentials import Credentials
from services.events import Event, MessagesChanged
from services.model import Account, State
from services.store import Store
from tests.fakes import FakeClock, FakeKeyring
from tests.toy import ToyNetwork, toy_channel


@pytest.fixture
def network() -> ToyNetwork:
    return ToyNetwork(FakeClock())


@pytest.fixture
def programs(tmp_path: Path, network: ToyNetwork) -> Iterator[tuple[Shopbell, Shopbell]]:
    """The window's and a script's, on one profile, each with connections of its own."""
    keyring = FakeKeyring()
    registry = Registry([toy_channel(network)])

    def open_one() -> Shopbell:
        return Shopbell.open(
            tmp_path / "profile",
            clock=network.clock,
            credentials=Credentials("elsewhere", keyring),
            channels=registry,
        )

    ours, theirs = open_one(), open_one()
    yield ours, theirs
    ours.close()
    theirs.close()


@pytest.fixture
def account(programs: tuple[Shopbell, Shopbell]) -> Account:
    return programs[0].accounts.add("toy", {}, {"token": "good"}, name="Toy town")


def test_the_number_grows_by_others_only(tmp_path: Path) -> None:
    clock = FakeClock()
    ours, theirs = Store.open(tmp_path / "a.db", clock), Store.open(tmp_path / "a.db", clock)
    try:
        first = ours.version_elsewhere()
        ours.set_meta("mine", "1")
        assert ours.version_elsewhere() == first
        theirs.set_meta("theirs", "1")
        second = ours.version_elsewhere()
        assert second != first
        assert ours.version_elsewhere() == second
    finally:
        ours.close()
        theirs.close()


def test_what_a_script_fetched_is_in_the_open_window(
    programs: tuple[Shopbell, Shopbell],
    account: Account,
    network: ToyNetwork,
    make_window: Callable[..., MainWindow],
    qtbot: Any,
) -> None:
    ours, script = programs
    network.customer("m1", "Is the rye back?")
    ours.engine.sync_once()
    window = make_window(ours)
    assert window.inbox.model.rowCount() == 1
    elsewhere = window.elsewhere
    assert isinstance(elsewhere, Elsewhere)
    elsewhere.look()
    qtbot.waitUntil(lambda: elsewhere._seen is not None and not elsewhere._jobs.waiting, timeout=20_000)
    network.customer("m2", "And the buns?", author="jonas")
    script.engine.sync_once()
    elsewhere.look()
    model = window.inbox.model
    qtbot.waitUntil(lambda: model.rowCount() + (not window.inbox.new_rows.isHidden()) == 2, timeout=20_000)
    # A row that the script changed is read anew, too.
    script.inbox.mark([model.id_at(0)], State.DONE)
    elsewhere.look()
    qtbot.waitUntil(lambda: window.inbox.counts.new == 1, timeout=20_000)


def test_our_own_writes_are_no_news(
    programs: tuple[Shopbell, Shopbell],
    account: Account,
    network: ToyNetwork,
    make_window: Callable[..., MainWindow],
    qtbot: Any,
) -> None:
    ours, _ = programs
    window = make_window(ours)
    elsewhere = window.elsewhere
    assert elsewhere is not None
    elsewhere.look()
    qtbot.waitUntil(lambda: elsewhere._seen is not None and not elsewhere._jobs.waiting, timeout=20_000)
    network.customer("m1", "Is the rye back?")
    ours.engine.sync_once()
    told: list[Event] = []
    ours.events.listen(told.append)
    elsewhere.look()
    qtbot.waitUntil(lambda: not elsewhere._jobs.waiting, timeout=20_000)
    assert [event for event in told if isinstance(event, MessagesChanged)] == []


def test_a_window_that_nobody_sees_does_not_look(
    programs: tuple[Shopbell, Shopbell], account: Account, make_window: Callable[..., MainWindow]
) -> None:
    window = make_window(programs[0])
    elsewhere = window.elsewhere
    assert elsewhere is not None
    window.hide()
    elsewhere.look()
    assert elsewhere._jobs.waiting == 0
