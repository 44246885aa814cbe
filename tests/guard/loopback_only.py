"""Keeps a test process, and every Python child it starts, on the loopback interface.

An audit hook sees each look-up, connection and bind before the operating system does. What would leave the
machine is refused and remembered in ``violations``; the harness fails the test that did it. Names and
networks that the internet standards set aside for examples behave as where there is no network, and are no
violation: a test may use them to see what the program does then.

Imports as little as it can, for it is loaded into children whose imports are measured.
"""

from __future__ import annotations

import sys
from typing import Any

# Kept on sys: a child of a test has this file under a second name, and there is one hook for both.
violations: list[str] = sys.__dict__.setdefault("_shopbell_left_loopback", [])

_LOCAL_NAMES = {"", "localhost", "::1", "::ffff:127.0.0.1"}
_EXAMPLE_NAMES = (".invalid", ".example", ".test", ".example.com", ".example.org", ".example.net")
_EXAMPLE_NETWORKS = ("192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:")
_EAI_NONAME, _ENETUNREACH = -2, 101


def _text(host: object) -> str:
    return host.decode("ascii", "replace").lower() if isinstance(host, bytes) else str(host or "").lower()


def is_loopback(host: object) -> bool:
    name = _text(host)
    in_127 = name.startswith("127.") and name.replace(".", "").isdigit()
    return in_127 or name in _LOCAL_NAMES or name.endswith(".localhost")


def _refuse(what: str, host: object) -> None:
    import socket

    name = _text(host).rstrip(".")
    if name.startswith(_EXAMPLE_NETWORKS):
        raise OSError(_ENETUNREACH, "Network is unreachable")
    if ("." + name).endswith(_EXAMPLE_NAMES):
        raise socket.gaierror(_EAI_NONAME, "Name or service not known")
    violations.append(f"{what} {name}")
    raise PermissionError(f"the tests may talk to loopback addresses only, and this was: {what} {name}")


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not event.startswith("socket."):
        return
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        if not is_loopback(arguments[0]):
            _refuse("look up", arguments[0])
    elif event in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind"):
        address = arguments[1]
        if isinstance(address, tuple) and address and isinstance(address[0], str | bytes):
            everywhere = event == "socket.bind" and not address[0]
            if everywhere or not is_loopback(address[0]):
                _refuse(event.removeprefix("socket."), address[0] or "every interface")


def install() -> None:
    """Cannot be taken out again; asking twice is harmless."""
    if not getattr(sys, "_shopbell_loopback_only", False):
        sys._shopbell_loopback_only = True  # type: ignore[attr-defined]
        sys.addaudithook(_hook)
