"""The words above a conversation and its answer, where names make them difficult."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gui.conversation.composer_words import note_for
from gui.conversation.head import place_line
from gui.conversation.world_bar import WorldBar
from gui.icons import Icons
from gui.theme import Theme
from services.model import MessageKind
from services.replies.length import Length
from tests.gui.talk import Talk, ask


def test_a_mail_is_called_a_mail_once(talk: Talk) -> None:
    ask(talk, "Where is my cake?", kind=MessageKind.EMAIL)
    subject = talk.pane.subject
    assert subject is not None
    assert place_line(replace(subject, place="E-mail")) == "E-mail · Toy town"
    assert place_line(subject) == "E-mail · Toy · Toy town"


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (Length(101, 100, 1), "1 character too long for Matrix."),
        (Length(114, 100, 14), "14 characters too long for Matrix."),
        (
            Length(101, 100, 1, in_bytes=True),
            "1 byte too long for Matrix: a plain letter is one, others are two to four.",
        ),
        (
            Length(114, 100, 14, in_bytes=True),
            "14 bytes too long for Matrix: a plain letter is one, others are two to four.",
        ),
    ],
)
def test_what_is_too_long_is_counted_as_the_network_counts(talk: Talk, length: Length, words: str) -> None:
    ask(talk, "Where is my cake?")
    subject = talk.pane.subject
    assert subject is not None
    now = talk.app.clock.now()
    note = note_for(replace(subject, place="Matrix"), length, (), private=False, now=now, hold_s=10)
    assert note.text == words


@pytest.mark.parametrize(
    ("private", "words"),
    [
        (True, "Private message to M. L. Only the two of you"),
        (False, "Public reply as Bread Inc. Everyone can read it"),
    ],
)
def test_a_name_brings_its_own_full_stop(theme: Theme, qtbot: object, private: bool, words: str) -> None:
    bar = WorldBar(Icons(theme))
    bar.show_world(private=private, us="Bread Inc.", customer="M. L.", switch="", is_copied=False)
    assert bar.text() == words


def test_the_first_bubble_keeps_away_from_the_head(talk: Talk) -> None:
    ask(talk, "Where is my cake?")
    assert not talk.pane.strip.isVisible()
    assert talk.pane.messages.bubbles()[0].y() >= talk.pane.messages._theme.px(12)
