"""Every headless command as a child process without a screen, with the sample shop and the real key store."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.sample import SampleShop
from tests.end2end.program import Program

pytestmark = pytest.mark.keyring

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def is_time(value: object) -> bool:
    return isinstance(value, str) and TIME.fullmatch(value) is not None


def maybe(kind: type) -> tuple[type, ...]:
    return (kind, type(None))


def check_shape(document: Any, shape: Any, place: str = "$") -> None:
    """``shape``: types, ``is_time``, dictionaries of at least these names, lists of one kind."""
    if isinstance(shape, dict):
        assert isinstance(document, dict), place
        for name, inner in shape.items():
            assert name in document, f"{place}.{name} is missing"
            check_shape(document[name], inner, f"{place}.{name}")
    elif isinstance(shape, list):
        assert isinstance(document, list), place
        for number, item in enumerate(document):
            check_shape(item, shape[0], f"{place}[{number}]")
    elif shape is is_time:
        assert is_time(document), f"{place}: {document!r} is no time"
    elif shape == "time or nothing":
        assert document is None or is_time(document), f"{place}: {document!r}"
    else:
        assert isinstance(document, shape), f"{place}: {document!r} is no {shape}"


ACCOUNT = {"id": str, "kind": str, "name": str, "handle": str, "url": str}
LISTED = {
    "id": str,
    "kind": str,
    "name": str,
    "handle": str,
    "freshness": {
        "heard": "time or nothing",
        "failing_since": "time or nothing",
        "error_kind": maybe(str),
        "error": maybe(str),
    },
}
CONVERSATION = {
    "id": str,
    "account": str,
    "channel": str,
    "kind": str,
    "customer": {"name": str, "handle": str},
    "title": str,
    "snippet": str,
    "state": str,
    "waiting_since": "time or nothing",
    "complaint": {"score": float, "is_complaint": bool, "reasons": [str]},
    "unread": int,
    "messages": int,
    "url": str,
}
THREAD = {
    **CONVERSATION,
    "context": maybe(dict),
    "thread": [
        {
            "id": str,
            "remote_id": maybe(str),
            "direction": str,
            "author": {"name": str, "handle": str},
            "text": str,
            "html": str,
            "sent_at": is_time,
            "url": str,
            "kind": str,
            "private": bool,
            "state": str,
        }
    ],
}
OUTBOX = {"id": str, "state": str, "remote_id": maybe(str), "url": maybe(str), "error": maybe(str)}


@pytest.fixture
def shop() -> Iterator[SampleShop]:
    with SampleShop() as made:
        yield made


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path / "profile")


@pytest.fixture
def added(program: Program, shop: SampleShop) -> dict[str, Any]:
    return program.add_mastodon(shop.url, shop.access_token)


@pytest.fixture
def synced(program: Program, shop: SampleShop, added: dict[str, Any]) -> Program:
    program.good("sync")
    return program


def complaint(program: Program) -> dict[str, Any]:
    rows = program.good("inbox", "--view", "complaints", "--limit", 1)["conversations"]
    assert rows, "the week has complaints"
    return dict(rows[0])


def replies_on(shop: SampleShop, words: str) -> int:
    return sum(words in status.text for status in shop.owner_statuses())


# --- the way of a message


def test_channels_say_what_an_account_needs(program: Program) -> None:
    channels = program.good("channels")
    field = {"name": str, "secret": bool, "required": bool, "help": str}
    check_shape(
        channels,
        [
            {
                "kind": str,
                "title": str,
                "abilities": dict,
                "signin": {"method": str, "fields": [field], "effort": str},
            }
        ],
    )
    mastodon = next(one for one in channels if one["kind"] == "mastodon")
    secret = {field["name"]: field["secret"] for field in mastodon["signin"]["fields"]}
    assert secret == {"server": False, "access_token": True}


def test_a_complaint_comes_in_is_answered_and_leaves_once(program: Program, shop: SampleShop) -> None:
    added = program.add_mastodon(shop.url, shop.access_token)
    check_shape(added, ACCOUNT)
    assert (added["kind"], added["handle"]) == ("mastodon", shop.handle)
    assert program.good("accounts", "list")[0]["freshness"]["heard"] is None

    report = program.good("sync")
    check_shape(
        report,
        {
            "accounts": [{"id": str, "new": int, "updated": int, "error": maybe(str)}],
            "sent": list,
            "failed": list,
            "seconds": float,
        },
    )
    assert report["accounts"][0]["new"] > 40
    listed = program.good("accounts", "list")
    check_shape(listed, [LISTED])
    assert is_time(listed[0]["freshness"]["heard"])

    page = program.good("inbox", "--view", "complaints")
    check_shape(page, {"conversations": [CONVERSATION], "next": maybe(str)})
    row = page["conversations"][0]
    assert row["complaint"]["is_complaint"]
    said = program.good("show", row["id"])["thread"][-1]["text"]
    assert all(word in said for word in row["complaint"]["reasons"])
    assert is_time(row["waiting_since"])

    held = program.good("reply", row["id"], "--text", "Held for a moment.")["outbox"]
    check_shape(held, OUTBOX)
    assert held["state"] == "holding"
    assert [one["id"] for one in program.good("outbox")["outbox"]] == [held["id"]]
    thread = program.good("show", row["id"])
    check_shape(thread, THREAD)
    assert thread["thread"][-1]["state"] == "holding"
    assert program.good("outbox", "--undo", held["id"])["outbox"] == []
    assert program.good("show", row["id"])["draft"] == "Held for a moment."

    sent = program.good("reply", row["id"], "--text", "So sorry, come by.", "--now")["outbox"]
    assert sent["state"] == "sent"
    assert sent["url"].startswith(shop.url)
    assert replies_on(shop, "So sorry, come by.") == 1
    assert replies_on(shop, "Held for a moment.") == 0

    after = program.good("show", row["id"])
    assert (after["state"], after["waiting_since"]) == ("waiting", None)
    last = after["thread"][-1]
    assert (last["remote_id"], last["direction"], last["state"]) == (sent["remote_id"], "outbound", "sent")
    again = program.good("sync")
    assert again["accounts"][0]["new"] == 0
    assert len(program.good("show", row["id"])["thread"]) == len(after["thread"])


def test_what_is_held_leaves_before_what_is_sent_now(synced: Program, shop: SampleShop) -> None:
    row = complaint(synced)
    synced.good("reply", row["id"], "--text", "First words.")
    assert synced.good("reply", row["id"], "--text", "Second words.", "--now")["outbox"]["state"] == "sent"
    ours = [status.text for status in shop.owner_statuses()]
    assert [("First" in text, "Second" in text) for text in ours] == [(True, False), (False, True)]


def test_the_same_answer_twice_is_two_answers(synced: Program, shop: SampleShop) -> None:
    row = complaint(synced)
    for _ in range(2):
        assert synced.good("reply", row["id"], "--text", "Thank you!", "--now")["outbox"]["state"] == "sent"
    assert replies_on(shop, "Thank you!") == 2


def test_while_the_server_is_down_a_reply_waits(synced: Program, shop: SampleShop) -> None:
    row = complaint(synced)
    shop.stop()
    done = synced.run("reply", row["id"], "--text", "When you are back.", "--now", "--json")
    assert (done.code, done.json["outbox"]["state"]) == (0, "holding")
    assert done.err == "shopbell: Waits: Mastodon does not answer. It leaves by itself when it does.\n"
    failed = synced.run("sync", "--json")
    assert failed.json["accounts"][0]["error"] in failed.err
    listed = synced.good("accounts", "list")[0]["freshness"]
    assert listed["error_kind"] == "unreachable"
    assert is_time(listed["failing_since"])
    assert is_time(listed["heard"])
    shop.start()
    report = synced.good("sync")
    assert [one["state"] for one in report["sent"]] == ["sent"]
    assert replies_on(shop, "When you are back.") == 1
    assert synced.good("accounts", "list")[0]["freshness"]["error"] is None


def test_only_what_is_due(synced: Program, shop: SampleShop) -> None:
    shop.say("karl", "Four of six rolls were hard as stone.")
    assert synced.good("sync", "--due")["accounts"] == []
    assert synced.good("sync")["accounts"][0]["new"] == 1
    account = synced.good("accounts", "list")[0]["id"]
    assert synced.good("sync", "--account", account)["accounts"][0]["id"] == account


def test_marks(synced: Program) -> None:
    row = complaint(synced)
    for mark in ("waiting", "done", "spam", "new"):
        assert synced.good("mark", row["id"], mark)["state"] == mark
    assert not synced.good("mark", row["id"], "not-complaint")["complaint"]["is_complaint"]
    assert synced.good("mark", row["id"], "complaint")["complaint"]["is_complaint"]


# --- finding


def test_paging_shows_everybody_once(synced: Program) -> None:
    whole = [row["id"] for row in synced.good("inbox", "--view", "all", "--limit", 500)["conversations"]]
    seen: list[str] = []
    after: list[str] = []
    while True:
        page = synced.good("inbox", "--view", "all", "--limit", 9, *after)
        seen += [row["id"] for row in page["conversations"]]
        if page["next"] is None:
            break
        after = ["--after", page["next"]]
    assert seen == whole
    assert len(set(seen)) == len(seen) > 40


def test_views_hold_what_they_say(synced: Program) -> None:
    everything = synced.good("inbox", "--view", "all", "--limit", 500)["conversations"]
    for view in ("new", "waiting", "done", "spam", "snoozed"):
        rows = synced.good("inbox", "--view", view, "--limit", 500)["conversations"]
        assert {row["state"] for row in rows} <= {view}
    assert {row["id"] for row in everything} >= {
        row["id"] for row in synced.good("inbox", "--view", "complaints", "--limit", 500)["conversations"]
    }


def test_any_query_is_safe(synced_once: Program) -> None:
    for query in ("cake", "CAKE", "Marta", "cak", '"', "*", "a OR b)", "👋", "%", "NEAR(", "-x"):
        page = synced_once.good("inbox", f"--query={query}")
        check_shape(page["conversations"], [CONVERSATION])
        if query[0] in "cCM":
            assert page["conversations"], query


@pytest.fixture(scope="module")
def synced_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """For tests that only read."""
    with SampleShop() as shop:
        program = Program(tmp_path_factory.mktemp("reading") / "profile")
        program.add_mastodon(shop.url, shop.access_token)
        program.good("sync")
        yield program


# --- templates


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


# --- accounts and secrets


def files_of(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path, path.read_bytes()


def test_no_secret_is_written_or_said(synced: Program, shop: SampleShop, tmp_path: Path) -> None:
    row = complaint(synced)
    words: list[str] = []
    for command in (
        ("reply", row["id"], "--text", "Hello", "--now"),
        ("accounts", "list"),
        ("doctor",),
        ("backup", tmp_path / "all.zip"),
        ("export", tmp_path / "all.json"),
        ("export", tmp_path / "all.csv"),
    ):
        done = synced.run(*command, "--json")
        words += [done.out, done.err]
    shop.revoke_tokens()
    done = synced.run("sync", "--json")
    words += [done.out, done.err]
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    token = shop.access_token
    assert not any(token in text for text in words)
    assert [str(path) for path, content in files_of(tmp_path) if token.encode() in content] == []


def test_two_profiles_do_not_share_a_credential(shop: SampleShop, tmp_path: Path) -> None:
    one, two = Program(tmp_path / "one"), Program(tmp_path / "two")
    one.add_mastodon(shop.url, shop.access_token)
    two.add_mastodon(shop.url, shop.new_token())
    account = two.good("accounts", "list")[0]["id"]
    assert two.good("accounts", "remove", account) == {"removed": account}
    assert two.good("accounts", "list") == []
    assert one.good("sync")["accounts"][0]["error"] is None
    shutil.copytree(tmp_path / "one", tmp_path / "copy")
    copy = Program(tmp_path / "copy").run("sync", "--json")
    assert "key store" in copy.json["accounts"][0]["error"]
    assert one.good("sync")["accounts"][0]["error"] is None


def test_an_account_that_does_not_work_leaves_nothing_behind(program: Program, shop: SampleShop) -> None:
    good = json.dumps({"access_token": shop.access_token})
    add = ("accounts", "add")
    server = ("--set", f"server={shop.url}")
    gone = "http://127.0.0.1:9"
    assert "does not accept this sign-in" in program.bad(
        *add, "mastodon", *server, "--secrets", "-", stdin='{"access_token": "wrong"}'
    )
    line = program.bad(*add, "mastodon", "--set", f"server={gone}", "--secrets", "-", stdin=good)
    assert "takes no connections" in line
    assert "keeps trying" not in line
    assert "no such channel" in program.bad(*add, "pigeon")
    assert "server is missing" in program.bad(*add, "mastodon", "--secrets", "-", stdin=good)
    assert "no colour here" in program.bad(
        *add, "mastodon", *server, "--set", "colour=red", "--secrets", "-", stdin=good
    )
    secret = ("--set", f"access_token={shop.access_token}")
    assert "is a secret" in program.bad(*add, "mastodon", *server, *secret)
    assert "JSON" in program.bad(*add, "mastodon", *server, "--secrets", "-", stdin=shop.access_token)
    assert program.bad(*add, "mastodon", *server, "--secrets", "-", stdin="[]")
    assert program.bad(*add, "mastodon", *server)
    assert program.good("accounts", "list") == []
    assert all(shop.access_token.encode() not in content for _, content in files_of(program.profile))
    program.add_mastodon(shop.url, shop.access_token)
    assert "here already" in program.bad(*add, "mastodon", *server, "--secrets", "-", stdin=good)
    assert program.good("sync")["accounts"][0]["error"] is None
    assert len(program.good("accounts", "list")) == 1


def test_what_the_server_keeps_away_is_said_while_adding(program: Program, shop: SampleShop) -> None:
    secrets = json.dumps({"access_token": shop.access_token})
    add = ("accounts", "add", "mastodon", "--set", f"server={shop.url}", "--secrets", "-", "--json")
    done = program.run(*add, stdin=secrets)
    assert (done.code, done.json["kind"]) == (0, "mastodon")
    assert done.err.startswith("shopbell: Your server sets messages of people you do not know aside.")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("show", "999"), "no such conversation"),
        (("show", "abc"), "no such conversation"),
        (("show", "99999999999999999999999"), "no such conversation"),
        (("reply", "999", "--text", "x"), "no such conversation"),
        (("mark", "999", "done"), "no such conversation"),
        (("accounts", "remove", "7"), "no such account"),
        (("sync", "--account", "7"), "no such account"),
        (("outbox", "--undo", "7"), "no such"),
        (("templates", "remove", "none"), "no such template"),
        (("export", "all.txt"), ".json or .csv"),
        (("restore", "none.zip"), "no such file"),
        (("import-opml", "none.opml"), "no such file"),
    ],
)
def test_what_does_not_exist(program: Program, words: tuple[str, ...], says: str) -> None:
    assert says in program.bad(*words)


@pytest.mark.parametrize(
    "words",
    [
        ("dance",),
        ("inbox", "--view", "nowhere"),
        ("inbox", "--limit", "0"),
        ("inbox", "--limit", "many"),
        ("reply", "1"),
        ("reply", "1", "--text", "a", "--template", "b"),
        ("mark", "1", "splendid"),
        ("accounts",),
        ("accounts", "add", "feeds", "--set", "url"),
        ("templates", "sing"),
    ],
)
def test_wrong_usage(program: Program, words: tuple[str, ...]) -> None:
    program.bad(*words, code=2)


def test_an_empty_reply_and_a_long_one_are_refused(synced: Program, shop: SampleShop) -> None:
    row = complaint(synced)
    assert "empty" in synced.bad("reply", row["id"], "--text", "   ")
    assert "characters too long for Mastodon." in synced.bad("reply", row["id"], "--text", "x" * 600)
    assert synced.good("outbox")["outbox"] == []


# --- files


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


def complaint_status(shop: SampleShop) -> str:
    return shop.status("wrong-name").id


# --- surroundings


def test_who_reads_may_stop_reading(synced_once: Program) -> None:
    child = subprocess.Popen(
        synced_once.arguments("inbox", "--view", "all", "--limit", 500, "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=synced_once.env,
    )
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.read(10)
    child.stdout.close()
    assert child.stderr.read() == b""
    child.stderr.close()
    assert child.wait(30) == 0


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_terminal_can_show_it(synced_once: Program, encoding: str) -> None:
    surroundings = {"LC_ALL": "C", "PYTHONIOENCODING": encoding}
    surroundings |= {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for words in (("inbox", "--view", "all", "--limit", 500), ("channels",), ("templates", "list")):
        for more in ((), ("--json",)):
            done = synced_once.run(*words, *more, env=surroundings)
            assert (done.code, done.err) == (0, ""), words
    page = synced_once.run("inbox", "--view", "all", "--limit", 500, "--json", env=surroundings)
    names = {row["customer"]["name"] for row in page.json["conversations"]}
    if encoding != "latin-1":
        assert "Inês Duarte" in names


def test_doctor_says_what_is_wrong(program: Program, shop: SampleShop, added: dict[str, Any]) -> None:
    report = program.good("doctor")
    check_shape(report, {"ok": bool, "checks": [{"name": str, "ok": bool, "detail": str, "remedy": str}]})
    names = {check["name"] for check in report["checks"]}
    assert names >= {"keyring", "database", "disk", "clock"}
    shop.stop()
    done = program.run("doctor", "--json")
    assert done.code == 1
    wrong = [check for check in done.json["checks"] if not check["ok"]]
    assert len(wrong) == 1
    assert "takes no connections" in wrong[0]["detail"]
    assert wrong[0]["remedy"]


def test_insights(synced_once: Program) -> None:
    report = synced_once.good("insights", "--days", 7)
    assert set(report) >= {
        "first_response_median_s",
        "within_target",
        "target_s",
        "volume",
        "complaints",
        "unanswered",
    }
    assert report["unanswered"] > 10
    assert sum(day["count"] for day in report["volume"]) > 40
    spoken = synced_once.run("insights", "--days", 7)
    assert re.search(r"\d+ messages in 7 days, \d+ of them complaints\.", spoken.out)
    assert f"{report['unanswered']} people wait" in spoken.out


def test_the_sample_shop_in_the_terminal(program: Program) -> None:
    document = program.good("sample", "--headless")
    assert document["answered"]["outbox"]["state"] == "sent"
    assert document["answered"]["requests"] == 1
    spoken = program.run("sample", "--headless")
    assert spoken.code == 0
    assert "once" in spoken.out


def test_without_a_screen_the_window_becomes_the_sample_shop(program: Program) -> None:
    done = program.run("sample")
    assert done.code == 0
    assert "no screen" in done.err
    assert "Answered" in done.out
