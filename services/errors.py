"""Every error the application knows, and one remedy for each.

::

    ShopbellError
    ├── ChannelError            belongs to an account; the poller turns it into freshness, the sender into an
    outbox state │   ├── SignInNeeded        credentials expired, revoked or wrong          -> sign in again
    │   ├── NotAllowed          a permission is missing (names it)             -> allow it on the network
    │   ├── RateLimited         the network asks for a pause (until when)      -> nothing, we wait
    │   ├── Unreachable         network, DNS, TLS, time-out, 5xx               -> nothing, we keep trying
    │   ├── Refused             this reply will never be accepted (reason)     -> edit the reply
    │   ├── BadAnswer           the network said something we cannot read      -> report, we keep trying
    │   └── Unclear             a send whose outcome is not known              -> "it is there" / "send again"
    ├── StoreError              the file on disk
    │   ├── NewerDatabase       written by a newer version                     -> update Shopbell
    │   ├── DamagedDatabase     does not pass its check                        -> restore the last good copy
    │   ├── DiskFull            nothing more can be written                    -> make room
    │   └── DatabaseBusy        another program holds it                       -> close the other program
    ├── KeyringError            the operating system's key store
    │   ├── KeyringMissing      there is none we may use                       -> keep for this session only
    │   └── KeyringLocked       the owner did not unlock it                    -> unlock it
    ├── Stopped                 the owner stopped it; nothing was changed      -> nothing
    ├── NotFound                no such account, conversation, template ...
    └── Invalid                 the caller's input is wrong (names the field)

An error carries a ``kind`` (kebab case of its class) and ``detail`` (values for the sentence, JSON, never a
secret). The sentences are in ``services/words.py``; nothing here is meant for the owner's eyes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar


class ShopbellError(Exception):
    """Base of everything we raise on purpose. ``detail`` values must be JSON and free of secrets."""

    kind: ClassVar[str] = "error"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.kind = re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    def __init__(self, reason: str = "", **detail: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self._detail = detail

    @property
    def detail(self) -> Mapping[str, Any]:
        values = {k: v for k, v in self._detail.items() if v not in (None, "")}
        if self.reason:
            values["reason"] = self.reason
        return values


class ChannelError(ShopbellError):
    """What a channel may raise. ``reason`` is a short technical key or phrase for the log and "what the
    network said"."""


class SignInNeeded(ChannelError):
    """The network no longer accepts the credentials (401, revoked, wrong password)."""


class NotAllowed(ChannelError):
    """The credentials are good but lack a permission; ``permission`` names it."""

    def __init__(self, reason: str = "", *, permission: str = "", **detail: Any) -> None:
        super().__init__(reason, permission=permission, **detail)


class RateLimited(ChannelError):
    """The network asks for a pause. ``until`` is aware UTC; ``None`` where the network does not say."""

    def __init__(self, until: datetime | None = None, reason: str = "", **detail: Any) -> None:
        super().__init__(reason, until=until.isoformat() if until else None, **detail)
        self.until = until


class Unreachable(ChannelError):
    """Nothing came back, or a 5xx. ``reason`` is one of ``dns``, ``refused``, ``timeout``, ``tls``,
    ``reset``, ``server``, ``offline``, ``insecure`` ... ``sent`` is false when it is certain that no byte of
    the request was processed."""

    def __init__(self, reason: str = "", *, sent: bool = True, **detail: Any) -> None:
        super().__init__(reason, **detail)
        self.sent = sent


class Refused(ChannelError):
    """The network will never accept this reply: ``too-long``, ``duplicate``, ``closed``, ``gone``,
    ``not-allowed`` ..."""


class BadAnswer(ChannelError):
    """An answer we cannot read. ``sample`` keeps a short redacted piece of it for the bug report."""

    def __init__(self, reason: str = "", *, sample: str = "", **detail: Any) -> None:
        super().__init__(reason, sample=sample[:500], **detail)


class Unclear(ChannelError):
    """A request that changes something left, and nobody knows what became of it."""


class StoreError(ShopbellError):
    """The database could not do what was asked."""


class NewerDatabase(StoreError):
    """The file's schema version is above ours."""


class DamagedDatabase(StoreError):
    """The file does not pass its integrity check or is not a database."""


class DiskFull(StoreError):
    """The disk (or quota) is full."""


class DatabaseBusy(StoreError):
    """Another process held the write lock for longer than we wait."""


class KeyringError(ShopbellError):
    """The key store of the operating system failed."""


class KeyringMissing(KeyringError):
    """No key store, or only one we refuse (plain text)."""


class KeyringLocked(KeyringError):
    """The key store is there but was not unlocked."""


class Stopped(ShopbellError):
    """Somebody who watched a long piece of work wished it to end; everything is as it was before."""


class NotFound(ShopbellError):
    """``what`` (account, conversation, template, outbox, file) with ``name`` does not exist."""

    def __init__(self, what: str, name: object = "") -> None:
        super().__init__("", what=what, name=str(name))


class Invalid(ShopbellError):
    """The caller's input cannot be used; ``field`` names which, ``reason`` why (a key)."""

    def __init__(self, reason: str, *, field: str = "", **detail: Any) -> None:
        super().__init__(reason, field=field, **detail)
