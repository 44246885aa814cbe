"""When a source or a reply of ours speaks up. Policy only, like ``alerts``."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from services.alert_words import NAME, clean
from services.alerts import NOBODY_LOOKS, AlertState, Attention, Decision
from services.events import AlertRaised
from services.hours import is_quiet
from services.settings import Settings

PATIENCE = timedelta(hours=1)
"""How long a network may be away before its account speaks up."""
AT_ONCE = frozenset({"sign-in-needed", "not-allowed"})


def account_trouble(
    account_id: int,
    place: str,
    error_kind: str,
    settings: Settings,
    state: AlertState,
    now: datetime,
    *,
    failing_since: datetime | None,
    heard: datetime | None = None,
    zone: tzinfo | None = None,
    attention: Attention = NOBODY_LOOKS,
) -> Decision:
    """After each failed poll. Once for each stretch of failing; again only when it becomes the owner's to
    act.

    ``waited_s`` of the alert: how long nothing was heard.
    """
    told = state.failing.get(account_id)
    needs_owner = error_kind in AT_ONCE
    if told == error_kind or (told is not None and (told in AT_ONCE or not needs_owner)):
        return [], state
    since = failing_since or now
    if not needs_owner and now - since < PATIENCE:
        return [], state
    wanted = settings.notifications and settings.tell_sources
    if not wanted or attention.is_window_active or is_quiet(settings, now, zone):
        # Not lost: the next failed poll asks again.
        return [], state
    waited = max(timedelta(0), now - (heard or since))
    alert = AlertRaised(
        "account",
        account_id=account_id,
        place=place,
        error_kind=error_kind,
        waited_s=int(waited.total_seconds()),
        sound=False,
        tag=f"account-{account_id}",
    )
    return [alert], replace(state, failing={**state.failing, account_id: error_kind})


def account_recovered(account_id: int, state: AlertState) -> AlertState:
    """After a poll that worked: the next failure is a new stretch."""
    if account_id not in state.failing:
        return state
    return replace(state, failing={key: kind for key, kind in state.failing.items() if key != account_id})


def reply_trouble(
    outbox_id: int,
    conversation_id: int,
    account_id: int,
    place: str,
    name: str,
    outbox_state: str,
    error_kind: str,
    settings: Settings,
    state: AlertState,
    *,
    occasion: str = "",
    attention: Attention = NOBODY_LOOKS,
) -> Decision:
    """For a reply that failed, came back, or whose outcome is not known; at any hour, for the owner believes
    it was sent. Once for each state and ``occasion``.
    """
    # A reply sent anew that comes back again is told again.
    key = (outbox_id, f"{outbox_state}{occasion}")
    if outbox_state not in ("failed", "unclear") or key in state.replies:
        return [], state
    state = replace(state, replies=state.replies | {key})
    if not settings.notifications or (
        attention.is_window_active and attention.conversation_id == conversation_id
    ):
        return [], state
    alert = AlertRaised(
        "reply-failed",
        conversation_id=conversation_id,
        account_id=account_id,
        names=() if settings.hide_text or not name else (clean(name, NAME),),
        place=place,
        error_kind=error_kind or ("unclear" if outbox_state == "unclear" else "refused"),
        sound=False,
        tag=f"reply-{outbox_id}",
    )
    return [alert], state
