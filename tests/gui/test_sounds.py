"""The sounds: made by the script, one for each choice, short and neither silent nor shrill."""

from __future__ import annotations

import runpy
import struct
import wave
from pathlib import Path

import pytest

from gui.dialogs.notification_page import SOUND_NAMES
from gui.sound import file_of
from services.settings import SOUNDS


def values(file: Path) -> tuple[float, list[int]]:
    """Seconds, and the samples."""
    with wave.open(str(file), "rb") as sound:
        assert (sound.getnchannels(), sound.getsampwidth()) == (1, 2)
        count = sound.getnframes()
        return count / sound.getframerate(), list(struct.unpack(f"<{count}h", sound.readframes(count)))


def test_every_choice_has_a_name() -> None:
    assert tuple(SOUND_NAMES) == SOUNDS


@pytest.mark.parametrize("name", SOUNDS)
def test_each_is_short_and_audible_and_begins_and_ends_without_a_click(name: str) -> None:
    seconds, samples = values(file_of(name))
    assert 0.2 < seconds < 1.0
    assert 12_000 < max(map(abs, samples)) < 20_000
    assert max(abs(samples[0]), abs(samples[-1])) < 200


def test_they_are_what_the_script_makes(tmp_path: Path, project: Path) -> None:
    script = runpy.run_path(str(project / "scripts" / "sounds.py"))
    script["write"](tmp_path)
    assert sorted(one.stem for one in tmp_path.iterdir()) == sorted(SOUNDS)
    for name in SOUNDS:
        made, shipped = values(tmp_path / f"{name}.wav"), values(file_of(name))
        assert made[0] == shipped[0]
        # The last bit of a sine differs between computers.
        assert max(abs(a - b) for a, b in zip(made[1], shipped[1], strict=True)) <= 1
