"""New mail is heard of at once where the server offers IDLE."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from services.errors import ChannelError, SignInNeeded, Unreachable
from tests.channels.email.conftest import OpenDesk
from tests.channels.email.desk import Desk
from tests.channels.email.mails import mail


def listening(desk: Desk, stopping: threading.Event) -> Future[bool]:
    pool = ThreadPoolExecutor(1)
    future = pool.submit(desk.channel().listen, desk.cursor, stopping)
    pool.shutdown(wait=False)
    return future


def test_a_mail_ends_the_wait(desk: Desk) -> None:
    future = listening(desk, threading.Event())
    assert desk.imap.idling.wait(5)
    desk.standin.deliver(mail(message_id="<1@mail.example>"))
    assert future.result(5) is True
    assert len(desk.look()) == 1


def test_what_came_before_the_wait_is_not_slept_over(desk: Desk) -> None:
    desk.standin.deliver(mail(message_id="<1@mail.example>"))
    assert listening(desk, threading.Event()).result(5) is True
    desk.look()
    stopping = threading.Event()
    future = listening(desk, stopping)
    assert desk.imap.idling.wait(5)
    assert not future.done()
    stopping.set()
    assert future.result(5) is False


def test_stopping_ends_it_within_two_seconds(desk: Desk) -> None:
    stopping = threading.Event()
    future = listening(desk, stopping)
    assert desk.imap.idling.wait(5)
    began = time.monotonic()
    stopping.set()
    assert future.result(5) is False
    assert time.monotonic() - began < 2


def test_quitting_ends_it(desk: Desk) -> None:
    future = listening(desk, threading.Event())
    assert desk.imap.idling.wait(5)
    desk.shared.cancel()
    with pytest.raises(Unreachable) as caught:
        future.result(5)
    assert caught.value.reason == "cancelled"


def test_a_connection_that_dies_is_told(desk: Desk) -> None:
    future = listening(desk, threading.Event())
    assert desk.imap.idling.wait(5)
    desk.standin.drop()
    with pytest.raises(ChannelError) as caught:
        future.result(5)
    assert isinstance(caught.value, Unreachable)


def test_a_sign_in_that_was_taken_back(desk: Desk) -> None:
    desk.standin.users.clear()
    with pytest.raises(SignInNeeded):
        listening(desk, threading.Event()).result(5)


def test_without_idle_it_only_waits(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.imap.extra = []
    desk.sign_in()
    desk.look()
    stopping = threading.Event()
    future = listening(desk, stopping)
    stopping.set()
    assert future.result(5) is False
    assert "IDLE" not in desk.imap.said
