"""The places found behind a web address, each with a box to tick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QVBoxLayout, QWidget

from gui.badges import BadgeLabel, Badges
from gui.conversation.parts import clear_layout, column, label, row
from gui.dialogs.channel_words import effort_words, hint_words
from gui.dialogs.switch import Tick
from gui.icons import Icons
from services.channels import Registry
from services.channels.base import Suggestion


def of_our_site(places: Sequence[Suggestion], registry: Registry) -> list[Suggestion]:
    """Behind the shop's own address: customers write in the comments, so those are ticked; the posts are the
    shop's own, and where a channel can tell the two apart it is told so."""
    kinds = {one.kind for one in places if one.hint == "comments"}
    shown: list[Suggestion] = []
    posts: set[str] = set()
    for one in places:
        # A blog offers its posts in three formats; whoever reads this wants to know of one.
        if one.hint == "posts" and one.kind in posts:
            continue
        if one.hint == "posts":
            posts.add(one.kind)
        shown.append(_of_our_site(one, registry, has_comments=one.kind in kinds))
    return shown


def _of_our_site(place: Suggestion, registry: Registry, *, has_comments: bool) -> Suggestion:
    if place.hint == "comments":
        return replace(place, is_default=True)
    if place.hint != "posts":
        return place
    fields = registry.get(place.kind).signin.fields
    roles = next((one.choices for one in fields if one.name == "role"), {})
    ours = {"role": "own"} if "own" in roles else {}
    is_default = place.is_default and not has_comments
    return replace(place, settings={**place.settings, **ours}, is_default=is_default)


class FoundPlaces(QFrame):
    """``changed`` when a box was ticked."""

    changed = Signal()

    def __init__(self, icons: Icons, badges: Badges, registry: Registry, *, narrow: bool = False) -> None:
        super().__init__()
        self._narrow = narrow
        self._icons, self._badges, self._registry = icons, badges, registry
        self._boxes: list[tuple[QCheckBox, Suggestion]] = []
        self.setProperty("card", "line")
        self._list: QVBoxLayout = column()
        self.setLayout(self._list)
        self.hide()

    def show_places(self, places: Sequence[Suggestion]) -> None:
        clear_layout(self._list)
        self._boxes = []
        for number, place in enumerate(places):
            if number:
                rule = QFrame()
                rule.setProperty("rule", True)
                self._list.addWidget(rule)
            self._list.addWidget(self._row(place))
        self.setVisible(bool(places))
        self.changed.emit()

    def _row(self, place: Suggestion) -> QWidget:
        channel = self._registry.get(place.kind)
        box = Tick(self._icons.theme, f"{channel.title}: {place.title}")
        box.setChecked(place.is_default)
        box.toggled.connect(lambda _: self.changed.emit())
        title = label(hint_words(place.hint) or channel.title, weight=500)
        where = label(place.title, step="small", tone="text3", wrap=True)
        effort = label(effort_words(channel.signin.effort), step="small", tone="text2")
        badge = BadgeLabel(self._badges, channel.badge, channel.title, 24)
        layout = row(box, badge, spacing=10, margins=(12, 8, 14, 8))
        if self._narrow:
            words = column()
            words.addWidget(title)
            words.addWidget(where)
            layout.addLayout(words, 1)
        else:
            layout.addWidget(title)
            layout.addWidget(where, 1)
            layout.addWidget(effort)
        line = QWidget()
        line.setLayout(layout)
        self._boxes.append((box, place))
        return line

    def chosen(self) -> list[Suggestion]:
        return [place for box, place in self._boxes if box.isChecked()]

    def places(self) -> list[Suggestion]:
        return [place for _, place in self._boxes]

    def boxes(self) -> list[QCheckBox]:
        return [box for box, _ in self._boxes]
