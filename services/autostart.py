"""Starting with the computer, in the background. The truth is what the system has, never a setting of ours.

Windows: a value under HKCU ``...\\Run``, which the task manager can switch off under ``StartupApproved``
(learn.microsoft.com, Run and RunOnce Registry Keys). macOS: a property list in ``~/Library/LaunchAgents``
(launchd.plist(5)). Linux: a file in the autostart folder of the desktop (freedesktop.org, Desktop Application
Autostart and Desktop Entry Specification). Each starts one program with ``--hidden``, for one user.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import plistlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from services import APP_ID
from services.errors import DiskFull, Invalid
from services.files import write_atomically
from services.paths import ENVIRONMENT

HIDDEN = "--hidden"
NAME = "Shopbell"
RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"
APPROVED = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"
AGENT = f"{APP_ID}.autostart"
ENTRY = "shopbell.desktop"
_OFF_BY_SYSTEM = 1
"""The lowest bit of the first byte under ``StartupApproved``."""


class Autostart(Protocol):
    """Of one installed program. Blocks for a moment; not for the GUI thread."""

    def is_on(self) -> bool:
        """Does the system start this very program? An entry that leads to another copy is none."""
        ...

    def turn(self, on: bool) -> None:
        """Raises Invalid (``no-autostart``) where the system does not let us, and DiskFull."""
        ...


class Registry(Protocol):
    """The part of HKEY_CURRENT_USER that is used. A value that is not there is None."""

    def text(self, key: str, name: str) -> str | None: ...
    def binary(self, key: str, name: str) -> bytes | None: ...
    def write(self, key: str, name: str, text: str) -> None: ...
    def remove(self, key: str, name: str) -> None:
        """No trouble when it is not there."""
        ...


@dataclass(frozen=True, slots=True)
class WindowsRun:
    program: Path
    registry: Registry

    @property
    def command(self) -> str:
        """Always in quotation marks: without them Windows would also try what stands before the first space.
        A path cannot contain one."""
        return f'"{self.program}" {HIDDEN}'

    def is_on(self) -> bool:
        try:
            kept = self.registry.text(RUN, NAME)
            approved = self.registry.binary(APPROVED, NAME)
        except OSError:
            return False
        is_switched_off = bool(approved and approved[0] & _OFF_BY_SYSTEM)
        return kept is not None and kept.lower() == self.command.lower() and not is_switched_off

    def turn(self, on: bool) -> None:
        with _ours():
            # What the owner says here is newer than what was said in the task manager.
            self.registry.remove(APPROVED, NAME)
            if on:
                self.registry.write(RUN, NAME, self.command)
            else:
                self.registry.remove(RUN, NAME)


@dataclass(frozen=True, slots=True)
class LaunchAgent:
    program: Path
    folder: Path
    """``~/Library/LaunchAgents``."""

    @property
    def file(self) -> Path:
        return self.folder / f"{AGENT}.plist"

    @property
    def command(self) -> list[str]:
        return [str(self.program), HIDDEN]

    def is_on(self) -> bool:
        try:
            document = plistlib.loads(self.file.read_bytes())
        except Exception:  # noqa: BLE001 - a damaged one raises whatever its reader stumbled over
            return False
        return (
            isinstance(document, dict)
            and document.get("ProgramArguments") == self.command
            and document.get("RunAtLoad") is True
            and not document.get("Disabled")
        )

    def turn(self, on: bool) -> None:
        with _ours():
            if not on:
                self.file.unlink(missing_ok=True)
                return
            self.folder.mkdir(parents=True, exist_ok=True)
            document = {
                "Label": AGENT,
                # Under this name it stands in the system's list of what starts by itself.
                "AssociatedBundleIdentifiers": APP_ID,
                "ProgramArguments": self.command,
                "RunAtLoad": True,
                "ProcessType": "Interactive",
                # In a session with a screen only, never over ssh.
                "LimitLoadToSessionType": "Aqua",
            }
            write_atomically(self.file, plistlib.dumps(document))


@dataclass(frozen=True, slots=True)
class DesktopEntry:
    program: Path
    folder: Path
    """``$XDG_CONFIG_HOME/autostart``."""

    @property
    def file(self) -> Path:
        return self.folder / ENTRY

    def is_on(self) -> bool:
        try:
            values = _entry_of(self.file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return (
            values.get("Exec") == self._exec()
            and values.get("Hidden", "false") != "true"
            # What GNOME's own list of programs writes when one is switched off there.
            and values.get("X-GNOME-Autostart-enabled", "true") != "false"
        )

    def turn(self, on: bool) -> None:
        with _ours():
            if not on:
                self.file.unlink(missing_ok=True)
                return
            self.folder.mkdir(parents=True, exist_ok=True)
            lines = (
                "[Desktop Entry]",
                "Type=Application",
                f"Name={NAME}",
                f"Exec={self._exec()}",
                "Icon=shopbell",
                "Terminal=false",
                "StartupNotify=false",
                "X-GNOME-Autostart-enabled=true",
                "",
            )
            write_atomically(self.file, "\n".join(lines).encode())

    def _exec(self) -> str:
        return f"{_quoted(str(self.program))} {HIDDEN}"


def _quoted(argument: str) -> str:
    """Quoted as an argument of ``Exec``, then escaped as any text of a desktop entry."""
    for sign in '\\"`$':
        argument = argument.replace(sign, f"\\{sign}")
    return '"' + argument.replace("\\", "\\\\").replace("\n", "\\n").replace("%", "%%") + '"'


def _entry_of(text: str) -> dict[str, str]:
    """The values of ``[Desktop Entry]``, as they stand in the file."""
    values: dict[str, str] = {}
    group = ""
    for line in text.splitlines():
        if line.startswith("["):
            group = line.strip()
        elif group == "[Desktop Entry]" and "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            values[name.strip()] = value.strip()
    return values


@contextlib.contextmanager
def _ours() -> Iterator[None]:
    """What the system says when it does not let us, in our words."""
    try:
        yield
    except DiskFull:
        raise
    except (OSError, UnicodeError) as error:
        raise Invalid("no-autostart", field="autostart") from error


def program_of(
    executable: str, environment: Mapping[str, str], *, is_frozen: bool, platform: str
) -> Path | None:
    """What the system would have to start; None where nothing is installed that will still be there then."""
    if not is_frozen:
        return None
    if platform == "linux" and environment.get("APPIMAGE"):
        # The program itself runs from a place that is gone when it ends.
        return Path(environment["APPIMAGE"])
    if platform == "darwin" and ("/AppTranslocation/" in executable or executable.startswith("/Volumes/")):
        # Opened from where it was downloaded to: macOS shows it under a path made for this one start.
        return None
    return Path(executable)


def find(
    profile: Path | None,
    *,
    environment: Mapping[str, str] | None = None,
    platform: str = sys.platform,
    executable: str = sys.executable,
    is_frozen: bool | None = None,
) -> Autostart | None:
    """The way of this system; None where it is not offered: the program is not installed, or it was started
    on a profile of the owner's choice, which would leave a trace outside that folder."""
    environment = os.environ if environment is None else environment
    if profile is not None or environment.get(ENVIRONMENT, "").strip():
        return None
    if is_frozen is None:
        is_frozen = bool(getattr(sys, "frozen", False))
    program = program_of(executable, environment, is_frozen=is_frozen, platform=platform)
    if program is None:
        return None
    if platform == "win32":
        return WindowsRun(program, UserRegistry())
    if platform == "darwin":
        return LaunchAgent(program, Path.home() / "Library" / "LaunchAgents")
    config = environment.get("XDG_CONFIG_HOME", "")
    # The specification wants a relative one to be left out of account.
    folder = Path(config) if config.startswith("/") else Path.home() / ".config"
    return DesktopEntry(program, folder / "autostart")


class UserRegistry:
    """HKEY_CURRENT_USER itself."""

    def __init__(self) -> None:
        # There is no such module elsewhere.
        self._reg: Any = importlib.import_module("winreg")

    def _value(self, key: str, name: str, kind: int) -> Any:
        try:
            with self._reg.OpenKey(self._reg.HKEY_CURRENT_USER, key) as opened:
                value, its_kind = self._reg.QueryValueEx(opened, name)
        except FileNotFoundError:
            return None
        return value if its_kind == kind else None

    def text(self, key: str, name: str) -> str | None:
        value: str | None = self._value(key, name, self._reg.REG_SZ)
        return value

    def binary(self, key: str, name: str) -> bytes | None:
        value: bytes | None = self._value(key, name, self._reg.REG_BINARY)
        return value

    def write(self, key: str, name: str, text: str) -> None:
        with self._reg.CreateKey(self._reg.HKEY_CURRENT_USER, key) as opened:
            self._reg.SetValueEx(opened, name, 0, self._reg.REG_SZ, text)

    def remove(self, key: str, name: str) -> None:
        try:
            with self._reg.OpenKey(self._reg.HKEY_CURRENT_USER, key, 0, self._reg.KEY_SET_VALUE) as opened:
                self._reg.DeleteValue(opened, name)
        except FileNotFoundError:
            return
