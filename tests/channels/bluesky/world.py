"""What there is on the network that stands in for Bluesky: people, posts, notifications, conversations; and
how the lexicons (app.bsky.feed.defs, app.bsky.notification, chat.bsky.convo.defs) show them."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from services.clock import Clock, iso

Doc = dict[str, Any]
POST = "app.bsky.feed.post"
SHOP = "did:plc:shopshopshopshopshopshop"
_LETTERS = "234567abcdefghijklmnopqrstuvwxyz"


def cid_of(record: Doc) -> str:
    return "bafyrei" + hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:52]


@dataclass
class Person:
    did: str
    handle: str
    name: str
    blocks_us: bool = False

    def view(self) -> Doc:
        viewer = {"muted": False, "blockedBy": self.blocks_us}
        return {"did": self.did, "handle": self.handle, "displayName": self.name, "viewer": viewer}


@dataclass
class Post:
    uri: str
    author: Person
    record: Doc
    indexed_at: datetime
    is_gone: bool = False
    replies_off: bool = False
    embed: Doc | None = None

    @property
    def cid(self) -> str:
        return cid_of(self.record)

    @property
    def answers(self) -> str:
        return str(self.record.get("reply", {}).get("parent", {}).get("uri", ""))

    @property
    def ref(self) -> Doc:
        return {"uri": self.uri, "cid": self.cid}


@dataclass
class Note:
    reason: str
    author: Person
    at: datetime
    uri: str
    record: Doc
    subject: str = ""
    number: int = 0


@dataclass
class Convo:
    id: str
    members: list[Person]
    status: str = "accepted"
    rev: int = 0
    is_group: bool = False
    messages: list[Doc] = field(default_factory=list)


class World:
    """Everything is told by calling it: ``post``, ``follow``, ``direct`` ... ``me`` is the owner."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.me = Person(SHOP, "rosies.test", "Rosie's Bakery")
        self.people: dict[str, Person] = {SHOP: self.me}
        self.posts: dict[str, Post] = {}
        self.notes: list[Note] = []
        self.convos: dict[str, Convo] = {}
        self.records: dict[str, Doc] = {}
        self.writes: list[str] = []
        self._count = 0

    # --- what happens there

    def number(self) -> int:
        with self.lock:
            self._count += 1
            return self._count

    def person(self, handle: str, name: str = "") -> Person:
        for one in self.people.values():
            if one.handle == handle:
                return one
        did = "did:plc:" + hashlib.sha256(handle.encode()).hexdigest()[:24]
        self.people[did] = Person(did, handle, name or handle.partition(".")[0].title())
        return self.people[did]

    def post(
        self,
        who: Person | str,
        text: str,
        *,
        to: Post | None = None,
        quote: Post | None = None,
        ago: timedelta = timedelta(0),
        langs: list[str] | None = None,
        facets: list[Doc] | None = None,
        images: list[str] | None = None,
        tell: bool = True,
    ) -> Post:
        with self.lock:
            author = self.person(who) if isinstance(who, str) else who
            at = self.clock.now() - ago
            record: Doc = {"$type": POST, "text": text, "createdAt": iso(at)}
            if langs:
                record["langs"] = langs
            if facets:
                record["facets"] = facets
            if to is not None:
                record["reply"] = {"root": to.record.get("reply", {}).get("root", to.ref), "parent": to.ref}
            embed: Doc | None = None
            if quote is not None:
                record["embed"] = {"$type": "app.bsky.embed.record", "record": quote.ref}
                shown = {"$type": "app.bsky.embed.record#viewRecord", **quote.ref, "value": quote.record}
                embed = {"$type": "app.bsky.embed.record#view", "record": shown}
            if images:
                record["embed"] = {"$type": "app.bsky.embed.images", "images": [{"alt": a} for a in images]}
                shown_images = [
                    {"thumb": "https://cdn.test/t", "fullsize": "https://cdn.test/f", "alt": a}
                    for a in images
                ]
                embed = {"$type": "app.bsky.embed.images#view", "images": shown_images}
            uri = f"at://{author.did}/{POST}/{self._key()}"
            self.posts[uri] = made = Post(uri, author, record, at, embed=embed)
            if author is not self.me and tell:
                self._tell(made, to, quote)
            return made

    def _key(self) -> str:
        number = self.number()
        return "3" + "".join(_LETTERS[number >> shift & 31] for shift in range(55, -5, -5))

    def _tell(self, made: Post, to: Post | None, quote: Post | None) -> None:
        """Mentions, quotes, and answers up to five levels below a post of ours."""
        dids = [
            feature.get("did")
            for facet in made.record.get("facets", [])
            for feature in facet.get("features", [])
        ]
        if SHOP in dids:
            self.note("mention", made.author, made)
        if quote is not None and quote.author is self.me:
            self.note("quote", made.author, made, quote.uri)
        above, level = to, 0
        while above is not None and level < 5:
            if above.author is self.me:
                self.note("reply", made.author, made, above.uri)
                return
            above = self.posts.get(above.record.get("reply", {}).get("parent", {}).get("uri", ""))
            level += 1

    def note(self, reason: str, who: Person, post: Post, subject: str = "") -> None:
        self.notes.append(Note(reason, who, post.indexed_at, post.uri, post.record, subject, self.number()))

    def mention(self, who: str, text: str, **more: Any) -> Post:
        """A post that begins with our handle."""
        words = f"@{self.me.handle} {text}"
        end = len(f"@{self.me.handle}")
        feature = {"$type": "app.bsky.richtext.facet#mention", "did": SHOP}
        facet = {"index": {"byteStart": 0, "byteEnd": end}, "features": [feature]}
        return self.post(who, words, facets=[facet], **more)

    def follow(self, who: str, ago: timedelta = timedelta(0)) -> None:
        person, at = self.person(who), self.clock.now() - ago
        record = {"$type": "app.bsky.graph.follow", "subject": SHOP, "createdAt": iso(at)}
        uri = f"at://{person.did}/app.bsky.graph.follow/{self._key()}"
        self.notes.append(Note("follow", person, at, uri, record, number=self.number()))

    def edit(self, post: Post, text: str) -> None:
        post.record = {**post.record, "text": text}

    def delete(self, post: Post) -> None:
        post.is_gone = True
        self.notes = [one for one in self.notes if one.uri != post.uri]

    def convo(self, who: Person | str, status: str = "accepted") -> Convo:
        person = self.person(who) if isinstance(who, str) else who
        identifier = "3conv" + person.did[-8:]
        if identifier not in self.convos:
            self.convos[identifier] = Convo(identifier, [self.me, person], status)
        return self.convos[identifier]

    def direct(
        self,
        who: str,
        text: str,
        *,
        ours: bool = False,
        ago: timedelta = timedelta(0),
        status: str = "accepted",
    ) -> Doc:
        with self.lock:
            convo = self.convo(who, status)
            sender = self.me if ours else self.person(who)
            return self.say(convo, sender, {"text": text}, ago)

    def say(self, convo: Convo, sender: Person, message: Doc, ago: timedelta = timedelta(0)) -> Doc:
        convo.rev = self.number()
        said = {
            "$type": "chat.bsky.convo.defs#messageView",
            "id": self._key(),
            "rev": f"{convo.rev:013d}",
            "sender": {"did": sender.did},
            "sentAt": iso(self.clock.now() - ago),
            **message,
        }
        convo.messages.append(said)
        return said

    # --- how it is shown

    def view(self, post: Post) -> Doc:
        viewer: Doc = {"threadMuted": False}
        if post.replies_off:
            viewer["replyDisabled"] = True
        shown: Doc = {
            **post.ref,
            "author": post.author.view(),
            "record": post.record,
            "indexedAt": iso(post.indexed_at),
            "replyCount": sum(post.uri == one.answers and not one.is_gone for one in self.posts.values()),
            "likeCount": 0,
            "labels": [],
            "viewer": viewer,
        }
        return shown | ({"embed": post.embed} if post.embed else {})

    def seen(self, uri: str) -> Post | None:
        """A post as far as we may see it."""
        post = self.posts.get(uri)
        return None if post is None or post.is_gone or post.author.blocks_us else post

    def thread(self, uri: str, depth: int, height: int) -> Doc | None:
        """None where there is no such post."""
        post = self.posts.get(uri)
        if post is None or post.is_gone:
            return None
        if post.author.blocks_us:
            return self._hole(uri)
        children: dict[str, list[Post]] = {}
        for one in self.posts.values():
            children.setdefault(one.record.get("reply", {}).get("parent", {}).get("uri", ""), []).append(one)
        node = self._below(post, children, depth)
        at, above = node, post.record.get("reply", {}).get("parent", {}).get("uri", "")
        while above and height > 0:
            parent = self.posts.get(above)
            if parent is None or parent.is_gone or parent.author.blocks_us:
                at["parent"] = self._hole(above)
                break
            at["parent"] = at = {"$type": "app.bsky.feed.defs#threadViewPost", "post": self.view(parent)}
            above = parent.record.get("reply", {}).get("parent", {}).get("uri", "")
            height -= 1
        return node

    def _below(self, post: Post, children: dict[str, list[Post]], depth: int) -> Doc:
        node: Doc = {"$type": "app.bsky.feed.defs#threadViewPost", "post": self.view(post)}
        if depth > 0:
            node["replies"] = [
                self._hole(one.uri)
                if one.is_gone or one.author.blocks_us
                else self._below(one, children, depth - 1)
                for one in children.get(post.uri, [])
            ]
        return node

    def _hole(self, uri: str) -> Doc:
        post = self.posts.get(uri)
        if post is not None and post.author.blocks_us and not post.is_gone:
            author = {"did": post.author.did, "viewer": {"blockedBy": True}}
            return {"$type": "app.bsky.feed.defs#blockedPost", "uri": uri, "blocked": True, "author": author}
        return {"$type": "app.bsky.feed.defs#notFoundPost", "uri": uri, "notFound": True}

    def convo_view(self, convo: Convo) -> Doc:
        kind = "groupConvo" if convo.is_group else "directConvo"
        view: Doc = {
            "id": convo.id,
            "rev": f"{convo.rev:013d}",
            "members": [one.view() for one in convo.members],
            "muted": False,
            "unreadCount": 0,
            "status": convo.status,
            "kind": {"$type": f"chat.bsky.convo.defs#{kind}"},
        }
        return view | ({"lastMessage": convo.messages[-1]} if convo.messages else {})
