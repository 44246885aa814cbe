"""The mail account against Dovecot and Postfix."""

from __future__ import annotations

import io
import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

import pytest

from services.app import Shopbell
from services.channels.base import Reply, ThreadRef, Tools
from services.channels.email import Email
from services.channels.web import WebShared
from services.clock import SystemClock
from services.credentials import Credentials
from services.errors import Invalid, Refused, SignInNeeded, Unreachable
from services.model import Direction, Message, OutboxState
from tests.channels.email.mails import mail as any_mail
from tests.servers.conftest import need
from tests.servers.email.server import CASEY, SHOP, SHOP_PASSWORD, Server

pytestmark = [pytest.mark.servers, pytest.mark.timeout(180)]

CORPUS = Path(__file__).resolve().parents[2] / "channels" / "email" / "corpus"


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    module = need("email")
    # Not in pytest's own folder: Dovecot and Postfix give up their rights and could not get in there.
    made: Server = module.Server(Path(tempfile.mkdtemp(prefix="shopbell-mail-")))
    made.start()
    yield made
    made.stop()
    shutil.rmtree(made.folder, ignore_errors=True)


@pytest.fixture
def server(running: Server) -> Server:
    """With empty mailboxes."""
    running.empty()
    return running


class Desk:
    """As the application uses the channel: a new one for every step."""

    def __init__(self, server: Server, *, protected: bool = True, **settings: Any) -> None:
        self.server = server
        self.shared = WebShared(SystemClock(), proxies={})
        self.settings = server.settings(protected=protected, **settings)
        self.secrets = dict(server.secrets)
        self.cursor: Any = {}

    def channel(self) -> Email:
        tools = Tools(self.shared.web(secrets=self.secrets.values()), self.shared.clock)
        return Email(self.settings, self.secrets, tools)

    def sign_in(self) -> Desk:
        self.settings |= self.channel().identify().settings
        return self

    def look(self) -> list[Message]:
        found: list[Message] = []
        while True:
            batch = self.channel().poll(self.cursor)
            self.cursor = json.loads(json.dumps(batch.cursor))
            found += batch.messages
            if not batch.more:
                return found

    def reply_to(self, message: Message, text: str = "So sorry.", key: str = "key-1") -> Reply:
        return Reply(
            text, True, key, message.remote_id, message.author.handle, message.author.id,
            message.conversation_key, message.reply_context,
        )  # fmt: skip


@pytest.fixture
def desk(server: Server) -> Iterator[Desk]:
    made = Desk(server).sign_in()
    made.look()
    yield made
    made.shared.close()


T = TypeVar("T")


def until(look: Callable[[], T], patience_s: float = 20.0) -> T:
    """What ``look`` returns as soon as it is something."""
    deadline = time.monotonic() + patience_s
    while not (found := look()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)
    return found


def mail(text: str = "Where is my cake?", **more: Any) -> EmailMessage:
    return any_mail(text, sender="Casey <casey@localhost>", to=SHOP, **more)


def put(server: Server, raw: bytes, number: int, arrived: datetime) -> None:
    """Straight into the inbox, as if it had come at that time."""
    folder = server.maildir() / "cur"
    file = folder / f"{int(arrived.timestamp())}.M{number}.test:2,"
    file.write_bytes(raw)
    stamp = arrived.timestamp()
    os.utime(file, (stamp, stamp))
    shutil.chown(file, "mail", "mail")


@pytest.mark.parametrize("protected", [True, False], ids=["implicit", "starttls"])
def test_signing_in(server: Server, protected: bool) -> None:
    desk = Desk(server, protected=protected)
    identity = desk.channel().identify()
    assert identity.remote_id == identity.handle == SHOP
    wanted = "tls" if protected else "starttls"
    assert (identity.settings["imap_security"], identity.settings["smtp_security"]) == (wanted, wanted)
    desk.shared.close()


def test_a_wrong_password(server: Server) -> None:
    desk = Desk(server)
    desk.secrets = {"password": "wrong"}
    with pytest.raises(SignInNeeded) as caught:
        desk.channel().identify()
    assert caught.value.reason == "wrong-password"
    desk.shared.close()


def test_a_password_changed_between_two_looks(desk: Desk) -> None:
    time.sleep(1.1)  # Dovecot tells a changed file by the second.
    desk.server.set_password("another")
    with pytest.raises(SignInNeeded):
        desk.look()
    time.sleep(1.1)
    desk.server.set_password(SHOP_PASSWORD)
    assert desk.look() == []


def test_a_certificate_nobody_vouches_for(server: Server) -> None:
    for protected in (True, False):
        desk = Desk(server, protected=protected, ca_file="")
        with pytest.raises(Unreachable) as caught:
            desk.channel().identify()
        assert (caught.value.reason, caught.value.sent) == ("unknown-certificate", False)
        desk.shared.close()


def test_an_address_of_which_nothing_is_known(server: Server) -> None:
    desk = Desk(server, imap_host="", smtp_host="not a host")
    with pytest.raises(Invalid):
        desk.channel().identify()
    desk.shared.close()


def test_a_mail_arrives_and_is_answered_once(desk: Desk) -> None:
    desk.server.arrives(mail(message_id="<q@casey.example>", subject="Tisch für zwei"))
    (asked,) = until(desk.look)
    assert (asked.author.name, asked.title, asked.text.strip()) == (
        "Casey",
        "Tisch für zwei",
        "Where is my cake?",
    )
    reply = desk.reply_to(asked, "Gern! 🎂\n.\nRosie")
    assert desk.channel().find_sent(reply).sent is None
    sent = desk.channel().send(reply)
    (raw,) = until(lambda: desk.server.mails("casey"))
    answer: Any = message_from_bytes(raw, policy=policy.default)  # type: ignore[arg-type]
    assert answer["Message-ID"] == sent.remote_id
    assert answer["In-Reply-To"] == answer["References"] == "<q@casey.example>"
    assert answer["Subject"] == "Re: Tisch für zwei"
    assert answer["To"].addresses[0].addr_spec == CASEY
    assert answer["Date"].datetime == sent.sent_at
    assert answer["Cc"] is answer["Bcc"] is None
    assert answer.get_content().replace("\r\n", "\n").strip() == "Gern! 🎂\n.\nRosie"
    assert b"with ESMTPSA" in raw
    (copy,) = desk.server.mails("shop", "Sent")
    assert message_from_bytes(copy)["Message-ID"] == sent.remote_id
    found = desk.channel().find_sent(reply)
    assert found.sent is not None
    assert found.sent.remote_id == sent.remote_id
    (heard,) = desk.look()
    assert (heard.remote_id, heard.direction, heard.parent_id) == (
        sent.remote_id, Direction.OUTBOUND, "<q@casey.example>",
    )  # fmt: skip
    thread = desk.channel().thread(
        ThreadRef(asked.conversation_key, (asked.remote_id,), asked.remote_id, asked.reply_context)
    )
    assert [one.remote_id for one in thread] == ["<q@casey.example>", sent.remote_id]
    assert len(desk.server.mails("casey")) == 1


def test_nothing_is_marked_as_read(desk: Desk) -> None:
    desk.server.arrives(mail(message_id="<q@casey.example>"))
    until(desk.look)
    (name,) = [one.name for part in ("new", "cur") for one in (desk.server.maildir() / part).iterdir()]
    assert "S" not in name.partition(":2,")[2]


def test_an_unknown_recipient_is_refused(desk: Desk) -> None:
    desk.server.arrives(any_mail(sender="ghost@localhost", to=SHOP, message_id="<g@casey.example>"))
    (asked,) = until(desk.look)
    with pytest.raises(Refused) as caught:
        desk.channel().send(desk.reply_to(asked))
    assert caught.value.reason == "no-such-recipient"


def test_a_complaint_is_heard_of_within_seconds(desk: Desk) -> None:
    with ThreadPoolExecutor(1) as pool:
        stopping = threading.Event()
        future = pool.submit(desk.channel().listen, desk.cursor, stopping)
        until(lambda: future.running())
        time.sleep(0.5)
        began = time.monotonic()
        desk.server.arrives(mail("It was awful", message_id="<c@casey.example>"))
        assert future.result(10) is True
        assert time.monotonic() - began < 5
        assert [one.text.strip() for one in desk.look()] == ["It was awful"]
        future = pool.submit(desk.channel().listen, desk.cursor, stopping)
        time.sleep(0.5)
        began = time.monotonic()
        stopping.set()
        assert future.result(5) is False
        assert time.monotonic() - began < 2


def test_ten_thousand_mails(server: Server) -> None:
    desk = Desk(server).sign_in()
    now = datetime.now(UTC)
    server.arrives(mail(message_id="<first@casey.example>"))
    until(desk.look)
    desk.cursor = {}
    for number in range(10_000):
        days = 0.5 if number >= 9_900 else 20 + number / 100
        arrived = now - timedelta(days=days)
        put(
            server,
            mail(f"Number {number}", message_id=f"<{number}@casey.example>", at=arrived).as_bytes(),
            number,
            arrived,
        )
    began = time.monotonic()
    found = desk.look()
    took = time.monotonic() - began
    assert {one.remote_id for one in found} == {"<first@casey.example>"} | {
        f"<{n}@casey.example>" for n in range(9_900, 10_000)
    }
    assert took < 20
    began = time.monotonic()
    assert desk.look() == []
    assert time.monotonic() - began < 2
    newest = next(one for one in found if one.remote_id == "<9999@casey.example>")
    began = time.monotonic()
    assert desk.channel().thread(
        ThreadRef(newest.conversation_key, (), newest.remote_id, newest.reply_context)
    )
    assert time.monotonic() - began < 5
    desk.shared.close()


def test_a_new_uidvalidity_tells_nothing_twice(desk: Desk) -> None:
    for number in range(5):
        desk.server.arrives(mail(f"Number {number}", message_id=f"<{number}@casey.example>"))
    known = set()
    until(lambda: known.update(one.remote_id for one in desk.look()) or len(known) == 5)
    before = desk.cursor["folders"]["INBOX"]["validity"]
    time.sleep(1.1)  # Dovecot makes the number from the time in seconds.
    for file in desk.server.maildir().glob("dovecot*"):
        if file.is_file():
            file.unlink()
    desk.server.arrives(mail("New", message_id="<new@casey.example>"))
    again: set[str] = set()
    until(lambda: again.update(one.remote_id for one in desk.look()) or "<new@casey.example>" in again)
    assert desk.cursor["folders"]["INBOX"]["validity"] != before
    assert again == known | {"<new@casey.example>"}
    assert desk.look() == []


def test_malformed_mails(desk: Desk) -> None:
    files = sorted(CORPUS.glob("*.eml"))
    desk.server.arrives(mail(message_id="<first@casey.example>"))
    until(desk.look)
    for number, file in enumerate(files):
        put(desk.server, file.read_bytes(), number, datetime.now(UTC) - timedelta(minutes=number))
    desk.server.arrives(mail("A good one", message_id="<good@casey.example>"))
    found: dict[str, Message] = {}
    until(
        lambda: found.update((one.remote_id, one) for one in desk.look()) or "<good@casey.example>" in found
    )
    assert len(found) == len(files) + 1
    assert all(one.text.strip() for one in found.values())


def test_a_large_file_is_saved_when_asked_for(desk: Desk) -> None:
    data = os.urandom(5_000_000)
    one = mail("Look", message_id="<big@casey.example>")
    one.add_attachment(data, maintype="application", subtype="zip", filename="fotos ä.zip")
    desk.server.arrives(one)
    began = time.monotonic()
    (heard,) = until(desk.look)
    assert time.monotonic() - began < 10
    (file,) = heard.attachments
    assert (heard.text.strip(), file.name) == ("Look", "fotos ä.zip")
    into = io.BytesIO()
    desk.channel().save_attachment(heard.remote_id, file, heard.reply_context, into)
    assert into.getvalue() == data


def test_through_the_program(server: Server, tmp_path: Path) -> None:
    app = Shopbell.open(tmp_path / "profile", credentials=Credentials("test", session_only=True))
    try:
        app.accounts.add("email", server.settings(), server.secrets)
        app.engine.sync_once()
        server.arrives(
            mail("Terrible, the worst cake. I want my money back.", message_id="<c@casey.example>")
        )

        def complaints() -> Any:
            app.engine.sync_once()
            return app.inbox.page("complaints").conversations

        (conversation,) = until(complaints)
        item = app.inbox.reply(conversation.id, "We are so sorry.", hold_s=0)
        for _ in range(3):
            app.engine.sync_once()
        assert app.store.outbox_item(item.id).state is OutboxState.SENT
        until(lambda: server.mails("casey"))
        assert len(server.mails("casey")) == len(server.mails("shop", "Sent")) == 1
        assert [one.direction for one in app.inbox.open(conversation.id).messages] == [
            Direction.INBOUND, Direction.OUTBOUND,
        ]  # fmt: skip
    finally:
        app.close()
