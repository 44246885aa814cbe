"""What is folded, and above all what is not: most angry letters insult nobody."""

from __future__ import annotations

import time

import pytest

from services.insults import is_abusive


@pytest.mark.parametrize(
    "text",
    [
        "You are fucking idiots, go to hell",
        "The cake was cold, you stupid bastards!",
        "FUCK   OFF",
        "you, morons",
        "Ihr Vollidioten, verpisst euch",
        "Sie sind doch alle Idioten",
        "Bande d’abrutis. Vous êtes des crétins",
        "Va te faire   foutre",
        "Sois unos imbéciles",
        "Hijos de puta, devolved el dinero",
        "Siete degli idioti",
        "Vaffanculo a tutti",
        "Vocês são uns idiotas",
        "filho da puta",
        "I'll kill you",
    ],
)
def test_insults_are_known(text: str) -> None:
    assert is_abusive(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "I am such an idiot, I forgot my umbrella at your place",
        "WORST bakery in town. I want my money back!!!",
        "Vingt minutes de retard, c'est inacceptable",
        "Two faggots and peas, please. And the bastard sword bread!",
        "Gruss aus Scunthorpe",
        "Spaghetti alla puttanesca per due",
        "This is damn good, holy shit",
        "Ich fühle mich wie ein Idiot, weil ich die Tüte vergessen habe",
        "The idiot behind me in the queue pushed my daughter",
        "Do you have rolls? Some idiot ate mine",
        "Sie haben tolle Schweinebraten",
        "Rude staff, cold soup, never again",
        "Qué gilipollez de horario",
    ],
)
def test_anger_is_no_insult(text: str) -> None:
    assert not is_abusive(text)


def test_a_long_letter_takes_no_time() -> None:
    letter = "you and your very own bread " * 4000
    began = time.perf_counter()
    assert not is_abusive(letter)
    assert time.perf_counter() - began < 2
