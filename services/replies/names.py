"""Guessing how to address a customer from the name a network shows.

A wrong first name is worse than none, so everything doubtful gives an empty one: shops, handles, initials,
names whose order we cannot know.
"""

from __future__ import annotations

import re
import unicodedata

_TITLES = frozenset(
    "mr mrs ms miss mx dr prof professor sir dame rev herr frau fräulein hr fr dipl ing mag med phil "
    "monsieur madame mademoiselle mme mlle m señor señora sr sra srta don doña dott dottore dottoressa "
    "sig signor signora signore senhor senhora dona dra".split()
)
_NOT_A_PERSON = frozenset(
    "the a an and und et y e of for am im zum zur beim in auf bei chez cafe bar bistro pub hotel hostel "
    "restaurant ristorante restaurante trattoria pizzeria osteria bakery backerei konditorei "
    "boulangerie panaderia padaria panificio shop store market markt laden salon studio gallery galerie "
    "museum school schule kita club verein team official offiziell officiel oficial news blog magazine "
    "radio tv podcast band bot support service services customer gmbh kg ag ohg ug ltd llc inc plc co "
    "corp company sarl srl spa sa sl group gruppe foundation stiftung city town gemeinde stadt church "
    "kirche fan fans lover family familie mama mom dad papa life kitchen kuche food foods foodie eats "
    "coffee tea bread cake cakes flowers blumen books garden farm hof real just not your my dein mein "
    "user anonymous anonym unknown deleted account page info admin mod moderator".split()
)
_PRONOUNS = re.compile(r"[(\[{][^)\]}]*[)\]}]")
_CUT = re.compile(r"\s*(?:[|•·/\\~:;]|\s[-–—]\s|@|https?:).*$")
_WORD = re.compile(r"[^\W\d_]+(?:['’\-‐][^\W\d_]+)*\.?")


def first_name(display_name: str) -> str:
    """ "Dr. Marta Lindqvist 🌻 (she/her)" gives "Marta"; "Café am Park" and "xX_bread_99" give ""."""
    name = unicodedata.normalize("NFC", display_name)
    name = _CUT.sub("", _PRONOUNS.sub(" ", name)).strip()
    name = re.sub(r":[a-z0-9_]+:", " ", name)
    if re.search(r"[\d_&+]", name):
        return ""
    name = "".join(
        char for char in name if unicodedata.category(char)[0] not in "SC" and char not in "\ufe0f"
    )
    if name.count(",") == 1:
        last, first = (part.strip() for part in name.split(","))
        name = f"{first} {last}" if first else last
    words = [word for word in re.split(r"[\s\u00a0]+", re.sub(r"[!?\"„“”*]", "", name)) if word]
    title_count = 0
    while words and _plain(words[0]) in _TITLES:
        words.pop(0)
        title_count += 1
    if not words or (title_count and len(words) == 1):
        # "Frau Müller" tells the family name only.
        return ""
    if len(words) > 5 or any(_plain(word) in _NOT_A_PERSON for word in words):
        return ""
    first = words[0]
    if (
        not _WORD.fullmatch(first)
        or first.endswith(".")
        or not 2 <= len(first) <= 20
        or not _is_alphabetic(first)
    ):
        return ""
    if re.search(r"['’]s$", first) or (len(words) == 1 and _looks_like_a_handle(first)):
        return ""
    if first.isupper() or (first.islower() and first.isascii()):
        first = "-".join(part.capitalize() for part in first.split("-"))
    return first


def _plain(word: str) -> str:
    """Lower case without accents and dots: "Café." is "cafe"."""
    bare = unicodedata.normalize("NFD", word.strip(".,").casefold())
    kept = "".join(char for char in bare if unicodedata.category(char) != "Mn")
    return kept if kept in _NOT_A_PERSON else word.strip(".,").casefold()


def _is_alphabetic(word: str) -> bool:
    """Latin, Greek or Cyrillic. Elsewhere the family name often comes first."""
    return all(char in "'’-‐." or ord(char) < 0x530 for char in word)


def _looks_like_a_handle(word: str) -> bool:
    """ "BreadLover"; but not "McKay", "DeShawn" or "O'Neil"."""
    inner = re.sub(r"^(?:Mc|Mac|De|Di|Du|La|Le|Van|O['’])(?=[A-ZÀ-Þ])", "", word)
    inner = re.sub(r"-[A-ZÀ-Þ]", "-", inner)
    return not word.isupper() and any(char.isupper() for char in inner[1:])
