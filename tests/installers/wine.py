"""A Windows to install on: Debian's wine in a folder of its own, on a virtual screen of its own."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
SCRIPT = PROJECT / "packaging" / "windows" / "shopbell.nsi"
CURRENT_USER = "HKEY_CURRENT_USER"


def missing() -> str:
    """The programs that are not installed; empty when everything is there."""
    return ", ".join(
        name for name in ("wine", "wineserver", "makensis", "Xvfb") if shutil.which(name) is None
    )


def make(script: Path, out: Path, *switches: str, **defines: str) -> Path:
    """Runs makensis, for which a warning is an error."""
    told = [f"-D{name}={value}" for name, value in {**defines, "OUT": str(out)}.items()]
    done = subprocess.run(
        ["makensis", "-V2", "-WX", *told, *switches, str(script)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def make_folder(folder: Path, version: str) -> Path:
    """What PyInstaller would have made of ``version``: a program, and parts of which one is in this version
    only."""
    inner = folder / "_internal"
    (inner / "services" / "store").mkdir(parents=True)
    (inner / "version.txt").write_text(version)
    (inner / f"only-in-{version}.txt").write_text("only here")
    (inner / "services" / "store" / "Grüße, 世界.txt").write_text("names of every kind")
    (inner / "empty.txt").write_text("")
    make(HERE / "stand-in.nsi", folder / "Shopbell.exe", SAYS=version)
    return folder


def make_setup(folder: Path, version: str) -> Path:
    """The setup of a stand-in of ``version``."""
    source = make_folder(folder / f"program-{version}", version)
    out = folder / f"Shopbell-{version}-setup.exe"
    return make(SCRIPT, out, "-DQUICK", VERSION=version, SOURCE=str(source))


class Wine:
    """One Windows. Folders are had as ours, by their names under Windows: ``local`` is %LOCALAPPDATA%."""

    def __init__(self, folder: Path) -> None:
        self.prefix = folder
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ},
            "WINEPREFIX": str(folder),
            "WINEDEBUG": "-all",
            # Else it asks whether to fetch what web pages and .NET need.
            "WINEDLLOVERRIDES": "mscoree,mshtml,winemenubuilder.exe=",
        }
        self._screen: subprocess.Popen[bytes] | None = None
        self._begun: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        reads, writes = os.pipe()
        command = ["Xvfb", "-displayfd", str(writes), "-screen", "0", "1024x768x24", "-nolisten", "tcp"]
        self._screen = subprocess.Popen(
            command, pass_fds=[writes], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(writes)
        with os.fdopen(reads) as told:
            self.environment["DISPLAY"] = f":{told.readline().strip()}"
        self.run("wineboot", "--init")
        self.pretend("win10")

    def stop(self) -> None:
        subprocess.run(["wineserver", "-k"], env=self.environment, check=False)
        subprocess.run(["wineserver", "-w"], env=self.environment, check=False)
        for program in self._begun:
            program.wait(30)
        if self._screen is not None:
            self._screen.terminate()
            self._screen.wait()
        shutil.rmtree(self.prefix, ignore_errors=True)

    # --- programs

    def run(self, *command: str | Path, debug: str = "-all") -> subprocess.CompletedProcess[str]:
        """Waits for its end, but not for what it started. What it says under ``debug`` is in ``stderr``."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            done = subprocess.run(
                ["wine", *map(str, command)],
                env={**self.environment, "WINEDEBUG": debug},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                timeout=90,
                check=False,
            )
            texts = []
            for file in (out, err):
                file.seek(0)
                texts.append(file.read().decode("utf-8", "replace").replace("\r\n", "\n"))
        return subprocess.CompletedProcess(done.args, done.returncode, *texts)

    def begin(self, *command: str | Path) -> subprocess.Popen[bytes]:
        """Does not wait."""
        program = subprocess.Popen(
            ["wine", *map(str, command)],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._begun.append(program)
        return program

    def pretend(self, version: str) -> None:
        """To be a ``win7`` or ``win10``."""
        self.run("winecfg", "-v", version)

    def uninstall(self, *switches: str) -> None:
        """Returns when it is over: the uninstaller goes on in a copy of itself, for it deletes itself. Last
        of all it strikes itself off the list of programs."""
        assert self.run(self.program / "Uninstall.exe", "/S", *switches).returncode == 0
        until(lambda: not self.registry(UNINSTALL), "the uninstaller goes on")

    # --- folders

    @property
    def user(self) -> Path:
        return next(
            one for one in (self.prefix / "drive_c" / "users").iterdir() if one.name.lower() != "public"
        )

    @property
    def local(self) -> Path:
        return self.user / "AppData" / "Local"

    @property
    def program(self) -> Path:
        """Where it is installed when nobody says otherwise."""
        return self.local / "Programs" / "Shopbell"

    @property
    def data(self) -> Path:
        """What the program keeps there when nobody says otherwise."""
        return self.local / "Shopbell"

    @property
    def start_menu(self) -> Path:
        return self.user / "AppData" / "Roaming" / "Microsoft" / "Windows" / "Start Menu" / "Programs"

    @property
    def desktop(self) -> Path:
        return self.user / "Desktop"

    def windows(self, path: Path) -> str:
        """The path as Windows writes it."""
        return "C:\\" + "\\".join(path.relative_to(self.prefix / "drive_c").parts)

    # --- registry

    def registry(self, key: str) -> dict[str, str]:
        """Every value below a key of this user, by ``SUBKEY\\NAME`` ("" is the name of a default); empty
        where there is no such key. Numbers as Windows writes them: 0x1f."""
        text = self.run("reg", "query", f"{CURRENT_USER}\\{key}", "/s").stdout
        values: dict[str, str] = {}
        below = ""
        for line in text.splitlines():
            if line.startswith(CURRENT_USER):
                below = line.strip()[len(CURRENT_USER) + 1 + len(key) :].lstrip("\\")
            elif found := re.fullmatch(r" {4}(.*?) {4}REG_\w+ {4}(.*?)\s*", line):
                name = "" if found[1] == "(Default)" else found[1]
                values[f"{below}\\{name}" if below else name] = found[2]
        return values

    def set_registry(self, key: str, name: str, value: str) -> None:
        done = self.run("reg", "add", f"{CURRENT_USER}\\{key}", "/v", name, "/d", value, "/f")
        assert done.returncode == 0, done.stderr

    def forget(self) -> None:
        """As if nothing of ours had ever been installed."""
        lines = ["Windows Registry Editor Version 5.00", ""]
        lines += [f"[-{CURRENT_USER}\\{key}]" for key in (UNINSTALL, PROTOCOL)]
        lines += [f'[{CURRENT_USER}\\{key}]\n"Shopbell"=-' for key in (RUN, RUN_ALLOWED)]
        file = self.prefix / "forget.reg"
        file.write_text("\n".join([*lines, ""]), "utf-16", newline="\r\n")
        self.run("reg", "import", file)
        for folder in (self.program, self.data):
            shutil.rmtree(folder, ignore_errors=True)
        for menu in (self.start_menu, self.desktop):
            with contextlib.suppress(FileNotFoundError):
                (menu / "Shopbell.lnk").unlink()


UNINSTALL = r"Software\Microsoft\Windows\CurrentVersion\Uninstall\Shopbell"
RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"
RUN_ALLOWED = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"
PROTOCOL = r"Software\Classes\shopbell"


def until(is_so: Callable[[], bool], otherwise: str, *, within: float = 30.0) -> None:
    ends = time.monotonic() + within
    while not is_so():
        assert time.monotonic() < ends, otherwise
        time.sleep(0.05)


def tree(folder: Path, without: Sequence[str] = ()) -> dict[str, bytes]:
    """Every file below ``folder``."""
    return {
        one.relative_to(folder).as_posix(): one.read_bytes()
        for one in sorted(folder.rglob("*"))
        if one.is_file() and one.relative_to(folder).as_posix() not in without
    }
