"""``/sample/...``: the same wires as ``SampleShop`` has, for other processes. Every request needs
``X-Sample-Token``."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from services.clock import iso
from services.sample.exchange import Request, Response, error, to_json
from services.sample.faults import fault_from_json

if TYPE_CHECKING:
    from services.sample.records import Status
    from services.sample.shop import SampleShop

_Action = Callable[["SampleShop", dict[str, Any]], object]


def _status(status: Status) -> dict[str, Any]:
    return {
        "id": status.id,
        "author": status.author.acct,
        "text": status.text,
        "url": status.url,
        "visibility": status.visibility,
        "in_reply_to_id": status.reply_to,
        "created_at": iso(status.at),
        "idempotency_key": status.key,
    }


def addresses(shop: SampleShop) -> dict[str, Any]:
    """What another process needs to know. Holds the token: only for who holds the control token, or the
    pipe."""
    return {
        "url": shop.url,
        "server": shop.server_name,
        "handle": shop.handle,
        "access_token": shop.access_token,
        "control_token": shop.control_token,
        "blog": shop.blog_url,
        "feeds": shop.feed_urls,
        "opml": shop.opml_url,
    }


def _say(shop: SampleShop, wish: dict[str, Any]) -> object:
    return _status(shop.say(wish.pop("who"), wish.pop("text"), **wish))


def _phone(shop: SampleShop, wish: dict[str, Any]) -> object:
    return _status(shop.answer_from_phone(wish["status"], wish["text"]))


def _edit(shop: SampleShop, wish: dict[str, Any]) -> object:
    shop.edit(wish["status"], wish["text"])
    return {}


def _delete(shop: SampleShop, wish: dict[str, Any]) -> object:
    shop.delete(wish["status"])
    return {}


def _follow(shop: SampleShop, wish: dict[str, Any]) -> object:
    shop.follow(wish["who"])
    return {}


def _publish(shop: SampleShop, wish: dict[str, Any]) -> object:
    entry = shop.publish(wish.pop("place"), wish.pop("author"), wish.pop("text"), **wish)
    return {"key": entry.key, "guid": entry.guid, "url": shop.url + entry.page}


def _edit_entry(shop: SampleShop, wish: dict[str, Any]) -> object:
    shop.site.edit(wish["key"], wish["text"], wish.get("title", ""))
    return {}


def _remove_entry(shop: SampleShop, wish: dict[str, Any]) -> object:
    shop.site.remove(wish["key"])
    return {}


def _fault(shop: SampleShop, wish: dict[str, Any]) -> object:
    shop.faults.add(fault_from_json(wish))
    return {"pending": len(shop.faults.pending())}


def _clear(shop: SampleShop, _: dict[str, Any]) -> object:
    shop.faults.clear()
    return {}


def _allow(shop: SampleShop, wish: dict[str, Any]) -> object:
    return {"location": shop.allow(wish["url"], yes=wish.get("yes", True))}


def _auto_allow(shop: SampleShop, wish: dict[str, Any]) -> object:
    shop.sign_in.auto_allow = bool(wish.get("on", True))
    return {}


def _revoke(shop: SampleShop, _: dict[str, Any]) -> object:
    shop.revoke_tokens()
    return {}


def _token(shop: SampleShop, wish: dict[str, Any]) -> object:
    return {"access_token": shop.new_token(wish.get("scopes", ""))}


def _tick(shop: SampleShop, _: dict[str, Any]) -> object:
    return {"happened": shop.tick()}


def _forget(shop: SampleShop, _: dict[str, Any]) -> object:
    shop.forget_requests()
    return {}


def _live(shop: SampleShop, wish: dict[str, Any]) -> object:
    shop.live(float(wish.get("interval_s", 25)))
    return {}


def _latency(shop: SampleShop, wish: dict[str, Any]) -> object:
    shop.latency_s = float(wish["seconds"])
    return {}


_POST: dict[str, _Action] = {
    "say": _say,
    "phone": _phone,
    "edit": _edit,
    "delete": _delete,
    "follow": _follow,
    "publish": _publish,
    "edit-entry": _edit_entry,
    "remove-entry": _remove_entry,
    "fault": _fault,
    "clear-faults": _clear,
    "allow": _allow,
    "auto-allow": _auto_allow,
    "revoke": _revoke,
    "token": _token,
    "tick": _tick,
    "live": _live,
    "latency": _latency,
    "forget-requests": _forget,
}


def _requests(shop: SampleShop) -> object:
    return [
        {
            "method": s.method,
            "path": s.path,
            "query_names": s.query_names,
            "headers": dict(s.headers),
            "status": s.status,
            "size": s.size,
            "at": iso(s.at),
        }
        for s in shop.requests()
    ]


_GET: dict[str, Callable[[SampleShop], object]] = {
    "addresses": addresses,
    "requests": _requests,
    "owner-statuses": lambda shop: [_status(s) for s in shop.owner_statuses()],
    "posts-received": lambda shop: shop.posts_received(),
}


def answer(shop: SampleShop, request: Request) -> Response:
    given = request.headers.get("x-sample-token", "")
    if not secrets.compare_digest(given.encode(), shop.control_token.encode()):
        return error(401, "The control token is wrong")
    name = request.path.removeprefix("/sample/")
    if request.method == "GET" and name in _GET:
        return to_json(_GET[name](shop))
    action = _POST.get(name) if request.method == "POST" else None
    if action is None:
        return error(404, "No such control")
    wish = request.json if request.body else {}
    if not isinstance(wish, dict):
        return error(400, "Not a JSON object")
    try:
        return to_json(action(shop, dict(wish)))
    except (KeyError, TypeError, ValueError) as problem:
        return error(400, f"{type(problem).__name__}: {problem}")
