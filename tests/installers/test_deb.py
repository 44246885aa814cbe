"""The package for Debian and its kin, made of a stand-in for the packed program."""

from __future__ import annotations

import gzip
import signal
import subprocess
import tomllib
from pathlib import Path

import pytest

from services import updates
from tests.installers import debian
from tests.installers.conftest import need
from tests.installers.debian import PROJECT, Debian, field, make_folder, make_package, run

pytestmark = [pytest.mark.installers, pytest.mark.slow]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need(debian.missing())
    folder = tmp_path_factory.mktemp("deb")
    return make_package(make_folder(folder / "packed"), folder)


@pytest.fixture(scope="module")
def opened(package: Path) -> Path:
    """What is in it."""
    run("dpkg-deb", "--extract", package, package.parent / "opened")
    return package.parent / "opened"


@pytest.fixture
def system(package: Path, tmp_path: Path) -> Debian:
    return Debian(tmp_path / "root")


def test_it_is_what_debian_wants(package: Path, opened: Path) -> None:
    assert run("lintian", "--allow-root", "--fail-on", "warning", package) == ""
    assert run("desktop-file-validate", opened / "usr/share/applications/shopbell.desktop") == ""
    told = opened / "usr/share/metainfo/io.github.shopbell.Shopbell.metainfo.xml"
    assert "successful" in run("appstreamcli", "validate", "--no-net", told)
    assert "@" not in told.read_text("utf-8"), "something was not filled in"
    said = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert field(package, "Version") == said
    assert f'version="{said}"' in told.read_text("utf-8")
    manual = gzip.decompress((opened / "usr/share/man/man1/shopbell.1.gz").read_bytes()).decode()
    assert f"Shopbell {said}" in manual
    assert field(package, "Homepage") == updates.HOME
    assert f'<url type="homepage">{updates.HOME}</url>' in told.read_text("utf-8")
    assert "Permission is hereby granted" in (opened / "usr/share/doc/shopbell/copyright").read_text("utf-8")


def test_desktops_find_it(opened: Path) -> None:
    entry = (opened / "usr/share/applications/shopbell.desktop").read_text("utf-8")
    assert "MimeType=x-scheme-handler/shopbell;" in entry
    assert "Exec=shopbell %u" in entry
    command = opened / "usr/bin/shopbell"
    assert command.resolve() == (opened / "usr/lib/shopbell/shopbell").resolve()
    icons = opened / "usr/share/icons/hicolor"
    drawn = {one.relative_to(icons).as_posix() for one in icons.rglob("shopbell.*")}
    assert {"scalable/apps/shopbell.svg", "48x48/apps/shopbell.png", "256x256/apps/shopbell.png"} <= drawn


def test_it_asks_for_the_libraries_that_it_does_not_bring(package: Path, tmp_path: Path) -> None:
    def asked(*libraries: str) -> set[str]:
        folder = tmp_path / str(len(libraries))
        made = make_package(make_folder(folder / "packed", *libraries), folder)
        return {one.split()[0] for one in field(made, "Depends").split(",")}

    assert field(package, "Depends").startswith("libc6 (>= 2.")
    assert asked("libstdc++.so.6") == {"libc6", "libgcc-s1"}
    assert asked("libstdc++.so.6", "libgcc_s.so.1") == {"libc6"}


def test_the_same_folder_makes_the_same_package(tmp_path: Path) -> None:
    need(debian.missing())
    folder = make_folder(tmp_path / "packed")
    made = [
        make_package(folder, tmp_path / name, SOURCE_DATE_EPOCH="1750000000").read_bytes() for name in "ab"
    ]
    assert made[0] == made[1]


def test_removed_it_leaves_nothing_but_what_the_owner_has(package: Path, system: Debian) -> None:
    system.dpkg("--install", package)
    assert run(system.program, "0") == ""
    assert (system.root / "usr/bin/shopbell").resolve() == system.program.resolve()
    assert (system.root / "usr/share/applications/shopbell.desktop").exists()

    system.dpkg("--remove", "shopbell")
    assert (system.home / "shopbell.db").read_bytes() == b"what customers said"
    # Folders that the root did not have go with what was in them.
    assert system.left() == set()
    system.dpkg("--purge", "shopbell")
    assert (system.home / "shopbell.db").read_bytes() == b"what customers said"


@pytest.mark.parametrize("step", ["upgrade", "removal"])
def test_an_open_program_is_asked_to_end_first(package: Path, system: Debian, step: str) -> None:
    system.dpkg("--install", package)
    bystander = subprocess.Popen(["sleep", "300"])
    program = subprocess.Popen([str(system.program), "300"])
    try:
        if step == "upgrade":
            system.dpkg("--install", package)
        else:
            system.dpkg("--remove", "shopbell")
        assert program.wait(10) == -signal.SIGTERM
        assert bystander.poll() is None, "and nobody else"
    finally:
        for one in (program, bystander):
            one.kill()
            one.wait()
    assert system.program.exists() == (step == "upgrade")
    assert (system.home / "shopbell.db").exists()
