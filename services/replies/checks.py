"""The checks before a reply leaves: what a careful colleague would notice.

Only ``blank``, ``too-long`` and ``empty`` keep it from leaving; the others are said once, in the order in
which they matter, and the window shows the first. Keys and places, no sentences.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from services.patterns import later
from services.replies.graphemes import count_graphemes as plain_graphemes
from services.replies.length import check_length

if TYPE_CHECKING:
    from services.channels.base import Limits


class Severity(IntEnum):
    """``STOP``: cannot be sent so; ``WARN``: probably not meant; ``NOTE``: worth a look."""

    NOTE = 1
    WARN = 2
    STOP = 3


@dataclass(frozen=True, slots=True)
class Check:
    """``kind``: empty, blank, too-long, phone, email, address, card, other-name, stranger, no-mention,
    link, shouting.

    ``start`` to ``end`` of the text (0, 0: the whole); ``value``: what was found, or by how much it is too
    long.
    """

    kind: str
    severity: Severity
    start: int = 0
    end: int = 0
    value: str = ""


_BLANK = later(r"\[[^\[\]\n]{1,80}\](?!\()|\{[A-Za-z_][A-Za-z0-9_]*(?:\s*[:|][^{}\n]*)?\}|(?<!_)_{3,}(?!_)")
_EMAIL = later(r"(?<![@\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}")
_PHONE = later(r"(?<![\w.,/#-])(?:\+|\(?0|00)\d?(?:[\s()/.-]{0,2}\d){6,13}(?![\w])")
_NORTH_AMERICAN = later(r"(?<![\w.-])\(?[2-9]\d{2}\)?[\s.-]\d{3}[\s.-]\d{4}(?!\w)")
_CARD = later(
    r"(?<![\w-])(?:\d[ -]?){12,18}\d(?!\w)"
    r"|(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?(?!\w)"
)
_STREET = later(
    r"(?<!\w)(?:\d{1,4}[a-z]?,?\s+(?:[A-ZÀ-Þ][\w'’-]+\s+){1,3}"
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Square|Court|Ct|Place|Way|Close|Terrace)(?!\w)"
    r"|[A-ZÀ-Þ][\w'’-]*(?:straße|strasse|str\.|gasse|weg|platz|allee|ufer|damm)\s+\d{1,4}"
    r"|\d{1,4},?\s+(?:rue|avenue|boulevard|place|chemin|quai)\s+\w+"
    r"|(?:[Cc]alle|[Aa]venida|[Pp]laza|[Vv]ia|[Pp]iazza|[Vv]iale|[Cc]orso|[Rr]ua|[Tt]ravessa)"
    r"\s+[^\n,.]{2,40},?\s+\d{1,4})"
)
_LINK = later(r"https?://[^\s<>\"]+|(?<!\w)www\.[^\s<>\"]+", re.IGNORECASE)
_MENTION = later(r"(?<![\w/@.])@[\w.-]*\w(?:@[\w.-]*\w)?")
_GREETING = later(
    r"^\W*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|thank you|thanks|hallo|liebe|lieber|"
    r"guten (?:tag|morgen|abend)|servus|moin|danke|bonjour|bonsoir|salut|chère|cher|merci|hola|"
    r"buenos días|buenas tardes|querida|querido|gracias|"
    r"ciao|buongiorno|buonasera|cara|caro|grazie|olá|bom dia|boa tarde|obrigado|obrigada)[ ,]+"
    r"(?P<name>[A-ZÀ-Þ][^\W\d_]+(?:[-'’][^\W\d_]+)?)(?=[\s,.!:;–-]|$)",
    re.IGNORECASE,
)
# What may follow a greeting and is no name.
_NO_NAMES = frozenset(
    "there all everyone everybody again you so for and team folks friend friends both alle zusammen ihr "
    "sie dir euch tous toutes à a tutti todos todas sir madam madame monsieur mille much very from to "
    "we i the it that is your vielen schön mucho molto".split()
)


def check_reply(
    text: str,
    *,
    limits: Limits,
    private: bool = False,
    prefix: str = "",
    customer_first_name: str = "",
    customer_name: str = "",
    customer_handle: str = "",
    known_people: Iterable[str] = (),
    needs_mention: bool = False,
    count_graphemes: Callable[[str], int] = plain_graphemes,
) -> tuple[Check, ...]:
    """The most serious first, then in the order of the text.

    ``prefix``: what the channel puts before it. ``known_people``: names and handles that may be spoken of
    (the shop's, others in the thread). ``needs_mention``: the network tells only those whom the text
    mentions, and neither it nor ``prefix`` does so.
    """
    found: list[Check] = []
    if not text.strip():
        found.append(Check("empty", Severity.STOP))
    found.extend(Check("blank", Severity.STOP, m.start(), m.end(), m[0]) for m in _BLANK.finditer(text))
    length = check_length(text, limits, count_graphemes, prefix)
    if length.over:
        found.append(Check("too-long", Severity.STOP, value=str(length.over)))
    found.extend(_names(text, customer_first_name, customer_name, customer_handle, known_people))
    if not private:
        found.extend(_private_matters(text))
    else:
        found.extend(_strangers(text, customer_handle, prefix))
    if needs_mention and text.strip() and not _MENTION.search(prefix + text):
        found.append(Check("no-mention", Severity.WARN))
    found.extend(Check("link", Severity.NOTE, m.start(), m.end(), m[0]) for m in _LINK.finditer(text))
    found.extend(_shouting(text))
    return tuple(sorted(found, key=lambda one: (-one.severity, one.start)))


def can_leave(checks: Iterable[Check]) -> bool:
    return all(check.severity < Severity.STOP for check in checks)


def _private_matters(text: str) -> Iterator[Check]:
    """What everyone could read and call, write to, or stand in front of."""
    taken: list[tuple[int, int]] = [m.span() for m in _LINK.finditer(text)]
    for kind, pattern in (
        ("email", _EMAIL),
        ("card", _CARD),
        ("phone", _PHONE),
        ("phone", _NORTH_AMERICAN),
        ("address", _STREET),
    ):
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            if kind == "card" and not _is_card(match[0]):
                continue
            taken.append(match.span())
            yield Check(kind, Severity.WARN, match.start(), match.end(), match[0].strip())


def _is_card(found: str) -> bool:
    """A bank account by its letters, a card by its check digit; an order number is neither."""
    digits = [int(char) for char in found if char.isdecimal()]
    if found[0].isalpha():
        return len(digits) >= 10
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _names(
    text: str, first_name: str, name: str, handle: str, known_people: Iterable[str]
) -> Iterator[Check]:
    """Greets somebody else, by name or by handle. A template used for the wrong customer looks like this."""
    match = _GREETING.match(text)
    own = {
        word.casefold()
        for word in re.findall(r"[^\W\d_]+(?:[-'’][^\W\d_]+)?", f"{first_name} {name} {handle}")
    }
    if match is None or not own or not match["name"][0].isupper():
        return
    greeted = match["name"].casefold()
    others = {word.casefold() for person in known_people for word in re.findall(r"[^\W\d_]+", person)}
    near = any(
        one.startswith(greeted) or greeted.startswith(one) for one in own if min(len(one), len(greeted)) >= 3
    )
    if greeted not in own | others | _NO_NAMES and not near:
        yield Check("other-name", Severity.WARN, match.start("name"), match.end("name"), match["name"])


def _strangers(text: str, handle: str, prefix: str) -> Iterator[Check]:
    """Whoever is mentioned in a private message reads it from then on."""
    own = {handle.lstrip("@").casefold(), handle.lstrip("@").partition("@")[0].casefold()}
    own |= {one.lstrip("@").casefold() for one in _MENTION.findall(prefix)}
    for match in _MENTION.finditer(text):
        if match[0].lstrip("@").casefold() not in own:
            yield Check("stranger", Severity.WARN, match.start(), match.end(), match[0])


def _shouting(text: str) -> Iterator[Check]:
    letters = [char for char in text if char.isalpha()]
    if len(letters) >= 20 and sum(char.isupper() for char in letters) > 0.7 * len(letters):
        yield Check("shouting", Severity.NOTE)
