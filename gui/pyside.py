"""Loads PySide6 without costs that every start would pay again.

PySide6 carries 120 kB of Python (its support for signatures) inside a library and compiles it at every start;
the compiled code is kept here beside our own (15 ms). And it replaces ``__import__`` by a function that reads
the source text of every module imported later, to look for ``from __feature__ import``, which nothing of ours
uses (0.3 ms a module). Both are found in PySide6 6.11's own modules (``signature_bootstrap``,
``shibokensupport.feature``); where another version does neither, this does nothing. Enumerations are made by
``fast_enums``.
"""

from __future__ import annotations

import builtins
import importlib.util
import marshal
import os
import sys
from types import CodeType
from typing import Any
from zlib import crc32

_EMBEDDED = "shibokensupport/"
_Kept = dict[str, tuple[int, CodeType]]


def load() -> None:
    """To be called before anything else of Qt is imported. Never raises but what importing PySide6 raises."""
    if "PySide6.QtCore" in sys.modules:
        return
    file = _file()
    before = _read(file)
    kept, original = dict(before), builtins.compile

    def compile_once(source: Any, filename: Any, *rest: Any, **more: Any) -> Any:
        if not (isinstance(filename, str) and filename.startswith(_EMBEDDED) and isinstance(source, bytes)):
            return original(source, filename, *rest, **more)
        digest = crc32(source)
        found = kept.get(filename)
        if found is None or found[0] != digest:
            found = kept[filename] = (digest, original(source, filename, *rest, **more))
        return found[1]

    builtins.compile = compile_once
    try:
        import PySide6.QtCore  # noqa: F401
    finally:
        builtins.compile = original
    before_features = getattr(builtins, "__orig_import__", None)
    if before_features is not None:
        builtins.__import__ = before_features
    from gui import fast_enums

    fast_enums.install()
    if kept != before:
        _write(file, kept)


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
