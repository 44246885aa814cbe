"""Reading what an IMAP server answers: the values of FETCH, and BODYSTRUCTURE (RFC 9051 7.5.2). No network.

``imaplib`` hands an answer over as pieces: bytes, and pairs of bytes with the literal that followed them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

_TOKEN = re.compile(
    rb'\s+|\(|\)|"((?:[^"\\]|\\.)*)"'
    rb"|(?:BODY|BINARY)\[[^\]\[]{0,400}\](?:<\d+>)?"
    rb'|[^\s()"\[\]]+(?:\[[^\]\[]{0,400}\])?',
    re.IGNORECASE,
)
_LITERAL_SIGN = re.compile(rb"\{\d+\+?\}\s*$")
_MOST_PARTS = 300
_DEEPEST = 40


@dataclass(slots=True)
class Part:
    """One leaf of a mail. ``section`` is its number in IMAP's count, ``body`` the bytes after the transfer
    encoding was taken off (None: not fetched)."""

    section: str
    type: str
    charset: str = ""
    name: str = ""
    size: int | None = None
    disposition: str = ""
    content_id: str = ""
    encoding: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None

    @property
    def is_text(self) -> bool:
        return self.type in ("text/plain", "text/html") and self.disposition != "attachment" and not self.name


@dataclass(slots=True)
class Fetched:
    """The values of one message. ``bodies``: section -> bytes as sent."""

    uid: int = 0
    size: int = 0
    arrived: datetime | None = None
    flags: frozenset[str] = frozenset()
    bodies: dict[str, bytes] = field(default_factory=dict)
    structure: Any = None


def fetched(pieces: Iterable[Any]) -> list[Fetched]:
    """Every message of an answer that names its UID, in order. What cannot be read is left out."""
    tokens = list(_tokens(pieces))
    found: dict[int, Fetched] = {}
    at = 0
    while at < len(tokens):
        if tokens[at] != b"(":
            at += 1
            continue
        values, at = _list(tokens, at + 1)
        one = _message(values)
        if one.uid:
            known = found.setdefault(one.uid, one)
            if known is not one:
                _merge(known, one)
    return list(found.values())


def _merge(known: Fetched, more: Fetched) -> None:
    known.size = more.size or known.size
    known.arrived = more.arrived or known.arrived
    known.bodies.update(more.bodies)
    known.structure = more.structure or known.structure


class _Literal(bytes):
    """Bytes that came counted or quoted: a value, never a parenthesis."""

    __slots__ = ()


def _tokens(pieces: Iterable[Any]) -> Iterator[bytes]:
    for piece in pieces:
        if isinstance(piece, tuple):
            yield from _words(_LITERAL_SIGN.sub(b"", piece[0]))
            yield _Literal(piece[1])
        elif isinstance(piece, bytes):
            yield from _words(piece)


def _words(text: bytes) -> Iterator[bytes]:
    for match in _TOKEN.finditer(text):
        if match[1] is not None:
            yield _Literal(re.sub(rb"\\(.)", rb"\1", match[1]))
        elif not match[0].isspace():
            yield match[0]


def _list(tokens: Sequence[bytes], at: int) -> tuple[list[Any], int]:
    """The values up to the closing parenthesis, and where to go on. What lies deeper than anybody means it is
    left out."""
    values: list[Any] = []
    open_lists = [values]
    while at < len(tokens) and open_lists:
        token = tokens[at]
        at += 1
        if isinstance(token, _Literal):
            open_lists[-1].append(token)
        elif token == b")":
            open_lists.pop()
        elif token == b"(":
            inner: list[Any] = []
            if len(open_lists) <= _DEEPEST:
                open_lists[-1].append(inner)
            open_lists.append(inner)
        else:
            open_lists[-1].append(None if token.upper() == b"NIL" else token)
    return values, at


def _message(values: Sequence[Any]) -> Fetched:
    made = Fetched()
    for name, value in zip(values[::2], values[1::2], strict=False):
        if not isinstance(name, bytes):
            break
        key = name.decode("ascii", "replace").upper()
        if key == "UID" and isinstance(value, bytes) and value.isdigit():
            made.uid = int(value)
        elif key == "RFC822.SIZE" and isinstance(value, bytes) and value.isdigit():
            made.size = int(value)
        elif key == "INTERNALDATE" and isinstance(value, bytes):
            made.arrived = _moment(value)
        elif key == "FLAGS" and isinstance(value, list):
            made.flags = frozenset(one.decode("ascii", "replace").lower() for one in value if one)
        elif key == "BODYSTRUCTURE" and isinstance(value, list):
            made.structure = value
        elif key.startswith("BODY[") and isinstance(value, bytes):
            made.bodies[key[5:].partition("]")[0]] = bytes(value)
        elif key in ("RFC822", "BODY") and isinstance(value, bytes):
            made.bodies[""] = bytes(value)
    return made


def _moment(value: bytes) -> datetime | None:
    """``17-Jul-2026 02:44:25 -0700``."""
    text = value.decode("ascii", "replace").strip().replace("-", " ", 2)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


# --- the structure of a large mail


def parts_of(structure: Any) -> list[Part]:
    """The leaves of a BODYSTRUCTURE. Empty where it cannot be read."""
    found: list[Part] = []
    _walk(structure, "", found, 0, "")
    return found


def _walk(node: Any, section: str, found: list[Part], depth: int, alternative: str) -> None:
    if not isinstance(node, list) or not node or len(found) >= _MOST_PARTS or depth > _DEEPEST:
        return
    if isinstance(node[0], list):
        children = list(_leading_lists(node))
        if _text(_at(node, len(children))).lower() == "alternative":
            alternative = f"a{section}.{depth}"
        for number, child in enumerate(children, 1):
            _walk(child, f"{section}.{number}" if section else str(number), found, depth + 1, alternative)
        return
    leaf = _leaf(node, section or "1")
    leaf.parameters["alternative"] = alternative
    found.append(leaf)


def _leading_lists(node: list[Any]) -> Iterator[Any]:
    for one in node:
        if not isinstance(one, list):
            return
        yield one


def _leaf(node: list[Any], section: str) -> Part:
    """``type subtype (parameters) id description encoding size ...``; where the disposition stands depends
    on the type, so it is looked for."""
    kind = f"{_text(_at(node, 0))}/{_text(_at(node, 1))}".lower()
    parameters = _pairs(_at(node, 2))
    size = _text(_at(node, 6))
    disposition, extra = "", {}
    for one in node[7:]:
        is_one = isinstance(one, list) and one and isinstance(one[0], bytes)
        if is_one and _text(one[0]).lower() in ("attachment", "inline"):
            disposition, extra = _text(one[0]).lower(), _pairs(_at(one, 1))
            break
    return Part(
        section=section,
        type=kind,
        charset=parameters.get("charset", ""),
        name=extra.get("filename") or parameters.get("name", ""),
        size=_decoded_size(int(size), _text(_at(node, 5))) if size.isdecimal() else None,
        disposition=disposition,
        content_id=_text(_at(node, 3)),
        encoding=_text(_at(node, 5)).lower(),
        parameters=parameters,
    )


def _decoded_size(size: int, encoding: str) -> int:
    """Servers count the encoded bytes: base64 makes 57 into 78."""
    return size * 57 // 78 if encoding.lower() == "base64" else size


def _at(node: Sequence[Any], index: int) -> Any:
    return node[index] if index < len(node) else None


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _pairs(value: Any) -> dict[str, str]:
    """Parameters by name in lower case; RFC 2231 pieces (``name*0*=``) put together, words of RFC 2047
    decoded, as some programs write them there."""
    from services.channels._email_headers import decoded, joined_parameters

    if not isinstance(value, list):
        return {}
    plain = {
        _text(name).lower(): _text(one) for name, one in zip(value[::2], value[1::2], strict=False) if name
    }
    return {name: decoded(one) for name, one in joined_parameters(plain).items()}
