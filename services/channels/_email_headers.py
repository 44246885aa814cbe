"""The head of a mail, read as leniently as it is written: folded lines, words of RFC 2047 that break the
rules, bytes above ASCII that nobody announced, parameters in the pieces of RFC 2231, ids with garbage around.

Read from the bytes with own rules: the standard library's newer parser raises IndexError on an id such as
``<[abc@@x]>``, and its older one loses what it does not understand.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import getaddresses, parsedate_to_datetime
from urllib.parse import unquote_to_bytes

_MOST_LINES = 2000
_LONGEST = 65_536
_LONGEST_LIST = 20_000
_MOST_COMMENTS = 50
_WORD = re.compile(r"=\?([^\s?]{1,60})\?([bBqQ])\?([^?\r\n]*)\?=")
_BETWEEN_WORDS = re.compile(r"(=\?[^\s?]{1,60}\?[bBqQ]\?[^?\r\n]*\?=)\s+(?==\?[^\s?]{1,60}\?[bBqQ]\?)")
_ID = re.compile(r"<([^<>\s]{1,900})>")
_BARE_ID = re.compile(r"(?<![\w@.<])([\w.!#$%&'*+/=?^`{|}~-]{1,400}@[\w.\[\]:-]{1,400})")
_PARAMETER = re.compile(
    r";\s*([\w.!#$&+^`{}~%-]+\*?(?:\d{1,3}\*?)?\*?)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^;\s]*))"
)
_PIECE = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*?)")
_MAILBOX = re.compile(r"[^\s@<>()\",;:]{1,128}@[^\s@<>()\",;:]{1,255}")
_ALIASES = {
    "unknown-8bit": "utf-8", "x-unknown": "utf-8", "default": "utf-8", "utf8": "utf-8", "utf-8mb4": "utf-8",
    "iso-8859-8-i": "iso-8859-8", "cp-850": "cp850", "x-sjis": "shift_jis", "ks_c_5601-1987": "cp949",
    "gb2312": "gb18030", "iso-8859-1": "cp1252", "us-ascii": "utf-8", "ascii": "utf-8",
}  # fmt: skip


class Head:
    """The header lines, in order, decoded on demand. Names without regard to case."""

    def __init__(self, raw: bytes) -> None:
        self._lines: dict[str, list[str]] = {}
        for name, value in _fields(raw):
            self._lines.setdefault(name, []).append(value)

    def raw(self, name: str) -> str:
        """The first of this name, unfolded, not decoded; empty when there is none."""
        return self._lines.get(name.lower(), [""])[0]

    def all(self, name: str) -> Sequence[str]:
        return self._lines.get(name.lower(), [])

    def has(self, name: str) -> bool:
        return name.lower() in self._lines

    def text(self, name: str) -> str:
        return " ".join(decoded(self.raw(name)).split())

    def ids(self, name: str) -> tuple[str, ...]:
        """Message-IDs with their brackets, in order, each once."""
        value = " ".join(self.all(name))
        found = _ID.findall(value) or _BARE_ID.findall(value)
        return tuple(dict.fromkeys(f"<{one}>" for one in found))

    def addresses(self, name: str) -> list[tuple[str, str]]:
        """(name, address) pairs; group addresses and garbage leave nothing behind."""
        return addresses_in(", ".join(self.all(name)))

    def moment(self, name: str = "Date") -> datetime | None:
        value = re.sub(r"\([^()]*\)", " ", self.raw(name))
        try:
            moment = parsedate_to_datetime(value)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _fields(raw: bytes) -> list[tuple[str, str]]:
    head = raw[:_LONGEST].replace(b"\0", b"")
    ended = re.search(rb"\r?\n[ \t]*\r?\n", head)
    lines = re.split(rb"\r\n|\n|\r", head[: ended.start()] if ended else head)[:_MOST_LINES]
    found: list[list[bytes]] = []
    for line in lines:
        if line[:1] in (b" ", b"\t") and found:
            found[-1][1] += b" " + line.strip()
        else:
            name, colon, value = line.partition(b":")
            if colon and re.fullmatch(rb"[!-9;-~]{1,100}[ \t]*", name):
                found.append([name.strip(), value.strip()])
    return [(name.decode("ascii").lower(), eight_bit(value)) for name, value in found]


def eight_bit(value: bytes) -> str:
    """Bytes above ASCII that nobody announced: UTF-8 where they are it, else what Western Windows writes."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("cp1252", "replace")


def bytes_to_text(body: bytes, charset: str) -> str:
    """``body`` in its charset, or in the likeliest one where that is unknown or cannot be true. Nothing is
    dropped: what fits nowhere becomes the replacement sign."""
    named = charset.strip().strip("\"'").lower()
    named = _ALIASES.get(named, named)
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if body.startswith(mark):
            named = name
    if named:
        try:
            return body.decode(named)
        except (LookupError, UnicodeDecodeError, ValueError):
            pass
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return _guessed(body, named)


def _guessed(body: bytes, named: str) -> str:
    high = sum(byte >= 0x80 for byte in body[:20_000])
    if not named and high * 5 > min(len(body), 20_000):
        from charset_normalizer import from_bytes

        # Mostly beyond ASCII: no Western text. Guessing is slow, so only a piece of it is looked at.
        best = from_bytes(body[:20_000]).best()
        if best is not None:
            return body.decode(best.encoding, "replace")
    try:
        return body.decode(named or "cp1252", "replace")
    except LookupError:
        return body.decode("cp1252", "replace")


def decoded(text: str) -> str:
    """Words of RFC 2047, also within quotes and with spaces in them; several of one charset are decoded
    together, since some programs cut in the middle of a character."""
    if "=?" not in text:
        return text
    text = _BETWEEN_WORDS.sub(r"\1", text)
    out: list[str] = []
    at, waiting, charset = 0, b"", ""
    for match in _WORD.finditer(text):
        between = text[at : match.start()]
        if between or (waiting and match[1].lower() != charset):
            out.append(_flushed(waiting, charset))
            waiting = b""
            out.append(between)
        charset = match[1].partition("*")[0].lower()
        waiting += _word_bytes(match[2], match[3])
        at = match.end()
    out += [_flushed(waiting, charset), text[at:]]
    return "".join(out)


def _flushed(waiting: bytes, charset: str) -> str:
    return bytes_to_text(waiting, charset) if waiting else ""


def _word_bytes(encoding: str, text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    if encoding in "qQ":
        return quopri.decodestring(raw.replace(b"_", b" "))
    return unbase64(raw)


def unbase64(raw: bytes) -> bytes:
    """Base64 with whatever is no base64 left out, and without its end if that is missing."""
    clean = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    clean = clean[: len(clean) - 1] if len(clean) % 4 == 1 else clean
    try:
        return base64.b64decode(clean + b"=" * (-len(clean) % 4))
    except binascii.Error:
        return b""


def without_encoding(body: bytes, encoding: str) -> bytes:
    """The transfer encoding taken off. An unknown one is taken for none."""
    named = encoding.strip().lower()
    if named == "base64":
        return unbase64(body)
    return quopri.decodestring(body) if named == "quoted-printable" else body


def addresses_in(value: str) -> list[tuple[str, str]]:
    value = value[:_LONGEST_LIST]
    if value.count("(") > _MOST_COMMENTS:
        # The library goes one step deeper for each, until there is no deeper.
        value = value.replace("(", " ").replace(")", " ")
    found = []
    for name, address in _pairs(value):
        spotted = _MAILBOX.search(decoded(address))
        if spotted:
            found.append((" ".join(decoded(name).split()).strip("'\" "), spotted[0].strip(".").lower()))
    if not found:
        # Nothing readable by the rules: what looks like an address is one.
        found = [("", one.lower()) for one in _MAILBOX.findall(decoded(value))]
    return found


def _pairs(value: str) -> list[tuple[str, str]]:
    try:
        # The newer, stricter reading throws away whole lists for one wrong entry.
        return getaddresses([value], strict=False)  # type: ignore[call-arg, unused-ignore]
    except TypeError:
        return getaddresses([value])


def content_type(value: str) -> tuple[str, dict[str, str]]:
    """``text/plain`` and the parameters by name. What cannot be read is plain text."""
    kind = value.partition(";")[0].strip().lower()
    if re.fullmatch(r"[\w.+-]+/[\w.+-]+", kind) is None:
        kind = "text/plain"
    return kind, parameters_of(value)


def parameters_of(value: str) -> dict[str, str]:
    plain = {
        match[1].lower(): re.sub(r"\\(.)", r"\1", match[2]) if match[2] is not None else match[3]
        for match in _PARAMETER.finditer(value)
    }
    return {name: decoded(one) for name, one in joined_parameters(plain).items()}


def joined_parameters(plain: Mapping[str, str]) -> dict[str, str]:
    """RFC 2231: ``name*0*``, ``name*1`` ... put together and decoded; a plain ``name`` gives way to them."""
    whole: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for key, value in plain.items():
        match = _PIECE.fullmatch(key)
        if match is None or "*" not in key:
            whole[key] = value
        else:
            pieces.setdefault(match[1], []).append((int(match[2] or 0), bool(match[3]), value))
    for name, found in pieces.items():
        charset, raw = "", b""
        for number, is_encoded, value in sorted(found):
            if is_encoded and number == 0 and value.count("'") >= 2:
                charset, _, value = value.split("'", 2)
            raw += unquote_to_bytes(value) if is_encoded else value.encode("utf-8", "replace")
        whole[name] = bytes_to_text(raw, charset)
    return whole
