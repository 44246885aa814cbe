"""Everything of the Mastodon API that only reads."""

from __future__ import annotations

from services.clock import iso
from services.sample import entities
from services.sample.exchange import Response, error, to_json
from services.sample.mastodon import Call, Route, route
from services.sample.paging import cut, limit_of, link_header
from services.sample.records import Notification, Person, Status

NOT_FOUND = "Record not found"


def not_found(call: Call) -> Response:
    return error(404, "Not Found: target not found" if call.world.flavour.name == "gotosocial" else NOT_FOUND)


def visible(call: Call, status_id: str) -> Status | None:
    status = call.world.get(status_id)
    return status if status is not None and call.world.may_read(status, call.reader) else None


def status_document(call: Call, status: Status) -> entities.Json:
    return entities.status(call.world, status, call.reader)


def _status_page(call: Call, found: list[Status], wanted: int) -> Response:
    documents = [status_document(call, s) for s in found]
    if not found:
        return to_json(documents)
    links = link_header(
        call.request, call.world.base_url, found[0].id, found[-1].id, more=len(found) == wanted
    )
    return to_json(documents, headers=links)


# the server itself


def instance_v1(call: Call) -> Response:
    return to_json(entities.instance_v1(call.world))


def instance_v2(call: Call) -> Response:
    return to_json(entities.instance_v2(call.world))


def webfinger(call: Call) -> Response:
    resource = call.params.get("resource")
    person = call.world.find_person(resource.removeprefix("acct:")) if resource.startswith("acct:") else None
    if person is None or person.domain:
        return error(404, NOT_FOUND)
    return to_json(
        {
            "subject": f"acct:{person.username}@{call.world.server_name}",
            "aliases": [person.url],
            "links": [
                {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": person.url},
                {
                    "rel": "self",
                    "type": "application/activity+json",
                    "href": person.url.replace("/@", "/users/"),
                },
            ],
        }
    )


def nodeinfo_links(call: Call) -> Response:
    schema = "http://nodeinfo.diaspora.software/ns/schema/2.0"
    return to_json({"links": [{"rel": schema, "href": f"{call.world.base_url}/nodeinfo/2.0"}]})


def nodeinfo(call: Call) -> Response:
    flavour = call.world.flavour
    return to_json(
        {
            "version": "2.0",
            "software": {"name": flavour.software, "version": flavour.software_version},
            "protocols": ["activitypub"],
            "services": {"outbound": [], "inbound": []},
            "usage": {"users": {"total": 214, "activeMonth": 173}, "localPosts": 41_902},
            "openRegistrations": False,
            "metadata": {},
        }
    )


# people


def verify_credentials(call: Call) -> Response:
    return to_json(entities.credential_account(call.world, call.world.shop))


def verify_app(call: Call) -> Response:
    return to_json({"name": call.token.app if call.token else "", "website": None})


def one_account(call: Call) -> Response:
    person = call.world.people.get(call.parts[0])
    return to_json(entities.account(call.world, person)) if person else not_found(call)


def lookup_account(call: Call) -> Response:
    person = call.world.find_person(call.params.get("acct"))
    return to_json(entities.account(call.world, person)) if person else not_found(call)


def relationships(call: Call) -> Response:
    wanted = [call.world.people[i] for i in call.params.every("id") if i in call.world.people]
    return to_json([relationship(p) for p in wanted])


def relationship(person: Person) -> entities.Json:
    return {
        "id": person.id,
        "following": person.followed_by_shop,
        "followed_by": person.follows_shop,
        "blocking": person.blocked_by_shop,
        "muting": False,
    }


def account_statuses(call: Call) -> Response:
    person = call.world.people.get(call.parts[0])
    if person is None:
        return not_found(call)
    limit = limit_of(call.params, 20, 40)
    own = [
        s
        for s in call.world.statuses_of(person)
        if call.world.may_read(s, call.reader)
        and not (call.params.flag("exclude_replies") and s.reply_to)
        and (not call.params.get("tagged") or call.params.get("tagged").lower() in s.tags)
    ]
    if call.params.flag("only_media"):
        own = []
    return _status_page(call, cut(own, lambda s: s.id, call.params, limit), limit)


# statuses


def one_status(call: Call) -> Response:
    status = visible(call, call.parts[0])
    return to_json(status_document(call, status)) if status else not_found(call)


def several_statuses(call: Call) -> Response:
    """Up to twenty by id, since Mastodon 4.3; those that are gone are simply not among them."""
    wanted = call.params.every("id")
    if call.world.flavour.name != "mastodon":
        return not_found(call)
    if len(set(wanted)) > 20:
        return error(422, "Validation failed: Too many statuses")
    found = [visible(call, one) for one in dict.fromkeys(wanted)]
    return to_json([status_document(call, status) for status in found if status])


def context(call: Call) -> Response:
    status = visible(call, call.parts[0])
    if status is None or (status.visibility == "direct" and not call.world.flavour.direct_context):
        return not_found(call)

    def seen(found: list[Status]) -> list[entities.Json]:
        return [status_document(call, s) for s in found if call.world.may_read(s, call.reader)]

    return to_json(
        {"ancestors": seen(call.world.ancestors(status)), "descendants": seen(call.world.descendants(status))}
    )


def source(call: Call) -> Response:
    status = visible(call, call.parts[0])
    if status is None or status.author is not call.reader:
        return not_found(call)
    return to_json({"id": status.id, "text": status.text, "spoiler_text": status.spoiler})


def history(call: Call) -> Response:
    status = visible(call, call.parts[0])
    if status is None:
        return not_found(call)
    author = entities.account(call.world, status.author)
    versions = status.versions
    shown = [(v.text, v.spoiler, v.at) for v in versions] or [(status.text, status.spoiler, status.at)]
    return to_json(
        [
            {
                "content": call.world.html(text),
                "spoiler_text": spoiler,
                "sensitive": bool(spoiler),
                "created_at": iso(at),
                "account": author,
                "media_attachments": [],
                "emojis": [],
            }
            for text, spoiler, at in shown
        ]
    )


def tag_timeline(call: Call) -> Response:
    if call.reader is None and call.world.flavour.name == "gotosocial":
        return error(401, "Unauthorized: token not supplied")
    wanted = {call.parts[0].lower(), *(t.lower() for t in call.params.every("any")[:3])}
    limit = limit_of(call.params, 20, 40)
    found = [
        s
        for s in call.world.statuses.values()
        if not s.deleted and s.visibility == "public" and wanted.intersection(s.tags)
    ]
    return _status_page(call, cut(found, lambda s: s.id, call.params, limit), limit)


def search(call: Call) -> Response:
    query, kind = call.params.get("q").strip(), call.params.get("type")
    limit = limit_of(call.params, 20, 40)
    statuses: list[Status] = []
    people: list[Person] = []
    readable = [
        s for s in call.world.statuses.values() if not s.deleted and call.world.may_read(s, call.reader)
    ]
    if query.startswith(("http://", "https://")):
        if call.params.flag("resolve") and call.reader is None:
            return error(
                401, "Search queries that resolve remote resources are not supported without authentication"
            )
        statuses = [s for s in readable if query in (s.url, s.uri)]
        people = [p for p in call.world.people.values() if p.url == query]
    elif query:
        if kind in ("", "accounts"):
            people = [p for p in call.world.people.values() if query.lower() in f"{p.acct} {p.name}".lower()]
        if call.reader is not None and kind in ("", "statuses"):
            words = [query.lower().strip('"')] if query.startswith('"') else query.lower().split()
            hits = [s for s in readable if all(w in s.text.lower() for w in words)]
            statuses = cut(hits, lambda s: s.id, call.params, limit)
    return to_json(
        {
            "accounts": [entities.account(call.world, p) for p in people[:limit]],
            "statuses": [status_document(call, s) for s in statuses[:limit]]
            if kind in ("", "statuses")
            else [],
            "hashtags": [],
        }
    )


# what the shop is told


def notifications(call: Call) -> Response:
    world, params = call.world, call.params
    flavour = world.flavour
    limit = limit_of(params, flavour.notifications_default, flavour.notifications_max)
    wanted, unwanted = params.every("types"), params.every("exclude_types")
    with_filtered = params.flag("include_filtered") or not flavour.has_filtering
    found = [
        n
        for n in world.notifications
        if not n.dismissed
        and (with_filtered or not n.filtered)
        and (not wanted or n.type in wanted)
        and n.type not in unwanted
        and (not params.get("account_id") or n.person.id == params.get("account_id"))
    ]
    shown = cut(found, lambda n: n.id, params, limit)
    documents = [entities.notification(world, n) for n in shown]
    if not shown:
        return to_json(documents)
    links = link_header(
        call.request, world.base_url, shown[0].id, shown[-1].id, previous=flavour.prev_parameter
    )
    return to_json(documents, headers=links)


def find_notification(call: Call) -> Notification | None:
    return next((n for n in call.world.notifications if n.id == call.parts[0] and not n.dismissed), None)


def one_notification(call: Call) -> Response:
    note = find_notification(call)
    return to_json(entities.notification(call.world, note)) if note else not_found(call)


def policy(call: Call) -> Response:
    return to_json(entities.policy(call.world))


def requests(call: Call) -> Response:
    people = list(dict.fromkeys(n.person.id for n in reversed(call.world.notifications) if n.filtered))
    return to_json([entities.notification_request(call.world, call.world.people[p]) for p in people])


def conversations(call: Call) -> Response:
    """Pages by the id of the last status in them, which is why clients must follow the ``Link`` header."""
    world = call.world
    limit = limit_of(call.params, 20, 40)
    shown = cut(world.privates, lambda p: p.last, call.params, limit)
    documents = [entities.conversation(world, p) for p in shown]
    if not shown:
        return to_json(documents)
    links = link_header(call.request, world.base_url, shown[0].last, shown[-1].last, more=len(shown) == limit)
    return to_json(documents, headers=links)


def markers(call: Call) -> Response:
    wanted = call.params.every("timeline")
    kept = {k: v for k, v in call.world.markers.items() if k in wanted}
    return to_json(
        {k: {"last_read_id": i, "version": n, "updated_at": iso(at)} for k, (i, n, at) in kept.items()}
    )


ROUTES: list[Route] = [
    route("GET", "/api/v1/instance", instance_v1),
    route("GET", "/api/v2/instance", instance_v2),
    route("GET", "/.well-known/webfinger", webfinger),
    route("GET", "/.well-known/nodeinfo", nodeinfo_links),
    route("GET", "/nodeinfo/2.0", nodeinfo),
    route("GET", "/api/v1/apps/verify_credentials", verify_app, "read", optional=True),
    route("GET", "/api/v1/accounts/verify_credentials", verify_credentials, "read:accounts"),
    route("GET", "/api/v1/accounts/relationships", relationships, "read:follows"),
    route("GET", "/api/v1/accounts/lookup", lookup_account),
    route("GET", "/api/v1/accounts/:id", one_account, "read:accounts", optional=True),
    route("GET", "/api/v1/accounts/:id/statuses", account_statuses, "read:statuses", optional=True),
    route("GET", "/api/v1/statuses", several_statuses, "read:statuses"),
    route("GET", "/api/v1/statuses/:id", one_status, "read:statuses", optional=True),
    route("GET", "/api/v1/statuses/:id/context", context, "read:statuses", optional=True),
    route("GET", "/api/v1/statuses/:id/source", source, "read:statuses"),
    route("GET", "/api/v1/statuses/:id/history", history, "read:statuses", optional=True),
    route("GET", "/api/v1/timelines/tag/:name", tag_timeline, "read:statuses", optional=True),
    route("GET", "/api/v2/search", search, "read:search", optional=True),
    route("GET", "/api/v1/notifications", notifications, "read:notifications"),
    route("GET", "/api/v2/notifications/policy", policy, "read:notifications"),
    route("GET", "/api/v1/notifications/requests", requests, "read:notifications"),
    route("GET", "/api/v1/notifications/:id", one_notification, "read:notifications"),
    route("GET", "/api/v1/conversations", conversations, "read:statuses"),
    route("GET", "/api/v1/markers", markers, "read:statuses"),
]
