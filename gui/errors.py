"""Errors in the owner's words. The English sentences are in ``services/words.py``; here they are translated.

What nobody foresaw is the matter of ``unknown_errors.py``.
"""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QCoreApplication

from gui.book import Known
from services.errors import ShopbellError
from services.words import Sentence, error_words, problem_words
from services.words_accounts import ADVICE


def translated(sentence: Sentence) -> str:
    """The template goes through the translator first and is filled afterwards."""
    template = QCoreApplication.translate("Errors", sentence.template)
    try:
        return template.format_map(sentence.values)
    except (KeyError, ValueError, IndexError):
        # A translation with a wrong placeholder must not cost the owner the sentence.
        return str(sentence)


def error_text(
    error: BaseException, account: str = "", network: str = "", now: datetime | None = None
) -> str:
    """What went wrong with what was just tried."""
    kind = error.kind if isinstance(error, ShopbellError) else "error"
    detail = error.detail if isinstance(error, ShopbellError) else {}
    return translated(error_words(kind, detail, account, network, now=now))


def deed_trouble(error: ShopbellError, account: str, network: str, now: datetime) -> str:
    """Why the network did not do what the owner asked of it just now, and what helps."""
    return " ".join(map(translated, problem_words(error, account, network, now=now)))


def text_with_advice(error: ShopbellError) -> str:
    """Where no button can offer the remedy: what went wrong, and what to do."""
    advice = ADVICE.get(error.kind, "")
    return " ".join(one for one in (error_text(error), translated(Sentence(advice))) if one)


def account_words(known: Known, now: datetime) -> tuple[str, str]:
    """(what is so, what to know about it) for an account in trouble: the first sentence and the rest."""
    fresh = known.freshness
    sentence = translated(
        error_words(
            fresh.error_kind or "channel-error",
            fresh.error_detail,
            known.name,
            known.network,
            heard=fresh.heard,
            failing_since=fresh.failing_since,
            now=now,
        )
    )
    first, stop, rest = sentence.partition(". ")
    return (first if stop else first.removesuffix(".")), rest
