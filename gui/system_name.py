"""What Windows is told before the first window."""

from __future__ import annotations

import sys
from typing import Any

from services import APP_ID


def tell(shell: Any = None) -> bool:
    """Gives the process the name that its shortcut has; without it notices carry a wrong one and the task bar
    shows a pinned program twice (learn.microsoft.com, SetCurrentProcessExplicitAppUserModelID). ``shell``:
    what stands in for ``shell32``. True where the system took it; other systems have no such name."""
    if shell is None:
        if sys.platform != "win32":
            return False
        import ctypes

        shell = ctypes.windll.shell32  # type: ignore[attr-defined, unused-ignore]
    # 0 is S_OK; a system that refuses shows a wrong name, which is no reason not to start.
    return shell.SetCurrentProcessExplicitAppUserModelID(APP_ID) == 0
