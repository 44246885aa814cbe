"""What a notification says: title is what and who, body is where and the first words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QCoreApplication

from gui.conversation.when import day_and_time, how_long
from services.alert_words import clean
from services.events import AlertRaised

LONGEST = 200
_WITH_BUTTONS = ("complaint", "direct", "waiting", "back")
_LISTS = {"complaint": "complaints", "spike": "complaints"}


@dataclass(frozen=True, slots=True)
class Notice:
    """Plain text. ``conversation_id`` is what a click opens, 0 the list of ``view``; ``account_id`` a
    source's page when set. ``offers``: the buttons, reply and later, where the desktop has some. ``tag`` is
    its name on the screen; it takes the place of one of the same tag and of those that it ``replaces``."""

    title: str
    body: str = ""
    conversation_id: int = 0
    account_id: int = 0
    rings: bool = False
    is_urgent: bool = False
    view: str = "new"
    offers: tuple[str, ...] = ()
    tag: str = ""
    replaces: tuple[str, ...] = ()
    is_trial: bool = False


def notice_of(alert: AlertRaised, now: datetime | None = None) -> Notice:
    """Every kind of ``services.alerts`` has its words."""
    title, body = _words(alert, now or datetime.now(UTC))
    has_buttons = alert.conversation_id is not None and alert.kind in _WITH_BUTTONS
    return Notice(
        plain(title),
        plain(body),
        conversation_id=alert.conversation_id or 0,
        account_id=(alert.account_id or 0) if alert.kind == "account" else 0,
        rings=alert.sound,
        is_urgent=alert.kind in ("complaint", "spike", "trial"),
        view=_LISTS.get(alert.kind, "new"),
        offers=("reply", "later") if has_buttons else (),
        tag=alert.tag,
        replaces=alert.replaces,
        is_trial=alert.kind == "trial",
    )


def trial_alert() -> AlertRaised:
    """What rings when the owner wants to hear the bell: a complaint, worded so that nobody believes it."""
    return AlertRaised(
        "trial",
        names=(_tr("the test bell"),),
        excerpt=_tr("This is how a complaint rings."),
        tag="trial",
    )


def plain(text: str) -> str:
    """One line, cut at a word."""
    return clean(text, LONGEST)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Notice", text)


def _many(text: str, count: int) -> str:
    return QCoreApplication.translate("Notice", text, "", count)


def _words(alert: AlertRaised, now: datetime) -> tuple[str, str]:
    if alert.is_abusive and alert.names:
        return _abusive(alert)
    match alert.kind:
        case "complaint" | "trial":
            return _complaint(alert)
        case "direct":
            return _direct(alert)
        case "back":
            return _back(alert)
        case "spike":
            return _spike(alert)
        case "account":
            return _tr("{place} needs you").format(place=alert.place), _account_body(alert, now)
        case "reply-failed":
            return _reply_words(alert)
        case "waiting":
            return _waiting(alert)
        case "quiet-over":
            return _quiet_over(alert)
    title = _tr("1 new message") if alert.count == 1 else _many("%n new messages", alert.count)
    if alert.names and alert.waited_s >= 60:
        longest = _tr("Longest waiting: {name}, {time}.")
        return title, longest.format(name=alert.names[0], time=how_long(alert.waited_s))
    return title, _where(alert, alert.place) or _all_of(alert.names)


def _abusive(alert: AlertRaised) -> tuple[str, str]:
    """Who, where and what kind; the words themselves only in the window, when asked for."""
    title = _tr("An abusive message from {name}")
    if alert.kind == "back":
        title = _tr("Back: an abusive message from {name}")
    where = alert.place
    if alert.kind == "direct" and where:
        where = _tr("{place}, private").format(place=where)
    what = _tr("a complaint") if alert.kind == "complaint" else ""
    what = _many("%n messages", alert.count) if alert.count > 1 else what
    head = ": ".join(one for one in (where, what) if one)
    folded = _tr("Folded until you choose “Show anyway”.")
    return title.format(name=alert.names[0]), f"{head}. {folded}" if head else folded


def _complaint(alert: AlertRaised) -> tuple[str, str]:
    if alert.count > 1 and alert.conversation_id is None:
        is_recent = alert.waited_s <= 3600
        title = "%n complaints in the last hour" if is_recent else "%n new complaints"
        return _many(title, alert.count), _all_of(alert.names, alert.count) or alert.place
    if alert.names:
        return _tr("Complaint from {name}").format(name=alert.names[0]), _where(alert, alert.place)
    return _tr("A complaint on {place}").format(place=alert.place), _tr("Text hidden, as you asked.")


def _direct(alert: AlertRaised) -> tuple[str, str]:
    private = _tr("{place}, private").format(place=alert.place) if alert.place else ""
    if alert.count > 1 and alert.conversation_id is None:
        title = _many("%n new private messages", alert.count)
        return title, _all_of(alert.names, alert.count) or private
    if alert.names:
        return _tr("Message from {name}").format(name=alert.names[0]), _where(alert, private)
    return _tr("A private message on {place}").format(place=alert.place), _tr("Text hidden, as you asked.")


def _spike(alert: AlertRaised) -> tuple[str, str]:
    title = _many("%n complaints in 2 hours, more than usual", alert.count)
    about = clean(alert.about, 80)
    if alert.about_kind == "post":
        shared = _tr("Under “{words}”.").format(words=about)
    elif alert.about_kind == "word":
        shared = _tr("About “{words}”.").format(words=about)
    elif alert.about_kind == "topic":
        from gui.inbox.words import TOPICS

        topic = TOPICS.get(about.replace(" ", "-").replace("_", "-"), "")
        topic = QCoreApplication.translate("Topic", topic) if topic else ""
        shared = _tr("Mostly: {topic}.").format(topic=topic) if topic else ""
    else:
        shared = ""
    return title, " ".join(one for one in (_all_of(alert.names, alert.count), shared) if one) or alert.place


def _back(alert: AlertRaised) -> tuple[str, str]:
    """What the owner put off."""
    if alert.conversation_id is None:
        return _many("Back: %n conversations", alert.count), _all_of(alert.names, alert.count) or alert.place
    if alert.names:
        return _tr("Back: {name}").format(name=alert.names[0]), _where(alert, alert.place)
    return _tr("Back: somebody on {place}").format(place=alert.place), _tr("Text hidden, as you asked.")


def _waiting(alert: AlertRaised) -> tuple[str, str]:
    waits = how_long(alert.waited_s)
    if alert.count > 1:
        title = _many("%n people still wait", alert.count)
        longest = _tr("Longest: {time}.").format(time=waits)
        return title, " ".join(one for one in (_all_of(alert.names, alert.count), longest) if one)
    title = _tr("{name} still waits").format(name=alert.names[0]) if alert.names else ""
    where = _tr("{place}, {time}").format(place=alert.place, time=waits) if alert.place else waits
    return title or _tr("Somebody still waits"), where


def _quiet_over(alert: AlertRaised) -> tuple[str, str]:
    others = alert.count - alert.complaints - alert.direct
    parts = [
        _counted(alert.complaints, _tr("1 complaint"), "%n complaints"),
        _counted(alert.direct, _tr("1 private message"), "%n private messages"),
        _counted(others, _tr("1 other"), "%n others"),
    ]
    told = _tr("{parts}.").format(parts=", ".join(one for one in parts if one))
    people = _all_of(alert.names, alert.count)
    return _many("%n messages while it was quiet", alert.count), f"{told} {people}".strip()


def _counted(count: int, one: str, several: str) -> str:
    return "" if count < 1 else one if count == 1 else _many(several, count)


def _where(alert: AlertRaised, place: str) -> str:
    """ "Facebook: “Picked up the cake …”", all of it short enough."""
    head = place
    if alert.count > 1 and alert.conversation_id is not None:
        number = _many("%n messages, the last", alert.count)
        head = _tr("{place}: {number}").format(place=place, number=number) if place else number
    room = LONGEST - len(head) - len(": “”")
    said = _tr("“{words}”").format(words=clean(alert.excerpt, max(room, 20))) if alert.excerpt else ""
    return ": ".join(one for one in (head, said) if one)


def _reply_words(alert: AlertRaised) -> tuple[str, str]:
    name = alert.names[0] if alert.names else ""
    title = _tr("Your reply to {name} did not leave") if name else _tr("A reply did not leave")
    body = _tr("{place} did not take it. It is kept as a draft.")
    if alert.error_kind == "unclear":
        title = _tr("Not sure your reply to {name} arrived") if name else _tr("Not sure a reply arrived")
        body = _tr("The connection to {place} broke off.")
    elif alert.error_kind == "bounced":
        title = _tr("Your reply to {name} came back") if name else _tr("A reply came back")
        body = _tr("{place} could not deliver it. It is kept as you wrote it.")
    return title.format(name=name), body.format(place=alert.place)


def _all_of(names: Sequence[str], count: int = 0) -> str:
    """ "Tom Hadley, Marta Lindqvist and Rosa Blum." """
    if not names:
        return ""
    if count > len(names):
        return _tr("{names} and others.").format(names=", ".join(names))
    if len(names) == 1:
        return f"{names[0]}."
    return _tr("{names} and {last}.").format(names=", ".join(names[:-1]), last=names[-1])


def _account_body(alert: AlertRaised, now: datetime) -> str:
    heard = ""
    if alert.waited_s >= 60:
        since = day_and_time(now - timedelta(seconds=alert.waited_s), now)
        heard = _tr("Nothing heard since {time}.").format(time=since)
    if alert.error_kind in ("sign-in-needed", "not-allowed"):
        remedy = _tr("Sign in again.")
    else:
        remedy = _tr("Shopbell keeps trying.")
    return f"{heard} {remedy}".strip()
