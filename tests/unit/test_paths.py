from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.errors import Invalid
from services.paths import Paths, locate

posix = pytest.mark.skipif(os.name == "nt", reason="folders have no mode on Windows")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@posix
def test_a_new_profile_is_for_its_owner_alone(tmp_path: Path) -> None:
    paths = Paths.open(tmp_path / "deep" / "profile")
    assert mode(paths.profile) == 0o700
    assert mode(paths.logs) == 0o700
    assert mode(paths.backups) == 0o700


@posix
def test_a_profile_that_others_can_look_into_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    Paths.open(tmp_path)
    assert mode(tmp_path) == 0o700


@posix
def test_a_folder_that_everybody_uses_is_left_as_it_is(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    with pytest.raises(Invalid) as caught:
        Paths.open(shared)
    assert caught.value.reason == "shared-folder"
    assert mode(shared) == 0o1777


def test_a_file_is_no_profile(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(Invalid) as caught:
            Paths.open(path)
        assert caught.value.reason == "not-a-folder"


@posix
@pytest.mark.parametrize(
    "folder", ["/media/nobody-here/USB/Shop", "/mnt/nobody-here/Shop", "/Volumes/USB/Shop"]
)
def test_where_the_disk_is_not_there_nothing_is_made(folder: str) -> None:
    with pytest.raises(Invalid) as caught:
        Paths.open(Path(folder))
    assert caught.value.reason == "disk-gone"
    assert not Path(folder).parent.exists()


@posix
def test_the_profile_of_another_user_is_left_alone(tmp_path: Path, project: Path) -> None:
    if os.getuid():
        pytest.skip("only root may become somebody else")
    shared = tmp_path / "shared"
    shared.mkdir()
    for folder in (shared, *list(shared.parents)[:3]):
        folder.chmod(0o755)
    Paths.open(shared / "profile")
    code = (
        "import os, sys; from pathlib import Path; from services.errors import Invalid\n"
        "from services.paths import Paths\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "try: Paths.open(Path(sys.argv[1]))\n"
        "except Invalid as error: print(error.reason)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(shared / "profile")],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "not-writable", done.stderr


def test_who_decides_where_the_profile_is(tmp_path: Path) -> None:
    environment = {"SHOPBELL_PROFILE": str(tmp_path / "from-environment")}
    assert locate(tmp_path / "given", environment) == tmp_path / "given"
    assert locate(None, environment) == tmp_path / "from-environment"
    default = locate(None, {})
    assert default.name == "Shopbell"
    assert default.parent.name != "Shopbell"
    assert locate(Path("~/there"), {}) == Path.home() / "there"
    assert locate(Path("relative"), {}).is_absolute()


def test_everything_is_inside_the_profile(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    for inside in (paths.database, paths.settings, paths.logs, paths.backups, paths.lock, paths.identity):
        assert tmp_path in inside.parents
    assert not list(tmp_path.iterdir())


def test_the_id_is_made_once_and_differs_between_profiles(tmp_path: Path) -> None:
    one, two = Paths.open(tmp_path / "one"), Paths.open(tmp_path / "two")
    assert one.profile_id() == one.profile_id() == Paths.open(tmp_path / "one").profile_id()
    assert one.profile_id() != two.profile_id()
    assert len(one.profile_id()) == 32


def test_a_moved_profile_keeps_its_id(tmp_path: Path) -> None:
    before = Paths.open(tmp_path / "before").profile_id()
    (tmp_path / "before").rename(tmp_path / "after")
    assert Paths.open(tmp_path / "after").profile_id() == before
    # Another profile at the old place changes nothing.
    other = Paths.open(tmp_path / "before").profile_id()
    assert other != before
    assert Paths.open(tmp_path / "after").profile_id() == before


def test_a_copied_profile_gets_an_id_of_its_own(tmp_path: Path) -> None:
    original = Paths.open(tmp_path / "original")
    before = original.profile_id()
    shutil.copytree(tmp_path / "original", tmp_path / "copy")
    copied = Paths.open(tmp_path / "copy").profile_id()
    assert copied != before
    assert Paths.open(tmp_path / "copy").profile_id() == copied
    assert original.profile_id() == before


def test_first_starts_at_the_same_time_agree(tmp_path: Path) -> None:
    paths = Paths.open(tmp_path / "profile")
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: paths.profile_id(), range(32)))
    assert len(ids) == 1
    assert sorted(path.name for path in paths.profile.iterdir() if path.is_file()) == ["profile-id.json"]


@pytest.mark.parametrize(
    "damaged", ["", "{", "[]", '{"id": 1, "folder": ""}', '{"id": "short", "folder": "x"}']
)
def test_a_damaged_id_is_replaced(tmp_path: Path, damaged: str) -> None:
    paths = Paths.open(tmp_path)
    paths.identity.write_text(damaged)
    fresh = paths.profile_id()
    assert len(fresh) == 32
    assert paths.profile_id() == fresh
