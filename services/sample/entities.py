"""Records turned into the JSON documents of Mastodon's client API (docs.joinmastodon.org, entities), per
server flavour."""

from __future__ import annotations

from typing import Any

from services.clock import iso
from services.sample.records import Notification, Person, Private, Status
from services.sample.world import World

Json = dict[str, Any]


def account(world: World, person: Person) -> Json:
    statuses = world.statuses_of(person)
    picture = f"{world.base_url}/avatars/original/missing.png"
    return {
        "id": person.id,
        "username": person.username,
        "acct": person.acct,
        "display_name": person.name,
        "locked": False,
        "bot": False,
        "group": False,
        "discoverable": True,
        "created_at": person.created_at.strftime("%Y-%m-%dT00:00:00.000Z"),
        "note": f"<p>{person.note}</p>" if person.note else "",
        "url": person.url,
        "uri": person.url.replace("/@", "/users/"),
        "avatar": picture,
        "avatar_static": picture,
        "header": picture,
        "header_static": picture,
        "followers_count": person.followers,
        "following_count": person.following,
        "statuses_count": len(statuses),
        "last_status_at": (statuses[-1].at if statuses else person.created_at).strftime("%Y-%m-%d"),
        "emojis": [],
        "fields": [],
    }


def credential_account(world: World, person: Person) -> Json:
    return account(world, person) | {
        "source": {
            "privacy": "public",
            "sensitive": False,
            "language": "en",
            "note": person.note,
            "fields": [],
            "follow_requests_count": 0,
        },
        "role": {"id": "-99", "name": "", "permissions": "65536", "color": "", "highlighted": False},
    }


def status(world: World, item: Status, reader: Person | None, *, with_quote: bool = True) -> Json:
    document: Json = {
        "id": item.id,
        "uri": item.uri,
        "url": item.url,
        "created_at": iso(item.at),
        "edited_at": iso(item.edited_at) if item.edited_at else None,
        "account": account(world, item.author),
        "content": item.html,
        "visibility": item.visibility,
        "sensitive": bool(item.spoiler),
        "spoiler_text": item.spoiler,
        "language": item.language,
        "in_reply_to_id": item.reply_to,
        "in_reply_to_account_id": item.reply_to_author if item.reply_to else None,
        "reblog": None,
        "media_attachments": [],
        "mentions": [
            {"id": m.id, "username": m.username, "acct": m.acct, "url": m.url} for m in item.mentions
        ],
        "tags": [{"name": tag, "url": f"{world.base_url}/tags/{tag}"} for tag in item.tags],
        "emojis": [],
        "card": None,
        "poll": None,
        "replies_count": len(world.answers_to(item)),
        "reblogs_count": len(item.reblogged_by),
        "favourites_count": len(item.favourited_by),
    }
    if reader is not None:
        document |= {
            "favourited": reader.id in item.favourited_by,
            "reblogged": reader.id in item.reblogged_by,
            "muted": False,
            "bookmarked": False,
            "pinned": False,
            "filtered": [],
        }
    if item.application:
        document["application"] = {"name": item.application, "website": None}
    if world.flavour.has_quotes:
        document["quotes_count"] = len(world.quotes_of(item))
        document["quote"] = None
        quoted = world.get(item.quote_of) if item.quote_of else None
        if item.quote_of and with_quote:
            document["quote"] = {
                "state": "accepted" if quoted else "deleted",
                "quoted_status": status(world, quoted, reader, with_quote=False) if quoted else None,
            }
    if world.flavour.name == "pleroma":
        document["pleroma"] = {"content": {"text/plain": item.text}, "local": not item.author.domain}
    return document


def notification(world: World, note: Notification) -> Json:
    document: Json = {
        "id": note.id,
        "type": note.type,
        "created_at": iso(note.at),
        "account": account(world, note.person),
    }
    if world.flavour.has_filtering:
        document["group_key"] = f"ungrouped-{note.id}"
        if note.filtered:
            document["filtered"] = True
    if note.status is not None:
        document["status"] = status(world, note.status, world.shop)
    return document


def conversation(world: World, private: Private) -> Json:
    last = world.get(private.last)
    return {
        "id": private.id,
        "unread": private.unread,
        "accounts": [account(world, world.people[p]) for p in sorted(private.people)],
        "last_status": status(world, last, world.shop) if last else None,
    }


def notification_request(world: World, person: Person) -> Json:
    notes = [n for n in world.notifications if n.filtered and n.person is person]
    newest = notes[-1]
    return {
        "id": person.id,
        "created_at": iso(notes[0].at),
        "updated_at": iso(newest.at),
        "notifications_count": str(len(notes)),
        "account": account(world, person),
        "last_status": status(world, newest.status, world.shop) if newest.status else None,
    }


def policy(world: World) -> Json:
    waiting = [n for n in world.notifications if n.filtered]
    rules = world.policy
    return {
        "for_not_following": rules.for_not_following,
        "for_not_followers": rules.for_not_followers,
        "for_new_accounts": rules.for_new_accounts,
        "for_private_mentions": rules.for_private_mentions,
        "for_limited_accounts": rules.for_limited_accounts,
        "summary": {
            "pending_requests_count": len({n.person.id for n in waiting}),
            "pending_notifications_count": len(waiting),
        },
    }


def instance_v1(world: World) -> Json:
    flavour = world.flavour
    document: Json = {
        "uri": world.server_name,
        "title": "Crumb Social",
        "short_description": "A small server for people who like bread",
        "description": "A small server for people who like bread",
        "email": "hello@crumb.example",
        "version": flavour.version,
        "urls": {"streaming_api": world.base_url.replace("http", "ws", 1)},
        "stats": {"user_count": 214, "status_count": 41_902, "domain_count": 3_310},
        "languages": ["en"],
        "registrations": False,
        "approval_required": True,
        "invites_enabled": False,
        "contact_account": account(world, world.shop),
        "rules": [],
    }
    if flavour.name == "pleroma":
        document |= {"max_toot_chars": flavour.max_characters, "upload_limit": 16_000_000}
    else:
        document["configuration"] = _configuration(world)
    return document


def instance_v2(world: World) -> Json:
    return {
        "domain": world.server_name,
        "title": "Crumb Social",
        "version": world.flavour.version,
        "source_url": "https://code.example/crumb-social",
        "description": "A small server for people who like bread",
        "usage": {"users": {"active_month": 173}},
        "thumbnail": {"url": f"{world.base_url}/avatars/original/missing.png"},
        "languages": ["en"],
        "configuration": _configuration(world)
        | {"urls": {"streaming": world.base_url.replace("http", "ws", 1)}, "translation": {"enabled": False}},
        "registrations": {"enabled": False, "approval_required": True, "message": None},
        "api_versions": {"mastodon": 7} if world.flavour.name == "mastodon" else {},
        "contact": {"email": "hello@crumb.example", "account": account(world, world.shop)},
        "rules": [],
    }


def _configuration(world: World) -> Json:
    flavour = world.flavour
    return {
        "accounts": {"max_featured_tags": 10},
        "statuses": {
            "max_characters": flavour.max_characters,
            "max_media_attachments": 4,
            # GoToSocial says 25 here although it counts the raw text.
            "characters_reserved_per_url": flavour.link_length or 25,
        },
        "media_attachments": {
            "supported_mime_types": ["image/jpeg", "image/png"],
            "image_size_limit": 16_777_216,
        },
        "polls": {
            "max_options": 4,
            "max_characters_per_option": 50,
            "min_expiration": 300,
            "max_expiration": 2_629_746,
        },
    }
