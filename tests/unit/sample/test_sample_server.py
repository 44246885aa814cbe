"""The server itself: many clients, an end within a second, a log without secrets, a week that is always the
same, and what goes on."""

from __future__ import annotations

import gc
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from services.sample import SampleShop
from services.sample.live import TURNS
from services.sample.week import SCENES
from tests.fakes import FakeClock
from tests.unit.sample.client import Client


def test_starting_takes_no_time() -> None:
    spent = []
    for _ in range(3):
        began = time.process_time()
        shop = SampleShop()
        shop.start()
        spent.append(time.process_time() - began)
        shop.stop()
    assert min(spent) < 0.15


def test_the_week_is_the_same_every_time(open_shop: Callable[..., SampleShop]) -> None:
    one, two = open_shop(), open_shop()
    assert one.access_token != two.access_token

    def told(shop: SampleShop) -> list[tuple[Any, ...]]:
        return [
            (n.id, n.type, n.at, n.person.acct, n.status and n.status.id) for n in shop.world.notifications
        ]

    assert told(one) == told(two)
    assert [s.text for s in one.world.statuses.values()] == [s.text for s in two.world.statuses.values()]


def test_the_week_ends_now_and_everybody_waits_as_written(shop: SampleShop, clock: FakeClock) -> None:
    waiting = clock.now() - shop.status("best-rye").at
    assert 21.5 * 60 < waiting.total_seconds() <= 22 * 60
    assert max(s.at for s in shop.world.statuses.values()) <= clock.now()
    assert all(
        s.reply_to is None or shop.world.statuses[s.reply_to].at < s.at for s in shop.world.statuses.values()
    )


def test_as_many_conversations_as_asked_for(open_shop: Callable[..., SampleShop]) -> None:
    written = [s for s in SCENES if s.kind != "tag"]
    assert 45 <= len(written) <= 70
    many = open_shop(count=300)
    first_words = {
        s.thread for s in many.world.statuses.values() if many.world.shop in s.mentions or s.quote_of
    }
    assert len(first_words) >= 200
    few = open_shop(count=5)
    assert len([n for n in few.world.notifications if n.type in ("mention", "quote")]) < 15


def test_every_server_name_is_invented(shop: SampleShop) -> None:
    assert all(p.domain.endswith(".example") or not p.domain for p in shop.world.people.values())
    assert not [s.text for s in shop.world.statuses.values() if "://" in s.text and ".example" not in s.text]


def test_many_clients_at_once(shop: SampleShop) -> None:
    problems: list[str] = []

    def visit(number: int) -> None:
        client = Client(shop)
        for turn in range(12):
            answer = client.get("/api/v1/notifications", {"limit": "5"})
            if answer.status != 200 or len(answer.json) != 5:
                problems.append(answer.text)
            key = f"{number}-{turn}"
            if (
                client.post("/api/v1/statuses", {"status": key}, headers={"Idempotency-Key": key}).status
                != 200
            ):
                problems.append(key)
            if client.get(shop.feed_urls["blog"]).status != 200:
                problems.append("blog")
        client.close()

    threads = [threading.Thread(target=visit, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    posted = [s.text for s in shop.owner_statuses()]
    assert len(posted) == len(set(posted)) == 16 * 12


def test_one_connection_serves_many_requests(shop: SampleShop) -> None:
    connection = http.client.HTTPConnection(shop.server_name)
    connection.connect()
    first = connection.sock
    for _ in range(5):
        connection.request("GET", "/blog/feed/")
        connection.getresponse().read()
    assert connection.sock is first
    connection.close()


def test_half_a_request_does_nothing(shop: SampleShop, client: Client) -> None:
    port = int(shop.server_name.rpartition(":")[2])
    body = b"status=Half+of+this+will+never+come"
    head = (
        f"POST /api/v1/statuses HTTP/1.1\r\nHost: {shop.server_name}\r\n"
        f"Content-Length: {len(body)}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Authorization: Bearer {shop.access_token}\r\n\r\n"
    ).encode()
    for sent in (head + body[:12], head[: len(head) // 2]):
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(1) == b""
    assert shop.owner_statuses() == []
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(head + body)
        assert connection.recv(12) == b"HTTP/1.1 200"
    assert len(shop.owner_statuses()) == 1


def test_a_slash_at_the_end_of_the_api_does_not_matter(client: Client) -> None:
    assert client.get("/api/v1/instance/").json == client.get("/api/v1/instance").json
    assert client.get("/api/v1/nothing/").status == 404


def test_it_can_speak_tls(open_shop: Callable[..., SampleShop]) -> None:
    authority = trustme.CA()
    here, there = (ssl.SSLContext(p) for p in (ssl.PROTOCOL_TLS_SERVER, ssl.PROTOCOL_TLS_CLIENT))
    authority.issue_cert("127.0.0.1").configure_cert(here)
    authority.configure_trust(there)
    shop = open_shop(tls=here)
    assert shop.url.startswith("https://127.0.0.1:")
    connection = http.client.HTTPSConnection(shop.server_name, context=there, timeout=10)
    connection.request("GET", "/blog/feed/")
    assert shop.url in connection.getresponse().read().decode()
    connection.close()
    stranger = http.client.HTTPSConnection(shop.server_name, timeout=10)
    with pytest.raises(ssl.SSLCertVerificationError):
        stranger.request("GET", "/blog/feed/")
    stranger.close()


def test_head_says_the_same_without_a_body(client: Client) -> None:
    whole = client.get("/blog/feed/")
    head = client.call("HEAD", "/blog/feed/")
    assert head.body == b""
    assert head.headers["content-length"] == whole.headers["content-length"]
    assert head.headers["etag"] == whole.headers["etag"]


@pytest.mark.parametrize("kind", ["silent", "delay", "drip", "huge"])
def test_stopping_takes_less_than_a_second_whoever_waits(shop: SampleShop, kind: str) -> None:
    shop.fault(kind, "/blog/feed/", times=None, seconds=60, chunk=1, size=1 << 40)
    idle = socket.create_connection(("127.0.0.1", int(shop.server_name.rpartition(":")[2])))
    waiting = [http.client.HTTPConnection(shop.server_name) for _ in range(4)]
    for connection in waiting:
        connection.request("GET", "/blog/feed/")
    deadline = time.monotonic() + 5
    while shop.faults.taken < 4 and time.monotonic() < deadline:
        time.sleep(0.005)
    assert shop.faults.taken == 4
    began = time.monotonic()
    shop.stop()
    assert time.monotonic() - began < 1.0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(shop.server_name.rpartition(":")[2])), 1).close()
    for connection in waiting:
        connection.close()
    idle.close()


def test_stopping_and_starting_keeps_the_world_and_the_address(shop: SampleShop) -> None:
    before, token = shop.url, shop.access_token
    shop.say("tom", "said before", key="before")
    shop.stop()
    shop.say("tom", "said while nobody could hear it", key="between")
    assert shop.start() == before
    assert shop.access_token == token
    client = Client(shop)
    newest = client.get("/api/v1/notifications", {"limit": "2"}).json
    assert [n["status"]["id"] for n in newest] == [shop.status("between").id, shop.status("before").id]
    client.close()


def test_a_port_that_is_taken_is_said_at_once(shop: SampleShop) -> None:
    other = SampleShop(port=int(shop.server_name.rpartition(":")[2]))
    with pytest.raises(OSError, match="in use"):
        other.start()
    other.stop()
    gc.collect()


def test_nothing_runs_after_the_end(shop: SampleShop) -> None:
    shop.live(60)
    names = ("sample-accept", "sample-client", "sample-live")
    assert [t.name for t in threading.enumerate() if t.name == "sample-live"]
    before = {t for t in threading.enumerate() if t.name in names}
    shop.stop()
    assert not [t for t in before if t.name == "sample-live" and t.is_alive()]
    assert not [t for t in before if t.name == "sample-accept" and t.is_alive()]


def test_the_log_remembers_requests_without_secrets(shop: SampleShop, client: Client) -> None:
    client.get("/api/v1/notifications", {"min_id": "99999", "limit": "5"})
    client.post("/api/v1/statuses", {"status": "a private word"}, headers={"Idempotency-Key": "k-9"})
    shop.fault("reset", "/blog/feed/")
    with pytest.raises(ConnectionResetError):
        client.get("/blog/feed/")
    seen = shop.requests()
    assert [(s.method, s.path, s.status) for s in seen] == [
        ("GET", "/api/v1/notifications", 200),
        ("POST", "/api/v1/statuses", 200),
        ("GET", "/blog/feed/", 0),
    ]
    assert seen[0].query_names == ("min_id", "limit")
    assert seen[1].headers["idempotency-key"] == "k-9"
    everything = repr(seen)
    assert shop.access_token not in everything
    assert "private word" not in everything
    assert shop.requests("/blog") == seen[2:]
    shop.forget_requests()
    assert shop.requests() == []


def test_tokens_are_not_shown_by_accident(shop: SampleShop) -> None:
    assert shop.access_token not in repr(shop) + repr(vars(shop))


def test_what_happens_is_always_the_same_and_starts_with_a_complaint(
    open_shop: Callable[..., SampleShop],
) -> None:
    names = []
    for _ in range(2):
        shop = open_shop()
        before = len(shop.world.notifications)
        names.append([shop.tick() for _ in range(len(TURNS) + 20)])
        assert len(shop.world.notifications) > before + 20
    assert names[0] == names[1]
    assert names[0][0] == "live-stale-rolls"
    assert len(set(names[0])) == len(names[0])


def test_every_written_event_leaves_its_mark(shop: SampleShop, client: Client) -> None:
    for _ in TURNS:
        shop.tick()
    assert "Edit: five of them" in shop.status("live-stale-rolls").text
    assert shop.status("live-german").deleted
    answers = shop.world.answers_to(shop.status("live-rye-left"))
    assert [a.author.username for a in answers] == ["rosies"]
    assert "Beatrix" in client.get(shop.feed_urls["comments"]).text
    assert "Open at five tomorrow" in client.get(shop.feed_urls["blog"]).text
    assert shop.world.notifications[-1].status is not None


def test_a_thread_makes_things_happen(shop: SampleShop) -> None:
    before = len(shop.world.notifications)
    shop.live(0.01)
    deadline = time.monotonic() + 5
    while len(shop.world.notifications) == before and time.monotonic() < deadline:
        time.sleep(0.005)
    assert shop.world.notifications[before].status is shop.status("live-stale-rolls")


def control(client: Client, name: str, body: dict[str, Any] | None = None, token: str = "") -> Any:
    headers = {"X-Sample-Token": token or client.shop.control_token}
    if body is None:
        return client.get(f"/sample/{name}", headers=headers)
    return client.post(f"/sample/{name}", json_body=body, headers=headers)


def test_other_processes_pull_the_same_wires(shop: SampleShop, client: Client) -> None:
    assert control(client, "tick", {}, token="wrong").status == 401
    assert control(client, "tick", {}).json == {"happened": "live-stale-rolls"}
    said = control(
        client, "say", {"who": "new@place.example", "text": "Hello!", "reply_to": "rye", "key": "k"}
    ).json
    assert said["in_reply_to_id"] == shop.status("rye").id
    assert (
        control(client, "phone", {"status": "k", "text": "Hello back"}).json["in_reply_to_id"] == said["id"]
    )
    control(client, "edit", {"status": "k", "text": "Hello, you"})
    assert shop.status("k").text == "Hello, you"
    control(client, "fault", {"kind": "status", "path": "/blog/*", "status": 418})
    assert client.get("/blog/feed/").status == 418
    entry = control(
        client, "publish", {"place": "forum", "author": "A", "text": "B", "under": "f-where"}
    ).json
    assert entry["guid"] in client.get(shop.feed_urls["forum"]).text
    client.post("/api/v1/statuses", {"status": "mine"}, headers={"Idempotency-Key": "k-5"})
    assert [s["idempotency_key"] for s in control(client, "owner-statuses").json] == ["k-5"]
    assert control(client, "posts-received").json == {"k-5": 1}
    assert [r["path"] for r in control(client, "requests").json] == [
        "/blog/feed/",
        "/forum/posts.rss",
        "/api/v1/statuses",
    ]
    assert control(client, "delete", {"status": "nobody-said-this"}).status == 400
    assert control(client, "explode", {}).status == 404
    control(client, "revoke", {})
    assert client.get("/api/v1/notifications").status == 401
    fresh = control(client, "token", {"scopes": "read"}).json["access_token"]
    client.token = fresh
    assert client.get("/api/v1/notifications").status == 200


def test_a_shop_of_its_own(project: Path) -> None:
    command = [sys.executable, "-m", "services.sample", "--flavour", "gotosocial", "--until-eof"]
    with subprocess.Popen(
        command, cwd=project, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ.copy()
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        addresses = json.loads(child.stdout.readline())
        connection = http.client.HTTPConnection(addresses["server"], timeout=10)
        connection.request(
            "GET", "/api/v1/notifications", headers={"Authorization": f"Bearer {addresses['access_token']}"}
        )
        assert len(json.loads(connection.getresponse().read())) == 20
        connection.close()
        child.stdin.close()
        assert child.wait(10) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_an_interrupt_ends_it_cleanly(project: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "services.sample"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ.copy(),
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert "access_token" in json.loads(child.stdout.readline())
        child.send_signal(signal.SIGTERM)
        assert child.wait(10) == 0
        assert child.stderr.read() == ""
