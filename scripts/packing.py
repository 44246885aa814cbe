"""What goes into the packaged program and what stays out: the part of ``pyinstaller.spec`` that is plain
computation. ``system`` is always a value of ``sys.platform``, so that what is decided for Windows and macOS
can be tested on Linux.

    python scripts/packing.py version      the version, of pyproject.toml
    python scripts/packing.py debian       packages of Debian with the libraries that are not packed
    python scripts/packing.py missing DIR  of the libraries named on standard input, those that are neither in
                                           the folder nor on every desktop; ends with 1 then
"""

from __future__ import annotations

import re
import struct
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
COPYRIGHT = "The Shopbell authors, MIT licence"
SCHEME = "shopbell"
"""Of links that open the program."""

EXCLUDED = [
    "tkinter", "unittest", "doctest", "pydoc", "lib2to3", "ensurepip", "pip", "setuptools", "pkg_resources",
    # Keeps secrets in plain files.
    "keyrings", "keyrings.alt",
    # Of lxml only its trees and its HTML are used; these are compiled and large.
    "lxml.isoschematron", "lxml.objectify", "lxml.html.diff", "lxml.html._difflib", "lxml.sax",
    # Reads C for those who compile with cffi; what is compiled needs none of it.
    "pycparser",
    *(f"PySide6.Qt{one}" for one in (
        "Concurrent", "DBus", "Designer", "Help", "OpenGL", "OpenGLWidgets", "PrintSupport", "Qml", "Quick",
        "QuickControls2", "QuickTest", "QuickWidgets", "Sql", "SvgWidgets", "Test", "UiTools", "Xml",
    )),
]  # fmt: skip

DROPPED_PLUGINS: dict[str, set[str]] = {
    # "offscreen" stays, for a check on a machine without a screen.
    "platforms": {"qeglfs", "qlinuxfb", "qvnc", "qminimal", "qminimalegl", "qvkkhrdisplay", "qdirect2d"},
    # Brings GTK with it, and the looks are our own.
    "platformthemes": {"qgtk3"},
    "platforminputcontexts": {"qtvirtualkeyboardplugin"},
    "imageformats": {"qpdf", "qtiff", "qtga", "qicns", "qwbmp", "qmacjp2", "qmacheif"},
    "vectorimageformats": set(),
    "sqldrivers": set(),
    "designer": set(),
    "qmllint": set(),
    "egldeviceintegrations": set(),
    # Nothing is painted with OpenGL.
    "xcbglintegrations": set(),
    "wayland-graphics-integration-client": set(),
    "wayland-graphics-integration-server": set(),
    "printsupport": set(),
    # Keyboards and screens of machines without a desktop.
    "generic": set(),
    "qmltooling": set(),
    # From Qt's network only the local socket is used.
    "tls": set(),
    "networkinformation": set(),
}
"""Plugins of Qt nothing here uses: by folder, by name without "lib" and suffix; no names: all of it."""

DROPPED_FILES = {
    # The software renderer, of use to OpenGL programs only.
    "opengl32sw.dll",
}

SYSTEM_LIBRARIES = {
    # The drawing of the desktop, which its drivers are loaded into: a second set is one too many.
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb.so.1": "libxcb1",
    "libXau.so.6": "",
    "libXdmcp.so.6": "",
    "libbsd.so.0": "",
    "libmd.so.0": "",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
    # Those drivers are often newer than the system that was packed on, and need what is as new.
    "libstdc++.so.6": "libstdc++6",
    "libgcc_s.so.1": "libgcc-s1",
    # Reads settings and caches that the fontconfig of the desktop wrote.
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    # The session bus.
    "libdbus-1.so.3": "libdbus-1-3",
    "libsystemd.so.0": "",
    "libgcrypt.so.20": "",
    "libgpg-error.so.0": "",
    "libcap.so.2": "",
    "liblz4.so.1": "",
}
"""Libraries that every desktop on Linux has, with the package of Debian that holds them; an empty one comes
along with another."""
_OF_GLIBC = {
    "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1", "libc.so.6", "libdl.so.2", "libm.so.6",
    "libpthread.so.0", "libresolv.so.2", "librt.so.1", "libutil.so.1",
}  # fmt: skip

WIDGET_WORDS = {
    "CloseButton", "MAC_APPLICATION_MENU", "QAbstractSpinBox", "QCheckBox", "QCocoaMenuItem", "QCocoaTheme",
    "QComboBox", "QCommandLinkButton", "QDialog", "QDialogButtonBox", "QDockWidget", "QErrorMessage",
    "QFileDialog", "QFileSystemModel", "QGnomeTheme", "QGuiApplication", "QInputDialog", "QKdeTheme",
    "QLineEdit", "QMdiSubWindow", "QMenu", "QMessageBox", "QPlatformTheme", "QProgressDialog", "QScrollBar",
    "QShortcut", "QTabBar", "QTextControl", "QToolButton", "QWidgetTextControl", "QWindowsTheme",
}  # fmt: skip
"""Whose words of Qt's own can be seen in this program."""

Binaries = Iterable[tuple[str, str, str]]
"""(name in the folder, file it comes from, kind), as PyInstaller has them."""


def version() -> str:
    """The one of ``pyproject.toml``, which is the only place that says it."""
    document = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(document["project"]["version"])


def path(name: str, system: str) -> PurePath:
    return PureWindowsPath(name) if system == "win32" else PurePosixPath(name)


def key(name: str, system: str) -> str:
    """A library as others ask for it: without folder; Windows does not care for upper and lower case."""
    return path(name, system).name.lower()


def by_file(package: str, root: Path = PROJECT) -> list[str]:
    """Every module under ``package``: channels and parts of the store are imported by names made at run
    time."""
    files = (file.relative_to(root).with_suffix("") for file in (root / package).rglob("*.py"))
    return sorted(".".join(file.parts).removesuffix(".__init__") for file in files)


def resources(root: Path = PROJECT) -> list[str]:
    """What ``resources`` holds, from the project's folder, without the icons that only installers use."""
    files = (file.relative_to(root) for file in (root / "resources").rglob("*") if file.is_file())
    return sorted(file.as_posix() for file in files if not is_for_installers(file.as_posix()))


def is_for_installers(name: str) -> bool:
    """One picture of the program is for its notices (``gui.icons.APP_PICTURE``)."""
    ours = r"resources/icons/([^/]+\.svg|hicolor/64x64/apps/shopbell\.png)"
    return name.startswith("resources/icons/") and not re.fullmatch(ours, name)


def is_dropped(name: str, system: str) -> bool:
    file = path(name, system)
    if file.name.lower() in DROPPED_FILES:
        return True
    if system == "linux" and file.name in SYSTEM_LIBRARIES:
        return True
    if "plugins" not in file.parts or file.parent.name not in DROPPED_PLUGINS:
        return False
    names = DROPPED_PLUGINS[file.parent.name]
    return not names or file.name.split(".")[0].removeprefix("lib") in names


def asked_for(
    files: Iterable[str], sources: Mapping[str, str], imports: Callable[[str], Iterable[str]], system: str
) -> set[str]:
    """Which of ``sources`` (path by key) ``files`` ask for, and what those ask for, and so on. ``imports``:
    the names of the libraries that a file asks for."""
    found: set[str] = set()
    waiting = list(files)
    while waiting:
        new = {key(name, system) for name in imports(waiting.pop())} & sources.keys() - found
        found |= new
        waiting += [sources[one] for one in new]
    return found


def orphans_of(binaries: Binaries, imports: Callable[[str], Iterable[str]], system: str) -> set[str]:
    """Keys of the libraries that came along for dropped files alone."""
    entries = list(binaries)
    sources = {key(name, system): source for name, source, _ in entries}
    dropped = [source for name, source, _ in entries if is_dropped(name, system)]
    suspects = asked_for(dropped, sources, imports, system)
    rest = [
        source
        for name, source, _ in entries
        if not is_dropped(name, system) and key(name, system) not in suspects
    ]
    # What the system has asks the system for the rest.
    packed = {key(name, system): source for name, source, _ in entries if not is_dropped(name, system)}
    return suspects - asked_for(rest, packed, imports, system)


def is_wanted(name: str, orphans: set[str], system: str) -> bool:
    """Of Qt's translations none is taken as it is (``widget_words``)."""
    file = path(name, system)
    is_spare_words = file.suffix == ".qm" and "PySide6" in file.parts
    # On macOS a library is a folder with more in it, and half a folder cannot be signed.
    is_orphan = any(part.lower().removesuffix(".framework") in orphans for part in file.parts)
    return not is_dropped(name, system) and not is_spare_words and not is_orphan


def is_widget_words(name: str, system: str) -> bool:
    """Whether this is one of Qt's translations of its widgets (English ones are empty)."""
    file = path(name, system)
    return "PySide6" in file.parts and bool(re.fullmatch(r"qtbase_(?!en\b)\w+\.qm", file.name))


def widget_words(translation: bytes, contexts: set[str] = WIDGET_WORDS) -> bytes:
    """A ``.qm`` file of Qt with only the words of ``contexts``: the others, of networks and printers, are
    four fifths. The file is a magic number, then sections of (kind, length, content); one lists the place of
    every message by its hash, one holds the messages (qtbase/src/corelib/kernel/qtranslator.cpp)."""
    hashes, messages = 0x42, 0x69
    magic, sections, at = translation[:16], {}, 16
    while at < len(translation):
        kind, length = struct.unpack(">BI", translation[at : at + 5])
        sections[kind] = translation[at + 5 : at + 5 + length]
        at += 5 + length
    kept_hashes, kept_messages = b"", b""
    if hashes not in sections:
        return translation
    for hash_, offset in struct.iter_unpack(">II", sections[hashes]):
        message, context = _message(sections[messages], offset)
        if context in contexts:
            kept_hashes += struct.pack(">II", hash_, len(kept_messages))
            kept_messages += message
    sections[hashes], sections[messages] = kept_hashes, kept_messages
    return magic + b"".join(struct.pack(">BI", kind, len(data)) + data for kind, data in sections.items())


def _message(messages: bytes, start: int) -> tuple[bytes, str]:
    """The bytes of one message, and in which context it is said."""
    end_tag, obsolete, context_tag, none = 1, 5, 7, 0xFFFFFFFF
    at, context = start, ""
    while (tag := messages[at]) != end_tag:
        if tag == obsolete:
            at += 5
            continue
        (length,) = struct.unpack(">I", messages[at + 1 : at + 5])
        length = 0 if length == none else length
        if tag == context_tag:
            context = messages[at + 5 : at + 5 + length].decode()
        at += 5 + length
    return messages[start : at + 1], context


def missing_libraries(asked: Iterable[str], packed: Iterable[str]) -> set[str]:
    """Libraries that files in the folder of Linux ask for, that are not in it, and that no desktop has."""
    return set(asked) - set(packed) - SYSTEM_LIBRARIES.keys() - _OF_GLIBC


def debian_packages() -> list[str]:
    return sorted({package for package in SYSTEM_LIBRARIES.values() if package})


def windows_numbers(text: str) -> tuple[int, int, int, int]:
    """Four numbers, as Windows wants a version."""
    one, two, three, four = (*(int(number) for number in re.findall(r"\d+", text)), 0, 0, 0, 0)[:4]
    return one, two, three, four


def windows_words(text: str) -> dict[str, str]:
    """What Windows shows of the program file, by the names it has for them."""
    return {
        "CompanyName": "The Shopbell authors",
        "FileDescription": "Shopbell",
        "FileVersion": text,
        "InternalName": "Shopbell",
        "LegalCopyright": COPYRIGHT,
        "OriginalFilename": "Shopbell.exe",
        "ProductName": "Shopbell",
        "ProductVersion": text,
    }


def info_plist(text: str, identifier: str) -> dict[str, Any]:
    """What macOS reads about the program before it runs."""
    return {
        "CFBundleDisplayName": "Shopbell",
        "CFBundleShortVersionString": text,
        "CFBundleVersion": text,
        "CFBundleURLTypes": [{"CFBundleURLName": identifier, "CFBundleURLSchemes": [SCHEME]}],
        "LSApplicationCategoryType": "public.app-category.business",
        # What the locked Qt asks for: its wheel is named macosx_13_0.
        "LSMinimumSystemVersion": "13.0",
        "NSHighResolutionCapable": True,
        "NSHumanReadableCopyright": COPYRIGHT,
        # The looks follow the system's light and dark.
        "NSRequiresAquaSystemAppearance": False,
    }


def main(arguments: list[str]) -> int:
    if arguments == ["version"]:
        print(version())
    elif arguments == ["debian"]:
        print(" ".join(debian_packages()))
    elif len(arguments) == 2 and arguments[0] == "missing":
        packed = {file.name for file in Path(arguments[1]).rglob("*.so*")}
        missing = missing_libraries(sys.stdin.read().split(), packed)
        print("".join(f"{name}\n" for name in sorted(missing)), end="")
        return 1 if missing else 0
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
