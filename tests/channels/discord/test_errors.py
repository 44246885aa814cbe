"""Whatever a server answers ends in one of our errors; what was heard before it is kept."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from services.channels.base import PageLink, WebPage
from services.channels.discord import Discord
from services.errors import (
    BadAnswer,
    ChannelError,
    Invalid,
    NotAllowed,
    RateLimited,
    SignInNeeded,
    Unreachable,
)
from tests.channels.chat_desk import ChatDesk, only
from tests.channels.chat_server import Said
from tests.channels.discord.standin import ANN, BOB, too_many

HTML = {"Content-Type": "text/html"}


def raised(call: Callable[[], Any]) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        call()
    return caught.value


@pytest.mark.parametrize(
    ("answer", "error", "reason"),
    [
        (Said(401, {"message": "401: Unauthorized", "code": 0}), SignInNeeded, "bot-token"),
        (too_many(None), RateLimited, ""),
        (Said(502, b"<html>bad gateway</html>", HTML), Unreachable, "server"),
        (Said(500, {"message": "500", "code": 0}), Unreachable, "server"),
        (Said(200, b"<html>sign in to the wifi</html>", HTML), BadAnswer, "not-json"),
        (Said(200, b""), BadAnswer, "not-json"),
        (Said(200, {"a": 1}), BadAnswer, "not-a-list"),
        (Said(200, None), BadAnswer, "not-a-list"),
        (Said(400, {"code": 50035, "message": "Invalid Form Body"}), BadAnswer, "status"),
        (Said(301, b"", {"Location": "https://elsewhere.example/"}), BadAnswer, "moved"),
    ],
)
def test_a_poll_that_fails(desk: ChatDesk, answer: Said, error: type[ChannelError], reason: str) -> None:
    fault = desk.standin.fault("messages$", answer=answer, times=None)
    found = raised(desk.look)
    assert (type(found), found.reason) == (error, reason)
    assert desk.standin.token not in "".join(traceback.format_exception(found)) + repr(found.detail)
    fault.times = 0
    desk.clock.advance(hours=1)
    desk.standin.say(ANN, "still there?", desk.standin.general)
    assert only(desk.look()).text == "still there?"


def test_one_room_in_trouble_does_not_silence_the_others(desk: ChatDesk) -> None:
    fault = desk.standin.fault(
        f"{desk.standin.general}/messages$", answer=Said(200, b"<html>", HTML), times=None
    )
    for text in ("one", "two"):
        desk.standin.say(BOB, text, desk.standin.help)
        assert raised(desk.look).reason == "not-json"
        assert text in {m.text for m in desk.seen.values()}
        desk.clock.advance(60)
    desk.standin.say(ANN, "unheard so far", desk.standin.general)
    fault.times = 0
    assert only(desk.look()).text == "unheard so far"


def test_what_was_heard_before_the_connection_broke_is_kept(desk: ChatDesk) -> None:
    desk.standin.say(ANN, "heard", desk.standin.general)
    desk.standin.say(BOB, "not yet", desk.standin.help)
    desk.standin.fault(f"{desk.standin.help}/messages$", cut="before", times=2)
    desk.standin.fault(f"{desk.standin.help}/messages$", answer=Said(503), times=1)
    found = set()
    for _ in range(4):
        try:
            found |= {m.text for m in desk.look()}
        except Unreachable:
            found |= {m.text for m in desk.seen.values()}
    assert {"heard", "not yet"} <= found


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (too_many(90.25), timedelta(seconds=90.25)),
        (too_many(None, header="30"), timedelta(seconds=30)),
        (Said(429, {"message": "slow"}, {"X-RateLimit-Reset-After": "12.5"}), timedelta(seconds=12.5)),
        (Said(503, b"", {"Retry-After": "40"}), timedelta(seconds=40)),
        (too_many(10**9), None),
    ],
)
def test_a_pause_is_as_long_as_was_asked_for(desk: ChatDesk, answer: Said, wait: timedelta | None) -> None:
    desk.standin.fault("messages$", answer=answer, times=None)
    found = raised(desk.look)
    assert isinstance(found, RateLimited)
    assert found.until == (desk.clock.now() + wait if wait else None)


def test_a_room_whose_allowance_is_spent_waits_and_the_others_do_not(desk: ChatDesk) -> None:
    desk.standin.allowance = {
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(desk.clock.now().timestamp() + 5),
    }
    for number in range(150):
        desk.standin.say(ANN, f"a{number}", desk.standin.general)
        desk.standin.say(BOB, f"b{number}", desk.standin.help)
    channel, heard = desk.channel(), set()
    for _ in range(10):
        batch = desk.step(channel)
        heard |= {m.text for m in batch.messages}
        if not batch.more:
            break
    assert {"a0", "b0"} <= heard
    assert len(heard) < 300
    assert batch.next_after is not None
    assert batch.next_after <= timedelta(seconds=6)
    desk.standin.allowance = {}
    desk.clock.advance(6)
    heard |= {m.text for m in desk.look()}
    assert len(heard) == 300


def test_a_revoked_token_between_two_polls(desk: ChatDesk) -> None:
    desk.standin.is_revoked = True
    asked = len(desk.standin.log)
    assert isinstance(raised(desk.step), SignInNeeded)
    assert len(desk.standin.log) == asked + 1, "refusals are counted by Discord; the first one is enough"
    desk.standin.say(ANN, "written meanwhile", desk.standin.general)
    desk.standin.is_revoked = False
    assert only(desk.look()).text == "written meanwhile"


@pytest.mark.parametrize("token", ["", "wrong", "a b", "a\nb", "ä", "Bot "])
def test_a_wrong_token_is_refused_while_adding(fresh_desk: ChatDesk, token: str) -> None:
    fresh_desk.secrets = {"bot_token": token}
    assert isinstance(raised(fresh_desk.sign_in), SignInNeeded)


def test_a_token_with_its_name_in_front_is_taken(fresh_desk: ChatDesk) -> None:
    fresh_desk.secrets = {"bot_token": f" Bot {fresh_desk.standin.token}\n"}
    assert fresh_desk.sign_in().remote_id


@pytest.mark.parametrize("typed", ["{host}/api/v10", "HTTP://{host}/api/v10/", "{url}/api/v10//"])
def test_the_server_may_be_written_in_many_ways(fresh_desk: ChatDesk, typed: str) -> None:
    url = fresh_desk.standin.url
    fresh_desk.settings["api"] = typed.format(url=url, host=url.removeprefix("http://"))
    assert fresh_desk.sign_in().remote_id


@pytest.mark.parametrize("typed", ["{url}", "{url}/", "{url}/api"])
def test_the_path_of_the_api_need_not_be_written(fresh_desk: ChatDesk, typed: str) -> None:
    url = fresh_desk.standin.url
    fresh_desk.settings["api"] = typed.format(url=url)
    assert fresh_desk.sign_in().settings["api"] == f"{url}/api/v10"
    assert len(fresh_desk.look()) == 2


def test_the_usual_server_needs_no_path() -> None:
    from services.channels._chat import read_base

    usual = "https://discord.com/api/v10"
    for typed in ("", "discord.com", "https://DISCORD.com/", "http://discord.com", usual):
        assert read_base({"api": typed}, usual, api_path="/api/v10") == usual
    with pytest.raises(Invalid):
        read_base({"api": "https://a:b@discord.com"}, usual)


def test_a_server_that_lacks_the_smaller_things(fresh_desk: ChatDesk) -> None:
    missing = Said(404, {"code": 0, "message": "404: Not Found"})
    fresh_desk.standin.fault("(applications|roles|members|threads)", answer=missing, times=None)
    assert fresh_desk.sign_in().note == ""
    assert len(fresh_desk.look()) == 2


def test_a_wall_in_front_of_discord(desk: ChatDesk) -> None:
    desk.standin.fault("messages$", answer=Said(403, b"error code: 1015", HTML), times=None)
    assert isinstance(raised(desk.look), NotAllowed)


def test_links_to_discord_are_recognised(desk: ChatDesk) -> None:
    links = [
        "https://discord.gg/rosies",
        "https://discord.com/invite/rosies",
        "https://www.discord.com/channels/12/34",
        "https://discord.com/developers",
        "https://discord.gg.evil.example/x",
        "https://discord.gg/",
        "https://discord.com/channels/12/34",
    ]
    page = WebPage("https://rosie.example/", links=tuple(PageLink(one) for one in links))
    found = [(one.title, dict(one.settings)) for one in Discord.recognise(page)]
    assert found == [("discord.gg/rosies", {}), ("discord.com/channels/12/34", {"channel": "34"})]
    tools = desk.channel().tools
    assert [one.title for one in Discord.suggest("discord.gg/rosies", tools)] == ["discord.gg/rosies"]
    assert Discord.suggest("https://rosie.example/", tools) == []
