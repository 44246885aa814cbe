"""Which of two versions is the newer one. Pure; reads what Python (1.2.0rc1) and others (v1.2.0-rc.1)
write."""

from __future__ import annotations

import re

from services.patterns import later

_VERSION = later(
    r"v?(?P<numbers>\d{1,6}(?:\.\d{1,6}){0,5})"
    r"(?:[._-]?(?P<stage>alpha|a|beta|b|preview|pre|rc|c)[._-]?(?P<trial>\d{0,6}))?"
    r"(?:[._-]?post[._-]?(?P<post>\d{0,6}))?"
    r"(?:[._-]?dev[._-]?(?P<dev>\d{0,6}))?"
    r"(?:\+[a-z0-9._-]{1,40})?",
    re.ASCII,
)
_STAGES = {"alpha": "a", "beta": "b", "preview": "rc", "pre": "rc", "c": "rc"}
_FINAL = ("z", 0)
_NO_DEV = 1_000_000

Key = tuple[tuple[int, ...], tuple[str, int], int, int]


def version_key(text: str) -> Key | None:
    """Sorts as the versions do: 1.0.dev1 < 1.0a1 < 1.0b2 < 1.0rc1 < 1.0 < 1.0.post1 < 1.0.1. None: no
    version."""
    found = _VERSION.fullmatch(text.strip().lower())
    if found is None:
        return None
    numbers = [int(one) for one in found["numbers"].split(".")]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    stage = found["stage"]
    dev = -1 if found["dev"] is None else int(found["dev"] or 0)
    post = -1 if found["post"] is None else int(found["post"] or 0)
    if stage:
        trial = (_STAGES.get(stage, stage), int(found["trial"] or 0))
    else:
        # What is developed towards a version comes before its first trial.
        trial = ("", 0) if dev >= 0 and post < 0 else _FINAL
    return tuple(numbers), trial, post, dev if dev >= 0 else _NO_DEV


def is_newer(candidate: str, than: str) -> bool:
    """False where one of them is no version: nobody is sent anywhere for what nobody understands."""
    one, other = version_key(candidate), version_key(than)
    return one is not None and other is not None and one > other


def is_update(candidate: str, running: str) -> bool:
    """Newer, and no trial (1.0rc1) unless what runs is one: whoever took a finished version wants another."""
    return is_newer(candidate, running) and (not _is_trial(candidate) or _is_trial(running))


def _is_trial(text: str) -> bool:
    key = version_key(text)
    return key is not None and (key[1] != _FINAL or key[3] < _NO_DEV)
