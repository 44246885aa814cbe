"""Redirects, certificates, and lines that break, drip, hang or are to end now."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from pathlib import Path

import pytest
import trustme

from services.channels.web import Web, WebShared
from services.errors import (
    BadAnswer,
    ChannelError,
    Unclear,
    Unreachable,
)
from tests.channels.web.help import SECRET, raised
from tests.fakes import FakeClock
from tests.hostile import server as bad
from tests.hostile.server import HostileServer

# --- redirects


def test_redirects_are_followed_five_times(web: Web, server: HostileServer) -> None:
    for n in range(6):
        server.on(f"/{n}", bad.redirect(f"/{n + 1}"))
    server.on("/6", bad.answer(b"end"))
    assert web.get(server.url + "/1").body == b"end"
    assert raised(lambda: web.get(server.url + "/0"), Unreachable).reason == "redirects"


def test_an_endless_redirect_ends(web: Web, server: HostileServer) -> None:
    url = server.on("/a", bad.redirect("/a", 301))
    raised(lambda: web.get(url), Unreachable)
    assert len(server.requests) == 6


def test_a_move_for_good_is_told_from_a_detour(web: Web, server: HostileServer) -> None:
    end = server.on("/end", bad.answer(b"end"))
    assert web.get(server.on("/gone", bad.redirect("/end", 308))).permanent_url == end
    assert web.get(server.on("/detour", bad.redirect("/end", 307))).permanent_url == ""
    assert web.get(server.on("/both", bad.redirect("/detour", 301))).permanent_url == ""
    assert web.get(end).permanent_url == ""


def test_credentials_stay_with_their_host(web: Web, server: HostileServer) -> None:
    with HostileServer() as stranger:
        stranger.on("/in", bad.answer(b"hello"))
        url = server.on("/a", bad.redirect(stranger.url + "/in"))
        web.get(
            url, token=SECRET, headers={"X-Api-Key": SECRET, "Accept": "text/plain"}, params={"key": SECRET}
        )
        asked = stranger.requests[0]
    assert asked.headers["accept"] == "text/plain"
    assert SECRET not in str(asked)


def test_the_body_of_a_redirect_is_not_read_without_end(web: Web, server: HostileServer) -> None:
    def endless(connection: bad.Connection) -> None:
        connection.send(bad.head(302, {"Location": "/end"}))
        for _ in range(2000):
            connection.send(b"x" * 100_000)

    server.on("/end", bad.answer(b"end"))
    url = server.on("/a", endless)
    assert raised(lambda: web.get(url, total=20), BadAnswer).reason == "too-large"


@pytest.mark.parametrize("allow_http", [False, True])
def test_https_is_never_left_for_http(clock: FakeClock, tmp_path: Path, allow_http: bool) -> None:
    ca = trustme.CA()
    with HostileServer() as plain, HostileServer(_tls(ca, "127.0.0.1")) as safe:
        plain.on("/b", bad.answer(b"reached"))
        url = safe.on("/a", bad.redirect(plain.url + "/b"))
        shared = _trusting(clock, ca, tmp_path)
        error = raised(lambda: shared.web(allow_http=allow_http).get(url), Unreachable)
        assert error.reason == "insecure"
        assert plain.requests == []
        shared.close()


def test_plain_http_is_for_this_machine_and_for_feeds(shared: WebShared) -> None:
    error = raised(lambda: shared.web().get("http://shop.example/"), Unreachable)
    assert error.reason == "insecure"
    assert isinstance(error, Unreachable)
    assert not error.sent
    assert (
        raised(lambda: shared.web(allow_http=True).get("http://shop.example/"), Unreachable).reason == "dns"
    )


@pytest.mark.parametrize(
    "url", ["ftp://shop.example/", "file:///etc/passwd", "https://", "https://[::1", "", "https:///x"]
)
def test_other_addresses_are_refused(web: Web, url: str) -> None:
    assert raised(lambda: web.get(url), Unreachable).reason == "address"


# --- TLS


def _tls(ca: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*names).configure_cert(context)
    return context


def _trusting(clock: FakeClock, ca: trustme.CA, folder: Path) -> WebShared:
    file = folder / "ca.pem"
    ca.cert_pem.write_to_path(str(file))
    return WebShared(clock, ca_file=file)


def test_tls_with_a_certificate_we_trust(clock: FakeClock, tmp_path: Path) -> None:
    ca = trustme.CA()
    with HostileServer(_tls(ca, "127.0.0.1")) as server:
        shared = _trusting(clock, ca, tmp_path)
        assert shared.web().get(server.on("/a", bad.answer(b"safe"))).body == b"safe"
        shared.close()


def test_a_wrong_certificate_is_refused_before_a_byte_leaves(clock: FakeClock, tmp_path: Path) -> None:
    ca, stranger = trustme.CA(), trustme.CA()
    for context in (_tls(ca, "other.example"), _tls(stranger, "127.0.0.1")):
        with HostileServer(context) as server:
            shared = _trusting(clock, ca, tmp_path)
            error = raised(
                lambda shared=shared, server=server: shared.web().post(server.url + "/a", json={}),
                Unreachable,
            )  # type: ignore[misc]
            assert error.reason == "tls"
            assert isinstance(error, Unreachable)
            assert not error.sent
            assert server.requests == []
            shared.close()


def test_https_to_a_server_that_speaks_plain_http(web: Web) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def speak() -> None:
            connection, _ = listener.accept()
            connection.recv(100)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.close()

        thread = threading.Thread(target=speak)
        thread.start()
        error = raised(lambda: web.get(f"https://127.0.0.1:{listener.getsockname()[1]}/"), Unreachable)
        thread.join(5)
    assert (error.reason, error.sent) == ("tls", False)  # type: ignore[attr-defined]


# --- lines that break


def test_no_name_no_listener(web: Web) -> None:
    error = raised(lambda: web.post("https://shop.invalid/", json={}), Unreachable)
    assert (error.reason, error.sent) == ("dns", False)  # type: ignore[attr-defined]
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    error = raised(lambda: web.post(f"http://127.0.0.1:{port}/", json={}), Unreachable)
    assert (error.reason, error.sent) == ("refused", False)  # type: ignore[attr-defined]


@pytest.mark.parametrize("behaviour", [bad.reset_now, bad.reset_in_body, bad.short_body])
def test_a_broken_line_is_unreachable_and_for_changes_unclear(
    web: Web, server: HostileServer, behaviour: bad.Behaviour
) -> None:
    url = server.on("/a", behaviour)
    error = raised(lambda: web.get(url), Unreachable)
    assert (error.reason, error.sent) == ("reset", True)  # type: ignore[attr-defined]
    before = len(server.requests)
    raised(lambda: web.post(url, json={}), Unclear)
    assert len(server.requests) == before + 1, "a request that changes something is never repeated"


def test_silence_ends_after_the_time_out(web: Web, server: HostileServer) -> None:
    url = server.on("/a", bad.hang)
    error = raised(lambda: web.get(url, timeout=0.2), Unreachable)
    assert (error.reason, error.sent) == ("timeout", True)  # type: ignore[attr-defined]
    raised(lambda: web.post(url, json={}, timeout=0.2), Unclear)


def test_a_server_error_after_a_change_is_unclear(web: Web, server: HostileServer) -> None:
    raised(lambda: web.post(server.on("/a", bad.answer(b"", status=502)), json={}), Unclear)
    raised(
        lambda: web.post(server.on("/b", bad.answer(b"", status=500)), json={}, changes=False), Unreachable
    )


def test_a_slow_drip_ends_at_the_deadline(web: Web, server: HostileServer) -> None:
    url = server.on("/a", bad.drip(b"x" * 10_000, every=0.02))
    start = time.monotonic()
    error = raised(lambda: web.get(url, total=0.5), Unreachable)
    assert error.reason == "timeout"
    assert time.monotonic() - start < 5


def test_a_kept_connection_that_went_stale_is_replaced(web: Web, server: HostileServer) -> None:
    url = server.on("/a", bad.in_turn(bad.answer(b"1", keep=True), bad.reset_now, bad.answer(b"2")))
    assert web.get(url).body == b"1"
    assert web.get(url).body == b"2"
    assert len(server.requests) == 3


def test_connections_are_kept_until_they_are_dropped(
    web: Web, shared: WebShared, server: HostileServer
) -> None:
    ports = set()

    def note(connection: bad.Connection) -> None:
        ports.add(connection.sock.getpeername()[1])
        bad.answer(b"x", keep=True)(connection)

    url = server.on("/a", note)
    for _ in range(3):
        web.get(url)
    assert len(ports) == 1
    # After the computer slept the other side has forgotten it, and says nothing.
    shared.drop_idle()
    web.get(url)
    assert len(ports) == 2


def test_gibberish_is_no_answer(web: Web, server: HostileServer) -> None:
    assert raised(lambda: web.get(server.on("/a", bad.gibberish)), BadAnswer).reason == "not-http"


def test_a_wrong_encoding_is_no_answer(web: Web, server: HostileServer) -> None:
    url = server.on("/a", bad.answer(b"not gzip at all", {"Content-Encoding": "gzip"}))
    assert raised(lambda: web.get(url), BadAnswer).reason == "not-http"


# --- quitting


@pytest.mark.parametrize("behaviour", [bad.hang, bad.drip(b"x" * 10_000, every=0.02)])
def test_cancelling_ends_what_runs(
    shared: WebShared, server: HostileServer, behaviour: bad.Behaviour
) -> None:
    url = server.on("/a", behaviour)
    errors: list[ChannelError] = []

    def ask() -> None:
        try:
            shared.web().get(url)
        except ChannelError as error:
            errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    while len(server.requests) < 4:
        time.sleep(0.005)
    start = time.monotonic()
    shared.cancel()
    for thread in threads:
        thread.join(5)
    assert time.monotonic() - start < 1.0
    assert [error.reason for error in errors] == ["cancelled"] * 4
    error = raised(lambda: shared.web().get(url), Unreachable)
    assert (error.reason, error.sent) == ("cancelled", False)  # type: ignore[attr-defined]


def test_cancelling_ends_a_tls_handshake(shared: WebShared) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        errors: list[ChannelError] = []

        def ask() -> None:
            try:
                shared.web().get(f"https://127.0.0.1:{silent.getsockname()[1]}/")
            except ChannelError as error:
                errors.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        connection, _ = silent.accept()
        connection.recv(1)
        start = time.monotonic()
        shared.cancel()
        thread.join(5)
        assert time.monotonic() - start < 1.0
        connection.close()
    assert [(error.reason, error.sent) for error in errors] == [("cancelled", False)]  # type: ignore[attr-defined]
