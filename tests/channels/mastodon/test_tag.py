"""A hashtag watched: what people say about the shop without saying it to the shop."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.channels._page_links import page_key
from services.channels.mastodon_tag import MastodonHashtag, read_tag
from services.errors import ChannelError, Invalid, SignInNeeded
from services.model import MessageKind
from tests.channels.mastodon.conftest import OpenDesk
from tests.channels.mastodon.desk import FLAVOURS, Desk, only


def open_tag(open_desk: OpenDesk, flavour: str = "mastodon", *, token: bool = True, **more: Any) -> Desk:
    desk = open_desk(flavour, kind=MastodonHashtag, **more)
    desk.settings |= {"hashtag": "#ryeweek"}
    if not token:
        desk.secrets = {}
    return desk.sign_in()


def say(desk: Desk, text: str, who: str = "theo@supper.example", **more: Any) -> Any:
    return desk.shop.say(who, f"{text} #ryeweek", mention=False, **more)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_posts_with_the_tag_are_heard_once_and_without_holes(open_desk: OpenDesk, flavour: str) -> None:
    desk = open_tag(open_desk, flavour)
    say(desk, "old", at=desk.clock.now() - timedelta(days=15))
    first = [say(desk, f"before {n}", at=desk.clock.now() - timedelta(hours=n)).id for n in range(100)]
    assert sorted(m.remote_id for m in desk.look()) == sorted(first)
    desk.shop.say("marta", "something else", mention=False)
    later = [say(desk, f"after {n}").id for n in range(100)]
    assert sorted(m.remote_id for m in desk.look()) == sorted(later)
    assert desk.look() == []


def test_a_post_is_a_conversation_of_its_own(open_desk: OpenDesk) -> None:
    desk = open_tag(open_desk)
    status = say(desk, "The rye at Rosie's!")
    message = only(desk.look())
    assert message.kind is MessageKind.POST
    assert message.conversation_key == status.id
    assert message.can_reply
    assert message.shared_key == ""
    assert message.author.handle == "@theo@supper.example"


def test_our_own_posts_are_not_what_customers_say(open_desk: OpenDesk) -> None:
    desk = open_tag(open_desk)
    desk.shop.post_as_shop("Rye! #ryeweek")
    assert desk.look() == []


def test_edits_and_deletions(open_desk: OpenDesk) -> None:
    desk = open_tag(open_desk)
    say(desk, "salty", key="salty")
    lost = say(desk, "cold", key="cold")
    untagged = say(desk, "dry", key="dry")
    desk.look()
    desk.shop.edit("salty", "not so salty #ryeweek")
    desk.shop.delete("cold")
    desk.shop.edit("dry", "dry, without the tag")
    assert only(desk.look()).text.startswith("not so salty")
    assert desk.gone == [lost.id]
    assert untagged.id not in desk.gone
    assert desk.look() == []


@pytest.mark.parametrize("flavour", ["mastodon", "pleroma", "pixelfed"])
def test_without_a_token_one_can_listen_and_not_answer(open_desk: OpenDesk, flavour: str) -> None:
    desk = open_tag(open_desk, flavour, token=False)
    say(desk, "The rye at Rosie's!")
    message = only(desk.look())
    assert (message.can_reply, message.why_not) == (False, "needs-token")
    assert message.shared_key == page_key(message.url), "a search of the web may have found it, too"
    with pytest.raises(SignInNeeded):
        desk.channel().send(desk.reply_to(message, "Thank you!"))


def test_a_server_that_shows_nothing_to_strangers_says_so_while_adding(open_desk: OpenDesk) -> None:
    with pytest.raises(SignInNeeded):
        open_tag(open_desk, "gotosocial", token=False)
    desk = open_desk(kind=MastodonHashtag)
    desk.settings |= {"hashtag": "ryeweek"}
    desk.secrets = {}
    desk.shop.fault("status", "/api/v1/timelines/*", status=403)
    with pytest.raises(SignInNeeded):
        desk.sign_in()


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_an_answer_leaves_and_is_found(open_desk: OpenDesk, flavour: str) -> None:
    desk = open_tag(open_desk, flavour)
    say(desk, "The rye at Rosie's!")
    reply = desk.reply_to(only(desk.look()), "Thank you, Theo!")
    sent = desk.channel().send(reply)
    assert [s.text for s in desk.shop.owner_statuses()] == ["@theo@supper.example Thank you, Theo!"]
    found = desk.channel().find_sent(reply).sent
    assert found is not None
    assert found.remote_id == sent.remote_id


def test_identity(open_desk: OpenDesk) -> None:
    desk = open_desk(kind=MastodonHashtag)
    desk.settings |= {"hashtag": "https://bread.example/tags/RyeWeek"}
    identity = desk.channel().identify()
    assert identity.name == identity.handle == "#RyeWeek"
    assert identity.remote_id == f"#ryeweek@{desk.shop.server_name}"
    assert identity.url == f"{desk.shop.url}/tags/RyeWeek"
    assert identity.settings["hashtag"] == "RyeWeek"


@pytest.mark.parametrize("typed", ["", "#", "two words", "rye-week", "2026", "a/b c"])
def test_what_is_no_hashtag(typed: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_tag(typed)
    assert caught.value.detail["field"] == "hashtag"


@pytest.mark.parametrize("typed", ["rye", "#Brötchen", "パン", "#rye_week", "https://bread.example/tags/rye"])
def test_what_is_a_hashtag(typed: str) -> None:
    assert read_tag(typed)


@pytest.mark.parametrize(
    "fault", [{"kind": "status", "status": 502}, {"kind": "bad-json"}, {"kind": "reset", "times": None}]
)
def test_a_poll_that_fails_forgets_nothing(open_desk: OpenDesk, fault: dict[str, Any]) -> None:
    desk = open_tag(open_desk)
    desk.look()
    say(desk, "news")
    desk.shop.fault(path="/api/v1/timelines/*", **fault)
    with pytest.raises(ChannelError):
        desk.step()
    desk.shop.faults.clear()
    assert only(desk.look()).text.startswith("news")
