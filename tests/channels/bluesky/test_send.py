"""Answering on Bluesky: once, in the right place, as it was written."""

from __future__ import annotations

import re

import pytest

from services.channels._bluesky_answers import record_key
from services.channels.base import ABSENT, UNKNOWN, ThreadRef
from services.errors import NotAllowed, RateLimited, Refused, SignInNeeded, Unclear, Unreachable
from services.model import Direction
from tests.channels.bluesky.desk import Desk, only
from tests.channels.bluesky.world import SHOP, Post

PUT = "com.atproto.repo.putRecord"
SEND = "chat.bsky.convo.sendMessage"


def asked(desk: Desk, text: str = "where is my parcel?") -> Post:
    post = desk.world.mention("ann.test", text, langs=["en", "de"])
    desk.look()
    return post


def sent_post(desk: Desk) -> Post:
    (post,) = [p for p in desk.net.own_posts() if "reply" in p.record or p.record["text"].startswith("@")]
    return post


def test_an_answer_stands_below_what_it_answers(desk: Desk) -> None:
    world = desk.world
    start = world.post("bob.test", "where do you buy bread?")
    tip = world.mention("ann.test", "try these", to=start, langs=["en"])
    desk.look()
    sent = desk.channel().send(desk.reply_to(tip, "Thank you"))
    post = sent_post(desk)
    assert post.record["reply"] == {"root": start.ref, "parent": tip.ref}
    assert (post.record["text"], post.record["langs"]) == ("Thank you", ["en"])
    assert sent.remote_id == post.uri
    assert sent.url.startswith(f"https://bsky.app/profile/{SHOP}/post/")
    assert sent.text == ""


def test_the_refs_are_those_of_now(desk: Desk) -> None:
    post = asked(desk)
    reply = desk.reply_to(post, "On its way")
    desk.world.edit(post, "where is my parcel, please?")
    desk.channel().send(reply)
    assert sent_post(desk).record["reply"]["parent"] == post.ref


def test_links_mentions_and_tags_are_counted_in_bytes(desk: Desk) -> None:
    desk.world.person("bob.test")
    text = "Grüße 🥐 an @bob.test und @nobody.test: https://shop.example/é. #brot2 (siehe shop.example/x)"
    desk.channel().send(desk.reply_to(asked(desk), text))
    raw = text.encode()
    found = {
        raw[f["index"]["byteStart"] : f["index"]["byteEnd"]].decode(): f["features"][0]
        for f in sent_post(desk).record["facets"]
    }
    assert set(found) == {"@bob.test", "https://shop.example/é", "#brot2"} | ({"shop.example/x"} & set(found))
    assert found["@bob.test"]["did"] == desk.world.person("bob.test").did
    assert found["https://shop.example/é"]["uri"] == "https://shop.example/é"
    assert found["#brot2"]["tag"] == "brot2"


@pytest.mark.parametrize("fault", ["reset-after", "reset-body", "status"])
def test_a_repeated_send_is_one_post(desk: Desk, fault: str) -> None:
    reply = desk.reply_to(asked(desk), "It left this morning")
    desk.net.fault(fault, PUT, status=502)
    with pytest.raises((Unclear, Unreachable)):
        desk.channel().send(reply)
    found = desk.channel().find_sent(reply)
    if fault == "status":
        assert found == ABSENT
    else:
        assert found.sent is not None
        assert found.sent.remote_id == sent_post(desk).uri
    desk.clock.advance(30)
    desk.channel().send(reply)
    assert sent_post(desk).record["text"] == "It left this morning"


def test_a_server_that_can_only_create(desk: Desk) -> None:
    desk.net.has_put = False
    reply = desk.reply_to(asked(desk), "hello")
    first = desk.channel().send(reply)
    assert desk.channel().send(reply).remote_id == first.remote_id
    assert len(desk.net.own_posts()) == 1


def test_another_reply_is_another_post(desk: Desk) -> None:
    post = asked(desk)
    for key in ("one", "two"):
        desk.channel().send(desk.reply_to(post, "Same words", key=key))
    assert len(desk.net.own_posts()) == 2


def test_our_record_keys_are_valid_and_our_own() -> None:
    keys = {record_key(f"key {number}") for number in range(2000)}
    assert len(keys) == 2000
    assert all(re.fullmatch("[234567abcdefghij][2-7a-z]{12}", key) for key in keys)
    assert record_key("key 1") == record_key("key 1")


def test_absence_is_proven(desk: Desk) -> None:
    reply = desk.reply_to(asked(desk), "never sent")
    assert desk.channel().find_sent(reply) == ABSENT
    desk.channel().send(reply)
    assert desk.channel().find_sent(reply).sent is not None
    desk.net.revoke()
    with pytest.raises(SignInNeeded):
        desk.channel().send(reply)


FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"


@pytest.mark.parametrize(
    ("text", "over"),
    [("a" * 301, 1), (FAMILY * 130, 250), ("🥐" * 300 + "ä", 1), ("é" * 10_000, 9700)],
)
def test_too_long_is_refused_before_anything_leaves(desk: Desk, text: str, over: int) -> None:
    reply = desk.reply_to(asked(desk), text)
    with pytest.raises(Refused) as caught:
        desk.channel().send(reply)
    assert (caught.value.reason, caught.value.detail["over"]) == ("too-long", over)
    assert desk.net.count(PUT) == 0


@pytest.mark.parametrize("text", ["a" * 300, "🥐" * 300, "שלום" * 60, FAMILY * 100])
def test_what_fits_leaves_whole(desk: Desk, text: str) -> None:
    desk.channel().send(desk.reply_to(asked(desk), text))
    assert sent_post(desk).record["text"] == text


def test_what_cannot_be_answered_any_more(desk: Desk) -> None:
    gone, blocked, closed = (desk.world.mention(f"{n}.test", n) for n in ("ann", "bob", "cem"))
    desk.look()
    replies = [desk.reply_to(p, "hello") for p in (gone, blocked, closed)]
    desk.world.delete(gone)
    blocked.author.blocks_us = True
    closed.replies_off = True
    for reply, reason in zip(replies, ("gone", "blocked", "closed"), strict=True):
        with pytest.raises(Refused) as caught:
            desk.channel().send(reply)
        assert caught.value.reason == reason
    assert desk.net.own_posts() == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "status", "status": 502, "method": "app.bsky.feed.getPosts"}, Unreachable),
        ({"kind": "reset", "method": "app.bsky.feed.getPosts", "times": 2}, Unreachable),
        ({"kind": "status", "status": 429, "retry_after": "60", "method": PUT}, RateLimited),
    ],
)
def test_what_did_not_leave_is_known_not_to_have_left(desk: Desk, fault: dict, error: type) -> None:  # type: ignore[type-arg]
    reply = desk.reply_to(asked(desk), "hello")
    desk.net.fault(**fault)
    with pytest.raises(error) as caught:
        desk.channel().send(reply)
    if isinstance(caught.value, Unreachable):
        assert not caught.value.sent
    assert desk.net.own_posts() == []


def test_garbage_after_a_send_is_unclear(desk: Desk) -> None:
    reply = desk.reply_to(asked(desk), "hello")
    desk.net.fault("bad-json", PUT)
    with pytest.raises(Unclear):
        desk.channel().send(reply)
    assert desk.channel().find_sent(reply) == ABSENT
    desk.channel().send(reply)
    assert len(desk.net.own_posts()) == 1


def test_what_the_server_refuses_is_said(desk: Desk) -> None:
    reply = desk.reply_to(asked(desk), "hello")
    words = b'{"error": "InvalidRequest", "message": "Record/text is not liked"}'
    desk.net.fault("status", PUT, status=400, body=words)
    with pytest.raises(Refused) as caught:
        desk.channel().send(reply)
    assert caught.value.detail["said"] == "Record/text is not liked"


def test_a_session_that_ran_out_is_renewed_while_sending(desk: Desk) -> None:
    reply = desk.reply_to(asked(desk), "hello")
    desk.net.expire()
    desk.channel().send(reply)
    assert len(desk.net.own_posts()) == 1


def test_a_follower_is_greeted_by_name(desk: Desk) -> None:
    desk.world.follow("finn.test")
    message = only(desk.look())
    channel = desk.channel()
    reply = desk.reply_to(message, "welcome")
    assert channel.prefix(reply) == "@finn.test "
    sent = channel.send(reply)
    post = sent_post(desk)
    assert post.record["text"] == sent.text == "@finn.test welcome"
    assert "reply" not in post.record
    assert post.record["facets"][0]["features"][0]["did"] == message.author.id
    assert channel.prefix(desk.reply_to(message, "Hi @Finn.test")) == ""


# --- direct messages


def test_a_direct_message_stays_between_the_two(desk: Desk) -> None:
    desk.world.direct("dora.test", "do you deliver?", status="request")
    message = only(desk.look())
    sent = desk.channel().send(desk.reply_to(message, "We do: https://shop.example"))
    convo = desk.world.convo("dora.test")
    assert convo.status == "accepted"
    assert convo.messages[-1]["text"] == "We do: https://shop.example"
    assert convo.messages[-1]["facets"]
    assert desk.net.own_posts() == []
    found = {m.remote_id: m for m in desk.look()}
    assert found[sent.remote_id].direction is Direction.OUTBOUND


def test_a_direct_message_may_be_longer(desk: Desk) -> None:
    desk.world.direct("dora.test", "do you deliver?")
    message = only(desk.look())
    channel = desk.channel()
    reply = desk.reply_to(message, "a" * 1000)
    assert channel.limits_for(reply).max_length == 1000
    channel.send(reply)
    with pytest.raises(Refused):
        channel.send(desk.reply_to(message, "a" * 1001))
    assert len(desk.world.convo("dora.test").messages) == 2


def test_a_public_message_answered_in_private(desk: Desk) -> None:
    post = asked(desk)
    reply = desk.reply_to(post, "Your address?", private=True)
    desk.channel().send(reply)
    assert [m["text"] for m in desk.world.convo("ann.test").messages] == ["Your address?"]
    assert desk.net.own_posts() == []
    post.author.blocks_us = True
    with pytest.raises(Refused) as caught:
        desk.channel().send(reply)
    assert caught.value.reason == "no-direct"


def test_a_direct_message_that_broke_off_is_looked_for(desk: Desk) -> None:
    desk.world.direct("dora.test", "do you deliver?")
    message = only(desk.look())
    reply = desk.reply_to(message, "We do!")
    assert desk.channel().find_sent(reply) == UNKNOWN, "nothing proves that it will not come"
    desk.net.fault("reset-after", SEND)
    with pytest.raises(Unclear):
        desk.channel().send(reply)
    found = desk.channel().find_sent(reply)
    assert found.sent is not None
    assert found.sent.remote_id.endswith(desk.world.convo("dora.test").messages[-1]["id"])
    assert desk.channel().find_sent(desk.reply_to(message, "We do")) == UNKNOWN, "not the same words"


def test_the_same_words_of_last_week_are_not_this_reply(desk: Desk) -> None:
    desk.world.direct("dora.test", "do you deliver?")
    desk.world.direct("dora.test", "We do!", ours=True)
    message = next(m for m in desk.look() if m.direction is Direction.INBOUND)
    desk.clock.advance(hours=1)
    assert desk.channel().find_sent(desk.reply_to(message, "We do!")) == UNKNOWN


def test_a_direct_answer_needs_the_permission(desk: Desk) -> None:
    desk.world.direct("dora.test", "do you deliver?")
    reply = desk.reply_to(only(desk.look()), "We do!")
    desk.net.passwords = {"abcd-efgh-ijkl-mnop": "com.atproto.appPass"}
    with pytest.raises(NotAllowed) as caught:
        desk.channel().send(reply)
    assert caught.value.detail["permission"] == "chat.bsky"


# --- the check before sending


def ref(desk: Desk, post: Post) -> ThreadRef:
    message = desk.seen[post.uri]
    known = [m.remote_id for m in desk.seen.values() if m.conversation_key == message.conversation_key]
    return ThreadRef(message.conversation_key, tuple(known), post.uri, message.reply_context)


def test_the_thread_shows_what_happened_meanwhile(desk: Desk) -> None:
    world = desk.world
    bread = world.post(world.me, "New bread")
    other = world.post("bob.test", "another comment", to=bread)
    comment = world.post("ann.test", "is it fresh?", to=bread)
    desk.look()
    ours = world.post(world.me, "it is", to=comment)
    again = world.post("ann.test", "sure?", to=ours)
    aside = world.post("cem.test", "I had one", to=comment)
    found = {m.remote_id: m for m in desk.channel().thread(ref(desk, comment))}
    assert found[ours.uri].direction is Direction.OUTBOUND
    assert found[again.uri].is_addressed
    assert other.uri not in found
    assert aside.uri not in found
    assert bread.uri not in found


def test_far_down_a_long_thread_the_parent_is_read_too(desk: Desk) -> None:
    world = desk.world
    at = first = world.mention("ann.test", "0")
    for number in range(150):
        at = world.post("ann.test" if number % 2 else world.me, str(number), to=at)
    desk.look()
    ours = world.post(world.me, "the end", to=at)
    found = {m.remote_id for m in desk.channel().thread(ref(desk, at))}
    assert ours.uri in found
    assert first.uri in found


def test_a_direct_exchange_is_re_read(desk: Desk) -> None:
    desk.world.direct("dora.test", "do you deliver?")
    message = only(desk.look())
    desk.world.direct("dora.test", "yes we do", ours=True)
    known = ThreadRef(
        message.conversation_key, (message.remote_id,), message.remote_id, message.reply_context
    )
    assert [m.text for m in desk.channel().thread(known)] == ["do you deliver?", "yes we do"]


# --- moderation


def test_like_block_and_delete(desk: Desk) -> None:
    post = asked(desk)
    message = desk.seen[post.uri]
    channel = desk.channel()
    for _ in range(2):
        channel.moderate("like", post.uri, message.reply_context)
        channel.moderate("block", post.uri, message.reply_context)
    likes = [r for u, r in desk.world.records.items() if "/app.bsky.feed.like/" in u]
    blocks = [r for u, r in desk.world.records.items() if "/app.bsky.graph.block/" in u]
    assert [r["subject"] for r in likes] == [post.ref]
    assert [r["subject"] for r in blocks] == [post.author.did]
    sent = channel.send(desk.reply_to(post, "wrong words"))
    channel.moderate("delete", sent.remote_id, {})
    assert desk.net.own_posts() == []
    with pytest.raises(Refused):
        channel.moderate("delete", post.uri, message.reply_context)
    with pytest.raises(Refused):
        channel.moderate("hide", post.uri, message.reply_context)
