"""Three panes, two with a rail, or one at a time: how the window uses its width."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget

from gui.inbox import pane as inbox_pane, views_list
from gui.inbox.pane import InboxPane
from gui.inbox.views_list import LeftPane
from gui.right_pane import RightPane
from gui.theme import Theme

RAIL_UNDER, ONE_UNDER = 1100, 760
CONVERSATION_NARROWEST = 420
NARROW_LIST = 318


class Panes(QSplitter):
    """``is_single``: list and conversation take turns; ``show_right`` says which one it is."""

    def __init__(
        self, left: LeftPane, middle: InboxPane, right: RightPane, theme: Theme, parent: QWidget
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._left, self._middle, self._right, self._theme = left, middle, right, theme
        self.is_single = False
        self._shows_right = False
        self._mode = ""
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)
        for part in (left, middle, right):
            self.addWidget(part)
        self.setStretchFactor(0, 0)
        self.setStretchFactor(1, 0)
        self.setStretchFactor(2, 1)
        right.setMinimumWidth(theme.px(CONVERSATION_NARROWEST))
        self._wide = [theme.px(views_list.WIDTH), theme.px(inbox_pane.WIDTH)]
        self.splitterMoved.connect(self._remember)
        for number in (1, 2):
            self.handle(number).setAccessibleName(self.tr("Width of the panes"))

    def widths(self) -> tuple[int, ...]:
        """Of left pane and list, as the owner drew them in the wide window."""
        self._remember()
        return tuple(self._wide)

    def set_widths(self, widths: tuple[int, ...]) -> None:
        if len(widths) == 2:
            self._wide = list(widths)
            self._mode = ""

    def fit(self, width: int) -> None:
        """Chooses the arrangement for this window width."""
        px = self._theme.px
        mode = "one" if width < px(ONE_UNDER) else "rail" if width < px(RAIL_UNDER) else "wide"
        if mode == self._mode:
            return
        self._mode = mode
        self._left.set_rail(mode != "wide")
        self.is_single = mode == "one"
        self._right.set_alone(self.is_single)
        self._right.setMinimumWidth(px(CONVERSATION_NARROWEST) if mode != "one" else 0)
        self._middle.setMaximumWidth(px(inbox_pane.WIDEST) if mode != "one" else 16_777_215)
        self._turn()
        self._share()
        # Parts that were just shown, or whose limits changed, are measured by Qt in the next round.
        QTimer.singleShot(0, self, self._share)

    def _share(self) -> None:
        """Gives each pane the width of the present arrangement."""
        px, width = self._theme.px, self.width()
        first, second = self._wide if self._mode == "wide" else (px(views_list.RAIL), px(NARROW_LIST))
        self.setSizes([first, second, max(width - first - second - 2, 1)])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit(event.size().width())

    def _remember(self, *_: int) -> None:
        if self._mode == "wide" and self.isVisible() and all(self.sizes()[:2]):
            self._wide = self.sizes()[:2]

    def show_right(self, wanted: bool) -> None:
        """Under the smallest width: the conversation instead of the list, or back."""
        self._shows_right = wanted
        self._turn()

    def _turn(self) -> None:
        self._middle.setVisible(not (self.is_single and self._shows_right))
        self._right.setVisible(not self.is_single or self._shows_right)
