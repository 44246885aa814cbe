from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from services.errors import Invalid, NotFound
from services.model import (
    Account,
    Author,
    Conversation,
    Direction,
    MessageKind,
    State,
    Template,
    Thread,
    ThreadMessage,
)
from services.replies.names import first_name
from services.replies.templates import Templates, read_templates, starters, write_csv, write_json
from services.replies.variables import labels, render
from services.settings import Settings

NOW = datetime(2026, 11, 24, 7, 4, tzinfo=UTC)
MARTA = {"first_name": "Marta", "shop": "Rosie's Bakery", "owner": "Rosie"}


@pytest.mark.parametrize(
    ("template", "filled", "empty"),
    [
        ("Hi {first_name}, yes.", "Hi Marta, yes.", "Hi, yes."),
        ("Thank you, {first_name}.", "Thank you, Marta.", "Thank you."),
        ("{first_name}, thank you.", "Marta, thank you.", "Thank you."),
        ("Hi {first_name}!", "Hi Marta!", "Hi!"),
        ("Hi {first_name|there}!", "Hi Marta!", "Hi there!"),
        ("About {first_name}'s order", "About Marta's order", "About your order"),
        ("Yes.\n– {owner}, {shop}", "Yes.\n– Rosie, Rosie's Bakery", "Yes."),
        ("Yes.\n{owner}\n{shop}", "Yes.\nRosie\nRosie's Bakery", "Yes."),
        ("Regards,\n{owner}", "Regards,\nRosie", "Regards"),
        ("Greetings from {shop}.", "Greetings from Rosie's Bakery.", "Greetings from us."),
        ("Dear {name} ({handle}), hi", "Dear, hi", "Dear, hi"),
        ("Hello {first_name} and {owner}", "Hello Marta and Rosie", "Hello and"),
        (
            "No variables, { spaces } {} {1}",
            "No variables, { spaces } {} {1}",
            "No variables, { spaces } {} {1}",
        ),
    ],
)
def test_an_empty_variable_leaves_no_hole(template: str, filled: str, empty: str) -> None:
    assert render(template, MARTA).text == filled
    assert render(template, {}).text == empty


def test_every_starter_reads_well_without_a_name() -> None:
    for one in starters():
        text = render(one.text, {}).text
        for hole in (" ,", " .", ",,", "  ", "{", "}", "\n\n", ", \n", "Hi ,"):
            assert hole not in text, (one.name, hole)
        assert text == text.strip()


def test_blanks_are_asked_for_and_never_sent() -> None:
    template = "Sorry. {blank:What was wrong}. {blank:What was wrong} {price} {blank}"
    assert labels(template) == ("What was wrong", "Price", "Blank")
    result = render(template, {"Price": "3.20"})
    assert not result.is_complete
    assert [result.text[b.start : b.end] for b in result.blanks] == ["[What was wrong]"] * 2 + ["[Blank]"]
    done = render(template, {"what_was_wrong": "the name", "price": "3.20", "blank": "x"})
    assert done.is_complete
    assert done.text == "Sorry. the name. the name 3.20 x"


def test_what_was_filled_is_marked() -> None:
    result = render("Hi {first_name}, from {shop}.", MARTA)
    assert [(f.name, result.text[f.start : f.end]) for f in result.filled] == [
        ("first_name", "Marta"),
        ("shop", "Rosie's Bakery"),
    ]


def test_a_customers_name_cannot_bring_a_variable_or_a_line() -> None:
    text = render("Hi {first_name}, bye {owner}", {"first_name": "{owner}\nEve", "owner": "Rosie"}).text
    assert text == "Hi {owner} Eve, bye Rosie"


@pytest.mark.parametrize(
    ("shown", "first"),
    [
        ("Marta Lindqvist", "Marta"),
        ("Dr. Marta Lindqvist 🌻 (she/her)", "Marta"),
        ("Lindqvist, Marta", "Marta"),
        ("MARTA", "Marta"),
        ("anna", "Anna"),
        ("Jean-Luc Picard", "Jean-Luc"),
        ("Inês Duarte", "Inês"),
        ("Žofie", "Žofie"),
        ("O'Neil", "O'Neil"),
        ("McKay", "McKay"),
        ("Anna | Baker", "Anna"),
        ("Tom 🍞", "Tom"),
        ("Анна Каренина", "Анна"),
        ("Frau Müller", ""),
        ("Café am Park", ""),
        ("The Bread Lady", ""),
        ("Bob's Burgers", ""),
        ("Müller GmbH", ""),
        ("Sam & Max", ""),
        ("xX_bread_99", ""),
        ("BreadLover", ""),
        ("J. Smith", ""),
        ("@tom", ""),
        ("李小龙", ""),
        ("👩‍🍳", ""),
        ("", ""),
        ("   ", ""),
    ],
)
def test_first_names(shown: str, first: str) -> None:
    assert first_name(shown) == first


# --- the saved ones


class Kept:
    """What ``Templates`` needs of a store, in memory."""

    def __init__(self) -> None:
        self.kept: dict[int, Template] = {}
        self.meta: dict[str, str] = {}

    def templates(self) -> Sequence[Template]:
        return tuple(self.kept.values())

    def save_template(self, template: Template) -> Template:
        saved = replace(template, id=template.id or max(self.kept, default=0) + 1)
        self.kept[saved.id] = saved
        return saved

    def remove_template(self, template_id: int) -> None:
        del self.kept[template_id]

    def account(self, account_id: int) -> Account:
        return Account(account_id, "toy", "My toy")

    def get_meta(self, key: str) -> str | None:
        return self.meta.get(key)

    def set_meta(self, key: str, value: str) -> None:
        self.meta[key] = value


class Channels:
    def get(self, kind: str) -> object:
        if kind != "toy":
            raise NotFound("channel", kind)
        return SimpleNamespace(title="Toynet")


def thread(name: str = "Marta Lindqvist", handle: str = "@marta") -> Thread:
    row = Conversation(1, 1, MessageKind.MENTION, State.NEW, name, handle, "", "", NOW)
    asked = ThreadMessage(
        1,
        "r1",
        Direction.INBOUND,
        MessageKind.MENTION,
        Author("a", name, handle),
        "x",
        "",
        NOW,
        "",
        False,
        "received",
    )
    ours = replace(asked, id=2, direction=Direction.OUTBOUND, author=Author("us", "Rosie", "@rosies"))
    return Thread(row, None, (asked, ours))


@pytest.fixture
def store() -> Kept:
    return Kept()


@pytest.fixture
def templates(store: Kept) -> Templates:
    chosen = Settings(shop_name="Rosie's Bakery", owner_first_name="Rosie")
    return Templates(store, SimpleNamespace(current=chosen))


def test_starters_are_there_once_and_stay_removed(templates: Templates, store: Kept) -> None:
    names = [one.name for one in templates.all()]
    assert len(names) >= 12
    templates.remove(names[0])
    again = Templates(store, SimpleNamespace(current=Settings()))
    assert sorted(one.name for one in again.all()) == sorted(names[1:])


def test_found_by_name_shortcut_or_id(templates: Templates) -> None:
    one = templates.add("Sold out", "Gone, {first_name}.", shortcut="/gone")
    assert (
        templates.get("sold OUT")
        == templates.get("/gone")
        == templates.get("gone")
        == templates.get(str(one.id))
    )
    with pytest.raises(NotFound):
        templates.get("nothing of the kind")


def test_the_same_name_replaces_and_a_shortcut_is_taken_once(templates: Templates) -> None:
    first = templates.add("Sold out", "A", shortcut="gone")
    assert templates.add("sold out", "B").id == first.id
    templates.add("Other", "C", shortcut="other")
    with pytest.raises(Invalid, match="shortcut-taken"):
        templates.add("Third", "D", shortcut="other")
    with pytest.raises(Invalid, match="name-taken"):
        templates.save(replace(first, name="Other"))
    for bad in ({"name": "", "text": "x"}, {"name": "x", "text": " "}, {"name": "x", "text": "y" * 20_001}):
        with pytest.raises(Invalid):
            templates.add(**bad)


def test_filled_for_the_customer_who_asked(templates: Templates) -> None:
    templates.add("T", "Hi {first_name} on {network}, {blank:When}.\n{owner}, {shop}")
    text = templates.filled("T", thread(), Channels(), {"When": "at five"})
    assert text == "Hi Marta on Toynet, at five.\nRosie, Rosie's Bakery"
    assert templates.filled("T", thread("Café am Park"), Channels(), {"when": "now"}).startswith(
        "Hi on Toynet, now."
    )
    with pytest.raises(Invalid) as caught:
        templates.filled("T", thread(), Channels(), {})
    assert caught.value.detail["name"] == "When"


def test_a_name_that_is_only_the_handle_is_no_name(templates: Templates) -> None:
    assert templates.values(thread("marta", "@marta"))["name"] == ""


@pytest.mark.parametrize("suffix", ["json", "csv"])
def test_out_and_in_again(templates: Templates, tmp_path: Path, suffix: str) -> None:
    templates.add('Quotes, "and" ; lines', "Line one\nüöä 🥐, {first_name}", shortcut="q", language="de")
    file = tmp_path / f"replies.{suffix}"
    count = templates.export_file(file)
    other = Templates(Kept(), SimpleNamespace(current=Settings()))
    assert other.import_file(file) == count
    strip = {(t.name, t.text, t.shortcut, t.language) for t in templates.all()}
    assert {(t.name, t.text, t.shortcut, t.language) for t in other.all()} == strip


def test_other_programs_files() -> None:
    semicolons = '\ufeffName;Text\r\nHours;"We are open; always"\r\n;\r\n'.encode()
    assert [(t.name, t.text) for t in read_templates(semicolons)] == [("Hours", "We are open; always")]
    old = "name,text\nCaf\xe9,Yes\n".encode("cp1252")
    assert read_templates(old)[0].name == "Café"
    assert read_templates(b'[{"name": "A", "text": "B", "more": 1}]')[0].text == "B"


@pytest.mark.parametrize("raw", [b"", b"{}", b"[1]", b"[", b"\x00\x01", b"just words", b'{"templates": 7}'])
def test_what_holds_no_templates_is_refused(raw: bytes, templates: Templates, tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(raw)
    with pytest.raises(Invalid):
        templates.import_file(file)


def test_an_import_does_not_stop_at_a_taken_shortcut(templates: Templates, tmp_path: Path) -> None:
    templates.add("Mine", "A", shortcut="hey")
    file = tmp_path / "x.json"
    file.write_bytes(write_json([Template(0, "Theirs", "B", "hey"), Template(0, "Last", "C")]))
    assert templates.import_file(file) == 2
    assert templates.get("hey").name == "Mine"
    assert templates.get("Theirs").shortcut == ""
    assert write_csv(()).startswith(b"\xef\xbb\xbfname,text")


def test_missing_and_huge_files(templates: Templates, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        templates.import_file(tmp_path / "none")
    with pytest.raises(Invalid, match="not-readable"):
        templates.import_file(tmp_path)
    (tmp_path / "huge").write_bytes(b"x" * 2_000_001)
    with pytest.raises(Invalid, match="too-large"):
        templates.import_file(tmp_path / "huge")


def test_a_file_that_cannot_be_written(templates: Templates, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="file-not-writable"):
        templates.export_file(tmp_path / "no-such-folder" / "replies.json")
