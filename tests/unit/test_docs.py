"""The documents say what is there: the channels' index, the rooms, and every link."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts.channel_index import TARGET, index, pages, with_table
from services.channels import Registry, discover
from tests.fakes import FakeClock
from tests.toy import ToyNetwork, toy_channel

PROJECT = Path(__file__).resolve().parents[2]
PAGES = sorted([PROJECT / "README.md", *(PROJECT / "docs").rglob("*.md")])
ARCHITECTURE = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_the_index_of_the_channels_is_what_they_declare() -> None:
    assert TARGET.read_text(encoding="utf-8") == index(discover().all()), "make channel-index"


@pytest.mark.parametrize("page", pages(discover().all()), ids=lambda page: page.stem)
def test_each_page_names_every_field_for_scripts(page: Path) -> None:
    about = pages(discover().all())[page]
    text = page.read_text(encoding="utf-8")
    assert text == with_table(text, about), "make channel-index"
    for channel in about:
        assert f"accounts add {channel.kind}" in text
        assert [one.name for one in channel.signin.fields if f"| `{one.name}` |" not in text] == []


def test_a_new_channel_comes_into_the_index_by_itself() -> None:
    registry = Registry([*discover().all(), toy_channel(ToyNetwork(FakeClock()))])
    line = next(one for one in index(registry.all()).splitlines() if "(toy.md)" in one)
    assert line.endswith("| in public and in private | 1 minute |")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [one for one in links if not (page.parent / one).exists()] == []


def test_every_room_stands_in_the_plan() -> None:
    services, gui = PROJECT / "services", PROJECT / "gui"
    rooms = [one.name for one in services.iterdir() if one.suffix == ".py" and one.stem != "__init__"]
    rooms += [
        f"{one.name}/" for top in (services, gui) for one in top.iterdir() if (one / "__init__.py").exists()
    ]
    assert len(rooms) > 25
    assert [one for one in rooms if not re.search(rf"\b{re.escape(one)}", ARCHITECTURE)] == []


def test_what_the_plan_names_is_there() -> None:
    names = set(re.findall(r"(?<![\w/*-])([a-z_]+\.py)\b", ARCHITECTURE))
    there = {
        file.name
        for top in ("gui", "services", "tests", "bench", "scripts")
        for file in (PROJECT / top).rglob("*.py")
    }
    assert len(names) > 25
    assert names - there - {"main.py"} == set()
