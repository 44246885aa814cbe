"""How the week is written down: scenes of lines, with times in minutes before the end of the week."""

from __future__ import annotations

from dataclasses import dataclass

HOUR = 60
DAY = 24 * HOUR
SHOP = "rosies"


@dataclass(frozen=True, slots=True)
class Line:
    """``who`` wrote ``text``, ``ago`` minutes before now. ``edited``: minutes before now and the later
    wording. ``deleted``: taken back again."""

    who: str
    ago: float
    text: str
    edited: tuple[float, str] | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """One conversation. ``under``: key of the shop's post it answers. ``kind``: ``mention``, ``direct``,
    ``quote``, or ``tag`` for talk that does not address the shop. Each line answers the one before."""

    key: str
    lines: tuple[Line, ...]
    under: str = ""
    kind: str = "mention"
    language: str = "en"
    spoiler: str = ""
    visibility: str = "public"


@dataclass(frozen=True, slots=True)
class ShopPost:
    key: str
    ago: float
    text: str


@dataclass(frozen=True, slots=True)
class Webbed:
    """An entry of the web site. ``place`` as in ``Site``; ``under`` the post or topic; ``answers`` the
    comment answered."""

    key: str
    place: str
    author: str
    ago: float
    text: str
    title: str = ""
    under: str = ""
    answers: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Signal:
    """Something without words: ``follow``, ``favourite`` or ``reblog`` of a shop's post, or ``other`` (a type
    no client knows)."""

    kind: str
    who: str
    ago: float
    under: str = ""
