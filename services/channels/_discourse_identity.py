"""Who we are on a forum, and what is kept of it: the member behind a key, or the part that everybody sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from services.channels._addresses import same_place
from services.channels._discourse_address import LIST, TOPIC, Forum, Place
from services.channels._discourse_answers import lengths_of
from services.channels._discourse_api import NOBODY, Api
from services.channels._shapes import Json, as_list, number_of, part_of, text_of
from services.channels.base import Identity
from services.errors import BadAnswer, ChannelError, NotAllowed
from services.model import JsonObject

if TYPE_CHECKING:
    from services.channels.web import Web


def member_of(api: Api, place: Place, me: Json, client_id: str, before: JsonObject) -> Identity:
    """``client_id``: what the forum knows this installation by; empty for a key that was pasted. ``before``:
    the account's settings, where it is signed in anew."""
    username, number = text_of(me, "username"), number_of(me, "id") or 0
    where = _where(place.base)
    site = _first_place(api.web, place.base, before)
    settings: dict[str, Any] = {
        "forum": _kept(place),
        "key_type": api.key_type,
        "user_id": number,
        "username": username,
        "is_staff": me.get("admin") is True or me.get("moderator") is True,
        "lengths": _lengths(api),
        "site": site,
    }
    if client_id:
        settings["client_id"] = client_id
    return Identity(
        remote_id=f"{number or username.lower()}@{site}",
        name=text_of(me, "name").strip() or username,
        handle=f"{username}@{where}",
        url=place.base,
        settings=settings,
    )


def watcher_of(api: Api, forum: Forum) -> Identity:
    """Without a key: asks whether the part that is meant is shown to everybody."""
    place, where = forum.place, _where(forum.base)
    name = forum.title or where
    what = f"/t/{place.what}" if place.scope == TOPIC else f"/{place.what}" if place.what else ""
    if place.scope == TOPIC:
        name = text_of(api.document(f"{what}.json"), "title") or name
    elif place.scope == LIST:
        as_list(part_of(api.document(f"{what}.json"), "topic_list").get("topics"))
        slug = next((one for one in place.what.split("/")[1:] if not one.isdecimal()), place.what)
        name = f"{name}: {slug}"
    else:
        as_list(api.document("/posts.json").get("latest_posts"))
    return Identity(
        remote_id=f"{where}{what}",
        name=name,
        handle=f"{where}{what}",
        url=f"{forum.base}{what}",
        settings={"forum": _kept(place), "key_type": NOBODY},
    )


def _first_place(web: Web, base: str, before: JsonObject) -> str:
    """What the account is known by, for good: where the forum was first. One that has moved keeps it when its
    old address leads to the new one."""
    where, known = _where(base), text_of(before, "site")
    old = text_of(part_of(before, "forum"), "base")
    if not known or not old or known == where:
        return where
    try:
        answer = web.get(f"{old}/site/basic-info.json", check=False)
    except ChannelError:
        return where
    return known if same_place(answer.url, base) else where


def _lengths(api: Api) -> dict[str, int]:
    try:
        return lengths_of(api.document("/site/settings.json"))
    except (BadAnswer, NotAllowed):
        return {}


def _where(base: str) -> str:
    parts = urlsplit(base)
    return f"{parts.netloc}{parts.path}".lower().rstrip("/")


def _kept(place: Place) -> dict[str, str]:
    return {"base": place.base, "scope": place.scope, "what": place.what}
