"""What a message may hold, and what is made of it."""

from __future__ import annotations

import io

import pytest

from tests.channels.chat_desk import ChatDesk, only
from tests.channels.matrix.standin import ANN, BOB


def test_the_quote_of_older_programs_is_taken_off(desk: ChatDesk) -> None:
    question = next(m for m in desk.seen.values() if m.author.id == BOB)
    desk.standin.say(
        ANN,
        "> <@bob:bakery.test> Hello, are you open\n> on Sunday?\n\nI hope so",
        answers=question.remote_id,
        format="org.matrix.custom.html",
        formatted_body="<mx-reply><blockquote>x</blockquote></mx-reply>I hope so",
    )
    desk.standin.say(ANN, "> quoted by hand\nmy words", answers=question.remote_id)
    first, second = sorted(desk.look(), key=lambda m: m.text != "I hope so")
    assert (first.text, first.html) == ("I hope so", "I hope so")
    assert second.text == "> quoted by hand\nmy words"


@pytest.mark.parametrize(
    "text",
    ["😡😡😡", "הלחם היה ישן ומעופש", "👩‍👩‍👧‍👦🏳️‍🌈", "a" * 10_000, "<b>not bold</b> & \u202eright to left"],
)
def test_any_text_comes_as_it_was_written(desk: ChatDesk, text: str) -> None:
    desk.standin.say(ANN, text)
    assert only(desk.look()).text == text


def test_pictures_and_files(desk: ChatDesk) -> None:
    desk.standin.media["mxc://bakery.test/abc"] = b"\x89PNG bytes"
    place = {"url": "mxc://bakery.test/abc", "info": {"size": 10}}
    desk.standin.say(ANN, "cake.png", msgtype="m.image", **place)
    desk.standin.say(ANN, "Look at this!", msgtype="m.image", filename="cake.png", **place)
    desk.standin.say(ANN, "bill.pdf", msgtype="m.file", file={"url": "mxc://x/y"})
    plain, captioned, sealed = sorted(desk.look(), key=lambda m: int(m.remote_id[2:]))
    assert (plain.text, captioned.text) == ("", "Look at this!")
    picture = plain.attachments[0]
    assert (picture.kind, picture.name, picture.size) == ("image", "cake.png", 10)
    assert captioned.attachments[0].name == "cake.png"
    assert sealed.attachments[0].part == ""
    into = io.BytesIO()
    desk.channel().save_attachment(plain.remote_id, picture, plain.reply_context, into)
    assert into.getvalue() == b"\x89PNG bytes"


def test_notices_emotes_places_and_polls(desk: ChatDesk) -> None:
    desk.standin.say(BOB, "build 7 passed", msgtype="m.notice")
    desk.standin.say(ANN, "waves", msgtype="m.emote")
    desk.standin.say(ANN, "I am here", msgtype="m.location", geo_uri="geo:52.5,13.4")
    question = {"m.text": [{"body": "Which?"}]}
    poll = {"question": question, "answers": [{"m.text": [{"body": "Rye"}]}]}
    desk.standin.say(ANN, "", kind="m.poll.start", **{"m.poll": poll})
    desk.standin.say(ANN, "", msgtype="m.hologram")
    desk.standin.say(ANN, "x", msgtype="m.key.verification.request")
    found = sorted(desk.look(), key=lambda m: int(m.remote_id[2:]))
    notice, emote, place, asked, unknown = found
    assert notice.is_automatic
    assert emote.text == "* Ann Lee waves"
    assert "mlat=52.5" in place.attachments[0].url
    assert asked.text == "Which?\n- Rye"
    assert unknown.attachments[0].kind == "unknown"
