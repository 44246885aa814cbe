"""Answering on Bluesky: a post whose record key is made from the reply's own key, or a direct message.

Lexicons com.atproto.repo.putRecord, getRecord, app.bsky.feed.post, chat.bsky.convo.sendMessage;
atproto.com/specs/tid. ``putRecord`` with the same record key writes the same record again, so a repeated send
can never become a second post, and ``getRecord`` proves whether it is there. Direct messages have nothing of
the kind: there the conversation is read, and what cannot be found stays unknown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from services.channels._bluesky_facets import facets_for
from services.channels._bluesky_messages import (
    DIRECT,
    FOLLOW,
    POST,
    addressed,
    author_did,
    direct_id,
    direct_message_of,
    message_of,
    page_of,
    parent_of,
)
from services.channels._bluesky_places import flat
from services.channels._bluesky_session import Session, is_missing, name_of
from services.channels._shapes import Json, moment_of, part_of, parts_of, status_of, text_of
from services.channels.base import ABSENT, UNKNOWN, Found, Limits, Reply, Sent, ThreadRef
from services.clock import Clock, iso
from services.errors import BadAnswer, ChannelError, Refused, Unclear, Unreachable
from services.model import JsonObject, Message, MessageKind

_LETTERS = "234567abcdefghijklmnopqrstuvwxyz"
_FIRST, _SPAN = 1_672_531_200_000_000, 94_000_000_000_000
"""Record keys look like times; ours lie within three years from 2023-01-01, in microseconds."""
_CLOCKS_DIFFER = timedelta(minutes=2)
_MOST_PAGES_BACK = 3
_DEPTH = "100"


def record_key(key: str) -> str:
    """A valid TID that is the same for the same key, and for no other."""
    digest = hashlib.sha256(key.encode()).digest()
    moment = _FIRST + int.from_bytes(digest[:8]) % _SPAN
    number = moment << 10 | int.from_bytes(digest[8:10]) & 0x3FF
    return "".join(_LETTERS[number >> shift & 31] for shift in range(60, -5, -5))


class Answers:
    """What an account can do beside listening."""

    def __init__(self, session: Session, clock: Clock, limits_for: Callable[[Reply], Limits]) -> None:
        self._session = session
        self._clock = clock
        self._limits_for = limits_for

    # --- sending

    def send(self, reply: Reply) -> Sent:
        if reply.private or reply.reply_context.get("convo"):
            return self._send_direct(reply)
        return self._send_post(reply)

    def prefix(self, reply: Reply) -> str:
        """An answer reaches the one it answers by itself; a greeting has to name its reader."""
        handle = str(reply.reply_context.get("handle") or "")
        if reply.private or reply.reply_context.get("uri") or reply.reply_context.get("convo") or not handle:
            return ""
        return "" if f"@{handle}".lower() in reply.text.lower() else f"@{handle} "

    def _send_post(self, reply: Reply) -> Sent:
        text = self.prefix(reply) + reply.text
        check_length(text, self._limits_for(reply))
        me = self._session.did
        record: dict[str, Any] = {"$type": POST, "text": text, "createdAt": iso(self._clock.now())}
        context = reply.reply_context
        if context.get("uri"):
            record["reply"] = self._fresh_refs(context)
        languages = context.get("langs")
        if isinstance(languages, list) and languages:
            record["langs"] = languages[:3]
        facets = facets_for(text, self._session.did_of)
        if facets:
            record["facets"] = facets
        key = record_key(reply.key)
        body = {"repo": me, "collection": POST, "rkey": key, "record": record}
        uri = text_of(self._write(body), "uri")
        if not uri:
            raise Unclear("no-id")
        return self._sent(uri, record, reply)

    def _write(self, body: Json) -> Json:
        """A server without putRecord takes a new record under the same key, and refuses a second one."""
        try:
            return self._session.post("com.atproto.repo.putRecord", body)
        except BadAnswer as error:
            if not is_missing(error):
                raise _refusal(error) from None
        try:
            return self._session.post("com.atproto.repo.createRecord", body)
        except BadAnswer as error:
            params = [(name, str(body[name])) for name in ("repo", "collection", "rkey")]
            try:
                return self._session.get("com.atproto.repo.getRecord", params)
            except BadAnswer:
                raise _refusal(error) from None

    def _sent(self, uri: str, record: Json, reply: Reply) -> Sent:
        text = text_of(record, "text")
        return Sent(
            remote_id=uri,
            sent_at=moment_of(record, "createdAt") or self._clock.now(),
            url=page_of(uri),
            text="" if text == reply.text else text,
        )

    def _fresh_refs(self, context: JsonObject) -> dict[str, Any]:
        """Parent and root as they are now. Raises Refused where the post is gone, blocked or closed."""
        uri, root = str(context["uri"]), str(context.get("root_uri") or context["uri"])
        refs = {uri: str(context.get("cid") or ""), root: str(context.get("root_cid") or "")}
        try:
            answer = self._session.get("app.bsky.feed.getPosts", [("uris", one) for one in refs])
            found = {text_of(one, "uri"): one for one in parts_of(answer, "posts")}
            if uri not in found:
                self._refuse_missing(uri)
        except Unreachable as error:
            # Nothing has left yet.
            raise Unreachable(error.reason, sent=False, host=error.detail.get("host")) from None
        except BadAnswer as error:
            if status_of(error) < 400:
                raise Unreachable("server", sent=False) from None
            # A server that does not show posts this way; what is stored has to do.
            found = {}
        person = part_of(found.get(uri), "author", "viewer")
        if person.get("blockedBy") or person.get("blocking"):
            raise Refused("blocked")
        if part_of(found.get(uri), "viewer").get("replyDisabled") is True:
            raise Refused("closed")
        refs |= {one: text_of(found[one], "cid") for one in refs if one in found and found[one].get("cid")}
        return {
            "root": {"uri": root, "cid": refs[root]},
            "parent": {"uri": uri, "cid": refs[uri]},
        }

    def _refuse_missing(self, uri: str) -> None:
        """A post that the server does not show: deleted, or one of us has blocked the other."""
        try:
            thread = self._thread(uri, depth="0", height="0")
        except BadAnswer as error:
            if name_of(error) == "NotFound" or status_of(error) == 404:
                raise Refused("gone") from None
            raise
        if thread.get("notFound") is True:
            raise Refused("gone")
        if thread.get("blocked") is True:
            raise Refused("blocked")

    # --- direct messages

    def _send_direct(self, reply: Reply) -> Sent:
        check_length(reply.text, self._limits_for(reply))
        convo = self._convo_for(reply)
        message: dict[str, Any] = {"text": reply.text}
        facets = facets_for(reply.text, self._session.did_of)
        if facets:
            message["facets"] = facets
        try:
            answer = self._session.post(
                "chat.bsky.convo.sendMessage", {"convoId": convo, "message": message}, chat=True
            )
        except BadAnswer as error:
            raise _refusal(error) from None
        if not text_of(answer, "id"):
            raise Unclear("no-id")
        return self._sent_direct(convo, answer)

    def _sent_direct(self, convo: str, message: Json) -> Sent:
        return Sent(
            remote_id=direct_id(convo, text_of(message, "id")),
            sent_at=moment_of(message, "sentAt") or self._clock.now(),
        )

    def _convo_for(self, reply: Reply) -> str:
        """The conversation, accepted where it was only asked for; a new one for a public message that is
        answered in private. What goes wrong here went wrong before anything left."""
        known = str(reply.reply_context.get("convo") or "")
        try:
            if known:
                if reply.reply_context.get("is_request"):
                    self._session.post("chat.bsky.convo.acceptConvo", {"convoId": known}, chat=True)
                return known
            return self._convo_with(reply.parent_author_id)
        except BadAnswer as error:
            raise _refusal(error) from None
        except Unclear as error:
            raise Unreachable(error.reason, sent=False) from None
        except Unreachable as error:
            raise Unreachable(error.reason, sent=False, host=error.detail.get("host")) from None

    def _convo_with(self, did: str) -> str:
        answer = self._session.get("chat.bsky.convo.getConvoForMembers", [("members", did)], chat=True)
        found = text_of(part_of(answer, "convo"), "id")
        if not found:
            raise Refused("no-direct")
        return found

    # --- what became of it

    def find_sent(self, reply: Reply) -> Found:
        if reply.private or reply.reply_context.get("convo"):
            return self._find_direct(reply)
        me = self._session.did
        params = [("repo", me), ("collection", POST), ("rkey", record_key(reply.key))]
        try:
            answer = self._session.get("com.atproto.repo.getRecord", params)
        except BadAnswer as error:
            told = f"{name_of(error)} {error.detail.get('said') or ''}"
            if "RecordNotFound" in told or "Could not locate record" in told:
                return ABSENT
            if not is_missing(error):
                raise
            answer = self._shown(f"at://{me}/{POST}/{record_key(reply.key)}")
            if not answer:
                # Not shown, or not yet: a repeat under the same key is harmless.
                return ABSENT
        uri = text_of(answer, "uri")
        if not uri:
            return UNKNOWN
        return Found(sent=self._sent(uri, part_of(answer, "value"), reply))

    def _shown(self, uri: str) -> Json:
        """A post of ours on a server that does not hand out records, in the shape of a record."""
        answer = self._session.get("app.bsky.feed.getPosts", [("uris", uri)])
        posts = [one for one in parts_of(answer, "posts") if text_of(one, "uri") == uri]
        return {"uri": uri, "value": part_of(posts[0], "record")} if posts else {}

    def _find_direct(self, reply: Reply) -> Found:
        """Our newest words in the conversation since the first attempt, letter by letter."""
        try:
            convo = str(reply.reply_context.get("convo") or "") or self._convo_with(reply.parent_author_id)
        except Refused:
            return ABSENT
        me = self._session.did
        earliest = (reply.attempt_started or self._clock.now()) - _CLOCKS_DIFFER
        cursor = ""
        for _ in range(_MOST_PAGES_BACK):
            page, cursor = self._messages(convo, cursor)
            for one in page:
                sent_at = moment_of(one, "sentAt")
                if sent_at is not None and sent_at < earliest:
                    return UNKNOWN
                is_ours = text_of(part_of(one, "sender"), "did") == me
                if is_ours and text_of(one, "text").strip() == reply.text.strip():
                    return Found(sent=self._sent_direct(convo, one))
            if not cursor or not page:
                break
        return UNKNOWN

    def _messages(self, convo: str, cursor: str = "") -> tuple[list[Json], str]:
        params = [("convoId", convo), ("limit", "50"), *([("cursor", cursor)] if cursor else [])]
        answer = self._session.get("chat.bsky.convo.getMessages", params, chat=True)
        return parts_of(answer, "messages"), text_of(answer, "cursor")

    # --- the check before sending

    def thread(self, conversation: ThreadRef) -> Sequence[Message]:
        """Ours, and what they say to us; from those we talk with also what is said to others, marked so."""
        if conversation.key.startswith(DIRECT):
            return self._direct_thread(conversation.key.removeprefix(DIRECT))
        known = set(conversation.message_ids)
        parent = conversation.parent_id
        if conversation.key.startswith(FOLLOW) or parent.startswith(FOLLOW):
            return ()
        anchor = conversation.key if conversation.key in known else parent
        if not anchor.startswith("at://"):
            return ()
        posts = {text_of(one, "uri"): one for one in flat(self._thread(anchor))}
        if parent.startswith("at://") and parent not in posts:
            # A long exchange is not shown to its end from its beginning.
            posts |= {text_of(one, "uri"): one for one in flat(self._thread(parent))}
        me = self._session.did
        people = {author_did(one) for uri, one in posts.items() if uri in known} - {me}
        inside = _below(posts, known | {anchor})
        to_us = addressed(posts, me, parent)
        return [
            self._thread_message(one, conversation.key, uri in to_us)
            for uri, one in posts.items()
            if uri in inside and (author_did(one) == me or uri in to_us or author_did(one) in people)
        ]

    def _thread(self, uri: str, *, depth: str = _DEPTH, height: str = "0") -> Json:
        params = [("uri", uri), ("depth", depth), ("parentHeight", height)]
        return part_of(self._session.get("app.bsky.feed.getPostThread", params), "thread")

    def _thread_message(self, post: Json, key: str, is_addressed: bool) -> Message:
        me = self._session.did
        return message_of(
            post,
            me=me,
            now=self._clock.now(),
            key=key,
            kind=MessageKind.REPLY if parent_of(post) else MessageKind.MENTION,
            is_addressed=author_did(post) == me or is_addressed,
        )

    def _direct_thread(self, convo: str) -> Sequence[Message]:
        answer = self._session.get("chat.bsky.convo.getConvo", [("convoId", convo)], chat=True)
        page, _ = self._messages(convo)
        me, now = self._session.did, self._clock.now()
        return [
            direct_message_of(one, part_of(answer, "convo"), me=me, now=now)
            for one in reversed(page)
            if "text" in one and text_of(part_of(one, "sender"), "did")
        ]

    # --- moderation

    def moderate(self, action: str, message_id: str, reply_context: JsonObject) -> None:
        me, now = self._session.did, iso(self._clock.now())
        uri, cid, did = (str(reply_context.get(name) or "") for name in ("uri", "cid", "did"))
        if action == "like" and uri and cid:
            record = {"subject": {"uri": uri, "cid": cid}, "createdAt": now}
            self._put("app.bsky.feed.like", f"like {me} {uri}", record)
        elif action == "block" and did:
            self._put("app.bsky.graph.block", f"block {me} {did}", {"subject": did, "createdAt": now})
        elif action == "delete" and message_id.startswith(f"at://{me}/{POST}/"):
            body = {"repo": me, "collection": POST, "rkey": message_id.rpartition("/")[2]}
            self._session.post("com.atproto.repo.deleteRecord", body)
        else:
            raise Refused("not-allowed", action=action)

    def _put(self, collection: str, key: str, record: Json) -> None:
        """A record of which there is only one, however often it is asked for."""
        body = {
            "repo": self._session.did,
            "collection": collection,
            "rkey": record_key(key),
            "record": {"$type": collection, **record},
        }
        self._session.post("com.atproto.repo.putRecord", body)


def check_length(text: str, limits: Limits) -> None:
    from services.replies.length import check_length as measured

    length = measured(text, limits)
    if length.over:
        raise Refused("too-long", over=length.over, limit=length.limit)


def _below(posts: dict[str, Json], known: set[str]) -> set[str]:
    """Of a thread view, what belongs to a conversation: the known posts and everything that answers them."""
    children: dict[str, list[str]] = {}
    for uri, post in posts.items():
        children.setdefault(parent_of(post), []).append(uri)
    inside: set[str] = set()
    waiting = list(known)
    while waiting:
        uri = waiting.pop()
        if uri not in inside:
            inside.add(uri)
            waiting += children.get(uri, [])
    return inside & posts.keys()


_REASONS = {
    "RecipientDisabled": "no-direct",
    "MessagesDisabled": "no-direct",
    "NotFollowedBySender": "no-direct",
    "AccountSuspended": "blocked",
    "BlockedActor": "blocked",
    "BlockedByActor": "blocked",
    "RecipientNotFound": "gone",
    "ConvoLocked": "closed",
    "InvalidConvo": "gone",
}


def _refusal(error: BadAnswer) -> ChannelError:
    """What a 4xx means for a reply; what cannot be read, though it was processed, is unclear."""
    name, said = name_of(error), str(error.detail.get("said") or "")
    status = status_of(error)
    if not 400 <= status < 500:
        return Unclear(error.reason)
    if name in _REASONS:
        return Refused(_REASONS[name], said=said, status=status)
    lowered = said.lower()
    if status == 413 or "graphemes" in lowered or "too long" in lowered or "longer than" in lowered:
        return Refused("too-long", said=said, status=status)
    if status in (404, 410):
        return Refused("gone", said=said, status=status)
    if "recipient" in lowered and "message" in lowered:
        return Refused("no-direct", said=said, status=status)
    return Refused("rejected", said=said, status=status)
