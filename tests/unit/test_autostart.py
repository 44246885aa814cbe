"""Starting with the computer, on each system: what is written, and what is read back as the truth."""

from __future__ import annotations

import os
import plistlib
import shlex
import shutil
import subprocess
import sys
import types
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from services.autostart import (
    APPROVED,
    HIDDEN,
    NAME,
    RUN,
    Autostart,
    DesktopEntry,
    LaunchAgent,
    UserRegistry,
    WindowsRun,
    find,
)
from services.errors import Invalid

ODD = 'Anna\'s "shop" $HOME `x` 100% \\ ü'


@dataclass
class Hive:
    """HKEY_CURRENT_USER in memory. ``is_locked``: as a company's rules lock it."""

    values: dict[tuple[str, str], str | bytes] = field(default_factory=dict)
    is_locked: bool = False

    def text(self, key: str, name: str) -> str | None:
        value = self.values.get((key, name))
        return value if isinstance(value, str) else None

    def binary(self, key: str, name: str) -> bytes | None:
        value = self.values.get((key, name))
        return value if isinstance(value, bytes) else None

    def write(self, key: str, name: str, text: str) -> None:
        if self.is_locked:
            raise PermissionError(5, "Access is denied")
        self.values[key, name] = text

    def remove(self, key: str, name: str) -> None:
        if self.is_locked:
            raise PermissionError(5, "Access is denied")
        self.values.pop((key, name), None)


def ways(program: Path, folder: Path) -> list[Autostart]:
    return [
        WindowsRun(program, Hive()),
        LaunchAgent(program, folder / "agents"),
        DesktopEntry(program, folder / "autostart"),
    ]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_on_and_off_again_leaves_nothing(tmp_path: Path, number: int) -> None:
    way = ways(tmp_path / "program" / "shopbell", tmp_path)[number]
    assert not way.is_on()
    way.turn(False)
    for _ in range(2):
        way.turn(True)
        assert way.is_on()
    way.turn(False)
    assert not way.is_on()
    assert not [one for one in tmp_path.rglob("*") if one.is_file()]
    if isinstance(way, WindowsRun):
        assert isinstance(way.registry, Hive)
        assert way.registry.values == {}


def test_an_entry_that_starts_another_copy_is_none_of_ours(tmp_path: Path) -> None:
    hive = Hive()
    pairs: list[tuple[Autostart, Autostart]] = [
        (WindowsRun(tmp_path / "old.exe", hive), WindowsRun(tmp_path / "new.exe", hive)),
        (LaunchAgent(tmp_path / "old", tmp_path), LaunchAgent(tmp_path / "new", tmp_path)),
        (DesktopEntry(tmp_path / "old", tmp_path), DesktopEntry(tmp_path / "new", tmp_path)),
    ]
    for old, new in pairs:
        old.turn(True)
        assert not new.is_on()
        new.turn(True)
        assert new.is_on()
        assert not old.is_on()


@pytest.mark.parametrize(
    "damaged", ["", "[Desktop Entry", "Exec=\0", "[Other]\nExec=x", "<plist><dict>", "ÿ"]
)
def test_a_file_that_makes_no_sense_is_off_and_can_be_replaced(tmp_path: Path, damaged: str) -> None:
    for way in (LaunchAgent(tmp_path / "shopbell", tmp_path), DesktopEntry(tmp_path / "shopbell", tmp_path)):
        way.file.write_bytes(damaged.encode("latin-1"))
        assert not way.is_on()
        way.turn(True)
        assert way.is_on()


# Windows


def test_the_path_is_in_quotation_marks_there() -> None:
    hive = Hive()
    way = WindowsRun(Path("C:/Program Files/Shopbell/Shopbell.exe"), hive)
    way.turn(True)
    command = hive.values[RUN, NAME]
    assert isinstance(command, str)
    assert command.startswith('"C:')
    assert command.endswith(f'Shopbell.exe" {HIDDEN}')


@pytest.mark.parametrize(("first_byte", "is_on"), [(2, True), (6, True), (3, False), (7, False)])
def test_what_was_switched_off_in_the_task_manager_is_off(first_byte: int, is_on: bool) -> None:
    hive = Hive()
    way = WindowsRun(Path("shopbell.exe"), hive)
    way.turn(True)
    hive.values[APPROVED, NAME] = bytes([first_byte]) + bytes(11)
    assert way.is_on() is is_on
    way.turn(True)
    assert way.is_on()


def test_an_answer_of_the_real_registry_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    """``winreg`` is only there on Windows; a stand-in with its functions takes its place."""
    values: dict[tuple[str, str], tuple[object, int]] = {}

    class Key:
        def __init__(self, name: str) -> None:
            self.name = name

        def __enter__(self) -> str:
            return self.name

        def __exit__(self, *_: object) -> None:
            return

    def query(key: str, name: str) -> tuple[object, int]:
        if (key, name) not in values:
            raise FileNotFoundError(2, name)
        return values[key, name]

    def delete(key: str, name: str) -> None:
        query(key, name)
        del values[key, name]

    winreg = types.SimpleNamespace(
        HKEY_CURRENT_USER=1,
        REG_SZ=1,
        REG_BINARY=3,
        KEY_SET_VALUE=2,
        OpenKey=lambda root, key, *more: Key(key),
        CreateKey=lambda root, key: Key(key),
        QueryValueEx=query,
        SetValueEx=lambda key, name, reserved, kind, value: values.update({(key, name): (value, kind)}),
        DeleteValue=delete,
    )
    monkeypatch.setitem(sys.modules, "winreg", winreg)
    way = WindowsRun(Path("shopbell.exe"), UserRegistry())
    assert not way.is_on()
    way.turn(True)
    assert way.is_on()
    values[APPROVED, NAME] = (b"\x03", 3)
    assert not way.is_on()
    values[APPROVED, NAME] = ("odd", 1)
    assert way.is_on()
    way.turn(False)
    assert values == {}


# macOS


def test_the_property_list_starts_the_program_once_hidden(tmp_path: Path) -> None:
    way = LaunchAgent(tmp_path / ODD / "Shopbell", tmp_path / "LaunchAgents")
    way.turn(True)
    document = plistlib.loads(way.file.read_bytes())
    assert document["ProgramArguments"] == [str(tmp_path / ODD / "Shopbell"), HIDDEN]
    assert document["RunAtLoad"] is True
    assert document["Label"] == way.file.stem
    assert "KeepAlive" not in document
    assert not way.file.stat().st_mode & 0o022
    way.file.write_bytes(plistlib.dumps({**document, "Disabled": True}))
    assert not way.is_on()


# Linux


@pytest.mark.parametrize("line", ["Hidden=true", "X-GNOME-Autostart-enabled=false"])
def test_what_the_desktop_switched_off_is_off(tmp_path: Path, line: str) -> None:
    way = DesktopEntry(tmp_path / "shopbell", tmp_path)
    way.turn(True)
    way.file.write_text(way.file.read_text("utf-8") + line + "\n", encoding="utf-8")
    assert not way.is_on()
    way.turn(True)
    assert way.is_on()


def test_the_desktop_takes_the_file(tmp_path: Path) -> None:
    check = shutil.which("desktop-file-validate")
    if check is None:
        pytest.skip("desktop-file-validate is not installed")
    way = DesktopEntry(tmp_path / ODD / "shopbell", tmp_path)
    way.turn(True)
    done = subprocess.run([check, str(way.file)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a desktop of Linux starts it")
def test_the_desktop_starts_this_very_program(tmp_path: Path) -> None:
    """By GLib's reader, with a path that needs every escape there is but one: GLib looks for a program whose
    path has a per cent sign under the wrong name."""
    launcher = shutil.which("gio")
    if launcher is None:
        pytest.skip("gio is not installed")
    folder = tmp_path / ODD.replace("%", "")
    folder.mkdir()
    program, said = folder / "shopbell", tmp_path / "said"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$0" "$@" > {shlex.quote(str(said))}.new\n'
                       f"mv {shlex.quote(str(said))}.new {shlex.quote(str(said))}\n")  # fmt: skip
    program.chmod(0o755)
    way = DesktopEntry(program, tmp_path / "autostart")
    way.turn(True)
    subprocess.run([launcher, "launch", str(way.file)], check=True, timeout=30, capture_output=True)
    for _ in range(500):
        if said.exists():
            break
        subprocess.run(["sleep", "0.02"], check=True)
    assert said.read_text("utf-8").splitlines() == [str(program), HIDDEN]


# where it is offered


def test_it_is_offered_to_an_installed_program_on_its_usual_profile_alone(tmp_path: Path) -> None:
    program = str(tmp_path / "shopbell")
    config = {"XDG_CONFIG_HOME": str(tmp_path)}

    def offered(profile: Path | None = None, *, is_frozen: bool = True, **environment: str) -> bool:
        found = find(
            profile,
            environment={**config, **environment},
            platform="linux",
            executable=program,
            is_frozen=is_frozen,
        )
        return found is not None

    assert offered()
    assert not offered(is_frozen=False)
    assert not offered(tmp_path / "portable")
    assert not offered(SHOPBELL_PROFILE=str(tmp_path))


def test_where_each_system_looks(tmp_path: Path) -> None:
    def on(platform: str, executable: str, **environment: str) -> Autostart | None:
        return find(None, environment=environment, platform=platform, executable=executable, is_frozen=True)

    linux = on("linux", "/opt/shopbell/shopbell", XDG_CONFIG_HOME=str(tmp_path))
    assert linux == DesktopEntry(Path("/opt/shopbell/shopbell"), tmp_path / "autostart")
    relative = on("linux", "/opt/shopbell/shopbell", XDG_CONFIG_HOME="config")
    assert isinstance(relative, DesktopEntry)
    assert relative.folder == Path.home() / ".config" / "autostart"
    kept = tmp_path / "Shopbell.AppImage"
    image = on("linux", str(tmp_path / ".mount_x" / "shopbell"), APPIMAGE=str(kept))
    assert isinstance(image, DesktopEntry)
    assert image.program == kept
    app = "/Applications/Shopbell.app/Contents/MacOS/Shopbell"
    mac = on("darwin", app)
    assert mac == LaunchAgent(Path(app), Path.home() / "Library" / "LaunchAgents")
    assert (
        on("darwin", "/private/var/folders/x/AppTranslocation/1/d/Shopbell.app/Contents/MacOS/Shopbell")
        is None
    )
    assert on("darwin", "/Volumes/Shopbell/Shopbell.app/Contents/MacOS/Shopbell") is None


def test_where_the_system_does_not_let_us_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    locked: list[Autostart] = [
        WindowsRun(tmp_path / "shopbell", Hive(is_locked=True)),
        LaunchAgent(tmp_path / "shopbell", tmp_path / "file"),
        DesktopEntry(tmp_path / "shopbell", tmp_path / "file" / "autostart"),
        DesktopEntry(tmp_path / os.fsdecode(b"\xff"), tmp_path / "autostart"),
    ]
    for way in locked:
        with pytest.raises(Invalid) as caught:
            way.turn(True)
        assert caught.value.reason == "no-autostart"
        assert not way.is_on()
