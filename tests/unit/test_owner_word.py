"""Corrections, muting and spam as use cases and as commands, on a real profile and a network in memory."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services import backup, export
from services.app import Shopbell
from services.channels import Registry
from services.cli import Streams, parser, run
from services.credentials import Credentials
from services.errors import NotFound
from services.events import AlertRaised, Event, MessagesChanged
from services.inbox import Inbox
from services.model import MessageKind, State, Verdict
from services.teaching import Teaching, told
from tests.fakes import FakeClock
from tests.toy import ToyNetwork, toy_channel

Open = Callable[..., Shopbell]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def network(clock: FakeClock) -> ToyNetwork:
    return ToyNetwork(clock)


@pytest.fixture
def opened(tmp_path: Path, clock: FakeClock, network: ToyNetwork) -> Iterator[Open]:
    made: list[Shopbell] = []

    def open_one(**facts: Any) -> Shopbell:
        credentials = Credentials("owner-word")
        credentials.keep_for_session()
        app = Shopbell.open(
            tmp_path / "profile",
            clock=clock,
            credentials=credentials,
            channels=Registry([toy_channel(network, **facts)]),
        )
        made.append(app)
        return app

    yield open_one
    for app in made:
        app.close()


@pytest.fixture
def app(opened: Open, network: ToyNetwork) -> Shopbell:
    one = opened()
    one.accounts.add("toy", {}, {"token": "good"}, name="Toy town")
    network.customer("1", "The cake was late and cold")
    network.customer("2", "Lovely buns", author="jonas")
    one.engine.sync_once()
    return one


def ids(app: Shopbell) -> tuple[int, int]:
    found = tuple(app.store.find_conversation(1, one) for one in ("1", "2"))
    assert found[0] is not None
    assert found[1] is not None
    return found[0], found[1]


def ask(app: Shopbell, *words: str) -> tuple[int, Any, str]:
    """Exit code, document, what was said to people."""
    out, err = io.StringIO(), io.StringIO()
    options = parser().parse_args([*words, "--json"])
    code = run(options, lambda _: Kept(app), Streams(io.StringIO(), out, err))  # type: ignore[arg-type, return-value]
    return code, json.loads(out.getvalue() or "null"), err.getvalue()


class Kept:
    """A command closes what it opened; the test goes on with it."""

    def __init__(self, app: Shopbell) -> None:
        self._app = app

    def __getattr__(self, name: str) -> Any:
        return getattr(self._app, name)

    def close(self) -> None:
        pass


def test_triage_learns_after_every_word_of_the_owner(app: Shopbell) -> None:
    learned: list[list[tuple[str, str]]] = []

    def relearn() -> None:
        learned.append(list(told(app.store)))

    inbox = Inbox(
        app.store,
        app.events,
        app.clock,
        app.accounts.bare_channel,
        hold_s=lambda: 0,
        relearn=relearn,
    )
    teaching = Teaching(app.store, app.events, relearn=relearn)
    late, buns = ids(app)
    inbox.label(late, "complaint")
    was = inbox.remember([buns])
    inbox.label_all([buns], "spam", learn=False)
    assert len(learned) == 1
    inbox.learn()
    inbox.put_back(was)
    gone = teaching.forget_all()
    teaching.teach_again(gone)
    inbox.mark([buns], State.DONE)
    complaint = ("The cake was late and cold", "complaint")
    assert learned == [[complaint], [complaint, ("Lovely buns", "spam")], [complaint], [], [complaint]]


def test_the_next_message_is_judged_by_what_was_just_said(app: Shopbell, network: ToyNetwork) -> None:
    praise = "The quinoa muffins arrived wobbly again, as they do"
    before = app.triage.judge(praise).score
    network.customer("3", praise, author="nils")
    app.engine.sync_once()
    found = app.store.find_conversation(1, "3")
    assert found is not None
    app.inbox.label(found, "complaint")
    taught = app.triage.judge(praise).score
    assert taught > before
    app.teaching.forget_all()
    assert app.triage.judge(praise).score == pytest.approx(before)


def test_no_spam_leaves_open_whether_it_is_a_complaint(app: Shopbell) -> None:
    late, buns = ids(app)
    message = app.store.thread(late).messages[0]
    app.store.rescore({message.id: Verdict(0.9, True, is_spam=True)})
    app.inbox.label_all([late, buns], "not-spam")
    assert told(app.store) == [
        ("The cake was late and cold", "complaint"),
        ("Lovely buns", "not-complaint"),
    ]


def test_an_undo_without_a_lesson_learns_nothing(app: Shopbell) -> None:
    learned: list[int] = []
    inbox = Inbox(
        app.store,
        app.events,
        app.clock,
        app.accounts.bare_channel,
        hold_s=lambda: 0,
        relearn=lambda: learned.append(1),
    )
    was = inbox.remember(ids(app))
    inbox.mark(ids(app), State.DONE)
    inbox.put_back(was)
    assert (learned, app.store.counts().new) == ([], 2)


def test_the_mark_spam_teaches_and_moves(app: Shopbell) -> None:
    _, buns = ids(app)
    app.moderation.mark_spam([buns])
    assert app.store.conversation(buns).state is State.SPAM
    assert list(told(app.store)) == [("Lovely buns", "spam")]


def test_corrections_by_command(app: Shopbell) -> None:
    late, buns = ids(app)
    for one, mark in ((late, "complaint"), (buns, "not-spam")):
        assert ask(app, "mark", str(one), mark)[0] == 0
    _, listed, _ = ask(app, "corrections", "list")
    assert {(one["text"], one["label"], one["conversation"]) for one in listed["corrections"]} == {
        ("The cake was late and cold", "complaint", str(late)),
        ("Lovely buns", "not-spam", str(buns)),
    }
    _, found, _ = ask(app, "corrections", "list", "--query", "cake")
    (one,) = found["corrections"]
    code, document, _ = ask(app, "corrections", "remove", one["id"])
    assert (code, document["removed"]) == (0, [one])
    code, document, said = ask(app, "corrections", "remove", one["id"])
    assert (code, document) == (1, None)
    assert said == f"shopbell: There is no such correction: {one['id']}. Look at the list of what is there.\n"
    code, document, _ = ask(app, "corrections", "clear", "--yes")
    assert (code, [gone["text"] for gone in document["removed"]]) == (0, ["Lovely buns"])
    assert app.teaching.corrections() == ()


def test_clearing_asks_for_yes() -> None:
    with pytest.raises(SystemExit) as stopped:
        parser().parse_args(["corrections", "clear"])
    assert stopped.value.code == 2


def test_people_by_command(app: Shopbell) -> None:
    late, _ = ids(app)
    code, document, _ = ask(app, "people", "mute", str(late))
    assert (code, [one["name"] for one in document["muted"]]) == (0, ["Marta"])
    assert app.store.conversation(late).waiting_since is None
    _, shown, _ = ask(app, "show", str(late))
    assert [one["muted"] for one in shown["thread"]] == [True]
    assert ask(app, "people", "list")[1] == document
    code, after, _ = ask(app, "people", "unmute", document["muted"][0]["id"])
    assert (code, after["unmuted"], after["muted"]) == (0, "Marta", [])
    assert app.store.conversation(late).waiting_since is not None
    assert ask(app, "people", "unmute", "77")[0] == 1


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["corrections", "list"], "You taught nothing yet."),
        (["people", "list"], "Nobody is muted."),
        (["corrections", "clear", "--yes"], "0 taken back."),
    ],
)
def test_nothing_said_in_words(app: Shopbell, words: list[str], line: str) -> None:
    out = io.StringIO()
    streams = Streams(io.StringIO(), out, io.StringIO())
    assert run(parser().parse_args(words), lambda _: Kept(app), streams) == 0  # type: ignore[arg-type, return-value]
    assert out.getvalue() == line + "\n"


def test_muted_people_ring_for_nobody(app: Shopbell, network: ToyNetwork) -> None:
    late, _ = ids(app)
    heard: list[Event] = []
    app.inbox.mute(1, app.store.thread(late).messages[0].author.id)
    app.events.listen(heard.append)
    network.customer("9", "Nobody ever answers!", kind=MessageKind.DIRECT, private=True)
    network.customer("10", "Hello?", author="jonas", kind=MessageKind.DIRECT, private=True)
    app.engine.sync_once()
    alerts = [one for one in heard if isinstance(one, AlertRaised)]
    assert [one.conversation_id for one in alerts] == [app.store.find_conversation(1, "10")]
    (person,) = app.inbox.muted()
    app.inbox.unmute(person.id)
    with pytest.raises(NotFound):
        app.inbox.unmute(person.id)


def test_spam_is_emptied_and_rows_are_told(app: Shopbell) -> None:
    late, buns = ids(app)
    app.moderation.mark_spam([buns])
    heard: list[Event] = []
    app.events.listen(heard.append)
    assert app.inbox.clear_spam([late, buns]) == 1
    assert MessagesChanged(frozenset({buns})) in heard
    assert app.store.counts().spam == 0
    assert [one.text for one in app.teaching.corrections()] == ["Lovely buns"]


@pytest.mark.parametrize("wanted", [True, False])
def test_old_spam_goes_by_itself_only_when_the_owner_wants_it(
    app: Shopbell, clock: FakeClock, wanted: bool
) -> None:
    _, buns = ids(app)
    app.moderation.mark_spam([buns])
    app.settings.update(clear_spam=wanted)
    clock.advance(minutes=31 * 24 * 60)
    for _ in range(60):
        app._every_minute(clock.now())
    # The errands are done one after the other by a pool; one more tells that the earlier ones began.
    app._errands.stop(20)
    assert app.store.counts().spam == (0 if wanted else 1)


def test_corrections_and_muted_people_come_along_in_a_backup(
    app: Shopbell, opened: Open, tmp_path: Path
) -> None:
    late, buns = ids(app)
    app.inbox.label(late, "complaint")
    app.inbox.mute(1, app.store.thread(buns).messages[0].author.id)
    file = tmp_path / "all.shopbell"
    backup.write(app.store, app.paths, file)
    app.teaching.forget_all()
    app.close()
    backup.restore(file, tmp_path / "profile")
    again = opened()
    assert [one.label for one in again.teaching.corrections()] == ["complaint"]
    assert [one.name for one in again.inbox.muted()] == ["Jonas"]


def test_the_export_tells_what_was_taught_and_who_is_muted(app: Shopbell, tmp_path: Path) -> None:
    late, buns = ids(app)
    app.inbox.label(late, "complaint")
    app.inbox.mute(1, app.store.thread(buns).messages[0].author.id)
    export.everything(app.store, tmp_path / "all.json")
    document = json.loads((tmp_path / "all.json").read_text("utf-8"))
    assert [one["label"] for one in document["labels"]] == ["complaint"]
    assert [(one["name"], one["kind"]) for one in document["muted"]] == [("Jonas", "toy")]


def test_who_is_blocked_there_is_muted_here(opened: Open, network: ToyNetwork) -> None:
    app = opened(block=True)
    app.accounts.add("toy", {}, {"token": "good"}, name="Toy town")
    network.customer("1", "Pfui", author="troll")
    app.engine.sync_once()
    conversation = app.store.find_conversation(1, "1")
    assert conversation is not None
    app.moderate(app.store.thread(conversation).messages[0].id, "block")
    assert [one.name for one in app.inbox.muted()] == ["Troll"]
    assert app.store.conversation(conversation).waiting_since is None


def test_an_insult_is_known_on_its_way_in_and_a_complaint_all_the_same(
    app: Shopbell, network: ToyNetwork
) -> None:
    text = "The cake was cold and late, you stupid bastards, I want my money back!"
    network.customer("7", text, author="nils")
    network.customer("8", "What time do you open on Sunday?", author="olga")
    app.engine.sync_once()
    rows = {row.customer_name: row for row in app.inbox.page("new").conversations}
    assert (rows["Nils"].is_abusive, rows["Nils"].is_complaint) == (True, True)
    assert (rows["Olga"].is_abusive, rows["Olga"].is_complaint) == (False, False)


def test_a_verdict_of_abuse_reaches_the_documents(app: Shopbell) -> None:
    late, _ = ids(app)
    message = app.store.thread(late).messages[0]
    verdict = replace(Verdict(0.9, True, ("late",)), label="abuse")
    app.store.rescore({message.id: verdict})
    _, shown, _ = ask(app, "show", str(late))
    assert (shown["abusive"], shown["thread"][0]["abusive"]) == (True, True)
    assert shown["complaint"]["is_complaint"]
    assert app.store.conversation(late).waiting_since is not None
