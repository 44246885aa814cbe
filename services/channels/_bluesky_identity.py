"""From what an owner types to the server that keeps the account: handle, DID, DID document, server.

atproto.com/specs/handle (resolution), /specs/did (the document and its ``#atproto_pds`` service),
docs.bsky.app/docs/advanced-guides/api-directory (public hosts). The DNS record of a handle is asked for
through ``resolveHandle``, which looks it up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from services.channels._shapes import Json, part_of, parts_of, text_of
from services.errors import BadAnswer, ChannelError, Invalid, Unreachable

if TYPE_CHECKING:
    from services.channels.web import Web

ENTRY = "https://bsky.social"
APPVIEW = "https://public.api.bsky.app"
DIRECTORY = "https://plc.directory"
_OWN_ENDING = ".bsky.social"

_HANDLE = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_DID = re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]*[A-Za-z0-9._-]")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_HOST = re.compile(r"(?:[\w-]+\.)*[\w-]+(?::\d{1,5})?|\[[0-9a-f:]+\](?::\d{1,5})?")
# The app puts marks for the direction of writing around a handle that is copied from it.
_MARKS = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_PROFILE = re.compile(r"/profile/([^/?#]+)/?")
PROFILE_HOSTS = frozenset({"bsky.app", "www.bsky.app", "staging.bsky.app", "main.bsky.dev"})


@dataclass(frozen=True, slots=True)
class Home:
    """Where an account lives. ``did`` empty: only the server knows (a server was named, or an e-mail
    address)."""

    server: str
    did: str = ""


def is_local(host: str) -> bool:
    from services.channels._answers import is_loopback

    return is_loopback(urlsplit(f"//{host}").hostname or "")


def profile_in(url: str) -> str:
    """The handle or DID of a profile page's address; empty for every other page, also for single posts."""
    url = url.strip()
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
    except ValueError:
        return ""
    match = _PROFILE.fullmatch(parts.path)
    if match is None or parts.scheme not in ("http", "https") or (parts.hostname or "") not in PROFILE_HOSTS:
        return ""
    name = unquote(match[1]).removeprefix("@")
    return name if _DID.fullmatch(name) else name.lower() if _HANDLE.fullmatch(name.lower()) else ""


def read_handle(typed: str, *, has_server: bool = False) -> str:
    """``@shop.example``, ``shop.example``, the address of a profile, a DID, an e-mail address; a name without
    a dot is one of Bluesky's own unless a server was named. Raises Invalid."""
    text = _MARKS.sub("", typed).strip().removeprefix("at://")
    if "/" in text.rstrip("/"):
        found = profile_in(text)
        if not found:
            raise Invalid("not-a-handle", field="handle")
        return found
    text = text.removeprefix("@").rstrip("/.")
    if _DID.fullmatch(text) or _MAIL.fullmatch(text):
        return text
    name = text.lower()
    if re.fullmatch(r"[a-z0-9-]+", name) and not has_server:
        name += _OWN_ENDING
    if not _HANDLE.fullmatch(name) and not (has_server and re.fullmatch(r"[a-z0-9.-]+", name)):
        raise Invalid("not-a-handle", field="handle")
    return name


def read_server(typed: str) -> str:
    """Base address of a server however it was typed; plain http only on this machine. Raises Invalid."""
    text = typed.strip()
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
        host = parts.netloc.rpartition("@")[2].rstrip(".").lower()
        known = bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        known, host, parts = False, "", urlsplit("")
    scheme = parts.scheme.lower()
    if not known or not _HOST.fullmatch(host) or scheme not in ("", "http", "https"):
        raise Invalid("not-an-address", field="server")
    local = is_local(host)
    if not local and "." not in host:
        raise Invalid("not-an-address", field="server")
    if scheme == "http" and not local:
        scheme = "https"
    return f"{scheme or ('http' if local else 'https')}://{host}"


def home_in(document: Any, beside: str) -> str:
    """The server a DID document names; empty when it names none that may be asked. ``beside``: the address of
    the server that sent the document; one on this machine may only lead to another on this machine, and no
    other may lead here."""
    services = parts_of(document, "service") if isinstance(document, Mapping) else []
    for one in services:
        is_home = text_of(one, "id").endswith("#atproto_pds")
        if not is_home and text_of(one, "type") != "AtprotoPersonalDataServer":
            continue
        try:
            address = read_server(text_of(one, "serviceEndpoint"))
        except Invalid:
            continue
        told = urlsplit(text_of(one, "serviceEndpoint"))
        here = is_local(urlsplit(address).netloc)
        if here == is_local(urlsplit(beside).netloc) and (here or told.scheme == "https"):
            return address
    return ""


def find_home(
    handle: str, server: str, web: Web, *, appview: str = APPVIEW, directory: str = DIRECTORY
) -> Home:
    """``server`` as typed, or empty. Raises Invalid (``no-such-handle``) and ChannelErrors."""
    if server.strip():
        return Home(read_server(server))
    if "@" in handle:
        return Home(ENTRY)
    did = handle if handle.startswith("did:") else _did_of(handle, web, appview)
    return Home(home_of(did, web, directory=directory), did)


def _did_of(handle: str, web: Web, appview: str) -> str:
    trouble: ChannelError | None = None
    try:
        answer = web.get(
            f"{appview}/xrpc/com.atproto.identity.resolveHandle", params={"handle": handle}
        ).json()
        found = text_of(answer, "did") if isinstance(answer, Mapping) else ""
    except BadAnswer:
        found = ""
    except ChannelError as error:
        # The shop's own site may still tell.
        found, trouble = "", error
    if not _DID.fullmatch(found):
        found = _did_from_site(handle, web)
    if not found and trouble is not None:
        raise trouble
    if not found:
        raise Invalid("no-such-handle", field="handle", name=handle)
    return found


def _did_from_site(handle: str, web: Web) -> str:
    try:
        text = web.get(f"https://{handle}/.well-known/atproto-did", max_bytes=10_000).text.strip()
    except ChannelError:
        return ""
    return text if _DID.fullmatch(text) else ""


def home_of(did: str, web: Web, *, directory: str = DIRECTORY) -> str:
    """The server in the DID's document. Raises BadAnswer when it names none."""
    if did.startswith("did:web:"):
        host = unquote(did.removeprefix("did:web:"))
        if not _HOST.fullmatch(host.lower()) or is_local(host):
            raise Unreachable("address", sent=False)
        address = f"https://{host}/.well-known/did.json"
    else:
        address = f"{directory}/{did}"
    document: Json = part_of({"document": web.get(address).json()}, "document")
    found = home_in(document, address)
    if not found:
        raise BadAnswer("no-home")
    return found
