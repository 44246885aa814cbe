"""Variables in a saved reply: ``{first_name}``, ``{name}``, ``{handle}``, ``{shop}``, ``{owner}``,
``{network}``, and blanks such as ``{blank:What was wrong}`` that a person fills.

An empty variable never leaves a hole: "Hi {first_name}," becomes "Hi,", a line that was nothing but
variables goes, and ``{first_name|there}`` names another word. A variable nobody knows is a blank, so that
no customer is ever sent one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

VARIABLES = ("first_name", "name", "handle", "shop", "owner", "network")
_VARIABLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)(?:\s*([:|])([^{}\n]*))?\}")
_HOLE = "\ue000"
"""Stands for an empty variable while its surroundings are tidied; from the private use area, taken out of
templates.
"""


@dataclass(frozen=True, slots=True)
class Span:
    """``start`` to ``end`` of the finished text came from the variable ``name`` (or is the blank with that
    label).
    """

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Rendered:
    """A template for one customer. ``blanks`` are still to be filled and read as "[What was wrong]" in the
    text.
    """

    text: str
    blanks: tuple[Span, ...] = ()
    filled: tuple[Span, ...] = ()

    @property
    def is_complete(self) -> bool:
        return not self.blanks


@dataclass(slots=True)
class _Piece:
    text: str
    variable: str = ""
    is_blank: bool = False


@dataclass(slots=True)
class _Draft:
    pieces: list[_Piece] = field(default_factory=list)

    def add(self, text: str, variable: str = "", *, is_blank: bool = False) -> None:
        if text:
            self.pieces.append(_Piece(text, variable, is_blank))


def labels(template: str) -> tuple[str, ...]:
    """The blanks of a template in order, each once."""
    found: dict[str, None] = {}
    for match in _VARIABLE.finditer(template):
        if match[1] not in VARIABLES:
            found[_label(match)] = None
    return tuple(found)


def render(template: str, values: Mapping[str, str]) -> Rendered:
    """``values`` by variable, and by label (or ``label_in_this_form``) for blanks. Missing and empty are
    the same.
    """
    draft = _Draft()
    at = 0
    template = template.replace(_HOLE, "").replace("\r\n", "\n")
    for match in _VARIABLE.finditer(template):
        draft.add(template[at : match.start()])
        at = match.end()
        if match[1] in VARIABLES:
            fallback = (match[3] or "").strip() if match[2] else ""
            fallback = fallback or _default(match[1], template[: match.start()])
            draft.add(_clean(values.get(match[1], "")) or fallback or _HOLE, match[1])
            continue
        label = _label(match)
        value = values.get(label) or values.get(_slug(label)) or values.get(match[0][1:-1]) or ""
        if value.strip():
            draft.add(value.strip(), label)
        else:
            draft.add(f"[{label}]", label, is_blank=True)
    draft.add(template[at:])
    return _assemble(_tidied(draft.pieces))


def _default(variable: str, before: str) -> str:
    """ "Greetings from {shop}" cannot end in the air; a signature can."""
    if variable == "shop" and re.search(r"\b(?:from|at|to|with|by|for|behind|of)\s+$", before, re.IGNORECASE):
        return "us"
    return ""


def _label(match: re.Match[str]) -> str:
    """The words a person is asked with."""
    words = (match[3] or "").strip()
    return words or match[1].replace("_", " ").strip().capitalize()


def _slug(label: str) -> str:
    return re.sub(r"\W+", "_", label.casefold()).strip("_")


def _clean(value: str) -> str:
    """One line: a customer's name must not break the reply, nor bring a variable of its own."""
    return " ".join(value.replace(_HOLE, "").split())


def _assemble(pieces: list[_Piece]) -> Rendered:
    text, blanks, filled = "", [], []
    for piece in pieces:
        span = Span(piece.variable, len(text), len(text) + len(piece.text))
        text += piece.text
        if piece.is_blank:
            blanks.append(span)
        elif piece.variable:
            filled.append(span)
    return Rendered(text, tuple(blanks), tuple(filled))


def _tidied(pieces: list[_Piece]) -> list[_Piece]:
    """Closes every hole together with the comma or space that belonged to it; touches nothing else."""
    pieces = _without_empty_lines(pieces)
    for index, piece in enumerate(pieces):
        if piece.text != _HOLE:
            continue
        piece.text = ""
        before, after = _text_before(pieces, index), _text_after(pieces, index)
        if before is not None:
            _close(before, after)
        elif after is not None:
            _close_at_start(after)
    return _without_dangling_comma([piece for piece in pieces if piece.text])


def _without_dangling_comma(pieces: list[_Piece]) -> list[_Piece]:
    """ "Regards," whose name is gone."""
    if pieces and not pieces[-1].variable and pieces[-1].text.rstrip().endswith(","):
        pieces[-1].text = pieces[-1].text.rstrip().removesuffix(",")
    return pieces


def _text_before(pieces: list[_Piece], index: int) -> _Piece | None:
    return next((one for one in reversed(pieces[:index]) if one.text), None)


def _text_after(pieces: list[_Piece], index: int) -> _Piece | None:
    return next((one for one in pieces[index + 1 :] if one.text), None)


def _close(before: _Piece, after: _Piece | None) -> None:
    rest = "" if after is None or after.variable else after.text
    if before.variable:
        return
    if before.text.endswith("\n"):
        if after is not None and not after.variable:
            _close_at_start(after)
        return
    if rest.startswith(("'s ", "’s ")) and after is not None:
        # "about {first_name}'s order" becomes "about your order".
        after.text = "your " + rest[3:] if before.text.endswith((" ", "\n")) else rest[2:]
        return
    if re.search(r",\s*$", before.text) and (not rest or rest[0] in ".,!?;:\n"):
        # "Thank you, {first_name}." becomes "Thank you."
        before.text = re.sub(r"\s*,\s*$", "", before.text)
        return
    if after is not None and before.text.endswith("(") and rest.startswith(")"):
        before.text, after.text = before.text[:-1].rstrip(" "), rest[1:]
        return
    if after is not None and re.search(r"[-–—]\s*$", before.text) and rest.startswith(","):
        # The signature "– {owner}, {shop}" becomes "– Rosie's Bakery".
        after.text = rest[1:].lstrip(" ")
        return
    if not rest or rest[0] in " .,!?;:)\n…":
        before.text = before.text.rstrip(" ")


def _close_at_start(after: _Piece) -> None:
    """ "{first_name}, thank you" becomes "Thank you"."""
    stripped = re.sub(r"^[\s,;:–—-]+", "", after.text) if not after.text.startswith("\n") else after.text
    if stripped != after.text and not after.variable:
        after.text = stripped[:1].upper() + stripped[1:]


def _without_empty_lines(pieces: list[_Piece]) -> list[_Piece]:
    """Takes out lines in which there is nothing but holes, spaces and marks ("– {owner}")."""
    lines: list[list[_Piece]] = [[]]
    for piece in pieces:
        parts = [piece.text] if piece.variable else piece.text.split("\n")
        for number, part in enumerate(parts):
            if number:
                lines.append([])
            lines[-1].append(_Piece(part, piece.variable, piece.is_blank))
    kept = [line for line in lines if not _is_hollow(line)]
    result: list[_Piece] = []
    for number, line in enumerate(kept):
        if number:
            result.append(_Piece("\n"))
        for piece in line:
            if result and not result[-1].variable and not piece.variable:
                result[-1].text += piece.text
            elif piece.text:
                result.append(piece)
    return result


def _is_hollow(line: list[_Piece]) -> bool:
    whole = "".join(piece.text for piece in line)
    return _HOLE in whole and not re.sub(rf"[\s,.;:–—{_HOLE}-]", "", whole)
