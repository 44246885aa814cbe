"""Signing in to Bluesky once, staying signed in, and every way in which that ends."""

from __future__ import annotations

import threading

import pytest

from services.channels.base import Tools
from services.channels.bluesky import Bluesky
from services.errors import (
    BadAnswer,
    ChannelError,
    Invalid,
    RateLimited,
    SignInNeeded,
    Unreachable,
)
from tests.channels.bluesky.conftest import OpenDesk
from tests.channels.bluesky.desk import Desk, texts
from tests.channels.bluesky.standin import Standin
from tests.channels.bluesky.world import SHOP

CREATE = "com.atproto.server.createSession"
REFRESH = "com.atproto.server.refreshSession"
NOTES = "app.bsky.notification.listNotifications"


def test_who_we_are(open_desk: OpenDesk) -> None:
    desk = open_desk()
    identity = desk.channel().identify()
    assert (identity.remote_id, identity.name) == (SHOP, "Rosie's Bakery")
    assert (identity.handle, identity.note) == ("@rosies.test", "")
    assert identity.url == f"https://bsky.app/profile/{SHOP}"
    assert identity.settings["pds"] == desk.net.url


@pytest.mark.parametrize(
    "typed",
    [
        "@Rosies.TEST",
        "  rosies.test ",
        "https://bsky.app/profile/rosies.test",
        "\u202arosies.test\u202c",
        SHOP,
    ],
)
def test_a_handle_however_it_is_typed(open_desk: OpenDesk, typed: str) -> None:
    assert open_desk(handle=typed).channel().identify().remote_id == SHOP


def test_a_server_however_it_is_typed(open_desk: OpenDesk) -> None:
    desk = open_desk()
    for typed in (desk.net.url + "/", desk.net.url.removeprefix("http://"), desk.net.url.upper() + "/xrpc/x"):
        desk.settings["server"] = typed
        assert desk.channel().identify().settings["pds"] == desk.net.url


@pytest.mark.parametrize(
    ("settings", "field", "reason"),
    [
        ({"handle": "not a handle"}, "handle", "not-a-handle"),
        ({"handle": "https://shop.example/about"}, "handle", "not-a-handle"),
        ({"server": "ftp://rosies.test"}, "server", "not-an-address"),
        ({"server": "nowhere"}, "server", "not-an-address"),
    ],
)
def test_what_cannot_be_used_is_named(
    open_desk: OpenDesk, settings: dict[str, str], field: str, reason: str
) -> None:
    with pytest.raises(Invalid) as caught:
        open_desk(**settings).channel().identify()
    assert (caught.value.detail["field"], caught.value.reason) == (field, reason)


def test_one_sign_in_for_a_day_of_polls(desk: Desk) -> None:
    for _ in range(24):
        desk.clock.advance(hours=1)
        desk.look()
    assert desk.net.count(CREATE) == 1
    assert 8 <= desk.net.count(REFRESH) <= 12
    assert desk.secrets["_access"]
    assert desk.secrets["_refresh"]


def test_the_session_survives_a_restart(desk: Desk) -> None:
    desk.settings["watch"] = "bread"
    desk.look()
    assert desk.net.count(CREATE) == 1


def test_both_tokens_dead_means_one_new_sign_in(desk: Desk) -> None:
    desk.net.forget_sessions()
    desk.world.mention("ann.test", "hello")
    assert texts(desk.look()) == ["@rosies.test hello"]
    assert (desk.net.count(CREATE), desk.net.count(REFRESH)) == (2, 1)


def test_a_password_taken_back_between_two_polls(desk: Desk) -> None:
    desk.net.revoke()
    with pytest.raises(SignInNeeded) as caught:
        desk.look()
    assert caught.value.reason == "wrong-password"
    assert desk.net.count(CREATE) <= 3


def test_a_wrong_password_is_refused_while_adding(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.secrets["app_password"] = "aaaa-bbbb-cccc-dddd"
    with pytest.raises(SignInNeeded) as caught:
        desk.channel().identify()
    assert caught.value.reason == "wrong-password"
    assert "aaaa-bbbb" not in repr(caught.value.detail)


def test_the_main_password_works_and_is_advised_against(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.net.passwords = {"correct horse battery": "com.atproto.access"}
    desk.secrets["app_password"] = "correct horse battery"
    assert desk.channel().identify().note == "main-password"
    desk.net.scope_names = False
    desk.secrets = {"app_password": "correct horse battery"}
    assert desk.channel().identify().note == "main-password"


@pytest.mark.parametrize(
    ("switch", "reason"),
    [("two_factor", "needs-app-password"), ("takedown", "suspended"), ("deactivated", "deactivated")],
)
def test_what_only_the_owner_can_mend(open_desk: OpenDesk, switch: str, reason: str) -> None:
    desk = open_desk()
    desk.net.passwords = {"correct horse battery": "com.atproto.access"}
    desk.secrets["app_password"] = "correct horse battery"
    setattr(desk.net, switch, True)
    with pytest.raises(SignInNeeded) as caught:
        desk.channel().identify()
    assert caught.value.reason == reason


@pytest.mark.parametrize(("switch", "reason"), [("takedown", "suspended"), ("deactivated", "deactivated")])
def test_an_account_closed_between_two_polls(desk: Desk, switch: str, reason: str) -> None:
    setattr(desk.net, switch, True)
    with pytest.raises(SignInNeeded) as caught:
        desk.look()
    assert caught.value.reason == reason
    setattr(desk.net, switch, False)
    desk.look()


def test_a_renamed_handle_changes_nothing(desk: Desk) -> None:
    desk.world.me.handle = "rosies-bakery.test"
    desk.net.forget_sessions()
    desk.world.mention("ann.test", "new name?")
    assert texts(desk.look()) == ["@rosies-bakery.test new name?"]
    assert desk.settings["handle"] == "rosies-bakery.test"
    assert desk.channel().identify().remote_id == SHOP


def test_another_account_under_the_old_name_is_not_read(desk: Desk) -> None:
    desk.settings["did"] = "did:plc:somebodyelse"
    desk.secrets = {"app_password": "abcd-efgh-ijkl-mnop"}
    with pytest.raises(SignInNeeded) as caught:
        desk.look()
    assert caught.value.reason == "another-account"


@pytest.mark.parametrize("way", ["forgotten", "switched off"])
def test_the_account_moves_to_another_server(desk: Desk, way: str) -> None:
    """The entry stays, the server behind it changes."""
    new = Standin(desk.clock, empty=True)
    new.start()
    try:
        new.join(desk.net)
        desk.net.home = new.url
        if way == "forgotten":
            desk.net.forget_sessions()
        else:
            desk.net.has_moved = True
        desk.world.mention("ann.test", "found you")
        assert texts(desk.look()) == ["@rosies.test found you"]
        assert desk.settings["pds"] == new.url
        before = len(desk.net.log)
        desk.look()
        assert len(desk.net.log) == before, "the old one is no longer asked"
    finally:
        new.stop()


def test_a_document_may_not_lead_away_from_this_machine(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.net.home = "https://pds.example"
    assert desk.channel().identify().settings["pds"] == desk.net.url


@pytest.mark.parametrize("retry_after", ["90", ""])
def test_a_pause_is_kept(desk: Desk, retry_after: str) -> None:
    words = b'{"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}'
    desk.net.fault("status", NOTES, status=429, retry_after=retry_after, body=words)
    with pytest.raises(RateLimited) as caught:
        desk.look()
    assert (caught.value.until is not None) == bool(retry_after)
    desk.clock.advance(120)
    assert desk.look() == []


def test_too_many_sign_ins_are_not_repeated(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.net.sessions_left = 0
    with pytest.raises(RateLimited):
        desk.channel().identify()
    assert desk.net.count(CREATE) == 1


@pytest.mark.parametrize("fault", ["bad-json", "garbage", "empty"])
def test_answers_that_cannot_be_read(desk: Desk, fault: str) -> None:
    desk.world.mention("ann.test", "still here")
    desk.net.fault(fault, NOTES, size=500)
    with pytest.raises(BadAnswer):
        desk.look()
    assert texts(desk.look()) == ["@rosies.test still here"]


@pytest.mark.parametrize("body", [b"[]", b'{"notifications": {}}', b"{}", b"<html>log in to the wifi</html>"])
def test_answers_of_another_shape(desk: Desk, body: bytes) -> None:
    desk.world.mention("ann.test", "still here")
    desk.net.fault("body", NOTES, body=body)
    with pytest.raises(ChannelError):
        desk.look()
    assert texts(desk.look()) == ["@rosies.test still here"]


@pytest.mark.parametrize("status", [403, 500, 502, 503])
def test_a_gateway_in_trouble_is_no_lost_sign_in(desk: Desk, status: int) -> None:
    desk.net.fault("status", NOTES, status=status, html=True)
    with pytest.raises(ChannelError) as caught:
        desk.look()
    assert not isinstance(caught.value, SignInNeeded)
    assert desk.net.count(CREATE) == 1


def test_another_web_server_is_no_server_of_bluesky(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.net.fault("body", CREATE, body=b"<html>hello</html>", status=404)
    with pytest.raises(Invalid) as caught:
        desk.channel().identify()
    assert caught.value.reason == "not-a-server"


@pytest.mark.parametrize("fault", ["reset", "reset-after"])
def test_a_broken_renewal_is_made_good(desk: Desk, fault: str) -> None:
    desk.net.expire()
    desk.net.fault(fault, REFRESH)
    with pytest.raises(Unreachable):
        desk.look()
    desk.world.mention("ann.test", "hello")
    assert texts(desk.look()) == ["@rosies.test hello"]
    # Where the answer was lost the old token is used up, and the password has to do.
    assert desk.net.count(CREATE) == (2 if fault == "reset-after" else 1)


def test_two_threads_renew_once(desk: Desk) -> None:
    """The poller and the sender at the same moment; a refresh token is good once."""
    desk.net.expire()
    shared = threading.RLock()
    one, two = (
        Tools(t.web, t.clock, keep_secrets=t.keep_secrets, current_secrets=t.current_secrets, renewing=shared)
        for t in (desk.tools(), desk.tools())
    )
    channels = [Bluesky(dict(desk.settings), dict(desk.secrets), tools) for tools in (one, two)]
    ready, failed = threading.Barrier(2), []

    def run(channel: Bluesky) -> None:
        ready.wait()
        try:
            channel.poll(desk.cursor)
        except ChannelError as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(channel,)) for channel in channels]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert failed == []
    assert (desk.net.count(REFRESH), desk.net.count(CREATE)) == (1, 1)


def test_signing_out_ends_the_session(desk: Desk) -> None:
    desk.channel().sign_out()
    desk.secrets = {**desk.secrets, "app_password": "no longer known"}
    with pytest.raises(SignInNeeded):
        desk.look()


def test_secrets_are_masked_in_what_is_kept_of_an_answer(desk: Desk) -> None:
    token = desk.secrets["_access"]
    words = b'{"error": "Odd", "message": "token %s is odd"}' % token.encode()
    desk.net.fault("status", NOTES, status=400, body=words)
    with pytest.raises(BadAnswer) as caught:
        desk.look()
    assert token not in str(dict(caught.value.detail))
