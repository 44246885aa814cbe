"""The pages of the server that stands in for Bluesky: what each method of the lexicons answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from services.clock import iso, parse_iso
from services.replies.graphemes import count_graphemes
from services.sample.exchange import Request
from tests.channels.bluesky.world import POST, SHOP, Convo, Doc, Post, World

_TID = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")


class Wrong(Exception):
    """An answer of the protocol that is no success."""

    def __init__(self, status: int, name: str, message: str = "") -> None:
        super().__init__(name)
        self.status, self.name, self.message = status, name, message or name


class Pages:
    """``page_limit``: the most entries on a page, whatever was asked for."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.page_limit = 100
        self.has_requests = True

    def own_posts(self) -> list[Post]:
        """What is in our repository, with the oldest first."""
        return [p for p in self.world.posts.values() if p.author is self.world.me and not p.is_gone]

    # --- reading

    def _profile(self, request: Request) -> Doc:
        for one in self.world.people.values():
            if request.params.get("actor") in (one.did, one.handle):
                return one.view()
        raise Wrong(400, "InvalidRequest", "Profile not found")

    def _page(
        self, request: Request, entries: list[Any], place: Callable[[Any], str], default: int = 50
    ) -> tuple[list[Any], Doc]:
        """Newest first; the cursor is the place of the last entry shown."""
        limit = request.params.number("limit", default)
        if not 1 <= limit <= 100:
            raise Wrong(400, "InvalidRequest", "limit is out of range")
        cursor = request.params.get("cursor")
        if cursor and "::" not in cursor:
            raise Wrong(400, "InvalidRequest", "Malformed cursor")
        ordered = sorted(entries, key=place, reverse=True)
        rest = [one for one in ordered if not cursor or place(one) < cursor]
        page = rest[: min(limit, self.page_limit)]
        more = len(rest) > len(page)
        return page, {"cursor": place(page[-1])} if more and page else {}

    def _notifications(self, request: Request) -> Doc:
        reasons = request.params.every("reasons")
        notes = [one for one in self.world.notes if not reasons or one.reason in reasons]
        page, more = self._page(request, notes, lambda n: f"{iso(n.at)}::{n.number:08d}")
        shown = []
        for one in page:
            post = self.world.posts.get(one.uri)
            record = post.record if post is not None else one.record
            item = {"uri": one.uri, "author": one.author.view(), "reason": one.reason, "record": record}
            item |= {"cid": post.cid if post else "bafyreifollow", "indexedAt": iso(one.at), "isRead": False}
            shown.append(item | ({"reasonSubject": one.subject} if one.subject else {}))
        return {"notifications": shown, **more}

    def _feed(self, request: Request) -> Doc:
        if request.params.get("actor") not in (SHOP, self.world.me.handle):
            raise Wrong(400, "InvalidRequest", "Profile not found")
        with_replies = request.params.get("filter", "posts_with_replies") == "posts_with_replies"
        posts = [p for p in self.own_posts() if with_replies or "reply" not in p.record]
        page, more = self._page(request, posts, lambda p: f"{iso(p.indexed_at)}::{p.uri}")
        return {"feed": [self._feed_item(one) for one in page], **more}

    def _feed_item(self, post: Post) -> Doc:
        item: Doc = {"post": self.world.view(post)}
        if "reply" in post.record:
            reply = {}
            for name in ("root", "parent"):
                uri = post.record["reply"][name]["uri"]
                above = self.world.seen(uri)
                gone = {"$type": "app.bsky.feed.defs#notFoundPost", "uri": uri, "notFound": True}
                reply[name] = self.world.view(above) if above else gone
            item["reply"] = reply
        return item

    def _get_posts(self, request: Request) -> Doc:
        uris = request.params.every("uris")
        if not 1 <= len(uris) <= 25:
            raise Wrong(400, "InvalidRequest", "uris must have between 1 and 25 elements")
        found = [self.world.seen(uri) for uri in uris]
        return {"posts": [self.world.view(one) for one in found if one is not None]}

    def _post_thread(self, request: Request) -> Doc:
        depth, height = request.params.number("depth", 6), request.params.number("parentHeight", 80)
        if depth > 1000 or height > 1000:
            raise Wrong(400, "InvalidRequest", "depth is out of range")
        node = self.world.thread(request.params.get("uri"), depth, height)
        if node is None:
            raise Wrong(400, "NotFound", "Post not found")
        return {"thread": node}

    def _search(self, request: Request) -> Doc:
        words = request.params.get("q").strip('"').lower()
        if not words:
            raise Wrong(400, "InvalidRequest", "q must not be empty")
        posts = [
            p
            for p in self.world.posts.values()
            if words in p.record["text"].lower() and self.world.seen(p.uri) is not None
        ]
        page, more = self._page(request, posts, lambda p: f"{iso(p.indexed_at)}::{p.uri}", 25)
        return {"posts": [self.world.view(one) for one in page], **more}

    # --- writing

    def _body(self, request: Request) -> tuple[str, str, Doc]:
        body = request.json or {}
        if body.get("repo") not in (SHOP, self.world.me.handle):
            raise Wrong(401, "AuthenticationRequired", "Authentication Required")
        record = body.get("record")
        key = body.get("rkey") or self.world.post(self.world.me, "").uri.rpartition("/")[2]
        if not isinstance(record, dict):
            raise Wrong(400, "InvalidRequest", 'Input must have the property "record"')
        if record.get("$type") != body.get("collection"):
            raise Wrong(400, "InvalidRequest", "Invalid $type")
        if not _TID.fullmatch(key):
            raise Wrong(400, "InvalidRequest", "record key must be a valid TID")
        if body["collection"] == POST:
            _check_post(record)
        return body["collection"], key, record

    def _put(self, request: Request) -> Doc:
        collection, key, record = self._body(request)
        return self._write(collection, key, record)

    def _create(self, request: Request) -> Doc:
        collection, key, record = self._body(request)
        if f"at://{SHOP}/{collection}/{key}" in self.world.posts:
            raise Wrong(400, "InvalidRequest", "There is already a value set for the key")
        return self._write(collection, key, record)

    def _write(self, collection: str, key: str, record: Doc) -> Doc:
        uri = f"at://{SHOP}/{collection}/{key}"
        self.world.writes.append(uri)
        if collection == POST:
            post = self.world.posts.setdefault(uri, Post(uri, self.world.me, record, self.world.clock.now()))
            post.record, post.is_gone = record, False
        self.world.records[uri] = record
        cid = self.world.posts[uri].cid if collection == POST else "bafyreirecord"
        return {"uri": uri, "cid": cid, "commit": {"cid": "c", "rev": "r"}, "validationStatus": "valid"}

    def _get_record(self, request: Request) -> Doc:
        params = request.params
        uri = f"at://{params.get('repo')}/{params.get('collection')}/{params.get('rkey')}"
        post = self.world.posts.get(uri)
        if post is None or post.is_gone:
            raise Wrong(400, "RecordNotFound", f"Could not locate record: {uri}")
        return {**post.ref, "value": post.record}

    def _delete(self, request: Request) -> Doc:
        body = request.json
        post = self.world.posts.get(f"at://{body['repo']}/{body['collection']}/{body['rkey']}")
        if post is not None:
            self.world.delete(post)
        return {}

    # --- direct messages

    def _convo(self, identifier: str) -> Convo:
        convo = self.world.convos.get(identifier)
        if convo is None:
            raise Wrong(400, "InvalidConvo", "Convo not found")
        return convo

    def _listed(self, request: Request, name: str, statuses: tuple[str, ...]) -> Doc:
        convos = [one for one in self.world.convos.values() if one.status in statuses]
        page, more = self._page(request, convos, lambda c: f"{c.rev:013d}::{c.id}")
        return {name: [self.world.convo_view(one) for one in page], **more}

    def _convos(self, request: Request) -> Doc:
        return self._listed(
            request, "convos", ("accepted",) if self.has_requests else ("accepted", "request")
        )

    def _requests(self, request: Request) -> Doc:
        return self._listed(request, "requests", ("request",))

    def _get_convo(self, request: Request) -> Doc:
        return {"convo": self.world.convo_view(self._convo(request.params.get("convoId")))}

    def _convo_for(self, request: Request) -> Doc:
        person = self.world.people.get(request.params.get("members"))
        if person is None or person.blocks_us:
            raise Wrong(400, "MessagesDisabled", "recipient has disabled incoming messages")
        return {"convo": self.world.convo_view(self.world.convo(person))}

    def _get_messages(self, request: Request) -> Doc:
        convo = self._convo(request.params.get("convoId"))
        page, more = self._page(request, convo.messages, lambda m: f"{m['sentAt']}::{m['id']}")
        return {"messages": page, **more}

    def _accept(self, request: Request) -> Doc:
        self._convo(request.json["convoId"]).status = "accepted"
        return {"rev": "1"}

    def _send_message(self, request: Request) -> Doc:
        convo, message = self._convo(request.json["convoId"]), request.json["message"]
        if count_graphemes(message["text"]) > 1000:
            raise Wrong(400, "InvalidRequest", "message/text must not be longer than 1000 graphemes")
        if convo.status == "request":
            raise Wrong(400, "InvalidRequest", "the conversation was not accepted")
        return self.world.say(convo, self.world.me, message)


def _check_post(record: Doc) -> None:
    text = record.get("text")
    if not isinstance(text, str):
        raise Wrong(400, "InvalidRequest", 'Record must have the property "text"')
    size = len(text.encode())
    if count_graphemes(text) > 300 or size > 3000:
        raise Wrong(400, "InvalidRequest", "Record/text must not be longer than 300 graphemes")
    try:
        parse_iso(record["createdAt"])
    except (KeyError, ValueError):
        raise Wrong(400, "InvalidRequest", "Record/createdAt must be an valid atproto datetime") from None
    for facet in record.get("facets", []):
        index = facet["index"]
        if not 0 <= index["byteStart"] < index["byteEnd"] <= size:
            raise Wrong(400, "InvalidRequest", "Record/facets are out of range")
    for name in ("root", "parent") if "reply" in record else ():
        ref = record["reply"][name]
        if urlsplit(ref["uri"]).scheme != "at" or not ref["cid"].startswith("bafy"):
            raise Wrong(400, "InvalidRequest", f"Record/reply/{name} must be a strong reference")
