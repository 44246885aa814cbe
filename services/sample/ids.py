"""Ids as the different servers make them: always text, always growing with time, never to be counted on as
numbers.

* ``snowflake``: Mastodon; milliseconds since 1970 shifted by 16 bits, in decimal.
* ``ulid``: GoToSocial; 26 characters of Crockford's base 32.
* ``flake``: Pleroma; 128 bits in base 62, 18 characters for the times we live in.
"""

from __future__ import annotations

import random
from datetime import datetime
from typing import Literal

IdStyle = Literal["snowflake", "ulid", "flake"]
SortKey = tuple[int, str]

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _encode(number: int, alphabet: str, width: int) -> str:
    digits: list[str] = []
    while number or len(digits) < width:
        number, rest = divmod(number, len(alphabet))
        digits.append(alphabet[rest])
    return "".join(reversed(digits))


def sort_key(value: str) -> SortKey:
    """Order of ids within one server. All-digit ids compare as numbers (99999 comes before 100000), others as
    text."""
    return (int(value), "") if value.isascii() and value.isdigit() else (0, value)


class IdMaker:
    """Makes ids for one server. The same seed and the same calls give the same ids."""

    # The counter passes from five to six digits within the week: whoever compares ids as text loses messages.
    FIRST_NOTIFICATION = 99_968
    FIRST_ACCOUNT = 109_300_000_000_000_000

    def __init__(self, style: IdStyle, seed: int) -> None:
        self._style = style
        self._random = random.Random(seed)  # noqa: S311 - sample data, no secret
        self._tails: dict[int, int] = {}
        self._notifications = self.FIRST_NOTIFICATION
        self._accounts = 0
        self._latest_ms = 0

    def _at(self, ms: int, tail: int) -> str:
        if self._style == "snowflake":
            return str((ms << 16) | (tail & 0xFFFF))
        if self._style == "ulid":
            return _encode((ms << 80) | tail, _CROCKFORD, 26)
        return _encode((ms << 64) | tail, _BASE62, 18)

    def for_time(self, moment: datetime) -> str:
        """A status id that sorts by ``moment``; unique, and growing when asked twice for one moment."""
        ms = int(moment.timestamp() * 1000)
        tail = self._tails.get(ms, -1) + 1 + self._random.randrange(16)
        self._tails[ms] = tail
        return self._at(ms, tail)

    def notification(self, moment: datetime) -> str:
        """Grows in order of arrival, whatever the clock says: a plain counter, or a ULID made now."""
        if self._style == "ulid":
            self._latest_ms = max(self._latest_ms + 1, int(moment.timestamp() * 1000))
            return _encode((self._latest_ms << 80) | self._random.getrandbits(79), _CROCKFORD, 26)
        self._notifications += 1
        return str(self._notifications)

    def account(self, moment: datetime) -> str:
        self._accounts += 1
        if self._style == "snowflake":
            return str(self.FIRST_ACCOUNT + self._accounts * 7919)
        return self.for_time(moment)
