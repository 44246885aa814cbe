"""Errors in the owner's words, and the one handler for what nobody foresaw.

The English sentences are in ``services/words.py``; here they are translated and shown.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import datetime
from types import TracebackType

from PySide6.QtCore import QCoreApplication, QObject, Signal, Slot
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout

from gui.book import Known
from gui.conversation.parts import button, label
from gui.theme import Theme
from services.errors import ShopbellError
from services.words import Sentence, error_words, problem_words
from services.words_accounts import ADVICE

log = logging.getLogger(__name__)


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


class UnknownErrors(QObject):
    """Takes over ``sys.excepthook`` and its like: every unforeseen error is logged with its trace, and the
    owner is told once until the window is closed."""

    _arrived = Signal(str)

    def __init__(self, theme: Theme, restart: Callable[[], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme, self._restart = theme, restart
        self._shown: QDialog | None = None
        self._before = (sys.excepthook, threading.excepthook)
        self._arrived.connect(self._tell)

    def install(self) -> None:
        sys.excepthook = self.handle
        threading.excepthook = self._in_thread

    def remove(self) -> None:
        sys.excepthook, threading.excepthook = self._before

    def _in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self.handle(args.exc_type, args.exc_value, args.exc_traceback)

    def handle(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QCoreApplication.quit()
            return
        log.error("an error nobody foresaw", exc_info=(kind, error, trace))
        self._arrived.emit("".join(traceback.format_exception(kind, error, trace)))

    @Slot(str)
    def _tell(self, details: str) -> None:
        if self._shown is None:
            self._shown = _Dialog(self._theme, details, self._restart)
            self._shown.finished.connect(self._closed)
            self._shown.show()

    def _closed(self) -> None:
        if self._shown is not None:
            self._shown.deleteLater()
        self._shown = None


class _Dialog(QDialog):
    def __init__(self, theme: Theme, details: str, restart: Callable[[], None]) -> None:
        super().__init__()
        self.setWindowTitle("Shopbell")
        title = label(self.tr("Something went wrong in Shopbell."), step="head", wrap=True)
        text = label(self.tr("Your messages are safe."), step="read", tone="text2", wrap=True)
        self.details = QPlainTextEdit(details)
        self.details.setReadOnly(True)
        self.details.setAccessibleName(self.tr("Details for a bug report"))
        self.details.setMinimumHeight(theme.px(180))
        self.details.hide()
        self.restart = button(self.tr("Restart"), kind="strong", size="dialog")
        self.restart.clicked.connect(restart)
        self.show_details = button(self.tr("Show details"), size="dialog")
        self.show_details.clicked.connect(self._unfold)
        go_on = button(self.tr("Go on"), kind="quiet", size="dialog")
        go_on.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.px(8))
        for one in (self.restart, self.show_details, go_on):
            buttons.addWidget(one)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(*([theme.px(28)] * 4))
        column.setSpacing(theme.px(12))
        for part in (title, text, self.details):
            column.addWidget(part)
        column.addLayout(buttons)
        self.setMinimumWidth(theme.px(460))

    def _unfold(self) -> None:
        self.show_details.hide()
        self.details.show()
        self.adjustSize()
