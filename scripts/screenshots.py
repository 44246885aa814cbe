"""Pictures of the window on the sample shop, for the documentation: ``make screenshots`` or this file by
itself.

Every picture is a process of its own, because the size of a pixel is chosen once per process. Without a
screen the offscreen platform draws; the typeface is Inter where it is installed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

# name: theme, width, height, pixel ratio, scene
PLANS = {
    "main-light": ("light", 1280, 768, 1, "complaint"),
    "main-dark": ("dark", 1280, 768, 1, "complaint"),
    "main-narrow-900": ("light", 900, 768, 1, "complaint"),
    "main-light-2x": ("light", 1280, 768, 2, "complaint"),
    "complaints-dark": ("dark", 1280, 768, 1, "complaints"),
    "source-died": ("light", 1280, 768, 1, "died"),
    "empty-inbox": ("light", 1280, 768, 1, "empty"),
    "add-source": ("light", 1280, 768, 1, "dialog:add_source"),
    "settings": ("light", 1280, 768, 1, "dialog:settings"),
    "templates": ("light", 1280, 768, 1, "dialog:templates"),
    "keys": ("light", 1280, 768, 1, "dialog:keys"),
}
PATIENCE_S = 30.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="which pictures; all when none is named")
    parser.add_argument("--out", type=Path, default=PROJECT / "docs" / "screenshots")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    if options.one:
        return take(options.one, options.out)
    failed = 0
    for name in options.names or PLANS:
        environment = {**os.environ, "QT_SCALE_FACTOR": str(PLANS[name][3])}
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
        command = [sys.executable, __file__, "--one", name, "--out", str(options.out)]
        code = subprocess.run(command, env=environment, check=False).returncode
        print(f"{name}: {'done' if code == 0 else f'failed ({code})'}")
        failed += code != 0
    return min(failed, 1)


def take(name: str, out: Path) -> int:
    """One picture, in this process."""
    sys.setswitchinterval(0.001)
    from PySide6.QtGui import QFont
    from PySide6.QtWidgets import QApplication, QDialog

    from gui.app import Program, make_application
    from services.app import Shopbell
    from services.sample.tour import Tour

    theme, width, height, _, scene = PLANS[name]
    application = make_application([sys.argv[0]])
    application.setFont(QFont("Inter"))
    with tempfile.TemporaryDirectory() as folder:
        tour = Tour(Path(folder), lambda profile: Shopbell.open(profile))
        tour.app.settings.update(theme=theme, sound=False, notifications=False)
        program = Program(tour.app, None, tour=tour)
        window = program.window
        window.resize(width, height)
        program.show()

        def wait(ready: Callable[[], bool]) -> None:
            until = time.monotonic() + PATIENCE_S
            while not ready():
                QApplication.processEvents()
                time.sleep(0.01)
                if time.monotonic() > until:
                    raise TimeoutError(f"{name}: the window never got there")

        def rest(seconds: float) -> None:
            until = time.monotonic() + seconds
            wait(lambda: time.monotonic() > until)

        try:
            wait(lambda: window.conversation is not None)
            wait(lambda: len(window.book) > 0 and all(one.freshness.heard is not None for one in window.book))
            rest(1.0)
            window.show_view("complaints" if scene == "complaints" else "new")
            window.activateWindow()
            if scene == "died":
                tour.shop.revoke_tokens()
                account = next(one.account for one in window.book if one.account.settings.get("signed_in"))
                tour.app.engine.check_now(account.id)
                wait(lambda: any(one.trouble == "sign-in" for one in window.book))
                window.show_source(account.id)
            elif scene == "empty":
                ids = list(window.inbox.model.ids())
                window.desk.act("done", ids)
                wait(lambda: window.inbox.model.rowCount() == 0)
            elif scene.startswith("dialog:") and window.sources is not None:
                window.sources.show_dialog(scene.removeprefix("dialog:"))
            else:
                window.inbox.list.step(1)
                conversation = window.conversation
                wait(lambda: conversation is not None and conversation.subject is not None)
            rest(0.8)
            shown = [
                one for one in application.topLevelWidgets() if isinstance(one, QDialog) and one.isVisible()
            ]
            picture = (shown[0] if shown else window).grab()
            return 0 if picture.save(str(out / f"{name}.png")) else 1
        finally:
            program.quit()


if __name__ == "__main__":
    sys.exit(main())
