"""Customers edit and delete; nobody tells the shop."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.channels._mastodon_paging import OVERLAP
from services.errors import SignInNeeded
from services.model import Direction
from tests.channels.mastodon.conftest import OpenDesk
from tests.channels.mastodon.desk import Desk, only


def test_an_edit_comes_as_the_same_message_with_new_words(desk: Desk) -> None:
    status = desk.shop.say("marta", "my cake says Bernd", key="cake")
    before = only(desk.look())
    desk.clock.advance(minutes=3)
    desk.shop.edit("cake", "@rosies my cake says Berta")
    after = only(desk.look())
    assert after.remote_id == before.remote_id == status.id
    assert after.text == "@rosies my cake says Berta"
    assert after.edited_at == desk.clock.now()
    assert after.version != before.version
    assert after.conversation_key == before.conversation_key
    assert desk.look() == []


def test_favourites_of_a_message_are_no_edit(desk: Desk) -> None:
    status = desk.shop.say("marta", "what a cake")
    desk.look()
    desk.shop.world.favourite(desk.shop.person("theo"), status)
    assert desk.look() == []


def test_a_deletion_is_noticed_and_told_once(desk: Desk) -> None:
    kept = desk.shop.say("ines", "stays")
    status = desk.shop.say("marta", "goes", key="goes")
    desk.look()
    desk.shop.delete("goes")
    assert desk.look() == []
    assert desk.gone == [status.id]
    desk.look()
    assert desk.gone == [status.id]
    assert kept.id not in desk.gone


def test_a_cleared_notification_is_no_deletion(desk: Desk) -> None:
    for number in range(4):
        desk.shop.say("marta", f"message {number}")
    desk.look()
    for note in desk.shop.world.notifications:
        note.dismissed = True
    for _ in range(3):
        assert desk.look() == []
    assert desk.gone == []
    desk.shop.say("marta", "and another")
    assert only(desk.look()).text == "@rosies and another"


def test_older_messages_are_looked_after_in_rounds(desk: Desk) -> None:
    """Beyond the overlap: twenty at once where the server can, else a few a round, newest first."""
    old = desk.shop.say("marta", "my cake says Bernd", key="cake")
    lost = desk.shop.say("marta", "and it was cold", key="cold")
    for number in range(OVERLAP + 5):
        desk.shop.say("guest", f"message {number}")
    desk.look()
    desk.shop.edit("cake", "@rosies my cake says Berta")
    desk.shop.delete("cold")
    changed = []
    for _ in range(6):
        desk.clock.advance(minutes=6)
        changed += desk.look()
    message = only(changed)
    assert (message.remote_id, message.text) == (old.id, "@rosies my cake says Berta")
    assert desk.gone == [lost.id]


def test_rounds_are_not_held_more_often_than_every_five_minutes(desk: Desk) -> None:
    for number in range(OVERLAP + 5):
        desk.shop.say("guest", f"message {number}")
    desk.look()
    desk.shop.forget_requests()
    for minutes in (6, 1, 1, 6):
        desk.clock.advance(minutes=minutes)
        desk.step()
    desk.shop.stop()
    asked = [p for p in desk.paths() if p.startswith("GET /api/v1/statuses")]
    # Two rounds (the first was held with the messages): one request for all of them, or five single ones.
    assert len(asked) == (2 if desk.shop.world.flavour.name == "mastodon" else 2 * 5)


def test_what_is_older_than_a_week_is_left_alone(open_desk: OpenDesk) -> None:
    desk = open_desk().sign_in()
    old = desk.clock.now() - timedelta(days=9)
    desk.shop.say("marta", "my cake says Bernd", key="cake", at=old)
    for number in range(OVERLAP + 5):
        desk.shop.say("guest", f"message {number}", at=old + timedelta(minutes=number))
    desk.look()
    desk.shop.forget_requests()
    desk.look()
    desk.shop.stop()
    assert not [p for p in desk.paths() if p.startswith("GET /api/v1/statuses")]


def test_a_server_that_trips_over_old_statuses_does_not_keep_new_ones_back(desk: Desk) -> None:
    for number in range(OVERLAP + 5):
        desk.shop.say("guest", f"message {number}")
    desk.look()
    desk.clock.advance(minutes=6)
    desk.shop.fault("status", "/api/v1/statuses*", status=500, times=None)
    desk.shop.say("marta", "news")
    assert only(desk.look()).text == "@rosies news"
    assert desk.gone == []


def test_our_own_answer_edited_or_deleted_elsewhere(desk: Desk) -> None:
    desk.shop.say("marta", "open today?", key="ask")
    answer = desk.shop.answer_from_phone("ask", "Until five.")
    desk.look()
    desk.shop.edit(answer.id, "@marta Until six.")
    changed = only(desk.look())
    assert (changed.remote_id, changed.text, changed.direction) == (
        answer.id,
        "@marta Until six.",
        Direction.OUTBOUND,
    )
    desk.shop.delete(answer.id)
    desk.look()
    assert desk.gone == [answer.id]


def test_a_parent_that_is_deleted_moves_no_message(desk: Desk) -> None:
    root = desk.shop.say("theo", "bread?", mention=False, key="root")
    desk.shop.say("marta", "@theo ask @rosies", reply_to="root", mention=False, key="tip")
    first = only(desk.look())
    assert first.conversation_key == root.id
    desk.shop.delete("root")
    desk.shop.edit("tip", "@theo really, ask @rosies")
    assert only(desk.look()).conversation_key == root.id


def test_a_revoked_token_says_so_and_nothing_is_forgotten(desk: Desk) -> None:
    desk.shop.say("marta", "one")
    desk.look()
    desk.shop.revoke_tokens()
    desk.shop.say("marta", "two")
    with pytest.raises(SignInNeeded):
        desk.step()
    desk.secrets = {"access_token": desk.shop.new_token()}
    assert only(desk.look()).text == "@rosies two"
