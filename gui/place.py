"""Where a window goes that stood somewhere at the last start: pure, in Qt's own pixels (of which a screen at
200 % has half as many)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

MOST_BAR = 200


class Rect(NamedTuple):
    x: int
    y: int
    width: int
    height: int

    @property
    def area(self) -> int:
        return max(0, self.width) * max(0, self.height)

    def common(self, other: Rect) -> Rect:
        left, top = max(self.x, other.x), max(self.y, other.y)
        right = min(self.x + self.width, other.x + other.width)
        bottom = min(self.y + self.height, other.y + other.height)
        return Rect(left, top, max(0, right - left), max(0, bottom - top))

    def distance(self, other: Rect) -> int:
        """Squared, from middle to middle."""
        across = (2 * self.x + self.width) - (2 * other.x + other.width)
        down = (2 * self.y + self.height) - (2 * other.y + other.height)
        return across * across + down * down


class Kept(NamedTuple):
    """As it is kept between two starts: the window without its frame. ``mode``: 0 as it is, 1 maximised, 2
    the whole screen. ``bar``: how high the title bar above it was."""

    x: int
    y: int
    width: int
    height: int
    mode: int = 0
    bar: int = 0

    @property
    def rect(self) -> Rect:
        return Rect(self.x, self.y, self.width, self.height)


def placed(saved: Rect, screens: Sequence[Rect], smallest: tuple[int, int], bar: int = 0) -> Rect:
    """The rectangle for the window without its frame. ``screens``: what of each can be used, the first one
    first; not empty. ``bar``: how high the title bar above it is.

    A window that is wholly to be seen stays where it was, over two screens as well. Any other goes to the
    screen that has most of it (none: the nearest), no larger than that has room for.
    """
    outer = Rect(saved.x, saved.y - bar, saved.width, saved.height + bar)
    shown = sum(outer.common(screen).area for screen in _apart(screens))
    is_large_enough = saved.width >= smallest[0] and saved.height >= smallest[1]
    if is_large_enough and shown >= outer.area:
        return saved
    best = max(screens, key=lambda one: (outer.common(one).area, -outer.distance(one)))
    width = max(min(saved.width, best.width), smallest[0])
    height = max(min(saved.height, best.height - bar), smallest[1])
    # What does not fit even so is cut off at the right and at the bottom, where no title bar is.
    x = max(min(saved.x, best.x + best.width - width), best.x)
    y = max(min(saved.y, best.y + best.height - height), best.y + bar)
    return Rect(x, y, width, height)


def onto(normal: Rect, screen: Rect) -> Rect:
    """Where a maximised window is kept: it fills the screen it is on, and the place it would go back to may
    be on another one."""
    middle = Rect(normal.x + normal.width // 2, normal.y + normal.height // 2, 1, 1)
    if middle.common(screen).area:
        return normal
    x = screen.x + max(0, (screen.width - normal.width) // 2)
    y = screen.y + max(0, (screen.height - normal.height) // 2)
    return Rect(x, y, normal.width, normal.height)


def _apart(screens: Sequence[Rect]) -> list[Rect]:
    """Without those that show the same as another one (a projector)."""
    kept: list[Rect] = []
    for screen in sorted(screens, key=lambda one: -one.area):
        if not any(screen.common(other).area for other in kept):
            kept.append(screen)
    return kept


def read(numbers: Sequence[int]) -> Kept | None:
    """None where nothing that makes sense was kept."""
    if len(numbers) != len(Kept._fields):
        return None
    kept = Kept(*numbers)
    makes_sense = kept.width > 0 and kept.height > 0 and kept.mode in (0, 1, 2) and 0 <= kept.bar <= MOST_BAR
    return kept if makes_sense else None
