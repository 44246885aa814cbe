"""The window: everything that imports Qt. Renders and asks, decides nothing."""

from __future__ import annotations

from pathlib import Path

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
