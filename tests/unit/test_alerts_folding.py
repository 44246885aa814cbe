"""What of an abusive message stands in a notice, and how a spike stands beside others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.alert_words import first_words
from services.alerts import Spike
from tests.unit.test_alerts import MINUTE, NOW, ON, complaint, incoming, told


def test_abusive_words_do_not_leave_the_window() -> None:
    insult = {"text": "You fucking wankers", "is_abusive": True}
    (alert,), _ = told(complaint(**insult))
    assert (alert.kind, alert.names, alert.excerpt, alert.is_abusive) == (
        "complaint",
        ("Marta Lindqvist",),
        "",
        True,
    )
    (direct,), _ = told(incoming(is_private=True, **insult))
    assert (direct.kind, direct.excerpt, direct.is_abusive) == ("direct", "", True)
    # The last words are quoted, and these are harmless.
    (calmed,), _ = told(complaint("1", conversation_id=9, **insult), complaint("2", conversation_id=9))
    assert (calmed.excerpt, calmed.is_abusive) == ("The name was wrong.", False)
    (several,), _ = told(complaint("1", **insult), complaint("2", **insult))
    assert (several.excerpt, several.is_abusive) == ("", False)


def test_who_folds_nothing_reads_it_in_the_notice_too() -> None:
    (alert,), _ = told(
        complaint(text="You wankers", is_abusive=True), settings=replace(ON, fold_abusive=False)
    )
    assert (alert.excerpt, alert.is_abusive) == ("You wankers", False)


@pytest.mark.parametrize("about_kind", ["word", "post"])
def test_a_spike_is_not_named_after_an_insult(about_kind: str) -> None:
    spike = Spike(3, "wankers", about_kind)
    (alert,), _ = told(complaint("1"), complaint("2"), complaint("3"), spike=spike)
    assert (alert.kind, alert.about, alert.about_kind) == ("spike", "", "")


def test_a_spike_that_an_insult_sets_off_is_told_as_a_spike() -> None:
    (alert,), _ = told(complaint(text="You wankers", is_abusive=True), spike=Spike(3, "bread", "word"))
    assert (alert.kind, alert.is_abusive, alert.excerpt, alert.about) == ("spike", False, "", "bread")


def test_what_a_spike_says_stays_on_the_screen_while_more_complain() -> None:
    """Who comes in the same minute stands beside it, not in its place."""
    _, state = told(complaint("1"))
    (spike,), state = told(
        complaint("2"), complaint("3"), state=state, now=NOW + MINUTE, spike=Spike(3, "bread", "word")
    )
    assert (spike.tag, spike.replaces, spike.count) == ("spike", ("complaint-1",), 3)
    (fourth,), state = told(complaint("4"), state=state, now=NOW + 1.5 * MINUTE)
    assert (fourth.kind, fourth.count, fourth.tag, fourth.replaces) == ("complaint", 1, "complaint-4", ())
    (fifth,), state = told(complaint("5"), state=state, now=NOW + 1.6 * MINUTE)
    assert (fifth.count, fifth.replaces) == (2, ("complaint-4",))
    assert state.tags == {"spike", "complaint"}
    # The next one sums up all of it.
    (again,), state = told(complaint("6"), state=state, now=NOW + 3 * MINUTE, spike=Spike(6, "bread", "word"))
    assert (again.count, set(again.replaces), state.tags) == (6, {"spike", "complaint"}, {"spike"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("@rosies Where is my cake?", "Where is my cake?"),
        ("@rosies@town.example, @ana: Where is it?", "Where is it?"),
        (" @rosies\n\nHello", "Hello"),
        ("@rosies", "@rosies"),
        ("@rosies ", "@rosies "),
        ("Where is @rosies today?", "Where is @rosies today?"),
        ("rosie@shop.example is wrong", "rosie@shop.example is wrong"),
        ("", ""),
    ],
)
def test_what_was_said_begins_after_whom_it_is_said_to(text: str, said: str) -> None:
    assert first_words(text) == said
    if said.strip() and said != text:
        (alert,), _ = told(complaint(text=text))
        assert alert.excerpt == said
