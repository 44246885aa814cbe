"""What ``services.self_check`` may not look at: Qt, the pictures it draws, the words it translates."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QByteArray, QLibraryInfo, QTranslator, qVersion
from PySide6.QtGui import QGuiApplication, QImage, QImageReader, QPainter
from PySide6.QtSvg import QSvgRenderer

from gui import RESOURCES
from services.self_check import Check, NotWell, inventory

_EMPTY = "qtbase_en"
"""Qt's own words are English."""
_PICTURES = {"jpeg", "webp", "gif", "png", "svg", "ico"}
"""Kinds that people send, and our own."""


def checks() -> list[Check]:
    """In the order in which they can run: the first makes the application that the others paint with."""
    return [("qt", _qt), ("icons", _icons), ("styles", _styles), ("translations", _translations)]


def _qt() -> str:
    # No window is opened, so no screen is asked for either.
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    application = QGuiApplication.instance() or QGuiApplication(["shopbell"])
    formats = {bytes(one.data()).decode() for one in QImageReader.supportedImageFormats()}
    if missing := _PICTURES - formats:
        raise NotWell(f"Qt {qVersion()} reads no {', '.join(sorted(missing))}")
    _kept.append(application)
    return f"Qt {qVersion()}"


_kept: list[object] = []
"""The application must outlive the pictures."""


def _icons() -> str:
    files = sorted((RESOURCES / "icons").glob("*.svg"))
    for file in files:
        drawing = QSvgRenderer(QByteArray(file.read_bytes()))
        image = QImage(32, 32, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(0)
        painter = QPainter(image)
        drawing.render(painter)
        painter.end()
        if not drawing.isValid() or not any(image.constBits()):
            raise NotWell(f"{file.name} draws nothing")
    if not files:
        raise NotWell("no icons")
    return f"{len(files)} drawn"


def _styles() -> str:
    files = sorted((RESOURCES / "styles").glob("*.qss"))
    if not files or not all(file.read_text(encoding="utf-8").strip() for file in files):
        raise NotWell("no style sheet, or an empty one")
    return f"{len(files)}"


def _translations() -> str:
    """Ours, and Qt's own words for its file dialog and its menus."""
    ours = sorted((RESOURCES / "translations").glob("*.qm"))
    folder = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
    there = [file.stem for file in folder.glob("qtbase_*.qm") if file.stem != _EMPTY]
    words = inventory().get("words") or there
    for file in (*ours, *(folder / f"{name}.qm" for name in words)):
        translator = QTranslator()
        if not translator.load(str(file)) or translator.isEmpty():
            raise NotWell(f"{file.name} is missing or cannot be read")
        if file in ours:
            continue
        if not translator.translate("QWidgetTextControl", "&Copy"):
            raise NotWell(f"{file.name} has no word for Copy")
    if not words:
        raise NotWell("Qt's own words are missing")
    return f"{', '.join(file.stem for file in ours) or 'English'}; Qt's own words in {len(words)} languages"
