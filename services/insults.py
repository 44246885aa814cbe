"""Insults and threats that nobody has to read unprepared, in six languages. Pure; a list and no judgement.

The model of the triage knows abuse only from afar: it was trained on letters to shops, where it is rare. What
is on this list is folded whatever else it is; a complaint stays a complaint. Milder words count only where
somebody is called that ("you idiots"), because people call themselves worse. Words that are something else in
one of the languages (*retard*) or on a menu (*faggots*) are left out.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from services.known import Known
from services.patterns import later

_ALWAYS = (
    # English
    "fuck off", "fuck you", "fuck yourself", "fuck yourselves", "go fuck", "piece of shit", "pieces of shit",
    "arsehole", "arseholes", "asshole", "assholes", "motherfucker", "motherfuckers", "cunt", "cunts",
    "wanker", "wankers", "dickhead", "dickheads", "kill yourself", "kill yourselves", "i will kill you",
    "i'll kill you", "rot in hell",
    # German
    "arschloch", "arschlocher", "wichser", "hurensohn", "hurensohne", "vollidiot", "vollidioten", "drecksau",
    "missgeburt", "missgeburten", "fick dich", "fickt euch", "verpiss dich", "verpisst euch",
    "halt die fresse", "haltet die fresse", "ich bring dich um", "ich bringe dich um", "ich bringe euch um",
    # French
    "connard", "connards", "connasse", "connasses", "encule", "encules", "fils de pute", "va te faire foutre",
    "allez vous faire foutre", "va te faire enculer", "ta gueule", "vos gueules", "salope", "salopes",
    "je vais te tuer", "je vais vous tuer",
    # Spanish
    "hijo de puta", "hijos de puta", "hija de puta", "gilipollas", "cabrones", "vete a la mierda",
    "idos a la mierda", "vayanse a la mierda", "que os jodan", "que te jodan", "te voy a matar",
    "os voy a matar", "malparidos",
    # Italian
    "vaffanculo", "figlio di puttana", "figli di puttana", "testa di cazzo", "teste di cazzo", "stronzo",
    "stronzi", "stronza", "coglione", "coglioni", "ti ammazzo", "vi ammazzo",
    # Portuguese
    "filho da puta", "filhos da puta", "vai se foder", "vao se foder", "vai te foder", "vai tomar no cu",
    "vao tomar no cu", "arrombado", "arrombados", "vou te matar", "vou matar voces",
)  # fmt: skip
_CALLED = (
    "idiot", "idiots", "moron", "morons", "bastard", "bastards", "scum", "bitch", "bitches", "imbeciles",
    "idioten", "schlampe", "schlampen", "schweine", "spast", "spasten", "abschaum",
    "abruti", "abrutis", "cretin", "cretins", "ordures", "pourriture",
    "idiota", "idiotas", "imbecil", "imbeciles", "pendejo", "pendejos", "cabron",
    "idioti", "bastardo", "bastardi", "deficiente", "deficienti", "puttana", "troia",
    "otario", "otarios", "imbecis", "vagabunda", "burros",
)  # fmt: skip
_YOU = (
    "you", "ya", "u", "your", "du", "ihr", "sie", "euch", "tu", "vous", "t'es", "bande de", "eres", "sois",
    "son unos", "ustedes", "usted", "vosotros", "sei", "siete", "voi", "voce", "voces", "es um",
    "sao uns", "seus", "seu",
)  # fmt: skip
_WORD = later(r"\w+")
_NOT_ASCII = later(r"[^\x00-\x7f]+")


def is_abusive(text: str) -> bool:
    """Whether it insults or threatens somebody outright."""
    # The patterns try hundreds of words at every letter; nearly no text has a word that one of them needs.
    if not any(map(_is_telling.__getitem__, text.split())):
        return False
    plain = _plain(text)
    return any(one.search(plain) for one in _patterns())


def _plain(text: str) -> str:
    """Small letters without accents, one kind of apostrophe, and words apart by one space each."""
    if text.isascii():
        return " ".join(text.lower().split())
    apart = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return " ".join(_NOT_ASCII.sub(_uncombined, apart).split())


def _uncombined(found: re.Match[str]) -> str:
    return "".join([one for one in found[0] if not unicodedata.combining(one)])


@lru_cache(maxsize=1)
def _telling() -> frozenset[str]:
    """The longest word of each phrase, and everything that somebody can be called."""
    return frozenset(max(_WORD.findall(one), key=len) for one in (*_ALWAYS, *_CALLED))


_is_telling = Known(lambda piece: not _telling().isdisjoint(_WORD.findall(_plain(piece))), 20_000)
"""Whether one of those is in a piece between two spaces."""


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], ...]:
    def any_of(words: tuple[str, ...]) -> str:
        return "|".join(re.escape(one) for one in words)

    return (
        re.compile(rf"(?<!\w)(?:{any_of(_ALWAYS)})(?!\w)"),
        # At most three words between the two, within one sentence.
        re.compile(rf"(?<!\w)(?:{any_of(_YOU)})(?:,? [\w'-]+){{0,3}},? (?:{any_of(_CALLED)})(?!\w)"),
    )
