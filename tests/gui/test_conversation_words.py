"""The words above a conversation and its answer, where names make them difficult."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gui.conversation.head import place_line
from gui.conversation.world_bar import WorldBar
from gui.icons import Icons
from gui.theme import Theme
from services.model import MessageKind
from tests.gui.talk import Talk, ask


def test_a_mail_is_called_a_mail_once(talk: Talk) -> None:
    ask(talk, "Where is my cake?", kind=MessageKind.EMAIL)
    subject = talk.pane.subject
    assert subject is not None
    assert place_line(replace(subject, place="E-mail")) == "E-mail · Toy town"
    assert place_line(subject) == "E-mail · Toy · Toy town"


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
