"""What goes to files and comes from them: templates, backups, exports."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from pathlib import Path

import pytest

from services.sample import SampleShop
from tests.end2end.commands.shapes import (
    complaint,
    complaint_status,
    replies_on,
)
from tests.end2end.program import Program

pytestmark = pytest.mark.keyring


def test_a_template_for_a_customer_without_a_name(synced: Program, shop: SampleShop) -> None:
    shop.person("nameless").name = ""
    shop.say("nameless", "Do you have rye today?", key="rye-today")
    synced.good("sync")
    row = synced.good("inbox", "--query", "rye today")["conversations"][0]
    synced.good("templates", "add", "Greeting", "--text", "Hi {first_name}, it is {blank:what}. {network}")
    line = synced.bad("reply", row["id"], "--template", "Greeting")
    assert "what" in line
    sent = synced.good("reply", row["id"], "--template", "Greeting", "--set", "what=there", "--now")["outbox"]
    assert sent["state"] == "sent"
    text = next(status.text for status in shop.owner_statuses() if "it is there" in status.text)
    assert "{" not in text
    assert re.search(r"Hi( Nameless)?, it is there\. Mastodon$", text), text


def test_templates_travel_as_files(program: Program, tmp_path: Path) -> None:
    before = program.good("templates", "list")
    assert len(before) > 5
    program.good("templates", "add", "Öffnungszeiten", "--text", "Wir haben bis {blank:Zeit} auf.")
    for ending in ("json", "csv"):
        file = tmp_path / f"replies.{ending}"
        assert program.good("templates", "export", file)["exported"] == len(before) + 1
        other = Program(tmp_path / f"other-{ending}")
        other.good("templates", "import", file)
        texts = {one["text"] for one in other.good("templates", "list")}
        assert "Wir haben bis {blank:Zeit} auf." in texts
    program.good("templates", "remove", "Öffnungszeiten")
    assert len(program.good("templates", "list")) == len(before)
    assert "no such file" in program.bad("templates", "import", tmp_path / "none.json")


@pytest.mark.parametrize("left_since", [True, False])
def test_what_a_backup_holds_is_not_sent_twice(
    left_since: bool, synced: Program, shop: SampleShop, tmp_path: Path
) -> None:
    """A reply that waited when the backup was made, and left from the original or did not."""
    row = complaint(synced)
    synced.good("reply", row["id"], "--text", "We bake you a new one.")
    synced.good("backup", tmp_path / "all.shopbell")
    if left_since:
        # Another reply, so that nothing but the look for ours can tell that it is there.
        synced.good("reply", row["id"], "--text", "Come by today.", "--now")
        assert replies_on(shop, "We bake you a new one.") == 1
    synced.good("restore", tmp_path / "all.shopbell")
    for _ in range(2):
        synced.good("sync")
    assert replies_on(shop, "We bake you a new one.") == left_since
    # What is certain not to have left waits for its next try.
    left = [(one["text"], one["state"]) for one in synced.good("outbox")["outbox"]]
    assert left == ([] if left_since else [("We bake you a new one.", "holding")])


def test_backup_and_restore(synced: Program, shop: SampleShop, tmp_path: Path) -> None:
    file = tmp_path / "all.zip"
    saved = synced.good("backup", file)
    before = synced.good("inbox", "--view", "all", "--limit", 500)
    row = complaint(synced)
    synced.good("mark", row["id"], "done")
    shop.say("karl", "Written after the backup.")
    synced.good("sync")
    assert synced.good("restore", file)["messages"] == saved["messages"]
    assert synced.good("inbox", "--view", "all", "--limit", 500) == before
    assert synced.good("sync")["accounts"][0]["new"] == 1

    elsewhere = Program(tmp_path / "elsewhere")
    elsewhere.good("restore", file)
    assert elsewhere.good("inbox", "--view", "all", "--limit", 500) == before
    assert "key store" in elsewhere.run("sync", "--json").json["accounts"][0]["error"]


def test_a_backup_that_is_none_changes_nothing(synced: Program, tmp_path: Path) -> None:
    file = tmp_path / "all.zip"
    synced.good("backup", file)
    before = synced.good("inbox", "--view", "all", "--limit", 500)
    content = file.read_bytes()
    cut, bent, foreign, text = (
        tmp_path / name for name in ("cut.zip", "bent.zip", "foreign.zip", "text.zip")
    )
    cut.write_bytes(content[: len(content) // 2])
    middle = len(content) // 2
    noise = bytes(byte ^ 255 for byte in content[middle : middle + 50])
    bent.write_bytes(content[:middle] + noise + content[middle + 50 :])
    with zipfile.ZipFile(foreign, "w") as archive:
        archive.writestr("holiday.txt", "sun")
    text.write_text("not a zip at all")
    assert "damaged" in synced.bad("restore", cut)
    assert "damaged" in synced.bad("restore", bent)
    assert "not a backup" in synced.bad("restore", foreign)
    assert "not a backup" in synced.bad("restore", text)
    assert synced.good("inbox", "--view", "all", "--limit", 500) == before
    left = [path.name for path in synced.profile.iterdir() if path.name.startswith(".restore")]
    assert left == []


def test_a_profile_in_use_is_not_replaced(synced: Program, tmp_path: Path) -> None:
    from services.clock import SystemClock
    from services.store import Store

    file = tmp_path / "all.zip"
    synced.good("backup", file)
    store = Store.open(synced.profile / "shopbell.db", SystemClock())
    try:
        assert "open on this profile" in synced.bad("restore", file)
        assert store.check() == []
    finally:
        store.close()
    synced.good("restore", file)


def test_export_is_readable_by_others(synced: Program, shop: SampleShop, tmp_path: Path) -> None:
    shop.say("eve", "=cmd|' /C calc'!A0", mention=False, reply_to=complaint_status(shop))
    synced.good("sync")
    as_json, as_csv = tmp_path / "all.json", tmp_path / "all.csv"
    exported = synced.good("export", as_json)
    document = json.loads(as_json.read_text("utf-8"))
    messages = [m for row in document["conversations"] for m in row["messages"]]
    assert exported["messages"] == len(messages) > 40
    synced.good("export", as_csv)
    with as_csv.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(messages)
    assert {row["channel"] for row in rows} == {"mastodon"}
    cells = [cell for row in rows for cell in row.values()]
    assert not any(cell[:1] in ("=", "+", "-", "@") for cell in cells)
    for file_ in (as_json, as_csv):
        assert file_.stat().st_mode & 0o077 == 0
