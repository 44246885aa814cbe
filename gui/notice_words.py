"""What a notification says: title is what and who, body is where and the first words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QCoreApplication

from gui.conversation.when import day_and_time, how_long
from services.events import AlertRaised

LONGEST = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


@dataclass(frozen=True, slots=True)
class Notice:
    """Plain text. ``conversation_id`` is what a click opens, 0 the inbox; ``account_id`` a source's page
    when set."""

    title: str
    body: str = ""
    conversation_id: int = 0
    account_id: int = 0
    rings: bool = False
    is_urgent: bool = False


def notice_of(alert: AlertRaised, now: datetime | None = None) -> Notice:
    """Every kind of ``services.alerts`` has its words."""
    title, body = _words(alert, now or datetime.now(UTC))
    is_account = alert.kind == "account"
    return Notice(
        plain(title),
        plain(body),
        conversation_id=alert.conversation_id or 0,
        account_id=(alert.account_id or 0) if is_account else 0,
        rings=alert.sound,
        is_urgent=alert.kind in ("complaint", "spike"),
    )


def trial_alert() -> AlertRaised:
    """What rings when the owner wants to hear the bell: a complaint, worded so that nobody believes it."""

    def tr(text: str) -> str:
        return QCoreApplication.translate("Notice", text)

    return AlertRaised(
        "complaint", names=(tr("the test bell"),), excerpt=tr("This is how a complaint rings.")
    )


def plain(text: str) -> str:
    line = " ".join(_CONTROL.sub(" ", text).split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"


def _words(alert: AlertRaised, now: datetime) -> tuple[str, str]:
    def tr(text: str) -> str:
        return QCoreApplication.translate("Notice", text)

    def many(text: str, count: int) -> str:
        return QCoreApplication.translate("Notice", text, "", count)

    name = alert.names[0] if alert.names else ""
    said = tr("“{words}”").format(words=alert.excerpt) if alert.excerpt else ""
    place = tr("{place}, private").format(place=alert.place) if alert.kind == "direct" else alert.place
    where = ": ".join(one for one in (place if alert.place else "", said) if one)
    hidden = tr("Text hidden, as you asked.")
    if alert.kind in ("complaint", "spike"):
        if alert.count > 1:
            return many("%n complaints in the last hour", alert.count), _all_of(alert.names) or where
        if name:
            return tr("Complaint from {name}").format(name=name), where
        return tr("A complaint on {place}").format(place=alert.place), hidden
    if alert.kind == "direct":
        if alert.count > 1:
            return many("%n new private messages", alert.count), _all_of(alert.names) or where
        if name:
            return tr("Message from {name}").format(name=name), where
        return tr("A private message on {place}").format(place=alert.place), hidden
    if alert.kind == "account":
        return tr("{place} needs you").format(place=alert.place), _account_body(alert, now)
    if alert.kind == "reply-failed":
        return _reply_words(alert, name)
    if alert.kind == "waiting":
        title = tr("Somebody still waits") if not name else tr("{name} still waits").format(name=name)
        return title, how_long(alert.waited_s)
    title = tr("1 new message") if alert.count == 1 else many("%n new messages", alert.count)
    if name and alert.waited_s >= 60:
        longest = tr("Longest waiting: {name}, {time}.")
        return title, longest.format(name=name, time=how_long(alert.waited_s))
    return title, where or _all_of(alert.names)


def _reply_words(alert: AlertRaised, name: str) -> tuple[str, str]:
    def tr(text: str) -> str:
        return QCoreApplication.translate("Notice", text)

    title = tr("Your reply to {name} did not leave") if name else tr("A reply did not leave")
    body = tr("{place} did not take it. It is kept as a draft.")
    if alert.error_kind == "unclear":
        title = tr("Not sure your reply to {name} arrived") if name else tr("Not sure a reply arrived")
        body = tr("The connection to {place} broke off.")
    elif alert.error_kind == "bounced":
        title = tr("Your reply to {name} came back") if name else tr("A reply came back")
        body = tr("{place} could not deliver it. It is kept as you wrote it.")
    return title.format(name=name), body.format(place=alert.place)


def _all_of(names: Sequence[str]) -> str:
    """ "Tom Hadley, Marta Lindqvist and Rosa Blum." """
    if len(names) < 2:
        return "".join(names)
    both = QCoreApplication.translate("Notice", "{names} and {last}.")
    return both.format(names=", ".join(names[:-1]), last=names[-1])


def _account_body(alert: AlertRaised, now: datetime) -> str:
    def tr(text: str) -> str:
        return QCoreApplication.translate("Notice", text)

    heard = ""
    if alert.waited_s >= 60:
        since = day_and_time(now - timedelta(seconds=alert.waited_s), now)
        heard = tr("Nothing heard since {time}.").format(time=since)
    if alert.error_kind in ("sign-in-needed", "not-allowed"):
        remedy = tr("Sign in again.")
    else:
        remedy = tr("Shopbell keeps trying.")
    return f"{heard} {remedy}".strip()
