"""Why a conversation stands where it stands, in plain words: what hovering a row tells, and the head of the
conversation."""

from __future__ import annotations

import html
from datetime import datetime

from PySide6.QtCore import QCoreApplication

from gui import QT_TRANSLATE_NOOP
from gui.conversation.when import how_long
from services.model import Conversation
from services.urgency import of_row

REASONS = {
    "complaint": QT_TRANSLATE_NOOP("Why", "a complaint"),
    "safety": QT_TRANSLATE_NOOP("Why", "about health, danger or the law"),
    "stars": QT_TRANSLATE_NOOP("Why", "few stars"),
    "reach": QT_TRANSLATE_NOOP("Why", "has many followers"),
    "waits-again": QT_TRANSLATE_NOOP("Why", "was answered and wrote again"),
    "asks-again": QT_TRANSLATE_NOOP("Why", "asked more than once"),
    "private": QT_TRANSLATE_NOOP("Why", "wrote to you alone"),
    "maybe-complaint": QT_TRANSLATE_NOOP("Why", "perhaps a complaint"),
    "writes-often": QT_TRANSLATE_NOOP("Why", "wrote three times in 30 days"),
    "public": QT_TRANSLATE_NOOP("Why", "names you where everyone can read it"),
    "shouting": QT_TRANSLATE_NOOP("Why", "written loudly"),
}
"""The waiting itself is always told, and last."""


def why(row: Conversation, now: datetime) -> str:
    """ "Why here: a complaint, 1 star, asked more than once, waits 12 h 52"; empty where nobody waits."""
    if row.waiting_since is None or row.state != "new":
        return ""
    parts = [_reason(one, row) for one in of_row(row, now).because if one in REASONS]
    waited = (now - row.waiting_since).total_seconds()
    just_now = QCoreApplication.translate("Why", "has just written")
    waits = QCoreApplication.translate("Why", "waits {time}").format(time=how_long(waited))
    parts.append(just_now if waited < 60 else waits)
    return QCoreApplication.translate("Why", "Why here: {reasons}").format(reasons=", ".join(parts))


def _reason(key: str, row: Conversation) -> str:
    if key == "stars" and row.stars is not None and 1 <= row.stars <= 3:
        if row.stars == 1:
            return QCoreApplication.translate("Why", "1 star")
        return QCoreApplication.translate("Why", "%n stars", "", row.stars)
    return QCoreApplication.translate("Why", REASONS[key])


def tip(*lines: str) -> str:
    """For a tooltip: what strangers wrote stays text, whatever it looks like."""
    text = "\n".join(one for one in lines if one)
    if "<" not in text and "&" not in text:
        return text
    return f"<qt>{html.escape(text).replace(chr(10), '<br>')}</qt>"
