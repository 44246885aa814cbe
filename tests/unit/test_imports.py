"""Who may import whom. Read from the source, so that an import inside a function counts too."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.model import MessageKind

PROJECT = Path(__file__).resolve().parents[2]
PROGRAM = ("main", "gui", "services")

# Files of services/channels/ that every channel shares; each other file there is a channel or a part of one.
SHARED_BY_CHANNELS = {"__init__", "base", "web", "oauth", "pages"}

# What only one room may use: package -> the modules under which it may be imported.
ONLY_IN = {
    "PySide6": ("gui", "main"),
    "shiboken6": ("gui", "main"),
    "sqlite3": ("services.store",),
    "requests": ("services.channels",),
    "urllib3": ("services.channels",),
    "feedparser": ("services.channels",),
    "fastfeedparser": ("services.channels",),
    "keyring": ("services.credentials",),
    "gui": ("gui", "main"),
    "main": (),
}

# Rooms that must not know each other: importer -> what it may never import.
NEVER = {
    "services.model": ("services.",),
    "services.messages": ("services.",),
    "services.channels": (
        "services.store",
        "services.sync",
        "services.credentials",
        "services.app",
        "services.cli",
        "services.inbox",
        "services.triage",
        "services.replies",
        "services.sample",
    ),
    "services.store": (
        "services.channels",
        "services.sync",
        "services.credentials",
        "services.app",
        "services.cli",
        "services.inbox",
        "services.sample",
    ),
    "services.triage": (
        "services.channels",
        "services.store",
        "services.sync",
        "services.app",
        "services.cli",
    ),
    "services.sync": ("services.app", "services.cli", "services.inbox", "services.sample"),
    "services.alerts": (
        "services.store",
        "services.sync",
        "services.channels",
        "services.app",
        "services.cli",
    ),
    "services.sample": (
        "services.store",
        "services.channels",
        "services.sync",
        "services.app",
        "services.cli",
    ),
    "services.app": ("services.cli",),
    "gui": ("services.cli",),
}
# What a room may lean on although the arrows forbid the rest of its neighbour.
ALLOWED = {
    "services.model": ("services.errors", "services.messages"),
    "services.messages": ("services.model",),
    # A reply over the limit is refused before its first byte, by the same count that the composer shows.
    "services.channels": ("services.replies.length",),
    # tour.py opens the program on the sample shop; the server itself knows nothing of it.
    "services.sample": ("services.app",),
}

# Loaded after the first paint, so never at the top of a module that the window needs.
SLOW = {"requests", "urllib3", "feedparser", "fastfeedparser", "lxml", "keyring", "imaplib", "secretstorage"}


def source_files() -> Iterator[tuple[str, Path]]:
    """Every module of the program with its dotted name."""
    for root in PROGRAM:
        path = PROJECT / root
        for file in [path.with_suffix(".py"), *sorted(path.rglob("*.py"))]:
            if file.is_file():
                parts = file.relative_to(PROJECT).with_suffix("").parts
                yield ".".join(p for p in parts if p != "__init__"), file


def imports_of(name: str, file: Path, *, top_level_only: bool = False) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of everything imported; ``from a import b`` gives ``a.b``."""
    tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
    for node in top_level_nodes(tree) if top_level_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = name.split(".") if file.name == "__init__.py" else name.split(".")[:-1]
                base = ".".join([*package[: len(package) - node.level + 1], *filter(None, [node.module])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def top_level_nodes(tree: ast.Module) -> Iterator[ast.AST]:
    """Everything that runs when the module is imported: not functions, not ``if TYPE_CHECKING``."""
    todo: list[ast.AST] = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            todo.extend(node.orelse)
            continue
        yield node
        todo.extend(ast.iter_child_nodes(node))


def within(name: str, room: str) -> bool:
    return name == room or name.startswith(room.rstrip(".") + ".")


def test_the_reader_of_imports_sees_every_form(tmp_path: Path) -> None:
    file = tmp_path / "web.py"
    file.write_text(
        "import sqlite3 as s\nfrom . import base\nfrom ..store import facade\n"
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import lxml.etree\n"
        "def f():\n    import requests\n"
    )
    names = [name for _, name in imports_of("services.channels.web", file)]
    assert sorted(names) == [
        "lxml.etree",
        "requests",
        "services.channels.base",
        "services.store.facade",
        "sqlite3",
        "typing.TYPE_CHECKING",
    ]
    top = {name for _, name in imports_of("services.channels.web", file, top_level_only=True)}
    assert top == set(names) - {"lxml.etree", "requests"}


def test_each_package_is_used_in_its_own_room_only() -> None:
    wrong = [
        f"{file.relative_to(PROJECT)}:{line} imports {target}"
        for name, file in source_files()
        for line, target in imports_of(name, file)
        for package, rooms in ONLY_IN.items()
        if within(target, package) and not any(within(name, room) for room in rooms)
    ]
    assert wrong == []


def test_the_arrows_between_the_rooms() -> None:
    wrong = [
        f"{file.relative_to(PROJECT)}:{line} imports {target}"
        for name, file in source_files()
        for line, target in imports_of(name, file)
        for importer, forbidden in NEVER.items()
        if within(name, importer)
        and any(within(target, room) for room in forbidden)
        and not within(target, importer)
        and not any(within(target, room) for room in ALLOWED.get(importer, ()))
    ]
    assert wrong == []


def test_nothing_slow_is_imported_at_the_top_of_a_module() -> None:
    wrong = [
        f"{file.relative_to(PROJECT)}:{line} imports {target}"
        for name, file in source_files()
        for line, target in imports_of(name, file, top_level_only=True)
        if target.partition(".")[0] in SLOW
    ]
    assert wrong == []


# --- no channel is named outside its own file ---------------------------------------------------------


def channel_modules() -> set[str]:
    folder = PROJECT / "services" / "channels"
    found = {p.stem for p in folder.iterdir() if p.suffix == ".py" or (p / "__init__.py").is_file()}
    return found - SHARED_BY_CHANNELS


def declared(name: str) -> set[str]:
    """The values of a class-level fact (``kind``, ``title``) in all files of services/channels/."""
    found = set()
    for file in (PROJECT / "services" / "channels").rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for cls in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
            for statement in cls.body:
                targets = (
                    statement.targets
                    if isinstance(statement, ast.Assign)
                    else [getattr(statement, "target", None)]
                )
                names = {t.id for t in targets if isinstance(t, ast.Name)}
                value = getattr(statement, "value", None)
                if name in names and isinstance(value, ast.Constant) and isinstance(value.value, str):
                    found.add(value.value)
    # A record of a channel may have a title that is empty until it is known.
    return found - {""}


def strings_of(file: Path) -> Iterator[tuple[int, str]]:
    """Every string literal that is not a docstring."""
    tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
    statements = (node.value for node in ast.walk(tree) if isinstance(node, ast.Expr))
    prose = {id(value) for value in statements if isinstance(value, ast.Constant)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value


def test_no_channel_is_named_outside_its_own_file() -> None:
    # A kind of message may be called like the channel that brings it, and some titles are everyday words as
    # well; a proper name in any sentence gives a channel away.
    kinds = declared("kind") - {kind.value for kind in MessageKind}
    names = {t.lower() for t in declared("title") if t.lower() not in ("feed", "feeds", "e-mail")}
    modules = {f"services.channels.{m}" for m in channel_modules()}
    assert kinds, "no channel declares its kind"
    wrong = []
    for name, file in source_files():
        if within(name, "services.channels") or within(name, "services.sample"):
            continue
        place = file.relative_to(PROJECT)
        for line, text in strings_of(file):
            if text in kinds or any(title in text.lower() for title in names):
                wrong.append(f"{place}:{line} {text!r}")
        for line, target in imports_of(name, file):
            if any(within(target, module) for module in modules):
                wrong.append(f"{place}:{line} imports {target}")
    assert wrong == []


# --- the door -----------------------------------------------------------------------------------------


def test_main_only_composes() -> None:
    file = PROJECT / "main.py"
    source = file.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 150
    assert not [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.ClassDef)]


def test_importing_the_window_loads_nothing_slow() -> None:
    """The whole of gui/, and what it stands on, in a fresh process."""
    modules = [name for name, _ in source_files() if within(name, "gui")]
    assert modules, "there is no window"
    code = (
        "import importlib, sys\n"
        f"for name in {['main', *modules]!r}: importlib.import_module(name)\n"
        f"print(sorted(set(sys.modules) & {SLOW!r}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


if __name__ == "__main__":
    raise SystemExit(pytest.main([__file__]))
