"""What a channel declares, in the words of the cards. Channels write English source texts; they are
translated here."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from gui import QT_TRANSLATE_NOOP
from services.channels.base import Channel, ChannelType, Effort, SignInMethod

EFFORTS = {
    Effort.MINUTE: QT_TRANSLATE_NOOP("Effort", "1 minute"),
    Effort.MINUTES: QT_TRANSLATE_NOOP("Effort", "5 minutes"),
    Effort.DAYS: QT_TRANSLATE_NOOP("Effort", "Days: needs approval"),
    Effort.MONEY: QT_TRANSLATE_NOOP("Effort", "Costs money"),
}
EFFORT_ROLES = {
    Effort.MINUTE: "accenttx",
    Effort.MINUTES: "text2",
    Effort.DAYS: "clocktx",
    Effort.MONEY: "caretx",
}
HINTS = {
    "comments": QT_TRANSLATE_NOOP("Suggestion", "Comments"),
    "posts": QT_TRANSLATE_NOOP("Suggestion", "Posts"),
    "forum": QT_TRANSLATE_NOOP("Suggestion", "Forum"),
    "search": QT_TRANSLATE_NOOP("Suggestion", "Search"),
    "account": QT_TRANSLATE_NOOP("Suggestion", "Account"),
}


def said(text: str) -> str:
    """A channel's own English text in the owner's language."""
    return QCoreApplication.translate("Channels", text) if text else ""


def effort_words(effort: Effort) -> str:
    return QCoreApplication.translate("Effort", EFFORTS[effort])


def hint_words(hint: str) -> str:
    return QCoreApplication.translate("Suggestion", HINTS[hint]) if hint in HINTS else ""


def effort_line(channel: ChannelType) -> str:
    """ "1 minute · free"."""
    price = said(channel.signin.price) or QCoreApplication.translate("Effort", "free")
    if channel.signin.effort is Effort.MONEY and not channel.signin.price:
        return effort_words(channel.signin.effort)
    return QCoreApplication.translate("Effort", "{effort} · {price}").format(
        effort=effort_words(channel.signin.effort), price=price
    )


def ticks(channel: ChannelType) -> list[tuple[bool, str]]:
    """(can, words): what it hears first, what it does, then what it cannot."""
    able = channel.abilities
    lines: list[tuple[bool, str]] = []
    if able.summary:
        lines.append(
            (
                True,
                QCoreApplication.translate("Effort", "Hears: {what}").format(
                    what=_lowered(said(able.summary))
                ),
            )
        )
    lines += [(True, said(text)) for text in able.does]
    if able.copy_and_open and not able.does:
        lines.append((True, QCoreApplication.translate("Effort", "Answer by copy and open")))
    lines += [(False, said(text)) for text in able.cannot]
    return lines


def safe_words(channel: ChannelType) -> str:
    """Where the secret stays, or that there is none."""
    method = channel.signin.method
    tr = QCoreApplication.translate
    if method is SignInMethod.OAUTH:
        return tr(
            "Effort",
            "Your browser opens and asks you to allow Shopbell. Your password is never "
            "typed here; the permission "
            "is kept in this computer’s key store.",
        )
    if any(field.secret for field in channel.signin.fields):
        return tr(
            "Effort",
            "What you type here is kept in this computer’s key store. Nothing goes through a server of ours.",
        )
    return tr("Effort", "No password is needed.")


def _lowered(text: str) -> str:
    """ "Mentions, replies" inside a sentence; names and abbreviations stay."""
    return text if len(text) < 2 or text[1].isupper() else text[0].lower() + text[1:]


def looks_first(channel: type[Channel]) -> bool:
    """Whether the channel can look behind an address and asks for no secret it needs."""
    overrides = channel.suggest.__func__ is not Channel.suggest.__func__  # type: ignore[attr-defined]
    needs = any(field.required for field in channel.signin.fields)
    return overrides and needs and channel.signin.method is SignInMethod.NONE


def looks_like_address(text: str) -> bool:
    text = text.strip()
    if not text or any(char.isspace() for char in text):
        return False
    return (
        "://" in text
        or "@" in text[1:]
        or text.startswith("localhost")
        or ("." in text[1:-1] and not text.endswith("."))
    )
