"""What became of a reply, in words: the line under one of our bubbles. No widgets here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from PySide6.QtCore import QCoreApplication

from gui.conversation.when import day_and_time
from services.model import MessageState, OutboxState, ThreadMessage

EDIT, IT_IS_THERE, SEND_AGAIN, SEND_ANYWAY, LOOK, READ_FIRST = (
    "edit",
    "it-is-there",
    "send-again",
    "send-anyway",
    "look",
    "read-first",
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """``icon`` and ``role`` draw it, ``actions`` are (key, words on the button). ``detail`` is what the
    network said, for those who point at it."""

    text: str
    icon: str = ""
    role: str = "text3"
    actions: tuple[tuple[str, str], ...] = ()
    detail: str = ""


def _tr(text: str) -> str:
    return QCoreApplication.translate("Delivery", text)


def delivery_of(
    message: ThreadMessage,
    *,
    now: datetime,
    place: str,
    customer: str,
    words: Callable[[ThreadMessage], str],
    zone: tzinfo | None = None,
) -> Delivery:
    """``place`` is the network's name, ``customer`` the person's; ``words`` is the whole sentence about
    an error of the reply ("Did not leave: ...")."""
    if message.outbox_id is None:
        return _of_message(message, now, place, zone)
    state = message.state
    if state == OutboxState.SENDING:
        return Delivery(_tr("Sending"), "clock")
    if state == OutboxState.UNCLEAR:
        return Delivery(
            words(message),
            "clock",
            "clocktx",
            ((IT_IS_THERE, _tr("It is there")), (SEND_AGAIN, _tr("Send again"))),
        )
    if state == OutboxState.FAILED:
        return _of_failure(message, customer, words)
    return _of_holding(message, now, words)


def seconds_left(message: ThreadMessage, now: datetime) -> int:
    """Whole seconds until a held reply leaves; 0 once it may."""
    if message.hold_until is None:
        return 0
    left = (message.hold_until - now).total_seconds()
    return max(0, int(left + 0.999))


def _of_message(message: ThreadMessage, now: datetime, place: str, zone: tzinfo | None) -> Delivery:
    at = day_and_time(message.sent_at, now, zone)
    if message.state == MessageState.FAILED:
        return Delivery(
            _tr("Came back: {place} could not deliver it").format(place=place), "warning", "caretx"
        )
    if message.elsewhere:
        return Delivery(
            _tr("Answered on {place}, {time} (not from here)").format(place=place, time=at), "waiting"
        )
    if message.state == "pending":
        return Delivery(
            _tr("Sent {time}, waits for {place} to show it").format(time=at, place=place), "clock"
        )
    world = _tr("private") if message.private else _tr("public")
    return Delivery(_tr("Sent {time} · {world}").format(time=at, world=world), "done")


def _of_failure(message: ThreadMessage, customer: str, words: Callable[[ThreadMessage], str]) -> Delivery:
    reason = str(message.error_detail.get("reason", ""))
    if reason == "already-answered":
        return Delivery(
            _tr("You answered this somewhere else meanwhile."),
            "warning",
            "caretx",
            ((LOOK, _tr("Look")), (SEND_ANYWAY, _tr("Send anyway"))),
        )
    if reason == "wrote-again":
        return Delivery(
            _tr("{name} wrote again while you were writing.").format(name=customer),
            "warning",
            "caretx",
            ((READ_FIRST, _tr("Read first")), (SEND_ANYWAY, _tr("Send anyway"))),
        )
    if reason == "bounced":
        return Delivery(
            words(message),
            "warning",
            "caretx",
            ((EDIT, _tr("Edit")), (SEND_AGAIN, _tr("Send again"))),
            detail=str(message.error_detail.get("said", "")),
        )
    return Delivery(words(message), "warning", "caretx", ((EDIT, _tr("Edit")),))


def _of_holding(message: ThreadMessage, now: datetime, words: Callable[[ThreadMessage], str]) -> Delivery:
    left = seconds_left(message, now)
    if left > 1:
        return Delivery(_tr("Leaves in {seconds} seconds").format(seconds=left), "clock")
    if left == 1:
        return Delivery(_tr("Leaves in 1 second"), "clock")
    if message.error_kind:
        return Delivery(words(message), "clock", "clocktx")
    return Delivery(_tr("Sending"), "clock")
