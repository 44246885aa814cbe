"""A plain HTTP client for the tests of the sample shop: the standard library's, so that nothing is done
behind the tests' backs."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from services.sample import SampleShop


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()

    def link(self, rel: str) -> str:
        for part in self.headers.get("link", "").split(", "):
            if part.endswith(f'rel="{rel}"'):
                return part[1 : part.index(">")]
        return ""


class Client:
    """One connection that is opened anew when the server closed it. ``token`` empty: nobody is signed in."""

    def __init__(self, shop: SampleShop, token: str | None = None, timeout: float = 10) -> None:
        self.shop = shop
        self.token = shop.access_token if token is None else token
        self._connection = http.client.HTTPConnection(shop.server_name, timeout=timeout)

    def close(self) -> None:
        self._connection.close()

    def call(
        self,
        method: str,
        path: str,
        params: list[tuple[str, str]] | dict[str, str] | None = None,
        *,
        json_body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        if path.startswith("http"):
            split = urlsplit(path)
            path = split.path + (f"?{split.query}" if split.query else "")
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        body: bytes | None = None
        if json_body is not None:
            body = json.dumps(json_body).encode()
            sent["Content-Type"] = "application/json"
        elif params and method in ("GET", "HEAD"):
            path += f"{'&' if '?' in path else '?'}{urlencode(params)}"
        elif params:
            body = urlencode(params).encode()
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            self._connection.request(method, path, body, sent | (headers or {}))
            response = self._connection.getresponse()
            content = response.read()
        except BaseException:
            self._connection.close()
            raise
        return Answer(response.status, {n.lower(): v for n, v in response.getheaders()}, content)

    def get(
        self, path: str, params: list[tuple[str, str]] | dict[str, str] | None = None, **more: Any
    ) -> Answer:
        return self.call("GET", path, params, **more)

    def post(self, path: str, params: dict[str, str] | None = None, **more: Any) -> Answer:
        return self.call("POST", path, params, **more)
