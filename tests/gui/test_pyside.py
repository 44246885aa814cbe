"""Loading PySide6 without compiling and reading what need not be, in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
CHILD = """
import builtins, json, sys
compiled = []
original = builtins.compile
def watched(source, filename, *rest, **more):
    if str(filename).startswith("shibokensupport/"):
        compiled.append(filename)
    return original(source, filename, *rest, **more)
builtins.compile = watched
from gui import pyside
flags = getattr(sys, "getdlopenflags", int)()
pyside.load()
assert builtins.compile is watched
assert getattr(sys, "getdlopenflags", int)() == flags
assert "argparse" not in sys.modules, "what PySide6 has for its developers was read"
from PySide6.QtCore import QObject, Signal
class One(QObject):
    said = Signal(str)
heard = []
one = One()
one.said.connect(heard.append)
one.said.emit("yes")
import linecache, gui.geometry
read = [name for name in linecache.cache if name.endswith("geometry.py")]
print(json.dumps({"compiled": len(compiled), "read": read, "heard": heard}))
"""


def start(cache: Path) -> dict[str, object]:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    said = subprocess.run(
        [sys.executable, "-c", CHILD],
        cwd=PROJECT,
        env={**env, "PYTHONPYCACHEPREFIX": str(cache)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return dict(json.loads(said.stdout))


def test_what_is_compiled_once_is_kept(tmp_path: Path) -> None:
    first = start(tmp_path)
    assert first["compiled"]
    assert start(tmp_path) == {"compiled": 0, "read": [], "heard": ["yes"]}


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    start(tmp_path)
    (kept,) = tmp_path.rglob("*.embedded")
    kept.write_bytes(b"rubbish")
    assert start(tmp_path)["compiled"]
    assert start(tmp_path)["compiled"] == 0


def test_code_of_another_version_is_not_used(tmp_path: Path) -> None:
    import marshal

    start(tmp_path)
    (kept,) = tmp_path.rglob("*.embedded")
    found = marshal.loads(kept.read_bytes())
    kept.write_bytes(marshal.dumps({name: (digest ^ 1, code) for name, (digest, code) in found.items()}))
    assert start(tmp_path)["compiled"] == len(found)


def test_where_nothing_may_be_written_it_works_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    assert start(tmp_path / "file")["heard"] == ["yes"]
