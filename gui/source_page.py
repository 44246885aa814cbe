"""The page of an account in trouble: what happened, what is safe, and the one thing that helps."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui.account_notes import note_words
from gui.badges import BadgeLabel, Badges
from gui.book import GREY, Known
from gui.conversation.parts import button, label
from gui.conversation.when import clock_time, day_name, long_day
from gui.errors import account_words
from gui.icons import Icons
from gui.theme import Theme


class SourcePage(QWidget):
    """``remedy(account_id, key)``: sign-in, open, check-now, pause, resume."""

    remedy = Signal(int, str)

    def __init__(self, theme: Theme, icons: Icons, badges: Badges, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.account_id = 0
        self.setProperty("ground", "conv")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        px = theme.px
        self._badge = BadgeLabel(badges, GREY, self.tr("Source"), parent=self)
        self.name = label(step="title")
        self.line = label(step="small", tone="text3")
        head = QHBoxLayout()
        head.setContentsMargins(px(20), 0, px(16), 0)
        head.setSpacing(px(12))
        head.addWidget(self._badge)
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addStretch(1)
        names.addWidget(self.name)
        names.addWidget(self.line)
        names.addStretch(1)
        head.addLayout(names, 1)
        top = QWidget(self)
        top.setLayout(head)
        top.setFixedHeight(px(64))
        rule = QFrame(self)
        rule.setProperty("rule", "true")
        self.title = label(step="head", wrap=True)
        self.text = label(step="read", tone="text2", wrap=True)
        self._facts = _Facts(theme, self)
        self.strong = button(
            self.tr("Sign in again"), kind="strong", size="big", icon="signin", role="onaccent", icons=icons
        )
        self.strong.clicked.connect(lambda: self.remedy.emit(self.account_id, "sign-in"))
        self.again = button(
            self.tr("Check now"), kind="strong", size="big", icon="refresh", role="onaccent", icons=icons
        )
        self.again.clicked.connect(lambda: self.remedy.emit(self.account_id, "check-now"))
        self.open = button(self.tr("Open the page in the browser"), size="big")
        self.open.clicked.connect(lambda: self.remedy.emit(self.account_id, "open"))
        buttons = QHBoxLayout()
        buttons.setSpacing(px(10))
        for one in (self.strong, self.again, self.open):
            buttons.addWidget(one)
        buttons.addStretch(1)
        self.report = label(step="small", tone="text3")
        self.show_report = button(self.tr("Show"), kind="link")
        self.show_report.setProperty("step", "small")
        self.show_report.clicked.connect(self._unfold)
        said = QHBoxLayout()
        said.setSpacing(0)
        said.addWidget(self.report)
        said.addWidget(self.show_report)
        said.addStretch(1)
        self.details = label(step="small", tone="text2", wrap=True)
        self.details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        inner = QVBoxLayout()
        inner.setContentsMargins(px(28), px(28), px(28), px(28))
        inner.setSpacing(px(18))
        for part in (self.title, self.text, self._facts):
            inner.addWidget(part)
        inner.addLayout(buttons)
        inner.addLayout(said)
        inner.addWidget(self.details)
        inner.addStretch(1)
        body = QWidget(self)
        body.setLayout(inner)
        body.setMaximumWidth(px(620))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(top)
        column.addWidget(rule)
        column.addWidget(body, 1)

    def show_account(self, known: Known, now: datetime, held: int) -> None:
        """``held``: how many replies wait for this account."""
        fresh = known.freshness
        is_new = self.account_id != known.account.id
        self.account_id = known.account.id
        self._badge.set_badge(known.badge, known.network)
        self.name.setText(known.name)
        parts = [known.network] if known.network != known.name else []
        parts += [known.account.handle] if known.account.handle else []
        if known.account.created_at is not None:
            since = self.tr("connected since {day}").format(day=day_name(known.account.created_at, now))
            parts.append(since)
        self.line.setText(" · ".join(parts))
        sentence, rest = account_words(known, now)
        if fresh.heard is not None and known.trouble in ("sign-in", "silent"):
            silent = self.tr("{source} went silent on {day} at {time}.")
            day = long_day(fresh.heard, now).split(" ")[0]
            self.title.setText(silent.format(source=known.name, day=day, time=clock_time(fresh.heard)))
        else:
            self.title.setText(f"{sentence}.")
        safe = self.tr("Nothing you have here is lost.")
        if known.trouble == "sign-in":
            rest = self.tr(
                "It asks for a fresh sign-in. "
                "This happens after a changed password or when an access runs out."
            )
        self.text.setText(rest if safe in rest else f"{rest} {safe}".strip())
        self._facts.fill(self._fact_rows(known, now, held))
        self.strong.setVisible(known.trouble == "sign-in")
        self.again.setVisible(known.trouble != "sign-in")
        self.open.setVisible(bool(known.account.url))
        reason = str(fresh.error_detail.get("sample") or fresh.error_detail.get("reason") or "")
        self.report.setText(self.tr("What {source} said, for a bug report").format(source=known.name))
        self.report.setVisible(bool(reason))
        if is_new:
            self.details.hide()
        self.show_report.setVisible(bool(reason) and self.details.isHidden())
        self.details.setText(f"{fresh.error_kind} {reason}".strip())

    def _fact_rows(self, known: Known, now: datetime, held: int) -> list[tuple[str, str]]:
        fresh = known.freshness
        rows = []
        if fresh.heard is not None:
            moment = self.tr("{day}, {time}").format(
                day=long_day(fresh.heard, now), time=clock_time(fresh.heard)
            )
            rows.append((self.tr("Last heard"), moment))
        if fresh.next_poll is not None and known.trouble != "sign-in":
            rows.append((self.tr("Next try"), clock_time(fresh.next_poll)))
        if held:
            many = QCoreApplication.translate("SourcePage", "%n replies are held back, not lost", "", held)
            rows.append(
                (self.tr("Replies"), self.tr("1 reply is held back, not lost") if held == 1 else many)
            )
        noted = note_words(known.account, known.network)
        if noted:
            rows.append((self.tr("Good to know"), noted))
        if known.trouble == "sign-in":
            what = self.tr("everything since then is fetched, without ringing for old ones")
            rows.append((self.tr("After sign-in"), what))
        return rows

    def _unfold(self) -> None:
        self.details.show()
        self.show_report.hide()


class _Facts(QFrame):
    """A card of two columns: what, and how it is."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("card", "line")
        self._grid = QGridLayout(self)
        px = theme.px
        self._grid.setContentsMargins(px(16), px(14), px(16), px(14))
        self._grid.setHorizontalSpacing(px(20))
        self._grid.setVerticalSpacing(px(16))
        self._grid.setColumnMinimumWidth(0, px(130))
        self._grid.setColumnStretch(1, 1)
        self._labels: list[QLabel] = []

    def fill(self, rows: list[tuple[str, str]]) -> None:
        while len(self._labels) < len(rows) * 2:
            name, value = label(tone="text3"), label(wrap=True)
            line = len(self._labels) // 2
            self._grid.addWidget(name, line, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(value, line, 1)
            self._labels += [name, value]
        texts = [text for row in rows for text in row]
        for number, one in enumerate(self._labels):
            one.setVisible(number < len(texts))
            one.setText(texts[number] if number < len(texts) else "")
        self.setVisible(bool(rows))
