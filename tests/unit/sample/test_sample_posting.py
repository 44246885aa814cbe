"""Posting over the API: keys, limits, who may read what, and what edits and deletions leave behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from services.sample import SampleShop
from tests.fakes import FakeClock
from tests.unit.sample.client import Answer, Client

STATUSES = "/api/v1/statuses"


def reply(client: Client, text: str, key: str = "", **more: str) -> Answer:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(STATUSES, {"status": text, **more}, headers=headers)


def test_a_reply_arrives_with_everything(shop: SampleShop, client: Client) -> None:
    parent = shop.status("wrong-name")
    sent = reply(
        client, "@marta@fika.example So sorry!", in_reply_to_id=parent.id, visibility="unlisted"
    ).json
    assert sent["in_reply_to_id"] == parent.id
    assert sent["in_reply_to_account_id"] == parent.author.id
    assert sent["visibility"] == "unlisted"
    assert [m["acct"] for m in sent["mentions"]] == ["marta@fika.example"]
    assert sent["content"].startswith(
        '<p><span class="h-card" translate="no"><a href="https://fika.example/@marta"'
    )
    below = client.get(f"{STATUSES}/{parent.id}/context").json["descendants"]
    assert sent["id"] in [s["id"] for s in below]
    assert [s.id for s in shop.owner_statuses()] == [sent["id"]]


def test_the_same_key_within_an_hour_gives_the_same_status(
    shop: SampleShop, client: Client, clock: FakeClock
) -> None:
    first = reply(client, "Once", "k-1").json["id"]
    clock.advance(minutes=59)
    assert reply(client, "Once", "k-1").json["id"] == first
    assert reply(client, "Once", "k-2").json["id"] != first
    assert len(shop.owner_statuses()) == 2
    assert shop.posts_received() == {"k-1": 2, "k-2": 1}


def test_after_an_hour_the_key_is_forgotten(shop: SampleShop, client: Client, clock: FakeClock) -> None:
    first = reply(client, "Once", "k-1").json["id"]
    clock.advance(minutes=61)
    assert reply(client, "Once", "k-1").json["id"] != first


def test_one_key_from_many_threads_makes_one_status(shop: SampleShop) -> None:
    seen: list[str] = []

    def send() -> None:
        client = Client(shop)
        seen.append(reply(client, "At the same time", "k-1").json["id"])
        client.close()

    threads = [threading.Thread(target=send) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 12
    assert len(set(seen)) == 1
    assert len(shop.owner_statuses()) == 1


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("a" * 500, 200),
        ("a" * 501, 422),
        ("👨‍👩‍👧‍👦" * 500, 200),
        ("e\u0301" * 501, 422),
        ("https://rosies.example/" + "x" * 400 + " " + "a" * 476, 200),
        ("https://rosies.example/" + "x" * 400 + " " + "a" * 477, 422),
        ("@marta@fika.example " + "a" * 493, 200),
        ("@marta@fika.example " + "a" * 494, 422),
        ("  \n ", 422),
    ],
)
def test_length_is_counted_as_the_server_counts(client: Client, text: str, status: int) -> None:
    answer = reply(client, text)
    assert answer.status == status, answer.text[:200]
    if status == 422:
        assert answer.json["error"].startswith("Validation failed: Text ")


def test_a_warning_counts_with_the_text(client: Client) -> None:
    assert reply(client, "a" * 490, spoiler_text="b" * 10).status == 200
    assert reply(client, "a" * 490, spoiler_text="b" * 11).status == 422


def test_a_parent_that_is_not_there(client: Client) -> None:
    answer = reply(client, "Hello?", in_reply_to_id="1")
    assert answer.status == 404
    assert answer.json["error"] == "The post you are trying to reply to does not appear to exist."


def test_an_unknown_visibility(client: Client) -> None:
    assert reply(client, "Hello", visibility="everyone").status == 422


def test_json_is_as_good_as_a_form(shop: SampleShop, client: Client) -> None:
    parent = shop.status("lemon")
    body = {"status": "@ines@praca.example Yes!", "in_reply_to_id": parent.id, "visibility": "direct"}
    assert client.post(STATUSES, json_body=body).json["visibility"] == "direct"


def test_a_private_message_is_for_two(shop: SampleShop, client: Client) -> None:
    private = shop.status("lemon").id
    assert client.get(f"{STATUSES}/{private}").status == 200
    stranger = Client(shop, token="")
    assert stranger.get(f"{STATUSES}/{private}").status == 404
    assert stranger.get(f"{STATUSES}/{private}/context").status == 404
    others = shop.say("tom", "not for the shop", visibility="direct", mention=False).id
    assert client.get(f"{STATUSES}/{others}").status == 404
    stranger.close()


def test_private_conversations_are_listed_and_read(shop: SampleShop, client: Client) -> None:
    found = client.get("/api/v1/conversations").json
    by_person = {c["accounts"][0]["acct"]: c for c in found}
    assert by_person["ines@praca.example"]["unread"] is True
    assert by_person["hanna@weddings.example"]["last_status"]["id"] == shop.status("wedding/4").id
    one = by_person["ines@praca.example"]["id"]
    assert client.post(f"/api/v1/conversations/{one}/read").json["unread"] is False
    reply(
        client, "@ines@praca.example Of course", in_reply_to_id=shop.status("lemon").id, visibility="direct"
    )
    again = client.get("/api/v1/conversations").json
    assert again[0]["accounts"][0]["acct"] == "ines@praca.example"


def test_a_strangers_private_message_is_filtered_until_accepted(shop: SampleShop, client: Client) -> None:
    hidden = shop.status("blue-plastic").id

    def told(**params: str) -> dict[str, Any] | None:
        found = client.get("/api/v1/notifications", {"limit": "80", **params}).json
        return next((n for n in found if n.get("status", {}).get("id") == hidden), None)

    assert told() is None
    filtered = told(include_filtered="true")
    assert filtered is not None
    assert filtered["filtered"] is True
    assert client.get("/api/v2/notifications/policy").json["summary"]["pending_requests_count"] >= 1
    requests = client.get("/api/v1/notifications/requests").json
    wanted = next(r for r in requests if r["last_status"]["id"] == hidden)
    assert client.post(f"/api/v1/notifications/requests/{wanted['id']}/accept").json == {}
    assert told() is not None


def test_a_policy_that_drops_tells_nobody(shop: SampleShop, client: Client) -> None:
    answer = client.call("PATCH", "/api/v2/notifications/policy", {"for_not_following": "drop"})
    assert answer.json["for_not_following"] == "drop"
    lost = shop.say("tom", "does anybody read this").id
    found = client.get("/api/v1/notifications", {"limit": "80", "include_filtered": "true"}).json
    assert lost not in [n["status"]["id"] for n in found if "status" in n]


def test_an_edit_keeps_the_id_and_tells_nobody(shop: SampleShop, client: Client, clock: FakeClock) -> None:
    before = len(client.get("/api/v1/notifications", {"limit": "80"}).json)
    status = shop.status("hard-croissants")
    clock.advance(minutes=1)
    shop.edit("hard-croissants", "@rosies They gave me new ones. All good!")
    now = client.get(f"{STATUSES}/{status.id}").json
    assert now["edited_at"] == "2026-11-24T07:05:00.000Z"
    assert "All good!" in now["content"]
    assert len(client.get("/api/v1/notifications", {"limit": "80"}).json) == before
    versions = client.get(f"{STATUSES}/{status.id}/history").json
    assert ["hard at eight" in versions[0]["content"], "All good!" in versions[-1]["content"]] == [True, True]


def test_a_deletion_takes_its_notification_along(shop: SampleShop, client: Client) -> None:
    first, second = shop.status("wrong-name"), shop.status("wrong-name/1")
    shop.delete("wrong-name")
    assert client.get(f"{STATUSES}/{first.id}").status == 404
    assert client.get(f"{STATUSES}/{first.id}").json == {"error": "Record not found"}
    assert client.get(f"{STATUSES}/{second.id}").json["in_reply_to_id"] is None
    found = client.get("/api/v1/notifications", {"limit": "80"}).json
    assert first.id not in [n["status"]["id"] for n in found if "status" in n]


def test_the_owner_deletes_only_what_is_his(shop: SampleShop, client: Client) -> None:
    own = reply(client, "Wrong thread").json["id"]
    gone = client.call("DELETE", f"{STATUSES}/{own}")
    assert gone.json["text"] == "Wrong thread"
    assert client.get(f"{STATUSES}/{own}").status == 404
    assert client.call("DELETE", f"{STATUSES}/{shop.status('lemon').id}").status == 404


def test_a_quote_shows_what_it_quotes(shop: SampleShop, client: Client) -> None:
    found = client.get("/api/v1/notifications", [("types[]", "quote")]).json
    quoted = {n["status"]["quote"]["quoted_status"]["id"] for n in found}
    assert quoted == {shop.status("rye").id, shop.status("advent").id}


def test_favourites_source_search_and_tags(shop: SampleShop, client: Client) -> None:
    rye = shop.status("best-rye").id
    assert client.post(f"{STATUSES}/{rye}/favourite").json["favourited"] is True
    own = shop.status("rye")
    assert client.get(f"{STATUSES}/{own.id}/source").json["text"] == own.text
    assert client.get(f"{STATUSES}/{rye}/source").status == 404
    by_address = client.get("/api/v2/search", {"q": shop.status("best-rye").url, "resolve": "true"}).json
    assert [s["id"] for s in by_address["statuses"]] == [rye]
    by_word = client.get("/api/v2/search", {"q": "croissants hard", "type": "statuses"}).json
    assert shop.status("hard-croissants").id in [s["id"] for s in by_word["statuses"]]
    tagged = client.get("/api/v1/timelines/tag/RosiesBakery").json
    assert shop.status("tag-queue").id in [s["id"] for s in tagged]


def test_markers(client: Client) -> None:
    sent = client.post("/api/v1/markers", json_body={"notifications": {"last_read_id": "100010"}}).json
    assert sent["notifications"]["last_read_id"] == "100010"
    form = client.post("/api/v1/markers", {"notifications[last_read_id]": "100011"}).json
    assert form["notifications"] == {
        "last_read_id": "100011",
        "version": 2,
        "updated_at": "2026-11-24T07:04:00.000Z",
    }
    assert client.get("/api/v1/markers", [("timeline[]", "notifications")]).json == form


def test_the_thread_holds_everything_in_order(shop: SampleShop, client: Client) -> None:
    middle = shop.status("wedding/2")
    context = client.get(f"{STATUSES}/{middle.id}/context").json
    assert [s["id"] for s in context["ancestors"]] == [shop.status("wedding").id, shop.status("wedding/1").id]
    assert [s["id"] for s in context["descendants"]] == [
        shop.status("wedding/3").id,
        shop.status("wedding/4").id,
    ]
    assert context["ancestors"][1]["application"]["name"] == "Mastodon for Android"


def test_too_many_requests_say_when_to_come_back(open_shop: Callable[..., SampleShop]) -> None:
    shop = open_shop(rate_limit=5, paging_limit=2)
    client = Client(shop)
    path = "/api/v1/accounts/verify_credentials"
    left = [client.get(path).headers["x-ratelimit-remaining"] for _ in range(5)]
    assert left == ["4", "3", "2", "1", "0"]
    refused = client.get(path)
    assert refused.status == 429
    assert refused.json == {"error": "Too many requests"}
    assert refused.headers["x-ratelimit-reset"] == "2026-11-24T07:05:00.000Z"
    assert "retry-after" not in refused.headers
    client.close()


def test_requests_with_a_cursor_are_counted_apart(
    open_shop: Callable[..., SampleShop], clock: FakeClock
) -> None:
    shop = open_shop(paging_limit=2)
    client = Client(shop)
    answers = [client.get("/api/v1/notifications", {"min_id": "1"}) for _ in range(3)]
    assert [a.status for a in answers] == [200, 200, 429]
    assert client.get("/api/v1/notifications").status == 200
    clock.advance(minutes=15)
    assert client.get("/api/v1/notifications", {"min_id": "1"}).status == 200
    client.close()


def test_who_is_blocked_is_not_heard_until_unblocked(shop: SampleShop, client: Client) -> None:
    tom = shop.person("tom")
    shop.say("tom", "Hard again", key="hard")

    def heard() -> list[str]:
        notes = client.get("/api/v1/notifications", [("limit", "80"), ("include_filtered", "true")]).json
        return [n["status"]["id"] for n in notes if n["account"]["id"] == tom.id and "status" in n]

    assert shop.status("hard").id in heard()
    assert client.post(f"/api/v1/accounts/{tom.id}/block").json["blocking"]
    assert heard() == []
    shop.say("tom", "And again", key="again")
    assert heard() == []
    (there,) = client.get("/api/v1/accounts/relationships", [("id", tom.id)]).json
    assert there["blocking"]
    assert not client.post(f"/api/v1/accounts/{tom.id}/unblock").json["blocking"]
    shop.say("tom", "Sorry about that", key="sorry")
    assert heard() == [shop.status("sorry").id]
    assert client.post("/api/v1/accounts/nobody/block").status == 404
