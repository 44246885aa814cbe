"""Makes Qt's enumerations five times sooner.

PySide6 turns every enumeration of a class into a Python one when the class is first touched: 2,700 members
before the first paint, 1,195 of them in ``Qt`` alone. The ``enum`` module takes 10 microseconds each: it is
made for enumerations that people write, with ``auto()``, descriptors, methods. Those of Qt are lists of names
and whole numbers, and can be built at once.

What is built is what ``enum`` would have built, its own records of the members included; their names are from
CPython's ``Lib/enum.py`` (``EnumType.__new__``, ``_proto_member``). ``install`` builds two enumerations both
ways and compares them: where they differ, in a Python that is not known yet, everything stays as it is. They
are the same from 3.11.4 on, in 3.12 and in 3.13; before, flags kept other records, and nothing is replaced.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import KEEP, Enum, EnumType, Flag, IntEnum, IntFlag
from typing import Any, cast

_Members = list[tuple[str, int]]
_KINDS: tuple[type[Enum], ...] = (Enum, IntEnum, Flag, IntFlag)
_TAKEN = frozenset({"mro"}).union(*map(vars, IntFlag.__mro__))
"""A member of such a name needs what only ``enum`` itself does."""
_SAMPLE: _Members = [
    ("Nothing", 0),
    ("One", 1),
    ("Four", 4),
    ("Two", 2),
    ("Both", 3),
    ("Again", 1),
    ("High", 64),
]

_ordinary: Callable[..., Any] = EnumType._create_  # type: ignore[attr-defined]
_put = cast("Callable[[type, str, object], None]", type.__setattr__)
_empty: dict[type[Enum], tuple[dict[str, Any], list[str]]] = {}


def install() -> None:
    """To be called once, before Qt is used."""
    try:
        is_same = all(
            _told(_built(kind, "Sample", _SAMPLE, __name__))
            == _told(_ordinary(kind, "Sample", _SAMPLE, module=__name__, boundary=KEEP))
            for kind in (Enum, IntFlag)
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return
    if is_same:
        EnumType._create_ = _create  # type: ignore[attr-defined]


def _create(cls: type[Enum], class_name: str, names: Any, **more: Any) -> Any:
    """In place of ``EnumType._create_``; what PySide6 asks for is built here, everything else as ever."""
    if more.get("module") is None:
        # As enum does: the module of whoever called the class (PySide6 corrects it afterwards).
        more["module"] = sys._getframe(2).f_globals.get("__name__", "")
    is_plain = (
        cls in _KINDS
        and type(names) is list
        and more.get("boundary") is KEEP
        and more.get("qualname") is None
        and more.get("type") is None
    )
    if is_plain and names and _are_plain(names, cls):
        return _built(cls, class_name, names, more["module"])
    return _ordinary(cls, class_name, names, **more)


def _are_plain(members: list[Any], kind: type[Enum]) -> bool:
    if any(type(one) is not tuple or len(one) != 2 for one in members):
        return False
    names, values = zip(*members, strict=True)
    return (
        {*map(type, values)} == {int}
        and (min(values) >= 0 or not issubclass(kind, Flag))
        and len({*names}) == len(names)
        and _TAKEN.isdisjoint(names)
        and "_" not in [name[:1] for name in names]
    )


def _built(kind: type[Enum], class_name: str, members: _Members, module: str) -> Any:
    """Other names for a value that was there already are the same member; of flags only those of one bit are
    listed."""
    parts, changing = _parts(kind)
    space = parts.copy()
    for name in changing:
        space[name] = parts[name].copy()
    space["__module__"] = module
    made: Any = type.__new__(EnumType, class_name, (kind,), space)
    order, by_name, by_value = made._member_names_, made._member_map_, made._value2member_map_
    is_flag, is_number = issubclass(kind, Flag), issubclass(kind, int)
    new: Any = int.__new__ if is_number else object.__new__
    for name, value in members:
        member = by_value.get(value)
        if member is None:
            member = by_value[value] = new(made, value) if is_number else new(made)
            member._value_ = value
            member._name_ = name
            member.__objclass__ = made
            member._sort_order_ = len(order)
            if not is_flag or (value and not value & (value - 1)):
                order.append(name)
        by_name[name] = member
        _put(made, name, member)
    if "_hashable_values_" in space:
        space["_hashable_values_"].extend(by_value)
    if is_flag:
        _sum_up(made, [by_name[name]._value_ for name in order], by_value)
    return made


def _sum_up(made: Any, single: list[int], values: dict[int, Any]) -> None:
    """What a class of flags keeps of all its values and of those of one bit."""
    mask = 0
    for value in values:
        mask |= value
    _put(made, "_flag_mask_", mask)
    _put(made, "_singles_mask_", sum(single))
    _put(made, "_all_bits_", 2 ** mask.bit_length() - 1)
    if single != sorted(single):
        _put(made, "_iter_member_", made._iter_member_by_def_)


def _parts(kind: type[Enum]) -> tuple[dict[str, Any], list[str]]:
    """What one of this kind has that has no members, and what of that each must have for itself."""
    found = _empty.get(kind)
    if found is None:
        empty = vars(_ordinary(kind, "Empty", (), module=__name__, boundary=KEEP))
        parts = {name: value for name, value in empty.items() if name not in ("__dict__", "__weakref__")}
        found = _empty[kind] = (parts, [name for name, value in parts.items() if type(value) in (list, dict)])
    return found


def _told(made: Any) -> list[object]:
    """Everything an enumeration consists of, in a form that can be compared."""
    members = [{name: repr(value) for name, value in vars(one).items()} for one in made._member_map_.values()]
    own = {name: repr(value) for name, value in vars(made).items() if name != "__new__"}
    return [own, members, made.__new__, made.__mro__[1:], [one.name for one in made]]
