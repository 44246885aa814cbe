"""The same words before and after the way through a server."""

from __future__ import annotations

import pytest

from services.alike import same_words


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("So sorry, come by.", "@marta@bread.example So sorry, come by."),
        ("So sorry,  come by.\n", "So sorry, come by."),
        ('We said "fresh" - and meant it...', "We said “fresh” – and meant it…"),
        ("See https://rosies.example/rye", "See rosies.example/rye"),
        ("GROSSE FREUDE", "große Freude"),
        ("❤️", "@marta ❤️"),
    ],
)
def test_what_a_server_changes_is_no_difference(sent: str, shown: str) -> None:
    assert same_words(sent, shown)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Yes, at 8.", "Yes, at 9."),
        ("❤️", "👍"),
        ("Write to info@rosies.example", "Write to us"),
        ("Come by.", ""),
        ("?", "!"),
    ],
)
def test_other_words_are_others(sent: str, shown: str) -> None:
    assert not same_words(sent, shown)
