"""A Debian to install on: ``dpkg`` in a folder of its own, as whoever runs the test. Nothing is downloaded,
and what the package depends on is not asked for; ``scripts/deb-test.sh`` asks."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
TOOLS = (
    "dpkg",
    "dpkg-deb",
    "fakeroot",
    "readelf",
    "lintian",
    "desktop-file-validate",
    "appstreamcli",
    "ldconfig",
)


def missing() -> str:
    path = os.environ["PATH"] + ":/sbin:/usr/sbin"
    return ", ".join(name for name in TOOLS if shutil.which(name, path=path) is None)


def run(*command: str | Path, **more: str) -> str:
    """What it says; fails where it does."""
    environment = {**os.environ, "PATH": os.environ["PATH"] + ":/sbin:/usr/sbin", **more}
    done = subprocess.run(
        [str(one) for one in command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def library(name: str) -> Path:
    """Where this system has it."""
    for line in run("ldconfig", "-p").splitlines():
        if line.strip().startswith(f"{name} "):
            return Path(line.rpartition("=> ")[2])
    raise AssertionError(f"no {name} here")


def make_folder(folder: Path, *libraries: str) -> Path:
    """What PyInstaller would have made: a program that stays for the seconds it is told; ``libraries``."""
    inner = folder / "_internal"
    (inner / "resources").mkdir(parents=True)
    shutil.copy(shutil.which("sleep") or "", folder / "shopbell")
    (inner / "resources" / "words.txt").write_text("words")
    for name in libraries:
        shutil.copy(library(name), inner / name)
    return folder


def make_package(folder: Path, out: Path, **environment: str) -> Path:
    run("sh", PROJECT / "scripts" / "deb.sh", folder, out, QUICK="1", **environment)
    return next(out.glob("shopbell_*.deb"))


def field(package: Path, name: str) -> str:
    return run("dpkg-deb", "--field", package, name).strip()


class Debian:
    def __init__(self, folder: Path) -> None:
        self.root = folder
        records = folder / "var" / "lib" / "dpkg"
        for name in ("info", "updates", "triggers"):
            (records / name).mkdir(parents=True)
        (records / "status").touch()
        (records / "available").touch()
        self.home = folder / "home" / "owner" / ".local" / "share" / "Shopbell"
        self.home.mkdir(parents=True)
        (self.home / "shopbell.db").write_bytes(b"what customers said")
        self._before = self.files()

    def dpkg(self, *arguments: str | Path) -> str:
        forced = ("depends", "script-chrootless", "bad-path", "unsafe-io")
        options = [f"--force-{one}" for one in forced]
        return run("fakeroot", "dpkg", f"--root={self.root}", "--log=/dev/null", *options, *arguments)

    def files(self) -> set[str]:
        """Every file and folder but dpkg's own records."""
        names = (one.relative_to(self.root).as_posix() for one in self.root.rglob("*"))
        return {name for name in names if not name.startswith("var/lib/dpkg")}

    @property
    def program(self) -> Path:
        return self.root / "usr" / "lib" / "shopbell" / "shopbell"

    def left(self) -> set[str]:
        """What is there that was not there before anything was installed."""
        return self.files() - self._before
