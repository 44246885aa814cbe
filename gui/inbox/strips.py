"""What stands between the head and the rows: an account in trouble, the first fetch, and new rows that wait
to be shown."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from gui.book import Book, Known
from gui.conversation.parts import IconLabel, button, label
from gui.conversation.when import clock_time
from gui.icons import Icons
from gui.theme import Theme, say


class TroubleStrip(QFrame):
    """One account in trouble, the worst first. ``remedy(account_id, key)``: sign-in, open, check-now,
    sources."""

    remedy = Signal(int, str)

    def __init__(self, theme: Theme, icons: Icons, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._id = 0
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._sign = IconLabel(icons, "warning", "caretx", 18)
        self.title = label(weight=600, wrap=True)
        self.text = label(step="small", tone="text2", wrap=True)
        self.strong = button(self.tr("Sign in again"), kind="strong")
        self.strong.clicked.connect(lambda: self.remedy.emit(self._id, "sign-in"))
        self.open = button(self.tr("Open it there"))
        self.open.clicked.connect(lambda: self.remedy.emit(self._id, "open"))
        self.again = button(self.tr("Check now"))
        self.again.clicked.connect(lambda: self.remedy.emit(self._id, "check-now"))
        self.others = button("", kind="link", name=self.tr("Other sources in trouble"))
        self.others.clicked.connect(lambda: self.remedy.emit(self._id, "sources"))
        px = theme.px
        buttons = QHBoxLayout()
        buttons.setSpacing(px(8))
        for one in (self.strong, self.open, self.again, self.others):
            buttons.addWidget(one)
        buttons.addStretch(1)
        words = QVBoxLayout()
        words.setSpacing(px(2))
        words.addWidget(self.title)
        words.addWidget(self.text)
        words.addSpacing(px(8))
        words.addLayout(buttons)
        row = QHBoxLayout(self)
        row.setContentsMargins(px(20), px(14), px(16), px(14))
        row.setSpacing(px(12))
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        self.hide()

    def show_for(self, book: Book, now: datetime, account_id: int | None) -> None:
        """``account_id`` limits it to the source whose list is shown."""
        troubled = [one for one in book.troubled() if account_id in (None, one.account.id)]
        if book.is_offline or not troubled:
            # The freshness line says that we are offline; one strip for every account would only shout.
            self.hide()
            return
        worst = troubled[0]
        self._id = worst.account.id
        self._fill(worst, now)
        more = len(troubled) - 1
        self.others.setVisible(more > 0)
        many = QCoreApplication.translate("TroubleStrip", "and %n others", "", more)
        self.others.setText(self.tr("and 1 other") if more == 1 else many)
        self.others.setAccessibleName(self.others.text())
        self.show()

    def _fill(self, known: Known, now: datetime) -> None:
        # The table of sentences is long, and most starts need none of them.
        from gui.errors import account_words

        is_broken = known.trouble == "sign-in"
        say(self, ground="caresoft" if is_broken else "clocksoft")
        signs = {
            "sign-in": ("signin", "caretx"),
            "silent": ("warning", "clocktx"),
            "waiting": ("clock", "clocktx"),
        }
        self._sign.set(*signs[known.trouble])
        title, rest = account_words(known, now)
        heard = known.freshness.heard
        if is_broken and heard is not None:
            rest = " ".join((rest, self.tr("Messages may be waiting there that you do not see.")))
        self.title.setText(title)
        self.text.setText(rest)
        self.text.setVisible(bool(rest))
        self.strong.setVisible(is_broken)
        self.open.setVisible(is_broken and bool(known.account.url))
        self.open.setText(self.tr("Open {network}").format(network=known.network))
        self.open.setAccessibleName(self.open.text())
        self.again.setVisible(known.trouble == "silent")
        self.setAccessibleName(f"{title}. {rest}")


class FetchLine(QFrame):
    """ "Fetching the last 14 days from Mastodon, 120 so far. You can start answering." """

    def __init__(self, theme: Theme, days: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._days = days
        self._fetched: dict[int, int] = {}
        self.setProperty("ground", "raised")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.text = label(step="small", tone="text2", wrap=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(20), theme.px(8), theme.px(16), theme.px(8))
        row.addWidget(self.text)
        self.hide()

    def progress(self, account_id: int, fetched: int) -> None:
        self._fetched[account_id] = fetched

    def show_for(self, book: Book) -> None:
        fetching = [one for one in book if one.freshness.backfilling and self._fetched.get(one.account.id)]
        if not fetching:
            self.hide()
            return
        text = self.tr(
            "Fetching the last {days} days from {network}, {count} so far. You can start answering."
        )
        names = ", ".join(one.name for one in fetching[:3])
        count = sum(self._fetched[one.account.id] for one in fetching)
        self.text.setText(text.format(days=self._days, network=names, count=count))
        self.show()


class SampleLine(QFrame):
    """ "This is the sample shop; everybody in it is invented." One click takes it away."""

    removed = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("ground", "raised")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        text = label(
            self.tr("Sample shop: everybody here is invented."), step="small", tone="text2", wrap=True
        )
        remove = button(self.tr("Remove it"), kind="link", name=self.tr("Remove the sample shop"))
        remove.setProperty("step", "small")
        remove.clicked.connect(self.removed)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(20), theme.px(2), theme.px(12), theme.px(2))
        row.addWidget(text, 1)
        row.addWidget(remove)


class OfflineStrip(QFrame):
    """ "Offline since 06:40. You can read and write; 2 replies leave when the connection is back." """

    def __init__(self, theme: Theme, icons: Icons, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("ground", "clocksoft")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.text = label(step="small", wrap=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(20), theme.px(8), theme.px(16), theme.px(8))
        row.setSpacing(theme.px(12))
        row.addWidget(IconLabel(icons, "offline", "clocktx", 18))
        row.addWidget(self.text, 1)
        self.hide()

    def show_for(self, *, is_offline: bool, since: datetime | None, held: int) -> None:
        self.setVisible(is_offline)
        if not is_offline:
            return
        at = self.tr(" since {time}").format(time=clock_time(since)) if since else ""
        if held:
            text = self.tr("1 reply leaves when the connection is back.") if held == 1 else ""
            many = QCoreApplication.translate(
                "OfflineStrip", "%n replies leave when the connection is back.", "", held
            )
            self.text.setText(
                self.tr("Offline{since}. You can read and write; {held}").format(since=at, held=text or many)
            )
        else:
            self.text.setText(self.tr("Offline{since}. You can read and write.").format(since=at))


class NewRowsLine(QPushButton):
    """ "2 new, show": nothing jumps until it is pressed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "banner")
        self.setAutoDefault(False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(self.tr("Show new conversations"))
        self.hide()

    def set_count(self, count: int) -> None:
        self.setVisible(count > 0)
        text = (
            self.tr("1 new, show")
            if count == 1
            else QCoreApplication.translate("NewRowsLine", "%n new, show", "", count)
        )
        self.setText(text)
        self.setAccessibleName(text)
