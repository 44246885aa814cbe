"""``main.py`` as a child process, as a script would run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAIN = Path(__file__).resolve().parents[2] / "main.py"
_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Program:
    """Commands on one profile, in a process without a screen. ``env`` is added to each one's environment."""

    def __init__(self, profile: Path, env: Mapping[str, str] | None = None) -> None:
        self.profile = profile
        inherited = {name: value for name, value in os.environ.items() if name not in _SCREENS}
        self.env = {**inherited, **(env or {})}

    def arguments(self, *words: object) -> list[str]:
        return [sys.executable, "-W", "error", str(MAIN), *map(str, words), "--profile", str(self.profile)]

    def run(self, *words: object, stdin: str = "", env: Mapping[str, str] | None = None) -> Done:
        done = subprocess.run(
            self.arguments(*words),
            input=stdin.encode(),
            capture_output=True,
            env={**self.env, **(env or {})},
            timeout=60,
            check=False,
        )
        return Done(
            done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
        )

    def good(self, *words: object, stdin: str = "") -> Any:
        """The JSON document of a command that must work and has nothing to say about it."""
        done = self.run(*words, "--json", stdin=stdin)
        assert (done.code, done.err) == (0, ""), done
        return done.json

    def bad(self, *words: object, stdin: str = "", code: int = 1) -> str:
        """The one line of a command that must fail."""
        done = self.run(*words, "--json", stdin=stdin)
        assert (done.code, done.out) == (code, ""), done
        lines = done.err.splitlines()
        assert len(lines) == 1, lines
        assert lines[0].startswith("shopbell"), lines
        assert "Traceback" not in done.err
        return lines[0].partition(": ")[2]

    def add_mastodon(self, server: str, token: str) -> dict[str, Any]:
        """The sample shop's server filters; that is said, and nothing else."""
        add = ("accounts", "add", "mastodon", "--set", f"server={server}", "--secrets", "-", "--json")
        done = self.run(*add, stdin=json.dumps({"access_token": token}))
        assert done.code == 0, done
        assert len(done.err.splitlines()) <= 1, done
        added: dict[str, Any] = done.json
        return added
