"""After the computer slept, or the network came back: who is asked again, and when. Decides only; the clock,
the dice and the look at the network are handed in."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Mapping

from services.clock import Clock
from services.errors import ChannelError, Unreachable
from services.model import Account, Freshness
from services.sync import schedule

SLICE_S = 5.0
"""How often the clocks are compared. A nap that was interrupted by sleep goes on after it, where it was."""
JUMP_S = 10.0
"""A wall clock that ran this much further than the other one: the computer slept. Corrections of the time are
smaller, and to be asked once too often costs little."""
LATE_S = 30.0
"""On some systems both clocks go on in sleep; a thread that is this late was not merely kept waiting."""
AT_ONCE = 4
APART_S = 0.5
LONGEST_SPREAD_S = 10.0
"""The first few are asked at once, the others one after the other; within this all have begun."""
NETWORK_PATIENCE_S = 20.0
"""How long a network that was there before the sleep is waited for."""
SETTLING_S = 120.0
"""Until then a network that cannot be reached is no news: it may only be coming."""
AGAIN_AFTER_S = (5.0, 15.0)
"""An account that could not be reached right after waking is asked again this soon, each once."""

_NEVER_SOONER = frozenset({"rate-limited", "sign-in-needed", "not-allowed"})


def has_route() -> bool:
    """Does this computer know a way to anywhere? Nothing is sent: for a datagram, connecting only looks the
    way up. The addresses are set aside for documents (RFC 5737, RFC 3849)."""
    for family, address in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as sock:
                sock.connect((address, 9))
        except OSError:
            continue
        return True
    return False


class Waking:
    """Of the timer thread, but for ``is_settling`` and ``failed``. ``plan`` is when (monotonic seconds) an
    account is asked out of turn."""

    def __init__(self, clock: Clock, dice: schedule.Dice, has_route: Callable[[], bool] = has_route) -> None:
        self._clock, self._dice, self._has_route = clock, dice, has_route
        self._wall, self._steady = clock.now(), clock.monotonic()
        self._began = self._settled = clock.monotonic()
        self._had_route = self._has_route_now = self._was_planned = False
        self._plan: dict[int, float] = {}
        self._again: dict[int, int] = {}

    def look(self, napped_s: float) -> str:
        """After each nap of ``napped_s``: ``woke``, ``back`` (the network is), or nothing."""
        wall, steady = self._clock.now(), self._clock.monotonic()
        passed, counted = (wall - self._wall).total_seconds(), steady - self._steady
        self._wall, self._steady = wall, steady
        had_route, self._has_route_now = self._has_route_now, self._has_route()
        is_back = self._has_route_now and not had_route and self._had_route
        self._had_route = self._had_route or self._has_route_now
        if passed - counted >= JUMP_S or counted - napped_s >= LATE_S:
            return "woke"
        return "back" if is_back else ""

    def plan(
        self,
        accounts: Iterable[Account],
        freshness: Mapping[int, Freshness],
        listened: Iterable[int],
        *,
        has_slept: bool = True,
    ) -> None:
        """Those that are due, those that could not be reached, and those that were listened to: what kept
        their connection open has forgotten them. A pause that a network asked for is never cut short."""
        now = self._clock.now()
        self._began = self._clock.monotonic()
        if has_slept:
            self._settled = self._began + SETTLING_S
        self._plan, self._again, self._was_planned = {}, {}, True
        listened = frozenset(listened)
        wanted = []
        for account in accounts:
            state = freshness.get(account.id)
            if account.paused or state is None:
                continue
            may_be_sooner = state.error_kind not in _NEVER_SOONER
            is_missed = state.error_kind == "unreachable" or account.id in listened
            if schedule.is_due(state, now) or (may_be_sooner and is_missed):
                wanted.append(account.id)
        step = min(APART_S, LONGEST_SPREAD_S / max(len(wanted), 1))
        for number, account_id in enumerate(wanted):
            place = max(0, number - AT_ONCE + 1)
            wait = step * (place - self._dice()) if place else 0.0
            self._plan[account_id] = self._began + wait

    def left(self, account_id: int) -> float | None:
        """Seconds until it is asked; None where the ordinary schedule counts."""
        at = self._plan.get(account_id)
        if at is None:
            return None
        now = self._clock.monotonic()
        left = max(0.0, at - now)
        if self._had_route and not self._has_route_now:
            patience = self._began + NETWORK_PATIENCE_S - now
            left = max(left, min(SLICE_S / 5, patience))
        return left

    def begun(self, account_id: int) -> bool:
        """It is being asked; true when that is out of turn."""
        return self._plan.pop(account_id, None) is not None

    def is_settling(self) -> bool:
        return self._clock.monotonic() < self._settled

    def is_news(self, error: ChannelError) -> bool:
        """Worth telling the owner? Right after waking the network may only be coming; what stays away is told
        at a later poll."""
        return not (isinstance(error, Unreachable) and self.is_settling())

    def failed(self, account_id: int) -> bool:
        """It was not reached. True when it is to be asked again before the ordinary schedule would."""
        tries = self._again.get(account_id, 0)
        is_early = self._began <= self._clock.monotonic() < self._began + SETTLING_S
        if not self._was_planned or not is_early or tries >= len(AGAIN_AFTER_S):
            return False
        self._again[account_id] = tries + 1
        self._plan[account_id] = self._clock.monotonic() + AGAIN_AFTER_S[tries]
        return True
