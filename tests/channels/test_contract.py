"""What every channel owes the rest of the program, put to each one that is discovered.

A new channel brings ``tests/channels/<its module>/standin.py`` with a class ``Standin``: ``start()`` and
``stop()`` of a server that plays its network, and the ``settings`` and ``secrets`` an owner would hand in.
Nothing here names a channel.
"""

from __future__ import annotations

import importlib
import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.channels import discover
from services.channels.base import Batch, Channel, ChannelType, Effort, Limits, SignInMethod, Tools
from services.channels.web import WebShared
from services.clock import SystemClock
from services.errors import ChannelError, Refused, Unreachable
from services.model import Direction, Message, MessageKind

PROJECT = Path(__file__).resolve().parents[2]
CHANNELS = discover().all()
SLOW = (
    "requests",
    "urllib3",
    "lxml",
    "feedparser",
    "fastfeedparser",
    "keyring",
    "imaplib",
    "sqlite3",
    "PySide6",
)


@dataclass
class Bench:
    """One channel in front of its stand-in."""

    type: ChannelType
    standin: Any
    shared: WebShared
    settings: dict[str, Any]

    @property
    def secrets(self) -> dict[str, str]:
        return dict(self.standin.secrets)

    @property
    def tools(self) -> Tools:
        web = self.shared.web(allow_http=self.type.plain_http, secrets=self.secrets.values())
        return Tools(web, self.shared.clock, backfill=timedelta(days=14))

    def make(self) -> Channel:
        return self.type(self.settings, self.secrets, self.tools)

    def poll_all(self, cursor: Any) -> tuple[list[Message], list[Batch], Any]:
        """As the poller does, a new object for every step: only the cursor survives."""
        messages: list[Message] = []
        batches = []
        for _ in range(100):
            before = json.dumps(cursor)
            batch = self.make().poll(cursor)
            assert json.dumps(cursor) == before, "a channel must not write into the cursor it was given"
            cursor = json.loads(json.dumps(dict(batch.cursor), allow_nan=False))
            self.settings.update(batch.settings)
            messages += batch.messages
            batches.append(batch)
            if not batch.more:
                return messages, batches, cursor
        raise AssertionError("more, more, more: it never ends")


def module_of(channel: ChannelType) -> str:
    return channel.__module__.rpartition(".")[2]


@pytest.fixture(params=CHANNELS, ids=lambda channel: str(channel.kind))
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    channel: ChannelType = request.param
    standin = importlib.import_module(f"tests.channels.{module_of(channel)}.standin").Standin()
    standin.start()
    shared = WebShared(SystemClock())
    yield Bench(channel, standin, shared, dict(standin.settings))
    shared.close()
    standin.stop()


@pytest.fixture
def added(bench: Bench) -> Bench:
    """The account as it is after it was added."""
    bench.settings.update(bench.make().identify().settings)
    return bench


every = pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: str(channel.kind))


@every
def test_an_address_with_a_token_is_parted_and_everything_else_left_alone(channel: ChannelType) -> None:
    plain = {field.name: field.default or "x" for field in channel.signin.fields if not field.secret}
    assert channel.part(plain) == (plain, {})
    token = "0f1e2d3c4b5a69788796"
    settings, secrets = channel.part({"url": f"https://rosies.example/feed?page=2&token={token}"})
    if secrets:
        assert token in "".join(secrets.values())
        assert settings == {"url": "https://rosies.example/feed?page=2"}
    else:
        assert settings["url"].endswith(token), "nothing is lost on the way"


def test_there_are_channels() -> None:
    assert len(CHANNELS) >= 2
    assert len({c.kind for c in CHANNELS}) == len({c.title for c in CHANNELS}) == len(CHANNELS)


# --- what it declares


@every
def test_declared_facts(channel: ChannelType) -> None:
    assert channel.kind == channel.kind.lower().strip()
    assert channel.kind.replace("-", "").isalnum()
    assert channel.title.strip()
    badge = channel.badge
    assert bool(badge.letters) != bool(badge.shape), "letters or a shape"
    assert len(badge.letters) <= 2
    assert badge.hue is None or 0 <= badge.hue < 360
    assert timedelta(seconds=30) <= channel.interval <= timedelta(hours=1)
    assert (PROJECT / "docs" / "channels" / f"{channel.own_page or channel.kind}.md").is_file()


@every
def test_the_sign_in_can_be_drawn(channel: ChannelType) -> None:
    signin = channel.signin
    assert signin.effort in Effort
    assert signin.fields
    names = [field.name for field in signin.fields]
    assert len(set(names)) == len(names)
    for field in signin.fields:
        assert field.name.isidentifier()
        assert field.label.strip()
        assert not (field.secret and field.default), "a secret has no default"
        assert not field.default or not field.choices or field.default in field.choices
        assert not field.advanced or not field.required or field.default
    has_secret = any(field.secret for field in signin.fields)
    if signin.method in (SignInMethod.TOKEN, SignInMethod.PASSWORD):
        assert has_secret
    if signin.method is SignInMethod.NONE:
        assert not any(field.secret and field.required for field in signin.fields)


@every
def test_abilities_agree_with_what_is_there(channel: ChannelType) -> None:
    abilities = channel.abilities
    assert abilities.reads
    assert abilities.reads <= set(MessageKind)
    assert abilities.summary.strip()
    can_send = channel.send is not Channel.send
    assert can_send == (abilities.public_reply or abilities.private_reply)
    assert can_send or abilities.copy_and_open, "there is always a way to answer"
    if not can_send:
        assert abilities.cannot, "say why not"
    moderates = any(
        (
            abilities.like,
            abilities.hide,
            abilities.delete,
            abilities.block,
            abilities.approve,
            abilities.mark_read,
        )
    )
    assert moderates == (channel.moderate is not Channel.moderate)
    if channel.signin.method is SignInMethod.OAUTH:
        owners = [
            base for base in channel.__mro__ if "begin_signin" in vars(base) and "finish_signin" in vars(base)
        ]
        assert owners[0] is not Channel


@every
def test_importing_it_is_cheap(channel: ChannelType) -> None:
    code = (
        f"import sys, importlib; importlib.import_module({channel.__module__!r}); "
        f"print(sorted(set(sys.modules) & set({SLOW!r})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@every
def test_it_takes_what_every_channel_takes(channel: ChannelType) -> None:
    assert not inspect.isabstract(channel)
    assert list(inspect.signature(channel).parameters) == ["settings", "secrets", "tools"]


# --- what it does


def test_its_repr_shows_no_secret(bench: Bench) -> None:
    channel = bench.type(
        bench.settings, {field.name: "tok-very-secret" for field in bench.type.signin.fields}, bench.tools
    )
    assert "tok-very-secret" not in repr(channel)
    assert "tok-very-secret" not in str(channel)


def test_identify_says_who_we_are(bench: Bench) -> None:
    identity = bench.make().identify()
    assert identity.remote_id
    assert identity.name.strip()
    json.dumps(dict(identity.settings), allow_nan=False)
    for secret in bench.secrets.values():
        assert secret not in json.dumps(dict(identity.settings))
    assert bench.make().identify() == identity, "the same answer twice"


def test_the_first_poll_obeys_the_model(added: Bench) -> None:
    messages, batches, cursor = added.poll_all({})
    assert messages, "the stand-in has something to say"
    for message in messages:
        assert message.remote_id
        assert message.kind in added.type.abilities.reads
        assert message.author.id
        assert message.sent_at.utcoffset() == timedelta(0)
        assert message.text.strip() or message.attachments or message.kind is MessageKind.FOLLOW
        assert "<p>" not in message.text, "plain words"
        assert message.conversation_key or message.parent_id
        assert message.url == "" or message.url.startswith(("http://", "https://"))
        assert message.can_reply or message.why_not
        assert not message.shared_key or added.type.send is Channel.send, "any account may hold it"
        json.dumps(dict(message.reply_context), allow_nan=False)
    for batch in batches:
        ids = [m.remote_id for m in batch.messages]
        assert len(set(ids)) == len(ids) <= 500, "each message once"
        assert [m.sent_at for m in batch.messages] == sorted(m.sent_at for m in batch.messages), (
            "oldest first"
        )
        assert batch.next_after is None or batch.next_after > timedelta(0)
    assert any(m.direction is Direction.INBOUND for m in messages)
    for secret in added.secrets.values():
        assert secret not in json.dumps(cursor)
        assert secret not in repr(messages)


def test_the_second_poll_brings_nothing_new(added: Bench) -> None:
    first, _, cursor = added.poll_all({})
    known = {m.remote_id: m.version for m in first}
    again, _, cursor = added.poll_all(cursor)
    assert {m.remote_id: m.version for m in again}.items() <= known.items()
    third, _, _ = added.poll_all(cursor)
    assert {m.remote_id: m.version for m in third}.items() <= known.items()


def test_two_first_polls_agree(added: Bench) -> None:
    one, _, _ = added.poll_all({})
    other, _, _ = added.poll_all({})
    assert {m.remote_id for m in one} == {m.remote_id for m in other}


def test_without_the_network_it_is_unreachable(added: Bench) -> None:
    _, _, cursor = added.poll_all({})
    added.standin.stop()
    for call in (lambda: added.make().poll({}), lambda: added.make().poll(cursor), added.make().identify):
        with pytest.raises(ChannelError) as caught:
            call()
        assert type(caught.value) is Unreachable
        json.dumps(dict(caught.value.detail), allow_nan=False)


def test_while_quitting_it_ends_at_once(added: Bench) -> None:
    added.shared.cancel()
    with pytest.raises(Unreachable) as caught:
        added.make().poll({})
    assert caught.value.reason == "cancelled"


def test_answers_have_limits_and_a_page(added: Bench) -> None:
    messages, _, _ = added.poll_all({})
    channel = added.make()
    limits = channel.limits()
    assert isinstance(limits, Limits)
    assert limits.units in ("characters", "codepoints", "utf16", "bytes", "weighted")
    assert limits.max_length is None or limits.max_length > 0
    if added.type.abilities.copy_and_open:
        assert all(channel.reply_page(m.url).startswith("http") for m in messages)
    if not (added.type.abilities.public_reply or added.type.abilities.private_reply):
        with pytest.raises(Refused):
            channel.send(None)  # type: ignore[arg-type]


def test_what_is_none_of_its_business_is_no_suggestion(bench: Bench) -> None:
    assert list(bench.type.suggest("", bench.tools)) == []
    assert list(bench.type.suggest("not an address at all", bench.tools)) == []
