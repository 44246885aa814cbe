"""Requests and answers as the sample server's pages see them: parameters the way Rails reads them, small
helpers for JSON and HTML."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.utils import format_datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"


class Params:
    """Query and body parameters together. ``types[]=a&types[]=b``, ``types=a`` and JSON lists all give a
    list."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            bare = name[: name.index("[")] if name.endswith("]") and "[" in name else name
            self._values.setdefault(bare, []).append(value)

    def get(self, name: str, default: str = "") -> str:
        values = self._values.get(name)
        return values[-1] if values else default

    def every(self, name: str) -> list[str]:
        return self._values.get(name, [])

    def flag(self, name: str) -> bool:
        return self.get(name).lower() in ("true", "1", "on", "t")

    def number(self, name: str, default: int) -> int:
        try:
            return abs(int(self.get(name)))
        except ValueError:
            return default

    def names(self) -> list[str]:
        return list(self._values)

    def __contains__(self, name: str) -> bool:
        return name in self._values


def _flatten(document: object) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    if isinstance(document, dict):
        for name, value in document.items():
            if isinstance(value, list):
                pairs += [(str(name), _scalar(v)) for v in value]
            elif isinstance(value, dict):
                pairs += [(f"{name}.{inner}", text) for inner, text in _flatten(value)]
            elif value is not None:
                pairs.append((str(name), _scalar(value)))
    return pairs


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


@dataclass
class Request:
    """One request. ``headers`` keys are lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""
    client: str = ""

    @cached_property
    def query_params(self) -> Params:
        return Params(parse_qsl(self.query, keep_blank_values=True))

    @cached_property
    def json(self) -> Any:
        """The body as JSON; None when it is not. Nested objects keep their shape here."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @cached_property
    def params(self) -> Params:
        pairs = parse_qsl(self.query, keep_blank_values=True)
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/json":
            pairs += _flatten(self.json)
        elif self.body:
            pairs += parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True)
        return Params(pairs)

    @property
    def bearer(self) -> str:
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""


@dataclass
class Response:
    """``stream`` takes the place of ``body`` for what must not be held in memory; ``length`` None then means:
    until the connection closes. ``encoding``: how ``body`` or ``stream`` is already packed; otherwise it may
    be gzipped on the way out when ``compress``."""

    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    headers: list[tuple[str, str]] = field(default_factory=list)
    stream: Callable[[], Iterator[bytes]] | None = None
    length: int | None = None
    encoding: str = ""
    compress: bool = True

    def copy(self) -> Response:
        """For an answer that is kept and served again: its headers may be changed on the way out."""
        return replace(self, headers=list(self.headers))

    def header(self, name: str) -> str:
        return next((v for n, v in self.headers if n.lower() == name.lower()), "")


def to_json(document: object, status: int = 200, headers: list[tuple[str, str]] | None = None) -> Response:
    return Response(status, json.dumps(document, ensure_ascii=False).encode(), JSON, headers or [])


def error(status: int, text: str, description: str = "") -> Response:
    document = {"error": text}
    if description:
        document["error_description"] = description
    return to_json(document, status)


def page(text: str, status: int = 200, content_type: str = HTML) -> Response:
    return Response(status, text.encode(), content_type)


def redirect(location: str, status: int = 302) -> Response:
    return Response(status, b"", HTML, [("Location", location)])


def proxy_page(status: int, phrase: str) -> Response:
    """What a web server in front of the application shows when that does not answer: HTML where JSON is
    expected."""
    text = (
        f"<html>\r\n<head><title>{status} {phrase}</title></head>\r\n"
        f"<body>\r\n<center><h1>{status} {phrase}</h1></center>\r\n"
        "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )
    return Response(status, text.encode(), "text/html")


def http_date(moment: Any) -> str:
    return format_datetime(moment.replace(microsecond=0), usegmt=True)


def _bare(tag: str) -> str:
    return tag.strip().removeprefix("W/")


def not_modified(request: Request, response: Response) -> bool:
    """RFC 9110: ``If-None-Match`` decides alone when it is there; dates compare as the text that was sent
    out."""
    etag, modified = response.header("ETag"), response.header("Last-Modified")
    wanted = request.headers.get("if-none-match")
    if wanted is not None:
        return bool(etag) and any(_bare(t) in (_bare(etag), "*") for t in wanted.split(","))
    since = request.headers.get("if-modified-since")
    return since is not None and bool(modified) and since.strip() == modified


def squeeze(request: Request, response: Response) -> Response:
    """Gzips a text answer for a client that takes it, as a web server in front would (the ETag becomes a weak
    one)."""
    accepts = "gzip" in request.headers.get("accept-encoding", "").lower()
    if (
        not accepts
        or not response.compress
        or response.encoding
        or response.stream
        or len(response.body) < 256
    ):
        return response
    response.body = gzip.compress(response.body, compresslevel=1, mtime=0)
    response.encoding = "gzip"
    response.headers = [
        (n, f"W/{v}" if n == "ETag" and not v.startswith("W/") else v) for n, v in response.headers
    ]
    return response
