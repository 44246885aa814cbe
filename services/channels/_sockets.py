"""What an account may open that does not speak HTTP: connections with the same trust, the same deadline and
the same end when the program quits as those of ``web.py``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from services.channels._transport import Flight

if TYPE_CHECKING:
    import ssl

    from services.channels.web import WebShared


class Sockets:
    """Mixed into ``Web``."""

    _shared: WebShared
    _deadline_s: float | None

    @contextmanager
    def flight(self, seconds: float) -> Iterator[Flight]:
        """A flight that the watchdog ends after ``seconds``, or sooner where the account has a deadline of
        its own. Whoever connects hands it to ``_transport.connect`` and lets it ``hold`` the socket."""
        made = Flight(time.monotonic() + min(seconds, self._deadline_s or seconds))
        self._shared.watchdog.add(made)
        try:
            yield made
        finally:
            self._shared.watchdog.remove(made)
            made.let_go()

    def tls(self, ca_file: Path | None = None) -> ssl.SSLContext:
        """What the other side's certificate is checked against; ``ca_file`` is trusted beside the rest.
        Raises OSError (ssl.SSLError among them) when the file cannot be read."""
        files = tuple(one for one in (self._shared.ca_file, ca_file) if one is not None)
        return _context(files, tuple(one.stat().st_mtime_ns for one in files))


@lru_cache(maxsize=16)
def _context(files: tuple[Path, ...], _written: tuple[int, ...]) -> ssl.SSLContext:
    """Reading the certificates takes longer than most requests, so each combination is read once."""
    from services.channels._pool import tls_context

    context = tls_context(None)
    for one in files:
        context.load_verify_locations(str(one))
    return context
