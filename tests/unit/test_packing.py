"""What is packed on which system, decided from the names of the files that Qt's wheels hold there."""

from __future__ import annotations

import plistlib
import struct
import subprocess
import sys
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from PySide6.QtCore import QLibraryInfo, QTranslator

from gui.icons import APP_PICTURE
from scripts import packing
from services import APP_ID, __version__

PROJECT = Path(__file__).resolve().parents[2]
SYSTEMS = ("linux", "win32", "darwin")


def plugins(system: str) -> list[str]:
    """As the wheels of the locked Qt name them."""
    lines = (PROJECT / "tests/data/qt-plugins.txt").read_text(encoding="utf-8").splitlines()
    return [name for line in lines for which, _, name in [line.partition(" ")] if which == system]


def kept(system: str) -> dict[str, set[str]]:
    """The plugins that are packed: names without "lib" and suffix, by folder."""
    found: dict[str, set[str]] = {}
    for name in plugins(system):
        if not packing.is_dropped(name, system):
            file = (PureWindowsPath if system == "win32" else PurePosixPath)(name)
            found.setdefault(file.parent.name, set()).add(file.stem.removeprefix("lib"))
    return found


PICTURES = {"qgif", "qico", "qjpeg", "qsvg", "qwebp"}


def test_windows_keeps_its_window_its_style_and_the_pictures() -> None:
    assert kept("win32") == {
        "iconengines": {"qsvgicon"},
        "imageformats": PICTURES,
        "platforms": {"qwindows", "qoffscreen"},
        "styles": {"qmodernwindowsstyle"},
    }


def test_macos_keeps_its_window_its_style_and_the_pictures() -> None:
    assert kept("darwin") == {
        "iconengines": {"qsvgicon"},
        "imageformats": PICTURES,
        "platforms": {"qcocoa", "qoffscreen"},
        "styles": {"qmacstyle"},
    }


def test_linux_keeps_both_kinds_of_windows_and_the_ways_of_typing() -> None:
    found = kept("linux")
    assert found.pop("platforms") == {"qxcb", "qwayland", "qoffscreen"}
    assert found.pop("imageformats") == PICTURES
    assert found.pop("iconengines") == {"qsvgicon"}
    assert found.pop("platforminputcontexts") == {
        "composeplatforminputcontextplugin",
        "ibusplatforminputcontextplugin",
    }
    assert found.pop("platformthemes") == {"qxdgdesktopportal"}
    assert {name for name in found if not name.startswith("wayland-")} == set()
    assert "xdg-shell" in found["wayland-shell-integration"]


@pytest.mark.skipif(sys.platform != "linux", reason="the list was made of this system's wheel")
def test_the_list_of_plugins_is_that_of_the_installed_qt() -> None:
    folder = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath))
    there = {f"PySide6/Qt/plugins/{file.relative_to(folder).as_posix()}" for file in folder.rglob("*.so")}
    assert there == set(plugins("linux"))


@pytest.mark.parametrize(
    ("system", "name", "is_gone"),
    [
        ("win32", r"PySide6\opengl32sw.dll", True),
        ("win32", r"PySide6\Qt6Core.dll", False),
        ("win32", r"PySide6\plugins\tls\qschannelbackend.dll", True),
        ("darwin", "PySide6/Qt/plugins/platforms/libqcocoa.dylib", False),
        ("darwin", "PySide6/Qt/plugins/imageformats/libqmacheif.dylib", True),
        ("linux", "libstdc++.so.6", True),
        ("linux", "libX11.so.6", True),
        ("linux", "libxcb-cursor.so.0", False),
        # A name that only one system knows means nothing on another.
        ("darwin", "libX11.so.6", False),
        ("win32", "libstdc++.so.6", False),
        # Not a plugin of Qt, though it lies in a folder of that name.
        ("linux", "lib/tls/libqopensslbackend.so", False),
        ("linux", "PySide6/Qt/plugins/tls/libqopensslbackend.so", True),
    ],
)
def test_what_is_dropped_where(system: str, name: str, is_gone: bool) -> None:
    assert packing.is_dropped(name, system) is is_gone


ASKS = {
    "qxcb": ["libQt6Gui.so.6", "libX11.so.6"],
    "qgtk3": ["libgtk-3.so.0", "libQt6Gui.so.6"],
    "gtk": ["libpango.so", "libglib.so"],
    "pango": ["libglib.so"],
    "gui": ["libglib.so", "libfontconfig.so.1"],
    "fontconfig": ["libuuid.so"],
    "uuid": [],
    "glib": [],
    "x11": ["libxau.so"],
    "xau": [],
}
PACKED = [
    ("PySide6/Qt/plugins/platforms/libqxcb.so", "qxcb", "BINARY"),
    ("PySide6/Qt/plugins/platformthemes/libqgtk3.so", "qgtk3", "BINARY"),
    ("libgtk-3.so.0", "gtk", "BINARY"),
    ("libpango.so", "pango", "BINARY"),
    ("PySide6/Qt/lib/libQt6Gui.so.6", "gui", "BINARY"),
    ("libfontconfig.so.1", "fontconfig", "BINARY"),
    ("libuuid.so", "uuid", "BINARY"),
    ("libglib.so", "glib", "BINARY"),
    ("libX11.so.6", "x11", "BINARY"),
    ("libxau.so", "xau", "BINARY"),
]


def test_what_came_along_for_a_dropped_file_goes_with_it() -> None:
    orphans = packing.orphans_of(PACKED, ASKS.__getitem__, "linux")
    # glib stays for Qt; what only the system's own libraries ask for, the system has.
    assert orphans - packing.SYSTEM_LIBRARIES.keys() == {
        "libgtk-3.so.0",
        "libpango.so",
        "libuuid.so",
        "libxau.so",
    }
    wanted = {name for name, _, _ in PACKED if packing.is_wanted(name, orphans, "linux")}
    assert wanted == {
        "PySide6/Qt/plugins/platforms/libqxcb.so",
        "PySide6/Qt/lib/libQt6Gui.so.6",
        "libglib.so",
    }


def test_half_a_framework_is_not_left_behind() -> None:
    orphans = {"qtpdf"}
    for name in (
        "PySide6/Qt/lib/QtPdf.framework/Versions/A/QtPdf",
        "PySide6/Qt/lib/QtPdf.framework/Resources/Info.plist",
    ):
        assert not packing.is_wanted(name, orphans, "darwin")
    assert packing.is_wanted("PySide6/Qt/lib/QtGui.framework/Versions/A/QtGui", orphans, "darwin")


def test_windows_asks_for_libraries_in_any_case() -> None:
    binaries = [
        ("PySide6\\plugins\\imageformats\\qtiff.dll", "tiff", "BINARY"),
        ("Zlib1.dll", "zlib", "BINARY"),
    ]
    asks = {"tiff": ["ZLIB1.DLL"], "zlib": []}
    assert packing.orphans_of(binaries, asks.__getitem__, "win32") == {"zlib1.dll"}


@pytest.mark.parametrize("system", SYSTEMS)
def test_of_qts_words_only_the_short_ones_are_taken(system: str) -> None:
    slash = "\\" if system == "win32" else "/"
    folder = slash.join(
        ["PySide6", "translations"] if system == "win32" else ["PySide6", "Qt", "translations"]
    )
    taken, left = ("qtbase_de", "qtbase_zh_CN"), ("qtbase_en", "qt_de", "qt_help_de", "qtdeclarative_de")
    for name, is_taken in ((name, name in taken) for name in (*taken, *left)):
        file = f"{folder}{slash}{name}.qm"
        assert packing.is_widget_words(file, system) is is_taken, file
        assert not packing.is_wanted(file, set(), system)
    ours = slash.join(["resources", "translations", "shopbell_de.qm"])
    assert packing.is_wanted(ours, set(), system)
    assert not packing.is_widget_words(ours, system)


def test_short_words_say_the_same_as_the_long_ones(tmp_path: Path) -> None:
    folder = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
    said = [
        ("QWidgetTextControl", "&Copy"),
        ("QFileDialog", "Delete"),
        ("QShortcut", "Ctrl"),
        ("QMessageBox", "Help"),
    ]
    for name in ("de", "ja", "pt_BR", "ar"):
        full = (folder / f"qtbase_{name}.qm").read_bytes()
        short = packing.widget_words(full)
        assert len(short) < len(full) / 2
        file = tmp_path / f"{name}.qm"
        file.write_bytes(short)
        long_words, short_words = QTranslator(), QTranslator()
        assert long_words.load(str(folder / f"qtbase_{name}.qm"))
        assert short_words.load(str(file))
        for context, text in said:
            assert short_words.translate(context, text) == long_words.translate(context, text)
        assert short_words.translate("QWidgetTextControl", "&Copy")
        assert not short_words.translate("QSslSocket", "Error creating SSL context (%1)")
        assert short_words.language() == long_words.language()


def test_an_empty_translation_stays_as_it_is() -> None:
    folder = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
    english = (folder / "qtbase_en.qm").read_bytes()
    assert packing.widget_words(english) == english


def test_obsolete_tags_of_old_files_are_stepped_over() -> None:
    def field(tag: int, data: bytes) -> bytes:
        return struct.pack(">BI", tag, len(data)) + data

    kept_one = b"\x05\0\0\0\1" + field(3, b"J\0a\0") + field(7, b"QMenu") + b"\x01"
    empty = struct.pack(">BI", 3, 0xFFFFFFFF) + field(7, b"QSql") + b"\x01"
    file = (
        b"m" * 16 + field(0x42, struct.pack(">IIII", 5, 0, 9, len(kept_one))) + field(0x69, kept_one + empty)
    )
    expected = b"m" * 16 + field(0x42, struct.pack(">II", 5, 0)) + field(0x69, kept_one)
    assert packing.widget_words(file, {"QMenu"}) == expected


def test_the_version_is_that_of_the_project() -> None:
    assert packing.version() == __version__
    done = subprocess.run(
        [sys.executable, str(PROJECT / "scripts/packing.py"), "version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == __version__
    assert '__version__ = "' not in (PROJECT / "services/__init__.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("0.1.0", (0, 1, 0, 0)),
        ("12.3", (12, 3, 0, 0)),
        ("1.2.3rc4", (1, 2, 3, 4)),
        ("1.2.3.4.5", (1, 2, 3, 4)),
    ],
)
def test_windows_wants_four_numbers(text: str, numbers: tuple[int, ...]) -> None:
    assert packing.windows_numbers(text) == numbers
    words = packing.windows_words(text)
    assert words["FileVersion"] == words["ProductVersion"] == text


def test_macos_reads_what_it_needs_to_know() -> None:
    told = plistlib.loads(plistlib.dumps(packing.info_plist("1.2.3", APP_ID)))
    assert told["CFBundleShortVersionString"] == told["CFBundleVersion"] == "1.2.3"
    assert told["LSMinimumSystemVersion"] == "13.0"
    assert told["NSHighResolutionCapable"] is True
    assert told["CFBundleURLTypes"] == [{"CFBundleURLName": APP_ID, "CFBundleURLSchemes": ["shopbell"]}]
    assert told["NSHumanReadableCopyright"]
    # It has a window.
    assert "LSUIElement" not in told


def test_the_minimum_of_macos_is_that_of_the_locked_qt() -> None:
    """The wheel of 6.11 is named macosx_13_0; from 6.12 on macosx_14_0."""
    lock = (PROJECT / "requirements/package.txt").read_text(encoding="utf-8")
    assert "pyside6-essentials==6.11.3" in lock


def test_no_file_for_installers_is_packed() -> None:
    taken = packing.resources(PROJECT)
    assert "resources/icons/app.svg" in taken
    assert [name for name in taken if name.endswith((".ico", ".icns", ".png"))] == [
        APP_PICTURE.relative_to(PROJECT).as_posix()
    ]
    assert "resources/triage/model.bin" in taken


def test_no_library_is_neither_packed_nor_promised() -> None:
    asked = ["libc.so.6", "libX11.so.6", "libxcb-cursor.so.0", "libsurprise.so.1"]
    assert packing.missing_libraries(asked, ["libxcb-cursor.so.0"]) == {"libsurprise.so.1"}


def test_a_surprising_library_stops_the_packing(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "libown.so.2").touch()
    command = [sys.executable, str(PROJECT / "scripts/packing.py"), "missing", str(tmp_path)]
    done = subprocess.run(
        command,
        input="libown.so.2 libc.so.6\nlibsurprise.so.1\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "libsurprise.so.1\n")
    done = subprocess.run(command, input="libown.so.2\n", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_what_keeps_secrets_in_plain_files_is_refused() -> None:
    assert {"keyrings", "keyrings.alt"} <= set(packing.EXCLUDED)
    for lock in (PROJECT / "requirements").glob("*.txt"):
        assert "keyrings" not in lock.read_text(encoding="utf-8")


def test_every_promised_library_has_its_package() -> None:
    packages = packing.debian_packages()
    assert {"libgl1", "libstdc++6", "libfontconfig1"} <= set(packages)
    assert "" not in packages
