"""What the installers say of the program and what the program says of itself are the same."""

from __future__ import annotations

import re
from configparser import ConfigParser
from pathlib import Path
from typing import ClassVar

from services import APP_ID, deep_link
from services.autostart import APPROVED, NAME, RUN, WindowsRun
from services.paths import locate

PROJECT = Path(__file__).resolve().parents[2]
SETUP = (PROJECT / "packaging" / "windows" / "shopbell.nsi").read_text("utf-8")


def defined(name: str) -> str:
    found = re.search(rf'^!define {name} "(.*)"$', SETUP, re.MULTILINE)
    assert found, name
    return found[1]


def test_the_setup_and_the_program_tell_windows_the_same() -> None:
    assert defined("APP_ID") == APP_ID
    assert defined("NAME") == NAME
    assert defined("RUN_KEY") == RUN
    assert defined("RUN_ALLOWED_KEY") == APPROVED
    assert defined("LINK_KEY") == rf"Software\Classes\{deep_link.SCHEME}"


def test_what_the_setup_starts_with_windows_is_seen_by_the_settings() -> None:
    written = re.search(r'WriteRegStr HKCU "\$\{RUN_KEY\}" "\$\{NAME\}" `(.*)`', SETUP)
    assert written
    program = Path("C:/Programs/Shopbell/Shopbell.exe")
    command = written[1].replace("$INSTDIR\\${PROGRAM}", str(program))

    class Kept:
        """A registry with that one value."""

        values: ClassVar = {(RUN, NAME): command}

        def text(self, key: str, name: str) -> str | None:
            return self.values.get((key, name))

        def binary(self, key: str, name: str) -> bytes | None:
            return None

        def write(self, key: str, name: str, text: str) -> None: ...
        def remove(self, key: str, name: str) -> None: ...

    assert WindowsRun(program, Kept()).is_on()


def test_the_uninstaller_asks_about_the_folder_of_the_profile() -> None:
    """On every system it has the same name below the folder of the system for such things."""
    assert defined("DATA") == rf"$LOCALAPPDATA\{locate(None, {}).name}"


def test_desktops_are_told_the_scheme_of_the_links() -> None:
    entry = ConfigParser(interpolation=None)
    entry.read(PROJECT / "packaging" / "linux" / "shopbell.desktop", encoding="utf-8")
    assert entry["Desktop Entry"]["MimeType"] == f"x-scheme-handler/{deep_link.SCHEME};"
    metainfo = (PROJECT / "packaging" / "linux" / f"{APP_ID}.metainfo.xml").read_text("utf-8")
    assert f"<id>{APP_ID}</id>" in metainfo
    assert f"<mediatype>x-scheme-handler/{deep_link.SCHEME}</mediatype>" in metainfo
