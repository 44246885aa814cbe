"""The other side: the sample shop in a process of its own, with its feeds for measuring."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.measure import environment, running


@dataclass(frozen=True)
class Shop:
    """``url`` serves; ``control`` plays fate, as ``services.sample.control`` describes."""

    url: str
    token: str
    server: str
    access_token: str

    def feed(self, number: int, entries: int = 50) -> str:
        return f"{self.url}/bench/feed/{number}.rss?entries={entries}"

    def control(self, name: str, wish: dict[str, object] | None = None) -> object:
        """Asks with GET where there is no wish."""
        request = urllib.request.Request(
            f"{self.url}/sample/{name}",
            data=None if wish is None else json.dumps(wish).encode(),
            headers={"X-Sample-Token": self.token, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def statuses(self) -> dict[int, int]:
        """Of the feeds for measuring asked since the last ``forget-requests``: status -> how often."""
        found: dict[int, int] = {}
        seen = self.control("requests")
        assert isinstance(seen, list)
        for one in seen:
            if one["path"].startswith("/bench/"):
                found[one["status"]] = found.get(one["status"], 0) + 1
        return found


@contextmanager
def shop(latency_ms: float = 0) -> Iterator[Shop]:
    command = [sys.executable, "-m", "services.sample", "--until-eof", "--latency-ms", str(latency_ms)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with running(command, environment(), **pipes) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        yield Shop(told["url"], told["control_token"], told["server"], told["access_token"])


def warm(one: Shop, feeds: int, entries: int = 50) -> None:
    """Has the documents made before anybody measures."""
    for number in range(feeds):
        with urllib.request.urlopen(one.feed(number, entries), timeout=30) as answer:
            answer.read()
    one.control("forget-requests", {})
