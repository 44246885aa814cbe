"""The saved replies: list, edit, add, remove, and files from and for elsewhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPlainTextEdit,
    QSizePolicy,
    QWidget,
)

from gui.conversation.parts import button, column, label, row, scroll
from gui.dialogs.plain_row import PlainRow
from gui.errors import error_text
from gui.geometry import size_dialog
from gui.icons import Icons
from gui.jobs import Jobs
from gui.theme import Theme
from services.errors import Invalid, ShopbellError
from services.model import Template
from services.replies.variables import render

if TYPE_CHECKING:
    from services.app import Shopbell

TEMPLATE_ROLE = Qt.ItemDataRole.UserRole + 1


class TemplatesDialog(QDialog):
    """What is typed is kept with "Save"; leaving an edited template asks nothing and loses nothing: it is
    saved then too."""

    def __init__(self, app: Shopbell, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._app, self._theme = app, theme
        self._icons = Icons(theme)
        self._jobs = Jobs(app.run, self)
        self._current = Template(0, "", "")
        self._removed: Template | None = None
        self.setWindowTitle(self.tr("Templates"))
        size_dialog(self, theme.px(860), theme.px(600))
        self._build()
        self._reload()

    # --- building

    def _build(self) -> None:
        box = QHBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self._build_list())
        box.addWidget(self._build_editor(), 1)

    def _build_list(self) -> QWidget:
        side = QWidget()
        side.setProperty("ground", "list")
        side.setFixedWidth(self._theme.px(280))
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Templates"))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.viewport().setAutoFillBackground(False)
        self.list.setItemDelegate(PlainRow(self._theme, self.list))
        self.list.setMouseTracking(True)
        self.list.currentItemChanged.connect(self._picked)
        self.add_button = button(self.tr("New template"), icon="add", icons=self._icons)
        self.add_button.clicked.connect(self.start_new)
        files = button("", kind="icon", icon="more", icons=self._icons, name=self.tr("Import or export"))
        files.setMenu(self._files_menu())
        inner = column(spacing=12, margins=(16, 20, 12, 16))
        inner.addWidget(label(self.tr("Templates"), step="head"))
        inner.addWidget(self.list, 1)
        inner.addLayout(row(self.add_button, None, files))
        side.setLayout(inner)
        return side

    def _files_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setAccessibleName(self.tr("Import or export"))
        for words, icon, slot in (
            (self.tr("Import from a file…"), "add", self._ask_import),
            (self.tr("Export to a file…"), "export", self._ask_export),
        ):
            action = QAction(self._icons.icon(icon), words, menu)
            action.triggered.connect(lambda _=False, slot=slot: slot())
            menu.addAction(action)
        return menu

    def _build_editor(self) -> QWidget:
        page = QWidget()
        page.setProperty("ground", "conv")
        self.name, self.shortcut = QLineEdit(), QLineEdit()
        self.text = QPlainTextEdit()
        self.text.setTabChangesFocus(True)
        self.text.setFont(self._theme.font("read"))
        # As high as there is room, three lines at least; a size of its own would push the rest out of sight.
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.text.setMinimumHeight(self._theme.line_height("read") * 3 + self._theme.px(16))
        self.text.textChanged.connect(self._preview)
        inner = column(spacing=4, margins=(0, 0, 4, 0))
        for title, one, help_text in (
            (self.tr("Name"), self.name, ""),
            (self.tr("Shortcut"), self.shortcut, self.tr("Typed after / in a reply")),
            (
                self.tr("Text"),
                self.text,
                self.tr(
                    "{first_name} {shop} {owner} {network} are filled in; {blank:What was wrong} asks you."
                ),
            ),
        ):
            head = label(title, step="small", weight=600)
            head.setBuddy(one)
            one.setAccessibleName(title)
            one.setAccessibleDescription(help_text)
            inner.addWidget(head)
            inner.addWidget(one, 1 if one is self.text else 0)
            if help_text:
                inner.addWidget(label(help_text, step="small", tone="text3", wrap=True))
            inner.addSpacing(8)
        inner.addWidget(label(self.tr("How it reads"), step="small", weight=600))
        self.preview = label(tone="text2", wrap=True)
        self.preview.setMinimumHeight(self._theme.line_height() * 3)
        self.preview.setAlignment(Qt.AlignmentFlag.AlignTop)
        inner.addWidget(self.preview)
        self.note = label(step="small", tone="caretx", wrap=True)
        self.save_button = button(self.tr("Save"), kind="strong")
        self.save_button.clicked.connect(lambda: self.save())
        self.remove_button = button(self.tr("Remove"))
        self.remove_button.clicked.connect(self.remove)
        self.undo_button = button(self.tr("Undo"), kind="inline")
        self.undo_button.hide()
        self.undo_button.clicked.connect(self._undo_remove)
        # On a low screen the fields scroll; the buttons stay in sight.
        fields = QWidget()
        fields.setLayout(inner)
        outer = column(spacing=4, margins=(24, 24, 20, 20))
        outer.addWidget(scroll(fields, self.tr("Template")), 1)
        outer.addLayout(row(self.note, self.undo_button, margins=(0, 0, 4, 0)))
        outer.addLayout(row(self.remove_button, None, self.save_button, margins=(0, 0, 4, 0)))
        page.setLayout(outer)
        return page

    # --- list and editor

    def _reload(self, choose: str = "", said: str = "") -> None:
        self._jobs.start(self._app.templates.all, then=lambda found: self._fill(found, choose, said))

    def _fill(self, templates: tuple[Template, ...], choose: str, said: str) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        at = 0
        for number, one in enumerate(templates):
            item = QListWidgetItem(one.name)
            item.setData(TEMPLATE_ROLE, one)
            if one.shortcut:
                item.setToolTip(f"/{one.shortcut}")
            self.list.addItem(item)
            if one.name == choose:
                at = number
        self.list.blockSignals(False)
        if templates:
            self.list.setCurrentRow(at)
            self._show(templates[at])
        else:
            self.start_new()
        self.note.setText(said)

    def _picked(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        wanted: Template = item.data(TEMPLATE_ROLE)
        if self.is_edited() and self._current.id:
            self.save(then=wanted.name)
        else:
            self._show(wanted)

    def _show(self, template: Template) -> None:
        self._current = template
        self.name.setText(template.name)
        self.shortcut.setText(template.shortcut)
        self.text.setPlainText(template.text)
        self.note.setText("")
        self.remove_button.setEnabled(bool(template.id))
        self._preview()

    def start_new(self) -> None:
        self.list.setCurrentRow(-1)
        self._show(Template(0, "", ""))
        self.name.setFocus()

    def typed(self) -> Template:
        return replace(
            self._current,
            name=self.name.text().strip(),
            shortcut=self.shortcut.text().strip().removeprefix("/"),
            text=self.text.toPlainText().strip(),
        )

    def is_edited(self) -> bool:
        return self.typed() != replace(self._current, text=self._current.text.strip())

    def _preview(self) -> None:
        settings = self._app.settings.current
        values = {
            "first_name": self.tr("Marta"),
            "name": self.tr("Marta Lindqvist"),
            "handle": "@marta",
            "network": next((one.title for one in self._app.channels.all()), ""),
            "shop": settings.shop_name,
            "owner": settings.owner_first_name,
        }
        self.preview.setText(render(self.text.toPlainText()[:2000], values).text)

    # --- keeping

    def save(self, then: str = "") -> None:
        wanted = self.typed()
        self._jobs.start(
            self._app.templates.save,
            wanted,
            then=lambda kept: self._reload(then or kept.name),
            failed=self._refused,
        )

    def remove(self) -> None:
        if self._current.id:
            gone = self._current
            self._jobs.start(
                self._app.templates.remove,
                gone.name,
                then=lambda _: self._removed_one(gone),
                failed=self._refused,
            )

    def _removed_one(self, gone: Template) -> None:
        self._removed = gone
        self._reload()
        self.undo_button.show()
        self.undo_button.setAccessibleName(self.tr("Bring back {name}").format(name=gone.name))

    def _undo_remove(self) -> None:
        gone, self._removed = self._removed, None
        self.undo_button.hide()
        if gone is not None:
            self._jobs.start(
                self._app.templates.add,
                gone.name,
                gone.text,
                shortcut=gone.shortcut,
                language=gone.language,
                then=lambda kept: self._reload(kept.name),
                failed=self._refused,
            )

    def _refused(self, error: Exception) -> None:
        if not isinstance(error, ShopbellError):
            raise error
        words = {
            ("empty", "name"): self.tr("It needs a name."),
            ("empty", "text"): self.tr("It needs a text."),
            ("name-taken", "name"): self.tr("Another template has this name."),
            ("shortcut-taken", "shortcut"): self.tr("Another template has this shortcut."),
            ("bad-shortcut", "shortcut"): self.tr("A shortcut is one word of at most 30 letters."),
        }
        field = str(error.detail.get("field", "")) if isinstance(error, Invalid) else ""
        self.note.setText(words.get((error.reason, field)) or error_text(error))
        target = {"name": self.name, "shortcut": self.shortcut, "text": self.text}.get(field)
        if target is not None:
            target.setFocus()

    # --- files

    def _ask_import(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, self.tr("Import templates"), "", self.tr("Templates (*.json *.csv)")
        )
        if path:
            self.import_from(Path(path))

    def import_from(self, path: Path) -> None:
        self._jobs.start(self._app.templates.import_file, path, then=self._imported, failed=self._refused)

    def _imported(self, count: int) -> None:
        one, several = self.tr("1 template was read."), self.tr("{count} templates were read.")
        self._reload(said=one if count == 1 else several.format(count=count))

    def _ask_export(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self, self.tr("Export templates"), "templates.json", self.tr("Templates (*.json *.csv)")
        )
        if path:
            self.export_to(Path(path))

    def export_to(self, path: Path) -> None:
        self._jobs.start(self._app.templates.export_file, path, failed=self._refused)

    def done(self, result: int) -> None:
        """Closing keeps what was edited; a half-written new one without a text is let go."""
        if self.is_edited() and self.typed().name and self.typed().text:
            self._jobs.start(self._app.templates.save, self.typed(), failed=lambda error: None)
        super().done(result)
