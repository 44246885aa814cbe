"""What a row says about time, place and state; every sign has its words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gui.inbox import words
from gui.inbox.delegate import break_lines
from gui.inbox.times import Mark, closing_mark, dial, short_moment, time_mark
from gui.theme import Theme
from services.model import Conversation, MessageKind, OutboxState, State
from tests.bakery import NOW, conversation

ZONE = ZoneInfo("UTC")


def waits(**ago: int) -> Conversation:
    return conversation(1, waiting_since=NOW - timedelta(**ago))


@pytest.mark.parametrize(
    ("row", "text", "role"),
    [
        (waits(seconds=20), "now", "text2"),
        (waits(minutes=4), "4 min", "text2"),
        (waits(hours=3, minutes=59), "3 h 59", "text2"),
        (waits(hours=4), "4 h 00", "clocktx"),
        (waits(hours=12, minutes=52), "12 h 52", "clocktx"),
        (waits(days=2), "2 days", "clocktx"),
        (waits(days=21), "3 weeks", "clocktx"),
        (conversation(1, is_complaint=True), "1 h 00", "caretx"),
        (conversation(1, waiting_since=NOW + timedelta(minutes=3)), "now", "text2"),
    ],
)
def test_how_long_somebody_waits(row: Conversation, text: str, role: str) -> None:
    mark = time_mark(row, NOW, ZONE)
    assert mark is not None
    assert (mark.text, mark.role, mark.icon) == (text, role, "")
    assert mark.dial is not None


def test_the_dial_is_full_after_eight_hours() -> None:
    assert [dial(timedelta(hours=hours)) for hours in (-1, 0, 4, 8, 80)] == [0, 0, 0.5, 1, 1]


@pytest.mark.parametrize(
    ("changes", "mark"),
    [
        ({"outbox_state": OutboxState.FAILED}, Mark("not sent", "caretx", "warning", is_strong=True)),
        ({"outbox_state": OutboxState.UNCLEAR}, Mark("not sent", "caretx", "warning", is_strong=True)),
        ({"outbox_state": OutboxState.HOLDING}, Mark("leaving", "text3", "send")),
        (
            {"state": State.SNOOZED, "snoozed_until": NOW + timedelta(days=6, minutes=56)},
            Mark("Mon 8:00", "text3", "snoozed"),
        ),
        (
            {"waiting_since": None, "answered_at": NOW - timedelta(hours=17, minutes=2)},
            Mark("answered 14:02", "text3", "waiting"),
        ),
    ],
)
def test_what_stands_there_when_it_is_not_the_wait(changes: dict[str, object], mark: Mark) -> None:
    assert time_mark(conversation(1, **changes), NOW, ZONE) == mark


@pytest.mark.parametrize(
    ("hours_left", "window_hours", "text"),
    [
        (7, 24, None),
        (6, 24, "closes 13:04"),
        (0, 24, "closed"),
        (-3, 24, "closed"),
        (23, 168, "closes Wed 6:04"),
    ],
)
def test_when_the_network_stops_taking_answers(hours_left: int, window_hours: int, text: str | None) -> None:
    until = NOW + timedelta(hours=hours_left)
    row = conversation(1, waiting_since=until - timedelta(hours=window_hours), reply_until=until)
    mark = closing_mark(row, NOW, ZONE)
    assert (mark.text if mark else None) == text


def test_a_window_that_closes_troubles_nobody_once_answered() -> None:
    assert closing_mark(conversation(1, waiting_since=None, reply_until=NOW), NOW, ZONE) is None


def test_moments_are_those_of_the_owners_day() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    late = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)
    assert short_moment(late, NOW, ZONE) == "16:30"
    assert short_moment(late, NOW, tokyo) == "Wed 1:30"
    assert short_moment(datetime(2026, 3, 3, 9, tzinfo=UTC), NOW, ZONE) == "3 March"


@pytest.mark.parametrize(
    ("kind", "title", "place"),
    [
        (MessageKind.DIRECT, "", "Private message"),
        (MessageKind.REPLY, "Rye is back", "Reply to “Rye is back”"),
        (MessageKind.EMAIL, "Order for Thursday", "E-mail · Order for Thursday"),
        (MessageKind.COMMENT, "", "Comment on your post"),
        (MessageKind.ENTRY, "Ten bakeries", "Ten bakeries"),
        (MessageKind.REPLY, "a {broken} title", "Reply to “a {broken} title”"),
    ],
)
def test_places(kind: MessageKind, title: str, place: str) -> None:
    assert words.place(conversation(1, kind=kind, title=title)) == place


def test_an_insult_in_the_subject_is_folded_with_the_words() -> None:
    rude = conversation(1, kind=MessageKind.EMAIL, title="You wankers", is_abusive=True)
    assert words.place(rude) == "E-mail"
    assert words.place(rude, folds=False) == "E-mail · You wankers"
    plain = conversation(1, kind=MessageKind.EMAIL, title="Order 12", is_abusive=True)
    assert words.place(plain) == "E-mail · Order 12"
    assert "wankers" not in words.spoken(rude, None, NOW)


def test_every_kind_of_message_has_a_place() -> None:
    assert all(words.place(conversation(1, kind=kind)) for kind in MessageKind)


def test_a_row_does_not_begin_with_our_own_name() -> None:
    assert words.said(conversation(1, snippet="@rosies Do you bake rye?")) == "Do you bake rye?"
    answered = conversation(1, waiting_since=None, answered_at=NOW, snippet="@marta@fika.example We do.")
    assert words.said(answered) == "You: We do."


def test_our_answer_is_named_as_ours() -> None:
    answered = conversation(1, waiting_since=None, answered_at=NOW, snippet="Yes, from December.")
    assert words.said(answered) == "You: Yes, from December."
    assert words.said(conversation(1, snippet="Do you?", answered_at=NOW)) == "Do you?"


def test_topics_and_the_words_themselves() -> None:
    assert words.topic(conversation(1, topic="wrong-order")) == "wrong order"
    assert words.topic(conversation(1, topic="wrong order")) == "wrong order"
    assert words.topic(conversation(1, topic="other", reasons=("was a mess",))) == "was a mess"


def test_only_the_last_line_is_elided(theme: Theme) -> None:
    text = "Picked up the birthday cake for my daughter this afternoon and the name on it was wrong. " * 3
    first, second = break_lines(text, theme, 300, 2)
    assert text.startswith(first)
    assert not first.endswith("…")
    assert second.endswith("…")


@pytest.mark.parametrize(
    "text", ["", "🙂" * 300, "שלום " * 60, "a" * 5000, "👩‍👩‍👧‍👦 " * 80, "\ud83d broken"]
)
def test_any_text_makes_at_most_two_lines(theme: Theme, text: str) -> None:
    lines = break_lines(text, theme, 300, 2)
    assert 1 <= len(lines) <= 2
    assert all(theme.metrics().horizontalAdvance(line) <= 310 for line in lines)
