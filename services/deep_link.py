"""Addresses that lead into the window: ``shopbell:conversation/12``, ``shopbell:inbox``,
``shopbell:add-source``.

Anybody may write one, on a web page or in a mail, so one only shows something: it sends nothing, changes
nothing but that a conversation was looked at, and carries nothing but a number. Nothing in it is ever
decoded; what does not look exactly like this is no address of ours. ``?profile=`` and 12 hexadecimal digits
at the end say whose number it is, for the same one is another conversation in another profile.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

SCHEME = "shopbell"
LONGEST = 120
_ADDRESS = re.compile(
    r"(?i:shopbell):(?://)?"
    r"(?:(?P<place>inbox|add-source)|conversation/(?P<number>[1-9][0-9]{0,17}))/?"
    r"(?:\?profile=(?P<profile>[0-9a-f]{12}))?"
)


@dataclass(frozen=True, slots=True)
class Target:
    """``place``: conversation, inbox or add-source. ``number``: the conversation's, else 0. ``profile``: see
    ``profile_mark``; empty where the address names none."""

    place: str
    number: int = 0
    profile: str = ""


def is_link(text: str) -> bool:
    """Does it claim to be one? It may still be a bad one."""
    return text[: len(SCHEME) + 1].lower() == f"{SCHEME}:"


def read(text: str) -> Target | None:
    """None for everything that is not exactly an address of ours."""
    found = _ADDRESS.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        return None
    number = int(found["number"] or 0)
    return Target(found["place"] or "conversation", number, found["profile"] or "")


def conversation_address(number: int, profile: str) -> str:
    """``profile``: see ``profile_mark``."""
    return f"{SCHEME}:conversation/{number}?profile={profile}"


def profile_mark(profile_id: str) -> str:
    """What an address says of a profile, for the id itself names its entries in the key store."""
    return hashlib.sha256(profile_id.encode()).hexdigest()[:12]
