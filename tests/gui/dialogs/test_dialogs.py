"""The dialogs with the real application: settings, templates, sources, keys, backup."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QDialog, QLabel

from gui.actions import Actions
from gui.dialogs.add_source import AddSourceDialog
from gui.dialogs.backup import BackupDialog, DamagedDialog
from gui.dialogs.keys import KeysDialog
from gui.dialogs.settings_dialog import SettingsDialog
from gui.dialogs.sources import SourcesDialog
from gui.dialogs.switch import Switch
from gui.dialogs.templates_dialog import TemplatesDialog
from gui.first_start import FirstStart
from gui.icons import Icons
from gui.theme import Theme
from services import backup
from services.app import Shopbell
from services.clock import SystemClock
from services.credentials import Credentials
from services.errors import DamagedDatabase
from services.paths import Paths
from services.sample.shop import SampleShop
from services.store import Store
from tests.fakes import FakeKeyring
from tests.gui.browser import Browser
from tests.gui.dialogs.help import click, unnamed
from tests.left import DATA, profile_of

# --- settings


def test_settings_apply_at_once_and_can_be_undone(app: Shopbell, theme: Theme, show: Any, qtbot: Any) -> None:
    dialog = show(SettingsDialog(app, theme, page="replies"))
    combo = dialog.row("hold_s").control
    combo.setCurrentIndex(combo.findData(30))
    combo.activated.emit(combo.currentIndex())
    qtbot.waitUntil(lambda: app.settings.current.hold_s == 30)
    qtbot.waitUntil(dialog.undo.isEnabled)
    click(qtbot, dialog.undo)
    qtbot.waitUntil(lambda: app.settings.current.hold_s == 10)
    qtbot.waitUntil(lambda: combo.currentData() == 10)


def test_the_theme_changes_with_its_setting(app: Shopbell, theme: Theme, show: Any, qtbot: Any) -> None:
    dialog = show(SettingsDialog(app, theme, page="look"))
    combo = dialog.row("theme").control
    combo.setCurrentIndex(combo.findData("dark"))
    combo.activated.emit(combo.currentIndex())
    qtbot.waitUntil(lambda: theme.is_dark)


def test_a_switch_works_by_keyboard(app: Shopbell, theme: Theme, show: Any, qtbot: Any) -> None:
    dialog = show(SettingsDialog(app, theme, page="notifications"))
    switch = dialog.row("hide_text").control
    assert isinstance(switch, Switch)
    assert switch.isChecked()
    qtbot.keyClick(switch, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: app.settings.current.hide_text)


def test_quiet_hours_follow_the_choices(app: Shopbell, theme: Theme, show: Any, qtbot: Any) -> None:
    dialog = show(SettingsDialog(app, theme, page="notifications"))
    hours = dialog.row("quiet_hours").control
    hours.switch.setChecked(True)
    qtbot.waitUntil(lambda: app.settings.current.quiet_hours == ("19:00", "06:30"))


def test_settings_are_found_by_their_words(app: Shopbell, theme: Theme, show: Any, qtbot: Any) -> None:
    dialog = show(SettingsDialog(app, theme))
    qtbot.keyClicks(dialog.search, "bell rings")
    qtbot.keyClick(dialog.search, Qt.Key.Key_Backspace)
    dialog.search.setText("twice minute")
    dialog.search.textEdited.emit("twice minute")
    found = [one.text() for one in dialog._results.findChildren(QLabel)]
    assert "Sound" in found
    assert "Quiet hours" not in found


# --- templates


@pytest.fixture
def templates(app: Shopbell, theme: Theme, show: Any, qtbot: Any) -> TemplatesDialog:
    dialog = show(TemplatesDialog(app, theme))
    qtbot.waitUntil(lambda: dialog.list.count() > 0)
    return dialog


def test_a_template_is_added_edited_removed_and_brought_back(
    templates: TemplatesDialog, app: Shopbell, qtbot: Any
) -> None:
    click(qtbot, templates.add_button)
    templates.name.setText("Closed on Monday")
    templates.text.setPlainText("Hi {first_name}, we are closed on Mondays.")
    assert templates.preview.text() == "Hi Marta, we are closed on Mondays."
    click(qtbot, templates.save_button)
    qtbot.waitUntil(lambda: any(one.name == "Closed on Monday" for one in app.templates.all()))
    qtbot.waitUntil(lambda: templates._current.id > 0)
    assert templates.list.currentItem().text() == "Closed on Monday"
    click(qtbot, templates.remove_button)
    qtbot.waitUntil(templates.undo_button.isVisible)
    assert not any(one.name == "Closed on Monday" for one in app.templates.all())
    click(qtbot, templates.undo_button)
    qtbot.waitUntil(lambda: any(one.name == "Closed on Monday" for one in app.templates.all()))


def test_the_buttons_of_a_template_are_in_reach_on_a_low_screen(templates: TemplatesDialog) -> None:
    templates.resize(712, 400)
    assert templates.height() == 400
    inside = templates.rect()
    for one in (templates.save_button, templates.remove_button, templates.add_button):
        bottom = one.mapTo(templates, one.rect().bottomRight())
        assert inside.contains(bottom)
    assert templates.text.height() >= templates.text.minimumSizeHint().height()


def test_a_template_needs_a_text(templates: TemplatesDialog, qtbot: Any) -> None:
    click(qtbot, templates.add_button)
    templates.name.setText("Empty")
    click(qtbot, templates.save_button)
    qtbot.waitUntil(lambda: templates.note.text() == "It needs a text.")


def test_templates_go_out_and_come_in(
    templates: TemplatesDialog, app: Shopbell, qtbot: Any, tmp_path: Path
) -> None:
    file = tmp_path / "mine.csv"
    templates.export_to(file)
    qtbot.waitUntil(file.exists)
    name = app.templates.all()[0].name
    app.templates.remove(name)
    templates.import_from(file)
    qtbot.waitUntil(lambda: "templates were read" in templates.note.text())
    assert any(one.name == name for one in app.templates.all())


# --- sources, keys, backup


def test_sources_say_how_they_are(
    app: Shopbell, theme: Theme, sample: SampleShop, show: Any, qtbot: Any
) -> None:
    account = app.accounts.add("feeds", {"url": sample.feed_urls["comments"]}, {}, name="Comments")
    dialog = show(SourcesDialog(app, theme))
    qtbot.waitUntil(lambda: account.id in dialog.rows)
    assert "Not heard yet." in [one.text() for one in dialog.rows[account.id].findChildren(QLabel)]
    app.store.failed(account.id, "sign-in-needed", {}, next_poll=None)
    qtbot.waitUntil(
        lambda: (
            "Sign in again" in [one.text() for one in dialog.rows[account.id].findChildren(QAbstractButton)]
        ),
        timeout=6000,
    )
    dialog._do(account, "pause")
    qtbot.waitUntil(lambda: app.store.account(account.id).paused)
    dialog.rename(account.id, "What they say")
    qtbot.waitUntil(lambda: app.store.account(account.id).name == "What they say")
    dialog.remove(account.id)
    qtbot.waitUntil(lambda: app.store.accounts() == ())


def test_keys_come_from_the_actions(theme: Theme, show: Any) -> None:
    dialog = KeysDialog(Actions(Icons(theme), theme), theme)
    show(dialog)
    shown = [one.text() for one in dialog.findChildren(QLabel)]
    for action in dialog.findChildren(QAction):
        assert action.text()
    assert "Check now" in shown
    assert QKeySequence("F5").toString() in shown


def test_a_backup_is_written_from_the_window(
    app: Shopbell, theme: Theme, show: Any, qtbot: Any, tmp_path: Path
) -> None:
    dialog = show(BackupDialog(app, theme))
    dialog.write_to(tmp_path / "mine")
    qtbot.waitUntil(lambda: "messages are in it" in dialog.note.text())
    assert (tmp_path / "mine.shopbell").is_file()
    assert not dialog.working.isVisible()


def test_a_backup_that_cannot_be_written_says_so(
    app: Shopbell, theme: Theme, show: Any, qtbot: Any, tmp_path: Path
) -> None:
    dialog = show(BackupDialog(app, theme))
    dialog.write_to(tmp_path / "no-such-folder" / "mine.shopbell")
    qtbot.waitUntil(lambda: bool(dialog.note.text()) and not dialog.working.isVisible())
    assert "messages are in it" not in dialog.note.text()


def test_a_damaged_database_offers_its_last_good_copy(
    tmp_path: Path, theme: Theme, show: Any, qtbot: Any
) -> None:
    paths = Paths.open(tmp_path / "profile")
    store = Store.open(paths.database, SystemClock())
    store.add_account("toy", "Kept")
    assert store.keep_copy() is not None
    store.close()
    for leftover in paths.profile.glob(paths.database.name + "-*"):
        leftover.unlink()
    paths.database.write_bytes(b"not a database at all" * 4096)
    with pytest.raises(DamagedDatabase):
        Store.open(paths.database, SystemClock())
    dialog = show(DamagedDialog(paths, theme))
    click(qtbot, dialog.restore_button)
    assert dialog.result() == QDialog.DialogCode.Accepted
    store = Store.open(paths.database, SystemClock())
    assert [one.name for one in store.accounts()] == ["Kept"]
    store.close()


def test_a_damaged_database_without_a_copy_takes_a_backup_file(
    tmp_path: Path, theme: Theme, show: Any
) -> None:
    first = Shopbell.open(tmp_path / "first", credentials=Credentials("dialogs", FakeKeyring()))
    first.store.set_meta("kept", "yes")
    file = tmp_path / "mine.shopbell"
    backup.write(first.store, first.paths, file)
    first.close()
    paths = Paths.open(tmp_path / "second")
    paths.database.write_bytes(b"no database" * 5000)
    dialog = show(DamagedDialog(paths, theme))
    assert not dialog.restore_button.isVisible()
    assert dialog.choose_button.isDefault()
    assert not dialog.restore_from(tmp_path / "missing.shopbell")
    assert dialog.note.text()
    assert dialog.restore_from(file)
    again = Store.open(paths.database, SystemClock())
    assert again.get_meta("kept") == "yes"
    again.close()


def test_a_backup_of_a_newer_shopbell_is_told_before_the_window_closes(
    app: Shopbell, theme: Theme, show: Any, qtbot: Any, tmp_path: Path
) -> None:
    newer = tmp_path / "newer.db"
    shutil.copy(profile_of(1), newer)
    with closing(sqlite3.connect(newer)) as file:
        file.execute("PRAGMA user_version=99")
        file.commit()
    dialog = show(BackupDialog(app, theme))
    wanted: list[str] = []
    dialog.restore_wanted.connect(wanted.append)
    dialog.restore_from(newer)
    qtbot.waitUntil(lambda: bool(dialog.note.text()))
    assert dialog.note.text() == (
        "This backup was made by a newer Shopbell. Nothing was replaced. Update Shopbell."
    )
    assert dialog.isVisible()
    dialog.restore_from(DATA / "backup-v1.shopbell")
    qtbot.waitUntil(lambda: bool(wanted))
    assert wanted == [str(DATA / "backup-v1.shopbell")]
    assert not dialog.isVisible()


# --- all of them


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_every_control_has_a_name(
    choice: str, app: Shopbell, theme: Theme, show: Any, browser: Browser, qtbot: Any
) -> None:
    theme.set_choice(choice)  # type: ignore[arg-type]
    adding = AddSourceDialog(app, theme)
    adding.cards.choose("mastodon")
    dialogs = [
        adding,
        SettingsDialog(app, theme, page="notifications"),
        TemplatesDialog(app, theme),
        KeysDialog(Actions(Icons(theme), theme), theme),
        SourcesDialog(app, theme),
        BackupDialog(app, theme),
        FirstStart(app, theme),
    ]
    for dialog in dialogs:
        show(dialog)
        assert unnamed(dialog) == [], type(dialog).__name__
        qtbot.waitUntil(
            lambda dialog=dialog: getattr(dialog, "_jobs", None) is None or not dialog._jobs.waiting
        )
