"""Adding a mail account: both servers found and asked with the password, and who we are learnt from what was
sent before."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from services.channels._email_connect import settle_security, smtp_client
from services.channels._email_find import Surroundings, completed
from services.channels._email_headers import Head
from services.channels._email_imap import INBOX, Session, signed_in
from services.channels._email_places import mailbox_of
from services.channels._email_send import smtp_sign_in
from services.channels.base import Identity
from services.model import JsonObject

if TYPE_CHECKING:
    from services.channels.web import Web

_SIGN_IN_S = 60.0
_LOOK_BACK = 30
_MOST_ALIASES = 20


def identified(settings: JsonObject, password: str, web: Web, around: Surroundings) -> Identity:
    """Signs in to both servers. Raises Invalid, SignInNeeded and the errors of the way."""
    found: dict[str, Any] = completed(settings, web, around)
    kept = {name: value for name, value in settings.items() if not name.endswith("_security")}
    mailbox = mailbox_of({**kept, **found})
    imap = settle_security(web, mailbox.imap, mailbox.ca_file, _SIGN_IN_S)
    mailbox = replace(mailbox, imap=imap)
    with signed_in(web, mailbox, password, _SIGN_IN_S) as session:
        # The right to sign in is not yet the right to read.
        session.examine(INBOX)
        name, aliases = _used_before(session, mailbox.address)
    smtp = settle_security(web, mailbox.smtp, mailbox.ca_file, _SIGN_IN_S)
    with smtp_client(web, smtp, mailbox.ca_file, _SIGN_IN_S) as (client, _):
        smtp_sign_in(client, mailbox.user, password, smtp)
    return Identity(
        remote_id=mailbox.address,
        name=name or mailbox.address,
        handle=mailbox.address,
        settings={
            **found,
            "imap_security": imap.security,
            "smtp_security": smtp.security,
            "aliases": aliases,
        },
    )


def _used_before(session: Session, address: str) -> tuple[str, list[str]]:
    """The name our mails were signed with, and the other addresses they were sent from."""
    sent = session.folders().sent
    opened = session.examine(sent) if sent else None
    if opened is None or not opened.next_uid:
        return "", []
    first = max(1, opened.next_uid - _LOOK_BACK)
    names: Counter[str] = Counter()
    aliases: Counter[str] = Counter()
    for one in session.fetch(range(first, opened.next_uid), "UID BODY.PEEK[HEADER.FIELDS (FROM)]"):
        for raw in one.bodies.values():
            for name, written in Head(raw).addresses("From")[:1]:
                if written == address:
                    names[name] += bool(name)
                else:
                    aliases[written] += 1
    best = next((name for name, count in names.most_common(1) if count), "")
    return best, sorted(one for one, _ in aliases.most_common(_MOST_ALIASES))
