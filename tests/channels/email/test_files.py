"""Files stay where they are until the owner asks for one."""

from __future__ import annotations

import io
import os

import pytest

from services.errors import Refused
from services.model import Attachment, Message
from tests.channels.email.desk import Desk
from tests.channels.email.mails import mail

PICTURE = bytes(range(256)) * 3
LARGE = os.urandom(1_500_003)


def with_files(size: bytes = PICTURE, **more: str) -> bytes:
    made = mail("Look at this.", message_id=more.pop("message_id", "<f@mail.example>"), **more)  # type: ignore[arg-type]
    made.add_attachment(size, maintype="image", subtype="png", filename="kuchen ä.png")
    made.add_attachment("a,b\n1,2\n", subtype="csv", filename="list.csv")
    return made.as_bytes()


def saved(desk: Desk, message: Message, which: int) -> bytes:
    into = io.BytesIO()
    desk.channel().save_attachment(message.remote_id, message.attachments[which], message.reply_context, into)
    return into.getvalue()


def test_small_ones(desk: Desk) -> None:
    message = desk.hear(with_files())
    assert [(one.kind, one.name, one.size) for one in message.attachments] == [
        ("image", "kuchen ä.png", len(PICTURE)),
        ("file", "list.csv", 10),
    ]
    assert message.text.strip() == "Look at this."
    assert saved(desk, message, 0) == PICTURE
    assert saved(desk, message, 1).split() == [b"a,b", b"1,2"]


def test_a_large_one_is_not_fetched_before_it_is_asked_for(desk: Desk) -> None:
    message = desk.hear(with_files(LARGE))
    assert not [one for one in desk.imap.said if "BODY.PEEK[])" in one]
    assert message.text.strip() == "Look at this."
    picture, table = message.attachments
    assert (picture.kind, picture.name, table.name) == ("image", "kuchen ä.png", "list.csv")
    assert picture.size is not None
    assert abs(picture.size - len(LARGE)) < len(LARGE) // 50
    assert saved(desk, message, 0) == LARGE
    assert saved(desk, message, 1).split() == [b"a,b", b"1,2"]


def test_a_mail_that_is_nothing_but_a_file(desk: Desk) -> None:
    one = mail(message_id="<bare@mail.example>")
    one.clear_content()
    one.set_content(LARGE, maintype="application", subtype="pdf", filename="bill.pdf")
    message = desk.hear(one)
    assert [(a.kind, a.name) for a in message.attachments] == [("file", "bill.pdf")]
    assert saved(desk, message, 0) == LARGE


def test_it_is_found_in_another_folder(desk: Desk) -> None:
    message = desk.hear(with_files())
    inbox, junk = desk.imap.folders["INBOX"], desk.imap.folders["Junk"]
    junk.mails.append(inbox.mails.pop())
    assert saved(desk, message, 0) == PICTURE


def test_of_a_mail_without_an_id(desk: Desk) -> None:
    message = desk.hear(with_files(message_id=""))
    assert saved(desk, message, 0) == PICTURE
    desk.imap.rebuild()
    with pytest.raises(Refused):
        saved(desk, message, 0)


def test_of_one_of_several_with_the_same_id(desk: Desk) -> None:
    desk.hear(with_files(b"first"))
    second = desk.hear(with_files(b"second", subject="Another"))
    assert saved(desk, second, 0) == b"second"


def test_what_is_gone_says_so(desk: Desk) -> None:
    message = desk.hear(with_files())
    desk.imap.folders["INBOX"].mails.clear()
    with pytest.raises(Refused) as caught:
        saved(desk, message, 0)
    assert caught.value.reason == "gone"


@pytest.mark.parametrize("part", ["", "w99", "9", "1 BODY[]", "../1"])
def test_a_part_that_is_none(desk: Desk, part: str) -> None:
    message = desk.hear(with_files())
    with pytest.raises(Refused):
        desk.channel().save_attachment(
            message.remote_id, Attachment("file", "", part=part), message.reply_context, io.BytesIO()
        )
