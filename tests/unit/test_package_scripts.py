"""The scripts that pack and try the program: what they say where something is missing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
TOOLS = ("sh", "dirname", "echo", "tr", "id", "uname")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the scripts are for Linux")


class Machine:
    """The scripts, and a PATH with little more than a shell."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir()
        for name in TOOLS:
            found = shutil.which(name)
            assert found, name
            (self.bin / name).symlink_to(found)
        (folder / "scripts").mkdir()
        for name in ("apt.sh", "package-test.sh", "package.sh"):
            shutil.copy(PROJECT / "scripts" / name, folder / "scripts")

    def add(self, name: str, body: str = "exit 0") -> None:
        (self.bin / name).unlink(missing_ok=True)
        (self.bin / name).write_text(f"#!/bin/sh\n{body}\n")
        (self.bin / name).chmod(0o755)

    def add_program(self) -> None:
        program = self.folder / "build/package/dist/shopbell/shopbell"
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)

    def run(self, script: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.bin / "sh"), str(self.folder / "scripts" / script)],
            env={"PATH": str(self.bin), "HOME": str(self.folder), **more},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_without_a_packed_program_it_says_how_to_make_one(machine: Machine) -> None:
    done = machine.run("package-test.sh")
    assert (done.returncode, done.stderr) == (1, "There is no packed program yet: make package\n")


def test_on_another_system_it_is_skipped_and_says_so(machine: Machine) -> None:
    machine.add_program()
    done = machine.run("package-test.sh")
    assert done.returncode == 0
    assert done.stderr == "package-test skipped: this needs Debian, Ubuntu or their kin.\n"


def test_where_it_is_required_a_skip_is_a_failure(machine: Machine) -> None:
    machine.add_program()
    assert machine.run("package-test.sh", PACKAGE_TEST="required").returncode == 1


def test_without_the_right_to_it_says_the_line_to_type(machine: Machine) -> None:
    machine.add_program()
    machine.add("apt-get")
    machine.add("id", "echo 1000")
    done = machine.run("package-test.sh")
    assert done.returncode == 0
    assert done.stderr == "package-test skipped: this must run as root: sudo make package-test\n"


def test_where_no_root_can_be_made_it_says_so(machine: Machine) -> None:
    machine.add_program()
    machine.add("apt-get")
    machine.add("id", "echo 0")
    machine.add("unshare", "exit 1")
    done = machine.run("package-test.sh")
    assert done.stderr == "package-test skipped: no root of its own may be made here.\n"


def test_packing_on_another_system_says_how(machine: Machine) -> None:
    machine.add("uname", "echo Darwin")
    done = machine.run("package.sh")
    assert done.returncode == 1
    assert done.stderr.startswith("This packs for Linux. On Windows and macOS: python scripts/pack.py")


def test_the_system_without_python_gets_what_the_folder_expects() -> None:
    """Debian's packages of the libraries that are not packed, and so a trial whether they are enough."""
    from scripts.packing import debian_packages

    script = (PROJECT / "scripts/package-test.sh").read_text(encoding="utf-8")
    (expected,) = [line for line in script.splitlines() if line.startswith("EXPECTED=")]
    assert sorted(expected.removeprefix('EXPECTED="').rstrip('"').split()) == debian_packages()
