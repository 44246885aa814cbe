"""Another program on the same profile: what it writes is seen, and what we write ourselves is not news."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gui.elsewhere import Elsewhere
from gui.main_window import MainWindow
from services.alerting import Unseen
from services.app import Shopbell
from services.channels import Registry
from services.credentials import Credentials
from services.events import AlertRaised, Event, MessagesChanged
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
    theirs.tells_the_owner = False
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


TERRIBLE = "Terrible. The cake was wrong and nobody answered. I want my money back!"


def alerts_of(app: Shopbell) -> list[AlertRaised]:
    told: list[AlertRaised] = []
    app.events.listen(lambda event: told.append(event) if isinstance(event, AlertRaised) else None)
    return told


def looked(elsewhere: Elsewhere | None, qtbot: Any) -> None:
    """After one look and what follows from it."""
    assert elsewhere is not None
    qtbot.waitUntil(lambda: not elsewhere._jobs.waiting, timeout=20_000)
    elsewhere.look()
    qtbot.waitUntil(lambda: elsewhere._seen is not None and not elsewhere._jobs.waiting, timeout=20_000)


def test_what_a_script_fetched_rings_once_also_while_nobody_sees_the_window(
    programs: tuple[Shopbell, Shopbell],
    account: Account,
    network: ToyNetwork,
    make_window: Callable[..., MainWindow],
    qtbot: Any,
) -> None:
    ours, script = programs
    network.customer("old", TERRIBLE, author="tom")
    script.engine.sync_once()
    told, heard = alerts_of(ours), alerts_of(script)
    window = make_window(ours)
    window.hide()
    looked(window.elsewhere, qtbot)
    assert told == [], "a first fetch rings nowhere"
    network.customer("m1", TERRIBLE)
    network.customer("m2", "You wankers", author="ida", private=True)
    network.ours("m3", "So sorry, Tom!", parent="old", key="old")
    script.engine.sync_once()
    looked(window.elsewhere, qtbot)
    qtbot.waitUntil(lambda: len(told) == 2, timeout=20_000)
    assert [(one.kind, one.names, one.excerpt, one.sound) for one in told] == [
        ("complaint", ("Marta",), TERRIBLE, True),
        ("direct", ("Ida",), "", False),
    ]
    assert ours.alerting.unseen == Unseen(complaints=1, direct=1)
    # Heard again by both of them: no news for anybody.
    ours.engine.sync_once()
    script.engine.sync_once()
    looked(window.elsewhere, qtbot)
    assert len(told) == 2
    assert heard == [], "a script has nobody to tell"


def test_what_was_fetched_before_the_window_opened_rings_if_it_still_waits(
    programs: tuple[Shopbell, Shopbell],
    account: Account,
    network: ToyNetwork,
    make_window: Callable[..., MainWindow],
    qtbot: Any,
) -> None:
    ours, script = programs
    script.engine.sync_once()
    for one in ("marta", "tom", "ida"):
        network.customer(one, TERRIBLE, author=one)
    script.engine.sync_once()
    tom = next(row.id for row in script.inbox.page("all").conversations if row.customer_name == "Tom")
    script.inbox.mark([tom], State.DONE)
    told = alerts_of(ours)
    ours.settings.update(tell_spikes=False)
    window = make_window(ours)
    window.hide()
    looked(window.elsewhere, qtbot)
    assert [(one.kind, one.count, one.names) for one in told] == [("complaint", 2, ("Marta", "Ida"))]


def test_what_a_script_left_long_ago_is_no_news(
    programs: tuple[Shopbell, Shopbell], account: Account, network: ToyNetwork
) -> None:
    ours, script = programs
    script.engine.sync_once()
    network.customer("m1", TERRIBLE)
    script.engine.sync_once()
    network.clock.advance(days=8)
    told = alerts_of(ours)
    ours.alerting.collect()
    assert told == []
    assert ours.store.take_arrivals() == ()


def test_who_was_muted_in_the_meantime_does_not_ring(
    programs: tuple[Shopbell, Shopbell], account: Account, network: ToyNetwork
) -> None:
    ours, script = programs
    script.engine.sync_once()
    network.customer("m1", TERRIBLE)
    script.engine.sync_once()
    ours.inbox.mute(account.id, "marta")
    told = alerts_of(ours)
    ours.alerting.collect()
    assert told == []


def test_what_a_script_taught_counts_for_the_next_message_of_the_window(
    programs: tuple[Shopbell, Shopbell],
    account: Account,
    network: ToyNetwork,
    make_window: Callable[..., MainWindow],
    qtbot: Any,
) -> None:
    ours, script = programs
    text = "The quinoa muffins arrived wobbly again, as they do"
    network.customer("m1", text)
    ours.engine.sync_once()
    window = make_window(ours)
    looked(window.elsewhere, qtbot)
    before = ours.triage.judge(text).score
    (row,) = ours.inbox.page("all").conversations
    script.inbox.label(row.id, "complaint")
    looked(window.elsewhere, qtbot)
    qtbot.waitUntil(lambda: ours.triage.judge(text).score > before, timeout=20_000)
    script.teaching.forget_all()
    looked(window.elsewhere, qtbot)
    qtbot.waitUntil(lambda: ours.triage.judge(text).score == pytest.approx(before), timeout=20_000)
