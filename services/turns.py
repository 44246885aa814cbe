"""Heavy thinking, one thread at a time.

Python's threads compute in turns anyway. When four of them want to, a window that wakes up stands in line
behind all of them, each for a millisecond, at every call into Qt or SQLite that gives the turn away; behind
one it hardly waits.
"""

from __future__ import annotations

import threading

heavy = threading.Lock()
"""Held while one feed is parsed, its messages are made, or those of one step are cleaned and judged; never
while waiting."""
