from __future__ import annotations

import ast
import inspect
import string
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from services import errors
from services.errors import (
    BadAnswer,
    Invalid,
    NotAllowed,
    NotFound,
    RateLimited,
    Refused,
    ShopbellError,
    SignInNeeded,
    Unreachable,
)
from services.words import (
    error_sentence,
    error_words,
    is_known,
    problem,
    remedy,
    reply_sentence,
    when,
    with_remedy,
)
from services.words_accounts import ADVICE, REMEDIES, SINCE
from services.words_replies import REPLIES
from services.words_table import SENTENCES

NOW = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
CET = timezone(timedelta(hours=1))

CLASSES = {
    name: cls
    for name, cls in inspect.getmembers(errors, inspect.isclass)
    if issubclass(cls, ShopbellError) and cls is not ShopbellError
}


def reasons_in(tree: ast.AST) -> Iterator[tuple[str, str, int]]:
    """(kind, reason, line) of every error made with a literal reason; both arms of a conditional count."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        for keyword in node.keywords:
            # Why a message cannot be answered becomes the reason of the refusal.
            if keyword.arg == "why_not" and isinstance(keyword.value, ast.Constant) and keyword.value.value:
                yield "refused", str(keyword.value.value), node.lineno
        if not node.args:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name not in CLASSES or name == "NotFound":
            continue
        place = 1 if name == "RateLimited" else 0
        if len(node.args) <= place:
            continue
        first = node.args[place]
        for arm in (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,):
            if isinstance(arm, ast.Constant) and isinstance(arm.value, str) and arm.value:
                yield CLASSES[name].kind, arm.value, node.lineno


def test_every_error_has_words() -> None:
    assert len(CLASSES) > 12
    for cls in CLASSES.values():
        assert cls.kind in SENTENCES, cls


def test_every_reason_in_the_program_has_words(project: Path) -> None:
    missing, seen = [], set()
    for file in sorted((project / "services").rglob("*.py")):
        if "sample" in file.parts:
            continue
        for kind, reason, line in reasons_in(ast.parse(file.read_text(encoding="utf-8"))):
            seen.add((kind, reason))
            if not is_known(kind, reason):
                missing.append(f"{file.name}:{line} {kind}.{reason}")
    assert len(seen) > 10
    assert not missing, "add them to services/words_table.py:\n" + "\n".join(missing)


@pytest.mark.parametrize("table", [SINCE, SENTENCES, REPLIES, ADVICE])
def test_the_voice(table: dict[str, str]) -> None:
    for key, text in table.items():
        assert text[-1] in ".", key
        assert "!" not in text, key
        for word in ("oops", "please", "successfully", "sync", "error 4", "invalid", "failed"):
            assert word not in text.lower(), key
        assert text[0].isupper() or text[0] == "{", key


def test_placeholders_are_known_ones() -> None:
    known = set(
        "account network since until at permission limit over name what field status path handle needed"
        " free".split()
    )
    for table in (SINCE, SENTENCES, REPLIES, ADVICE):
        for key, text in table.items():
            named = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
            assert named <= known, key


def test_tables_hold_only_kinds_that_exist() -> None:
    kinds = {cls.kind for cls in CLASSES.values()} | {"error"}
    for table in (SINCE, SENTENCES, REPLIES, ADVICE, REMEDIES):
        assert {key.partition(".")[0] for key in table} <= kinds


def sentence(error: ShopbellError, **more: object) -> str:
    return error_sentence(error.kind, error.detail, "Facebook", "Facebook", now=NOW, zone=UTC, **more)  # type: ignore[arg-type]


def test_the_sentences_of_the_design() -> None:
    tuesday = NOW - timedelta(days=2, hours=1)
    assert sentence(SignInNeeded(), heard=tuesday) == (
        "Facebook: nothing heard since Sun 13:05. It no longer accepts your sign-in."
    )
    away = sentence(Unreachable("server", status=502), failing_since=NOW - timedelta(hours=8))
    assert away == "Facebook does not answer since 06:05. Shopbell keeps trying and fetches what was missed."
    pause = sentence(RateLimited(NOW + timedelta(minutes=15)))
    assert pause == "Facebook asks for a pause until 14:20. Nothing is lost."
    assert sentence(RateLimited()) == "Facebook asks for a pause. Nothing is lost."
    assert sentence(NotAllowed(permission="reading messages")) == "Facebook does not allow reading messages."
    refused = Refused("too-long", over=14, limit=300)
    assert reply_sentence(refused.kind, refused.detail, "Bakery", "Bluesky") == (
        "Did not leave: 14 characters too long for Bluesky."
    )
    assert error_sentence(refused.kind, refused.detail, "Bakery", "Bluesky") == reply_sentence(
        refused.kind, refused.detail, "Bakery", "Bluesky"
    )
    assert reply_sentence("refused", {"reason": "too-long"}, "", "X") == "Did not leave: too long for X."
    assert reply_sentence("unclear") == "Not sure it arrived: the connection broke off."


def test_remedies() -> None:
    assert remedy("sign-in-needed").label == "Sign in again"
    assert remedy("keyring-missing").label == "Keep until I quit"
    assert remedy("rate-limited").label == ""
    assert remedy("refused", "wrote-again").label == "Read first"
    assert remedy("no-such-kind").key == ""


@pytest.mark.parametrize(
    ("moment", "zone", "words"),
    [
        (NOW - timedelta(hours=3), UTC, "11:05"),
        (NOW - timedelta(hours=3), CET, "12:05"),
        (NOW - timedelta(hours=15), UTC, "Mon 23:05"),
        (NOW - timedelta(hours=15), CET, "00:05"),
        (NOW - timedelta(days=6), UTC, "Wed 14:05"),
        (NOW - timedelta(days=7), UTC, "17 Nov 14:05"),
        (NOW - timedelta(days=400), UTC, "20 Oct 2025"),
        (NOW + timedelta(days=1), UTC, "Wed 14:05"),
    ],
)
def test_times_of_the_owners_day(moment: datetime, zone: timezone, words: str) -> None:
    assert when(moment, NOW, zone) == words


@pytest.mark.parametrize(
    "detail",
    [
        {"reason": "never-heard-of"},
        {"reason": 7, "until": "soon", "status": None},
        {"reason": "{account.__class__}", "permission": "{0}"},
        {"over": "{x}", "reason": "too-long"},
        {"until": "9999-12-31T23:59:59+00:00"},
    ],
)
def test_nothing_in_the_detail_can_break_a_sentence(detail: dict[str, object]) -> None:
    for kind in [cls.kind for cls in CLASSES.values()] + ["", "no-such-kind"]:
        for tell in (error_sentence, reply_sentence):
            words = tell(kind, detail, now=NOW, zone=CET)
            assert words.endswith(".")
            assert "__class__" not in words.replace("{account.__class__}", "")


def test_no_answer_of_a_server_gets_into_a_sentence() -> None:
    error = BadAnswer("not-json", sample="<html>planted</html>")
    assert "planted" not in sentence(error)
    assert "planted" not in problem(error)


def test_a_line_for_the_terminal() -> None:
    line = problem(SignInNeeded(), "Rosie's", "Mastodon", now=NOW)
    assert line == "Rosie's does not accept this sign-in. Sign in again."
    assert problem(NotFound("account", 17)).startswith("There is no such account: 17.")
    assert problem(NotFound("account")).startswith("There is no such account. ")
    assert problem(Invalid("not-a-feed", field="url")).startswith("There is no feed at this address")
    assert "\n" not in line


@pytest.mark.parametrize("error", [SignInNeeded("suspended"), SignInNeeded("moved", name="forum.example")])
def test_what_to_do_is_said_once_and_only_where_it_helps(error: SignInNeeded) -> None:
    line = problem(error, "Forum", "Discourse", now=NOW)
    assert not line.endswith(". Sign in again.")
    told = error_words(error.kind, error.detail, "Forum", "Discourse", now=NOW)
    assert with_remedy(told, error.kind, error.reason) == line


def test_where_there_is_no_button_the_sentence_says_what_to_do() -> None:
    told = error_words("sign-in-needed", {}, "Forum", "Discourse", heard=NOW, now=NOW, zone=UTC)
    assert with_remedy(told, "sign-in-needed").endswith("It no longer accepts your sign-in. Sign in again.")


def test_a_template_can_be_translated_before_it_is_filled() -> None:
    words = error_words("rate-limited", {"until": "2026-11-24T14:20:00Z"}, "Reddit", now=NOW, zone=UTC)
    assert words.template == SENTENCES["rate-limited"]
    assert "Pause{at}: {account}".format_map(words.values) == "Pause until 14:20: Reddit"
