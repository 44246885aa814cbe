"""Insults and threats that nobody has to read unprepared, in six languages. Pure; a list (``insult_words``)
and no judgement.

The model of the triage knows abuse only from afar: it was trained on letters to shops, where it is rare. What
is on this list is folded whatever else it is; a complaint stays a complaint. Milder words count only where
somebody is called that ("you idiots"), because people call themselves worse.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache

from services.known import Known
from services.patterns import later

BETWEEN = 3
"""So many words at most stand between "you" and what somebody is called."""
_TOKEN = later(r"[\w'-]+|[.!?;:\n]")
_ENDS = frozenset(".!?;:\n")
_NOT_ASCII = later(r"[^\x00-\x7f]+")
_IS_MASKED = later(r"[*$@#0134](?<=[a-z].)")
_MASK = later(r"[a-z]+[*$@#0134]+(?:[a-z]+[*$@#0134]*)*")
_SIGNS = str.maketrans("$@0134", "saoiea")
_ADDRESSED = later(r"(?<!\w)@[\w.@-]+")
_SHORT = 3

Words = tuple[str, ...]


def is_abusive(text: str) -> bool:
    """Whether it insults or threatens somebody outright."""
    # Nearly no text has a word that one of them needs, and no word reaches over a space.
    if not any(map(_is_telling.__getitem__, text.split())):
        return False
    words = _words(text)
    if len(words) <= 2 * _SHORT and _is_all_there_is(text):
        return True
    phrases, called = _phrases(), _called()
    return any(
        _stands(words, at, phrases.get(word, ())) or (word in called and _is_called(words, at, called[word]))
        for at, word in enumerate(words)
    )


def _stands(words: Sequence[str], at: int, phrases: Sequence[tuple[Words, int]]) -> bool:
    """Whether one of the phrases goes over this word, which is their number so and so."""
    for phrase, offset in phrases:
        begins = at - offset
        if begins >= 0 and tuple(words[begins : begins + len(phrase)]) == phrase:
            # "Where the fuck you are" calls nobody anything.
            return not (phrase[0] == "fuck" and begins and words[begins - 1] == "the")
    return False


def _is_called(words: Sequence[str], at: int, you: Sequence[Words]) -> bool:
    from services.insult_words import COMPARED

    for after in _all_of_you():
        if tuple(words[at + 1 : at + 1 + len(after)]) == after:
            return at == 0 or words[at - 1] not in COMPARED
    for back in range(1, BETWEEN + 2):
        end = at - back + 1
        if any(end >= len(one) and tuple(words[end - len(one) : end]) == one for one in you):
            return True
        if end < 1 or words[end - 1] in _ENDS or words[end - 1] in COMPARED:
            return False
    return False


def _is_all_there_is(text: str) -> bool:
    """ "Idiots!" and nothing else, or one word with it."""
    from services.insult_words import COMPARED

    rest = [one for one in _words(_ADDRESSED.sub(" ", text)) if one not in _ENDS]
    return 0 < len(rest) < _SHORT and rest[-1] in _called() and not COMPARED.intersection(rest)


def _tells(piece: str) -> bool:
    return not _telling().isdisjoint(_words(piece))


_is_telling = Known(_tells, 20_000)


# --- how it is read


def _words(text: str) -> list[str]:
    from services.insult_words import SHORTENED

    found = _TOKEN.findall(_plain(text))
    if SHORTENED.keys().isdisjoint(found):
        return found
    return [SHORTENED.get(one, one) for one in found]


def _plain(text: str) -> str:
    """Small letters without accents, one kind of apostrophe, and what is hidden behind stars and signs."""
    plain = text.lower()
    if not text.isascii():
        apart = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
        plain = _NOT_ASCII.sub(_uncombined, apart)
    return _MASK.sub(_unmasked, plain) if _IS_MASKED.search(plain) else plain


def _uncombined(found: re.Match[str]) -> str:
    return "".join([one for one in found[0] if not unicodedata.combining(one)])


def _unmasked(found: re.Match[str]) -> str:
    from services.insult_words import MASKED

    word = found[0]
    bare = word.translate(_SIGNS)
    if bare in MASKED:
        return bare
    if "*" in word or "#" in word:
        pattern = re.compile("".join("." if one in "*#" else re.escape(one) for one in bare))
        return next((one for one in MASKED if pattern.fullmatch(one)), word)
    return word


# --- the list, by its words


@lru_cache(maxsize=1)
def _telling() -> frozenset[str]:
    return frozenset({*_phrases(), *_called()})


@lru_cache(maxsize=1)
def _phrases() -> Mapping[str, Sequence[tuple[Words, int]]]:
    """Each phrase under its rarest word, and the number of that word."""
    from services.common_words import COMMON
    from services.insult_words import LANGUAGES

    found: dict[str, list[tuple[Words, int]]] = {}
    for language in LANGUAGES:
        for phrase in language.always:
            words = tuple(phrase.split())
            key = max(words, key=lambda one: (one not in COMMON, len(one)))
            found.setdefault(key, []).append((words, words.index(key)))
    return found


@lru_cache(maxsize=1)
def _called() -> Mapping[str, Sequence[Words]]:
    """What somebody can be called, and what says in that language that somebody is."""
    from services.insult_words import LANGUAGES

    found: dict[str, list[Words]] = {}
    for language in LANGUAGES:
        you = [tuple(one.split()) for one in language.you]
        for word in language.called:
            found.setdefault(word, []).extend(you)
    return found


@lru_cache(maxsize=1)
def _all_of_you() -> Sequence[Words]:
    from services.insult_words import ALL_OF_YOU

    return [tuple(one.split()) for one in ALL_OF_YOU]
