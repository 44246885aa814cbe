"""What an IMAP server cuts out of a mail: sections, and its structure (RFC 3501 6.4.5, 7.4.2)."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import Message
from typing import Any
from urllib.parse import quote


def _section(mail: Message, numbers: list[int]) -> Message | None:
    for number in numbers:
        payload = mail.get_payload()
        if isinstance(payload, list) and mail.get_content_maintype() == "multipart":
            if number > len(payload):
                return None
            mail = payload[number - 1]
        elif number > 1:
            return None
    return mail


def body(raw: bytes, item: str) -> bytes:
    match = re.fullmatch(r"BODY(?:\.PEEK)?\[([^\]]*)\](?:<(\d+)\.(\d+)>)?", item)
    assert match is not None
    section = match[1]
    head, _, rest = raw.partition(b"\r\n\r\n")
    if section == "":
        found = raw
    elif section == "HEADER":
        found = head + b"\r\n\r\n"
    elif section.startswith("HEADER.FIELDS"):
        names = section.partition("(")[2].strip(")").split()
        mail = message_from_bytes(raw)
        found = b"".join(
            f"{name}: {value}\r\n".encode("utf-8", "surrogateescape")
            for name in names
            for value in mail.get_all(name, [])
        )
        found += b"\r\n"
    elif section == "TEXT":
        found = rest
    else:
        is_mime = section.endswith(".MIME")
        numbers = [int(one) for one in section.removesuffix(".MIME").split(".")]
        part = _section(message_from_bytes(raw), numbers)
        if part is None:
            return f"BODY[{section}] NIL".encode()
        if is_mime:
            found = "".join(f"{name}: {value}\r\n" for name, value in part.items()).encode() + b"\r\n"
        else:
            payload = part.get_payload()
            text = payload if isinstance(payload, str) else str(payload[0])
            found = re.sub(rb"\r?\n", b"\r\n", text.encode("ascii", "surrogateescape"))
    origin = ""
    if match[2] is not None:
        start, count = int(match[2]), int(match[3])
        found = found[start : start + count]
        origin = f"<{start}>"
    name = f"BODY[{section}]{origin}"
    return f"{name} {{{len(found)}}}\r\n".encode() + found


def structure(mail: Message) -> bytes:
    """BODYSTRUCTURE with extension data."""
    if mail.is_multipart() and mail.get_content_maintype() == "multipart":
        parts = b"".join(structure(one) for one in mail.get_payload())  # type: ignore[arg-type]
        return b"(" + parts + f' "{mail.get_content_subtype().upper()}" NIL NIL NIL)'.encode()
    payload = mail.get_payload()
    size = len(payload) if isinstance(payload, str) else len(str(payload[0]))
    values = [
        f'"{mail.get_content_maintype()}" "{mail.get_content_subtype()}"',
        _parameters(mail.get_params([], header="content-type")[1:]),
        f'"{mail["Content-ID"]}"' if mail["Content-ID"] else "NIL",
        "NIL",
        f'"{mail.get("Content-Transfer-Encoding", "7BIT")}" {size}',
    ]
    if mail.get_content_maintype() == "text":
        values.append(str(payload.count("\n")) if isinstance(payload, str) else "0")
    disposition = mail.get_content_disposition()
    values.append("NIL")
    if disposition:
        values.append(
            f'("{disposition}" {_parameters(mail.get_params([], header="content-disposition")[1:])})'
        )
    else:
        values.append("NIL")
    return ("(" + " ".join([*values, "NIL", "NIL"]) + ")").encode("utf-8", "surrogateescape")


def _parameters(pairs: list[tuple[str, Any]]) -> str:
    shown = []
    for name, value in pairs:
        if isinstance(value, tuple):
            name, value = f"{name}*", f"{value[0]}'{value[1] or ''}'{quote(value[2].encode('latin-1'))}"
        shown.append(f'"{name}" "{value}"')
    return f"({' '.join(shown)})" if shown else "NIL"
