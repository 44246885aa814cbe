"""The saved replies and the insights on a real database."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from services.insights import report
from services.replies.templates import Templates
from services.settings import SettingsFile
from services.store import Store
from tests.fakes import FakeClock


def test_saved_replies_last_and_starters_come_once(tmp_path: Path) -> None:
    clock, settings = FakeClock(), SettingsFile(tmp_path / "settings.json")
    store = Store.open(tmp_path / "shopbell.db", clock)
    templates = Templates(store, settings)
    names = {one.name for one in templates.all()}
    templates.add("Sold out", "Gone, {first_name}.", shortcut="gone")
    templates.remove("Opening hours")
    store.used_template(templates.get("gone").id)
    store.close()
    store = Store.open(tmp_path / "shopbell.db", clock)
    templates = Templates(store, settings)
    assert {one.name for one in templates.all()} == names - {"Opening hours"} | {"Sold out"}
    assert templates.all()[0] == templates.get("sold out")
    assert templates.all()[0].used == 1
    store.close()


def test_insights_of_an_empty_shop(tmp_path: Path) -> None:
    clock = FakeClock()
    store = Store.open(tmp_path / "shopbell.db", clock)
    figures = report(store, clock.now() + timedelta(days=1), days=30, target_s=1800)
    assert figures["first_response_median_s"] is None
    assert len(figures["volume"]) == 30
    assert figures["unanswered"] == 0
    store.close()
