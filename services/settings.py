"""What the owner chose: one declared table, one JSON file.

Every option is a field of ``Settings`` with its default and its check; the file holds only what was
changed. Keys that this version does not know are kept, so that going back and forth between versions loses
nothing.
"""

from __future__ import annotations

import json
import logging
import math
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from services.errors import Invalid
from services.files import write_atomically

log = logging.getLogger(__name__)

T = TypeVar("T")
Check = Callable[[Any], bool]

THEMES = ("system", "light", "dark")
TEXT_SIZES = (90, 100, 115, 130, 150)
SOUNDS = ("bell", "chime", "drop", "wood")
"""Each has its file in resources/sounds."""
_MARK = b"\xef\xbb\xbf"
"""Editors on Windows put it before UTF-8."""

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")


def _option(default: T, check: Check) -> T:
    return field(default=default, metadata={"check": check})


def _text(longest: int = 200) -> Check:
    return lambda value: isinstance(value, str) and len(value) <= longest and "\0" not in value


def _one_of(*choices: object) -> Check:
    return lambda value: not isinstance(value, bool) and value in choices


def _number(low: int, high: int) -> Check:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _span(value: Any) -> bool:
    """("22:00", "07:00"); may pass midnight."""
    return (
        isinstance(value, tuple)
        and len(value) == 2
        and all(isinstance(time, str) and _TIME.fullmatch(time) for time in value)
    )


def _quiet(value: Any) -> bool:
    return value == () or _span(value)


def _week(value: Any) -> bool:
    """Seven days, Monday first; each day a tuple of spans. Empty: not asked yet."""
    return isinstance(value, tuple) and (
        not value
        or (
            len(value) == 7
            and all(isinstance(day, tuple) and all(_span(span) for span in day) for day in value)
        )
    )


def _widths(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) <= 8 and all(_number(0, 100_000)(width) for width in value)


def _place(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) <= 8 and all(map(_number(-100_000, 100_000), value))


def _state(value: Any) -> bool:
    return (
        isinstance(value, str)
        and len(value) <= 20_000
        and re.fullmatch(r"[A-Za-z0-9+/=_-]*", value) is not None
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """``hold_s``: seconds a reply waits before it leaves. ``target_s``: how soon the owner wants to have
    answered.

    ``quiet_hours``: () or (from, to) as "22:00" in the owner's zone, may pass midnight. ``opening_hours``:
    seven days, Monday first, each a tuple of (from, to). ``quiet_when_closed``: outside them it is quiet as
    well. ``tell_...``: what is worth a notification, by kind; ``count_every_s``: how often the rest is told
    as a count, 0 never. ``window_place``: x, y, width, height, mode, height of the title bar.
    ``window_state``: base64 of what Qt wants kept. ``last_closed``: ISO 8601. ``language`` empty: the
    system's. ``fold_abusive``: what may insult is shown only when asked for. ``clear_spam``: the texts of
    spam older than 30 days go by themselves. ``look_for_updates``: once a day; nobody is asked before the
    owner said so.
    """

    shop_name: str = _option("", _text())
    owner_first_name: str = _option("", _text())
    shop_url: str = _option("", _text(2000))
    theme: str = _option("system", _one_of(*THEMES))
    text_size: int = _option(100, _one_of(*TEXT_SIZES))
    language: str = _option("", _text(20))
    compact_rows: bool = _option(False, _flag)
    reduce_motion: bool = _option(False, _flag)
    hold_s: int = _option(10, _number(0, 300))
    target_s: int = _option(1800, _number(60, 30 * 86_400))
    fold_abusive: bool = _option(True, _flag)
    clear_spam: bool = _option(False, _flag)
    backfill_days: int = _option(14, _number(0, 3650))
    poll: bool = _option(True, _flag)
    notifications: bool = _option(True, _flag)
    tell_complaints: bool = _option(True, _flag)
    tell_direct: bool = _option(True, _flag)
    tell_spikes: bool = _option(True, _flag)
    tell_waiting: bool = _option(True, _flag)
    tell_sources: bool = _option(True, _flag)
    count_every_s: int = _option(900, _number(0, 86_400))
    sound: bool = _option(True, _flag)
    sound_name: str = _option("bell", _one_of(*SOUNDS))
    hide_text: bool = _option(False, _flag)
    quiet_hours: tuple[str, ...] = _option((), _quiet)
    quiet_when_closed: bool = _option(False, _flag)
    quiet_lets_complaints: bool = _option(False, _flag)
    opening_hours: tuple[tuple[tuple[str, str], ...], ...] = _option((), _week)
    first_start_done: bool = _option(False, _flag)
    close_hint_shown: bool = _option(False, _flag)
    look_for_updates: bool = _option(False, _flag)
    sample: bool = _option(False, _flag)
    window_place: tuple[int, ...] = _option((), _place)
    window_state: str = _option("", _state)
    pane_widths: tuple[int, ...] = _option((), _widths)
    last_closed: str = _option("", _text(40))


_CHECKS: Mapping[str, Check] = {option.name: option.metadata["check"] for option in fields(Settings)}
_DEFAULTS = Settings()


def check_value(name: str, value: Any) -> Any:
    """The value as ``Settings`` keeps it (lists become tuples). Raises Invalid: ``unknown-setting``,
    ``bad-value``.
    """
    if name not in _CHECKS:
        raise Invalid("unknown-setting", field=name)
    value = _frozen(value)
    if isinstance(value, float) and (not math.isfinite(value) or value != int(value)):
        raise Invalid("bad-value", field=name)
    if not _CHECKS[name](value):
        raise Invalid("bad-value", field=name)
    return value


def _frozen(value: Any) -> Any:
    return tuple(_frozen(one) for one in value) if isinstance(value, list | tuple) else value


class SettingsFile:
    """The file of one profile. Safe from several threads; what another process changed meanwhile is kept."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._current = _DEFAULTS

    @property
    def current(self) -> Settings:
        """As last loaded or updated; no disk."""
        return self._current

    def load(self) -> Settings:
        """A file that cannot be read is kept beside as ``.broken``, and everything is as on the first day."""
        with self._lock:
            self._current = _from_document(self._read())
            return self._current

    def update(self, **changes: Any) -> Settings:
        """Checks all, then writes all. Raises Invalid (nothing is changed then) and DiskFull."""
        checked = {name: check_value(name, value) for name, value in changes.items()}
        with self._lock:
            document = self._read()
            for name, value in checked.items():
                if value == getattr(_DEFAULTS, name):
                    document.pop(name, None)
                else:
                    document[name] = value
            text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
            write_atomically(self.path, text.encode("utf-8", "replace"))
            self._current = _from_document(document)
            return self._current

    def _read(self) -> dict[str, Any]:
        try:
            raw = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        try:
            document = json.loads(raw.removeprefix(_MARK).decode())
            if isinstance(document, dict):
                return document
        except (ValueError, RecursionError):
            pass
        aside = self.path.with_name(self.path.name + ".broken")
        self.path.replace(aside)
        log.warning("the settings could not be read; they were kept as %s and start anew", aside.name)
        return {}


def _from_document(document: Mapping[str, Any]) -> Settings:
    good: dict[str, Any] = {}
    for name, value in document.items():
        if name in _CHECKS:
            try:
                good[name] = check_value(name, value)
            except Invalid:
                log.warning("the setting %s holds a value that makes no sense; its default is used", name)
    return replace(_DEFAULTS, **good)
