"""Heavy thinking, one thread at a time.

Python's threads compute in turns anyway. When four of them want to, a window that wakes up stands in line
behind all of them, each for a millisecond, at every call into Qt or SQLite that gives the turn away; behind
one it hardly waits.
"""

from __future__ import annotations

import threading

heavy = threading.RLock()
"""Held while one feed is parsed, its messages are made, or those of one step are cleaned, judged and stored;
never while the network is waited for. Whoever stores waits for the writer meanwhile, which never asks for it:
on a computer with two cores a first fetch costs a fifteenth less when the writer and the workers do not take
each other's memory away."""
