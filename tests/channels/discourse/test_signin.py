"""Whose key it is, the sealed text that the owner pastes, and taking a key back."""

from __future__ import annotations

import base64
import json
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from services.channels.base import AuthorizeRequest, PageLink, Tools, WebPage
from services.channels.discourse import Discourse
from services.errors import BadAnswer, ChannelError, Invalid, SignInNeeded, Unreachable
from tests.channels.discourse.conftest import OpenDesk
from tests.channels.discourse.desk import Desk


def begin(desk: Desk, **settings: str) -> AuthorizeRequest:
    tools = Tools(desk.web, desk.clock)
    return Discourse.begin_signin({**desk.settings, **settings}, "http://127.0.0.1:1/callback", tools)


def finish(desk: Desk, request: AuthorizeRequest, pasted: str) -> dict[str, str]:
    granted = Discourse.finish_signin(desk.settings, request, pasted, Tools(desk.web, desk.clock))
    return dict(granted.secrets)


def test_the_pasted_text_opens_to_a_key_that_works(open_desk: OpenDesk) -> None:
    desk = open_desk()
    request = begin(desk)
    assert request.shows_code
    asked = parse_qs(urlsplit(request.url).query)
    assert asked["application_name"] == ["Shopbell"]
    assert "auth_redirect" not in asked
    shown = desk.server.allow(request.url)
    assert "\n" in shown.strip(), "in lines, as the forum shows it"
    desk.secrets = finish(desk, request, shown)
    desk.sign_in()
    assert desk.settings["username"] == "rosie"
    desk.forum.start("ann", "Mug", "Hello @rosie, my mug is broken.")
    assert len(desk.look()) == 1
    desk.channel().sign_out()
    with pytest.raises(SignInNeeded):
        desk.look()


@pytest.mark.parametrize("how", ["one line", "quoted", "spaced", "address"])
def test_the_text_may_be_pasted_in_many_shapes(open_desk: OpenDesk, how: str) -> None:
    desk = open_desk()
    request = begin(desk)
    shown = desk.server.allow(request.url)
    shapes = {
        "one line": "".join(shown.split()),
        "quoted": f'"{shown.strip()}"',
        "spaced": "  " + shown.replace("\n", "\r\n   ") + "\t\n",
        "address": f"https://example.test/done?payload={quote(shown, safe='')}",
    }
    assert finish(desk, request, shapes[how])["api_key"] == desk.forum.keys[-1].secret


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda text: "", "no-code"),
        (lambda text: "what is this?", "not-the-text"),
        (lambda text: "hello", "not-the-text"),
        (lambda text: text[: len(text) // 2], "text-cut-short"),
        (lambda text: text.strip()[3:], "text-cut-short"),
        (lambda text: text + text, "not-the-text"),
        (lambda text: base64.b64encode(bytes(range(256))).decode(), "wrong-state"),
        (lambda text: "payload=%zz", "not-the-text"),
    ],
)
def test_a_wrong_paste_is_told_by_what_is_wrong(open_desk: OpenDesk, spoil, reason) -> None:  # type: ignore[no-untyped-def]
    desk = open_desk()
    request = begin(desk)
    with pytest.raises(SignInNeeded) as caught:
        finish(desk, request, spoil(desk.server.allow(request.url)))
    assert caught.value.reason == reason


def test_the_text_of_another_sign_in_is_not_taken(open_desk: OpenDesk) -> None:
    desk = open_desk()
    first, second = begin(desk), begin(desk)
    with pytest.raises(SignInNeeded) as caught:
        finish(desk, second, desk.server.allow(first.url))
    assert caught.value.reason == "wrong-state"


def test_a_text_sealed_for_us_with_another_nonce_is_not_taken(open_desk: OpenDesk) -> None:
    desk = open_desk()
    request = begin(desk)
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    public = load_pem_public_key(parse_qs(urlsplit(request.url).query)["public_key"][0].encode())
    assert isinstance(public, rsa.RSAPublicKey)
    forged = json.dumps({"key": "0123456789abcdef", "nonce": "other", "push": False, "api": 4})
    sealed = base64.b64encode(public.encrypt(forged.encode(), padding.PKCS1v15())).decode()
    with pytest.raises(SignInNeeded) as caught:
        finish(desk, request, sealed)
    assert caught.value.reason == "wrong-state"


def test_the_private_key_is_not_shown(open_desk: OpenDesk) -> None:
    request = begin(open_desk())
    assert "PRIVATE" not in repr(request)
    assert "PRIVATE" not in request.url


def test_a_renewed_sign_in_takes_the_place_of_the_old_one(open_desk: OpenDesk) -> None:
    desk = open_desk()
    first = begin(desk)
    desk.secrets = finish(desk, first, desk.server.allow(first.url))
    desk.sign_in()
    second = begin(desk)
    desk.secrets = finish(desk, second, desk.server.allow(second.url))
    assert desk.forum.keys[1].client_id == desk.forum.keys[2].client_id
    assert desk.forum.keys[1].revoked
    assert desk.sign_in().settings["username"] == "rosie"


def test_a_forum_that_makes_no_keys(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.server.fault("status", "/user-api-key/new", status=404)
    with pytest.raises(Invalid) as caught:
        begin(desk)
    assert caught.value.reason == "no-user-keys"


def test_a_members_key_needs_no_name(open_desk: OpenDesk) -> None:
    desk = open_desk().sign_in()
    identity = desk.channel().identify()
    assert (identity.name, identity.handle.partition("@")[0]) == ("Rosie", "rosie")
    assert desk.settings["key_type"] == "member"
    # The same with a name that an administrator's key would need.
    assert desk.sign_in(user="rosie", key_type="").settings["key_type"] == "member"


@pytest.mark.parametrize("bound", [False, True])
def test_an_administrators_key_is_told_by_asking(open_desk: OpenDesk, bound: bool) -> None:
    desk = open_desk()
    desk.secrets = {"api_key": desk.forum.admin_key(desk.server.rosie if bound else None)}
    desk.sign_in(user="@Rosie")
    assert desk.settings["key_type"] == "admin"
    said = desk.forum.start("ann", "Mug", "Hello @rosie, my mug is broken.")
    desk.look()
    desk.channel().send(desk.reply_to(said, "We are so sorry about this."))
    assert desk.ours() == ["We are so sorry about this."]
    desk.channel().sign_out()
    assert not desk.forum.keys[-1].revoked, "it may serve other programs"


def test_a_key_of_one_member_needs_no_name_either(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.secrets = {"api_key": desk.forum.admin_key(desk.server.rosie)}
    assert desk.sign_in().settings["username"] == "rosie"


def test_a_wrong_key(open_desk: OpenDesk) -> None:
    desk = open_desk()
    for key in ("0123456789abcdef0123456789abcdef", "käse", "line\nbreak"):
        desk.secrets = {"api_key": key}
        with pytest.raises(SignInNeeded):
            desk.channel().identify()
        with pytest.raises(SignInNeeded):
            desk.sign_in(user="rosie")


def test_a_suspended_member(desk: Desk) -> None:
    desk.server.rosie.suspended = True
    with pytest.raises(SignInNeeded):
        desk.look()


def test_a_member_with_a_new_name(open_desk: OpenDesk) -> None:
    for make_key in (lambda d: d.server.key, lambda d: d.forum.admin_key()):
        desk = open_desk()
        desk.secrets = {"api_key": make_key(desk)}
        before = desk.sign_in(user="rosie").channel().identify()
        desk.look()
        desk.server.rosie.username = "rosies_bakery"
        for _ in range(45):
            desk.look()
        desk.forum.start("ann", "Mug", "Hello @rosies_bakery, my mug is broken.")
        (message,) = desk.look()
        assert message.is_addressed
        assert message.kind.value == "mention"
        assert desk.settings["username"] == "rosies_bakery"
        assert desk.channel().identify().remote_id == before.remote_id


@pytest.mark.parametrize("below", ["", "/forum"])
@pytest.mark.parametrize(
    "page", ["", "/", "/t/mug-broken/7/3?u=ann", "/c/support/4/l/latest", "/latest.rss", "/u/ann/summary"]
)
def test_any_page_of_the_forum_leads_to_it(open_desk: OpenDesk, below: str, page: str) -> None:
    desk = open_desk(below=below)
    identity = desk.sign_in(
        url=desk.server.url.upper().replace("HTTP", "http").replace("FORUM", "forum") + page
    )
    assert identity.channel().identify().url == desk.server.url


def test_addresses_that_lead_nowhere(open_desk: OpenDesk) -> None:
    desk = open_desk()
    for url in ("", "not an address", "ftp://forum.example", "https://me:secret@forum.example"):
        with pytest.raises(Invalid):
            desk.sign_in(url=url)
    with pytest.raises(Unreachable):
        desk.sign_in(url="http://127.0.0.1:9/")
    desk.server.below = "/elsewhere"
    with pytest.raises((Invalid, BadAnswer)):
        desk.sign_in(url=desk.server.url)


def test_plain_http_goes_nowhere_but_to_this_machine(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.settings["url"] = "http://forum.invalid"
    with pytest.raises(ChannelError) as caught:
        desk.channel().identify()
    assert caught.value.reason == "dns", "asked by https"


def test_a_forum_is_recognised_and_suggested(open_desk: OpenDesk) -> None:
    desk = open_desk(below="/forum")
    (found,) = Discourse.suggest(f"{desk.server.url}/t/mug/7", Tools(desk.web, desk.clock))
    assert (found.settings, found.title) == ({"url": desk.server.url}, "Rosie's forum")
    page = WebPage("https://talk.example/c/x/4", "Talk", meta={"generator": "Discourse 3.6.0 - x"})
    assert [one.settings for one in Discourse.recognise(page)] == [{"url": "https://talk.example"}]
    links = (PageLink("https://rosies.discourse.group/latest", text="Forum"), PageLink("https://x.example/"))
    (linked,) = Discourse.recognise(WebPage("https://rosies.example", links=links))
    assert linked.settings == {"url": "https://rosies.discourse.group"}
    assert Discourse.recognise(WebPage("https://rosies.example")) == ()
