"""The steps of packing that are the same on Windows, macOS and Linux:

    python scripts/pack.py              all of it, with an archive: for Windows and macOS
    python scripts/pack.py install      the locked packages, into build/package/venv
    python scripts/pack.py build        the folder, into build/package/dist

On Linux ``make package`` (scripts/package.sh) calls the last two and does the rest. PyInstaller and all
that is packed come from requirements/package.txt, by their hashes: nothing of the tests goes along.
Needs Python 3.11 and nothing else.
"""

from __future__ import annotations

import filecmp
import os
import platform
import shutil
import subprocess
import sys
import venv
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
from scripts import packing  # noqa: E402 - found beside this file, however it was started

LOCK = PROJECT / "requirements" / "package.txt"
OUT = PROJECT / "build" / "package"
VENV = OUT / "venv"
STAMP = OUT / "installed-lock.txt"
DIST = OUT / "dist"
LOG = OUT / "build.log"
SYSTEMS = {"win32": "windows", "darwin": "macos", "linux": "linux"}
# As people call them; Windows and macOS have names of their own for the same thing.
MACHINES = {"amd64": "x64", "x86_64": "x64", "arm64": "arm64", "aarch64": "arm64"}


def python() -> Path:
    return VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def program() -> Path:
    """Where the packed program is on this system."""
    return DIST / {"win32": "Shopbell/Shopbell.exe", "darwin": "Shopbell.app/Contents/MacOS/Shopbell"}.get(
        sys.platform, "shopbell/shopbell"
    )


def archive_name(version: str, system: str, machine: str) -> str:
    """``shopbell-0.1.0-windows-x64``, without the suffix."""
    return f"shopbell-{version}-{SYSTEMS[system]}-{MACHINES.get(machine.lower(), machine.lower())}"


def install() -> None:
    if python().exists() and STAMP.exists() and filecmp.cmp(LOCK, STAMP, shallow=False):
        return
    STAMP.unlink(missing_ok=True)
    say(f"Installing the locked packages into {VENV.relative_to(PROJECT)}")
    OUT.mkdir(parents=True, exist_ok=True)
    venv.create(VENV, clear=True, with_pip=True, symlinks=os.name != "nt")
    options = ["--disable-pip-version-check", "--no-input", "--only-binary", ":all:", "--require-hashes"]
    subprocess.run([python(), "-m", "pip", "install", "-qq", *options, "-r", LOCK], check=True)
    shutil.copyfile(LOCK, STAMP)


def build() -> None:
    say(f"Packing (a minute or two; {LOG.relative_to(PROJECT)})")
    options = ["--noconfirm", "--log-level", "WARN", "--distpath", DIST, "--workpath", OUT / "work"]
    # Hashes of strings in the order of every build.
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    with LOG.open("wb") as log:
        done = subprocess.run(
            [python(), "-m", "PyInstaller", *options, PROJECT / "pyinstaller.spec"],
            cwd=PROJECT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        say("\n".join(LOG.read_text("utf-8", "replace").splitlines()[-30:]))
        raise SystemExit("PyInstaller failed.")


def archive() -> Path:
    """One .zip with the folder (Windows) or the bundle (macOS) in it."""
    base = OUT / archive_name(packing.version(), sys.platform, platform.machine())
    if sys.platform == "darwin":
        file = base.with_name(f"{base.name}.zip")
        # Keeps links and permissions, without which no bundle is whole.
        command = ["ditto", "-c", "-k", "--sequesterRsrc", "--keepParent", DIST / "Shopbell.app", file]
        subprocess.run(command, check=True)
        return file
    # make_archive cuts nothing off a name with dots in it.
    return Path(shutil.make_archive(str(base), "zip", DIST, "Shopbell"))


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    steps = {"install": [install], "build": [build], "": [install, build]}
    wanted = arguments[0] if arguments else ""
    if wanted not in steps or len(arguments) > 1:
        say("usage: pack.py [install | build]")
        return 2
    for step in steps[wanted]:
        step()
    if not wanted and sys.platform != "linux":
        print(archive())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
