"""The desk bell, 0.6 s: played by what the system has, silent where it has nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys

from gui import RESOURCES

BELL = RESOURCES / "sounds" / "bell.wav"
_PLAYERS = (("pw-play",), ("paplay",), ("aplay", "-q"), ("afplay",))


def ring() -> bool:
    """Starts the bell and returns at once; false when this computer has no way to play it."""
    if sys.platform == "win32":
        import winsound

        winsound.PlaySound(str(BELL), winsound.SND_FILENAME | winsound.SND_ASYNC | winsound.SND_NODEFAULT)
        return True
    for player, *options in _PLAYERS:
        found = shutil.which(player)
        if found is not None:
            subprocess.Popen(
                [found, *options, str(BELL)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            return True
    return False
