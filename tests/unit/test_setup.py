"""The scripts behind ``make``: what they say where something is missing, and what they leave alone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
TOOLS = ("sh", "dirname", "uname", "cmp", "id", "cp", "rm", "mkdir")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the scripts do this on Linux only")


class Machine:
    """A copy of what setup needs, and a PATH with a few tools: no package manager and no network client."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir()
        for name in TOOLS:
            found = shutil.which(name)
            assert found, name
            (self.bin / name).symlink_to(found)
        for name in ("scripts/setup.sh", "scripts/apt.sh", "requirements/dev.txt"):
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copy(PROJECT / name, folder / name)

    def add_python(self) -> None:
        self.script("python3", f'exec {sys.executable} "$@"')

    def add_libraries(self, *, without: str = "") -> None:
        names = re.findall(r"^ +need (\S+) (\S+)$", (PROJECT / "scripts/setup.sh").read_text(), re.MULTILINE)
        assert len(names) > 20
        lines = [f"\t{name} (libc6,x86-64) => /lib/{name}" for name, package in names if package != without]
        self.script("ldconfig", "echo '" + "\n".join(lines) + "'")

    def add_installed_venv(self) -> None:
        (self.folder / ".venv" / "bin").mkdir(parents=True)
        (self.folder / ".venv" / "bin" / "python").symlink_to(sys.executable)
        shutil.copy(self.folder / "requirements/dev.txt", self.folder / ".venv" / "installed-lock.txt")

    def script(self, name: str, body: str) -> None:
        file = self.bin / name
        file.write_text(f"#!/bin/sh\n{body}\n")
        file.chmod(0o755)

    def setup(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.bin / "sh"), str(self.folder / "scripts/setup.sh"), *arguments],
            env={"PATH": str(self.bin), "HOME": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_second_setup_does_and_says_nothing(machine: Machine) -> None:
    machine.add_libraries()
    machine.add_installed_venv()
    done = machine.setup()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_missing_library_is_named_in_a_line_to_type(machine: Machine) -> None:
    machine.add_libraries(without="libxcb-cursor0")
    machine.add_installed_venv()
    done = machine.setup()
    assert done.returncode == 1
    assert "\n  sudo apt-get install --no-install-recommends libxcb-cursor0\n" in done.stderr


def test_missing_programs_of_tests_are_named_but_do_not_stop(machine: Machine) -> None:
    machine.add_libraries()
    machine.add_installed_venv()
    done = machine.setup("test")
    assert done.returncode == 0
    assert re.search(r"\n  sudo apt-get install .* gnome-keyring .*xvfb", done.stderr)


def test_without_python_it_says_what_to_do(machine: Machine) -> None:
    machine.script("python3", "exit 1")
    machine.add_libraries()
    done = machine.setup()
    assert done.returncode == 1
    assert done.stderr.startswith("Shopbell needs Python 3.11 or newer")


def test_a_changed_lock_is_installed_again(machine: Machine) -> None:
    machine.add_libraries()
    machine.add_python()
    machine.add_installed_venv()
    with (machine.folder / "requirements/dev.txt").open("w") as lock:
        lock.write("no-such-package-of-shopbell==1.0 --hash=sha256:" + "0" * 64 + "\n")
    python = machine.folder / ".venv" / "bin" / "python"
    python.unlink()
    calls = machine.folder / "calls"
    python.write_text(f'#!/bin/sh\n[ "$2" = pip ] && echo "$@" >>{calls}\nexit 0\n')
    python.chmod(0o755)
    done = machine.setup()
    assert done.returncode == 0, done.stderr
    assert "install --quiet" in calls.read_text()
    assert "--require-hashes -r requirements/dev.txt" in calls.read_text()
    assert machine.setup().stderr == ""


def test_an_unknown_level_is_wrong_usage(machine: Machine) -> None:
    assert "usage:" in machine.setup("everything").stderr


def test_the_wrapper_hands_on_arguments_and_exit_code_and_cleans_up() -> None:
    script = 'printf "%s|" "$HOME" "$XDG_RUNTIME_DIR" "$1" "$2"; exit 7'
    done = subprocess.run(
        ["bash", str(PROJECT / "scripts/with-keyring.sh"), "sh", "-c", script, "sh", "two words", "*"],
        capture_output=True,
        text=True,
        check=False,
    )
    home, runtime, first, second, _ = done.stdout.split("|")
    assert (done.returncode, first, second) == (7, "two words", "*")
    assert home != os.environ["HOME"]
    assert not Path(home).exists()
    assert not Path(runtime).exists()


def test_a_server_that_cannot_be_installed_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    for name in ("setup-servers.sh", "apt.sh"):
        shutil.copy(PROJECT / "scripts" / name, tmp_path / "scripts" / name)
    for name, code in (("broken", 1), ("good", 0)):
        folder = tmp_path / "tests" / "servers" / name
        folder.mkdir(parents=True)
        (folder / "install.sh").write_text(f"touch {folder}/ran\nexit {code}\n")
    done = subprocess.run(
        ["sh", str(tmp_path / "scripts/setup-servers.sh")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == 'The server "broken" could not be installed, so its tests have none.\n'
    assert (tmp_path / "tests/servers/good/ran").exists()


@pytest.mark.parametrize("failing", ["", "test", "package", "test-servers"])
def test_the_full_check_runs_everything_and_fails_with_any(tmp_path: Path, failing: str) -> None:
    (tmp_path / ".ci").mkdir()
    (tmp_path / "bin").mkdir()
    shutil.copy(PROJECT / ".ci/run", tmp_path / ".ci/run")
    make = tmp_path / "bin" / "make"
    make.write_text(f'#!/bin/sh\necho "$* $SHOPBELL_SERVERS$PACKAGE_TEST"\n[ "$1" != "{failing}" ]\n')
    make.chmod(0o755)
    done = subprocess.run(
        ["bash", str(tmp_path / ".ci/run")],
        env={"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "test \npackage package-test required\ntest-servers required\n"
    assert done.returncode == (1 if failing else 0)
