"""The setup for Windows, under Debian's wine, with a stand-in for the program."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.installers.wine import (
    PROJECT,
    PROTOCOL,
    RUN,
    RUN_ALLOWED,
    UNINSTALL,
    Wine,
    make_folder,
    tree,
    until,
)

pytestmark = [pytest.mark.installers, pytest.mark.slow]
Setups = tuple[Path, Path]

DONE, FAILED, STILL_OPEN, NEWER_IS_THERE, WINDOWS_TOO_OLD = 0, 2, 3, 4, 5


def install(windows: Wine, setup: Path, *switches: str) -> int:
    return windows.run(setup, "/S", *switches).returncode


def started(windows: Wine) -> list[str]:
    """How the stand-in was started so far: version and arguments."""
    file = windows.data / "started.txt"
    if not file.exists():
        return []
    return [line.strip() for line in file.read_text("utf-16-le").splitlines()]


def open_program(windows: Wine) -> None:
    before = len(started(windows))
    windows.begin(windows.program / "Shopbell.exe")
    until(lambda: len(started(windows)) > before, "the program does not start")


def made_for(setup: Path, version: str) -> dict[str, bytes]:
    return tree(setup.parent / f"program-{version}")


def keep_data(windows: Wine) -> dict[str, bytes]:
    (windows.data / "backups").mkdir(parents=True)
    (windows.data / "shopbell.db").write_bytes(b"what customers said")
    (windows.data / "backups" / "monday.zip").write_bytes(b"and again")
    return tree(windows.data)


def test_a_first_setup_brings_the_program_and_tells_windows(windows: Wine, setups: Setups) -> None:
    assert install(windows, setups[0]) == DONE
    assert tree(windows.program, without=["Uninstall.exe"]) == made_for(setups[0], "1.0.0")
    assert sorted(one.name for one in windows.program.iterdir()) == [
        "Shopbell.exe",
        "Uninstall.exe",
        "_internal",
    ]
    place = windows.windows(windows.program)
    told = windows.registry(UNINSTALL)
    size = int(told.pop("EstimatedSize"), 16)
    assert told == {
        "DisplayName": "Shopbell",
        "DisplayVersion": "1.0.0",
        "DisplayIcon": f"{place}\\Shopbell.exe,0",
        "Publisher": "The Shopbell authors",
        "InstallLocation": place,
        "UninstallString": f'"{place}\\Uninstall.exe"',
        "QuietUninstallString": f'"{place}\\Uninstall.exe" /S',
        "NoModify": "0x1",
        "NoRepair": "0x1",
    }
    really = sum(map(len, tree(windows.program).values())) / 1024
    assert really * 0.9 < size < really * 1.1
    assert windows.registry(PROTOCOL) == {
        "": "URL:Shopbell",
        "URL Protocol": "",
        "DefaultIcon\\": f"{place}\\Shopbell.exe,0",
        "shell\\open\\command\\": f'"{place}\\Shopbell.exe" "%1"',
    }
    shortcut = (windows.start_menu / "Shopbell.lnk").read_bytes()
    assert f"{place}\\Shopbell.exe".encode("utf-16-le") in shortcut
    # What nobody asked for.
    assert "Shopbell" not in windows.registry(RUN)
    assert not (windows.desktop / "Shopbell.lnk").exists()
    assert not windows.data.exists(), "a silent setup starts nothing that was not open before"


def test_the_shortcut_is_given_the_id_of_our_notifications(windows: Wine, setups: Setups) -> None:
    """wine keeps no properties of shortcuts; it says what it was asked to keep."""
    said = windows.run(setups[0], "/S", debug="+shell,+ole").stderr
    steps = ("IPersistFile_fnLoad", "{9F4C2855-9F79-4B39-A8D0-E1D42DE1D5F3}", "propertystore_SetValue")
    places = [said.find(step) for step in (*steps, "propertystore_Commit")]
    assert -1 not in places
    assert places == sorted(places)
    assert said.rfind("IPersistFile_fnSave") > places[-1], "and it is written"


def test_a_link_starts_the_program_with_it(windows: Wine, setups: Setups) -> None:
    install(windows, setups[0])
    # Windows shows what a user registers among what all of them have; this wine does not.
    for_all = f"HKEY_LOCAL_MACHINE\\{PROTOCOL}"
    windows.run("reg", "copy", f"HKEY_CURRENT_USER\\{PROTOCOL}", for_all, "/s", "/f")
    windows.run("start", "shopbell:conversation/12")
    until(lambda: started(windows) != [], "nothing was started")
    windows.run("reg", "delete", for_all, "/f")
    assert started(windows) == ['1.0.0 "shopbell:conversation/12"']
    windows.run(windows.program / "Shopbell.exe", "--quit")
    until(lambda: (windows.data / "saved.txt").exists(), "it does not end")


def test_the_choices_are_kept_by_an_upgrade_and_can_be_changed(windows: Wine, setups: Setups) -> None:
    first, second = setups
    install(windows, first, "/AUTOSTART=yes", "/DESKTOP=yes")
    command = f'"{windows.windows(windows.program)}\\Shopbell.exe" --hidden'
    assert windows.registry(RUN)["Shopbell"] == command
    assert (windows.desktop / "Shopbell.lnk").exists()
    windows.set_registry(RUN_ALLOWED, "Shopbell", "switched off in the task manager")

    assert install(windows, second) == DONE
    assert windows.registry(RUN)["Shopbell"] == command
    assert (windows.desktop / "Shopbell.lnk").exists()
    assert "Shopbell" in windows.registry(RUN_ALLOWED), "the owner's word in the task manager"

    assert install(windows, second, "/AUTOSTART=no", "/DESKTOP=no") == DONE
    assert "Shopbell" not in windows.registry(RUN)
    assert "Shopbell" not in windows.registry(RUN_ALLOWED)
    assert not (windows.desktop / "Shopbell.lnk").exists()


def test_an_upgrade_over_the_open_program(windows: Wine, setups: Setups) -> None:
    """It is asked to quit and saves, the new one takes its place whole, and rings on."""
    first, second = setups
    install(windows, first)
    kept = keep_data(windows)
    open_program(windows)

    assert install(windows, second) == DONE
    assert (windows.data / "saved.txt").read_text("utf-16-le").strip() == "1.0.0"
    assert tree(windows.program, without=["Uninstall.exe"]) == made_for(second, "1.1.0")
    assert windows.registry(UNINSTALL)["DisplayVersion"] == "1.1.0"
    until(lambda: len(started(windows)) == 3, "it was not opened again")
    assert started(windows) == ["1.0.0", "1.0.0 --quit", "1.1.0 --hidden"]
    assert {name: tree(windows.data)[name] for name in kept} == kept
    windows.run(windows.program / "Shopbell.exe", "--quit")
    until(lambda: "1.1.0" in (windows.data / "saved.txt").read_text("utf-16-le"), "it does not end")


def test_a_program_that_does_not_end_stays_as_it_is(windows: Wine, setups: Setups) -> None:
    first, second = setups
    install(windows, first)
    windows.data.mkdir()
    (windows.data / "stubborn").write_text("")
    open_program(windows)
    before = tree(windows.program)

    assert install(windows, second) == STILL_OPEN
    assert tree(windows.program) == before
    assert windows.registry(UNINSTALL)["DisplayVersion"] == "1.0.0"
    # Told its folder it stays where it is, and its exit code is to be had.
    here = f"_?={windows.windows(windows.program)}"
    assert windows.run(windows.program / "Uninstall.exe", "/S", here).returncode == STILL_OPEN
    assert tree(windows.program) == before, "and the uninstaller leaves it alone"
    (windows.data / "stubborn").unlink()
    until(lambda: (windows.data / "saved.txt").exists(), "it does not end")


def test_where_the_new_one_cannot_take_the_place_the_old_one_is_put_back(
    windows: Wine, setups: Setups
) -> None:
    first, second = setups
    install(windows, first)
    before = tree(windows.program)
    # A file where the setup wants a folder, of a kind it does not sweep up.
    (windows.program / "outgoing").write_text("in the way")

    assert install(windows, second) == FAILED
    (windows.program / "outgoing").unlink()
    assert tree(windows.program) == before
    assert windows.registry(UNINSTALL)["DisplayVersion"] == "1.0.0"

    # What was held for a moment only is waited for.
    (windows.program / "outgoing").write_text("in the way")
    done = windows.begin(second, "/S")
    until((windows.program / "incoming" / "Shopbell.exe").exists, "nothing is unpacked")
    (windows.program / "outgoing").unlink()
    assert done.wait(60) == DONE
    assert tree(windows.program, without=["Uninstall.exe"]) == made_for(second, "1.1.0")

    (windows.program / "incoming").mkdir()
    (windows.program / "incoming" / "half.txt").write_text("of a setup that was interrupted")
    assert install(windows, second) == DONE
    assert tree(windows.program, without=["Uninstall.exe"]) == made_for(second, "1.1.0")


@pytest.mark.skipif(
    getattr(os, "geteuid", int)() != 0 or os.name == "nt", reason="only root may make a small disk"
)
def test_a_disk_that_is_full_leaves_the_program_that_was_there(windows: Wine, setups: Setups) -> None:
    first, second = setups
    disk = windows.prefix / "drive_c" / "Small"
    disk.mkdir()
    room = 1024 * (sum(map(len, made_for(first, "1.0.0").values())) // 1024 + 200)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={room}", "tmpfs", str(disk)], check=True)
    try:
        assert install(windows, first, "/D=C:\\Small") == DONE
        before = tree(disk)
        (disk / "filling.bin").write_bytes(bytes(shutil.disk_usage(disk).free - 20_000))

        assert install(windows, second) == FAILED
        assert {name: content for name, content in tree(disk).items() if name != "filling.bin"} == before
        assert windows.registry(UNINSTALL)["DisplayVersion"] == "1.0.0"

        (disk / "filling.bin").unlink()
        assert install(windows, second) == DONE
        assert (disk / "Shopbell" / "_internal" / "version.txt").read_text() == "1.1.0"
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_an_older_one_does_not_take_the_place_of_a_newer_one(windows: Wine, setups: Setups) -> None:
    first, second = setups
    install(windows, second)
    assert install(windows, first) == NEWER_IS_THERE
    assert windows.registry(UNINSTALL)["DisplayVersion"] == "1.1.0"
    assert tree(windows.program, without=["Uninstall.exe"]) == made_for(second, "1.1.0")


def test_a_windows_that_is_too_old_is_told_so(windows: Wine, setups: Setups) -> None:
    windows.pretend("win7")
    try:
        assert install(windows, setups[0]) == WINDOWS_TOO_OLD
    finally:
        windows.pretend("win10")
    assert not windows.program.exists()


def test_a_folder_of_other_things_gets_a_folder_of_ours(windows: Wine, setups: Setups) -> None:
    tools = windows.prefix / "drive_c" / "Tools"
    tools.mkdir()
    (tools / "other.txt").write_text("not ours")
    assert install(windows, setups[0], "/D=" + windows.windows(tools)) == DONE
    assert windows.registry(UNINSTALL)["InstallLocation"] == "C:\\Tools\\Shopbell"
    (tools / "Shopbell" / "notes.txt").write_text("the owner's own")

    assert install(windows, setups[1]) == DONE, "an upgrade finds it"
    assert (tools / "Shopbell" / "_internal" / "version.txt").read_text() == "1.1.0"
    assert not windows.program.exists()

    windows.run(tools / "Shopbell" / "Uninstall.exe", "/S")
    until(lambda: not windows.registry(UNINSTALL), "the uninstaller goes on")
    assert tree(tools) == {"other.txt": b"not ours", "Shopbell/notes.txt": b"the owner's own"}


@pytest.mark.parametrize(
    ("switches", "stays"), [((), True), (("/DATA=keep",), True), (("/DATA=delete",), False)]
)
def test_the_uninstaller_leaves_nothing_but_the_data_unless_told_otherwise(
    windows: Wine, setups: Setups, switches: tuple[str, ...], *, stays: bool
) -> None:
    install(windows, setups[0], "/AUTOSTART=yes", "/DESKTOP=yes")
    kept = keep_data(windows)
    # Where the stand-in says that it was asked to empty the key store.
    signed_out = windows.program.parent / "signed-out.txt"
    windows.uninstall(*switches)
    assert signed_out.exists() != stays
    signed_out.unlink(missing_ok=True)
    assert not windows.program.exists()
    assert not (windows.start_menu / "Shopbell.lnk").exists()
    assert not (windows.desktop / "Shopbell.lnk").exists()
    assert windows.registry(PROTOCOL) == {}
    assert "Shopbell" not in windows.registry(RUN)
    assert windows.data.exists() == stays
    if stays:
        assert tree(windows.data) == kept


def test_made_of_what_was_packed_on_windows(windows: Wine, tmp_path: Path) -> None:
    """The script of a release, and the version from where it is said."""
    make_folder(tmp_path / "Shopbell", "any")
    packed = shutil.make_archive(str(tmp_path / "shopbell-windows-x64"), "zip", tmp_path, "Shopbell")
    done = subprocess.run(
        ["sh", str(PROJECT / "scripts" / "windows-setup.sh"), packed, str(tmp_path)],
        env={**os.environ, "QUICK": "1"},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    setup = tmp_path / f"shopbell-{said}-setup.exe"
    assert done.stdout.strip() == str(setup)
    assert install(windows, setup) == DONE
    assert windows.registry(UNINSTALL)["DisplayVersion"] == said
    assert (windows.program / "_internal" / "version.txt").read_text() == "any"
    assert said.encode("utf-16-le") in setup.read_bytes(), "the file says it of itself"
