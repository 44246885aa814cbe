"""Notifications over a real session bus, against a service of our own that records the exact calls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from gui.notice_words import Notice
from gui.notify import Clicks
from gui.notify_bus import BusNotifier
from tests.gui.notification_service import Service

pytestmark = pytest.mark.keyring
WORDS = {"default": "Open", "reply": "Reply", "later": "Later"}
BUTTONS = ("reply", "later")


@pytest.fixture
def service() -> Iterator[Service]:
    one = Service()
    yield one
    one.close()


@pytest.fixture
def clicks(qapp: object) -> Clicks:
    return Clicks()


@pytest.fixture
def notifier(service: Service, clicks: Clicks) -> Iterator[BusNotifier]:
    one = BusNotifier(clicks, "/icon.svg", WORDS)
    yield one
    one.close()


def shown(notifier: BusNotifier, clicks: Clicks, qtbot: QtBot, *notices: Notice) -> None:
    for notice in notices:
        with qtbot.waitSignal(clicks.shown, timeout=20_000):
            notifier.show(notice)


def test_a_notice_is_shown_as_plain_text_and_its_click_comes_back(
    service: Service, notifier: BusNotifier, clicks: Clicks, qtbot: QtBot
) -> None:
    first = Notice("Complaint from <Tom> & Ann", "a < b & <b>c</b>", 7, is_urgent=True)
    shown(notifier, clicks, qtbot, first, Notice("5 new messages"))
    name, replaces, icon, title, body, actions, hints, timeout = service.calls[0]
    assert (name, replaces, icon, timeout) == ("Shopbell", 0, "/icon.svg", -1)
    # The title is plain text by the specification, the body is markup.
    assert title == "Complaint from <Tom> & Ann"
    assert body == "a &lt; b &amp; &lt;b&gt;c&lt;/b&gt;"
    assert actions == ["default", "Open"]
    assert hints["urgency"] == ("y", 2)
    assert hints["suppress-sound"] == ("b", True)
    with qtbot.waitSignal(clicks.clicked, timeout=20_000) as clicked:
        # 7 belongs to another program, 40 is the first of ours.
        service.act(7)
        service.act(40)
    assert clicked.args == [first]


def test_buttons_come_back_as_what_was_asked(
    service: Service, notifier: BusNotifier, clicks: Clicks, qtbot: QtBot
) -> None:
    notice = Notice("Complaint from Tom", "It was cold", 7, offers=BUTTONS, tag="complaint-7")
    shown(notifier, clicks, qtbot, notice)
    assert service.calls[0][5] == ["default", "Open", "reply", "Reply", "later", "Later"]
    for what in ("reply", "later"):
        with qtbot.waitSignal(clicks.asked, timeout=20_000) as asked:
            service.act(40, what, closes=False)
        assert asked.args == [notice, what]
    # A service that leaves it standing after a click is told to take it away.
    qtbot.waitUntil(lambda: 40 in service.closed, timeout=20_000)


def test_a_service_without_buttons_and_markup_gets_none(
    service: Service, notifier: BusNotifier, clicks: Clicks, qtbot: QtBot
) -> None:
    service.able = ("body",)
    shown(notifier, clicks, qtbot, Notice("Tom", "a < b & c", 7, offers=BUTTONS))
    assert service.calls[0][4:6] == ("a < b & c", [])


def test_a_service_that_knows_links_and_no_clicks_gets_one(
    service: Service, clicks: Clicks, qtbot: QtBot
) -> None:
    service.able = ("body", "body-markup", "body-hyperlinks")
    notifier = BusNotifier(clicks, "/icon.svg", WORDS, address="shopbell:conversation/{}?profile=a".format)
    shown(notifier, clicks, qtbot, Notice("Tom", "a < b", 7), Notice("5 new messages"))
    service.able = (*service.able, "actions")
    shown(notifier, clicks, qtbot, Notice("Tom", "a < b", 7))
    notifier.close()
    bodies = [call[4] for call in service.calls]
    assert bodies == ['a &lt; b <a href="shopbell:conversation/7?profile=a">Open</a>', "", "a &lt; b"]


def test_a_new_one_takes_the_place_of_those_it_sums_up(
    service: Service, notifier: BusNotifier, clicks: Clicks, qtbot: QtBot
) -> None:
    shown(
        notifier,
        clicks,
        qtbot,
        Notice("Complaint from Tom", tag="complaint-1"),
        Notice("Message from Ann", tag="direct-9"),
        Notice("Complaint from Ida", tag="complaint-2"),
        Notice("3 complaints", tag="complaint", replaces=("complaint-1", "complaint-2")),
    )
    assert service.titles == ["Message from Ann", "3 complaints"]
    assert service.closed == [40]
    shown(notifier, clicks, qtbot, Notice("4 complaints", tag="complaint", replaces=("complaint",)))
    assert service.titles == ["Message from Ann", "4 complaints"]
    assert [call[1] for call in service.calls] == [0, 0, 0, 42, 42]


def test_what_left_the_screen_is_not_replaced_but_still_clickable(
    service: Service, notifier: BusNotifier, clicks: Clicks, qtbot: QtBot
) -> None:
    first = Notice("Complaint from Tom", conversation_id=7, tag="complaint-1")
    shown(notifier, clicks, qtbot, first)
    service.gone(40)
    with qtbot.waitSignal(clicks.clicked, timeout=20_000) as clicked:
        service.act(40, closes=False)
    assert clicked.args == [first]
    shown(notifier, clicks, qtbot, Notice("2 complaints", tag="complaint", replaces=("complaint-1",)))
    assert service.calls[1][1] == 0


def test_what_has_done_its_work_is_taken_away(
    service: Service, notifier: BusNotifier, clicks: Clicks, qtbot: QtBot
) -> None:
    shown(notifier, clicks, qtbot, Notice("Tom", tag="complaint-1"), Notice("Ann", tag="direct-9"))
    notifier.withdraw({"complaint-1", "several"})
    qtbot.waitUntil(lambda: service.titles == ["Ann"], timeout=20_000)


def test_another_service_has_other_numbers(
    service: Service, notifier: BusNotifier, clicks: Clicks, qtbot: QtBot
) -> None:
    shown(notifier, clicks, qtbot, Notice("Tom", tag="complaint-1"))
    service.close()
    other = Service()
    try:
        shown(notifier, clicks, qtbot, Notice("Tom again", tag="complaint-1"))
        assert [call[1] for call in other.calls] == [0]
    finally:
        other.close()


def test_the_desktops_leave_to_come_forward_comes_with_the_click(
    service: Service, notifier: BusNotifier, clicks: Clicks, qtbot: QtBot
) -> None:
    shown(notifier, clicks, qtbot, Notice("Tom", conversation_id=7))
    with qtbot.waitSignal(clicks.clicked, timeout=20_000):
        service.act(40, token="leave-1", closes=False)
    assert clicks.token == "leave-1"
    with qtbot.waitSignal(clicks.clicked, timeout=20_000):
        service.act(40)
    assert clicks.token == ""


def test_a_service_that_refuses_leaves_it_to_the_tray(
    service: Service, notifier: BusNotifier, clicks: Clicks, qtbot: QtBot
) -> None:
    service.refuses = True
    with qtbot.waitSignal(clicks.failed, timeout=20_000) as failed:
        notifier.show(Notice("Complaint"))
    assert failed.args == [Notice("Complaint")]
    service.refuses = False
    shown(notifier, clicks, qtbot, Notice("Again"))
    assert service.titles == ["Again"]


def test_without_a_bus_the_tray_gets_it(clicks: Clicks, qtbot: QtBot) -> None:
    notifier = BusNotifier(clicks, "", WORDS, bus="unix:path=/nonexistent/bus")
    with qtbot.waitSignal(clicks.failed, timeout=20_000):
        notifier.show(Notice("Complaint"))
    notifier.close()
