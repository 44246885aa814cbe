"""The places found behind a web address, each with a box to tick; below them those that have to wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QLabel, QVBoxLayout, QWidget

from gui.badges import BadgeLabel, Badges, Sign
from gui.conversation.parts import clear_layout, column, label, row
from gui.dialogs.channel_words import effort_words, hint_words
from gui.dialogs.switch import Tick
from gui.errors import translated
from gui.icons import Icons
from services.channels import Registry
from services.channels.base import SignInMethod, Suggestion
from services.website import Proposal, Proposals
from services.words import Sentence
from services.words_accounts import NOTES


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


def of_kind(found: Proposals, kind: str, given: Mapping[str, str]) -> Proposals:
    """For an owner who chose a kind of place: those of that kind, with what the form was given besides."""
    places = (
        replace(one, suggestion=replace(one.suggestion, settings={**given, **one.suggestion.settings}))
        for one in found.places
        if one.suggestion is not None and one.suggestion.kind == kind
    )
    return replace(found, places=tuple(places))


def by_sign_in(places: Sequence[Suggestion], registry: Registry) -> tuple[list[Suggestion], list[Suggestion]]:
    """Those that can be added at once, and those for which somebody has to sign in or do something first."""

    def is_free(one: Suggestion) -> bool:
        has_sign_in = one.account is not None or registry.get(one.kind).signin.method is SignInMethod.NONE
        return has_sign_in and not one.advice and _is_complete(one, registry)

    free = [one for one in places if is_free(one)]
    return free, [one for one in places if one not in free]


def _is_complete(place: Suggestion, registry: Registry) -> bool:
    fields = registry.get(place.kind).signin.fields
    return place.account is not None or all(
        field.name in place.settings or field.default for field in fields if field.required
    )


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

    def show_found(self, found: Proposals, places: Sequence[Suggestion]) -> None:
        """``places``: those of the found ones to choose from, as they are to be added."""
        added = {(one.suggestion.kind, one.title) for one in found.places if one.suggestion and one.is_added}
        clear_layout(self._list)
        self._boxes = []
        rows = [self._row(place, is_added=(place.kind, place.title) in added) for place in places]
        if found.waiting:
            rows.append(self._heading())
            rows += [self._waiting_row(place) for place in found.waiting]
        for number, line in enumerate(rows):
            if number:
                rule = QFrame()
                rule.setProperty("rule", True)
                self._list.addWidget(rule)
            self._list.addWidget(line)
        self.setVisible(bool(rows))
        # They are made after everything else; Tab finds them where they stand.
        for one, next_one in pairwise([self._stop_before(), *self.boxes()]):
            QWidget.setTabOrder(one, next_one)
        self.changed.emit()

    def _stop_before(self) -> QWidget:
        """What Tab reaches before this list."""
        one = self.previousInFocusChain()
        while one is not None and one is not self and not one.focusPolicy() & Qt.FocusPolicy.TabFocus:
            one = one.previousInFocusChain()
        return one or self

    def _heading(self) -> QWidget:
        line = QWidget()
        words = label(
            self.tr("Shopbell does not speak these yet. What they will take:"),
            step="small",
            tone="text3",
            wrap=True,
        )
        line.setLayout(row(words, margins=(14, 8, 14, 8)))
        return line

    def _waiting_row(self, place: Proposal) -> QWidget:
        badge = BadgeLabel(self._badges, Sign(place.network[:2].title()), place.network, 24)
        title, where = label(place.network, weight=500), label(place.title, step="small", tone="text3")
        effort = label(effort_words(place.effort), step="small", tone="text2")
        # As wide as the box there is not, so that the badges stand below one another.
        room = QWidget()
        room.setFixedWidth(Tick(self._icons.theme, "").sizeHint().width())
        return self._line([room, badge], title, where, effort)

    def _row(self, place: Suggestion, *, is_added: bool) -> QWidget:
        channel = self._registry.get(place.kind)
        box = Tick(self._icons.theme, f"{channel.title}: {place.title}")
        box.setChecked(place.is_default and not is_added)
        box.setEnabled(not is_added)
        box.toggled.connect(lambda _: self.changed.emit())
        title = label(self._kind_words(place), weight=500)
        where = label(place.title, step="small", tone="text3", wrap=True)
        words = self.tr("Connected already") if is_added else effort_words(channel.signin.effort)
        effort = label(words, step="small", tone="text2")
        badge = BadgeLabel(self._badges, channel.badge, channel.title, 24)
        self._boxes.append((box, place))
        line = self._line([box, badge], title, where, effort)
        if more := self._more_words(place, channel.title):
            self._add_more(line, more)
        return line

    def _more_words(self, place: Suggestion, network: str) -> str:
        """What to do first, or which searches answered just now."""
        if place.advice:
            return translated(Sentence(NOTES.get(place.advice, ""), {"network": network}))
        if place.extends:
            return self.tr("Posts with these words, found with your account there.")
        heard = [name for name, is_heard in place.tried.items() if is_heard]
        silent = [name for name, is_heard in place.tried.items() if not is_heard]
        words = self.tr("Answers just now: {names}.").format(names=", ".join(heard)) if heard else ""
        if silent:
            words += " " + self.tr("Does not answer: {names}.").format(names=", ".join(silent))
        return words.strip()

    @staticmethod
    def _add_more(line: QWidget, words: str) -> None:
        layout = line.layout()
        assert layout is not None
        inner = next((one for one in layout.findChildren(QVBoxLayout)), None)
        more = label(words, step="small", tone="text2", wrap=True)
        if inner is not None:
            inner.addWidget(more)
        else:
            layout.addWidget(more)

    def _kind_words(self, place: Suggestion) -> str:
        """What of a site it is; a place of its own goes by its network."""
        is_part = place.hint in ("comments", "posts", "forum")
        return hint_words(place.hint) if is_part else self._registry.get(place.kind).title

    def _line(self, left: Sequence[QWidget], title: QLabel, where: QLabel, effort: QLabel) -> QWidget:
        layout = row(*left, spacing=10, margins=(12, 8, 14, 8))
        if self._narrow:
            words = column()
            for one in (title, where, effort):
                words.addWidget(one)
            layout.addLayout(words, 1)
        else:
            layout.addWidget(title)
            layout.addWidget(where, 1)
            layout.addWidget(effort)
        line = QWidget()
        line.setLayout(layout)
        return line

    def chosen(self) -> list[Suggestion]:
        return [place for box, place in self._boxes if box.isChecked()]

    def places(self) -> list[Suggestion]:
        return [place for _, place in self._boxes]

    def boxes(self) -> list[QCheckBox]:
        return [box for box, _ in self._boxes]


class FoundPage(QWidget):
    """The found places below a title, for the right side of "Add a source"."""

    def __init__(self, icons: Icons, badges: Badges, registry: Registry) -> None:
        super().__init__()
        self.title = label(step="title", wrap=True)
        note = label(self.tr("Nothing is connected yet."), step="small", tone="text3", wrap=True)
        self.places = FoundPlaces(icons, badges, registry, narrow=True)
        inner = column(spacing=8)
        for one in (self.title, note, self.places):
            inner.addWidget(one)
        inner.addStretch(1)
        self.setLayout(inner)
