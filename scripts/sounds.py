"""Makes resources/sounds: short bells out of a few sine waves, so that nothing is anybody else's.

    .venv/bin/python scripts/sounds.py

The same numbers give the same bytes. ``bell`` is a desk bell, ``chime`` two soft notes, ``drop`` a falling
tone, ``wood`` two knocks.
"""

from __future__ import annotations

import math
import struct
import wave
from collections.abc import Callable, Sequence
from pathlib import Path

RATE = 22_050
LOUD = 0.5
FOLDER = Path(__file__).resolve().parent.parent / "resources" / "sounds"

Wave = Callable[[float], float]


def struck(pitch: float, partials: Sequence[tuple[float, float, float]], at: float = 0.0) -> Wave:
    """A struck thing: ``partials`` are (multiple of the pitch in Hz, loudness, how fast it fades)."""

    def sample(t: float) -> float:
        t -= at
        if t < 0:
            return 0.0
        attack = min(1.0, t / 0.004)
        return attack * sum(
            loud * math.exp(-t * fade) * math.sin(math.tau * pitch * multiple * t)
            for multiple, loud, fade in partials
        )

    return sample


def falling(high: float, low: float, length: float) -> Wave:
    """A tone that slides down and fades."""

    def sample(t: float) -> float:
        phase = high * t + (low - high) * t * t / (2 * length)
        return min(1.0, t / 0.01) * math.exp(-t * 7) * math.sin(math.tau * phase)

    return sample


BELL = ((1.0, 1.0, 7.0), (2.76, 0.45, 10.0), (5.4, 0.22, 16.0))
SOFT = ((1.0, 1.0, 6.0), (2.0, 0.25, 9.0))
KNOCK = ((1.0, 1.0, 38.0), (2.4, 0.5, 55.0))

SOUNDS: dict[str, tuple[float, tuple[Wave, ...]]] = {
    "bell": (0.6, (struck(1318.5, BELL),)),
    "chime": (0.9, (struck(659.3, SOFT), struck(987.8, SOFT, at=0.16))),
    "drop": (0.5, (falling(1180.0, 520.0, 0.5),)),
    "wood": (0.45, (struck(420.0, KNOCK), struck(520.0, KNOCK, at=0.17))),
}


def samples(length: float, waves: Sequence[Wave]) -> list[int]:
    """16-bit values, the loudest at ``LOUD``, the end faded out."""
    count = int(RATE * length)
    raw = [sum(one(n / RATE) for one in waves) for n in range(count)]
    peak = max(abs(value) for value in raw)
    fade = int(RATE * 0.03)
    return [round(32_767 * LOUD * value / peak * min(1.0, (count - n) / fade)) for n, value in enumerate(raw)]


def write(folder: Path) -> None:
    for name, (length, waves) in SOUNDS.items():
        values = samples(length, waves)
        with wave.open(str(folder / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(struct.pack(f"<{len(values)}h", *values))


if __name__ == "__main__":
    write(FOLDER)
