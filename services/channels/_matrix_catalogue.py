"""Which rooms are listened to: those that the owner named, or all that the account is in."""

from __future__ import annotations

import json

from services.channels._matrix_api import Api, path_of
from services.channels._matrix_places import named_rooms
from services.channels._shapes import is_missing, part_of, parts_of, status_of, text_of
from services.errors import BadAnswer, ChannelError, NotAllowed
from services.model import JsonObject

SEALED, NOT_IN_ROOM, INVITED, NO_SUCH_ROOM, REPLACED, GAP = (
    "sealed",
    "not-in-room",
    "invited",
    "no-such-chat",
    "replaced",
    "gap",
)

_MOST_NAMES = 5


def trouble(reason: str, name: str) -> ChannelError:
    """Why a room cannot be heard, as the error that says so."""
    if reason == SEALED:
        return BadAnswer("encrypted-room", name=name)
    if reason == NO_SUCH_ROOM:
        return BadAnswer("no-such-chat", name=name)
    if reason == REPLACED:
        return BadAnswer("room-replaced", name=name)
    if reason == GAP:
        return BadAnswer("room-gap", name=name)
    if reason == INVITED:
        return NotAllowed("invite-waits", permission="join", name=name)
    return NotAllowed("not-in-room", permission="join", name=name)


class Catalogue:
    """``rooms``: ids that the account is in, of those that were named (or all); ``closed``: id or alias ->
    reason. ``names``: id -> the alias it was named by."""

    def __init__(self) -> None:
        self.rooms: list[str] = []
        self.closed: dict[str, str] = {}
        self.names: dict[str, str] = {}


def joined_rooms(api: Api) -> list[str]:
    told = api.ask("/joined_rooms").get("joined_rooms")
    return [one for one in told if isinstance(one, str)] if isinstance(told, list) else []


def look_around(api: Api, settings: JsonObject) -> Catalogue:
    """Asks anew. Raises what keeps the server from being asked."""
    catalogue = Catalogue()
    joined = joined_rooms(api)
    named = named_rooms(settings)
    if not named:
        catalogue.rooms = joined
        return catalogue
    for name in named:
        room_id = _id_of(api, name) if name.startswith("#") else name
        if room_id and room_id != name:
            catalogue.names[room_id] = name
        if room_id in joined:
            catalogue.rooms.append(room_id)
        else:
            catalogue.closed[room_id or name] = NOT_IN_ROOM if room_id else NO_SUCH_ROOM
    catalogue.rooms = list(dict.fromkeys(catalogue.rooms))
    if NOT_IN_ROOM in catalogue.closed.values():
        invites = _invites(api, joined)
        catalogue.closed |= {i: INVITED for i in catalogue.closed if i in invites}
    return catalogue


def _id_of(api: Api, alias: str) -> str:
    """Empty where there is no such room, or its server cannot be asked about it."""
    try:
        return text_of(api.ask(f"/directory/room{path_of(alias)}"), "room_id")
    except NotAllowed:
        return ""
    except BadAnswer as error:
        if is_missing(error) or status_of(error) == 400:
            return ""
        raise


def is_sealed(api: Api, room_id: str) -> bool:
    """Whether what is said in a room is encrypted. Raises NotAllowed where the account is not in it."""
    try:
        return bool(api.ask(f"/rooms{path_of(room_id)}/state/m.room.encryption"))
    except BadAnswer as error:
        if is_missing(error):
            return False
        raise


def name_of(api: Api, room_id: str) -> str:
    try:
        return text_of(api.ask(f"/rooms{path_of(room_id)}/state/m.room.name"), "name")
    except (BadAnswer, NotAllowed):
        return ""


def check_rooms(api: Api, settings: JsonObject) -> dict[str, str]:
    """Raises why one of the named rooms cannot be heard. Where none was named: the note about the others."""
    found = look_around(api, settings)
    for room_id, reason in found.closed.items():
        raise trouble(reason, found.names.get(room_id, room_id))
    for room_id in found.rooms if named_rooms(settings) else ():
        if is_sealed(api, room_id):
            raise trouble(SEALED, name_of(api, room_id) or found.names.get(room_id, room_id))
    if named_rooms(settings):
        return {}
    return note_about(_sealed(api), bool(_invites(api, found.rooms)), bool(found.rooms))


def note_about(sealed: list[str], is_invited: bool, has_rooms: bool) -> dict[str, str]:
    """What the owner should know although something is heard. ``sealed``: names of encrypted rooms."""
    if is_invited:
        return {"note": "room-invite", "note_name": ""}
    if sealed:
        named = ", ".join(sealed[:_MOST_NAMES]) + (" …" if len(sealed) > _MOST_NAMES else "")
        return {"note": "rooms-encrypted", "note_name": named}
    return {"note": "" if has_rooms else "no-rooms-yet", "note_name": ""}


def _sealed(api: Api) -> list[str]:
    """Names of the encrypted rooms that we are in."""
    nothing: dict[str, list[str]] = {"types": []}
    state = {"types": ["m.room.encryption", "m.room.name"]}
    room = {"state": state, "timeline": {"types": state["types"], "limit": 2}, "ephemeral": nothing}
    told = {"room": room | {"account_data": nothing}, "presence": nothing, "account_data": nothing}
    params: dict[str, str | int] = {"filter": json.dumps(told), "timeout": 0, "set_presence": "offline"}
    names = []
    for room_id, one in part_of(api.ask("/sync", params), "rooms", "join").items():
        events = [*parts_of(part_of(one, "state"), "events"), *parts_of(part_of(one, "timeline"), "events")]
        by_type = {text_of(event, "type"): part_of(event, "content") for event in events}
        if "m.room.encryption" in by_type:
            names.append(text_of(by_type.get("m.room.name", {}), "name") or room_id)
    return sorted(names)


def _invites(api: Api, joined: list[str]) -> frozenset[str]:
    """The rooms into which somebody invites us: what a sync tells beside those we are in."""
    nothing: dict[str, list[str]] = {"types": []}
    # Synapse answers the same question out of its memory for two minutes, so each is another one.
    others = [*joined, f"!{int(api.now().timestamp() * 1000)}:nowhere.example"]
    room = {"not_rooms": others, "ephemeral": nothing, "account_data": nothing}
    told = {"room": room, "presence": nothing, "account_data": nothing}
    params: dict[str, str | int] = {"filter": json.dumps(told), "timeout": 0, "set_presence": "offline"}
    return frozenset(part_of(api.ask("/sync", params), "rooms", "invite"))
