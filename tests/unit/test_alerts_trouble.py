"""When a source or a reply of ours speaks up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.alerts import AlertState, Attention, Decision
from services.alerts_trouble import account_recovered, account_trouble, reply_trouble
from services.settings import Settings

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
ON = Settings()
MINUTE = timedelta(minutes=1)
FRESH = AlertState()

# --- accounts


def trouble(kind: str, state: AlertState = FRESH, minutes: int = 0, settings: Settings = ON) -> Decision:
    return account_trouble(
        5,
        "Facebook",
        kind,
        settings,
        state,
        NOW + minutes * MINUTE,
        failing_since=NOW,
        heard=NOW - 10 * MINUTE,
        zone=UTC,
    )


@pytest.mark.parametrize("kind", ["sign-in-needed", "not-allowed"])
def test_an_account_that_needs_its_owner_says_so_once(kind: str) -> None:
    alerts, state = trouble(kind)
    assert [(a.kind, a.account_id, a.place, a.error_kind, a.waited_s) for a in alerts] == [
        ("account", 5, "Facebook", kind, 600)
    ]
    assert trouble(kind, state, 600)[0] == []
    assert trouble("unreachable", state, 600)[0] == []
    assert len(trouble(kind, account_recovered(5, state), 700)[0]) == 1


@pytest.mark.parametrize("kind", ["unreachable", "bad-answer", "rate-limited"])
def test_a_network_may_be_away_for_an_hour(kind: str) -> None:
    assert trouble(kind, minutes=59)[0] == []
    alerts, state = trouble(kind, minutes=60)
    assert len(alerts) == 1
    assert trouble(kind, state, 120)[0] == []
    assert len(trouble("sign-in-needed", state, 130)[0]) == 1


def test_sources_have_their_switch() -> None:
    alerts, state = trouble("sign-in-needed", settings=Settings(tell_sources=False))
    assert alerts == []
    assert len(trouble("sign-in-needed", state)[0]) == 1


def test_trouble_in_quiet_hours_is_told_afterwards() -> None:
    quiet = Settings(quiet_hours=("13:00", "15:00"))
    alerts, state = trouble("sign-in-needed", settings=quiet)
    assert alerts == []
    assert len(trouble("sign-in-needed", state, 61, quiet)[0]) == 1


# --- replies


def failed(
    state: AlertState = FRESH, outbox: str = "failed", settings: Settings = ON, **more: object
) -> Decision:
    return reply_trouble(3, 8, 5, "Google", "Tom", outbox, "refused", settings, state, **more)  # type: ignore[arg-type]


def test_a_reply_that_did_not_leave_is_told_once() -> None:
    alerts, state = failed()
    assert [(a.kind, a.conversation_id, a.names, a.error_kind) for a in alerts] == [
        ("reply-failed", 8, ("Tom",), "refused")
    ]
    assert failed(state)[0] == []
    assert len(failed(state, "unclear")[0]) == 1
    assert failed(outbox="sent")[0] == []
    assert failed(settings=Settings(hide_text=True))[0][0].names == ()


def test_a_reply_in_the_open_conversation_is_seen_there() -> None:
    here = Attention(is_window_active=True, conversation_id=8)
    elsewhere = Attention(is_window_active=True, conversation_id=9)
    assert failed(attention=here)[0] == []
    assert len(failed(attention=elsewhere)[0]) == 1
