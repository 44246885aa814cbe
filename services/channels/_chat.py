"""What chat rooms have in common: who talks to whom in them, who is one of us, and where their servers are.

A room is one long stream. A reply belongs to what it answers; lines that the same person writes shortly
after each other belong together. Both are worked out from the last few messages, which the cursor keeps.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from services.clock import iso, parse_iso
from services.errors import Invalid
from services.model import JsonObject

TOKEN = "bot_token"
"""The one secret of a bot."""
TOGETHER = timedelta(minutes=10)
"""Lines of one person that are no further apart than this are one conversation."""
_MOST_PLACES = 80
_MOST_TALKERS = 30


class Answered(NamedTuple):
    """The message that another one replies to, as far as the network shows it. ``parent_id``: what it
    answers itself."""

    id: str
    is_ours: bool = False
    parent_id: str = ""


class Room:
    """The conversations of one room, by the ids of its messages. ``kept`` goes into the cursor; whatever is
    broken in one is left out."""

    def __init__(self, kept: Any = None) -> None:
        kept = kept if isinstance(kept, Mapping) else {}
        places, talkers = kept.get("places"), kept.get("talkers")
        self._places: dict[str, str] = {
            str(i): str(key) for i, key in (places.items() if isinstance(places, Mapping) else ())
        }
        self._talkers: dict[str, tuple[str, datetime]] = {}
        for author, told in talkers.items() if isinstance(talkers, Mapping) else ():
            try:
                self._talkers[str(author)] = (str(told[0]), parse_iso(str(told[1])))
            except (LookupError, TypeError, ValueError):
                continue

    def kept(self) -> dict[str, Any]:
        return {
            "places": dict(list(self._places.items())[-_MOST_PLACES:]),
            "talkers": {
                author: [key, iso(at)] for author, (key, at) in list(self._talkers.items())[-_MOST_TALKERS:]
            },
        }

    def knows(self, message_id: str) -> bool:
        return message_id in self._places

    def key_of(self, message_id: str) -> str:
        """The conversation of a message, or of anything else that was ``put``; empty where it is not known
        (any more)."""
        return self._places.get(message_id, "")

    def put(self, message_id: str, key: str) -> str:
        """What the caller knows better. Returns the conversation."""
        self._learn(message_id, key)
        return key

    def customer(self, message_id: str, author_id: str, at: datetime, answered: Answered | None) -> str:
        """The conversation of a customer's message."""
        key = self._places.get(message_id, "") or self._key_for(message_id, author_id, at, answered)
        self._learn(message_id, key)
        before = self._talkers.pop(author_id, None)
        self._talkers[author_id] = (key, max(at, before[1]) if before else at)
        return key

    def _key_for(self, message_id: str, author_id: str, at: datetime, answered: Answered | None) -> str:
        if answered is None:
            known = self._talkers.get(author_id)
            return known[0] if known and timedelta(0) <= at - known[1] <= TOGETHER else message_id
        if answered.id in self._places:
            return self._places[answered.id]
        if answered.is_ours:
            # A comment on what we said to everybody is a conversation of its own.
            return self._places.get(answered.parent_id, answered.parent_id) or message_id
        return answered.id

    def ours(self, message_id: str, answered: Answered | None, spoken_to: Collection[str] = ()) -> str:
        """The conversation that a message of ours belongs to; its own id where it speaks to nobody we know,
        for a wrong guess would take a customer for answered."""
        if answered is not None:
            key = self._places.get(answered.id) or (answered.parent_id if answered.is_ours else answered.id)
        else:
            keys = {self._talkers[one][0] for one in spoken_to if one in self._talkers}
            key = keys.pop() if len(keys) == 1 else ""
        if key:
            self._learn(message_id, key)
        return key or message_id

    def _learn(self, message_id: str, key: str) -> None:
        self._places.pop(message_id, None)
        self._places[message_id] = key


def our_people(settings: JsonObject) -> frozenset[str]:
    """Ids and names of the shop's own people, from the field ``staff``: in lower case, without @."""
    told = settings.get("staff")
    names = told.replace(";", ",").replace("\n", ",").split(",") if isinstance(told, str) else ()
    return frozenset(one.strip().lstrip("@").lower() for one in names) - {""}


def read_base(settings: JsonObject, default: str, *, api_path: str = "") -> str:
    """The address of the server from the field ``api``: with or without scheme, slash at the end or capitals.
    ``api_path`` is added where only the host of ``default`` was named. Raises Invalid."""
    from services.channels._answers import is_loopback

    typed = str(settings.get("api") or "").strip() or default
    try:
        parts = urlsplit(typed if "://" in typed else f"//{typed}")
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise Invalid("not-an-address", field="api") from None
    if parts.username or parts.password:
        raise Invalid("password-in-address", field="api")
    local = is_loopback(host)
    scheme = parts.scheme.lower() or ("http" if local else "https")
    is_named = local or ("." in host and not any(char.isspace() for char in host))
    if scheme not in ("http", "https") or not is_named or parts.query or parts.fragment:
        raise Invalid("not-an-address", field="api")
    if scheme == "http" and not local:
        scheme = "https"
    path = parts.path.rstrip("/")
    if not path and host == urlsplit(default).hostname:
        path = api_path
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}{f':{port}' if port else ''}{path}"
