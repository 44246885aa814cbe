"""Whatever a server answers ends in one of our errors, with what the owner's sentence needs and no secret."""

from __future__ import annotations

import traceback
from datetime import timedelta
from typing import Any

import pytest

from services.errors import (
    BadAnswer,
    ChannelError,
    Invalid,
    NotAllowed,
    RateLimited,
    SignInNeeded,
    Unreachable,
)
from tests.channels.mastodon.conftest import OpenDesk
from tests.channels.mastodon.desk import Desk, only

NOTIFICATIONS = "/api/v1/notifications"


@pytest.mark.parametrize(
    ("fault", "error", "reason"),
    [
        ({"kind": "status", "status": 401}, SignInNeeded, "401"),
        ({"kind": "status", "status": 403}, NotAllowed, "scope"),
        ({"kind": "status", "status": 404}, BadAnswer, "not-found"),
        ({"kind": "status", "status": 410}, BadAnswer, "gone"),
        ({"kind": "status", "status": 429}, RateLimited, ""),
        ({"kind": "status", "status": 500}, Unreachable, "server"),
        ({"kind": "status", "status": 502}, Unreachable, "server"),
        ({"kind": "status", "status": 503}, Unreachable, "server"),
        ({"kind": "status", "status": 503, "retry_after": "30"}, RateLimited, ""),
        ({"kind": "bad-json"}, BadAnswer, "not-json"),
        ({"kind": "empty"}, BadAnswer, "not-json"),
        ({"kind": "body", "body": b"<html>soon</html>"}, BadAnswer, "not-json"),
        (
            {"kind": "body", "body": b'{"error": "x"}', "content_type": "application/json"},
            BadAnswer,
            "not-a-list",
        ),
        ({"kind": "body", "body": b"null", "content_type": "application/json"}, BadAnswer, "not-a-list"),
        ({"kind": "reset", "times": 3}, Unreachable, "reset"),
        ({"kind": "loop", "times": None}, Unreachable, "redirects"),
    ],
)
def test_a_poll_that_fails(
    plain_desk: Desk, fault: dict[str, Any], error: type[ChannelError], reason: str
) -> None:
    plain_desk.shop.fault(path=NOTIFICATIONS, **({"times": None} | fault))
    cursor = plain_desk.cursor
    with pytest.raises(error) as caught:
        plain_desk.step()
    assert caught.value.reason == reason
    assert plain_desk.secrets["access_token"] not in "".join(traceback.format_exception(caught.value))
    assert plain_desk.secrets["access_token"] not in str(caught.value.detail)
    plain_desk.shop.faults.clear()
    plain_desk.clock.advance(hours=1)
    plain_desk.shop.say("marta", "still there?")
    assert plain_desk.cursor == cursor
    assert only(plain_desk.look()).text == "@rosies still there?"


@pytest.mark.parametrize("shape", ["iso", "epoch"])
def test_a_pause_that_only_the_reset_header_names(plain_desk: Desk, shape: str) -> None:
    plain_desk.shop.fault("status", NOTIFICATIONS, status=429, reset=shape, seconds=240)
    with pytest.raises(RateLimited) as caught:
        plain_desk.step()
    assert caught.value.until == plain_desk.clock.now() + timedelta(seconds=240)


def test_a_permission_that_is_missing_is_named(plain_desk: Desk) -> None:
    plain_desk.secrets = {"access_token": plain_desk.shop.new_token("read:accounts")}
    with pytest.raises(NotAllowed) as caught:
        plain_desk.step()
    assert caught.value.detail["permission"] == "read:notifications"


def test_a_token_that_may_not_listen_is_refused_while_adding(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.secrets = {"access_token": desk.shop.new_token("read:accounts write:statuses")}
    with pytest.raises(NotAllowed) as caught:
        desk.sign_in()
    assert caught.value.detail["permission"] == "read:notifications"


def test_a_wrong_token_is_refused_while_adding(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.secrets = {"access_token": "wrong"}
    with pytest.raises(SignInNeeded):
        desk.sign_in()


def test_without_a_token_nothing_is_asked(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.secrets = {}
    with pytest.raises(SignInNeeded):
        desk.step()
    with pytest.raises(SignInNeeded):
        desk.sign_in()
    assert desk.paths() == []


def test_a_page_that_is_no_such_server_is_refused_while_adding(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.shop.fault("status", "/api/*", status=404, times=None)
    with pytest.raises(Invalid) as caught:
        desk.sign_in()
    assert caught.value.reason == "not-a-server"


def test_entries_that_make_no_sense_are_passed_over(plain_desk: Desk) -> None:
    body = (
        b'[{"id":"999999","type":"mention","account":null,"status":{"id":"5","content":null,"created_at":"soon",'
        b'"account":{"id":"7","acct":"x"},"mentions":{"a":1},"media_attachments":null,"visibility":"circle"}},'
        b'{"id":"999998","type":"mention"},{"id":"999997","type":"follow"},{"type":"mention","status":{"id":"6"}},'
        b'"words",{"id":"999996","type":null,"status":[]}]'
    )
    plain_desk.shop.fault("body", NOTIFICATIONS, body=body, content_type="application/json")
    batch = plain_desk.step()
    message = only(list(batch.messages))
    assert message.remote_id == "5"
    assert message.sent_at == plain_desk.clock.now()
    assert message.reply_context["visibility"] == "private"


@pytest.mark.parametrize("status", [400, 422])
def test_a_server_that_refuses_kinds_it_does_not_know_is_asked_for_all(
    open_desk: OpenDesk, status: int
) -> None:
    desk = open_desk().sign_in()
    desk.shop.fault("status", NOTIFICATIONS, query="types", status=status, times=None)
    desk.shop.say("marta", "one")
    assert only(desk.look()).text == "@rosies one"
    desk.shop.forget_requests()
    desk.step()
    desk.shop.stop()
    assert len([p for p in desk.paths() if p.endswith("/notifications")]) == 1


def test_a_server_without_the_documents_about_itself_works_with_careful_guesses(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.shop.fault("status", "/api/v?/instance", status=404, times=None)
    desk.shop.fault("status", "/.well-known/*", status=404, times=None)
    desk.sign_in()
    assert desk.settings["max_characters"] == 500
    assert desk.settings["honours_idempotency"] is False
    desk.shop.say("marta", "hello")
    assert only(desk.look()).text == "@rosies hello"


def test_a_server_that_hides_our_own_statuses_is_still_heard(open_desk: OpenDesk) -> None:
    desk = open_desk().sign_in()
    desk.shop.fault("status", "/api/v1/accounts/*/statuses", status=404, times=None)
    for number in range(3):
        desk.shop.say("marta", f"hello {number}")
        assert only(desk.look()).text == f"@rosies hello {number}"
    reply = desk.reply_to(list(desk.seen.values())[-1], "Sorry!")
    with pytest.raises(BadAnswer):
        desk.channel().find_sent(reply)
