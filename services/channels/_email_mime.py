"""A mail taken apart: its readable text, its HTML, its files. Forgiving: whatever is broken, what can be read
is shown. No network.

Source: RFC 2045, 2046 (multipart), 8551 (S/MIME), 3156 (PGP/MIME). The standard library's older reader is
used for the tree, for the newer one raises on ids and addresses that are really written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.channels._email_headers import (
    Head,
    bytes_to_text,
    content_type,
    decoded,
    parameters_of,
    without_encoding,
)
from services.channels._email_quotes import marked_html, unmarked
from services.channels._email_wire import Part
from services.model import Attachment

_MOST_PARTS = 300
_DEEPEST = 40
_LONGEST_NAME = 150
# Proofs of who wrote it, not something to read.
_SIGNATURES = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
)
_SEALED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"})
_PGP = re.compile(r"^-----BEGIN PGP MESSAGE-----", re.MULTILINE)
_NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069/\\]+")


@dataclass(frozen=True, slots=True)
class Body:
    """``text`` is plain and whole, ``html`` as sent (empty for a plain mail). ``is_sealed``: encrypted, so
    that only a program with the key can read it."""

    text: str
    html: str
    attachments: tuple[Attachment, ...]
    is_sealed: bool = False


def parts_in(raw: bytes) -> list[Part]:
    """The leaves of a whole mail, in order; ``section`` is ``w`` and their number. A mail within a mail is
    one leaf."""
    from email import message_from_bytes

    found: list[Part] = []
    try:
        _walk(message_from_bytes(raw), found, "", 0)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, IndexError):
        # The tree cannot be made out: the lines below the head are the text.
        if not found:
            _, _, rest = re.sub(rb"\r\n", b"\n", raw).partition(b"\n\n")
            found.append(Part("w0", "text/plain", body=rest))
    return found


def _walk(node: Any, found: list[Part], alternative: str, depth: int) -> None:
    if len(found) >= _MOST_PARTS or depth > _DEEPEST:
        return
    kind, parameters = content_type(_header(node, "Content-Type") or "text/plain")
    payload = node.get_payload()
    if isinstance(payload, list) and kind.startswith("multipart/"):
        inner = f"a{len(found)}.{depth}" if kind == "multipart/alternative" else alternative
        for child in payload:
            _walk(child, found, inner, depth + 1)
        return
    found.append(_leaf(node, kind, parameters, f"w{len(found)}", alternative))


def _leaf(node: Any, kind: str, parameters: dict[str, str], section: str, alternative: str) -> Part:
    disposition = _header(node, "Content-Disposition")
    described = parameters_of(disposition)
    body = _body(node)
    name = described.get("filename") or parameters.get("name") or ""
    if kind == "message/rfc822" and not name:
        name = f"{Head(body).text('Subject')[:80] or 'mail'}.eml"
    return Part(
        section=section,
        type="text/plain" if kind.startswith("multipart/") else kind,
        charset=parameters.get("charset", ""),
        name=name,
        size=len(body),
        disposition=disposition.partition(";")[0].strip().lower(),
        content_id=_header(node, "Content-ID"),
        parameters={**parameters, "alternative": alternative},
        body=body,
    )


def _header(node: Any, name: str) -> str:
    value = node.get(name)
    # Bytes above ASCII are kept as lone surrogates by the reader.
    return str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace") if value else ""


def _body(node: Any) -> bytes:
    payload = node.get_payload()
    if isinstance(payload, list):
        return b"".join(_bytes_of(one) for one in payload)
    raw = payload.encode("ascii", "surrogateescape") if isinstance(payload, str) else b""
    return without_encoding(raw, _header(node, "Content-Transfer-Encoding"))


def _bytes_of(node: Any) -> bytes:
    try:
        return bytes(node.as_bytes())
    except (ValueError, LookupError, TypeError, AttributeError, UnicodeError, KeyError):
        return str(node.get_payload()).encode("utf-8", "surrogateescape")


# --- what can be read


def body_of(parts: Sequence[Part]) -> Body:
    """Text and HTML of the parts that are shown, in order; of alternatives the plain one for the text and
    the rich one for the HTML. The others are files."""
    texts: list[str] = []
    htmls: list[str] = []
    any_html = False
    shown = [one for one in parts if one.is_text and one.body is not None] or _named_text(parts)
    for run in _runs(shown):
        plain, html = _of_run(run)
        any_html = any_html or bool(html)
        texts.append(plain or plain_of(html))
        htmls.append(html or _preformatted(plain))
    text = "\n\n".join(one for one in texts if one.strip())
    return Body(
        text=text,
        html="\n".join(htmls) if any_html else "",
        attachments=tuple(
            _attachment(one) for one in parts if not one.is_text and one.type not in _SIGNATURES
        ),
        is_sealed=_is_sealed(parts, text),
    )


def _named_text(parts: Sequence[Part]) -> list[Part]:
    """Some programs give even the text a file's name."""
    texts = ("text/plain", "text/html")
    found = [one for one in parts if one.type in texts and one.disposition != "attachment" and one.body]
    return found[:1]


def plain_of(html: str) -> str:
    """Quotes come out marked as in a plain mail."""
    from services.sanitize import html_to_text

    return unmarked(html_to_text(marked_html(html)))


def _runs(parts: Sequence[Part]) -> list[list[Part]]:
    """Text parts that are alternatives of each other together, every other one alone."""
    runs: list[list[Part]] = []
    for part in parts:
        group = part.parameters.get("alternative", "")
        if group and runs and runs[-1][0].parameters.get("alternative") == group:
            runs[-1].append(part)
        else:
            runs.append([part])
    return runs


def _of_run(run: Sequence[Part]) -> tuple[str, str]:
    plain = "\n\n".join(_plain(one) for one in run if one.type == "text/plain")
    html = "\n".join(
        bytes_to_text(one.body or b"", _html_charset(one)) for one in run if one.type == "text/html"
    )
    return (plain if plain.strip() else ""), html


def _html_charset(part: Part) -> str:
    if part.charset:
        return part.charset
    found = re.search(
        rb"<meta[^>]+charset\s*=\s*[\"']?([\w:.-]{2,40})", (part.body or b"")[:4000], re.IGNORECASE
    )
    return found[1].decode("ascii") if found else ""


def _plain(part: Part) -> str:
    text = bytes_to_text(part.body or b"", part.charset).replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\0", "")
    if part.parameters.get("format", "").lower() == "flowed":
        return _unflowed(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")
    return text


def _unflowed(text: str, *, delete_space: bool) -> str:
    """RFC 3676: a space at the end of a line says that it goes on."""
    out: list[str] = []
    open_depth = -1
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        words = line[depth:].removeprefix(" ")
        is_soft = words.endswith(" ") and words != "-- "
        shown = words[:-1] if is_soft and delete_space else words
        if depth == open_depth and words != "-- ":
            out[-1] += shown
        else:
            out.append(f"{'>' * depth} {shown}" if depth else shown)
        open_depth = depth if is_soft else -1
    return "\n".join(out)


def _preformatted(text: str) -> str:
    import html as entities

    return f"<p>{entities.escape(text, quote=False).replace(chr(10), '<br>')}</p>" if text.strip() else ""


def _is_sealed(parts: Sequence[Part], text: str) -> bool:
    if _PGP.search(text):
        return True
    return not text.strip() and any(one.type in _SEALED for one in parts)


# --- files


def _attachment(part: Part) -> Attachment:
    main = part.type.partition("/")[0]
    kind = main if main in ("image", "video", "audio") else "file"
    return Attachment(kind=kind, url="", name=safe_name(part), size=part.size, part=part.section)


def safe_name(part: Part) -> str:
    """A name for people: what comes from outside is never a path."""
    name = _NOT_IN_NAMES.sub("_", decoded(part.name)).strip(" ._")
    if not name:
        import mimetypes

        ending = mimetypes.guess_extension(part.type) or ""
        name = f"{part.type.partition('/')[0]}{ending}"
    if len(name) > _LONGEST_NAME:
        stem, dot, ending = name.rpartition(".")
        short = ending[:20] if dot else ""
        name = f"{(stem or name)[: _LONGEST_NAME - 21]}.{short}" if short else name[:_LONGEST_NAME]
    return name
