"""The name under which Windows knows the program."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gui import system_name
from services import APP_ID

PROJECT = Path(__file__).resolve().parents[3]


class Shell:
    def __init__(self, answer: int) -> None:
        self.answer, self.names = answer, list[str]()

    def SetCurrentProcessExplicitAppUserModelID(self, name: str) -> int:
        self.names.append(name)
        return self.answer


def test_windows_is_told_once() -> None:
    shell = Shell(0)
    assert system_name.tell(shell)
    assert shell.names == [APP_ID]


def test_a_windows_that_refuses_is_no_reason_to_stop() -> None:
    assert not system_name.tell(Shell(-2147024809))


@pytest.mark.skipif(sys.platform == "win32", reason="there it is told")
def test_others_are_told_nothing() -> None:
    assert not system_name.tell()


def test_the_shortcut_has_the_same_name() -> None:
    """Windows brings window, notices and shortcut together by it; at most 128 characters without spaces."""
    setup = (PROJECT / "packaging/windows/shopbell.nsi").read_text(encoding="utf-8")
    assert f'!define APP_ID "{APP_ID}"' in setup
    assert len(APP_ID) <= 128
    assert " " not in APP_ID
