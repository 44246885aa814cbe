"""Everything of the Mastodon API that changes something: posting, editing, deleting, favourites, marking
read, policies."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

from services.clock import iso
from services.sample import entities
from services.sample.exchange import Response, error, to_json
from services.sample.ids import sort_key
from services.sample.mastodon import Call, Route, empty, route
from services.sample.reading import find_notification, not_found, relationship, status_document, visible
from services.sample.records import VISIBILITIES, Status
from services.sample.text import counted_length

KEY_LIFE = timedelta(hours=1)
_NO_PARENT = "The post you are trying to reply to does not appear to exist."


class Posting:
    """Keeps what a repeat is known by: the key of a post, for one hour. ``received`` counts requests per key,
    repeats included."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_key: dict[str, tuple[str, datetime]] = {}
        self.received: Counter[str] = Counter()

    def remember(self, status: Status) -> None:
        """A status made before this start, so that a repeat of its key is still known."""
        if status.key:
            self._by_key[status.key] = (status.id, status.at)

    def post(self, call: Call) -> Response:
        world = call.world
        key = call.request.headers.get("idempotency-key", "")
        with self._lock:
            self.received[key] += 1
        known = self._by_key.get(key) if key and world.flavour.keeps_idempotency else None
        if known and world.clock.now() - known[1] < KEY_LIFE:
            earlier = world.get(known[0])
            return to_json(status_document(call, earlier)) if earlier else not_found(call)
        problem = _invalid(call)
        if problem is not None:
            return problem
        parent = None
        if parent_id := call.params.get("in_reply_to_id"):
            parent = visible(call, parent_id)
            if parent is None:
                return not_found(call) if world.flavour.name == "gotosocial" else error(404, _NO_PARENT)
        quoted = visible(call, call.params.get("quoted_status_id")) if world.flavour.has_quotes else None
        status = world.post(
            world.shop,
            call.params.get("status"),
            visibility=call.params.get("visibility") or "public",
            reply_to=parent,
            quote_of=quoted,
            spoiler=call.params.get("spoiler_text"),
            language=call.params.get("language") or "en",
            application=call.token.app if call.token else None,
            key=key,
            through_api=True,
        )
        if key:
            self._by_key[key] = (status.id, world.clock.now())
        return to_json(status_document(call, status))


def _refuse(call: Call, text: str) -> Response:
    flavour = call.world.flavour
    if flavour.name == "gotosocial":
        return error(flavour.invalid_status, f"Bad Request: {text}")
    if flavour.name == "pleroma":
        return error(flavour.invalid_status, text)
    return error(flavour.invalid_status, f"Validation failed: {text}")


def _invalid(call: Call) -> Response | None:
    flavour = call.world.flavour
    text, spoiler = call.params.get("status"), call.params.get("spoiler_text")
    if not text.strip():
        return _refuse(call, "Text can't be blank")
    if counted_length(spoiler, text, flavour.link_length) > flavour.max_characters:
        if flavour.name == "pleroma":
            return _refuse(call, "The status is over the character limit")
        return _refuse(call, f"Text character limit of {flavour.max_characters} exceeded")
    visibility = call.params.get("visibility")
    if visibility and visibility not in VISIBILITIES:
        return _refuse(call, "Visibility is not included in the list")
    return None


def _own(call: Call) -> Status | None:
    status = visible(call, call.parts[0])
    return status if status is not None and status.author is call.reader else None


def edit(call: Call) -> Response:
    status = _own(call)
    if status is None:
        return not_found(call)
    problem = _invalid(call)
    if problem is not None:
        return problem
    call.world.edit(status, call.params.get("status"), spoiler=call.params.get("spoiler_text"))
    return to_json(status_document(call, status))


def delete(call: Call) -> Response:
    status = _own(call)
    if status is None:
        return not_found(call)
    document = status_document(call, status) | {"text": status.text}
    call.world.delete(status)
    return to_json(document)


def favourite(call: Call) -> Response:
    status = visible(call, call.parts[0])
    if status is None:
        return not_found(call)
    call.world.favourite(call.world.shop, status)
    return to_json(status_document(call, status))


def unfavourite(call: Call) -> Response:
    status = visible(call, call.parts[0])
    if status is None:
        return not_found(call)
    status.favourited_by.discard(call.world.shop.id)
    return to_json(status_document(call, status))


def follow(call: Call) -> Response:
    return _set_following(call, True)


def unfollow(call: Call) -> Response:
    return _set_following(call, False)


def _set_following(call: Call, value: bool) -> Response:
    person = call.world.people.get(call.parts[0])
    if person is None:
        return not_found(call)
    person.followed_by_shop = value
    return to_json(relationship(person))


def block(call: Call) -> Response:
    return _set_blocking(call, True)


def unblock(call: Call) -> Response:
    return _set_blocking(call, False)


def _set_blocking(call: Call, value: bool) -> Response:
    person = call.world.people.get(call.parts[0])
    if person is None:
        return not_found(call)
    call.world.block(person, value)
    return to_json(relationship(person))


def dismiss(call: Call) -> Response:
    note = find_notification(call)
    if note is None:
        return not_found(call)
    note.dismissed = True
    return empty()


def clear(call: Call) -> Response:
    for note in call.world.notifications:
        note.dismissed = True
    return empty()


def change_policy(call: Call) -> Response:
    wishes = {n: call.params.get(n) for n in call.params.names() if n.startswith("for_")}
    if not all(
        v in ("accept", "filter", "drop") and hasattr(call.world.policy, n) for n, v in wishes.items()
    ):
        return error(422, "Validation failed: Policy is not included in the list")
    call.world.policy = replace(call.world.policy, **wishes)
    return to_json(entities.policy(call.world))


def accept_request(call: Call) -> Response:
    person = call.world.people.get(call.parts[0])
    if person is None or not call.world.accept_from(person):
        return not_found(call)
    return empty()


def accept_requests(call: Call) -> Response:
    for person_id in call.params.every("id"):
        person = call.world.people.get(person_id)
        if person is not None:
            call.world.accept_from(person)
    return empty()


def read_conversation(call: Call) -> Response:
    private = next((p for p in call.world.privates if p.id == call.parts[0]), None)
    if private is None:
        return not_found(call)
    private.unread = False
    return to_json(entities.conversation(call.world, private))


def set_markers(call: Call) -> Response:
    changed = {}
    for timeline in ("home", "notifications"):
        wanted = call.params.get(f"{timeline}.last_read_id") or _bracketed(call, timeline)
        if not wanted:
            continue
        _, version, _ = call.world.markers.get(timeline, ("0", 0, call.world.clock.now()))
        call.world.markers[timeline] = (wanted, version + 1, call.world.clock.now())
        changed[timeline] = {
            "last_read_id": wanted,
            "version": version + 1,
            "updated_at": iso(call.world.clock.now()),
        }
    return to_json(changed)


def _bracketed(call: Call, timeline: str) -> str:
    """``notifications[last_read_id]=…`` of a form."""
    return max(call.params.every(timeline), key=sort_key, default="")


def routes(posting: Posting) -> list[Route]:
    return [
        route("POST", "/api/v1/statuses", posting.post, "write:statuses"),
        route("PUT", "/api/v1/statuses/:id", edit, "write:statuses"),
        route("DELETE", "/api/v1/statuses/:id", delete, "write:statuses"),
        route("POST", "/api/v1/statuses/:id/favourite", favourite, "write:favourites"),
        route("POST", "/api/v1/statuses/:id/unfavourite", unfavourite, "write:favourites"),
        route("POST", "/api/v1/accounts/:id/follow", follow, "write:follows"),
        route("POST", "/api/v1/accounts/:id/unfollow", unfollow, "write:follows"),
        route("POST", "/api/v1/accounts/:id/block", block, "write:blocks"),
        route("POST", "/api/v1/accounts/:id/unblock", unblock, "write:blocks"),
        route("POST", "/api/v1/notifications/clear", clear, "write:notifications"),
        route("POST", "/api/v1/notifications/:id/dismiss", dismiss, "write:notifications"),
        route("PATCH", "/api/v2/notifications/policy", change_policy, "write:notifications"),
        route("POST", "/api/v1/notifications/requests/accept", accept_requests, "write:notifications"),
        route("POST", "/api/v1/notifications/requests/:id/accept", accept_request, "write:notifications"),
        route("POST", "/api/v1/conversations/:id/read", read_conversation, "write:conversations"),
        route("POST", "/api/v1/markers", set_markers, "write:statuses"),
    ]
