"""Qt's enumerations are the same whoever makes them: all of them are described in two processes, one of which
lets Python's own ``enum`` do it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from enum import KEEP, Enum, EnumType, Flag, IntEnum, IntFlag
from pathlib import Path
from typing import Any

import pytest

from gui import fast_enums

PROJECT = Path(__file__).resolve().parents[2]
CHILD = """
import enum, hashlib, importlib, json, pickle, sys
from types import SimpleNamespace

if sys.argv[1] == "ordinary":
    sys.modules["gui.fast_enums"] = SimpleNamespace(install=lambda: None)
from gui import pyside

pyside.load()


def use(member):
    made = type(member)
    works = [
        lambda: made(member.value) is member,
        lambda: pickle.loads(pickle.dumps(member)) is member,
        lambda: str(member),
    ]
    if isinstance(member, enum.Flag) and member.value >= 0:
        works += [lambda: member | made(1), lambda: ~member & made(3)]
    found = []
    for work in works:
        try:
            found.append(repr(work()))
        except TypeError:  # Python 3.11.2 cannot put some of Qt's flags together at all
            found.append("no")
    return found


def describe(made):
    own = {name: repr(value) for name, value in vars(made).items() if " at 0x" not in repr(value)}
    members = list(made._member_map_.values())
    each = [{name: repr(value) for name, value in vars(one).items()} for one in members]
    names = [sorted(vars(made)), repr(made.__mro__), repr(list(made))]
    told = [own, each, names, [use(one) for one in members[-1:]]]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest(), len(members)


found = {}
for name in ("QtCore", "QtGui", "QtWidgets", "QtNetwork", "QtSvg"):
    module = importlib.import_module(f"PySide6.{name}")
    classes = [getattr(module, one) for one in dir(module)]
    for holder in [module, *(one for one in classes if isinstance(one, type))]:
        dir(holder)
        for inner, made in list(vars(holder).items()):
            if isinstance(made, enum.EnumType):
                found[f"{name} {getattr(holder, '__qualname__', '')} {inner}"] = describe(made)
print(json.dumps([enum.EnumType._create_.__module__, found]))
"""


def described(how: str) -> tuple[str, dict[str, tuple[str, int]]]:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, how],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    maker, found = json.loads(done.stdout)
    return maker, {name: (digest, members) for name, (digest, members) in found.items()}


def test_every_enumeration_is_what_python_would_have_made() -> None:
    maker, ours = described("fast")
    if (3, 11, 4) <= sys.version_info < (3, 14):
        assert maker == "gui.fast_enums"
    other, ordinary = described("ordinary")
    assert other == "enum"
    assert [name for name in ordinary if ours.get(name) != ordinary[name]] == []
    assert len(ours) == len(ordinary) > 300
    assert sum(members for _, members in ours.values()) > 3_000


@pytest.fixture
def installed() -> Iterator[None]:
    before = EnumType._create_  # type: ignore[attr-defined]
    fast_enums.install()
    yield
    EnumType._create_ = before  # type: ignore[attr-defined]


@pytest.mark.usefixtures("installed")
def test_enumerations_of_others_are_made_as_ever() -> None:
    kinds: list[Any] = [Enum, IntEnum, Flag, IntFlag]
    plain, number, flag, number_flag = kinds
    colour = plain("Colour", "red green")
    assert [one.value for one in colour] == [1, 2]
    assert colour.__module__ == __name__
    named = number("Named", [("name", 1), ("value", 2)], boundary=KEEP)
    assert [one.name for one in named] == ["name", "value"]
    below = flag("Below", [("all", -1), ("one", 1)], boundary=KEEP)
    assert below.one in below.all
    with pytest.raises(TypeError):
        number_flag("Twice", [("one", 1), ("one", 2)], boundary=KEEP)


UNKNOWN = """
from enum import EnumType

ordinary = EnumType._create_


def newer(cls, *arguments, **more):
    made = ordinary(cls, *arguments, **more)
    if made._member_names_:
        made._newer_ = list(made._member_names_)
    return made


EnumType._create_ = newer
from gui import fast_enums

fast_enums.install()
print(EnumType._create_ is newer)
"""


def test_where_python_keeps_other_records_nothing_is_replaced() -> None:
    said = subprocess.run(
        [sys.executable, "-c", UNKNOWN], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=True
    )
    assert said.stdout == "True\n"
