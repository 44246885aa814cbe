"""Regular expressions that are compiled when they are first used.

Compiling one takes 0.1 to 1 ms, and a module has a dozen that most starts of the program never need.
"""

from __future__ import annotations

import re
from typing import Any, cast


class _Later:
    """Becomes a compiled pattern at the first look at any of its methods; from then on they are its own."""

    def __init__(self, text: str, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(re.compile(self._text, self._flags), name)
        self.__dict__[name] = found
        return found


def later(text: str, flags: re.RegexFlag | int = 0) -> re.Pattern[str]:
    """As ``re.compile``, only that a mistake in it comes up with its first use: for patterns of our own that
    tests go through."""
    return cast("re.Pattern[str]", _Later(text, int(flags)))
