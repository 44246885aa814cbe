"""Writing a file so that after a crash or a full disk it is either the old one or the new one, never half."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from services.errors import DiskFull

# The disk, the quota of the user, the largest file allowed; Windows has no quota of this name.
_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


def is_full(error: OSError) -> bool:
    """Whether nothing more can be written, rather than nothing at all."""
    return error.errno in _FULL


def write_atomically(path: Path, data: bytes) -> None:
    """Replaces ``path``, readable by its owner alone. Raises DiskFull, and OSError for everything else."""
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}.tmp")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        if is_full(error):
            raise DiskFull(path=path.name) from error
        raise


def sync_folder(folder: Path) -> None:
    """Makes the new name last over a power cut; Windows has no such call and does it by itself."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
