"""The door: reads the command line, then opens the window or runs a headless command. The only place where
both are wired."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import MutableMapping

    from services.app import Shopbell


def _open(profile: Path | None) -> Shopbell:
    from services import logs
    from services.app import Shopbell

    app = Shopbell.open(profile)
    logs.start(app.paths.logs)
    return app


def has_screen() -> bool:
    """Whether a window can be shown: always on Windows and macOS, with a display (or Qt's own offscreen one)
    elsewhere."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def _window(options: Namespace) -> int:
    profile: Path | None = getattr(options, "profile", None)
    is_sample = options.command == "sample"
    link = getattr(options, "link", "")
    if link and not has_screen():
        print("shopbell: there is no screen here to show it on.", file=sys.stderr)
        return 1
    if not has_screen():
        print(
            "shopbell: there is no screen here; this is the sample shop in the terminal instead.",
            file=sys.stderr,
        )
        options.command, options.headless = "sample", True
        return _command(options)
    # While another thread computes, the window gets its turn five times sooner than by default.
    sys.setswitchinterval(0.001)
    # Reading the program makes no garbage; the search for it would be a twentieth of the start.
    gc.disable()
    from gui import pyside

    pyside.load()
    from gui.run import run_window

    return run_window(_open, profile, is_sample=is_sample, is_hidden=options.hidden, link=link)


def _command(options: Namespace) -> int:
    from services import cli

    return cli.run(options, _open)


def _self_check(options: Namespace) -> int:
    from services import self_check

    try:
        from gui import pyside

        pyside.load()
        from gui.self_check import checks

        more = checks()
    except ImportError as error:
        # Without Qt nothing can be drawn, but all else can still be looked at.
        more = [self_check.missing("qt", error)]
    return self_check.report(self_check.examine(more), as_json=getattr(options, "json", False))


def _quit(profile: Path | None) -> int:
    from gui.second import quit_first

    return quit_first(profile)


def _simple(arguments: list[str]) -> Namespace | None:
    """``[sample] [--profile DIR] [--hidden] [shopbell:ADDRESS]`` without the machinery of all the commands,
    which costs a fifth of the start; None for everything else, mistakes included."""
    options = SimpleNamespace(command=None, hidden=False, headless=False)
    rest = iter(arguments)
    for one in rest:
        if one == "--hidden":
            options.hidden = True
        elif one == "--profile" and (folder := next(rest, "")) and not folder.startswith("-"):
            options.profile = Path(folder)
        elif one[:9].lower() == "shopbell:":
            # The system hands it over as the last word. Whatever follows was smuggled in by whoever wrote the
            # address, and such a one leads nowhere.
            options.link = one if next(rest, None) is None else "shopbell:"
            break
        elif one == "sample" and options.command is None:
            options.command = one
        else:
            return None
    return cast("Namespace", options)


def give_back_library_path(environment: MutableMapping[str, str]) -> None:
    """On Linux the packaged program is started with its own libraries first on the path. They are found by
    now, and a browser or a player started from here must find the system's. The child of our own still needs
    ours: told that it is a first start, it sets the path for itself (pyinstaller.org, advanced topics and
    common issues)."""
    before = environment.pop("LD_LIBRARY_PATH_ORIG", "")
    environment.pop("LD_LIBRARY_PATH", None)
    if before:
        environment["LD_LIBRARY_PATH"] = before
    environment["PYINSTALLER_RESET_ENVIRONMENT"] = "1"


def main(argv: list[str] | None = None) -> int:
    arguments = sys.argv[1:] if argv is None else argv
    options = _simple(arguments)
    if options is None:
        from services.cli import parser

        options = parser().parse_args(arguments)
        if options.self_check:
            return _self_check(options)
        if options.quit:
            return _quit(getattr(options, "profile", None))
    if options.command is None or (options.command == "sample" and not options.headless):
        return _window(options)
    return _command(options)


if __name__ == "__main__":
    if getattr(sys, "frozen", False):
        # A packaged program starts itself again for the child that reads broken feeds.
        import multiprocessing

        multiprocessing.freeze_support()
        if sys.platform == "linux":
            give_back_library_path(os.environ)
    sys.exit(main())
