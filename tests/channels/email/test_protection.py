"""No word of a password before the connection is protected, whatever somebody in between does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from services.channels.base import ABSENT
from services.errors import BadAnswer, Invalid, NotAllowed, SignInNeeded, Unreachable
from tests.channels.email.conftest import OpenDesk
from tests.channels.email.desk import Desk
from tests.channels.email.mails import mail
from tests.channels.email.standin import PASSWORD, authority


def test_starttls_is_found_and_kept(open_desk: OpenDesk) -> None:
    desk = open_desk(implicit=False).sign_in()
    assert (desk.settings["imap_security"], desk.settings["smtp_security"]) == ("starttls", "starttls")
    heard = desk.hear(mail(message_id="<1@mail.example>"))
    desk.channel().send(desk.reply_to(heard))
    assert len(desk.standin.taken) == 1


@pytest.mark.parametrize("which", ["imap", "smtp"])
def test_a_server_without_protection_is_refused(open_desk: OpenDesk, which: str) -> None:
    desk = open_desk(implicit=False)
    getattr(desk, which).offers_starttls = False
    with pytest.raises(Unreachable) as caught:
        desk.channel().identify()
    assert caught.value.reason == "no-protection"
    assert which == "smtp" or "LOGIN" not in desk.imap.said


@pytest.mark.parametrize("which", ["imap", "smtp"])
def test_a_server_that_offers_it_no_more_is_refused_too(open_desk: OpenDesk, which: str) -> None:
    """Somebody in between cuts the offer out after the account was added."""
    desk = open_desk(implicit=False).sign_in()
    asked = desk.hear(mail(message_id="<1@mail.example>"))
    getattr(desk, which).offers_starttls = False
    desk.imap.said.clear()
    reply = desk.reply_to(asked)
    ask = desk.look if which == "imap" else partial(desk.channel().send, reply)
    with pytest.raises(Unreachable) as caught:
        ask()
    assert (caught.value.reason, caught.value.sent) == ("no-protection", False)
    assert which == "smtp" or "LOGIN" not in desk.imap.said
    assert desk.standin.taken == []


def test_words_slipped_in_before_the_protection_are_not_believed(open_desk: OpenDesk) -> None:
    desk = open_desk(implicit=False).sign_in()
    desk.imap.injected = (
        b"* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n* 99 EXISTS\r\n* SEARCH 7 8 9\r\nA001 OK in\r\n"
    )
    desk.smtp.injected = b"250-evil.example\r\n250 AUTH PLAIN\r\n235 welcome\r\n250 taken\r\n"
    heard = desk.hear(mail(message_id="<1@mail.example>"))
    assert heard.remote_id == "<1@mail.example>"
    desk.channel().send(desk.reply_to(heard))
    assert len(desk.standin.taken) == 1
    desk.secrets["password"] = "wrong"
    with pytest.raises(SignInNeeded):
        desk.look()


def test_a_server_that_says_we_are_signed_in_already(open_desk: OpenDesk) -> None:
    """Without a protection that follows it would be somebody in between (PREAUTH)."""
    desk = open_desk(implicit=False).sign_in()
    desk.imap.greeting = "* OK ready"
    desk.look()
    desk.imap.greeting = "* PREAUTH welcome back"
    with pytest.raises((Unreachable, BadAnswer)):
        desk.look()


def test_a_certificate_nobody_vouches_for(open_desk: OpenDesk) -> None:
    desk = open_desk()
    del desk.settings["ca_file"]
    with pytest.raises(Unreachable) as caught:
        desk.channel().identify()
    assert (caught.value.reason, caught.value.sent) == ("unknown-certificate", False)
    assert desk.imap.said == []


def test_a_certificate_for_another_name(open_desk: OpenDesk) -> None:
    desk = open_desk()
    authority()[0].issue_cert("elsewhere.example").configure_cert(desk.imap.context)
    with pytest.raises(Unreachable) as caught:
        desk.channel().identify()
    assert (caught.value.reason, caught.value.sent) == ("wrong-certificate", False)
    assert desk.imap.said == []


def test_a_certificate_file_that_is_not_there(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.settings["ca_file"] += ".gone"
    with pytest.raises(Invalid) as caught:
        desk.channel().identify()
    assert caught.value.detail["field"] == "ca_file"
    desk.settings |= {"imap_security": "tls", "smtp_security": "tls"}
    for call in (desk.look, desk.channel().identify):
        with pytest.raises(Unreachable) as unreachable:
            call()
        assert unreachable.value.reason == "no-certificate-file"


def test_a_certificate_file_that_holds_none(open_desk: OpenDesk, tmp_path: Path) -> None:
    desk = open_desk()
    file = tmp_path / "ca.pem"
    file.write_text("nothing of the kind")
    desk.settings["ca_file"] = str(file)
    with pytest.raises(Unreachable) as caught:
        desk.channel().identify()
    assert caught.value.reason == "no-certificate-file"


@pytest.fixture
def talker() -> Iterator[socket.socket]:
    """Says something and hangs up."""
    server = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def serve() -> None:
        while not done.is_set():
            try:
                visitor, _ = server.accept()
            except OSError:
                return
            with visitor:
                visitor.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n<html>no</html>\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield server
    done.set()
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(2)


@pytest.mark.parametrize("which", ["imap", "smtp"])
def test_somebody_who_speaks_another_language(open_desk: OpenDesk, talker: socket.socket, which: str) -> None:
    desk = open_desk()
    desk.settings[f"{which}_port"] = str(talker.getsockname()[1])
    with pytest.raises((BadAnswer, Unreachable)) as caught:
        desk.channel().identify()
    assert caught.value.reason in ("not-a-mail-server", "reset", "command")


@pytest.mark.parametrize(
    "password", ['päss wörd\\"', 'quote"back\\slash', "  spaces  within  ", "{5}", "x" * 300]
)
def test_passwords_of_every_kind(open_desk: OpenDesk, password: str) -> None:
    desk = open_desk()
    desk.standin.users[desk.settings["address"]] = password
    desk.secrets["password"] = password
    assert desk.channel().identify().remote_id == desk.settings["address"]


def test_an_app_password_as_google_shows_it(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.standin.users[desk.settings["address"]] = "abcdefghijklmnop"
    desk.secrets["password"] = "abcd efgh ijkl mnop"
    assert desk.channel().identify().remote_id == desk.settings["address"]


@pytest.mark.parametrize(
    ("said", "error", "reason"),
    [
        ("NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)", SignInNeeded, "wrong-password"),
        ("NO LOGIN failed", SignInNeeded, "wrong-password"),
        ("NO [ALERT] Application-specific password required", SignInNeeded, "app-password"),
        ("NO [WEBALERT https://x.example] Web login required.", SignInNeeded, "web-login"),
        ("NO Basic authentication is disabled.", SignInNeeded, "password-not-accepted"),
        ("NO [ALERT] Your account is not enabled for IMAP use", NotAllowed, "imap-off"),
        ("NO [UNAVAILABLE] Temporary authentication failure", Unreachable, "server"),
        ("* BYE see you", Unreachable, "reset"),
        ("drop", Unreachable, "reset"),
    ],
)
def test_why_a_sign_in_fails(desk: Desk, said: str, error: type[Exception], reason: str) -> None:
    desk.imap.fault("LOGIN", said)
    with pytest.raises(error) as caught:
        desk.look()
    assert caught.value.reason == reason  # type: ignore[attr-defined]
    assert PASSWORD not in str(caught.value.args) + str(getattr(caught.value, "detail", ""))
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "said", ["NO [LIMIT] Rate limit hit", "NO Too many simultaneous connections. (Failure)"]
)
def test_too_many_visits(desk: Desk, said: str) -> None:
    from services.errors import RateLimited

    desk.imap.fault("LOGIN", said)
    with pytest.raises(RateLimited) as caught:
        desk.look()
    assert caught.value.until is None


def test_a_missing_permission(desk: Desk) -> None:
    desk.imap.fault("STATUS", "NO [NOPERM] Permission denied")
    desk.imap.fault("EXAMINE", "NO [NOPERM] Permission denied")
    with pytest.raises(NotAllowed) as caught:
        desk.look()
    assert caught.value.detail["permission"] == "mail:read"


def test_not_found_is_never_called_absent(desk: Desk) -> None:
    asked = desk.hear(mail(message_id="<1@mail.example>"))
    assert desk.channel().find_sent(desk.reply_to(asked)) is not ABSENT
    assert not desk.channel().find_sent(desk.reply_to(asked)).is_absent


@pytest.mark.parametrize("which", ["imap", "smtp"])
def test_a_server_that_hangs_up_while_greeting(desk: Desk, which: str) -> None:
    """A busy server closes the door; that says nothing about its certificate."""
    reply = desk.reply_to(desk.hear(mail(message_id="<1@mail.example>")))
    desk.settings |= {"imap_security": "tls", "smtp_security": "tls"}
    with socket.create_server(("127.0.0.1", 0)) as server:
        desk.settings[f"{which}_port"] = str(server.getsockname()[1])

        def serve() -> None:
            visitor, _ = server.accept()
            with visitor:
                visitor.recv(4096)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with pytest.raises(Unreachable) as caught:
            desk.look() if which == "imap" else desk.channel().send(reply)
        thread.join(5)
    assert (caught.value.reason, caught.value.sent) == ("reset", False)
