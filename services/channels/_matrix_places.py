"""Where a Matrix server is, and which rooms an owner named.

spec.matrix.org/latest/client-server-api (Server discovery; Appendices: identifiers, matrix.to navigation): a
domain says at ``/.well-known/matrix/client`` where its server really is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from services.channels._answers import is_loopback
from services.channels._chat import read_base
from services.channels._shapes import part_of, text_of
from services.errors import BadAnswer, ChannelError, Invalid, RateLimited, Unreachable
from services.model import JsonObject

if TYPE_CHECKING:
    from services.channels.web import Web

MOST_ROOMS = 50
_MOST_LINKS = 3
_API = "/_matrix"
_LINKS = frozenset({"matrix.to", "www.matrix.to"})
_ALIAS = re.compile(r"#[^:\s,]{1,200}:[^\s,/?#]{1,200}")
_ROOM_ID = re.compile(r"![^\s,/?#]{2,250}")
_PERSON = re.compile(r"@[^:\s,]{1,200}:[^\s,/?#]{1,200}")


def server_of(identifier: str) -> str:
    """The server's name in ``@rosie:example.org``, ``#cakes:example.org:8448``; empty where there is none."""
    return identifier.partition(":")[2]


def read_server(settings: JsonObject) -> str:
    """The address typed as ``server``: a domain, a whole address, or a name there. Raises Invalid."""
    typed = str(settings.get("server") or "").strip()
    identifier = _identifier(typed)
    if identifier:
        typed = server_of(identifier)
    if not typed:
        raise Invalid("missing", field="server")
    try:
        base = read_base({"api": typed}, "")
    except Invalid as error:
        raise Invalid(error.reason, field="server") from None
    return base.partition(_API)[0].rstrip("/")


def find_base(web: Web, settings: JsonObject) -> str:
    """Where the server behind the typed address answers. Raises Invalid("not-a-server"), and what keeps it
    from being asked."""
    typed = read_server(settings)
    trouble: ChannelError | None = None
    for base in dict.fromkeys((_told(web, typed), typed)):
        try:
            if base and _speaks(web, base):
                return base
        except ChannelError as error:
            trouble = trouble or error
    if trouble is not None:
        raise trouble
    raise Invalid("not-a-server", field="server")


def _told(web: Web, typed: str) -> str:
    """The address that the domain tells; empty where it tells none that may be used."""
    try:
        answer = web.get(f"{typed}/.well-known/matrix/client", check=False)
        found = text_of(part_of(answer.json(), "m.homeserver"), "base_url") if answer.status == 200 else ""
        parts = urlsplit(found.strip())
        host, _ = parts.hostname or "", parts.port
    except (ChannelError, ValueError):
        return ""
    if is_loopback(host) != is_loopback(urlsplit(typed).hostname or ""):
        # A page outside must not lead to programs on the owner's machine, nor a server there to strangers.
        return ""
    if not host or parts.scheme not in ("https", "http") or parts.query or parts.fragment or parts.username:
        return ""
    if parts.scheme == "http" and not is_loopback(host):
        return ""
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _speaks(web: Web, base: str) -> bool:
    answer = web.get(f"{base}{_API}/client/versions", check=False)
    if answer.status == 429:
        raise RateLimited(None, host=urlsplit(base).hostname)
    if answer.status >= 500:
        raise Unreachable("server", status=answer.status, host=urlsplit(base).hostname)
    try:
        told = answer.json()
    except BadAnswer:
        return False
    return answer.status == 200 and isinstance(told, Mapping) and isinstance(told.get("versions"), list)


# --- rooms


def named_rooms(settings: JsonObject) -> list[str]:
    """Ids and aliases out of the field ``room``. Raises Invalid."""
    found: dict[str, None] = {}
    for piece in re.split(r"[,;\s]+", str(settings.get("room") or "")):
        if not piece:
            continue
        name = _identifier(piece)
        if name[:1] not in ("!", "#"):
            raise Invalid("not-a-room", field="room")
        found[name] = None
    if len(found) > MOST_ROOMS:
        raise Invalid("too-many-chats", field="room")
    return list(found)


def _identifier(typed: str) -> str:
    """``@person``, ``#alias`` or ``!room`` as typed, or behind a link; empty for anything else."""
    typed = typed.strip()
    try:
        parts = urlsplit(typed)
        host = (parts.hostname or "").lower()
    except ValueError:
        return ""
    if parts.scheme == "matrix":
        kind, _, rest = parts.path.partition("/")
        sign = {"r": "#", "u": "@", "roomid": "!"}.get(kind, "")
        typed = sign + unquote(rest.partition("/")[0]) if sign else ""
    elif parts.scheme in ("http", "https"):
        steps = [one for one in unquote(parts.fragment).partition("?")[0].split("/") if one]
        if host not in _LINKS:
            # The web programs lead to a room in the same way: https://app.element.io/#/room/#cakes:...
            steps = steps[1:] if steps[:1] in (["room"], ["user"]) else []
        typed = steps[0] if steps else ""
    return typed if any(one.fullmatch(typed) for one in (_ALIAS, _ROOM_ID, _PERSON)) else ""


def places_behind(addresses: Iterable[str]) -> list[tuple[str, str, str]]:
    """(what to call it, server, room or empty) of links to rooms and people, rooms first, at most three."""
    found: dict[str, tuple[str, str, str]] = {}
    for address in addresses:
        name = _identifier(address)
        if not name or not server_of(name):
            continue
        room = "" if name.startswith("@") else name
        found.setdefault(name.lower(), (name, server_of(name), room))
    return sorted(found.values(), key=lambda one: not one[2])[:_MOST_LINKS]


def link_to(*steps: str) -> str:
    """The page that opens a room, a person or a message in whatever program somebody has."""
    return "https://matrix.to/#/" + "/".join(quote(one, safe="@!$#:") for one in steps)
