"""Qt's own words for its file dialog and its buttons, in the owner's language."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QTranslator
from PySide6.QtWidgets import QApplication, QMessageBox

from gui.app import install_translators


@pytest.fixture
def application(qapp: QApplication) -> Iterator[QApplication]:
    yield qapp
    for one in qapp.findChildren(QTranslator):
        qapp.removeTranslator(one)
        one.setParent(None)


def test_the_buttons_of_qt_speak_the_owners_language(application: QApplication) -> None:
    install_translators(application, "de")
    box = QMessageBox()
    cancel = box.addButton(QMessageBox.StandardButton.Cancel)
    assert cancel.text() == "Abbrechen"
    assert QCoreApplication.translate("QWidgetTextControl", "&Copy") == "&Kopieren"


def test_english_needs_none(application: QApplication) -> None:
    install_translators(application, "en_GB")
    assert not application.findChildren(QTranslator)
    assert QMessageBox().addButton(QMessageBox.StandardButton.Cancel).text() == "Cancel"
