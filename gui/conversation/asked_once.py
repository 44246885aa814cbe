"""A question before what cannot be taken back. Does not stop the window; Escape is no."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from gui.conversation.deed_words import Question


def ask_once(parent: QWidget, question: Question, then: Callable[[], None]) -> QMessageBox:
    """``then`` runs when the owner says yes."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle("Shopbell")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(question.text)
    box.setInformativeText(question.details)
    box.setAccessibleName(question.text)
    yes = box.addButton(question.yes, QMessageBox.ButtonRole.DestructiveRole)
    no = box.addButton(question.no, QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(no)
    box.setEscapeButton(no)
    # Not by ``clickedButton`` afterwards: the box is gone by then.
    yes.clicked.connect(then)
    box.open()
    return box
