"""The headless commands: the same program without a window.

Prints for people by default and one JSON document on standard output with ``--json``; what is said to people
goes to standard error. Exit codes: 0 done, 1 failed (one line says what and what to do), 2 wrong usage.
"""

from __future__ import annotations

import argparse
import errno
import io
import json
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TextIO

from services import __version__, cli_progress, commands, printing
from services.app import Shopbell
from services.errors import DamagedDatabase, ShopbellError, Stopped
from services.moderation import ACTIONS
from services.paths import Paths, locate
from services.store import good_copies
from services.words import error_sentence, problem

log = logging.getLogger(__name__)

INTERRUPTED = 130
"""What a shell reports for Ctrl+C."""

VIEWS = ("new", "complaints", "closing", "waiting", "snoozed", "done", "hello", "spam", "all")
MARKS = ("new", "waiting", "done", "spam", "complaint", "not-complaint", "not-spam")


@dataclass(frozen=True, slots=True)
class Streams:
    """Where input comes from and output goes; tests hand in their own."""

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO


Opener = Callable[[Path | None], Shopbell]


class _Parser(argparse.ArgumentParser):
    """argparse prints a usage block; here one line is enough, with the usage behind ``--help``."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}. See {self.prog} --help\n")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _words(text: str) -> str:
    """What a terminal said in UTF-8 while Python was told to expect another encoding."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return os.fsencode(text).decode("utf-8", "replace")
    return text


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = _words(text).partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, not {text!r}")
    return name, value


def parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--profile", type=Path, default=argparse.SUPPRESS, metavar="DIR", help="the profile folder"
    )
    common.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="one JSON document")
    root = _Parser(prog="shopbell", parents=[common], description="One inbox for everything customers say.")
    root.add_argument("--version", action="version", version=f"Shopbell {__version__}")
    root.add_argument("--hidden", action="store_true", help="start in the tray")
    root.add_argument("--quit", action="store_true", help="end the open window of the profile")
    root.add_argument(
        "--self-check", action="store_true", help="is everything here that the program is made of?"
    )
    subs = root.add_subparsers(dest="command", parser_class=_Parser, metavar="COMMAND")

    def command(name: str, text: str, *, into: Any = subs) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = into.add_parser(name, parents=[common], help=text, description=text)
        return made

    sample = command("sample", "the sample shop: look around without an account")
    sample.add_argument(
        "--headless", action="store_true", help="in the terminal: poll it, answer one complaint"
    )
    command("channels", "the networks Shopbell can speak to")

    accounts = command("accounts", "add, list, renew and remove accounts").add_subparsers(
        dest="action", required=True, parser_class=_Parser, metavar="add|list|propose|remove|renew|sign-out"
    )
    add = command("add", "add an account", into=accounts)
    add.add_argument("kind")
    add.add_argument("--name", default="", type=_words, help="your own name for it")
    renew = command("renew", "sign in again to an account, or change its settings", into=accounts)
    renew.add_argument("id")
    for one in (add, renew):
        one.add_argument(
            "--set", dest="settings", action="append", type=_assignment, default=[], metavar="NAME=VALUE"
        )
        one.add_argument(
            "--secrets", choices=["-"], help="read the secrets as one JSON object from standard input"
        )
        one.add_argument(
            "--session-only",
            action="store_true",
            help="keep the secrets for this run only when there is no key store",
        )
    command("list", "the accounts and their freshness", into=accounts)
    propose = command(
        "propose", "what could be added: behind the shop's web address, or for its name", into=accounts
    )
    propose.add_argument("what", type=_words, metavar="ADDRESS|NAME")
    remove = command("remove", "remove an account and what was heard from it", into=accounts)
    remove.add_argument("id")
    command("sign-out", "take every sign-in out of the key store, leave what was heard", into=accounts)

    sync = command("sync", "ask every account now, then send what is due")
    sync.add_argument("--account", metavar="ID")
    sync.add_argument("--due", action="store_true", help="only the accounts whose time has come")

    inbox = command("inbox", "what customers say")
    inbox.add_argument("--view", choices=VIEWS, default=None)
    inbox.add_argument("--query", default="", type=_words, metavar="TEXT")
    inbox.add_argument("--account", metavar="ID")
    inbox.add_argument("--limit", type=_positive, default=50)
    inbox.add_argument("--after", default="", metavar="KEY")

    show = command("show", "one conversation")
    show.add_argument("conversation")

    reply = command("reply", "answer a conversation")
    reply.add_argument("conversation")
    what = reply.add_mutually_exclusive_group(required=True)
    what.add_argument("--text", type=_words)
    what.add_argument("--template", metavar="NAME", type=_words)
    reply.add_argument(
        "--set", dest="values", action="append", type=_assignment, default=[], metavar="NAME=VALUE"
    )
    reply.add_argument("--now", action="store_true", help="send at once instead of holding it")
    reply.add_argument("--private", action="store_true", help="only the two of you")
    reply.add_argument("--close", action="store_true", help="mark the conversation done when it is sent")
    reply.add_argument("--force", action="store_true", help="even if somebody answered or wrote meanwhile")

    outbox = command("outbox", "replies that are holding, failed or unclear")
    outbox.add_argument("--undo", metavar="ID", help="take a held reply back")
    outbox.add_argument("--there", metavar="ID", help="an unclear reply arrived")
    outbox.add_argument("--again", metavar="ID", help="send an unclear or failed reply again")

    mark = command("mark", "mark a conversation")
    mark.add_argument("conversation")
    mark.add_argument("mark", choices=MARKS)

    taught = command("corrections", "what you taught about complaints and spam").add_subparsers(
        dest="action", required=True, parser_class=_Parser, metavar="list|remove|clear"
    )
    known = command("list", "all of it, the newest first", into=taught)
    known.add_argument("--query", default="", type=_words, metavar="TEXT")
    command("remove", "take one back", into=taught).add_argument("id")
    command("clear", "take all back", into=taught).add_argument("--yes", action="store_true", required=True)

    people = command("people", "who rings no more").add_subparsers(
        dest="action", required=True, parser_class=_Parser, metavar="list|mute|unmute"
    )
    command("list", "everybody who is muted", into=people)
    command("mute", "the customer of a conversation, everywhere", into=people).add_argument("conversation")
    command("unmute", "by the id that list prints", into=people).add_argument("id")

    moderate = command("moderate", "approve, hide, delete ... one message on its network")
    moderate.add_argument("message", help="its id, as show prints it")
    moderate.add_argument("deed", choices=ACTIONS, metavar="|".join(ACTIONS))

    files = command("attachments", "the files that came with a message").add_subparsers(
        dest="action", required=True, parser_class=_Parser, metavar="save"
    )
    save = command("save", "save one of them", into=files)
    save.add_argument("message", help="its id, as show prints it")
    save.add_argument("number", help="which one, counted from 1")
    save.add_argument("file", type=Path, help="a new file, or the folder for it")
    save.add_argument("--replace", action="store_true", help="even if there is a file of that name")

    templates = command("templates", "saved replies").add_subparsers(
        dest="action", required=True, parser_class=_Parser, metavar="list|add|remove|import|export"
    )
    command("list", "all templates", into=templates)
    new = command("add", "save a reply", into=templates)
    new.add_argument("name", type=_words)
    new.add_argument("--text", type=_words, required=True)
    new.add_argument("--shortcut", default="", type=_words)
    gone = command("remove", "remove a template", into=templates)
    gone.add_argument("name", type=_words)
    for name, text in (("import", "read templates from a file"), ("export", "write all templates to a file")):
        command(name, text, into=templates).add_argument("file", type=Path)

    for name, text in (
        ("import-opml", "add the feeds of another reader"),
        ("export-opml", "write the feeds for another reader"),
        ("export", "everything, readable (.json or .csv)"),
        ("backup", "everything in one file"),
        ("restore", "replace everything by a backup, after checking it"),
    ):
        command(name, text).add_argument("file", type=Path)

    insights = command("insights", "how fast, how much")
    insights.add_argument("--days", type=_positive, default=30)
    command("doctor", "what is wrong and what to do")
    return root


def run(options: argparse.Namespace, opener: Opener, streams: Streams | None = None) -> int:
    """Runs a parsed command; 0 done, 1 failed. ``opener`` makes the application from the profile folder."""
    streams = streams or _console()
    profile: Path | None = getattr(options, "profile", None)
    try:
        result = cli_progress.run(options, profile, opener, streams.stdin, streams.stderr)
    except commands.Failed as failed:
        print(f"shopbell: {problem(failed.error, failed.account, failed.network)}", file=streams.stderr)
        return 1
    except Stopped as stopped:
        print(f"shopbell: {problem(stopped)}", file=streams.stderr)
        return INTERRUPTED
    except ShopbellError as error:
        print(f"shopbell: {problem(error)}{_good_copy(error, profile)}", file=streams.stderr)
        return 1
    except KeyboardInterrupt:
        print("shopbell: Stopped. What was done so far is kept.", file=streams.stderr)
        return INTERRUPTED
    except Exception:
        # Nobody foresaw it; the details are in the log of the profile, where there is one.
        log.critical("a command failed in a way it must not", exc_info=True)
        print(f"shopbell: {error_sentence('error')}", file=streams.stderr)
        return 1
    for note in result.notes:
        print(f"shopbell: {note}", file=streams.stderr)
    try:
        _print(options, result.document, streams.stdout)
        streams.stdout.flush()
    except OSError as error:
        # Windows has another name for a pipe that is closed.
        if not isinstance(error, BrokenPipeError) and error.errno != errno.EINVAL:
            raise
        # Who reads has seen enough (``| head``); what was done is done. Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1 if result.failed else 0


def _console() -> Streams:
    """Those of the process. A program packaged without a console has none; what is piped in is JSON and so
    UTF-8, whatever encoding the console has."""
    if isinstance(sys.stdin, io.TextIOWrapper) and not sys.stdin.isatty():
        sys.stdin.reconfigure(encoding="utf-8-sig")
    return Streams(sys.stdin or io.StringIO(), sys.stdout or io.StringIO(), sys.stderr or io.StringIO())


def _good_copy(error: ShopbellError, profile: Path | None) -> str:
    """Where the last good copy of a damaged database is, as the command that puts it back."""
    if not isinstance(error, DamagedDatabase):
        return ""
    copies = good_copies(Paths(locate(profile)).database)
    return f" The command for it: restore {copies[0]}" if copies else ""


def _print(options: argparse.Namespace, document: Mapping[str, Any] | Sequence[Any], out: TextIO) -> None:
    if getattr(options, "json", False):
        _print_json(document, out)
        return
    encoding = getattr(out, "encoding", None) or "utf-8"
    print(printing.for_people(options, document).encode(encoding, "replace").decode(encoding), file=out)


def _print_json(document: Mapping[str, Any] | Sequence[Any], out: TextIO) -> None:
    json.dump(document, out, ensure_ascii=not _takes_unicode(out), indent=1)
    out.write("\n")


def _takes_unicode(out: TextIO) -> bool:
    encoding = (getattr(out, "encoding", None) or "utf-8").lower().replace("-", "")
    return encoding in ("utf8", "utf16")
