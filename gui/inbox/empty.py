"""Screens that are finished though nothing is on them: nobody waits, no source yet, nothing found."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from gui.book import Book
from gui.conversation.parts import button, label
from gui.conversation.when import day_and_time, how_long
from gui.icons import Icons
from gui.theme import Theme
from services.model import Counts


class Words(NamedTuple):
    """``action`` is a key for the strong or only button: start, waiting, sign-in, add-source; ``second`` is a
    link: sample."""

    title: str
    text: str = ""
    action: str = ""
    button: str = ""
    icon: str = ""
    is_strong: bool = False
    second: str = ""
    second_text: str = ""
    account_id: int = 0


def start_words(view: str, title: str, first: str, *, query: str = "") -> Words:
    """What the right side says while the list holds somebody and nobody is chosen. ``title`` is the head of
    the list, ``first`` the customer on top."""

    def tr(text: str) -> str:
        return QCoreApplication.translate("Empty", text)

    if query or view not in ("new", "complaints", "closing"):
        return Words(f"{title}.", tr("Choose one to read it."))
    who = first or tr("the first one")
    return Words(
        f"{title}.",
        tr("Enter opens the first."),
        action="start",
        button=tr("Start with {name}").format(name=shortened(who)),
        icon="reply",
        is_strong=True,
    )


def shortened(name: str, most: int = 40) -> str:
    """Names come from outside, and some are as long as a sentence."""
    return name if len(name) <= most else name[: most - 1].rstrip() + "…"


def empty_words(
    view: str, counts: Counts, book: Book, now: datetime, *, query: str = "", is_sample: bool = False
) -> Words:
    """What the right side says when the list holds nothing (docs: the table of states)."""

    def tr(text: str) -> str:
        return QCoreApplication.translate("Empty", text)

    def many(text: str, count: int) -> str:
        return QCoreApplication.translate("Empty", text, "", count)

    if query:
        return Words(tr("Nothing found for “{query}”.").format(query=query))
    if not len(book) and is_sample:
        return Words(tr("The sample shop is opening."), tr("In a moment its customers are here."))
    if not len(book):
        return Words(
            tr("Where do customers speak to you?"),
            tr("Add the places where they write, and everything they say arrives here."),
            action="add-source",
            button=tr("Add a source"),
            icon="add",
            is_strong=True,
            second="sample",
            second_text=tr("Open the sample shop"),
        )
    if view != "new":
        titles = {
            "complaints": tr("No complaints."),
            "closing": tr("Nothing closes in the next 6 hours."),
            "waiting": tr("Nobody has an answer to give back."),
            "snoozed": tr("Nothing is snoozed."),
            "done": tr("Nothing is done yet."),
            "hello": tr("No new followers."),
            "spam": tr("No spam."),
        }
        return Words(titles.get(view, tr("Nothing here.")))
    troubled = [one for one in book.troubled() if one.trouble != "waiting"]
    if troubled:
        worst = troubled[0]
        heard = worst.freshness.heard
        moment = day_and_time(heard, now) if heard else tr("not yet")
        is_signin = worst.trouble == "sign-in"
        return Words(
            tr("Nobody waits, as far as we heard."),
            tr("{source} was last heard {moment}.").format(source=worst.name, moment=moment),
            action="sign-in" if is_signin else "check-now",
            button=tr("Sign in again") if is_signin else tr("Check now"),
            icon="signin" if is_signin else "refresh",
            is_strong=is_signin,
            account_id=worst.account.id,
        )
    if all(one.freshness.heard is None for one in book):
        return Words(
            tr("Listening for the first time."),
            tr("What was said in the last days arrives now. Nothing rings for old messages."),
        )
    answered = counts.waiting
    see = tr("See the one you answered") if answered == 1 else many("See the %n you answered", answered)
    return Words(
        tr("Everyone has an answer."),
        _heard_words(book, now),
        action="waiting" if answered else "",
        button=see if answered else "",
        icon="waiting",
    )


def _heard_words(book: Book, now: datetime) -> str:
    def tr(text: str) -> str:
        return QCoreApplication.translate("Empty", text)

    heard = [one.freshness.heard for one in book if one.freshness.heard is not None]
    bell = tr("The bell rings when somebody writes.")
    if not heard:
        return bell
    ago = now - min(heard)
    moment = tr("a minute ago")
    if ago < timedelta(minutes=1):
        moment = tr("just now")
    elif ago >= timedelta(minutes=2):
        moment = tr("{time} ago").format(time=how_long(ago.total_seconds()))
    if len(heard) == 1:
        return " ".join((tr("Your source was heard {moment}.").format(moment=moment), bell))
    text = tr("All {all} sources were heard {moment}.").format(all=len(heard), moment=moment)
    return f"{text} {bell}"


class EmptyPage(QWidget):
    """``asked(action, account_id)``."""

    asked = Signal(str, int)

    def __init__(self, theme: Theme, icons: Icons, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._icons = theme, icons
        self._words = Words("")
        self.setProperty("ground", "conv")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        centre = Qt.AlignmentFlag.AlignCenter
        self._bell = _Bell(theme, self)
        self.title = label(step="hello", wrap=True)
        self.title.setAlignment(centre)
        self.text = label(step="read", tone="text2", wrap=True)
        self.text.setAlignment(centre)
        self.action = button("", name=self.tr("What to do"), icon="waiting", role="text", icons=icons)
        self.action.clicked.connect(lambda: self.asked.emit(self._words.action, self._words.account_id))
        self.second = button("", kind="link", name=self.tr("What else to do"))
        self.second.clicked.connect(lambda: self.asked.emit(self._words.second, 0))
        px = theme.px
        column = QVBoxLayout(self)
        column.setContentsMargins(px(28), px(28), px(28), px(28))
        column.addStretch(9)
        column.addWidget(self._bell, 0, centre)
        column.addSpacing(px(34))
        column.addWidget(self.title)
        column.addSpacing(px(6))
        row = QHBoxLayout()
        row.addStretch(1)
        self.text.setMaximumWidth(px(460))
        row.addWidget(self.text, 6)
        row.addStretch(1)
        column.addLayout(row)
        column.addSpacing(px(18))
        column.addWidget(self.action, 0, centre)
        column.addWidget(self.second, 0, centre)
        column.addStretch(8)

    def show_words(self, words: Words) -> None:
        if words == self._words:
            return
        self._words = words
        self.title.setText(words.title)
        self.text.setText(words.text)
        self.text.setVisible(bool(words.text))
        self.action.setVisible(bool(words.button))
        self.action.setText(words.button)
        self.action.setAccessibleName(words.button or self.tr("What to do"))
        self.action.setProperty("kind", "strong" if words.is_strong else "")
        if words.icon:
            self.action.setIcon(self._icons.icon(words.icon, "onaccent" if words.is_strong else "text"))
        self.second.setVisible(bool(words.second))
        self.second.setText(words.second_text)
        self.second.setAccessibleName(words.second_text or self.tr("What else to do"))
        self.action.style().polish(self.action)


class _Bell(QWidget):
    """The desk bell on its counter."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        self.setFixedSize(self._theme.px(160), self._theme.px(68))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(self.width() / 160, self.height() / 68)
        green = self._theme.color("accenttx")
        painter.setPen(QPen(self._theme.color("text3"), 2))
        painter.drawLine(QPointF(2, 65), QPointF(158, 65))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(green)
        painter.drawRoundedRect(QRectF(32, 59, 96, 6), 3, 3)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(green, 2.4))
        dome = QPainterPath(QPointF(43, 55))
        dome.arcTo(QRectF(43, 18, 74, 74), 180, -180)
        dome.closeSubpath()
        painter.drawPath(dome)
        painter.drawEllipse(QPointF(80, 11), 6, 6)
        painter.setOpacity(0.5)
        painter.drawArc(QRectF(56, 31, 48, 48), 105 * 16, 65 * 16)
        painter.end()
