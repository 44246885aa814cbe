"""What a report on a crash lets in, and what it leaves out whatever happens."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services import hub, logs
from services.crash_report import of_error, of_fault, shorten_home
from services.errors import Unreachable
from services.events import EventHub, MessagesChanged
from services.faults import FaultFile
from services.outline import LEFT_OUT, LINES, Outline, error_lines, error_name, short_path
from services.redact import Redactor

NOW = datetime(2026, 11, 24, 7, 4, tzinfo=UTC)
SECRET = "s3cr3t-tok3n-of-the-shop"
MARTA = "Marta Lindqvist"
TEXT = "Picked up the birthday cake and the name on it was wrong"
PLANTED = (SECRET, "s3cr3t", "Marta", "Lindqvist", "birthday", "cake")


def caught(work: Callable[[], object]) -> BaseException:
    try:
        work()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def report(error: BaseException, lines: list[str] | None = None) -> str:
    return of_error(
        error, "the window", NOW, lines=lines or [], facts=[("Qt", "6")], masks=Redactor([SECRET])
    )


def quoting() -> None:
    raise ValueError(f"{MARTA} wrote {TEXT!r} with {SECRET}")


def chained() -> None:
    try:
        {}[MARTA]
    except KeyError as error:
        error.add_note(f"said by {MARTA}: {TEXT}")
        raise RuntimeError(TEXT) from error


def grouped() -> None:
    raise ExceptionGroup(TEXT, [ValueError(MARTA), OSError(2, "no such file", f"/home/{MARTA}/{SECRET}")])


def spoken_type() -> None:
    class Odd(Exception):
        def __str__(self) -> str:
            raise RuntimeError(TEXT)

    raise Odd(MARTA)


def not_found() -> None:
    Path(f"/nowhere/{MARTA}/{TEXT}").read_text()


def refused_by_sqlite() -> None:
    sqlite3.connect(":memory:").execute(f"SELECT '{TEXT}")


def syntax() -> None:
    compile(f"{TEXT} = {MARTA!r}", f"<{TEXT}>", "exec")


def not_text() -> None:
    (b"\xff" + TEXT.encode()).decode()


def network() -> None:
    raise Unreachable(TEXT, host="marta.example")


@pytest.mark.parametrize(
    "work",
    [quoting, chained, grouped, spoken_type, not_found, refused_by_sqlite, syntax, not_text, network],
)
def test_nothing_of_customers_and_no_secret_is_in_it(work: Callable[[], None]) -> None:
    text = report(caught(work))
    for word in PLANTED:
        assert word.lower() not in text.lower(), word
    assert f"in {work.__name__}" in text
    assert "test_crash_report.py" in text


def test_it_says_what_whoever_mends_it_must_know() -> None:
    text = report(caught(lambda: [][3]))
    for part in (
        "An error nobody foresaw in the window",
        "Time: 2026-11-24T07:04:00.000Z",
        "Shopbell: ",
        "Python: 3.",
        "System: ",
        "Qt: 6",
        "requests ",
        "Traceback (most recent call last):",
        "IndexError: list index out of range",
    ):
        assert part in text, part


def test_causes_come_first() -> None:
    text = report(caught(chained))
    assert text.index("KeyError") < text.index("This led to:") < text.index("RuntimeError")


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (lambda: None.shelf, "AttributeError: 'NoneType' object has no attribute 'shelf'"),
        (lambda: 1 // 0, "ZeroDivisionError: integer division or modulo by zero"),
        (lambda: 1 + "x", "TypeError: unsupported operand type(s) for +: 'int' and 'str'"),
        (lambda: len(), "TypeError: (30 characters)"),
        (
            lambda: sqlite3.connect(":memory:").execute("SELECT * FROM bread"),
            "sqlite3.OperationalError: no such table: bread",
        ),
        (lambda: Path("/nowhere/at/all").read_text(), "FileNotFoundError: ENOENT"),
        (lambda: (_ for _ in ()).throw(Unreachable("dns")), "services.errors.Unreachable: dns"),
        (lambda: (_ for _ in ()).throw(KeyError(MARTA)), "KeyError: (17 characters)"),
    ],
)
def test_messages_that_only_name_parts_of_a_program_are_kept(work: Callable[[], object], said: str) -> None:
    assert error_name(caught(work)).startswith(said.partition(" (")[0])
    if "(30" not in said:
        assert error_name(caught(work)) == said


def test_a_recursion_stays_readable() -> None:
    def deeper(depth: int) -> int:
        return deeper(depth + 1)

    lines = error_lines(caught(lambda: deeper(0)))
    assert len(lines) < 60
    assert any("more …" in line for line in lines)
    assert lines[-1].startswith("RecursionError: maximum recursion depth exceeded")


def test_errors_that_lead_to_each_other_end() -> None:
    one, other = ValueError("a"), ValueError("b")
    one.__cause__, other.__cause__ = other, one
    assert sum(line.startswith("ValueError") for line in error_lines(one)) == 2


@pytest.mark.parametrize(
    ("path", "short"),
    [
        ("/opt/x/.venv/lib/python3.11/site-packages/requests/sessions.py", "requests/sessions.py"),
        (r"C:\Users\Marta\AppData\x\_internal\gui\app.py", "gui/app.py"),
        ("/usr/lib/python3.11/json/decoder.py", "json/decoder.py"),
        ("/" + "Users/marta/secret-shop/tool.py", "tool.py"),
        ("services/sync/poller.py", "services/sync/poller.py"),
        ("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap>"),
        ("<what Marta said!>", "<…>"),
        (logs.__file__, "services/logs.py"),
    ],
)
def test_paths_say_nothing_of_the_computer(path: str, short: str) -> None:
    assert short_path(path) == short


def test_the_home_folder_is_shortened() -> None:
    home = str(Path.home())
    assert shorten_home(f"at {home}/x and {home}") == "at ~/x and ~"


# --- the lines of the log


@pytest.fixture
def outline(tmp_path: Path) -> Outline:
    return Outline(tmp_path / "outline.log")


def logged(outline: Outline, name: str, *args: object) -> str:
    """As if a module of ours had logged it from its own source."""
    source = f"import logging\ndef say(*args):\n    logging.getLogger('{name}').info(*args)\n"
    source += (
        "def count(number):\n    log.info('%s: %d came from %s', 'bakes', number, " + repr(MARTA) + ")\n"
    )
    logger = logging.getLogger(name)
    namespace: dict[str, object] = {"__name__": name, "log": logger}
    exec(compile(source, "ours.py", "exec"), namespace)
    before = logger.level
    logger.addHandler(outline)
    logger.setLevel(logging.INFO)
    try:
        namespace["say" if args else "count"](*args or (3,))  # type: ignore[operator]
    finally:
        logger.removeHandler(outline)
        logger.setLevel(before)
    return outline.lines()[-1]


def test_a_line_keeps_its_words_and_numbers_and_loses_what_it_was_about(outline: Outline) -> None:
    line = logged(outline, "services.sync.fake")
    assert line.endswith(f"INFO services.sync.fake: {LEFT_OUT}: 3 came from {LEFT_OUT}")


def test_a_text_put_together_while_running_is_left_out(outline: Outline) -> None:
    line = logged(outline, "services.sync.fake", f"{MARTA} wrote: {TEXT} {SECRET}")
    assert line.endswith(f"INFO services.sync.fake: {LEFT_OUT}")


def test_other_programs_say_nothing(outline: Outline) -> None:
    line = logged(outline, "requests.sessions.fake", f"GET https://shop.example/{SECRET}")
    assert line.endswith(f"INFO requests: {LEFT_OUT}")


@pytest.mark.expect_log("a listener failed on MessagesChanged")
def test_what_our_own_modules_log_can_be_read(tmp_path: Path) -> None:
    running = logs.start(tmp_path)
    try:
        events = EventHub()

        def fail(event: object) -> None:
            raise ValueError(f"{MARTA}: {TEXT}")

        events.listen(fail)
        events.publish(MessagesChanged(frozenset({1})))
        [line] = running.outline.lines()
    finally:
        running.close()
    assert f"{hub.__name__}: a listener failed on {LEFT_OUT} | ValueError: (" in line
    assert "Marta" not in (tmp_path / "shopbell-outline.log").read_text(encoding="utf-8")


def test_words_of_our_tables_and_names_of_errors_are_kept(outline: Outline) -> None:
    import services.channels.feeds  # noqa: F401

    source = (
        "def say(log):\n    log.info('%s: %s %s %s', 'feeds', 'rate-limited', 'KeyError', 'rosie-bakes')\n"
    )
    namespace = {"__name__": "services.fake"}
    exec(compile(source, "ours2.py", "exec"), namespace)
    logger = logging.getLogger("services.fake2")
    logger.addHandler(outline)
    logger.setLevel(logging.INFO)
    try:
        namespace["say"](logger)  # type: ignore[operator]
    finally:
        logger.removeHandler(outline)
        logger.setLevel(logging.NOTSET)
    assert outline.lines()[-1].endswith(f": feeds: rate-limited KeyError {LEFT_OUT}")


def test_the_outline_stays_short(outline: Outline) -> None:
    for number in range(3000):
        outline.emit(logging.LogRecord("urllib3", 20, "x.py", 1, "%d", (number,), None))
    assert len(outline.lines()) == LINES
    assert outline.file.stat().st_size < 110_000


# --- after a crash that left no time

FAULT = f"""Fatal Python error: Segmentation fault

Current thread 0x00007f1 (most recent call first):
  File "/opt/{MARTA}/.venv/lib/python3.11/site-packages/requests/models.py", line 220 in send
  File "/srv/{SECRET}/gui/app.py", line 12 in run_window
{MARTA} wrote: {TEXT}

Extension modules: shiboken6.Shiboken (total: 1)
"""
HANDLED = """Windows fatal exception: code 0x8001010d

Current thread 0x00001 (most recent call first):
  File "gui/app.py", line 12 in run_window
"""


def test_the_report_on_a_crash_holds_names_of_code_only() -> None:
    text = of_fault(FAULT, NOW, lines=["a line"], facts=[], masks=Redactor([SECRET]))
    assert 'File "requests/models.py", line 220 in send' in text
    assert 'File "app.py", line 12 in run_window' in text
    assert "Fatal Python error: Segmentation fault" in text
    assert "a line" in text
    for word in PLANTED:
        assert word not in text


def test_a_crash_is_found_once(tmp_path: Path) -> None:
    file = FaultFile(tmp_path / "shopbell-crash.log")
    assert file.unknown() is None
    file.path.write_text(FAULT, encoding="utf-8")
    found = file.unknown()
    assert found is not None
    assert found[0].startswith("Fatal Python error")
    file.settle()
    assert FaultFile(file.path).unknown() is None
    with file.path.open("a", encoding="utf-8") as more:
        more.write(FAULT.replace("Segmentation fault", "Aborted"))
    again = FaultFile(file.path).unknown()
    assert again is not None
    assert again[0].startswith("Fatal Python error: Aborted")


def test_what_windows_dealt_with_is_no_crash(tmp_path: Path) -> None:
    file = FaultFile(tmp_path / "shopbell-crash.log")
    file.path.write_text(HANDLED, encoding="utf-8")
    assert file.unknown() is None
    file.path.write_text(HANDLED + FAULT + HANDLED, encoding="utf-8")
    found = file.unknown()
    assert found is not None
    assert "Segmentation fault" in found[0]


def test_the_file_does_not_grow_for_ever(tmp_path: Path) -> None:
    file = FaultFile(tmp_path / "shopbell-crash.log")
    file.path.write_text(FAULT * 1000, encoding="utf-8")
    file.settle()
    assert file.path.stat().st_size == 0
    file.path.write_text(FAULT, encoding="utf-8")
    assert file.unknown() is not None


def test_after_an_abort_the_next_start_knows_why_and_what_came_before(tmp_path: Path, project: Path) -> None:
    script = (
        "import sys, faulthandler; from pathlib import Path; from services import logs, paths;"
        "logs.start(Path(sys.argv[1])); paths.log.warning('x'); faulthandler._sigabrt()"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    done = subprocess.run(command, cwd=project, capture_output=True, timeout=60, check=False)
    assert done.returncode != 0
    running = logs.start(tmp_path)
    try:
        fault = running.fault()
        assert fault is not None
        assert "Fatal Python error" in fault.text
        assert abs(fault.at - datetime.now(UTC)) < timedelta(minutes=2)
        assert len(fault.lines) == 1
        running.fault_file.settle()
        assert running.fault() is None
    finally:
        running.close()


def test_one_profile_at_a_time_is_logged(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    logs.start(tmp_path / "a")
    second = logs.start(tmp_path / "b")
    try:
        logging.getLogger("bakery").info("a line")
    finally:
        second.close()
    assert logs.running() is None
    assert not (tmp_path / "a" / "shopbell.log").exists()
    assert "a line" in (tmp_path / "b" / "shopbell.log").read_text(encoding="utf-8")
