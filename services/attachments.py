"""Files that came with a message, saved where the owner says, whole or not at all. Nothing is fetched before
the owner asks for it, and nothing is ever opened by us."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from io import RawIOBase
from pathlib import Path
from typing import IO, BinaryIO, cast

from services.channels.base import Abilities, Channel
from services.errors import BadAnswer, DiskFull, Invalid, NotFound, Refused
from services.filenames import safe_name
from services.files import is_full
from services.model import Account, Attachment
from services.store import Store

MOST_BYTES = 500 * 1024 * 1024


def can_save(abilities: Abilities, attachment: Attachment) -> bool:
    return abilities.attachments and bool(attachment.part)


class Attachments:
    """Blocks while the network is asked: call it from a worker."""

    def __init__(
        self,
        store: Store,
        channel_for: Callable[[Account], Channel],
        abilities_of: Callable[[Account], Abilities],
    ) -> None:
        self._store = store
        self._channel_for = channel_for
        self._abilities_of = abilities_of

    def describe(self, message_id: int, number: int) -> Attachment:
        """``number`` counts from 1. Raises NotFound."""
        attachments = self._store.message_by_id(message_id).message.attachments
        if not 1 <= number <= len(attachments):
            raise NotFound("attachment", number)
        return attachments[number - 1]

    def save(self, message_id: int, number: int, target: Path, *, replace: bool = False) -> Path:
        """Into ``target``, or under the file's own safe name where that is a folder. Returns where it is.

        Raises NotFound, ChannelError (Refused ``not-saved`` where the place cannot), KeyringError, DiskFull,
        Invalid ``file-exists`` (unless ``replace``) and ``file-not-writable``; nothing is left behind then.
        """
        attachment = self.describe(message_id, number)
        found = self._store.message_by_id(message_id)
        account = self._store.account(found.account_id)
        if not can_save(self._abilities_of(account), attachment):
            raise Refused("not-saved")
        if target.is_dir():
            target = target / safe_name(attachment.name, attachment.kind)
        if target.exists() and not replace:
            raise Invalid("file-exists", field="file", path=str(target))
        channel = self._channel_for(account)
        message = found.message

        def fetch(into: BinaryIO) -> None:
            channel.save_attachment(message.remote_id, attachment, message.reply_context, into)

        _write_whole(target, fetch, replace=replace)
        return target


def _write_whole(target: Path, fetch: Callable[[BinaryIO], None], *, replace: bool) -> None:
    """Under another name beside it first, so that half a file never has the right name."""
    part = target.with_name(f".{os.urandom(6).hex()}.part")
    try:
        with _not_writable(target):
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            handle = os.open(part, flags, 0o600)
        with os.fdopen(handle, "wb") as file:
            fetch(cast(BinaryIO, _Counted(file, target)))
            with _not_writable(target):
                file.flush()
                os.fsync(file.fileno())
        with _not_writable(target):
            _put_in_place(part, target, replace=replace)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _put_in_place(part: Path, target: Path, *, replace: bool) -> None:
    if replace:
        part.replace(target)
        return
    try:
        # Fails where something came there meanwhile; a rename would put it away.
        os.link(part, target)
    except FileExistsError:
        raise Invalid("file-exists", field="file", path=str(target)) from None
    except OSError:
        # A file system without hard links.
        if target.exists():
            raise Invalid("file-exists", field="file", path=str(target)) from None
        part.rename(target)


@contextlib.contextmanager
def _not_writable(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise DiskFull(file=target.name) from error
        raise Invalid("file-not-writable", field="file", path=str(target)) from error


class _Counted(RawIOBase):
    """What a channel writes into: stops at the most, and says in our words what the disk says."""

    def __init__(self, file: IO[bytes], target: Path) -> None:
        self._file, self._target = file, target
        self._taken = 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]
        self._taken += len(data)
        if self._taken > MOST_BYTES:
            raise BadAnswer("attachment-too-large")
        with _not_writable(self._target):
            return self._file.write(data)
