"""``requests`` on top of the connections of ``_transport.py``.

``requests`` and ``urllib3`` are imported when the first session is built, never earlier: they cost 0.14 s.
"""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.channels._transport import connect, current_flight

if TYPE_CHECKING:
    from requests import Session
    from requests.adapters import HTTPAdapter
    from urllib3.connectionpool import HTTPConnectionPool


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Trusts the operating system's certificates (a company's own among them), Mozilla's list, and
    ``ca_file``."""
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    if ca_file is not None:
        context.load_verify_locations(str(ca_file))
    return context


class _Watched:
    """Mixed into a connection of urllib3: reports its socket and the first byte to the flight of the
    thread."""

    _requests = 0
    _connecting = False

    def _new_conn(self: Any) -> socket.socket:
        from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

        try:
            sock = connect(self._dns_host, self.port, float(self.timeout or 10), current_flight())
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "no connection in time") from error
        except OSError as error:
            raise NewConnectionError(self, "no connection") from error
        return sock

    def connect(self: Any) -> None:
        self._requests = 0
        self._connecting = True
        try:
            super().connect()  # type: ignore[misc]
        finally:
            self._connecting = False

    def request(self: Any, *args: Any, **kwargs: Any) -> None:
        flight = current_flight()
        if flight:
            flight.reused = self._requests > 0
            flight.hold(self.sock)
        super().request(*args, **kwargs)  # type: ignore[misc]
        self._requests += 1

    def send(self: Any, data: Any) -> None:
        if self.sock is None and self.auto_open:
            self.connect()
        flight = current_flight()
        # While connecting this is the proxy's CONNECT line, not yet the request.
        if flight and not self._connecting:
            flight.hold(self.sock)
            flight.sent = True
        super().send(data)  # type: ignore[misc]

    @property
    def is_connected(self: Any) -> bool:
        flight = current_flight()
        if flight and flight.fresh:
            return False
        return bool(super().is_connected)  # type: ignore[misc]


@cache
def _pool_classes() -> dict[str, type[HTTPConnectionPool]]:
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    class WatchedHTTP(_Watched, HTTPConnection):
        pass

    class WatchedHTTPS(_Watched, HTTPSConnection):
        _spare: socket.socket | None = None

        def _new_conn(self) -> socket.socket:
            sock: socket.socket = _Watched._new_conn(self)
            flight = current_flight()
            if flight:
                # The TLS handshake takes the descriptor away from this object, so the watchdog gets one of
                # its own.
                self._spare = sock.dup()
                flight.hold(self._spare)
            return sock

        def connect(self) -> None:
            self._spare = None
            flight = current_flight()
            try:
                super().connect()
            finally:
                spare: socket.socket | None = self._spare
                if spare is not None:
                    if flight:
                        flight.let_go()
                    spare.close()

    class PoolHTTP(HTTPConnectionPool):
        ConnectionCls = WatchedHTTP

    class PoolHTTPS(HTTPSConnectionPool):
        ConnectionCls = WatchedHTTPS

    return {"http": PoolHTTP, "https": PoolHTTPS}


@cache
def _adapter_class() -> type[Any]:
    from requests.adapters import HTTPAdapter

    class Adapter(HTTPAdapter):
        """One TLS context for all connections: reading the certificates anew for each costs more than the
        request."""

        def __init__(self, context: ssl.SSLContext, **kwargs: Any) -> None:
            self._context = context
            super().__init__(**kwargs)

        def _prepare(self, manager: Any) -> Any:
            manager.pool_classes_by_scheme = _pool_classes()
            return manager

        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
            self._prepare(self.poolmanager)

        def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
            return self._prepare(super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs))

        def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
            conn.cert_reqs = "CERT_REQUIRED"

        def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
            host, old = super().build_connection_pool_key_attributes(request, True, None)
            pool: dict[str, Any] = {k: v for k, v in old.items() if k not in ("ca_certs", "ca_cert_dir")}
            pool["ssl_context"] = self._context
            return host, pool

    return Adapter


def build_adapter(ca_file: Path | None) -> HTTPAdapter:
    """The pool of connections all accounts share: 64 hosts, 8 kept connections each, no retries of its
    own."""
    # Its lines hold whole addresses, with the tokens in them.
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)
    context = tls_context(ca_file)
    built: HTTPAdapter = _adapter_class()(context, pool_connections=64, pool_maxsize=8, max_retries=0)
    return built


@cache
def _session_class() -> type[Session]:
    from http.cookiejar import DefaultCookiePolicy

    import requests

    class PlainSession(requests.Session):
        """Keeps no cookies, follows nothing by itself, and reads nothing from the environment or a .netrc
        file."""

        def __init__(self) -> None:
            super().__init__()
            self.trust_env = False
            self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

        def get_redirect_target(self, resp: requests.Response) -> None:
            # Otherwise requests reads the whole body of a redirect, however long, to find out where it
            # leads.
            return None

    return PlainSession


def build_session(adapter: HTTPAdapter, headers: Mapping[str, str]) -> Session:
    session = _session_class()()
    session.headers.clear()
    session.headers.update(headers)
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter)
    return session


def environment_proxies() -> Mapping[str, str]:
    """The system's proxies, asked once: Windows and macOS answer from their settings, and slowly."""
    import urllib.request

    return {k: v for k, v in urllib.request.getproxies().items() if k in ("http", "https", "all", "no")}
