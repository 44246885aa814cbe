"""Answering: once, in its place, as it was written; and moderating."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.channels.base import ThreadRef
from services.errors import (
    BadAnswer,
    ChannelError,
    NotAllowed,
    RateLimited,
    Refused,
    SignInNeeded,
    Unclear,
    Unreachable,
)
from services.model import Direction, MessageState
from tests.channels.wordpress.conftest import OpenDesk
from tests.channels.wordpress.desk import Desk, only
from tests.channels.wordpress.records import Comment

COMMENTS = "/wp-json/wp/v2/comments"


def asked(desk: Desk, **more: Any) -> Comment:
    comment = desk.say("Where is my order?", **more)
    desk.look()
    return comment


def test_an_answer_stands_below_its_comment(desk: Desk) -> None:
    comment = asked(desk)
    sent = desk.channel().send(desk.reply_to(comment, "It left today."))
    (made,) = desk.answers()
    assert (made.parent, made.post, made.raw) == (comment.id, desk.post.id, "It left today.")
    assert (sent.remote_id, sent.text, sent.is_pending) == (str(made.id), "", False)
    assert sent.sent_at == desk.clock.now()
    assert sent.url.endswith(f"#comment-{made.id}")
    assert only(desk.look()).direction is Direction.OUTBOUND


@pytest.mark.parametrize("text", ["<b>2 < 3</b> & more &amp;", "❤️", "שלום", "Sorry. " * 1429])
def test_what_looks_like_code_is_meant_as_it_stands(desk: Desk, text: str) -> None:
    comment = asked(desk)
    reply = desk.reply_to(comment, text)
    desk.channel().send(reply)
    assert "".join(only(desk.look()).text.split()) == "".join(text.split())
    assert "<b>" not in desk.answers()[0].raw
    assert desk.channel().find_sent(reply).sent is not None


def test_a_comment_that_waits_is_published_by_its_answer(desk: Desk) -> None:
    comment = asked(desk, status="hold")
    desk.channel().send(desk.reply_to(comment, "Here it is"))
    assert comment.status == "approved"


@pytest.mark.parametrize("fault", ["reset-after", "reset-body"])
def test_a_cut_connection_sends_once(desk: Desk, fault: str) -> None:
    comment = asked(desk)
    reply = desk.reply_to(comment, "It left today.")
    desk.site.fault(fault, COMMENTS, method="POST")
    with pytest.raises(Unclear):
        desk.channel().send(reply)
    found = desk.channel().find_sent(reply)
    assert found.sent is not None
    assert found.sent.remote_id == str(desk.answers()[0].id)
    assert desk.channel().send(reply).remote_id == found.sent.remote_id
    assert len(desk.answers()) == 1


def test_what_never_arrived_is_proven_absent_and_sent_again(desk: Desk) -> None:
    comment = asked(desk)
    reply = desk.reply_to(comment, "It left today.")
    desk.site.fault("reset", COMMENTS, method="POST")
    with pytest.raises(Unclear):
        desk.channel().send(reply)
    assert desk.channel().find_sent(reply).is_absent
    desk.channel().send(reply)
    assert len(desk.answers()) == 1


def test_an_answer_that_moved_up_is_found(desk: Desk) -> None:
    """Deleting a comment for good lifts what stood below it."""
    comment = asked(desk)
    reply = desk.reply_to(comment, "It left today.")
    desk.channel().send(reply)
    desk.site.forget(comment)
    assert desk.channel().find_sent(reply).sent is not None


def test_an_earlier_answer_in_the_same_words_elsewhere_is_not_taken_for_it(desk: Desk) -> None:
    first = asked(desk)
    desk.channel().send(desk.reply_to(first, "Thank you!"))
    desk.clock.advance(seconds=30)
    second = desk.say("And mine?", "ben")
    desk.look()
    reply = desk.reply_to(second, "Thank you!")
    desk.site.fault("reset", COMMENTS, method="POST")
    with pytest.raises(Unclear):
        desk.channel().send(reply)
    assert desk.channel().find_sent(reply).is_absent
    desk.channel().send(reply)
    assert [one.parent for one in desk.answers()] == [first.id, second.id]


def test_nor_is_an_earlier_one_with_other_signs(desk: Desk) -> None:
    comment = asked(desk)
    desk.channel().send(desk.reply_to(comment, "Really?"))
    desk.clock.advance(minutes=10)
    reply = desk.reply_to(comment, "Really!")
    assert desk.channel().find_sent(reply).is_absent
    desk.channel().send(reply)
    assert desk.channel().find_sent(reply).sent is not None
    assert [one.raw for one in desk.answers()] == ["Really?", "Really!"]


def test_nor_is_one_on_the_same_post_when_the_comment_is_gone(desk: Desk) -> None:
    first, second = asked(desk), desk.say("And mine?", "ben")
    desk.look()
    desk.channel().send(desk.reply_to(first, "Thank you!"))
    desk.site.forget(second)
    reply = desk.reply_to(second, "Thank you!")
    assert desk.channel().find_sent(reply).is_absent
    with pytest.raises(Refused) as caught:
        desk.channel().send(reply)
    assert caught.value.reason == "gone"
    assert len(desk.answers()) == 1


def test_looking_for_an_answer_needs_a_good_sign_in(desk: Desk) -> None:
    comment = asked(desk)
    desk.rosie.passwords.clear()
    with pytest.raises(SignInNeeded):
        desk.channel().find_sent(desk.reply_to(comment, "Hello"))


@pytest.mark.parametrize("status", ["trash", "spam", "gone"])
def test_a_comment_deleted_while_it_was_answered(desk: Desk, status: str) -> None:
    comment = asked(desk)
    reply = desk.reply_to(comment, "It left today.")
    if status == "gone":
        desk.site.forget(comment)
    else:
        comment.status = status
    with pytest.raises(Refused) as caught:
        desk.channel().send(reply)
    assert caught.value.reason == "gone"
    assert desk.answers() == []


def test_a_reply_over_the_limit_never_leaves(desk: Desk) -> None:
    comment = asked(desk)
    limits = desk.channel().limits()
    assert (limits.max_length, limits.units) == (65_525, "bytes")
    desk.site.asked.clear()
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(comment, "é" * 32_763))
    assert (caught.value.reason, caught.value.detail["over"]) == ("too-long", 1)
    assert desk.site.routes() == []
    desk.channel().send(desk.reply_to(comment, "é" * 32_762))
    assert len(desk.answers()) == 1


@pytest.mark.parametrize(
    ("status", "body", "error", "reason"),
    [
        (403, b'{"code":"rest_comment_closed"}', Refused, "closed"),
        (403, b'{"code":"rest_comment_trash_post"}', Refused, "gone"),
        (409, b'{"code":"comment_duplicate"}', Refused, "duplicate"),
        (400, b'{"code":"comment_content_column_length"}', Refused, "too-long"),
        (400, b'{"code":"some_plugin_says_no"}', Refused, "rejected"),
        (401, b'{"code":"rest_comment_login_required"}', SignInNeeded, "401"),
        (403, b"<html>blocked</html>", NotAllowed, "api-blocked"),
        (400, b'{"code":"comment_flood"}', RateLimited, ""),
        (429, b"", RateLimited, ""),
        (500, b'{"code":"rest_comment_failed_create"}', Unclear, "server"),
        (502, b"<html>", Unclear, "server"),
        (301, b"", Unclear, "redirected"),
        (200, b"<html>ok</html>", Unclear, "not-json"),
        (201, b"{}", Unclear, "no-id"),
    ],
)
def test_what_a_site_may_say_to_an_answer(
    desk: Desk, status: int, body: bytes, error: type[ChannelError], reason: str
) -> None:
    comment = asked(desk)
    desk.site.fault(
        "body", COMMENTS, method="POST", status=status, body=body, content_type="application/json"
    )
    with pytest.raises(error) as caught:
        desk.channel().send(desk.reply_to(comment, "It left today."))
    assert (type(caught.value), caught.value.reason) == (error, reason)


@pytest.mark.parametrize("fault", [{"kind": "reset"}, {"kind": "status", "status": 502}, {"kind": "garbage"}])
def test_a_site_that_cannot_be_read_first_gets_nothing(desk: Desk, fault: dict[str, Any]) -> None:
    comment = asked(desk)
    desk.site.fault(path=f"{COMMENTS}/*", times=3, **fault)
    with pytest.raises(Unreachable) as caught:
        desk.channel().send(desk.reply_to(comment, "It left today."))
    assert caught.value.sent is False
    assert desk.answers() == []


def test_who_may_not_moderate_waits_between_two_answers(open_desk: OpenDesk) -> None:
    desk = open_desk("subscriber").sign_in()
    first, second = desk.say("One"), desk.say("Two", "ben")
    desk.look()
    desk.channel().send(desk.reply_to(first, "Hello"))
    with pytest.raises(RateLimited) as caught:
        desk.channel().send(desk.reply_to(second, "Hello you"))
    assert caught.value.until == desk.clock.now() + timedelta(seconds=20)
    desk.clock.advance(seconds=21)
    desk.channel().send(desk.reply_to(second, "Hello you"))
    assert len(desk.answers()) == 2


# --- the check before sending


def test_the_thread_is_read_again(desk: Desk) -> None:
    comment = asked(desk)
    later = desk.say("Hello?", under=comment)
    deeper = desk.say("I am so angry", under=later)
    ours = desk.say("We look into it", "rosie", under=deeper, author=desk.rosie.id)
    desk.say("Somewhere else", "ben")
    found = desk.channel().thread(ThreadRef(str(comment.id), (str(comment.id),), str(comment.id)))
    assert [m.remote_id for m in found] == [str(c.id) for c in (comment, later, deeper, ours)]
    assert {m.conversation_key for m in found} == {str(comment.id)}
    assert found[-1].direction is Direction.OUTBOUND
    polled = {m.remote_id: m for m in desk.look()}
    assert {m.remote_id: m.version for m in found[1:]}.items() <= {
        k: m.version for k, m in polled.items()
    }.items()


def test_a_thread_of_a_thousand_is_read_again_in_a_few_requests(desk: Desk) -> None:
    first = desk.say("First")
    for number in range(999):
        desk.say(f"And {number}", f"v{number}", under=first)
    heard = desk.look()
    last = desk.say("The very last", under=desk.site.comments[first.id + 400])
    ref = ThreadRef(str(first.id), tuple(m.remote_id for m in heard), str(first.id), {"post": desk.post.id})
    desk.site.asked.clear()
    found = desk.channel().thread(ref)
    assert str(last.id) in {m.remote_id for m in found}
    assert len(desk.site.asked) <= 6


# --- moderation


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        ("approve", "hold", "approved"),
        ("hide", "approved", "hold"),
        ("spam", "hold", "spam"),
        ("delete", "approved", "trash"),
    ],
)
def test_moderation_is_done_once_and_twice(desk: Desk, action: str, before: str, after: str) -> None:
    comment = desk.say("Hello", status=before)
    desk.look()
    for _ in range(2):
        desk.channel().moderate(action, str(comment.id), {})
        assert comment.status == after
    heard = desk.look()
    if after in ("spam", "trash"):
        assert desk.gone == [str(comment.id)]
    else:
        assert only(heard).state is (MessageState.PENDING if after == "hold" else MessageState.RECEIVED)


def test_a_site_without_a_trash_deletes_for_good(desk: Desk) -> None:
    comment = asked(desk)
    desk.site.keeps_trash = False
    desk.channel().moderate("delete", str(comment.id), {})
    assert comment.id not in desk.site.comments


def test_what_cannot_be_moderated(open_desk: OpenDesk) -> None:
    desk = open_desk("author").sign_in()
    comment = asked(desk)
    with pytest.raises(NotAllowed) as caught:
        desk.channel().moderate("spam", str(comment.id), {})
    assert caught.value.detail["permission"] == "moderate_comments"
    desk.rosie.role = "editor"
    with pytest.raises(Refused):
        desk.channel().moderate("like", str(comment.id), {})
    desk.site.fault("status", f"{COMMENTS}/*", method="POST", status=500)
    with pytest.raises((Unclear, Refused, Unreachable)):
        desk.channel().moderate("spam", str(comment.id), {})
    desk.site.forget(comment)
    for action in ("approve", "delete"):
        with pytest.raises(Refused) as gone:
            desk.channel().moderate(action, str(comment.id), {})
        assert gone.value.reason == "gone"
    assert not isinstance(caught.value, BadAnswer)
