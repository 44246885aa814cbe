"""The commands beside the inbox, pipes and terminals: doctor, insights, sample."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest

from services.sample import SampleShop
from tests.end2end.commands.shapes import (
    check_shape,
)
from tests.end2end.program import Program

pytestmark = pytest.mark.keyring


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
