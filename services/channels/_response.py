"""An answer of the network as channels get it, and the validators to ask with the next time."""

from __future__ import annotations

import json as json_format
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from services.channels import _answers
from services.errors import BadAnswer

_ESCAPED_TROUBLE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_LONE_SURROGATE = re.compile("[\ud800-\udfff\x00]")


@dataclass(frozen=True, slots=True)
class Conditional:
    """Validators exactly as the server gave them, quotes and ``W/`` included."""

    etag: str = ""
    modified: str = ""

    def headers(self) -> dict[str, str]:
        both = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in both.items() if value}


@dataclass(frozen=True)
class Response:
    """An answer that was read to its end. ``body`` is decompressed. ``url`` is the last address of a chain
    of redirects; ``permanent_url`` is the same address when every redirect of the chain was a permanent
    one, else empty."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    not_modified: bool = False
    permanent_url: str = ""
    _secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @cached_property
    def text(self) -> str:
        try:
            charset = _answers.charset_of(self.headers.get("Content-Type", "")) or "utf-8"
            return self.body.decode(charset, "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """Raises BadAnswer("not-json"). Halves of characters and NULs, which no database takes, come back
        as U+FFFD."""
        try:
            value = json_format.loads(self.body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            value = _NOT_JSON
        if value is _NOT_JSON:
            host = urlsplit(self.url).hostname
            raise BadAnswer("not-json", status=self.status, sample=self.sample(), host=host)
        return _mended(value) if _ESCAPED_TROUBLE.search(self.body) else value

    @property
    def conditional(self) -> Conditional:
        return Conditional(self.headers.get("ETag", ""), self.headers.get("Last-Modified", ""))

    @property
    def links(self) -> Mapping[str, str]:
        """The ``Link`` header: relation -> absolute address (the first of each relation)."""
        found: dict[str, str] = {}
        for url, parameters in self.link_list:
            for relation in parameters.get("rel", "").lower().split():
                found.setdefault(relation, url)
        return found

    @property
    def link_list(self) -> list[tuple[str, dict[str, str]]]:
        return _answers.read_links(self.headers.get("Link", ""), self.url)

    def sample(self) -> str:
        """A short piece of the answer for a bug report, secrets masked."""
        return _answers.redact(self.body[:2000].decode("utf-8", "replace"), self._secrets)[:300]


_NOT_JSON = object()


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_mended(one) for one in value]
    if isinstance(value, dict):
        return {_mended(k): _mended(v) for k, v in value.items()}
    return value
