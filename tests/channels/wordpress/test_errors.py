"""Whatever a site answers ends in one of our errors, and nothing of what was said meanwhile is lost."""

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
from services.words import error_sentence
from tests.channels.wordpress.conftest import OpenDesk
from tests.channels.wordpress.desk import Desk, only
from tests.channels.wordpress.site import Site

COMMENTS = "/wp-json/wp/v2/comments"
HTML = {"content_type": "text/html; charset=utf-8"}
JSON = {"content_type": "application/json"}


@pytest.mark.parametrize(
    ("fault", "error", "reason"),
    [
        (
            {"kind": "body", "status": 401, "body": b'{"code":"rest_not_logged_in"}', **JSON},
            SignInNeeded,
            "401",
        ),
        (
            {"kind": "body", "status": 401, "body": b'{"code":"incorrect_password"}', **JSON},
            SignInNeeded,
            "401",
        ),
        (
            {"kind": "body", "status": 401, "body": b'{"code":"rest_login_required"}', **JSON},
            NotAllowed,
            "api-blocked",
        ),
        (
            {"kind": "body", "status": 401, "body": b'{"code":"application_passwords_disabled"}', **JSON},
            NotAllowed,
            "passwords-off",
        ),
        (
            {"kind": "body", "status": 403, "body": b"<html>Wordfence</html>", **HTML},
            NotAllowed,
            "api-blocked",
        ),
        ({"kind": "body", "status": 404, "body": b"<html>Oh</html>", **HTML}, BadAnswer, "no-api"),
        ({"kind": "body", "status": 404, "body": b'{"code":"rest_no_route"}', **JSON}, BadAnswer, "no-api"),
        ({"kind": "status", "status": 429}, RateLimited, ""),
        ({"kind": "status", "status": 500}, Unreachable, "server"),
        ({"kind": "status", "status": 503}, Unreachable, "server"),
        ({"kind": "status", "status": 503, "retry_after": "30"}, RateLimited, ""),
        ({"kind": "bad-json"}, BadAnswer, "not-json"),
        ({"kind": "empty"}, BadAnswer, "not-json"),
        ({"kind": "body", "body": b"<html>prove you are human</html>", **HTML}, BadAnswer, "web-page"),
        ({"kind": "body", "body": b'{"code":"x"}', **JSON}, BadAnswer, "not-a-list"),
        ({"kind": "body", "body": b"null", **JSON}, BadAnswer, "not-a-list"),
        ({"kind": "body", "body": b'[1, null, "x", {}]', **JSON}, BadAnswer, "not-a-list"),
        (
            {"kind": "body", "status": 403, "body": b'{"code":"rest_forbidden_context"}', **JSON},
            NotAllowed,
            "scope",
        ),
        ({"kind": "reset"}, Unreachable, "reset"),
        ({"kind": "redirect", "location": "/wp-login.php"}, BadAnswer, "web-page"),
    ],
)
def test_a_poll_that_fails(desk: Desk, fault: dict[str, Any], error: type[ChannelError], reason: str) -> None:
    desk.site.fault(path=COMMENTS, times=None, **fault)
    cursor = desk.cursor
    with pytest.raises(error) as caught:
        desk.step()
    assert caught.value.reason == reason
    assert type(caught.value) is error
    told = "".join(traceback.format_exception(caught.value)) + str(caught.value.detail)
    assert desk.secrets["app_password"] not in told
    assert "Basic" not in told
    sentence = error_sentence(caught.value.kind, caught.value.detail, "Rosie's blog", "WordPress")
    assert "Rosie's blog" in sentence
    desk.site.faults.clear()
    desk.clock.advance(hours=1)
    desk.say("still there?")
    assert desk.cursor == cursor
    assert only(desk.look()).text == "still there?"


def test_a_pause_lasts_as_long_as_it_was_asked_for(desk: Desk) -> None:
    desk.site.fault("status", COMMENTS, status=429, retry_after="240")
    with pytest.raises(RateLimited) as caught:
        desk.step()
    assert caught.value.until == desk.clock.now() + timedelta(seconds=240)
    desk.site.asked.clear()
    with pytest.raises(RateLimited):
        desk.step()
    assert desk.site.routes() == []


def test_a_password_taken_back_between_two_polls(desk: Desk) -> None:
    desk.say("Hello")
    desk.look()
    desk.rosie.passwords.clear()
    with pytest.raises(SignInNeeded):
        desk.step()
    with pytest.raises(SignInNeeded):
        desk.sign_in()


def test_a_site_that_answers_everybody_the_same_is_seen_through(desk: Desk) -> None:
    """The public view comes with 200 even where another one was asked for (a cache in front of the site)."""
    desk.rosie.passwords.clear()
    body = (
        b'[{"id":1,"post":41,"author_name":"Marta","content":{"rendered":"<p>Hi</p>"},"status":"approved"}]'
    )
    desk.site.fault("body", COMMENTS, body=body, times=None, **JSON)
    with pytest.raises(SignInNeeded):
        desk.step()


def test_who_is_only_shown_what_is_public_notices_it_too(open_desk: OpenDesk) -> None:
    desk = open_desk("subscriber").sign_in()
    assert (desk.settings["sees"], desk.settings["note"]) == ("public", "approved-only")
    desk.say("Seen")
    desk.say("Not seen", status="hold")
    assert only(desk.look()).text == "Seen"
    desk.rosie.role = "editor"
    assert {m.text for m in desk.look()} >= {"Not seen"}
    assert (desk.settings["sees"], desk.settings["note"]) == ("everything", "")
    desk.rosie.role = "author"
    desk.look()
    assert (desk.settings["sees"], desk.settings["note"]) == ("own", "approved-only")
    desk.rosie.passwords.clear()
    with pytest.raises(SignInNeeded):
        desk.step()


@pytest.mark.parametrize("kind", ["comment", "review", "pingback"])
def test_one_type_that_is_locked_does_not_silence_the_others(open_desk: OpenDesk, kind: str) -> None:
    desk = open_desk()
    desk.site.namespaces.append("wc/v3")
    desk.sign_in()
    desk.say("Heard")
    if kind == "comment":
        desk.site.fault("status", "/wp-json/wp/v2/posts", status=500, times=None)
        desk.site.fault("status", "/wp-json/wc/v3/products/reviews", status=403, times=None)
    else:
        desk.site.fault(
            "body", COMMENTS, query=f"type={kind}", status=403, body=b"<html>no</html>", times=None
        )
    assert only(desk.look()).text == "Heard"


def test_entries_that_make_no_sense_are_passed_over(desk: Desk) -> None:
    body = (
        b'[{"id":900,"content":null,"status":null,"date_gmt":"soon","parent":"x","post":null,"_links":[],'
        b'"author_name":null},"words",null,7,{"content":{"rendered":"<p>nobody</p>"}},{"id":-4},{"id":"abc"},'
        b'{"id":901,"post":41,"parent":901,"content":{"rendered":"<p>in circles</p>","raw":"in circles"},'
        b'"status":"approved","type":"comment","link":"javascript:alert(1)","author_url":"javascript:x",'
        b'"_links":{"up":[{"href":"https://elsewhere.example/wp-json/wp/v2/posts/7"}]}}]'
    )
    desk.site.fault("body", COMMENTS, body=body, **JSON)
    heard = {m.remote_id: m for m in desk.step().messages}
    assert heard.keys() == {"900", "901"}
    assert heard["900"].sent_at == desk.clock.now()
    assert heard["900"].author.id == "guest:900"
    assert (heard["901"].text, heard["901"].url, heard["901"].author.url) == ("in circles", "", "")
    assert heard["901"].conversation_key == "901"


# --- a site that is elsewhere


def test_a_site_that_moved_asks_for_a_sign_in_there_and_sends_no_password(desk: Desk) -> None:
    new = Site(desk.clock)
    owner = new.make_user("rosie")
    new.make_post("Sourdough & rye")
    new.start()
    try:
        desk.site.moves_to = new.url.replace("127.0.0.1", "localhost")
        with pytest.raises(SignInNeeded) as caught:
            desk.step()
        assert (caught.value.reason, caught.value.detail["name"]) == ("moved", "localhost")
        assert new.asked == []
        sentence = error_sentence(caught.value.kind, caught.value.detail, "Rosie's blog", "WordPress")
        assert sentence == "Rosie's blog has moved to localhost. Sign in again with that address."
        before = desk.channel().identify
        with pytest.raises(SignInNeeded):
            before()
    finally:
        new.stop()
    assert owner.passwords == {}


def test_permalinks_that_change_are_followed(desk: Desk) -> None:
    desk.say("Before")
    desk.look()
    desk.site.plain = True
    desk.say("After")
    assert only(desk.look()).text == "After"
    assert "rest_route" in desk.settings["api_root"]
    assert desk.look() == []


def test_a_folder_the_site_moved_to_is_followed(desk: Desk) -> None:
    desk.say("Before")
    desk.look()
    desk.site.below_before, desk.site.below = desk.site.below, "/blog"
    desk.say("After")
    assert only(desk.look()).text == "After"
    assert desk.settings["api_root"].endswith("/blog/wp-json/")


# --- adding


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "not-an-address"),
        ("two words", "not-an-address"),
        ("ftp://rosies.example", "not-an-address"),
        ("https://rosie:secret@rosies.example", "password-in-address"),
        ("http://[", "not-an-address"),
        ("rosies", "not-an-address"),
    ],
)
def test_what_is_no_address_is_refused(open_desk: OpenDesk, typed: str, reason: str) -> None:
    desk = open_desk()
    with pytest.raises(Invalid) as caught:
        desk.sign_in(url=typed)
    assert (caught.value.reason, caught.value.detail["field"]) == (reason, "url")


def test_without_a_name_or_a_password_nothing_is_asked(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.settings["user"] = ""
    with pytest.raises(Invalid) as caught:
        desk.sign_in()
    assert caught.value.reason == "needs-user"
    desk.secrets = {}
    with pytest.raises(SignInNeeded):
        desk.sign_in()
    assert desk.site.asked == []


def test_passwords_that_are_switched_off_are_told_from_a_wrong_one(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.site.passwords_on = False
    with pytest.raises(NotAllowed) as caught:
        desk.sign_in()
    assert caught.value.reason == "passwords-off"
    desk.site.passwords_on = True
    desk.secrets = {"app_password": "wrong wrong wrong wrong"}
    with pytest.raises(SignInNeeded):
        desk.sign_in()


def test_a_page_that_is_no_such_site(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.site.fault("body", "*", body=b"<html>A bakery</html>", times=None, **HTML)
    with pytest.raises(Invalid) as caught:
        desk.sign_in()
    assert caught.value.reason == "not-a-server"


def test_a_root_that_only_shows_itself_to_who_is_signed_in(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.site.is_locked = True
    desk.sign_in()
    desk.say("Hello")
    assert only(desk.look()).text == "Hello"


def test_a_site_that_refuses_every_view_is_asked_for_each_once(desk: Desk) -> None:
    """A plugin closes the comments to programs, though the user may moderate them."""
    desk.look()
    refusal = b'{"code":"rest_forbidden_context"}'
    desk.site.fault(path=COMMENTS, times=None, kind="body", status=403, body=refusal, **JSON)
    before = len(desk.site.routes())
    with pytest.raises(NotAllowed):
        desk.step()
    assert desk.site.routes()[before:] == ["GET /wp/v2/users/me"] * 3, "who we are, once for each view"
