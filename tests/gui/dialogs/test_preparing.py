"""What a network says before anybody signs in: fields filled, advice given, a refusal in time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from gui.dialogs.add_source import AddSourceDialog
from gui.theme import Theme
from services.app import Shopbell
from services.channels import Registry
from services.channels.base import Effort, Field, Preparation, SignIn, SignInMethod, Tools
from services.credentials import Credentials
from services.errors import Invalid, Unreachable
from services.model import JsonObject
from tests.fakes import FakeClock, FakeKeyring
from tests.gui.browser import Browser
from tests.gui.dialogs.help import click, unnamed
from tests.toy import ToyNetwork, toy_channel

FOUND = Preparation(
    {"host": "imap.bread.example", "port": "993"}, "mail-app-password", "https://bread.example/help"
)


@dataclass
class Known:
    """What the far side answers, by address; and what was asked."""

    answers: dict[str, Preparation | Exception] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def known() -> Known:
    made = Known({"ana@bread.example": FOUND})
    made.gate.set()
    return made


@pytest.fixture
def app(tmp_path: Path, known: Known) -> Iterator[Shopbell]:
    base: Any = toy_channel(ToyNetwork(FakeClock()))

    class Mail(base):  # type: ignore[misc]
        signin = SignIn(
            SignInMethod.PASSWORD,
            (
                Field("address", "Address"),
                Field("token", "Password", secret=True),
                Field("host", "Server", required=False),
                Field("port", "Port", required=False, default="143"),
            ),
            Effort.MINUTES,
        )

        @classmethod
        def prepare(cls, settings: JsonObject, tools: Tools) -> Preparation:
            known.asked.append(dict(settings))
            known.gate.wait(10)
            answer = known.answers.get(str(settings["address"]), Preparation())
            if isinstance(answer, Exception):
                raise answer
            return answer

    credentials = Credentials("preparing", FakeKeyring())
    one = Shopbell.open(tmp_path / "profile", credentials=credentials, channels=Registry([Mail]))
    yield one
    known.gate.set()
    one.close()


@pytest.fixture
def dialog(app: Shopbell, theme: Theme, show: Any, browser: Browser) -> AddSourceDialog:
    made: AddSourceDialog = show(AddSourceDialog(app, theme))
    made.cards.choose("toy")
    return made


def line(dialog: AddSourceDialog, name: str) -> QLineEdit:
    assert dialog.form is not None
    return dialog.form.line(name)


def write(dialog: AddSourceDialog, name: str, text: str, qtbot: Any) -> None:
    one = line(dialog, name)
    one.setFocus()
    one.selectAll()
    qtbot.keyClicks(one, text)


def test_the_other_fields_are_filled_and_the_way_to_a_password_is_said(
    dialog: AddSourceDialog, known: Known, browser: Browser, qtbot: Any
) -> None:
    write(dialog, "address", "ana@bread.example", qtbot)
    qtbot.keyClick(line(dialog, "address"), Qt.Key.Key_Tab)
    qtbot.waitUntil(lambda: line(dialog, "host").text() == "imap.bread.example", timeout=20_000)
    assert known.asked == [{"address": "ana@bread.example"}]
    assert line(dialog, "port").text() == "993"
    # The keyboard is where the owner took it.
    assert line(dialog, "token").hasFocus()
    preparing = dialog.preparing
    assert preparing is not None
    assert preparing.advice.isVisible()
    assert preparing.advice.text().startswith("This provider wants an app password")
    click(qtbot, preparing.how)
    assert browser.opened == ["https://bread.example/help"]
    assert unnamed(dialog) == []


def test_what_the_owner_typed_is_not_written_over(dialog: AddSourceDialog, known: Known, qtbot: Any) -> None:
    write(dialog, "host", "my.own.example", qtbot)
    write(dialog, "address", "ana@bread.example", qtbot)
    line(dialog, "token").setFocus()
    qtbot.waitUntil(lambda: line(dialog, "port").text() == "993", timeout=20_000)
    assert line(dialog, "host").text() == "my.own.example"
    assert known.asked[-1] == {"address": "ana@bread.example", "host": "my.own.example"}


def test_another_address_takes_the_proposals_of_the_first_away(
    dialog: AddSourceDialog, known: Known, qtbot: Any
) -> None:
    write(dialog, "address", "ana@bread.example", qtbot)
    line(dialog, "token").setFocus()
    qtbot.waitUntil(lambda: line(dialog, "host").text() != "", timeout=20_000)
    write(dialog, "address", "ana@unknown.example", qtbot)
    line(dialog, "token").setFocus()
    qtbot.waitUntil(lambda: line(dialog, "host").text() == "", timeout=20_000)
    assert line(dialog, "port").text() == "143"
    assert known.asked[-1] == {"address": "ana@unknown.example"}
    assert dialog.preparing is not None
    assert not dialog.preparing.advice.isVisible()


def test_it_is_asked_once_for_each_text(dialog: AddSourceDialog, known: Known, qtbot: Any) -> None:
    for _ in range(3):
        write(dialog, "address", "ana@bread.example", qtbot)
        line(dialog, "token").setFocus()
    qtbot.waitUntil(lambda: line(dialog, "host").text() != "", timeout=20_000)
    assert len(known.asked) == 1


def test_where_no_password_would_help_it_is_said_before_one_is_typed(
    dialog: AddSourceDialog, known: Known, qtbot: Any
) -> None:
    known.answers["ana@away.example"] = Invalid("password-not-accepted", field="address")
    write(dialog, "address", "ana@away.example", qtbot)
    line(dialog, "token").setFocus()
    assert dialog.form is not None
    error = dialog.form._errors["address"]
    qtbot.waitUntil(error.isVisible, timeout=20_000)
    assert error.text()
    assert line(dialog, "token").hasFocus()
    # Another address, and the sentence goes.
    write(dialog, "address", "a", qtbot)
    assert not error.isVisible()


def test_a_search_without_an_answer_stops_nobody(dialog: AddSourceDialog, known: Known, qtbot: Any) -> None:
    known.answers["ana@away.example"] = Unreachable("timeout")
    write(dialog, "address", "ana@away.example", qtbot)
    write(dialog, "token", "good", qtbot)
    assert dialog.preparing is not None
    qtbot.waitUntil(lambda: known.asked != [] and not dialog.preparing.is_busy, timeout=20_000)
    assert not dialog.trouble.isVisible()
    qtbot.waitUntil(dialog.go.isEnabled, timeout=20_000)
    click(qtbot, dialog.go)
    qtbot.waitUntil(lambda: dialog.state == "done", timeout=20_000)


def test_an_answer_that_comes_too_late_counts_for_nothing(
    dialog: AddSourceDialog, known: Known, qtbot: Any
) -> None:
    known.gate.clear()
    write(dialog, "address", "ana@bread.example", qtbot)
    line(dialog, "token").setFocus()
    qtbot.waitUntil(lambda: len(known.asked) == 1, timeout=20_000)
    write(dialog, "address", "ana@unknown.example", qtbot)
    line(dialog, "token").setFocus()
    known.gate.set()
    preparing = dialog.preparing
    assert preparing is not None
    qtbot.waitUntil(lambda: len(known.asked) == 2 and preparing._jobs.waiting == 0, timeout=20_000)
    assert line(dialog, "host").text() == ""
