"""The list of sources from another reader and for one."""

from __future__ import annotations

import urllib.request
from pathlib import Path
from typing import Any

from gui.dialogs.add_source import AddSourceDialog
from gui.dialogs.sources import SourcesDialog
from gui.theme import Theme
from services.app import Shopbell
from services.sample.shop import SampleShop
from tests.gui.dialogs.help import click


def list_of(sample: SampleShop, folder: Path) -> Path:
    """What the sample shop's own page offers to download."""
    file = folder / "reader.opml"
    with urllib.request.urlopen(sample.opml_url, timeout=5) as answer:
        file.write_bytes(answer.read())
    return file


def test_a_list_is_brought_from_another_reader(
    adding: AddSourceDialog, sample: SampleShop, app: Shopbell, tmp_path: Path, qtbot: Any
) -> None:
    assert adding.bring.button.accessibleName() == "Bring a list from another reader"
    file = list_of(sample, tmp_path)
    count = file.read_bytes().count(b"xmlUrl=")
    assert count > 1
    adding.bring.button.setFocus()
    with qtbot.waitSignal(adding.added, timeout=20_000) as brought:
        adding.bring.read_from(file)
    assert adding.bring.button.hasFocus()
    assert adding.note.text() == f"{count} feeds added."
    assert len(brought.args[0]) == count
    assert {one.kind for one in app.store.accounts()} == {"feeds"}
    adding.bring.read_from(file)
    qtbot.waitUntil(lambda: adding.note.text() == "No new feed is in this list.", timeout=20_000)
    assert len(app.store.accounts()) == count


def test_one_feed_is_said_as_one(
    adding: AddSourceDialog, sample: SampleShop, tmp_path: Path, qtbot: Any
) -> None:
    file = tmp_path / "one.xml"
    address = sample.feed_urls["blog"]
    file.write_text(f'<opml version="2.0"><body><outline text="Blog" xmlUrl="{address}"/></body></opml>')
    adding.bring.read_from(file)
    qtbot.waitUntil(lambda: adding.note.text() == "1 feed added.", timeout=20_000)


def test_a_file_that_is_no_list_says_so(
    adding: AddSourceDialog, app: Shopbell, tmp_path: Path, qtbot: Any
) -> None:
    file = tmp_path / "holiday.xml"
    file.write_text("<html><body>no list</body></html>")
    adding.bring.read_from(file)
    qtbot.waitUntil(adding.trouble.isVisible, timeout=20_000)
    assert adding.trouble.words.text() == "This file holds no list of feeds."
    assert adding.note.text() == ""
    adding.bring.read_from(tmp_path / "gone.opml")
    qtbot.waitUntil(
        lambda: adding.trouble.words.text() != "This file holds no list of feeds.", timeout=20_000
    )
    assert "Traceback" not in adding.trouble.words.text()
    assert app.store.accounts() == ()


def test_the_list_is_saved_for_another_reader(
    app: Shopbell, theme: Theme, sample: SampleShop, show: Any, tmp_path: Path, qtbot: Any
) -> None:
    dialog = show(SourcesDialog(app, theme))
    assert dialog.save_list.button.accessibleName() == "Save the list for another reader"
    assert dialog.focusWidget() is dialog.add_button
    dialog.save_list.write_to(tmp_path / "empty")
    qtbot.waitUntil(lambda: "there is none yet" in dialog.note.text(), timeout=20_000)
    assert not (tmp_path / "empty.opml").exists()
    app.accounts.add("feeds", {"url": sample.feed_urls["comments"]}, {}, name="Comments & more")
    dialog.save_list.write_to(tmp_path / "mine")
    qtbot.waitUntil(lambda: dialog.note.text() == "The list is in mine.opml.", timeout=20_000)
    assert dialog.note.property("tone") == "text3"
    document = (tmp_path / "mine.opml").read_bytes()
    assert sample.feed_urls["comments"].encode() in document
    first = app.store.accounts()[0]
    app.accounts.remove(first.id)
    assert [one.name for one in app.accounts.import_sources(document)] == ["Comments & more"]


def test_a_list_that_cannot_be_saved_says_so(
    app: Shopbell, theme: Theme, sample: SampleShop, show: Any, tmp_path: Path, qtbot: Any
) -> None:
    app.accounts.add("feeds", {"url": sample.feed_urls["comments"]}, {})
    dialog = show(SourcesDialog(app, theme))
    dialog.save_list.write_to(tmp_path / "no-such-folder" / "mine.opml")
    qtbot.waitUntil(lambda: bool(dialog.note.text()), timeout=20_000)
    assert dialog.note.property("tone") == "caretx"
    click(qtbot, dialog.add_button)
