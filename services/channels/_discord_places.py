"""Where a bot listens: the channels that the owner named, or those of its servers that it may read, and the
threads in them.

discord/discord-api-docs (resources/guild, resources/channel, topics/permissions). A channel without the
permission Read Message History looks empty instead of closed, so the permissions are worked out, and where
that cannot be done a single message is asked for, which is refused then.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.channels._discord_api import UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, Api, code_of, id_of
from services.channels._discord_messages import Place, Us
from services.channels._shapes import Json, is_missing, moment_of, number_of, part_of, parts_of, text_of
from services.errors import (
    BadAnswer,
    ChannelError,
    Invalid,
    NotAllowed,
    RateLimited,
    SignInNeeded,
    Unreachable,
)
from services.model import JsonObject

log = logging.getLogger(__name__)

MOST_ROOMS = 10
_MOST_GUILDS = 20
_MOST_NAMES = 200
_KINDS = {0: "text", 1: "direct", 2: "text", 5: "text", 10: "thread", 11: "thread", 12: "thread", 13: "text",
          15: "forum", 16: "forum"}  # fmt: skip
_LISTED = frozenset({0, 5, 15, 16})
_CONTENT_FLAGS = 1 << 18 | 1 << 19
_ADMINISTRATOR, _VIEW, _HISTORY = 1 << 3, 1 << 10, 1 << 16

NO_ROOM, NO_HISTORY, NO_SUCH_ROOM = "no-room", "no-history", "no-such-room"


def chosen(settings: JsonObject) -> list[str]:
    """Ids out of the field ``channel``: numbers or addresses of channels, with commas between. Raises
    Invalid."""
    typed = str(settings.get("channel") or "")
    found: dict[str, None] = {}
    for piece in typed.replace("\n", ",").replace(";", ",").split(","):
        number = piece.strip().rstrip("/").rpartition("/")[2].strip("<#> ")
        if not number:
            continue
        if not (number.isascii() and number.isdecimal()):
            raise Invalid("not-a-number", field="channel")
        found[number] = None
    if len(found) > MOST_ROOMS:
        raise Invalid("too-many-rooms", field="channel")
    return list(found)


class Catalogue:
    """What was found: ``places`` to read, ``closed`` (id -> reason, name) for those that cannot be, ``names``
    for texts. ``has_more``: the bot sees more channels than are listened to."""

    def __init__(self) -> None:
        self.places: dict[str, Place] = {}
        self.closed: dict[str, tuple[str, str]] = {}
        self.names: dict[str, str] = {}
        self.has_more = False


def look_around(api: Api, settings: JsonObject, us: Us) -> Catalogue:
    """Asks for the channels anew. Raises SignInNeeded, RateLimited, Unreachable."""
    catalogue = Catalogue()
    named = chosen(settings)
    if named:
        for room_id in named:
            _add_named(api, room_id, catalogue)
    else:
        _add_all(api, us, catalogue)
    catalogue.names = dict(list(catalogue.names.items())[:_MOST_NAMES])
    catalogue.places = {i: place._replace(rooms=catalogue.names) for i, place in catalogue.places.items()}
    return catalogue


def _add_named(api: Api, room_id: str, catalogue: Catalogue) -> None:
    try:
        place = _place(api.document(f"/channels/{room_id}"))
    except NotAllowed:
        catalogue.closed[room_id] = (NO_ROOM, room_id)
        return
    except BadAnswer as error:
        if not is_missing(error) and error.detail.get("status") != 400:
            raise
        if code_of(error) == UNKNOWN_CHANNEL or not is_missing(error):
            catalogue.closed[room_id] = (NO_SUCH_ROOM, room_id)
            return
        # A server that does not describe its channels may still show what is said in them.
        place = Place(room_id, "text")
    if place is None:
        catalogue.closed[room_id] = (NO_SUCH_ROOM, room_id)
        return
    catalogue.places[place.id] = place
    catalogue.names[place.id] = place.name


def _add_all(api: Api, us: Us, catalogue: Catalogue) -> None:
    found: list[tuple[int, Place]] = []
    for guild in api.documents("/users/@me/guilds", {"limit": 200})[:_MOST_GUILDS]:
        guild_id = text_of(guild, "id")
        channels = [
            one for one in api.documents(f"/guilds/{guild_id}/channels") if number_of(one, "type") in _LISTED
        ]
        mine, names = _my_roles(api, guild, us)
        catalogue.names |= names
        for channel in channels:
            place = _place({"guild_id": guild_id, **channel})
            allowed = _permissions(guild, channel, mine, us)
            if place is None or not allowed & _VIEW:
                continue
            catalogue.names[place.id] = place.name
            if allowed & _HISTORY:
                found.append((number_of(channel, "last_message_id") or 0, place))
            else:
                catalogue.closed[place.id] = (NO_HISTORY, f"#{place.name}")
    found.sort(key=lambda one: (-one[0], one[1].id))
    catalogue.has_more = len(found) > MOST_ROOMS
    catalogue.places = {place.id: place for _, place in found[:MOST_ROOMS]}


def _place(channel: Json) -> Place | None:
    kind = _KINDS.get(number_of(channel, "type") or 0)
    room_id = text_of(channel, "id")
    if kind is None or not room_id.isdecimal():
        return None
    last = number_of(channel, "last_message_id") or 0
    return Place(
        room_id,
        kind,
        text_of(channel, "name"),
        text_of(channel, "guild_id"),
        text_of(channel, "parent_id") if kind == "thread" else "",
        last_id=str(last) if last > 0 else "",
    )


# --- permissions


def _my_roles(api: Api, guild: Json, us: Us) -> tuple[dict[str, int] | None, dict[str, str]]:
    """(role -> its permissions, for the bot's own roles and everybody's; names of all roles). None where
    Discord does not tell."""
    guild_id = text_of(guild, "id")
    try:
        roles = api.documents(f"/guilds/{guild_id}/roles")
        member = api.document(f"/guilds/{guild_id}/members/{us.bot_id}")
    except (SignInNeeded, RateLimited, Unreachable):
        raise
    except ChannelError as error:
        log.info("the bot's own roles could not be read: %s", error.kind)
        return None, {}
    told = member.get("roles")
    ids = {str(one) for one in told} if isinstance(told, list) else set()
    mine = {
        text_of(role, "id"): number_of(role, "permissions") or 0
        for role in roles
        if text_of(role, "id") in ids | {guild_id}
    }
    return mine, {f"&{text_of(role, 'id')}": text_of(role, "name") for role in roles}


def _permissions(guild: Json, channel: Json, mine: Mapping[str, int] | None, us: Us) -> int:
    """What the bot may do in a channel (topics/permissions, permission overwrites)."""
    everything = -1
    told = number_of(guild, "permissions")
    if mine is None and told is None:
        return everything
    base = told or 0
    for granted in (mine or {}).values():
        base |= granted
    if base & _ADMINISTRATOR or guild.get("owner") is True:
        return everything
    guild_id = text_of(guild, "id")
    overwrites = parts_of(channel, "permission_overwrites")
    layers: dict[str, list[int]] = {"all": [0, 0], "roles": [0, 0], "me": [0, 0]}
    for one in overwrites:
        who = text_of(one, "id")
        layer = "all" if who == guild_id else "me" if who == us.bot_id else "roles"
        if layer == "roles" and who not in (mine or {}):
            continue
        layers[layer][0] |= number_of(one, "deny") or 0
        layers[layer][1] |= number_of(one, "allow") or 0
    if mine is None and any(
        number_of(one, "type") == 0 for one in parts_of(channel, "permission_overwrites")
    ):
        # Without the bot's roles nobody can tell which of these count.
        return everything
    for deny, allow in layers.values():
        base = (base & ~deny) | allow
    return base


def is_closed(api: Api, room_id: str, message_id: str) -> bool:
    """Whether a room that looks empty is closed: Discord names its last message, and does not show it."""
    try:
        api.message(room_id, message_id)
    except (SignInNeeded, RateLimited, Unreachable):
        raise
    except NotAllowed:
        return True
    except BadAnswer as error:
        return code_of(error) != UNKNOWN_MESSAGE and error.detail.get("status") != 410
    # It is there, although the list did not hold it.
    return True


def shows_words(api: Api) -> bool | None:
    """Whether Discord shows this bot what people write (resources/application, flags: the intent is granted
    to large bots, switched on for others); None where it does not tell."""
    try:
        flags = number_of(api.document("/applications/@me"), "flags")
    except (SignInNeeded, RateLimited, Unreachable):
        raise
    except ChannelError:
        return None
    return None if flags is None else bool(flags & _CONTENT_FLAGS)


def room_of(api: Api, settings: JsonObject, us: Us, message_id: str) -> str:
    """The channel or thread that holds a message; empty where none of those listened to does."""
    places = look_around(api, settings, us).places
    rooms = [one for one in places.values() if one.kind != "forum"]
    for place in [*rooms, *active_threads(api, places, us)]:
        try:
            api.message(place.id, message_id)
        except (NotAllowed, BadAnswer):
            continue
        return place.id
    return ""


# --- threads


def active_threads(api: Api, places: Mapping[str, Place], us: Us) -> list[Place]:
    """The threads under way in these channels, newest first."""
    found: list[tuple[int, Place]] = []
    for guild_id in dict.fromkeys(place.guild_id for place in places.values()):
        if not guild_id:
            continue
        try:
            listed = parts_of(api.document(f"/guilds/{guild_id}/threads/active"), "threads")
        except (NotAllowed, BadAnswer) as error:
            log.info("threads could not be listed: %s", error.kind)
            continue
        found += _threads(listed, places, us)
    return [place for _, place in sorted(found, key=lambda one: -one[0])]


def archived_threads(
    api: Api, place: Place, places: Mapping[str, Place], us: Us, since: datetime
) -> list[Place]:
    """Those that were put away since then; they may hold what was said meanwhile."""
    found: list[tuple[int, Place]] = []
    params: dict[str, str | int] = {"limit": 100}
    for _ in range(3):
        try:
            answer = api.document(f"/channels/{place.id}/threads/archived/public", params)
        except (NotAllowed, BadAnswer) as error:
            log.info("old threads could not be listed: %s", error.kind)
            break
        listed = parts_of(answer, "threads")
        young = [one for one in listed if (_archived(one) or since) >= since]
        found += _threads(young, places, us)
        if not listed or len(young) < len(listed) or answer.get("has_more") is not True:
            break
        params["before"] = text_of(part_of(listed[-1], "thread_metadata"), "archive_timestamp")
    return [thread for _, thread in found]


def _archived(thread: Json) -> datetime | None:
    return moment_of(part_of(thread, "thread_metadata"), "archive_timestamp")


def _threads(listed: list[Json], places: Mapping[str, Place], us: Us) -> list[tuple[int, Place]]:
    found = []
    for one in listed:
        thread = _place(one)
        parent = places.get(text_of(one, "parent_id"))
        if thread is None or thread.kind != "thread" or parent is None:
            continue
        ours = text_of(one, "owner_id") in {us.bot_id, *us.staff}
        guild_id = thread.guild_id or parent.guild_id
        thread = thread._replace(guild_id=guild_id, is_ours=ours, rooms=parent.rooms)
        found.append((number_of(one, "last_message_id") or id_of(one), thread))
    return found


def kept(place: Place) -> list[Any]:
    """For the cursor."""
    name = place.name[:100]
    return [place.id, place.kind, name, place.guild_id, place.parent_id, place.is_ours, place.last_id]


def unkept(told: Any, names: Mapping[str, str]) -> Place | None:
    if not isinstance(told, list) or len(told) != 7 or not str(told[0]).isdecimal():
        return None
    texts = [str(one) for one in told]
    return Place(texts[0], texts[1], texts[2], texts[3], texts[4], told[5] is True, texts[6], names)
