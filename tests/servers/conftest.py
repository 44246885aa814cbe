"""Real server programs, started for the tests that are marked ``servers`` (``make test-servers``).

``tests/servers/<name>/`` holds ``install.sh`` (no arguments, may run any number of times, exit code 0 when
everything is there) and ``server.py`` with

- ``missing() -> str``: what is not installed, in a few words; empty when the server can be started
- ``Server(folder)``: ``start()`` and ``stop()``; keeps everything it writes below ``folder``

Nothing of it is shipped, and the ordinary tests need none of it.
"""

from __future__ import annotations

import importlib
import os
from types import ModuleType

import pytest

IS_REQUIRED = os.environ.get("SHOPBELL_SERVERS") == "required"


def need(name: str) -> ModuleType:
    """The module ``tests.servers.<name>.server``. Where its server is not installed the test is skipped, or
    fails when servers are required."""
    module = importlib.import_module(f"tests.servers.{name}.server")
    if lacks := module.missing():
        reason = f"the server {name} is not installed ({lacks}): make test-servers"
        if IS_REQUIRED:
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return module
