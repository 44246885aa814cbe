"""The window: everything that imports Qt. Renders and asks, decides nothing."""

from __future__ import annotations

from pathlib import Path

RESOURCES = Path(__file__).resolve().parent.parent / "resources"


def QT_TRANSLATE_NOOP(context: str, text: str, comment: str = "") -> str:
    """Marks a text of a table for translation; ``translate(context, text)`` follows where it is shown.

    Qt's own returns an untyped object; the tool that collects the texts goes by the name.
    """
    return text
