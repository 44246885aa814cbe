"""Adding an account: what is refused before anything is asked, and whom a failure names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from services import cli
from services.app import Shopbell
from services.channels import discover
from services.channels.pages import is_unprotected
from services.credentials import Credentials
from services.errors import Invalid
from services.sample import SampleShop

ADDRESSES = [
    (channel, field)
    for channel in discover().all()
    for field in channel.signin.fields
    if field.is_address and not channel.plain_http
]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Shopbell]:
    opened = Shopbell.open(tmp_path / "profile", credentials=Credentials("test", session_only=True))
    yield opened
    opened.close()


def test_there_are_fields_with_addresses() -> None:
    assert len(ADDRESSES) >= 8


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("http://rosies.example/blog", True),
        ("HTTP://192.168.1.7:8080", True),
        ("https://a.example http://b.example/feed", True),
        ("https://a.example,http://b.example/feed", True),
        ("http://[broken", True),
        ("https://rosies.example", False),
        ("http://127.0.0.1:8080/x http://[::1]:99/", False),
        ("http://localhost:99", False),
        ("rosies.example", False),
        ("", False),
    ],
)
def test_what_is_unprotected(typed: str, expected: bool) -> None:
    assert is_unprotected(typed) is expected


@pytest.mark.parametrize(
    ("channel", "field"), ADDRESSES, ids=lambda one: str(getattr(one, "kind", getattr(one, "name", one)))
)
def test_plain_http_is_refused_before_a_byte_leaves(app: Shopbell, channel: type, field: object) -> None:
    typed = {
        one.name: "http://rosies.example" if one is field else "x"
        for one in channel.signin.fields  # type: ignore[attr-defined]
        if not one.secret and not one.choices and (one.required or one is field)
    }
    secrets = {one.name: "xyz" for one in channel.signin.fields if one.secret and one.required}  # type: ignore[attr-defined]
    with pytest.raises(Invalid) as caught:
        app.accounts.add(channel.kind, typed, secrets)  # type: ignore[attr-defined]
    assert caught.value.reason == "plain-http"
    assert caught.value.detail["field"] == field.name  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("kind", "settings", "secrets", "name"),
    [
        (
            "email",
            {"address": "hello@rosies.example", "imap_host": "127.0.0.1", "imap_port": "1"},
            {"password": "x"},
            "hello@rosies.example",
        ),
        (
            "feeds",
            {"url": "http://127.0.0.1:1/feed?page=2&token=abcdef0123"},
            {},
            "http://127.0.0.1:1/feed?page=2",
        ),
        ("mastodon", {"server": "http://127.0.0.1:1"}, {"access_token": "abc"}, "http://127.0.0.1:1"),
    ],
)
def test_a_failure_names_what_was_typed(
    tmp_path: Path, kind: str, settings: dict[str, str], secrets: dict[str, str], name: str
) -> None:
    settings = {"smtp_host": "127.0.0.1", "smtp_port": "1", **settings} if kind == "email" else settings
    sets = [word for one, value in settings.items() for word in ("--set", f"{one}={value}")]
    words = ["accounts", "add", kind, *sets, "--secrets", "-", "--profile", str(tmp_path)]
    out, err = StringIO(), StringIO()
    code = cli.run(
        cli.parser().parse_args(words),
        lambda profile: Shopbell.open(profile, credentials=Credentials("test", session_only=True)),
        cli.Streams(StringIO(json.dumps(secrets)), out, err),
    )
    assert code == 1
    assert name in err.getvalue()
    assert "abcdef0123" not in err.getvalue()


def test_settings_change_while_the_sign_in_stays(app: Shopbell) -> None:
    with SampleShop(count=0) as shop:
        blog = app.accounts.add("feeds", {"url": shop.feed_urls["blog"]}, {})
        changed = app.accounts.renew(blog.id, {"own_name": "Rosie"}, {})
        assert (changed.settings["own_name"], changed.settings["signed_in"]) == ("Rosie", False)
        signed = app.accounts.add("mastodon", {"server": shop.handle}, {"access_token": shop.access_token})
        changed = app.accounts.renew(signed.id, {"watch": "rosies"}, {})
        assert (changed.settings["watch"], changed.settings["signed_in"]) == ("rosies", True)
        assert app.credentials.get(signed.id)["access_token"] == shop.access_token
        with pytest.raises(Invalid, match="needs-sign-in"):
            app.accounts.renew(signed.id, {"server": "https://elsewhere.example"}, {})
        with pytest.raises(Invalid, match="unknown"):
            app.accounts.renew(signed.id, {"colour": "red"}, {})
        with pytest.raises(Invalid, match="plain-http"):
            app.accounts.renew(signed.id, {"server": "http://bread.example"}, {})
        with pytest.raises(Invalid, match="another-account"):
            app.accounts.renew(blog.id, {"url": shop.feed_urls["forum"]}, {})
        assert app.store.account(blog.id).settings["url"] == blog.settings["url"]
