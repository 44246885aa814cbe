"""Loads PySide6 without costs that every start would pay again. None of it changes what PySide6 does.

- It carries 120 kB of Python (its support for signatures) inside a library and compiles it at every start;
  the compiled code is kept here beside our own (15 ms).
- One of those modules writes ``.pyi`` files for developers. It brings argparse and patterns that take long to
  compile, and nothing here uses it: it stays empty (12 ms).
- Python has the linker look up every function of a library at once. Here they are looked up when they are
  first called, as in any other program (5 ms; where the system knows the choice).
- It replaces ``__import__`` by a function that reads the source text of every module imported later, to look
  for ``from __feature__ import``, which nothing of ours uses (0.3 ms a module).
- Enumerations: see ``fast_enums``.

The modules are found in PySide6 6.11 (``signature_bootstrap``, ``shibokensupport.signature``,
``shibokensupport.feature``); where another version has none of them, this does nothing.
"""

from __future__ import annotations

import builtins
import importlib.util
import marshal
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any
from zlib import crc32

_EMBEDDED = "shibokensupport/"
_FOR_DEVELOPERS = "shibokensupport/signature/lib/pyi_generator.py"
_Kept = dict[str, tuple[int, CodeType]]


def load() -> None:
    """To be called before anything else of Qt is imported. Never raises but what importing PySide6 raises."""
    core()
    if "PySide6.QtWidgets" not in sys.modules:
        with _without_costs():
            import PySide6.QtGui
            import PySide6.QtWidgets  # noqa: F401


def core() -> None:
    """Only what a packaged program imports before it comes to its own first line, commands included
    (``scripts/before_start.py``)."""
    if "PySide6.QtCore" in sys.modules:
        return
    with _without_costs():
        import PySide6.QtCore  # noqa: F401
    before_features = getattr(builtins, "__orig_import__", None)
    if before_features is not None:
        builtins.__import__ = before_features
    from gui import fast_enums

    fast_enums.install()


@contextmanager
def _without_costs() -> Iterator[None]:
    file = _file()
    before = _read(file)
    kept, original = dict(before), builtins.compile

    def compile_once(source: Any, filename: Any, *rest: Any, **more: Any) -> Any:
        if not (isinstance(filename, str) and filename.startswith(_EMBEDDED) and isinstance(source, bytes)):
            return original(source, filename, *rest, **more)
        if filename == _FOR_DEVELOPERS:
            source = b""
        digest = crc32(source)
        found = kept.get(filename)
        if found is None or found[0] != digest:
            found = kept[filename] = (digest, original(source, filename, *rest, **more))
        return found[1]

    builtins.compile = compile_once
    flags = _look_up_when_called()
    try:
        yield
    finally:
        builtins.compile = original
        if flags is not None:
            sys.setdlopenflags(flags)
    if kept != before:
        _write(file, kept)


def _look_up_when_called() -> int | None:
    """The flags to go back to."""
    if not hasattr(os, "RTLD_LAZY"):
        return None
    before = sys.getdlopenflags()
    sys.setdlopenflags(before & ~os.RTLD_NOW | os.RTLD_LAZY)
    return before


def _file() -> str:
    """Where Python keeps the compiled form of this module; its name says which Python it is for."""
    return importlib.util.cache_from_source(__file__) + ".embedded"


def _read(file: str) -> _Kept:
    try:
        with open(file, "rb") as stream:  # noqa: PTH123 - pathlib is not needed for anything else by then
            kept = marshal.loads(stream.read())  # noqa: S302 - as trusted as the compiled modules beside it
    except (OSError, EOFError, ValueError, TypeError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _write(file: str, kept: _Kept) -> None:
    if sys.dont_write_bytecode:
        return
    try:
        unfinished = f"{file}.{os.getpid()}"
        with open(unfinished, "wb") as stream:  # noqa: PTH123
            stream.write(marshal.dumps(kept))
        os.replace(unfinished, file)
    except OSError:
        # Installed where the user may not write: compiled at every start, as PySide6 itself does.
        return
