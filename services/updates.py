"""Is there a newer version? Looked for once a day, only where the owner asked for it; nothing is fetched but
a small list of what is new, and nothing is ever installed.

The request says no more than any browser would: the name of the program with its version, which every request
of ours carries. No cookie, no validator, nothing that would know this computer again.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services import __version__
from services.clock import Clock, iso, parse_iso
from services.errors import BadAnswer, ChannelError, DiskFull
from services.files import write_atomically
from services.versions import is_update, version_key

if TYPE_CHECKING:
    from services.channels.web import Web

log = logging.getLogger(__name__)

HOME = "https://github.com/shopbell/shopbell"
"""Where the project lives; docs/releasing.md says what a release puts there."""
ADDRESS = f"{HOME}/releases/latest/download/latest.json"
DOWNLOADS = f"{HOME}/releases/latest"
EVERY = timedelta(days=1)
UNSENT_AGAIN = timedelta(hours=1)
MAX_BYTES = 50_000
TOTAL_S = 20.0
MOST_LINES = 12
LONGEST_LINE = 300


@dataclass(frozen=True, slots=True)
class Looked:
    """What is known. ``at``: when it was last looked, ISO 8601, empty: never. ``version``: the newest that
    was heard of, ``news`` what it brings. ``error_kind`` and ``reason``: why the last look found nothing
    out; ``was_sent`` false: nothing left this computer. ``dismissed``: the version the owner has waved
    away."""

    at: str = ""
    version: str = ""
    news: tuple[str, ...] = ()
    error_kind: str = ""
    reason: str = ""
    was_sent: bool = True
    dismissed: str = ""


class Updates:
    """Safe from several threads; ``look`` blocks, everything else answers at once."""

    def __init__(
        self,
        file: Path,
        web: Callable[[], Web],
        clock: Clock,
        *,
        running: str = __version__,
        address: str = ADDRESS,
        patience_s: float = TOTAL_S,
    ) -> None:
        self._file = file
        self._web = web
        self._clock = clock
        self._lock = threading.Lock()
        self._known: Looked | None = None
        self.running = running
        self.address = address
        self._patience_s = patience_s

    @property
    def known(self) -> Looked:
        with self._lock:
            if self._known is None:
                self._known = _read(self._file)
            return self._known

    @property
    def newer(self) -> Looked | None:
        """What is known of a version newer than the one that runs."""
        known = self.known
        return known if is_update(known.version, self.running) else None

    @property
    def worth_telling(self) -> Looked | None:
        """The same, unless the owner has waved it away."""
        newer = self.newer
        return newer if newer is not None and newer.version != newer.dismissed else None

    def is_due(self) -> bool:
        known = self.known
        try:
            at = parse_iso(known.at)
        except ValueError:
            return True
        since = self._clock.now() - at
        # A clock that was wrong and is right now must not put it off for years.
        return since < timedelta(0) or since >= (EVERY if known.was_sent else UNSENT_AGAIN)

    def look(self) -> Looked:
        """One request. What went wrong with it is in the answer; nothing is raised."""
        now = self._clock.now()
        before = self.known
        web = self._web()
        try:
            answer = web.get(self.address, max_bytes=MAX_BYTES, total=self._patience_s)
            version, news = _found(answer.json())
            after = replace(before, at=iso(now), version=version, news=news)
            after = replace(after, error_kind="", reason="", was_sent=True)
        except ChannelError as error:
            if error.reason == "cancelled":
                # The program is quitting; the next start looks.
                return before
            log.info("no news of a newer version: %s %s", error.kind, error.reason)
            was_sent = bool(getattr(error, "sent", True))
            after = replace(before, at=iso(now), error_kind=error.kind, was_sent=was_sent)
            after = replace(after, reason=error.reason)
        finally:
            web.close()
        return self._keep(after)

    def dismiss(self, version: str) -> None:
        """Not this one again; the next one is told."""
        self._keep(replace(self.known, dismissed=version))

    def _keep(self, known: Looked) -> Looked:
        with self._lock:
            self._known = known
            try:
                write_atomically(self._file, json.dumps(asdict(known), ensure_ascii=False).encode())
            except (OSError, DiskFull) as error:
                log.info("what is known of newer versions could not be kept: %s", type(error).__name__)
            return known


def last_look(known: Looked) -> datetime | None:
    try:
        return parse_iso(known.at)
    except ValueError:
        return None


def _found(document: Any) -> tuple[str, tuple[str, ...]]:
    """{"version": "0.2.0", "news": ["..."]}; more may stand there. Raises BadAnswer("not-a-document")."""
    version = document.get("version") if isinstance(document, dict) else None
    if not isinstance(version, str) or len(version) > 40 or version_key(version) is None:
        raise BadAnswer("not-a-document")
    news = document.get("news")
    lines = [_plain(one) for one in news if isinstance(one, str)] if isinstance(news, list) else []
    return version.strip().removeprefix("v"), tuple(one for one in lines if one)[:MOST_LINES]


def _plain(line: str) -> str:
    """One line, nothing that turns the text around it."""
    visible = re.sub(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+", " ", line)
    return " ".join(visible.split())[:LONGEST_LINE]


def _read(file: Path) -> Looked:
    try:
        document = json.loads(file.read_bytes())
        texts = ("at", "version", "error_kind", "reason", "dismissed")
        kept = {name: one for name in texts if isinstance(one := document.get(name), str)}
        news = tuple(one for one in document.get("news", ()) if isinstance(one, str))
        return Looked(**kept, news=news, was_sent=document.get("was_sent") is not False)
    except FileNotFoundError:
        return Looked()
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        log.info("what was known of newer versions is lost: %s", type(error).__name__)
        return Looked()
