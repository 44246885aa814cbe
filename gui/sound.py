"""The bell, under a second: played by what the system has, at the volume it has, silent where it has
nothing. The sounds are made by ``scripts/sounds.py``."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from gui import RESOURCES

_PLAYERS = (("pw-play",), ("paplay",), ("aplay", "-q"), ("afplay",))
_playing: list[subprocess.Popen[bytes]] = []


def file_of(name: str) -> Path:
    """``name``: one of ``services.settings.SOUNDS``."""
    return RESOURCES / "sounds" / f"{name}.wav"


def ring(name: str = "bell") -> bool:
    """Starts it and returns at once; false when this computer has no way to play it."""
    file = str(file_of(name))
    if sys.platform == "win32":
        import winsound

        winsound.PlaySound(file, winsound.SND_FILENAME | winsound.SND_ASYNC | winsound.SND_NODEFAULT)
        return True
    # Those that have ended are let go; nobody waits for a sound.
    _playing[:] = [one for one in _playing if one.poll() is None]
    for player, *options in _PLAYERS:
        found = shutil.which(player)
        if found is not None:
            _playing.append(
                subprocess.Popen(
                    [found, *options, file],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            )
            return True
    return False
