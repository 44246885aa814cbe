"""The public pages of the server's own people, so that "open it there" leads somewhere, and the one picture
everybody has."""

from __future__ import annotations

import re
import struct
import zlib
from html import escape

from services.sample.exchange import HTML, Request, Response
from services.sample.records import Status
from services.sample.world import World


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def picture(side: int = 48) -> bytes:
    """A square PNG in one colour."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = (b"\x00" + b"\xd9\xd4\xf7" * side) * side
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", head)
        + _chunk(b"IDAT", zlib.compress(rows))
        + _chunk(b"IEND", b"")
    )


def answer(world: World, request: Request) -> Response | None:
    """None: no such page, or nothing that everybody may read."""
    if request.path == "/avatars/original/missing.png":
        return Response(200, picture(), "image/png", [("Cache-Control", "max-age=86400")], compress=False)
    match = re.fullmatch(r"/@([^/]+)(?:/([^/]+))?", request.path)
    if match is None:
        return None
    with world.lock:
        person = world.find_person(match[1])
        if person is None or person.domain:
            return None
        if match[2] is None:
            return _page(
                world, person.name, [s for s in world.statuses_of(person) if s.visibility == "public"][::-1]
            )
        status = world.get(match[2])
        if status is None or status.author is not person or not world.may_read(status, None):
            return None
        thread = [*world.ancestors(status), status, *world.descendants(status)]
        return _page(
            world, f"{person.name}: {status.text[:60]}", [s for s in thread if world.may_read(s, None)]
        )


def _page(world: World, title: str, statuses: list[Status]) -> Response:
    said = "".join(
        f'<article id="{s.id}"><b>{escape(s.author.name)}</b> @{escape(s.author.acct)}, {s.at:%d %B %Y %H:%M}'
        f"{s.html}</article>\n"
        for s in statuses
    )
    text = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title></head>\n"
        f"<body><h1>{escape(title)}</h1>\n{said}<p>{escape(world.server_name)}</p></body></html>\n"
    )
    return Response(200, text.encode(), HTML)
