"""The copy of a sent mail among what was sent, put there until it succeeds.

Copies that could not be put at once wait in memory and, from the next look on, in the account's cursor, so
that they outlive the program. The reply itself was sent and is in our own database.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from services.channels._email_imap import Session, signed_in, tool_errors
from services.channels._email_places import Mailbox, provider_with
from services.channels._email_send import bytes_of, since
from services.clock import iso, parse_iso
from services.errors import ChannelError

if TYPE_CHECKING:
    from email.message import EmailMessage

    from services.channels.web import Web

log = logging.getLogger(__name__)

MOST_COPIES = 50
_MOST_KEPT, _LONGEST_KEPT = 10, 65_000
"""Copies in a cursor, and the bytes of one: a cursor is written often."""
_MOST_TRIES = 20


@dataclass(slots=True)
class _Copy:
    account: str
    message_id: str
    mail: bytes
    moment: datetime
    tries: int = 0

    def kept(self) -> dict[str, Any]:
        mail = self.mail.decode("latin-1")
        return {"id": self.message_id, "mail": mail, "at": iso(self.moment), "tries": self.tries}


def _unkept(account: str, told: Any) -> _Copy | None:
    try:
        mail = str(told["mail"]).encode("latin-1")
        return _Copy(account, str(told["id"]), mail, parse_iso(str(told["at"])), int(told["tries"]))
    except (TypeError, LookupError, ValueError):
        return None


class Copies:
    """Of all accounts; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[_Copy] = deque(maxlen=MOST_COPIES)

    def add(self, account: str, mail: EmailMessage, moment: datetime) -> None:
        with self._lock:
            self._waiting.append(_Copy(account, str(mail["Message-ID"]), bytes_of(mail), moment))

    def remember(self, account: str, kept: Any) -> None:
        """Those out of a cursor that an earlier run of the program left."""
        found = [_unkept(account, one) for one in (kept if isinstance(kept, list) else ())]
        with self._lock:
            known = {one.message_id for one in self._waiting}
            self._waiting.extend(one for one in found if one is not None and one.message_id not in known)

    def kept(self, account: str) -> list[dict[str, Any]]:
        """For the cursor."""
        with self._lock:
            mine = [one for one in self._waiting if one.account == account]
        return [one.kept() for one in mine if len(one.mail) <= _LONGEST_KEPT][-_MOST_KEPT:]

    def put(self, account: str, session: Session) -> None:
        """Through a session that is open anyway. Whatever fails waits on."""
        with self._lock:
            mine = [one for one in self._waiting if one.account == account]
        for one in mine:
            try:
                keep_copy(session, one.message_id, one.mail, one.moment)
            except (ChannelError, tool_errors()) as error:
                # What customers wrote is not held up by it.
                one.tries += 1
                log.info("a copy of a sent mail could not be kept: %s", type(error).__name__)
                if one.tries < _MOST_TRIES:
                    continue
            with self._lock, suppress(ValueError):
                self._waiting.remove(one)


COPIES = Copies()


def keep_copy(session: Session, message_id: str, mail: bytes, moment: datetime) -> None:
    """Puts it among what was sent unless the server has done so itself; never twice."""
    sent = session.folders().sent
    if not sent:
        return
    if session.examine(sent) is not None and session.search_header("Message-ID", message_id, *since(moment)):
        return
    session.append(sent, mail, moment)


def keep_sent(web: Web, mailbox: Mailbox, password: str, mail: EmailMessage, moment: datetime) -> None:
    """After the server took it. Never raises: nothing that goes wrong here may have it sent again."""
    provider = provider_with(mailbox.imap.host)
    if provider is not None and provider.stores_sent:
        return
    try:
        with signed_in(web, mailbox, password, 30.0) as session:
            keep_copy(session, str(mail["Message-ID"]), bytes_of(mail), moment)
    except ChannelError as error:
        log.info("the copy of a sent mail waits: %s", error.kind)
        COPIES.add(mailbox.key, mail, moment)
