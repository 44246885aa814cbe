from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path

import pytest

from services.errors import Invalid
from services.settings import Settings, SettingsFile, check_value


@pytest.fixture
def file(tmp_path: Path) -> SettingsFile:
    return SettingsFile(tmp_path / "settings.json")


def test_defaults_pass_their_own_checks() -> None:
    for option in fields(Settings):
        assert check_value(option.name, option.default) == option.default


def test_without_a_file_everything_is_as_on_the_first_day(file: SettingsFile) -> None:
    assert file.load() == Settings()
    assert Settings().hold_s == 10
    assert Settings().target_s == 1800
    assert not file.path.exists()


def test_what_is_chosen_is_there_after_a_restart(file: SettingsFile) -> None:
    hours = ((("07:00", "18:00"),),) * 6 + ((),)
    file.update(
        shop_name="Rosie’s Bäckerei 🥐", quiet_hours=["22:00", "07:00"], opening_hours=hours, hold_s=0
    )
    again = SettingsFile(file.path).load()
    assert again.shop_name == "Rosie’s Bäckerei 🥐"
    assert again.quiet_hours == ("22:00", "07:00")
    assert again.opening_hours == hours
    assert again.hold_s == 0
    assert again == file.current


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("theme", "purple"),
        ("text_size", 101),
        ("hold_s", -1),
        ("hold_s", True),
        ("hold_s", "10"),
        ("hold_s", float("nan")),
        ("notifications", 1),
        ("quiet_hours", ["22:00"]),
        ("quiet_hours", ["22:00", "25:00"]),
        ("opening_hours", [[]]),
        ("shop_name", "x" * 201),
        ("shop_name", None),
        ("window_state", "<script>"),
        ("pane_widths", [1, -1]),
        ("no_such_thing", 1),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    file: SettingsFile, name: str, value: object
) -> None:
    file.update(shop_name="Rosie's")
    before = file.path.read_bytes()
    with pytest.raises(Invalid) as caught:
        file.update(owner_first_name="Rosie", **{name: value})
    assert caught.value.detail["field"] == name
    assert file.path.read_bytes() == before
    assert file.current.owner_first_name == ""


def test_unknown_keys_are_kept(file: SettingsFile) -> None:
    file.path.write_text(json.dumps({"of_a_later_version": [1, {"a": None}], "theme": "dark"}))
    assert file.load().theme == "dark"
    file.update(theme="light")
    assert json.loads(file.path.read_text())["of_a_later_version"] == [1, {"a": None}]


def test_what_another_process_changed_is_kept(file: SettingsFile) -> None:
    file.load()
    SettingsFile(file.path).update(shop_name="Rosie's")
    assert file.update(theme="dark").shop_name == "Rosie's"


@pytest.mark.expect_log("could not be read")
@pytest.mark.parametrize("broken", [b"", b"{", b"[1]", b"\xff\xfe\x00", b"[" * 100_000])
def test_a_broken_file_is_kept_aside(file: SettingsFile, broken: bytes) -> None:
    file.path.write_bytes(broken)
    assert file.load() == Settings()
    assert file.path.with_name("settings.json.broken").read_bytes() == broken
    file.update(theme="dark")
    assert SettingsFile(file.path).load().theme == "dark"


@pytest.mark.expect_log("hold_s holds a value that makes no sense")
def test_one_wrong_value_does_not_cost_the_others(file: SettingsFile) -> None:
    file.path.write_text(json.dumps({"hold_s": "soon", "theme": "dark"}))
    assert file.load() == Settings(theme="dark")


def test_many_threads_lose_nothing(file: SettingsFile) -> None:
    names = ["shop_name", "owner_first_name", "shop_url", "language", "last_closed"]
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda name: file.update(**{name: name}), names * 10))
    saved = SettingsFile(file.path).load()
    assert [getattr(saved, name) for name in names] == names
    assert [path.name for path in file.path.parent.iterdir()] == ["settings.json"]


@pytest.mark.skipif(os.name == "nt", reason="files have no mode on Windows")
def test_the_file_is_readable_by_its_owner_alone(file: SettingsFile) -> None:
    file.update(theme="dark")
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


_IN_A_SMALL_SPACE = """
import resource, signal, sys
from pathlib import Path
from services.errors import DiskFull
from services.settings import SettingsFile
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
try:
    SettingsFile(Path(sys.argv[1])).update(window_state="A" * 20_000)
except DiskFull:
    print("full")
"""


@pytest.mark.skipif(os.name == "nt", reason="no limits on the size of files here")
def test_a_full_disk_leaves_the_old_file(tmp_path: Path, project: Path) -> None:
    """The limit on the size of a file stands in for the disk; in a child, for it cannot be lifted again."""
    path = tmp_path / "settings.json"
    path.write_text('{"theme": "dark"}')
    command = [sys.executable, "-c", _IN_A_SMALL_SPACE, str(path)]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "full", done.stderr
    assert path.read_text() == '{"theme": "dark"}'
    assert [one.name for one in tmp_path.iterdir()] == ["settings.json"]
