"""The whole application without a window. Nothing below here imports Qt."""

__version__: str
"""As ``pyproject.toml`` says, the only place that does; a packaged program brings the file along."""

APP_ID = "io.github.shopbell.Shopbell"
"""What the systems call the program: window, shortcut and notices belong together by it on Windows, and
it is the bundle's identifier on macOS."""


def __getattr__(name: str) -> str:
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Only a part of the program asks, and none before the first paint.
    import re
    from pathlib import Path

    try:
        text = (Path(__file__).resolve().parent.parent / "pyproject.toml").read_text(encoding="utf-8")
    except OSError:
        # The check of itself says that the file is missing.
        text = ""
    found = re.search(r'^version = "([^"]+)"$', text, re.MULTILINE)
    globals()[name] = said = found[1] if found else "unknown"
    return said
