"""Every fault looks on the wire as it does in life, spoils what it was meant for, and nothing else."""

from __future__ import annotations

import http.client
import json
import time
import zlib
from datetime import UTC, datetime

import pytest

from services.sample import Fault, SampleShop
from services.sample.faults import KINDS
from tests.unit.sample.client import Client

HERE = "/api/v1/accounts/verify_credentials"


def broken(client: Client, method: str = "GET", path: str = HERE, **more: str) -> type[BaseException]:
    try:
        client.call(method, path, more or None)
    except (OSError, http.client.HTTPException) as problem:
        return type(problem)
    pytest.fail("the answer arrived whole")


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429, 500])
def test_a_status_comes_once_with_json(shop: SampleShop, client: Client, status: int) -> None:
    shop.fault("status", HERE, status=status)
    spoiled = client.get(HERE)
    assert spoiled.status == status
    assert set(spoiled.json) == {"error"}
    assert client.get(HERE).status == 200


@pytest.mark.parametrize("status", [502, 503])
def test_a_proxy_answers_with_html(shop: SampleShop, client: Client, status: int) -> None:
    shop.fault("status", HERE, status=status)
    spoiled = client.get(HERE)
    assert spoiled.headers["content-type"] == "text/html"
    assert f"<h1>{status} " in spoiled.text


def test_429_says_when_in_each_of_its_ways(shop: SampleShop, client: Client) -> None:
    shop.fault("status", HERE, status=429, retry_after="17")
    shop.fault("status", HERE, status=429, reset="iso", seconds=90)
    shop.fault("status", HERE, status=429, reset="epoch", seconds=90)
    shop.fault("status", HERE, status=429)
    first, second, third, fourth = (client.get(HERE) for _ in range(4))
    assert first.headers["retry-after"] == "17"
    assert "x-ratelimit-reset" not in first.headers
    assert second.headers["x-ratelimit-reset"] == "2026-11-24T07:05:30.000Z"
    assert third.headers["x-ratelimit-reset"] == str(
        int(datetime(2026, 11, 24, 7, 5, 30, tzinfo=UTC).timestamp())
    )
    assert "retry-after" not in second.headers
    assert not {"retry-after", "x-ratelimit-reset"} & set(fourth.headers)


def test_path_method_skip_and_times_choose_the_requests(shop: SampleShop, client: Client) -> None:
    shop.fault("status", "/api/v1/statuses*", method="GET", status=500, skip=1, times=2)
    path = f"/api/v1/statuses/{shop.status('rye').id}"
    assert client.get(HERE).status == 200
    assert client.post("/api/v1/statuses", {"status": "Hello"}).status == 200
    assert [client.get(path).status for _ in range(4)] == [200, 500, 500, 200]
    assert shop.faults.taken == 2


def test_for_ever_lasts_until_cleared(shop: SampleShop, client: Client) -> None:
    shop.fault("status", HERE, status=503, times=None)
    assert {client.get(HERE).status for _ in range(5)} == {503}
    shop.faults.clear()
    assert client.get(HERE).status == 200


def test_reset_before_does_nothing(shop: SampleShop, client: Client) -> None:
    shop.fault("reset", "/api/v1/statuses", method="POST")
    assert issubclass(broken(client, "POST", "/api/v1/statuses", status="Hello"), ConnectionResetError)
    assert shop.owner_statuses() == []


def test_reset_after_has_done_it(shop: SampleShop, client: Client) -> None:
    shop.fault("reset-after", "/api/v1/statuses", method="POST")
    assert issubclass(broken(client, "POST", "/api/v1/statuses", status="Hello"), ConnectionResetError)
    assert [s.text for s in shop.owner_statuses()] == ["Hello"]


def test_truncated_and_broken_bodies(shop: SampleShop, client: Client) -> None:
    shop.fault("truncate", "/blog/feed/")
    assert broken(client, path="/blog/feed/") is http.client.IncompleteRead
    shop.fault("reset-body", "/blog/feed/")
    assert broken(client, path="/blog/feed/") in (ConnectionResetError, http.client.IncompleteRead)
    assert client.get("/blog/feed/").status == 200


@pytest.mark.parametrize(("kind", "posted"), [("silent", 0), ("silent-after", 1)])
def test_no_answer_at_all(shop: SampleShop, kind: str, posted: int) -> None:
    client = Client(shop, timeout=0.3)
    shop.fault(kind, "/api/v1/statuses")
    assert broken(client, "POST", "/api/v1/statuses", status="Hello") is TimeoutError
    assert len(shop.owner_statuses()) == posted


def test_delays(shop: SampleShop, client: Client) -> None:
    for kind in ("delay", "delay-after"):
        shop.fault(kind, HERE, seconds=0.2)
        began = time.monotonic()
        assert client.get(HERE).status == 200
        assert time.monotonic() - began >= 0.2


def test_a_drip_arrives_whole(shop: SampleShop, client: Client) -> None:
    whole = client.get("/blog/feed/").body
    shop.fault("drip", "/blog/feed/", chunk=len(whole) // 4, seconds=0.02)
    began = time.monotonic()
    assert client.get("/blog/feed/").body == whole
    assert time.monotonic() - began >= 0.08


def test_wrong_types_and_broken_json(shop: SampleShop, client: Client) -> None:
    right = client.get(HERE)
    shop.fault("type", HERE, content_type="text/plain")
    shop.fault("bad-json", HERE)
    shop.fault("empty", HERE)
    shop.fault("garbage", HERE, size=500)
    shop.fault("body", HERE, body=b"<p>Please log in</p>", status=200)
    typed, bad, empty, garbage, page = (client.get(HERE) for _ in range(5))
    assert typed.headers["content-type"] == "text/plain"
    assert typed.json == right.json
    with pytest.raises(json.JSONDecodeError):
        _ = bad.json
    assert (empty.status, empty.body) == (200, b"")
    assert len(garbage.body) == 500
    assert page.text == "<p>Please log in</p>"


def test_redirects(shop: SampleShop, client: Client) -> None:
    shop.fault("redirect", "/blog/feed/", location="http://other.example/feed", status=301)
    moved = client.get("/blog/feed/")
    assert (moved.status, moved.headers["location"]) == (301, "http://other.example/feed")
    shop.fault("loop", "/blog/feed/", times=None)
    seen = set()
    path = "/blog/feed/"
    for _ in range(30):
        answer = client.get(path)
        assert answer.status == 302
        path = answer.headers["location"]
        assert path not in seen
        seen.add(path)


def test_links_may_name_another_host(shop: SampleShop, client: Client) -> None:
    shop.fault("link", "/api/v1/notifications", location="https://inside.example:3000")
    answer = client.get("/api/v1/notifications", {"limit": "3"})
    assert answer.link("next").startswith("https://inside.example:3000/api/v1/notifications?limit=3&")
    assert len(answer.json) == 3


def test_a_bomb_is_small_on_the_wire_and_valid(shop: SampleShop, client: Client) -> None:
    size = 64 << 20
    shop.fault("bomb", "/blog/feed/", size=size)
    answer = client.get("/blog/feed/")
    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.body) < size // 500
    grown = zlib.decompress(answer.body, wbits=31)
    assert len(grown) >= size
    assert grown.startswith(b"<?xml")


def test_a_huge_body_is_as_long_as_it_says(shop: SampleShop, client: Client) -> None:
    shop.fault("huge", "/blog/feed/", size=5_000_000)
    answer = client.get("/blog/feed/")
    assert answer.headers["content-length"] == "5000000"
    assert len(answer.body) == 5_000_000


def test_stale_and_unstable_validators(shop: SampleShop, client: Client) -> None:
    etag = client.get("/blog/feed/").headers["etag"]
    shop.fault("stale", "/blog/feed/", times=None)
    shop.publish("blog", "Rosie", "News", title="News", key="news")
    assert client.get("/blog/feed/", headers={"If-None-Match": etag}).status == 304
    assert client.get("/blog/feed/").status == 200
    shop.faults.clear()
    assert client.get("/blog/feed/", headers={"If-None-Match": etag}).status == 200
    shop.fault("unstable", "/blog/feed/", times=None)
    first = client.get("/blog/feed/")
    second = client.get("/blog/feed/", headers={"If-None-Match": first.headers["etag"]})
    assert second.status == 200
    assert second.body == first.body
    assert second.headers["etag"] != first.headers["etag"]


def test_every_kind_is_tried_here() -> None:
    with pytest.raises(ValueError, match="no such fault"):
        Fault("explode")
    tested = (
        "status delay delay-after reset reset-after reset-body truncate silent silent-after drip type "
        "bad-json redirect loop bomb huge empty garbage body link stale unstable"
    )
    assert set(tested.split()) == KINDS
