"""The servers that stand in for a mail provider: IMAP and SMTP over TLS on free ports of 127.0.0.1, with a
certificate of an authority that only the settings name."""

from __future__ import annotations

import atexit
import shutil
import ssl
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Any

import trustme

from tests.channels.email.imap_server import Imap
from tests.channels.email.mails import SHOP, mail
from tests.channels.email.smtp_server import Smtp, Taken
from tests.channels.email.wire import Listener

PASSWORD = "correct horse battery"


@cache
def authority() -> tuple[trustme.CA, Path]:
    """Made once for all tests, with the file that says whom to trust."""
    made = trustme.CA()
    folder = Path(tempfile.mkdtemp(prefix="shopbell-mail-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made.cert_pem.write_to_path(str(folder / "ca.pem"))
    return made, folder / "ca.pem"


class Standin:
    """``start`` before anything else is asked. ``empty``: without the week of mail that the contract test
    reads."""

    def __init__(self, *, empty: bool = False, implicit: bool = True) -> None:
        trusted, self.ca_file = authority()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trusted.issue_cert("localhost", "127.0.0.1").configure_cert(context)
        self.users = {SHOP: PASSWORD}
        self.imap = Imap(context, self.users)
        self.smtp = Smtp(context, self.users)
        self._context, self._implicit, self._empty = context, implicit, empty
        self._imap_listener: Listener | None = None
        self._smtp_listener: Listener | None = None

    def start(self) -> str:
        self._imap_listener = Listener(self._context, self.imap.serve, implicit=self._implicit)
        self._smtp_listener = Listener(self._context, self.smtp.serve, implicit=self._implicit)
        self._ports = (self._imap_listener.port, self._smtp_listener.port)
        if not self._empty:
            self._a_week()
        return f"localhost:{self._imap_listener.port}"

    def stop(self) -> None:
        for listener in (self._imap_listener, self._smtp_listener):
            if listener is not None:
                listener.close()

    def drop(self) -> None:
        """Every open connection ends."""
        assert self._imap_listener is not None
        assert self._smtp_listener is not None
        self._imap_listener.drop()
        self._smtp_listener.drop()

    @property
    def settings(self) -> Mapping[str, Any]:
        imap, smtp = self._ports
        return {
            "address": SHOP,
            "imap_host": "localhost",
            "imap_port": str(imap),
            "smtp_host": "localhost",
            "smtp_port": str(smtp),
            "ca_file": str(self.ca_file),
        }

    @property
    def secrets(self) -> Mapping[str, str]:
        return {"password": PASSWORD}

    @property
    def taken(self) -> list[Taken]:
        return self.smtp.taken

    def deliver(self, one: EmailMessage | bytes, folder: str = "INBOX", **more: Any) -> int:
        return self.imap.deliver(one if isinstance(one, bytes) else one.as_bytes(), folder, **more)

    def _a_week(self) -> None:
        now = datetime.now(UTC).replace(microsecond=0)

        def put(one: EmailMessage, days: float, folder: str = "INBOX") -> None:
            self.deliver(one, folder, at=now - timedelta(days=days))

        def letter(text: str, subject: str, number: int, days: float, **more: Any) -> EmailMessage:
            own = f"<{number}@mail.example>"
            return mail(text, subject=subject, message_id=own, at=now - timedelta(days=days), **more)

        us = {"sender": f"Rosie's Bakery <{SHOP}>", "to": "marta@mail.example"}
        put(letter("The rye bread was lovely.", "Thanks", 1, 6), 6)
        put(letter("My cake was crushed. Awful.", "Cake", 2, 4), 4)
        put(letter("We bake a new one.", "Re: Cake", 3, 3, answers="<2@mail.example>", **us), 3, "Sent")
        quoted = "Thank you!\n\nOn Mon, 2 Nov 2026 at 10:01, Rosie's Bakery wrote:\n> We bake a new one.\n"
        both = "<2@mail.example> <3@mail.example>"
        put(letter(quoted, "Re: Cake", 4, 2, answers="<3@mail.example>", references=both), 2)
        mill = {"sender": "Mill <news@mill.example>", "List_Unsubscribe": "<https://mill.example/off>"}
        put(letter("Flour, 20 % off", "News", 5, 1, **mill), 1)
        put(letter("You won.", "Prize", 6, 1, sender="x@spam.example"), 1, "Junk")
