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
        "you're all morons",
        "what a bunch of idiots",
        "You lying bastard",
        "retards, all of you",
        "@shop Idiots!!!",
        "pricks",
        "I hope you all die of cancer",
        "I'm going to burn your shop down",
        "I know where you live.",
        "that fat cow behind the counter",
        "go back to where u came from",
        "du dumme Kuh",
        "Halt's Maul",
        "ich zünde euren Laden an",
        "verreckt doch alle",
        "espèce d’abruti",
        "nique ta mère",
        "je vais brûler votre magasin",
        "ojalá os muráis",
        "que te den por culo",
        "pezzi di merda",
        "che dovete morire tutti",
        "bando de imbecis",
        "vai pra puta que pariu",
    ],
)
def test_insults_are_known(text: str) -> None:
    assert is_abusive(text)


@pytest.mark.parametrize(
    "text",
    [
        "f*ck you all",
        "F**k off",
        "fck you",
        "assh0le",
        "a$$holes",
        "b@stards, all of you",
        "you c*nt",
        "F1ck dich",
    ],
)
def test_stars_and_signs_hide_nothing(text: str) -> None:
    assert is_abusive(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "The bread was f***ing amazing",
        "You treat your customers like idiots",
        "Your waiter called me an idiot",
        "You made me feel like an idiot",
        "Ihr haltet uns wohl für Idioten",
        "Vous nous prenez pour des imbéciles",
        "Nos tratáis como idiotas",
        "I'm an idiot",
        "Stupid question: are you open on Sunday?",
        "Did you see that idiot on the bike?",
        "I hope you all have a great day",
        "I could kill for your croissants, and this cake is to die for",
        "Where the fuck you are, I have been waiting an hour",
        "a bâtard and two baguettes, s'il vous plaît",
        "Die FDP feiert bei euch",
        "my e-mail is rosie@shop.example, the code is A1B2*",
        "Qué rico, puta madre, qué bueno",
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
