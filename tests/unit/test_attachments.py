"""Saving what came with a message: whole or not at all, where the owner said, never over something else."""

from __future__ import annotations

import argparse
import io
import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from services import attachments, cli
from services.app import Shopbell
from services.channels import Registry
from services.credentials import Credentials
from services.errors import BadAnswer, Invalid, NotFound, Refused, Unreachable
from services.model import Attachment, MessageState, State
from tests.fakes import FakeClock
from tests.toy import ToyNetwork, toy_channel

BILL = Attachment("file", "", "", "../bill.pdf", 11, "2")
PAGE = Attachment("image", "https://toy.example/cake.jpg", "A cake")


@pytest.fixture
def network() -> ToyNetwork:
    return ToyNetwork(FakeClock())


@pytest.fixture
def app(tmp_path: Path, network: ToyNetwork) -> Iterator[Shopbell]:
    credentials = Credentials("attachments")
    credentials.keep_for_session()
    channel = toy_channel(network, attachments=True, spam=True, approve=True, delete=True)
    made = Shopbell.open(
        tmp_path / "profile", clock=network.clock, credentials=credentials, channels=Registry([channel])
    )
    made.accounts.add("toy", {}, {"token": "good"}, name="Toy town")
    yield made
    made.close()


@pytest.fixture
def message(app: Shopbell, network: ToyNetwork) -> int:
    network.customer("m1", "See the bill", attachments=(BILL, PAGE))
    network.files["m1", "2"] = [b"hello ", b"world"]
    app.engine.sync_once()
    conversation = app.store.find_conversation(1, "m1")
    assert conversation is not None
    return app.inbox.open(conversation).messages[0].id


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    folder = tmp_path / "Downloads"
    folder.mkdir()
    return folder


def test_into_a_folder_under_its_own_safe_name(app: Shopbell, message: int, downloads: Path) -> None:
    saved = app.attachments.save(message, 1, downloads)
    assert saved == downloads / "bill.pdf"
    assert saved.read_bytes() == b"hello world"
    assert stat.S_IMODE(saved.stat().st_mode) & 0o077 == 0
    assert list(downloads.iterdir()) == [saved]


def test_under_the_name_that_the_owner_gave(app: Shopbell, message: int, downloads: Path) -> None:
    assert app.attachments.save(message, 1, downloads / "may.pdf").read_bytes() == b"hello world"


def test_nothing_is_written_over_unless_the_owner_said_so(
    app: Shopbell, message: int, downloads: Path
) -> None:
    there = downloads / "bill.pdf"
    there.write_text("my own")
    with pytest.raises(Invalid, match="file-exists"):
        app.attachments.save(message, 1, there)
    assert there.read_text() == "my own"
    app.attachments.save(message, 1, there, replace=True)
    assert there.read_bytes() == b"hello world"


def test_something_that_appears_meanwhile_is_not_written_over_either(
    app: Shopbell, message: int, network: ToyNetwork, downloads: Path
) -> None:
    there = downloads / "bill.pdf"

    class Late(bytes):
        def __len__(self) -> int:
            there.write_text("came meanwhile")
            return super().__len__()

    network.files["m1", "2"] = [Late(b"hello")]
    with pytest.raises(Invalid, match="file-exists"):
        app.attachments.save(message, 1, there)
    assert [one.name for one in downloads.iterdir()] == ["bill.pdf"]
    assert there.read_text() == "came meanwhile"


def test_half_a_file_is_no_file(app: Shopbell, message: int, network: ToyNetwork, downloads: Path) -> None:
    network.files["m1", "2"] = [b"hello ", Unreachable("reset")]
    with pytest.raises(Unreachable):
        app.attachments.save(message, 1, downloads)
    assert list(downloads.iterdir()) == []


def test_a_file_without_end_stops(app: Shopbell, message: int, network: ToyNetwork, downloads: Path) -> None:
    class Endless(bytes):
        def __len__(self) -> int:
            return attachments.MOST_BYTES // 2

    network.files["m1", "2"] = [Endless(b"x")] * 4
    with pytest.raises(BadAnswer, match="attachment-too-large"):
        app.attachments.save(message, 1, downloads)
    assert list(downloads.iterdir()) == []


def test_where_nothing_can_be_written(app: Shopbell, message: int, downloads: Path) -> None:
    with pytest.raises(Invalid, match="file-not-writable"):
        app.attachments.save(message, 1, downloads / "no-such-folder" / "bill.pdf")


def test_what_only_the_page_can_show_and_what_is_not_there(
    app: Shopbell, message: int, downloads: Path
) -> None:
    with pytest.raises(Refused, match="not-saved"):
        app.attachments.save(message, 2, downloads)
    for number in (0, 3, -1):
        with pytest.raises(NotFound):
            app.attachments.save(message, number, downloads)
    with pytest.raises(NotFound):
        app.attachments.save(999, 1, downloads)


# --- as commands

Run = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def run(tmp_path: Path, network: ToyNetwork, app: Shopbell) -> Run:
    """Each command opens the profile anew, as a process would."""
    registry, credentials, clock = app.channels, app.credentials, app.clock

    def opener(_: Path | None) -> Shopbell:
        return Shopbell.open(tmp_path / "profile", clock=clock, credentials=credentials, channels=registry)

    def command(*words: str) -> tuple[int, Any, str]:
        options: argparse.Namespace = cli.parser().parse_args([*words, "--json"])
        out, err = io.StringIO(), io.StringIO()
        code = cli.run(options, opener, cli.Streams(io.StringIO(), out, err))
        return code, json.loads(out.getvalue()) if out.getvalue() else None, err.getvalue()

    return command


def test_the_command_that_saves(run: Run, message: int, downloads: Path, app: Shopbell) -> None:
    conversation = app.store.message_by_id(message).conversation_id
    _, shown, _ = run("show", str(conversation))
    assert shown["thread"][0]["attachments"] == [
        {
            "kind": "file",
            "url": "",
            "description": "",
            "name": "../bill.pdf",
            "size": 11,
            "can_save": True,
        },
        {
            "kind": "image",
            "url": "https://toy.example/cake.jpg",
            "description": "A cake",
            "name": "",
            "size": None,
            "can_save": False,
        },
    ]
    code, document, said = run("attachments", "save", str(message), "1", str(downloads))
    assert (code, document, said) == (0, {"file": str(downloads / "bill.pdf"), "size": 11}, "")
    code, document, said = run("attachments", "save", str(message), "1", str(downloads))
    assert (code, document) == (1, None)
    assert said.startswith("shopbell: There is a file of this name already")
    assert run("attachments", "save", str(message), "1", str(downloads), "--replace")[0] == 0
    code, _, said = run("attachments", "save", str(message), "2", str(downloads))
    assert (code, said) == (1, "shopbell: Toy town does not hand this file out. Open it there.\n")


def test_a_program_comes_with_a_warning(
    run: Run, app: Shopbell, network: ToyNetwork, downloads: Path
) -> None:
    network.customer("m2", "Open it", attachments=(Attachment("file", "", name="order.pdf.exe", part="1"),))
    network.files["m2", "1"] = [b"MZ"]
    app.engine.sync_once()
    conversation = app.store.find_conversation(1, "m2")
    assert conversation is not None
    message = app.inbox.open(conversation).messages[0].id
    code, document, said = run("attachments", "save", str(message), "1", str(downloads))
    assert (code, document["size"]) == (0, 2)
    assert "may run a program" in said


def test_the_command_that_moderates(run: Run, app: Shopbell, network: ToyNetwork) -> None:
    network.customer("c1", "Is it vegan?", state=MessageState.PENDING)
    app.engine.sync_once()
    conversation = app.store.find_conversation(1, "c1")
    assert conversation is not None
    message = str(app.inbox.open(conversation).messages[0].id)
    code, document, _ = run("moderate", message, "approve")
    assert (code, document["action"]) == (0, "approve")
    assert (document["message"]["id"], document["message"]["state"]) == (message, "received")
    assert document["conversation"]["id"] == str(conversation)
    network.fail_moderate = [Unreachable("timeout")]
    code, document, said = run("moderate", message, "spam")
    assert (code, document) == (1, None)
    assert said == "shopbell: Toy town does not answer in time. Try again later.\n"
    code, document, _ = run("moderate", message, "spam")
    assert document["conversation"]["state"] == "spam"
    assert [one[:2] for one in network.moderated] == [("approve", "c1"), ("spam", "c1")]
    assert run("moderate", "77", "spam")[0] == 1
    with pytest.raises(SystemExit) as wrong:
        run("moderate", message, "explode")
    assert wrong.value.code == 2


def test_marking_as_spam_says_when_the_network_could_not_be_told(
    run: Run, app: Shopbell, network: ToyNetwork
) -> None:
    network.customer("c1", "Cheap watches")
    app.engine.sync_once()
    conversation = app.store.find_conversation(1, "c1")
    network.fail_moderate = [Unreachable("timeout")]
    code, document, said = run("mark", str(conversation), "spam")
    assert (code, document["state"]) == (0, State.SPAM)
    assert said == "shopbell: It is marked here. Toy town does not answer in time. Try again later.\n"
