"""Stand-ins for our own contracts: a clock that a test moves, and key stores with the habits of real ones."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

TUESDAY = datetime(2026, 11, 24, 7, 4, tzinfo=UTC)


class FakeClock:
    """Stands still until told otherwise. ``advance`` moves both hands; ``set`` moves only the wall clock,
    also back.
    """

    def __init__(self, now: datetime = TUESDAY) -> None:
        self._now = now
        self._monotonic = 1000.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        with self._lock:
            return self._now

    def monotonic(self) -> float:
        with self._lock:
            return self._monotonic

    def advance(self, seconds: float = 0.0, **more: float) -> datetime:
        """``advance(90)``, ``advance(minutes=2)``; returns the new time."""
        step = timedelta(seconds=seconds, **more)
        with self._lock:
            self._now += step
            self._monotonic += step.total_seconds()
            return self._now

    def set(self, now: datetime) -> None:
        with self._lock:
            self._now = now


class NoSuchEntry(Exception):
    """What a key store raises on deleting what it does not hold (named as the library names it)."""


NoSuchEntry.__name__ = "PasswordDeleteError"


@dataclass
class FakeKeyring:
    """A key store in memory. ``longest``: what it takes, in UTF-16 units; the real one of Windows fails
    above 1,280.

    ``fail_after``: so many writes work, then each one fails, as when the power goes.
    """

    longest: int | None = None
    fail_after: int | None = None
    entries: dict[tuple[str, str], str] = field(default_factory=dict)
    reads: int = 0
    writes: int = 0

    def get_password(self, service: str, username: str) -> str | None:
        self.reads += 1
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.longest is not None and len(password.encode("utf-16-le")) // 2 > self.longest:
            raise OSError(1783, f"the stub received bad data: {password[:40]}")
        if self.fail_after is not None and self.writes >= self.fail_after:
            raise OSError(f"cannot store {password[:40]}")
        self.writes += 1
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.entries:
            raise NoSuchEntry(username)
        del self.entries[service, username]


def windows_keyring() -> FakeKeyring:
    return FakeKeyring(longest=1280)


class KeyringLocked(Exception):
    """Named as the library names it."""


class LockedKeyring(FakeKeyring):
    """The owner dismisses the prompt every time."""

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked(f"prompt dismissed for {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringLocked(f"prompt dismissed, not stored: {password}")

    def delete_password(self, service: str, username: str) -> None:
        raise KeyringLocked(username)


class PromptingKeyring(FakeKeyring):
    """Shows a prompt that nobody answers until ``answer`` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.answer = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.answer.wait(30)
        return super().get_password(service, username)


class NoKeyringError(Exception):
    """What the library raises on a computer without a key store (named as it names it)."""


class NoKeyring:
    """A computer without a key store, wherever the tests run."""

    def get_password(self, service: str, username: str) -> str | None:
        raise NoKeyringError

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NoKeyringError

    def delete_password(self, service: str, username: str) -> None:
        raise NoKeyringError
