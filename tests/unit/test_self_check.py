"""The program's check of itself: says yes where all is there, and names what is not."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from services import self_check
from services.self_check import NotWell, examine, inventory, report
from services.tls_trial import trial_server

PROJECT = Path(__file__).resolve().parents[2]
CHECKED = {
    "modules", "libraries", "channels", "resources", "sounds", "replies", "sqlite", "database",
    "certificates", "tls", "keyring", "triage", "qt", "icons", "styles", "translations",
}  # fmt: skip


def run(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The check of the program in ``folder``, as on a machine without a screen."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if "DISPLAY" not in name and not name.startswith("QT_")
    }
    return subprocess.run(
        [sys.executable, str(folder / "main.py"), "--self-check", *words],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def wrong(document: dict[str, object]) -> dict[str, str]:
    checks = document["checks"]
    assert isinstance(checks, list)
    return {check["name"]: check["detail"] for check in checks if not check["ok"]}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The program elsewhere, to take pieces out of."""
    for name in ("services", "gui", "resources"):
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "main.py", tmp_path)
    return tmp_path


def test_all_is_well_here_without_a_screen() -> None:
    done = run(PROJECT, "--json")
    document = json.loads(done.stdout)
    assert {check["name"] for check in document["checks"]} == CHECKED
    # Where the tests run without a private key store there is none, and that is said.
    is_kept = os.environ.get("SHOPBELL_TEST_KEYRING") == "1"
    assert set(wrong(document)) == (set() if is_kept else {"keyring"}), done.stdout
    assert (done.returncode, document["ok"]) == ((0, True) if is_kept else (1, False))


def test_it_reads_like_a_list() -> None:
    made = subprocess.run(
        [sys.executable, str(PROJECT / "main.py"), "--help"], capture_output=True, text=True, check=True
    )
    assert "--self-check" in made.stdout
    document = {"version": "1.2", "python": "3.14", "system": "Plan9"}
    checks = [{"name": "tls", "ok": True, "detail": "fine"}, {"name": "qt", "ok": False, "detail": "gone"}]
    lines = self_check.for_people({**document, "checks": checks}).splitlines()
    assert lines == ["Shopbell 1.2, Python 3.14, Plan9", "ok  tls          fine", "NOT qt           gone"]


def test_what_is_missing_is_named(copy: Path) -> None:
    (copy / "resources/triage/model.bin").unlink()
    (copy / "resources/sounds/bell.wav").unlink()
    (copy / "resources/icons/bell.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (copy / "resources/replies/en.json").write_text('{"templates": []}')
    (copy / "resources/translations").mkdir()
    (copy / "resources/translations/shopbell_de.qm").write_bytes(b"not one")
    names = {"modules": ["services.lost"], "files": ["resources/triage/model.bin"]}
    (copy / "inventory.json").write_text(json.dumps(names))
    done = run(copy, "--json")
    assert done.returncode == 1
    found = wrong(json.loads(done.stdout))
    found.pop("keyring", None)
    assert set(found) == {
        "modules",
        "channels",
        "resources",
        "sounds",
        "replies",
        "triage",
        "icons",
        "translations",
    }
    assert "services.lost" in found["modules"]
    assert "model.bin" in found["resources"]
    assert "bell.svg" in found["icons"]
    assert "shopbell_de.qm" in found["translations"]
    for name in found:
        assert name in done.stderr


def test_a_channel_that_stayed_behind_is_named(copy: Path) -> None:
    (copy / "inventory.json").write_text(json.dumps(inventory(copy)))
    (copy / "services/channels/feeds.py").unlink()
    found = wrong(json.loads(run(copy, "--json").stdout))
    assert "services.channels.feeds" in found["modules"]
    assert "services.channels.feeds" in found["channels"]


def test_a_library_too_few_or_too_many_is_named(tmp_path: Path) -> None:
    (tmp_path / "nh3.py").write_text("raise ImportError('left out')")
    (tmp_path / "keyrings").mkdir()
    (tmp_path / "keyrings" / "__init__.py").touch()
    found = wrong(json.loads(run(PROJECT, "--json", PYTHONPATH=str(tmp_path)).stdout))
    assert "nh3 (left out)" in found["libraries"]
    assert "keyrings.alt" in found["libraries"]


def test_without_qt_the_rest_is_looked_at_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "PySide6").mkdir()
    (tmp_path / "PySide6" / "__init__.py").write_text("raise ImportError('libQt6Core is missing')")
    done = run(PROJECT, "--json", PYTHONPATH=str(tmp_path))
    document = json.loads(done.stdout)
    assert done.returncode == 1
    assert wrong(document)["qt"] == "libQt6Core is missing"
    assert len(document["checks"]) > 10
    assert "Traceback" not in done.stderr
    assert "please install Shopbell again" in done.stderr


def test_a_missing_key_store_is_not_blamed_on_the_program() -> None:
    assert "key store" in self_check.remedy(["keyring"])
    assert "install Shopbell again" not in self_check.remedy(["keyring"])
    both = self_check.remedy(["tls", "keyring"])
    assert "key store" in both
    assert "install Shopbell again" in both


def test_a_key_store_that_protects_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text(
        "from keyring.backend import KeyringBackend\n"
        "class Keyring(KeyringBackend):\n"
        "    priority = 9\n"
        "    def get_password(self, service, name): return None\n"
        "    def set_password(self, service, name, word): ...\n"
        "    def delete_password(self, service, name): ...\n"
    )
    environment = {"PYTHONPATH": str(tmp_path), "PYTHON_KEYRING_BACKEND": "plain.Keyring"}
    found = wrong(json.loads(run(PROJECT, "--json", **environment).stdout))
    assert found == {"keyring": "missing: plain.Keyring"}


def test_whatever_a_check_raises_is_a_finding(capsys: pytest.CaptureFixture[str]) -> None:
    def fails() -> str:
        raise NotWell("no feet")

    def breaks() -> str:
        raise ZeroDivisionError("by nought")

    document = examine([("feet", fails), ("sums", breaks)])
    found = wrong(document)
    assert (found["feet"], found["sums"]) == ("no feet", "ZeroDivisionError: by nought")
    assert report(document, as_json=False) == 1
    said = capsys.readouterr()
    assert "NOT feet         no feet" in said.out.splitlines()
    assert "feet, sums" in said.err


def test_a_program_without_a_console_still_has_an_exit_code() -> None:
    code = (
        "import sys; sys.stdout = sys.stderr = None\n"
        "from services.self_check import report\n"
        "sys.exit(report({'version': '', 'python': '', 'system': '', 'checks': ["
        "{'name': 'x', 'ok': False, 'detail': ''}]}, as_json=False))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False, timeout=60)
    assert done.returncode == 1


def test_the_certificate_of_the_trial_is_worth_nothing_elsewhere(tmp_path: Path) -> None:
    with trial_server(tmp_path) as (first, authority), trial_server(tmp_path) as (second, other):
        assert first != second
        assert authority == other
    assert sorted(file.name for file in tmp_path.iterdir()) == ["authority.pem", "server.pem"]


def test_every_library_of_the_program_is_looked_for() -> None:
    """Those of one system stand in the table of that system."""
    ours = {"services", "gui", "main"}
    used = set()
    for top in ("services", "gui"):
        for file in (PROJECT / top).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    used |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    used.add(node.module.partition(".")[0])
    used -= ours | set(sys.stdlib_module_names) | {"PySide6", "shiboken6"}
    tables = (self_check._LIBRARIES, *self_check._LIBRARIES_OF.values())
    assert used - {name.partition(".")[0] for table in tables for name in table} == set()


def test_the_inventory_of_a_folder_is_what_is_in_it(tmp_path: Path) -> None:
    for name in ("services/a/__init__.py", "services/a/b.py", "gui/c.py", "resources/d/e.svg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert inventory(tmp_path) == {
        "modules": ["gui.c", "services.a", "services.a.b"],
        "files": ["resources/d/e.svg"],
        "words": [],
    }
