"""Looking again at one conversation, and waiting for news."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import date

from services.channels._email_imap import INBOX, RENEW_S, Session, on_server
from services.channels._email_message import text_of_context
from services.channels._email_people import Us
from services.channels._email_poll import newest
from services.channels.base import ThreadRef
from services.model import JsonObject, Message

_MOST = 40
_NO_NEWS_S = 120.0


def reread(session: Session, us: Us, conversation: ThreadRef, now: object) -> Sequence[Message]:
    """What belongs to the chain of this conversation among inbox and sent mail: everything that names its
    beginning or the mail that is answered, since shortly before that came. The newest where it is long."""
    from datetime import datetime

    assert isinstance(now, datetime)
    ids = [one.partition("#")[0] for one in dict.fromkeys((conversation.parent_id, conversation.key))]
    ids = [one for one in ids if one.startswith("<")]
    if not ids:
        return ()
    since = _since(conversation.reply_context)
    found: dict[str, Message] = {}
    for folder, is_sent in ((INBOX, False), (session.folders().sent, True)):
        opened = session.examine(folder) if folder else None
        if opened is None or not opened.count:
            continue
        uids: set[int] = set()
        for one in ids:
            for name in ("Message-ID", "In-Reply-To", "References"):
                uids.update(session.search_header(name, one, *since))
        for message in newest(session, us, (folder, is_sent), sorted(uids)[-_MOST:], now):
            found.setdefault(message.remote_id, message)
    return sorted(found.values(), key=lambda one: (one.sent_at, one.remote_id))


def _since(context: JsonObject) -> tuple[str, ...]:
    try:
        return ("SINCE", on_server(date.fromisoformat(text_of_context(context, "day"))))
    except ValueError:
        return ()


def wait_for_news(session: Session, cursor: JsonObject, stopping: threading.Event) -> bool:
    """True when the inbox holds, or gets, a mail above the cursor. Without IDLE it only lets time pass: the
    next poll finds what came."""
    if not session.can("IDLE"):
        stopping.wait(_NO_NEWS_S)
        return False
    opened = session.examine(INBOX)
    folders = cursor.get("folders")
    known = folders.get(INBOX) if isinstance(folders, Mapping) else None
    if opened is not None and isinstance(known, Mapping):
        is_same = known.get("validity") == opened.validity
        last = known.get("uid")
        if not is_same or (isinstance(last, int) and opened.next_uid > last + 1):
            return True
    return session.wait(stopping, RENEW_S)
