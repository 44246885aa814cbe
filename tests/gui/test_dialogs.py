"""The dialogs with the real application: sources over loopback, settings, templates, backup, first start."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QComboBox, QDialog, QLabel, QLineEdit, QWidget

from gui.actions import Actions
from gui.dialogs.add_source import AddSourceDialog
from gui.dialogs.backup import BackupDialog, DamagedDialog
from gui.dialogs.channel_words import looks_like_address
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
from tests.gui.browser import Browser, make_browser


@pytest.fixture
def browser(qapp: Any) -> Iterator[Browser]:
    yield from make_browser()


@pytest.fixture(scope="module")
def sample() -> Iterator[SampleShop]:
    with SampleShop() as shop:
        yield shop


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Shopbell]:
    one = Shopbell.open(tmp_path / "profile", credentials=Credentials("dialogs", FakeKeyring()))
    yield one
    one.close()


@pytest.fixture
def show(qtbot: Any) -> Iterator[Callable[[QDialog], Any]]:
    shown: list[QDialog] = []

    def make(dialog: QDialog) -> Any:
        dialog.show()
        qtbot.waitExposed(dialog)
        shown.append(dialog)
        return dialog

    yield make
    for dialog in shown:
        dialog.close()
        dialog.deleteLater()


@pytest.fixture
def adding(app: Shopbell, theme: Theme, show: Any, browser: Browser) -> AddSourceDialog:
    return show(AddSourceDialog(app, theme))


def click(qtbot: Any, one: QAbstractButton) -> None:
    assert one.isEnabled()
    qtbot.mouseClick(one, Qt.MouseButton.LeftButton)


def unnamed(top: QWidget) -> list[str]:
    """Controls a screen reader would have no name for."""
    kinds = (QAbstractButton, QLineEdit, QComboBox)
    return [
        f"{type(one).__name__} {one.objectName()}"
        for one in top.findChildren(QWidget)
        if isinstance(one, kinds)
        and one.isVisibleTo(top)
        and not one.accessibleName().strip()
        and not (isinstance(one, QAbstractButton) and one.text().strip())
        and not isinstance(one.parent(), QComboBox | QLineEdit)
    ]


# --- adding a source


def test_cards_are_drawn_from_what_the_channels_declare(adding: AddSourceDialog, app: Shopbell) -> None:
    assert adding.cards.count() == len(app.channels.all())
    adding.cards.choose("mastodon")
    assert adding.form is not None
    titles = [one.text() for one in adding.form.findChildren(QLabel)]
    for words in (*adding.form.channel.abilities.does, *adding.form.channel.abilities.cannot):
        assert words in titles
    assert adding.go.accessibleName() == "Continue in the browser"
    assert not adding.go.isEnabled()


def test_a_source_is_chosen_by_keys_alone(adding: AddSourceDialog, qtbot: Any) -> None:
    adding.search.setFocus()
    qtbot.keyClicks(adding.search, "hashtag")
    qtbot.keyClick(adding.search, Qt.Key.Key_Return)
    assert adding.form is not None
    assert adding.form.channel.kind == "mastodon-hashtag"
    adding.search.clear()
    adding.search.setFocus()
    qtbot.keyClick(adding.search, Qt.Key.Key_Down)
    assert adding.cards.hasFocus()
    qtbot.keyClick(adding.cards, Qt.Key.Key_Home)
    qtbot.keyClick(adding.cards, Qt.Key.Key_Return)
    assert adding.form.channel is adding.cards.channel()
    assert adding.form.input(adding.form.channel.signin.fields[0].name).hasFocus()


def test_a_feed_is_found_behind_a_page_and_added(
    adding: AddSourceDialog, sample: SampleShop, app: Shopbell, qtbot: Any
) -> None:
    adding.search.setFocus()
    qtbot.keyClicks(adding.search, sample.blog_url)
    qtbot.keyClick(adding.search, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: adding.state == "found", timeout=8000)
    assert len(adding.places.places()) >= 2
    for box in adding.places.boxes():
        box.setChecked(True)
    chosen = len(adding.places.chosen())
    assert adding.go.accessibleName() == f"Connect {chosen} places"
    click(qtbot, adding.back)
    assert adding.state == "choose"
    adding._look()
    qtbot.waitUntil(lambda: adding.state == "found", timeout=8000)
    for box in adding.places.boxes():
        box.setChecked(True)
    with qtbot.waitSignal(adding.added, timeout=8000):
        click(qtbot, adding.go)
    assert adding.state == "done"
    assert len(app.store.accounts()) == chosen


def test_the_role_chosen_in_the_form_is_kept(
    adding: AddSourceDialog, sample: SampleShop, app: Shopbell, qtbot: Any
) -> None:
    adding.cards.choose("feeds")
    assert adding.form is not None
    adding.form.fill({"url": sample.feed_urls["blog"], "role": "own"})
    click(qtbot, adding.go)
    qtbot.waitUntil(lambda: adding.state == "found", timeout=8000)
    with qtbot.waitSignal(adding.added, timeout=8000):
        click(qtbot, adding.go)
    assert app.store.accounts()[0].settings["role"] == "own"


def test_a_page_that_is_no_feed_says_so_at_its_field(
    adding: AddSourceDialog, sample: SampleShop, app: Shopbell, qtbot: Any
) -> None:
    url = sample.serve("/plain.txt", b"nothing of the kind", "text/plain")
    adding.cards.choose("feeds")
    assert adding.form is not None
    adding.form.fill({"url": url})
    click(qtbot, adding.go)
    qtbot.waitUntil(
        lambda: adding.trouble.isVisible() or adding.form._errors["url"].isVisible(), timeout=8000
    )
    said = adding.form._errors["url"].text() or adding.trouble.words.text()
    assert "feed" in said
    assert "Traceback" not in said
    assert app.store.accounts() == ()


def test_nobody_there_is_said_in_words(adding: AddSourceDialog, qtbot: Any) -> None:
    adding.search.setText("http://127.0.0.1:9/")
    adding._look()
    qtbot.waitUntil(lambda: adding.trouble.isVisible(), timeout=8000)
    assert "takes no connections" in adding.trouble.words.text()
    assert adding.state == "choose"


def browse(url: str) -> None:
    """Follows the redirect to the loopback address as a browser would."""
    with urllib.request.urlopen(url, timeout=5) as answer:
        answer.read()


def test_sign_in_through_the_browser(
    adding: AddSourceDialog, sample: SampleShop, browser: Browser, app: Shopbell, qtbot: Any
) -> None:
    adding.cards.choose("mastodon")
    assert adding.form is not None
    adding.form.fill({"server": sample.url})
    click(qtbot, adding.go)
    qtbot.waitUntil(lambda: adding.state == "waiting" and bool(browser.opened), timeout=8000)
    assert adding.browser_page.title.text() == "Your browser is open."
    with qtbot.waitSignal(adding.added, timeout=10000):
        threading.Thread(target=browse, args=(sample.allow(browser.opened[0]),), daemon=True).start()
    account = app.store.accounts()[0]
    assert account.kind == "mastodon"
    assert app.credentials.get(account.id)
    assert adding.done_page.title.text() == f"{account.name} is connected."


def test_a_code_is_pasted_instead(
    adding: AddSourceDialog, sample: SampleShop, browser: Browser, app: Shopbell, qtbot: Any
) -> None:
    adding.cards.choose("mastodon")
    assert adding.form is not None
    adding.form.fill({"server": sample.url})
    click(qtbot, adding.go)
    qtbot.waitUntil(lambda: adding.state == "waiting", timeout=8000)
    click(qtbot, adding.browser_page.paste_instead)
    qtbot.waitUntil(lambda: adding.state == "code", timeout=8000)
    assert not adding.go.isEnabled()
    adding.browser_page.code.setText("wrong")
    click(qtbot, adding.go)
    qtbot.waitUntil(lambda: adding.trouble.isVisible(), timeout=8000)
    assert app.store.accounts() == ()


def test_a_token_that_is_not_accepted_leaves_nothing(
    adding: AddSourceDialog, sample: SampleShop, app: Shopbell, qtbot: Any
) -> None:
    adding.cards.choose("mastodon")
    assert adding.form is not None
    adding.form.show_advanced()
    adding.form.fill({"server": sample.url, "access_token": "wrong"})
    assert adding.go.accessibleName() == "Connect"
    click(qtbot, adding.go)
    qtbot.waitUntil(lambda: adding.trouble.isVisible(), timeout=8000)
    assert "does not accept" in adding.trouble.words.text()
    assert app.store.accounts() == ()
    adding.form.fill({"access_token": sample.access_token})
    with qtbot.waitSignal(adding.added, timeout=8000):
        click(qtbot, adding.go)
    assert len(app.store.accounts()) == 1


def test_without_a_key_store_it_is_kept_until_quit(
    tmp_path: Path, theme: Theme, sample: SampleShop, show: Any, browser: Browser, qtbot: Any
) -> None:
    class Unsafe:
        def get_password(self, service: str, username: str) -> str | None:
            raise AssertionError("never asked")

    from services.credentials import allowed_backends

    assert allowed_backends(Unsafe()) == ()
    app = Shopbell.open(tmp_path / "keyless")
    dialog = show(AddSourceDialog(app, theme))
    dialog.cards.choose("mastodon")
    dialog.form.show_advanced()
    dialog.form.fill({"server": sample.url, "access_token": sample.access_token})
    click(qtbot, dialog.go)
    qtbot.waitUntil(lambda: dialog.trouble.keep.isVisible(), timeout=8000)
    assert dialog.trouble.words.text() == "This computer offers no safe place for passwords."
    assert app.store.accounts() == ()
    with qtbot.waitSignal(dialog.added, timeout=8000):
        click(qtbot, dialog.trouble.keep)
    assert app.credentials.session_only
    dialog.close()
    app.close()


def test_going_back_forgets_the_sign_in(
    adding: AddSourceDialog, sample: SampleShop, browser: Browser, app: Shopbell, qtbot: Any
) -> None:
    adding.cards.choose("mastodon")
    assert adding.form is not None
    adding.form.fill({"server": sample.url})
    click(qtbot, adding.go)
    qtbot.waitUntil(lambda: adding.state == "waiting", timeout=8000)
    click(qtbot, adding.back)
    assert adding.state == "form"
    qtbot.waitUntil(lambda: adding.flow._jobs.waiting == 0, timeout=8000)
    assert not adding.trouble.isVisible()
    assert app.store.accounts() == ()


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("rosies-bakery.example", True),
        ("https://x.example/a", True),
        ("@rosies@bread.example", True),
        ("mastodon", False),
        ("google reviews", False),
        ("", False),
        ("etc.", False),
    ],
)
def test_what_looks_like_an_address(text: str, is_one: bool) -> None:
    assert looks_like_address(text) is is_one


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
    dialog.search.setText("soft desk")
    dialog.search.textEdited.emit("soft desk")
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


# --- the first start


@pytest.fixture
def first(app: Shopbell, theme: Theme, show: Any, browser: Browser) -> FirstStart:
    return show(FirstStart(app, theme))


def test_first_start_walks_its_three_steps(
    first: FirstStart, app: Shopbell, sample: SampleShop, qtbot: Any
) -> None:
    qtbot.keyClicks(first.shop, "Rosie's Bakery")
    qtbot.keyClicks(first.first_name, "Ana")
    first.url.setText(sample.blog_url)
    first._look()
    qtbot.waitUntil(lambda: bool(first.places.chosen()), timeout=8000)
    assert first.url_note.text().startswith("Found ")
    click(qtbot, first.go)
    qtbot.waitUntil(lambda: first.step == 1, timeout=8000)
    assert len(app.store.accounts()) == 1
    click(qtbot, first.go)
    assert first.step == 2
    with qtbot.waitSignal(first.finished):
        click(qtbot, first.go)
    qtbot.waitUntil(lambda: app.settings.current.first_start_done)
    current = app.settings.current
    assert (current.shop_name, current.owner_first_name) == ("Rosie's Bakery", "Ana")
    assert current.quiet_hours == ("18:00", "08:00")
    assert len(current.opening_hours) == 7


def test_behind_the_shops_address_the_comments_are_ticked(
    first: FirstStart, app: Shopbell, sample: SampleShop, qtbot: Any
) -> None:
    profile = f"{sample.url}/@rosies"
    page = (
        f'<html><head><link rel="alternate" type="application/rss+xml" title="News" '
        f'href="{sample.feed_urls["blog"]}"><link rel="alternate" type="application/rss+xml" '
        f'title="Comments" href="{sample.feed_urls["comments"]}"><link rel="me" href="{profile}"></head>'
    )
    first.url.setText(sample.serve("/our-site", page.encode(), "text/html"))
    first._look()
    qtbot.waitUntil(lambda: len(first.places.places()) == 3, timeout=8000)
    ticked = {(one.kind, one.hint) for one in first.places.chosen()}
    assert ticked == {("feeds", "comments"), ("mastodon", "account")}
    posts = next(one for one in first.places.places() if one.hint == "posts")
    assert posts.settings["role"] == "own"


def test_first_start_can_be_skipped(first: FirstStart, app: Shopbell, qtbot: Any) -> None:
    click(qtbot, first.later)
    click(qtbot, first.later)
    assert first.step == 2
    click(qtbot, first.go)
    qtbot.waitUntil(lambda: app.settings.current.first_start_done)
    assert app.settings.current.quiet_hours == ()


def test_just_looking_opens_the_sample_shop(first: FirstStart, app: Shopbell, qtbot: Any) -> None:
    with qtbot.waitSignal(first.sample_wanted):
        click(qtbot, first.sample)
    qtbot.waitUntil(lambda: first._jobs.waiting == 0)
    assert not app.settings.current.first_start_done


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
