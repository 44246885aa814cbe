"""Whatever goes wrong ends in one of our errors, and the token, which is part of every address, is in none
of them."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from services.channels.base import PageLink, WebPage
from services.channels.telegram import Telegram
from services.errors import BadAnswer, ChannelError, Invalid, RateLimited, SignInNeeded, Unreachable
from services.words import error_sentence
from tests.channels.chat_desk import ChatDesk, only
from tests.channels.chat_server import Said
from tests.channels.telegram.standin import ANN, too_many

HTML = {"Content-Type": "text/html"}


def no(code: int, description: str) -> Said:
    return Said(code, {"ok": False, "error_code": code, "description": description})


def raised(call: Callable[[], Any]) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        call()
    return caught.value


@pytest.mark.parametrize(
    ("answer", "error", "reason"),
    [
        (
            Said(401, {"ok": False, "error_code": 401, "description": "Unauthorized"}),
            SignInNeeded,
            "bot-token",
        ),
        (
            Said(404, {"ok": False, "error_code": 404, "description": "Not Found"}),
            SignInNeeded,
            "wrong-token",
        ),
        (Said(404, b"<html>", HTML), BadAnswer, "not-found"),
        (Said(410, b"", HTML), BadAnswer, "gone"),
        (too_many(None), RateLimited, ""),
        (Said(429, b"<html>slow down</html>", HTML), RateLimited, ""),
        (Said(502, b"<html>bad gateway</html>", HTML), Unreachable, "server"),
        (no(500, "Internal Server Error"), Unreachable, "server"),
        (Said(200, b"<html>sign in to the wifi</html>", HTML), BadAnswer, "not-json"),
        (Said(200, b""), BadAnswer, "not-json"),
        (Said(200, None), BadAnswer, "not-json"),
        (Said(200, {"ok": True, "result": None}), BadAnswer, "not-a-list"),
        (Said(200, {"ok": True, "result": {"a": 1}}), BadAnswer, "not-a-list"),
        (Said(301, b"", {"Location": "https://elsewhere.example/"}), BadAnswer, "moved"),
    ],
)
def test_a_poll_that_fails(desk: ChatDesk, answer: Said, error: type[ChannelError], reason: str) -> None:
    desk.standin.fault("getUpdates", answer=answer)
    found = raised(desk.step)
    assert type(found) is error
    assert found.reason == reason
    assert desk.standin.token.partition(":")[2] not in "".join(traceback.format_exception(found))
    desk.clock.advance(hours=1)
    desk.standin.say(ANN, "still there?")
    assert only(desk.look()).text == "still there?"


def test_a_pause_is_as_long_as_was_asked_for(desk: ChatDesk) -> None:
    desk.standin.fault("getUpdates", answer=too_many(90))
    found = raised(desk.step)
    assert isinstance(found, RateLimited)
    assert found.until == desk.clock.now() + timedelta(seconds=90)


def test_a_revoked_token_between_two_polls(desk: ChatDesk) -> None:
    desk.standin.is_revoked = True
    assert isinstance(raised(desk.step), SignInNeeded)
    desk.standin.say(ANN, "written meanwhile")
    desk.standin.is_revoked = False
    assert only(desk.look()).text == "written meanwhile"


@pytest.mark.parametrize("token", ["", "77:wrong", "78:AAAA", "no colon", "77:a/../b", "77:a\nb", "77:ä"])
def test_a_wrong_token_is_refused_while_adding(fresh_desk: ChatDesk, token: str) -> None:
    fresh_desk.secrets = {"bot_token": token}
    assert isinstance(raised(fresh_desk.sign_in), SignInNeeded)


def test_a_token_with_space_around_it_is_taken(fresh_desk: ChatDesk) -> None:
    fresh_desk.secrets = {"bot_token": f" {fresh_desk.standin.token}\n"}
    assert fresh_desk.sign_in().remote_id == "77"


def test_a_webhook_is_named_with_its_remedy(fresh_desk: ChatDesk) -> None:
    fresh_desk.standin.webhook = "https://shop.example/hook"
    found = raised(fresh_desk.sign_in)
    assert found.reason == "webhook"
    fresh_desk.standin.webhook = ""
    fresh_desk.sign_in()
    fresh_desk.standin.webhook = "https://shop.example/hook"
    found = raised(fresh_desk.step)
    said = error_sentence(found.kind, found.detail, "Telegram", "Telegram")
    assert said.startswith("Another program receives what is written to Telegram (a webhook).")


def test_a_server_that_knows_only_what_is_needed(fresh_desk: ChatDesk) -> None:
    missing = no(404, "Not Found")
    fresh_desk.standin.fault("(getWebhookInfo|getBusinessConnection)", answer=missing, times=None)
    fresh_desk.sign_in()
    chat = {"id": 901, "type": "private", "first_name": "Ann"}
    fresh_desk.standin.say(ANN, "hm", chat=chat, kind="business_message", business_connection_id="BC-9")
    assert len(fresh_desk.look()) == 3


def test_another_program_that_reads_is_named(desk: ChatDesk) -> None:
    conflict = no(409, "Conflict: terminated by other getUpdates request")
    desk.standin.fault("getUpdates", answer=conflict, times=1)
    assert desk.look() == [], "once may have been our own listening"
    desk.standin.fault("getUpdates", answer=conflict, times=2)
    assert raised(desk.step).reason == "another-reader"


@pytest.mark.parametrize(
    "typed", ["{host}", "HTTP://{host}/", "{url}", "{url}///"], ids=["bare", "capitals", "plain", "slashes"]
)
def test_the_server_may_be_written_in_many_ways(fresh_desk: ChatDesk, typed: str) -> None:
    url = fresh_desk.standin.url
    fresh_desk.settings["api"] = typed.format(url=url, host=url.removeprefix("http://"))
    assert fresh_desk.sign_in().remote_id == "77"


@pytest.mark.parametrize(
    "typed", ["https://me:secret@bot.example", "ftp://bot.example", "https://a b", "//", "x"]
)
def test_what_is_no_server_is_refused(fresh_desk: ChatDesk, typed: str) -> None:
    fresh_desk.settings["api"] = typed
    with pytest.raises(Invalid):
        fresh_desk.sign_in()


def test_plain_http_is_for_this_computer_only(fresh_desk: ChatDesk) -> None:
    from services.channels._chat import read_base

    assert read_base({"api": "http://bot.example:8081/x/"}, "") == "https://bot.example:8081/x"
    assert read_base({}, "https://api.telegram.org") == "https://api.telegram.org"


def test_a_renamed_bot_is_the_same_account(desk: ChatDesk) -> None:
    desk.standin.me["username"] = "rosies_bot"
    desk.standin.me["first_name"] = "Rosie and Tom"
    again = desk.channel().identify()
    assert again.remote_id == "77"
    assert again.settings["username"] == "rosies_bot"


# --- the token


def test_the_token_is_in_no_error_no_log_and_no_detail(
    fresh_desk: ChatDesk, caplog: pytest.LogCaptureFixture
) -> None:
    desk = fresh_desk
    desk.sign_in()
    desk.look()
    message = next(iter(desk.seen.values()))
    token = desk.standin.token
    echo = f"what is /bot{token}/getUpdates? {token}".encode()
    errors: list[ChannelError] = []
    stopping = threading.Event()
    stopping.set()
    caplog.set_level(logging.DEBUG)
    # As the program sets it up (services/logs.py); the library's own debug lines hold whole addresses.
    logging.getLogger("urllib3").setLevel(logging.ERROR)

    def attempt(call: Callable[[], Any]) -> None:
        try:
            call()
        except ChannelError as error:
            errors.append(error)
        desk.clock.advance(days=2)

    answers: list[dict[str, Any]] = [
        {"answer": Said(status, echo, headers)}
        for status in (200, 301, 302, 307, 400, 401, 403, 404, 409, 410, 418, 429, 500, 502, 503)
        for headers in (HTML, {"Location": f"{desk.standin.url}/bot{token}/getMe"})
    ]
    answers += [{"answer": no(code, echo.decode())} for code in (400, 401, 403, 404, 409, 418, 429, 500)]
    answers += [{"answer": Said(200, {"ok": True, "result": echo.decode()})}]
    answers += [{"cut": "before"}, {"cut": "after"}]
    for more in answers:
        for call in (
            desk.channel().identify,
            lambda: desk.channel().poll(desk.cursor),
            lambda: desk.channel().listen(desk.cursor, stopping),
            lambda: desk.channel().send(desk.reply_to(message, "Sorry")),
        ):
            desk.standin.faults = []
            desk.standin.fault("bot", times=None, **more)
            attempt(call)
    desk.standin.faults = []
    desk.settings["api"] = "https://127.0.0.1:" + desk.standin.url.rpartition(":")[2]
    attempt(desk.channel().identify)  # TLS with a server that knows none
    desk.settings["api"] = desk.standin.url
    desk.standin.stop()
    attempt(desk.channel().identify)
    attempt(lambda: desk.channel().send(desk.reply_to(message, "Sorry")))
    desk.shared.cancel()
    attempt(desk.channel().identify)

    assert len(errors) > 100
    kept = "".join("".join(traceback.format_exception(error)) + repr(error.detail) for error in errors)
    kept += caplog.text + repr(desk.cursor) + repr(desk.settings) + repr(desk.channel())
    for piece in (token, token.partition(":")[2]):
        assert piece not in kept


def test_a_server_that_never_answers_gives_no_token_away(fresh_desk: ChatDesk) -> None:
    fresh_desk.sign_in()
    web = fresh_desk.shared.web(secrets=fresh_desk.secrets.values(), deadline_s=0.3)
    from services.channels.base import Tools

    channel = Telegram(fresh_desk.settings, fresh_desk.secrets, Tools(web, fresh_desk.clock))
    with fresh_desk.standin.lock:  # nobody gets an answer while it is held
        found = raised(lambda: channel.poll({}))
    assert (type(found), found.reason) == (Unreachable, "timeout")
    assert fresh_desk.standin.token not in "".join(traceback.format_exception(found))


# --- being found


def test_links_to_telegram_are_recognised() -> None:
    links = [
        "https://t.me/rosiesbakery",
        "https://t.me/s/rosiesnews/12",
        "https://T.ME/RosiesBot?start=1",
        "https://t.me/joinchat/AAAA",
        "https://t.me/+AAAA",
        "https://t.me/share/url?url=x",
        "https://t.me.evil.example/rosie",
        "mailto:a@t.me",
        "https://t.me/",
    ]
    page = WebPage("https://rosie.example/", links=tuple(PageLink(one) for one in links))
    found = Telegram.recognise(page)
    assert [one.title for one in found] == ["@RosiesBot", "@rosiesbakery", "@rosiesnews"]
    assert {one.kind for one in found} == {"telegram"}


def test_an_address_is_recognised_too(fresh_desk: ChatDesk) -> None:
    tools = fresh_desk.channel().tools
    assert [one.title for one in Telegram.suggest("t.me/rosiesbakery_bot", tools)] == ["@rosiesbakery_bot"]
    assert Telegram.suggest("https://rosie.example/", tools) == []
