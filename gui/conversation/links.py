"""Addresses in plain text made into links that are safe to click: http, https and mailto, nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

_SCHEMES = ("http", "https", "mailto")
_FOUND = re.compile(
    r"(?P<web>https?://[^\s<>\"“”„«»]+)|(?P<mail>(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+)",
    re.IGNORECASE,
)
_CLOSING = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class Link:
    """``start`` and ``end`` are positions in the text, ``target`` the address that opens."""

    start: int
    end: int
    target: str


def find_links(text: str) -> Iterator[Link]:
    """Every address in ``text``, without the full stop or bracket that follows it in a sentence."""
    for match in _FOUND.finditer(text):
        found = _trimmed(match.group())
        if match.group("mail"):
            # "@name@server" is a handle on a network, not an address for letters.
            if match.start() and text[match.start() - 1] == "@":
                continue
            yield Link(match.start(), match.start() + len(found), f"mailto:{found}")
        elif len(found) > len("https://"):
            yield Link(match.start(), match.start() + len(found), found)


def is_safe(target: str) -> bool:
    url = QUrl(target, QUrl.ParsingMode.StrictMode)
    if not url.isValid() or url.scheme().lower() not in _SCHEMES:
        return False
    return bool(url.host()) if url.scheme().lower() != "mailto" else bool(url.path())


def open_link(target: str) -> bool:
    """Opens the browser or the mail program; false when the address is not one we open or nothing took it."""
    if not is_safe(target):
        return False
    return QDesktopServices.openUrl(QUrl(target, QUrl.ParsingMode.StrictMode))


def _trimmed(found: str) -> str:
    while found:
        last = found[-1]
        if last in ".,;:!?'’…*_" or (last in _CLOSING and found.count(last) > found.count(_CLOSING[last])):
            found = found[:-1]
        else:
            break
    return found
