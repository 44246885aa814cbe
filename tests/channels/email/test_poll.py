"""What is new in a mailbox, each mail once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.errors import SignInNeeded, Unreachable
from services.model import Direction
from tests.channels.email.conftest import OpenDesk
from tests.channels.email.desk import Desk
from tests.channels.email.mails import SHOP, bounce, mail


def ago(**more: float) -> datetime:
    return datetime.now(UTC) - timedelta(**more)


def test_the_first_look_takes_the_days_asked_for(open_desk: OpenDesk) -> None:
    desk = open_desk().sign_in()
    for days in (40, 20, 13, 1):
        desk.standin.deliver(mail(message_id=f"<{days}@mail.example>"), at=ago(days=days))
    assert {one.remote_id for one in desk.look()} == {"<13@mail.example>", "<1@mail.example>"}
    assert desk.look() == []


def test_many_mails_come_in_steps_and_each_once(open_desk: OpenDesk) -> None:
    desk = open_desk().sign_in()
    for number in range(230):
        desk.standin.deliver(mail(f"Question {number}", message_id=f"<{number}@mail.example>"))
    first = desk.step()
    assert first.more
    assert 0 < len(first.messages) <= 100
    found = [one.remote_id for one in first.messages] + [one.remote_id for one in desk.look()]
    assert sorted(found) == sorted(f"<{number}@mail.example>" for number in range(230))


def test_what_arrives_between_two_steps_is_not_lost(open_desk: OpenDesk) -> None:
    desk = open_desk().sign_in()
    for number in range(150):
        desk.standin.deliver(mail(message_id=f"<{number}@mail.example>"))
    heard = {one.remote_id for one in desk.step().messages}
    desk.standin.deliver(mail(message_id="<late@mail.example>"))
    heard |= {one.remote_id for one in desk.look()}
    assert heard == {f"<{number}@mail.example>" for number in range(150)} | {"<late@mail.example>"}


def test_an_idle_look_opens_no_folder(desk: Desk) -> None:
    desk.hear(mail(message_id="<1@mail.example>"))
    desk.standin.deliver(mail(message_id="<2@mail.example>", sender=SHOP, to="x@mail.example"), "Sent")
    desk.standin.deliver(mail(message_id="<3@mail.example>"), "Junk")
    desk.look()
    desk.imap.said.clear()
    assert desk.look() == []
    assert not [one for one in desk.imap.said if one.startswith(("EXAMINE", "SELECT", "UID"))]


def test_nothing_is_marked_moved_or_deleted(desk: Desk) -> None:
    desk.hear(mail(message_id="<1@mail.example>"))
    assert [one.flags for one in desk.imap.folders["INBOX"].mails] == [set()]
    words = {one.split()[0] for one in desk.imap.said} | {" ".join(one.split()[:2]) for one in desk.imap.said}
    assert not words & {"SELECT", "STORE", "UID STORE", "EXPUNGE", "UID MOVE", "UID COPY", "APPEND"}


def test_after_a_restore_nothing_is_told_twice_and_nothing_is_lost(desk: Desk) -> None:
    for number in range(3):
        desk.standin.deliver(mail(f"Number {number}", message_id=f"<{number}@mail.example>"))
    desk.standin.deliver(mail("Without an id", subject="bare"))
    known = {one.remote_id: one for one in desk.look()}
    desk.imap.rebuild()
    desk.standin.deliver(mail("New", message_id="<new@mail.example>"))
    again = {one.remote_id: one for one in desk.look()}
    assert set(again) == {*known, "<new@mail.example>"}
    assert all(again[one].text == known[one].text for one in known)


def test_a_restore_while_the_computer_was_off_for_long(desk: Desk) -> None:
    desk.hear(mail(message_id="<1@mail.example>"))
    old = ago(days=40)
    desk.cursor = {**desk.cursor, "heard": old.isoformat()}
    desk.standin.deliver(mail(message_id="<2@mail.example>"), at=ago(days=35))
    desk.imap.rebuild()
    assert "<2@mail.example>" in {one.remote_id for one in desk.look()}


def test_mails_that_share_an_id_are_all_there(desk: Desk) -> None:
    """Some contact forms use one Message-ID for ever."""
    for number in range(3):
        desk.standin.deliver(
            mail(f"Form {number}", message_id="<form@shop.example>", at=ago(hours=3 - number))
        )
    found = desk.look()
    assert sorted(one.text.strip() for one in found) == ["Form 0", "Form 1", "Form 2"]
    assert len({one.remote_id for one in found}) == 3
    desk.standin.deliver(mail("Form 3", message_id="<form@shop.example>", at=ago(minutes=1)))
    (later,) = desk.look()
    assert later.text.strip() == "Form 3"
    ids = {one.remote_id for one in desk.seen.values()}
    desk.imap.rebuild()
    assert {one.remote_id for one in desk.look()} == ids


def test_the_same_mail_in_two_folders_is_one(desk: Desk) -> None:
    one = mail(message_id="<1@mail.example>", at=ago(hours=1))
    first = desk.hear(one)
    again = desk.hear(one, "Junk")
    assert first.remote_id == again.remote_id


def test_mails_without_an_id_are_told_apart_by_their_words(desk: Desk) -> None:
    when = ago(hours=1)
    desk.standin.deliver(mail("One", at=when))
    desk.standin.deliver(mail("Two", at=when))
    assert len({one.remote_id for one in desk.look()}) == 2


def test_what_was_answered_elsewhere_is_ours(desk: Desk) -> None:
    asked = desk.hear(mail(message_id="<q@mail.example>"))
    answered = desk.hear(
        mail("We look into it.", sender=f"Rosie <{SHOP}>", to="marta@mail.example", subject="Re: My order",
             message_id="<a@rosies.example>", answers="<q@mail.example>"),
        "Sent",
    )  # fmt: skip
    assert answered.direction is Direction.OUTBOUND
    assert answered.parent_id == asked.remote_id
    assert answered.conversation_key == asked.conversation_key


def test_handing_a_mail_on_is_no_answer(desk: Desk) -> None:
    desk.hear(mail(message_id="<q@mail.example>"))
    handed_on = desk.hear(
        mail("Can you deliver?", sender=SHOP, to="mill@mill.example", subject="Fwd: My order",
             message_id="<f@rosies.example>", answers="<q@mail.example>"),
        "Sent",
    )  # fmt: skip
    assert handed_on.parent_id == ""
    assert handed_on.conversation_key == "<f@rosies.example>"


@pytest.mark.parametrize(
    "name", ["Gesendete Objekte", "Éléments envoyés", "Enviados", "Posta inviata", "INBOX/Sent"]
)
def test_the_folder_of_sent_mail_is_known_by_its_name(open_desk: OpenDesk, name: str) -> None:
    desk = open_desk()
    sent = desk.imap.folders.pop("Sent")
    sent.name, sent.flags = name, "\\HasNoChildren"
    desk.imap.folders[name] = sent
    desk.sign_in()
    own = mail(sender=SHOP, to="marta@mail.example", message_id="<a@rosies.example>")
    desk.standin.deliver(own, name)
    (heard,) = desk.look()
    assert heard.direction is Direction.OUTBOUND


def test_a_mailbox_without_sent_or_junk(open_desk: OpenDesk) -> None:
    desk = open_desk()
    for name in ("Sent", "Junk", "Trash"):
        del desk.imap.folders[name]
    desk.sign_in()
    assert desk.hear(mail(message_id="<1@mail.example>")).remote_id == "<1@mail.example>"


def test_a_folder_that_was_renamed_is_found_again(desk: Desk) -> None:
    sent = desk.imap.folders.pop("Sent")
    sent.name = "Outgoing"
    desk.imap.folders["Outgoing"] = sent
    own = mail(sender=SHOP, to="marta@mail.example", message_id="<a@rosies.example>")
    desk.standin.deliver(own, "Outgoing")
    heard = [one.remote_id for _ in range(2) for one in desk.look()]
    assert heard == ["<a@rosies.example>"]


def test_junk_is_read_and_marked(desk: Desk) -> None:
    assert desk.hear(mail(message_id="<1@mail.example>"), "Junk").is_junk
    assert not desk.hear(mail(message_id="<2@mail.example>")).is_junk


def test_an_answer_to_our_mail_is_no_junk(desk: Desk) -> None:
    asked = desk.hear(mail(message_id="<q@mail.example>"))
    sent = desk.channel().send(desk.reply_to(asked))
    desk.look()
    again = desk.hear(mail(message_id="<z@mail.example>", answers=sent.remote_id), "Junk")
    assert not again.is_junk


def test_bounces_name_the_reply_that_came_back(desk: Desk) -> None:
    asked = desk.hear(mail(message_id="<q@mail.example>"))
    sent = desk.channel().send(desk.reply_to(asked))
    desk.look()
    notice = desk.hear(bounce(sent.remote_id))
    assert [one.remote_id for one in desk.bounces] == [sent.remote_id]
    assert "550 5.1.1 User unknown" in desk.bounces[0].detail
    assert notice.is_automatic
    desk.hear(bounce(sent.remote_id, action="delayed"))
    desk.hear(bounce("<somebody-else@mail.example>"))
    assert len(desk.bounces) == 1


def test_a_mail_the_server_cannot_hand_out_holds_nobody_back(desk: Desk) -> None:
    desk.standin.deliver(mail("One", message_id="<1@mail.example>"))
    broken = desk.standin.deliver(mail("Two", message_id="<2@mail.example>"))
    desk.standin.deliver(mail("Three", message_id="<3@mail.example>"))
    desk.imap.broken_uids.add(broken)
    found = desk.look()
    assert {"<1@mail.example>", "<3@mail.example>"} <= {one.remote_id for one in found}
    assert len(found) == 3
    assert desk.look() == []


def test_a_sign_in_taken_back_between_two_looks(desk: Desk) -> None:
    desk.standin.users[SHOP] = "another"
    with pytest.raises(SignInNeeded) as caught:
        desk.look()
    assert caught.value.reason == "wrong-password"
    desk.standin.users[SHOP] = desk.secrets["password"]
    assert desk.hear(mail(message_id="<1@mail.example>")).remote_id == "<1@mail.example>"


@pytest.mark.parametrize("command", ["LOGIN", "EXAMINE", "UID SEARCH", "UID FETCH"])
def test_a_connection_that_breaks_loses_nothing(desk: Desk, command: str) -> None:
    for number in range(3):
        desk.standin.deliver(mail(message_id=f"<{number}@mail.example>"))
    desk.imap.fault(command, "drop")
    with pytest.raises(Unreachable) as caught:
        desk.look()
    assert caught.value.reason == "reset"
    assert len(desk.look()) == 3


def test_a_customer_who_changes_their_name_stays_the_same(desk: Desk) -> None:
    one = desk.hear(mail(sender="Marta Weber <Marta@Mail.example>", message_id="<1@mail.example>"))
    other = desk.hear(mail(sender="Marta Klein <marta@mail.example>", message_id="<2@mail.example>"))
    assert one.author.id == other.author.id
    assert (one.author.name, other.author.name) == ("Marta Weber", "Marta Klein")


def test_a_thread_of_a_thousand_mails(open_desk: OpenDesk) -> None:
    desk = open_desk().sign_in()
    for number in range(1000):
        before = f"<{number - 1}@mail.example>" if number else ""
        refs = f"<0@mail.example> {before}" if number else ""
        desk.standin.deliver(
            mail(f"Number {number}", message_id=f"<{number}@mail.example>", answers=before, references=refs)
        )
    found = desk.look()
    assert len(found) == 1000
    assert {one.conversation_key for one in found} == {"<0@mail.example>"}
    newest = desk.seen["<999@mail.example>"]
    sent = desk.channel().send(desk.reply_to(newest))
    assert sent.remote_id
    head = desk.standin.taken[-1].raw.split(b"\r\n\r\n")[0]
    assert len(head) < 4000
    assert b"<0@mail.example>" in head


def test_a_server_that_moved(open_desk: OpenDesk) -> None:
    """It is out of reach until the account is told where it went; there it may protect itself another way."""
    desk = open_desk().sign_in()
    desk.hear(mail(message_id="<1@mail.example>"))
    new = open_desk(implicit=False)
    new.imap.folders = desk.imap.folders
    desk.standin.stop()
    with pytest.raises(Unreachable) as caught:
        desk.look()
    assert (caught.value.reason, caught.value.sent) == ("refused", False)
    desk.settings |= new.standin.settings
    desk.sign_in()
    assert desk.settings["imap_security"] == "starttls"
    new.standin.deliver(mail(message_id="<2@mail.example>"))
    assert [one.remote_id for one in desk.look()] == ["<2@mail.example>"]


def test_a_text_that_has_a_files_name(desk: Desk) -> None:
    heard = desk.hear(
        b"From: a@mail.example\r\nMessage-ID: <n@mail.example>\r\n"
        b"Content-Type: text/plain; name=body.txt\r\n\r\nHello\r\n"
    )
    assert heard.text.strip() == "Hello"
