"""The way of a message by commands: child processes without a screen, the sample shop, the real key store."""

from __future__ import annotations

import pytest

from services.sample import SampleShop
from tests.end2end.commands.shapes import (
    ACCOUNT,
    CONVERSATION,
    LISTED,
    OUTBOX,
    THREAD,
    check_shape,
    complaint,
    is_time,
    maybe,
    replies_on,
)
from tests.end2end.program import Program

pytestmark = pytest.mark.keyring

# --- the way of a message


def test_channels_say_what_an_account_needs(program: Program) -> None:
    channels = program.good("channels")
    field = {"name": str, "secret": bool, "required": bool, "help": str}
    check_shape(
        channels,
        [
            {
                "kind": str,
                "title": str,
                "abilities": dict,
                "signin": {"method": str, "fields": [field], "effort": str},
            }
        ],
    )
    mastodon = next(one for one in channels if one["kind"] == "mastodon")
    secret = {field["name"]: field["secret"] for field in mastodon["signin"]["fields"]}
    assert secret == {"server": False, "watch": False, "access_token": True}


def test_a_complaint_comes_in_is_answered_and_leaves_once(program: Program, shop: SampleShop) -> None:
    added = program.add_mastodon(shop.url, shop.access_token)
    check_shape(added, ACCOUNT)
    assert (added["kind"], added["handle"]) == ("mastodon", shop.handle)
    assert program.good("accounts", "list")[0]["freshness"]["heard"] is None

    report = program.good("sync")
    check_shape(
        report,
        {
            "accounts": [{"id": str, "new": int, "updated": int, "error": maybe(str)}],
            "sent": list,
            "failed": list,
            "seconds": float,
        },
    )
    assert report["accounts"][0]["new"] > 40
    listed = program.good("accounts", "list")
    check_shape(listed, [LISTED])
    assert is_time(listed[0]["freshness"]["heard"])

    page = program.good("inbox", "--view", "complaints")
    check_shape(page, {"conversations": [CONVERSATION], "next": maybe(str)})
    row = page["conversations"][0]
    assert row["complaint"]["is_complaint"]
    said = program.good("show", row["id"])["thread"][-1]["text"]
    assert all(word in said for word in row["complaint"]["reasons"])
    assert is_time(row["waiting_since"])

    held = program.good("reply", row["id"], "--text", "Held for a moment.")["outbox"]
    check_shape(held, OUTBOX)
    assert held["state"] == "holding"
    assert [one["id"] for one in program.good("outbox")["outbox"]] == [held["id"]]
    thread = program.good("show", row["id"])
    check_shape(thread, THREAD)
    assert thread["thread"][-1]["state"] == "holding"
    assert program.good("outbox", "--undo", held["id"])["outbox"] == []
    assert program.good("show", row["id"])["draft"] == "Held for a moment."

    sent = program.good("reply", row["id"], "--text", "So sorry, come by.", "--now")["outbox"]
    assert sent["state"] == "sent"
    assert sent["url"].startswith(shop.url)
    assert replies_on(shop, "So sorry, come by.") == 1
    assert replies_on(shop, "Held for a moment.") == 0

    after = program.good("show", row["id"])
    assert (after["state"], after["waiting_since"]) == ("waiting", None)
    last = after["thread"][-1]
    assert (last["remote_id"], last["direction"], last["state"]) == (sent["remote_id"], "outbound", "sent")
    again = program.good("sync")
    assert again["accounts"][0]["new"] == 0
    assert len(program.good("show", row["id"])["thread"]) == len(after["thread"])


def test_what_is_held_leaves_before_what_is_sent_now(synced: Program, shop: SampleShop) -> None:
    row = complaint(synced)
    synced.good("reply", row["id"], "--text", "First words.")
    assert synced.good("reply", row["id"], "--text", "Second words.", "--now")["outbox"]["state"] == "sent"
    ours = [status.text for status in shop.owner_statuses()]
    assert [("First" in text, "Second" in text) for text in ours] == [(True, False), (False, True)]


def test_the_same_answer_twice_is_two_answers(synced: Program, shop: SampleShop) -> None:
    row = complaint(synced)
    for _ in range(2):
        assert synced.good("reply", row["id"], "--text", "Thank you!", "--now")["outbox"]["state"] == "sent"
    assert replies_on(shop, "Thank you!") == 2


def test_while_the_server_is_down_a_reply_waits(synced: Program, shop: SampleShop) -> None:
    row = complaint(synced)
    shop.stop()
    done = synced.run("reply", row["id"], "--text", "When you are back.", "--now", "--json")
    assert (done.code, done.json["outbox"]["state"]) == (0, "holding")
    assert done.err == "shopbell: Waits: Mastodon does not answer. It leaves by itself when it does.\n"
    failed = synced.run("sync", "--json")
    # The window keeps trying by itself; a command ends, so it says what to do instead.
    assert failed.json["accounts"][0]["error"].startswith("Mastodon takes no connections just now.")
    assert failed.err == "shopbell: Mastodon takes no connections just now. Try again later.\n"
    listed = synced.good("accounts", "list")[0]["freshness"]
    assert listed["error_kind"] == "unreachable"
    assert is_time(listed["failing_since"])
    assert is_time(listed["heard"])
    shop.start()
    report = synced.good("sync")
    assert [one["state"] for one in report["sent"]] == ["sent"]
    assert replies_on(shop, "When you are back.") == 1
    assert synced.good("accounts", "list")[0]["freshness"]["error"] is None


def test_only_what_is_due(synced: Program, shop: SampleShop) -> None:
    shop.say("karl", "Four of six rolls were hard as stone.")
    assert synced.good("sync", "--due")["accounts"] == []
    assert synced.good("sync")["accounts"][0]["new"] == 1
    account = synced.good("accounts", "list")[0]["id"]
    assert synced.good("sync", "--account", account)["accounts"][0]["id"] == account


def test_marks(synced: Program) -> None:
    row = complaint(synced)
    for mark in ("waiting", "done", "spam", "new"):
        assert synced.good("mark", row["id"], mark)["state"] == mark
    assert not synced.good("mark", row["id"], "not-complaint")["complaint"]["is_complaint"]
    assert synced.good("mark", row["id"], "complaint")["complaint"]["is_complaint"]


# --- finding


def test_paging_shows_everybody_once(synced: Program) -> None:
    whole = [row["id"] for row in synced.good("inbox", "--view", "all", "--limit", 500)["conversations"]]
    seen: list[str] = []
    after: list[str] = []
    while True:
        page = synced.good("inbox", "--view", "all", "--limit", 9, *after)
        seen += [row["id"] for row in page["conversations"]]
        if page["next"] is None:
            break
        after = ["--after", page["next"]]
    assert seen == whole
    assert len(set(seen)) == len(seen) > 40


def test_views_hold_what_they_say(synced: Program) -> None:
    everything = synced.good("inbox", "--view", "all", "--limit", 500)["conversations"]
    for view in ("new", "waiting", "done", "spam", "snoozed"):
        rows = synced.good("inbox", "--view", view, "--limit", 500)["conversations"]
        assert {row["state"] for row in rows} <= {view}
        if view == "spam":
            assert len(rows) > 2
            assert {row["waiting_since"] for row in rows} == {None}, "nobody owes it an answer"
    assert {row["id"] for row in everything} >= {
        row["id"] for row in synced.good("inbox", "--view", "complaints", "--limit", 500)["conversations"]
    }


def test_any_query_is_safe(synced_once: Program) -> None:
    for query in ("cake", "CAKE", "Marta", "cak", '"', "*", "a OR b)", "👋", "%", "NEAR(", "-x"):
        page = synced_once.good("inbox", f"--query={query}")
        check_shape(page["conversations"], [CONVERSATION])
        if query[0] in "cCM":
            assert page["conversations"], query
