"""The packaged program: what its specification takes along, and what it leaves to the programs it starts."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from main import give_back_library_path

PROJECT = Path(__file__).resolve().parents[2]
SPEC = (PROJECT / "pyinstaller.spec").read_text(encoding="utf-8")


def strings() -> set[str]:
    return {
        one.value
        for one in ast.walk(ast.parse(SPEC))
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    }


def test_every_file_that_is_read_at_run_time_is_taken_along() -> None:
    """Modules are found by themselves; other files beside them must be named."""
    folders = {
        file.parent.relative_to(PROJECT).as_posix()
        for top in ("services", "gui")
        for file in (PROJECT / top).rglob("*")
        if file.is_file() and file.suffix != ".py" and "__pycache__" not in file.parts
    }
    assert "services/store/migrations" in folders
    assert folders <= strings()
    assert {"pyproject.toml", "LICENSE"} <= strings()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"LD_LIBRARY_PATH": "/app", "A": "b"}, {"A": "b"}),
        ({"LD_LIBRARY_PATH": "/app:/mine", "LD_LIBRARY_PATH_ORIG": "/mine"}, {"LD_LIBRARY_PATH": "/mine"}),
        ({}, {}),
    ],
)
def test_started_programs_get_the_libraries_of_the_system(
    before: dict[str, str], after: dict[str, str]
) -> None:
    give_back_library_path(before)
    # Without it the child that reads feeds would take the system's libraries, too.
    assert before == {**after, "PYINSTALLER_RESET_ENVIRONMENT": "1"}
