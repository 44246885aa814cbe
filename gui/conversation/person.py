"""The customer card: who this is, as far as the network says. Slides over the right of the pane."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QLocale, QPoint, QPropertyAnimation, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QWidget

from gui.badges import BadgeLabel, Badges
from gui.conversation.links import is_safe, open_link
from gui.conversation.parts import button, column, label, row
from gui.conversation.subject import Subject, their_messages
from gui.conversation.when import long_day
from gui.icons import Icons
from services.channels.base import Badge

WIDTH = 320
SLIDE_MS = 200


class PersonCard(QFrame):
    def __init__(self, icons: Icons, badges: Badges, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = icons.theme
        self._around = parent
        self._url = ""
        self.setObjectName("popup")
        self.setAccessibleName(self.tr("About this customer"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._badge = BadgeLabel(badges, Badge(), self.tr("Network"))
        self._name = label(step="title", wrap=True)
        self._handle = label(step="small", tone="text3", wrap=True)
        self._facts = label(tone="text2", wrap=True)
        self._profile = button(self.tr("Open the profile"), icon="link-out", icons=icons)
        self._profile.clicked.connect(lambda: open_link(self._url))
        shut = button("", kind="icon", icon="close", icons=icons, name=self.tr("Close"))
        shut.clicked.connect(self.hide)
        names = column(spacing=2)
        names.addWidget(self._name)
        names.addWidget(self._handle)
        top = row(self._badge, spacing=12)
        top.addLayout(names, 1)
        top.addWidget(shut, 0, Qt.AlignmentFlag.AlignTop)
        box = column(spacing=16, margins=(20, 16, 12, 20))
        box.addLayout(top)
        box.addWidget(self._facts)
        box.addWidget(self._profile, 0, Qt.AlignmentFlag.AlignLeft)
        box.addStretch(1)
        self.setLayout(box)
        self._slide = QPropertyAnimation(self, b"pos", self)
        self._slide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self.hide()

    def set_subject(self, subject: Subject) -> None:
        author = subject.parent.author if subject.parent is not None else None
        conversation = subject.thread.conversation
        self._badge.set_badge(subject.badge, subject.place)
        self._name.setText(subject.customer or self.tr("Somebody"))
        handle = (author.handle if author else "") or conversation.customer_handle
        self._handle.setText(handle)
        self._handle.setVisible(bool(handle) and handle != subject.customer)
        facts = [self.tr("On {place}").format(place=subject.place)]
        if author is not None and author.followers is not None:
            number = QLocale().toString(author.followers)
            facts.append(
                self.tr("1 follower")
                if author.followers == 1
                else self.tr("{count} followers").format(count=number)
            )
        theirs = their_messages(subject.thread)
        if theirs and not subject.thread.hidden_earlier:
            count = len(theirs)
            facts.append(
                self.tr("1 message here")
                if count == 1
                else self.tr("{count} messages here").format(count=count)
            )
            facts.append(
                self.tr("First wrote on {day}").format(day=long_day(theirs[0].sent_at, theirs[-1].sent_at))
            )
        self._facts.setText("\n".join(facts))
        self._url = author.url if author is not None and is_safe(author.url) else ""
        self._profile.setVisible(bool(self._url))

    def toggle(self) -> None:
        if self.isVisible():
            self.hide()
            return
        self.place()
        self.raise_()
        self.show()
        self.setFocus()
        if not self._theme.reduce_motion:
            end = self.pos()
            self._slide.stop()
            self._slide.setDuration(SLIDE_MS)
            self._slide.setStartValue(end + QPoint(self._theme.px(40), 0))
            self._slide.setEndValue(end)
            self._slide.start()

    def place(self) -> None:
        parent = self._around
        top = self._theme.px(64) + 1
        width = min(self._theme.px(WIDTH), parent.width())
        self._slide.stop()
        self.setGeometry(parent.width() - width, top, width, max(1, parent.height() - top))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)
