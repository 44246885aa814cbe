"""Servers that speak the same API in their own way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from services.sample import SampleShop
from tests.unit.sample.client import Client

STATUSES = "/api/v1/statuses"


@dataclass
class Visit:
    shop: SampleShop
    client: Client


@pytest.fixture
def visit(open_shop: Callable[..., SampleShop]) -> Iterator[Callable[..., Visit]]:
    clients: list[Client] = []

    def go(flavour: str, **options: int) -> Visit:
        shop = open_shop(flavour=flavour, **options)
        clients.append(Client(shop))
        return Visit(shop, clients[-1])

    yield go
    for client in clients:
        client.close()


@pytest.mark.parametrize(
    ("flavour", "version", "limit"),
    [
        ("mastodon", "4.6.0", 500),
        ("gotosocial", "0.19.1+git-0a5d4a1", 5000),
        ("pixelfed", "3.5.3 (compatible; Pixelfed 0.12.0)", 1500),
    ],
)
def test_the_instance_says_what_it_is(
    visit: Callable[..., Visit], flavour: str, version: str, limit: int
) -> None:
    client = visit(flavour).client
    for path in ("/api/v1/instance", "/api/v2/instance"):
        document = client.get(path).json
        assert document["version"] == version
        assert document["configuration"]["statuses"]["max_characters"] == limit


def test_pleroma_says_its_limit_in_the_old_document_only(visit: Callable[..., Visit]) -> None:
    client = visit("pleroma").client
    assert client.get("/api/v2/instance").status == 404
    document = client.get("/api/v1/instance").json
    assert document["max_toot_chars"] == 5000
    assert "configuration" not in document
    assert document["version"] == "2.7.2 (compatible; Pleroma 2.6.0)"


@pytest.mark.parametrize(
    ("flavour", "name"), [("mastodon", "mastodon"), ("gotosocial", "gotosocial"), ("pleroma", "pleroma")]
)
def test_nodeinfo_names_the_software(visit: Callable[..., Visit], flavour: str, name: str) -> None:
    client = visit(flavour).client
    link = client.get("/.well-known/nodeinfo").json["links"][0]["href"]
    assert client.get(link).json["software"]["name"] == name


@pytest.mark.parametrize(
    ("flavour", "kept"), [("mastodon", True), ("pleroma", True), ("gotosocial", False), ("pixelfed", False)]
)
def test_who_keeps_idempotency_keys(visit: Callable[..., Visit], flavour: str, kept: bool) -> None:
    here = visit(flavour)
    answers = [
        here.client.post(STATUSES, {"status": "Hi"}, headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]
    assert [a.status for a in answers] == [200, 200]
    assert len(here.shop.owner_statuses()) == (1 if kept else 2)


def test_gotosocial_counts_the_raw_text_and_answers_400(visit: Callable[..., Visit]) -> None:
    client = visit("gotosocial").client
    link = "https://rosies.example/" + "x" * 4978
    assert len(link) == 5001
    assert client.post(STATUSES, {"status": link}).status == 400
    assert client.post(STATUSES, {"status": link[:-1]}).status == 200
    assert client.post(STATUSES, {"status": ""}).json["error"].startswith("Bad Request: ")


def test_gotosocial_pages_its_own_way(visit: Callable[..., Visit]) -> None:
    client = visit("gotosocial").client
    answer = client.get("/api/v1/notifications")
    assert len(answer.json) == 20
    assert "since_id=" in answer.link("prev")
    assert all(len(n["id"]) == 26 for n in answer.json)


def test_gotosocial_says_its_reset_in_seconds(visit: Callable[..., Visit]) -> None:
    here = visit("gotosocial", rate_limit=1)
    here.client.get("/api/v1/instance")
    refused = here.client.get("/api/v1/instance")
    assert refused.status == 429
    assert int(refused.headers["x-ratelimit-reset"]) - here.shop.now.timestamp() == 60


def test_pleroma_knows_types_nobody_else_knows(visit: Callable[..., Visit]) -> None:
    client = visit("pleroma").client
    types = {n["type"] for n in client.get("/api/v1/notifications", {"limit": "40"}).json}
    assert {"pleroma:chat_mention", "pleroma:emoji_reaction"} <= types


def test_pleroma_writes_other_html(visit: Callable[..., Visit]) -> None:
    here = visit("pleroma")
    text = here.client.get(f"{STATUSES}/{here.shop.status('best-rye').id}").json["content"]
    assert text.startswith('<span class="h-card"><a href="')
    assert "<p>" not in text


@pytest.mark.parametrize("flavour", ["gotosocial", "pleroma", "pixelfed"])
def test_nobody_else_filters_or_quotes(visit: Callable[..., Visit], flavour: str) -> None:
    here = visit(flavour)
    assert here.client.get("/api/v2/notifications/policy").status == 404
    hidden = here.shop.status("blue-plastic").id
    found = here.client.get("/api/v1/notifications", {"limit": "80"}).json
    assert hidden in [n.get("status", {}).get("id") for n in found]
    assert "quote" not in {n["type"] for n in found}
    assert not any("filtered" in n for n in found)


def test_pixelfed_lacks_endpoints(visit: Callable[..., Visit]) -> None:
    here = visit("pixelfed")
    assert here.client.get("/.well-known/oauth-authorization-server").status == 404
    assert here.client.get(f"{STATUSES}/{here.shop.status('rye').id}/source").status == 404
    assert here.client.get(f"{STATUSES}/{here.shop.status('rye').id}/context").status == 200
    assert here.client.get(f"{STATUSES}/{here.shop.status('lemon').id}/context").status == 404


def test_mastodon_has_a_type_without_a_status(visit: Callable[..., Visit]) -> None:
    found = visit("mastodon").client.get("/api/v1/notifications", {"limit": "80"}).json
    unknown = [n for n in found if n["type"] == "added_to_collection"]
    assert len(unknown) == 1
    assert "status" not in unknown[0]
