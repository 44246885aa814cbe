"""What a row says: where it was said, what a complaint is about, what a screen reader speaks."""

from __future__ import annotations

from datetime import datetime, tzinfo

from PySide6.QtCore import QCoreApplication

from gui import QT_TRANSLATE_NOOP
from gui.book import Known
from gui.conversation.when import day_and_time
from gui.inbox.times import closing_mark, short_moment, spoken_wait
from services.alert_words import first_words
from services.model import Conversation, MessageKind, OutboxState, State

PLACES = {
    MessageKind.MENTION: QT_TRANSLATE_NOOP("Place", "Mention"),
    MessageKind.REPLY: QT_TRANSLATE_NOOP("Place", "Reply to your post"),
    MessageKind.COMMENT: QT_TRANSLATE_NOOP("Place", "Comment on your post"),
    MessageKind.POST: QT_TRANSLATE_NOOP("Place", "Post"),
    MessageKind.QUOTE: QT_TRANSLATE_NOOP("Place", "Quote of your post"),
    MessageKind.REVIEW: QT_TRANSLATE_NOOP("Place", "Review"),
    MessageKind.DIRECT: QT_TRANSLATE_NOOP("Place", "Private message"),
    MessageKind.EMAIL: QT_TRANSLATE_NOOP("Place", "E-mail"),
    MessageKind.ENTRY: QT_TRANSLATE_NOOP("Place", "Entry"),
    MessageKind.FOLLOW: QT_TRANSLATE_NOOP("Place", "New follower"),
}
TITLED = {
    MessageKind.MENTION: QT_TRANSLATE_NOOP("Place", "Mention in “{title}”"),
    MessageKind.REPLY: QT_TRANSLATE_NOOP("Place", "Reply to “{title}”"),
    MessageKind.COMMENT: QT_TRANSLATE_NOOP("Place", "Comment on “{title}”"),
    MessageKind.POST: QT_TRANSLATE_NOOP("Place", "Post · {title}"),
    MessageKind.QUOTE: QT_TRANSLATE_NOOP("Place", "Quote of “{title}”"),
    MessageKind.REVIEW: QT_TRANSLATE_NOOP("Place", "Review · {title}"),
    MessageKind.EMAIL: QT_TRANSLATE_NOOP("Place", "E-mail · {title}"),
    MessageKind.ENTRY: QT_TRANSLATE_NOOP("Place", "{title}"),
}
TOPICS = {
    "late": QT_TRANSLATE_NOOP("Topic", "late"),
    "broken": QT_TRANSLATE_NOOP("Topic", "broken"),
    "wrong-order": QT_TRANSLATE_NOOP("Topic", "wrong order"),
    "not-fresh": QT_TRANSLATE_NOOP("Topic", "not fresh"),
    "refund": QT_TRANSLATE_NOOP("Topic", "money back"),
    "rude": QT_TRANSLATE_NOOP("Topic", "rude"),
    "billing": QT_TRANSLATE_NOOP("Topic", "charged wrongly"),
    "safety": QT_TRANSLATE_NOOP("Topic", "safety"),
    "no-answer": QT_TRANSLATE_NOOP("Topic", "no answer"),
}


def place(row: Conversation, *, folds: bool = True) -> str:
    """ "Private message", "Reply to “Rye is back”", "E-mail · Order for Thursday"."""
    title = " ".join(row.title.split())
    if title and row.kind in TITLED and not (is_folded(row, folds) and _is_abusive(title)):
        return QCoreApplication.translate("Place", TITLED[row.kind]).format(title=title)
    return QCoreApplication.translate("Place", PLACES[row.kind])


def topic(row: Conversation, *, folds: bool = True) -> str:
    """ "wrong order"; what the words said where no topic was found; empty when neither, or when the words
    are folded away."""
    known = TOPICS.get(row.topic.replace(" ", "-").replace("_", "-"))
    if known is not None:
        return QCoreApplication.translate("Topic", known)
    return row.reasons[0] if row.reasons and not is_folded(row, folds) else ""


def customer(row: Conversation) -> str:
    return row.customer_name or row.customer_handle or QCoreApplication.translate("Row", "Somebody")


def stars(row: Conversation) -> str:
    return "" if row.stars is None else "★" * row.stars + "☆" * max(5 - row.stars, 0)


def is_folded(row: Conversation, folds: bool) -> bool:
    """Their words may insult, and the owner wants to be asked first (``folds``)."""
    return folds and row.is_abusive


def _is_abusive(title: str) -> bool:
    from services.insults import is_abusive

    return is_abusive(title)


def said(row: Conversation, *, folds: bool = True) -> str:
    """What stands under the name: their words, or ours where nobody waits (the store keeps our answer
    there)."""
    if is_folded(row, folds):
        return QCoreApplication.translate("Row", "This message may be abusive")
    if row.waiting_since is None and row.answered_at is not None:
        return QCoreApplication.translate("Row", "You: {text}").format(text=first_words(row.snippet))
    return first_words(row.snippet)


def spoken(
    row: Conversation,
    known: Known | None,
    now: datetime,
    zone: tzinfo | None = None,
    *,
    folds: bool = True,
) -> str:
    """One sentence, the name first: what a screen reader says for the row."""

    def tr(text: str) -> str:
        return QCoreApplication.translate("SpokenRow", text)

    parts = [customer(row)]
    if row.unread:
        parts.append(tr("unread"))
    waits = row.waiting_since is not None and row.state is not State.SPAM
    if row.is_complaint and waits:
        about = topic(row, folds=folds)
        parts.append(tr("complaint, {topic}").format(topic=about) if about else tr("complaint"))
    if waits and row.waiting_since is not None:
        parts.append(tr("waits {time}").format(time=spoken_wait(now - row.waiting_since)))
    if closing_mark(row, now, zone) is not None and row.reply_until is not None:
        if row.reply_until > now:
            parts.append(tr("answer before {moment}").format(moment=short_moment(row.reply_until, now, zone)))
        else:
            parts.append(tr("the network takes no more answers"))
    if row.outbox_state in (OutboxState.FAILED, OutboxState.UNCLEAR):
        parts.append(tr("your reply was not sent"))
    elif row.state is State.SNOOZED and row.snoozed_until is not None:
        parts.append(tr("snoozed until {moment}").format(moment=short_moment(row.snoozed_until, now, zone)))
    elif row.waiting_since is None and row.answered_at is not None:
        moment = day_and_time(row.answered_at, now, zone)
        network = known.network if known else ""
        parts.append(tr("answered at {moment} on {network}").format(moment=moment, network=network))
    if row.has_draft:
        parts.append(tr("draft kept"))
    where = (
        place(row, folds=folds)
        if known is None
        else tr("{place}, {source}").format(place=place(row, folds=folds), source=known.name)
    )
    parts.append(where)
    if row.stars is not None:
        many = QCoreApplication.translate("SpokenRow", "%n stars", "", row.stars)
        parts.append(tr("1 star") if row.stars == 1 else many)
    parts.append(said(row, folds=folds)[:200])
    return ". ".join(part for part in parts if part)
