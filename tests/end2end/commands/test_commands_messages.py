"""What is done to one message on its network, by commands against the sample shop's server."""

from __future__ import annotations

import json
import urllib.request

import pytest

from services.sample import SampleShop
from tests.end2end.commands.shapes import CONVERSATION, check_shape, complaint, replies_on
from tests.end2end.program import Program

pytestmark = pytest.mark.keyring


def is_liked(shop: SampleShop, status_id: str) -> bool:
    """As the server itself says it."""
    wish = urllib.request.Request(
        f"{shop.url}/api/v1/statuses/{status_id}", headers={"Authorization": f"Bearer {shop.access_token}"}
    )
    with urllib.request.urlopen(wish, timeout=5) as answer:
        return bool(json.load(answer)["favourited"])


def test_a_message_is_liked_there(synced: Program, shop: SampleShop) -> None:
    message = synced.good("show", complaint(synced)["id"])["thread"][0]
    assert not is_liked(shop, message["remote_id"])
    document = synced.good("moderate", message["id"], "like")
    check_shape(document, {"action": str, "message": {"id": str, "state": str}, "conversation": CONVERSATION})
    assert is_liked(shop, message["remote_id"])


def test_an_answer_is_taken_down_and_the_customer_waits_again(synced: Program, shop: SampleShop) -> None:
    row = complaint(synced)
    synced.good("reply", row["id"], "--text", "Not like this.", "--now")
    ours = synced.good("show", row["id"])["thread"][-1]
    document = synced.good("moderate", ours["id"], "delete")
    assert (document["message"]["state"], document["conversation"]["state"]) == ("deleted", "new")
    assert document["conversation"]["waiting_since"] == row["waiting_since"]
    assert replies_on(shop, "Not like this.") == 0
    synced.good("sync")
    assert synced.good("show", row["id"])["state"] == "new"


def test_who_is_blocked_there_is_muted_here_and_waits_for_nothing(synced: Program, shop: SampleShop) -> None:
    row = complaint(synced)
    message = synced.good("show", row["id"])["thread"][0]
    document = synced.good("moderate", message["id"], "block")
    assert document["conversation"]["state"] == "done"
    assert [one["name"] for one in synced.good("people", "list")["muted"]] == [row["customer"]["name"]]
    (person,) = (one for one in shop.world.people.values() if one.blocked_by_shop)
    assert person.name == row["customer"]["name"]
    synced.good("sync")
    # What was said is kept, although the network shows it no more.
    assert synced.good("show", row["id"])["thread"][0]["text"] == message["text"]


def test_what_a_network_cannot_do_is_one_sentence(synced: Program) -> None:
    row = complaint(synced)
    message = synced.good("show", row["id"])["thread"][0]["id"]
    for deed in ("spam", "hide", "approve", "delete"):
        said = synced.bad("moderate", message, deed)
        assert said == "Mastodon cannot do this from here. Open it there."
    assert synced.bad("moderate", "nothing", "like").startswith("There is no such message: nothing.")
    synced.bad("moderate", message, "explode", code=2)
    assert synced.bad("attachments", "save", message, "1", "here").startswith("There is no such attachment")
