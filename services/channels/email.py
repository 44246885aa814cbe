"""E-mail over IMAP and SMTP: what customers write to the shop's own address.

The parts: ``_email_places`` (servers, providers), ``_email_find`` (servers behind an address),
``_email_connect`` (protected connections), ``_email_imap`` (one signed-in connection), ``_email_poll`` (what
is new), ``_email_message`` and what it leans on (a mail to a message), ``_email_send`` (answering),
``_email_files`` (attachments). All of them are loaded when first used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, BinaryIO, ClassVar

from services.channels.base import (
    UNKNOWN,
    Abilities,
    Badge,
    Batch,
    Channel,
    Effort,
    Field,
    Found,
    Identity,
    Limits,
    Preparation,
    Reply,
    Sent,
    SignIn,
    SignInMethod,
    Suggestion,
    ThreadRef,
    Tools,
    WebPage,
)
from services.errors import BadAnswer, Invalid, SignInNeeded, Unreachable
from services.model import Attachment, JsonObject, Message, MessageKind

if TYPE_CHECKING:
    import threading
    from contextlib import AbstractContextManager

    from services.channels._email_find import Surroundings
    from services.channels._email_imap import Session
    from services.channels._email_people import Us
    from services.channels._email_places import Mailbox

PASSWORD = "password"
LARGEST_REPLY = 100_000
_POLL_S = 120.0
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[\w-]+\.)+[\w-]{2,}")
_SPACED_PASSWORD = re.compile(r"[a-z]{4}(?: [a-z]{4}){3}")
_FIRST = frozenset(
    {"info", "contact", "kontakt", "hello", "hallo", "office", "mail", "shop", "service", "support"}
)


class Email(Channel):
    kind = "email"
    title = "E-mail"
    badge = Badge(shape="mail", hue=76)
    interval = timedelta(minutes=2)
    signin = SignIn(
        SignInMethod.PASSWORD,
        (
            Field("address", "Your e-mail address", placeholder="hello@rosies.example"),
            Field(
                PASSWORD,
                "Password",
                help="Many providers want an app password here: one made for a single program",
                secret=True,
            ),
            Field(
                "imap_host",
                "Server for incoming mail (IMAP)",
                required=False,
                advanced=True,
                help="Found by itself for most addresses",
                placeholder="imap.rosies.example",
            ),
            Field("imap_port", "Its port", required=False, advanced=True, placeholder="993"),
            Field(
                "smtp_host",
                "Server for outgoing mail (SMTP)",
                required=False,
                advanced=True,
                placeholder="smtp.rosies.example",
            ),
            Field("smtp_port", "Its port", required=False, advanced=True, placeholder="465"),
            Field(
                "ca_file",
                "Certificate file",
                required=False,
                advanced=True,
                help="Only for a server of your own whose certificate nobody vouches for",
            ),
        ),
        Effort.MINUTE,
        explains="Shopbell finds your provider's servers, signs in and leaves your mail as it is.",
    )
    abilities = Abilities(
        reads=frozenset({MessageKind.EMAIL}),
        summary="Mail to your address, also from your website's contact form",
        does=(
            "Answers",
            "Saves attached files",
            "Hears new mail within seconds where the provider allows it",
        ),
        cannot=(
            "Outlook.com, Hotmail and Live: Microsoft takes no passwords from other programs any more",
            "Mail that rules of yours move into other folders: only the inbox and junk are read",
            "Sending files, for now",
        ),
        private_reply=True,
        attachments=True,
        listens=True,
    )
    around: ClassVar[Surroundings | None] = None
    """Where servers are looked for; None: where everybody does."""

    # --- adding

    @classmethod
    def suggest(cls, address: str, tools: Tools) -> Sequence[Suggestion]:
        typed = address.strip().removeprefix("mailto:")
        if _ADDRESS.fullmatch(typed) is None:
            return ()
        return (Suggestion(cls.kind, {"address": typed.lower()}, typed, hint="account", is_default=True),)

    @classmethod
    def recognise(cls, page: WebPage) -> Sequence[Suggestion]:
        """The addresses that the page offers to write to, those of the page's own domain first."""
        from urllib.parse import unquote, urlsplit

        found: dict[str, None] = {}
        for link in page.links:
            if link.url[:7].lower() == "mailto:":
                address = unquote(link.url[7:].partition("?")[0]).strip().lower()
                if _ADDRESS.fullmatch(address):
                    found[address] = None
        host = (urlsplit(page.url).hostname or "").removeprefix("www.")

        def rank(address: str) -> tuple[bool, bool]:
            local, _, domain = address.rpartition("@")
            return not (host and (domain == host or host.endswith(f".{domain}"))), local not in _FIRST

        ordered = sorted(found, key=rank)
        return tuple(
            Suggestion(cls.kind, {"address": one}, one, hint="account", is_default=at == 0)
            for at, one in enumerate(ordered[:5])
        )

    @classmethod
    def prepare(cls, settings: JsonObject, tools: Tools) -> Preparation:
        from services.channels._email_find import hints

        for found, provider in hints(settings, tools.web, cls._surroundings()):
            if provider is None:
                return Preparation(found)
            return Preparation(found, provider.advice, provider.help_url)
        return Preparation()

    @classmethod
    def _surroundings(cls) -> Surroundings:
        from services.channels._email_find import Surroundings

        return cls.around or Surroundings()

    def identify(self) -> Identity:
        from services.channels._email_account import identified

        return identified(self.settings, self._password, self.tools.web, self._surroundings())

    # --- reading

    def poll(self, cursor: JsonObject) -> Batch:
        from services.channels._email_copies import COPIES
        from services.channels._email_poll import step

        key = self._mailbox.key
        with self._signed_in(_POLL_S) as session:
            COPIES.remember(key, cursor.get("copies"))
            COPIES.put(key, session)
            batch = step(session, self._us, cursor, self.tools.clock.now(), self.tools.backfill)
        state = {name: value for name, value in (batch.cursor or {}).items() if name != "copies"}
        copies = COPIES.kept(key)
        return replace(batch, cursor=state | {"copies": copies} if copies else state)

    def thread(self, conversation: ThreadRef) -> Sequence[Message]:
        from services.channels._email_thread import reread

        with self._signed_in(_POLL_S) as session:
            return reread(session, self._us, conversation, self.tools.clock.now())

    def listen(self, cursor: JsonObject, stopping: threading.Event) -> bool:
        from services.channels._email_thread import wait_for_news

        with self._signed_in(20 * 60.0) as session:
            return wait_for_news(session, cursor, stopping)

    def save_attachment(
        self, message_id: str, attachment: Attachment, reply_context: JsonObject, into: BinaryIO
    ) -> None:
        from services.channels._email_files import save

        with self._signed_in(15 * 60.0) as session:
            save(session, message_id, attachment, reply_context, into)

    # --- answering

    def limits(self) -> Limits:
        return Limits(max_bytes=LARGEST_REPLY)

    def send(self, reply: Reply) -> Sent:
        from services.channels._email_copies import keep_sent
        from services.channels._email_send import deliver, mail_of

        mailbox, password, web = self._mailbox, self._password, self.tools.web
        now = self.tools.clock.now().replace(microsecond=0)
        mail = mail_of(reply, mailbox, self._name, now)
        deliver(web, mailbox, password, mail, now)
        keep_sent(web, mailbox, password, mail, now)
        return Sent(remote_id=str(mail["Message-ID"]), sent_at=now)

    def find_sent(self, reply: Reply) -> Found:
        """There when it lies among what was sent, or when somebody has answered it. Not being there proves
        nothing: the copy is put there after the mail has left."""
        from services.channels._email_identity import own_id
        from services.channels._email_send import ascii_domain, sent_at_of

        mailbox = self._mailbox
        message_id = own_id(reply.key, ascii_domain(mailbox.address).rpartition("@")[2])
        with self._signed_in(_POLL_S) as session:
            sent_at = sent_at_of(session, message_id, reply.attempt_started or self.tools.clock.now())
        return UNKNOWN if sent_at is None else Found(Sent(message_id, sent_at))

    # --- who and where

    @property
    def _password(self) -> str:
        given = self._secrets.get(PASSWORD, "")
        if not given:
            raise SignInNeeded("no-token")
        # Shown in groups of four by Google, and copied so.
        return given.replace(" ", "") if _SPACED_PASSWORD.fullmatch(given) else given

    @property
    def _mailbox(self) -> Mailbox:
        """Invalid belongs to adding an account; afterwards it is one of the errors of the way."""
        from services.channels._email_places import mailbox_of

        try:
            return mailbox_of(self.settings)
        except Invalid as error:
            if error.reason == "no-such-file":
                raise Unreachable("no-certificate-file", sent=False) from None
            raise BadAnswer("no-mail-server") from None

    @property
    def _us(self) -> Us:
        from services.channels._email_people import Us

        others = self.settings.get("aliases")
        listed = [str(one).lower() for one in others] if isinstance(others, list | tuple) else []
        return Us(tuple(dict.fromkeys((self._mailbox.address, *listed))))

    @property
    def _name(self) -> str:
        """How we sign in ``From``: the name that was used there before, if any."""
        name = str(self.settings.get("our_name") or "")
        return "" if "@" in name else name

    def _signed_in(self, seconds: float) -> AbstractContextManager[Session]:
        from services.channels._email_imap import signed_in

        return signed_in(self.tools.web, self._mailbox, self._password, seconds)
