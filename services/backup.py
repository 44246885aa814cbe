"""One file that holds everything but the credentials, and putting it back.

The file is a zip with the database (copied by SQLite while in use), the settings, and a manifest with sizes, SHA-256 sums and counts. Restoring
checks all of it in a folder beside the profile before anything of the profile is replaced; what was there is kept as ``before-restore``.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services import __version__
from services.clock import SystemClock, iso
from services.errors import DamagedDatabase, DiskFull, Invalid, NotFound
from services.paths import Paths
from services.store import Store

MANIFEST = "manifest.json"
_PARTS = ("shopbell.db", "settings.json")


def write(store: Store, paths: Paths, target: Path) -> dict[str, Any]:
    """Writes the backup whole or not at all. Returns {file, messages, bytes}. Raises DiskFull, Invalid (``not-writable``)."""
    target = target.absolute()
    try:
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as folder:
            database = Path(folder) / _PARTS[0]
            store.backup_to(database)
            counts = store.totals()
            parts = {_PARTS[0]: database}
            if paths.settings.exists():
                parts[_PARTS[1]] = paths.settings
            manifest = {
                "version": 1,
                "app": __version__,
                "made_at": iso(SystemClock().now()),
                "schema": store.schema_version,
                "counts": counts,
                "files": {name: {"bytes": part.stat().st_size, "sha256": _digest(part)} for name, part in parts.items()},
            }
            made = Path(folder) / "made.zip"
            with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
                for name, part in parts.items():
                    archive.write(part, name)
            made.chmod(0o600)
            with made.open("rb") as finished:
                os.fsync(finished.fileno())
            size = made.stat().st_size
            made.replace(target)
    except OSError as error:
        if error.errno == 28:
            raise DiskFull(path=str(target)) from error
        raise Invalid("not-writable", field="file", path=str(target)) from error
    return {"file": str(target), "messages": counts.get("messages", 0), "bytes": size}


def restore(source: Path, profile: Path | None) -> dict[str, Any]:
    """Verifies, then replaces. Raises NotFound, Invalid (``not-a-backup``, ``in-use``), DamagedDatabase, NewerDatabase."""
    if not source.is_file():
        raise NotFound("file", source)
    paths = Paths.open(profile)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=paths.profile) as folder:
        manifest = _unpack(source, Path(folder))
        database = Path(folder) / _PARTS[0]
        # Opening migrates the copy, so an old backup is brought up to date before it replaces anything.
        store = Store.open(database, SystemClock())
        try:
            if store.check():
                raise DamagedDatabase("check", path=source.name)
            counts = store.totals()
        finally:
            store.close()
        wanted = manifest.get("counts", {})
        if wanted and any(counts.get(name) != number for name, number in wanted.items()):
            raise DamagedDatabase("counts", path=source.name)
        _replace(paths, Path(folder))
    return {"restored": str(source), "messages": counts.get("messages", 0)}


def use_copy(copy: Path, paths: Paths) -> Path:
    """Puts a good copy of the database in the place of a damaged one, which is kept; returns where it is kept now.

    Raises DamagedDatabase when the copy itself does not pass its check; nothing is replaced then.
    """
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=paths.profile) as folder:
        shutil.copy2(copy, Path(folder) / _PARTS[0])
        store = Store.open(Path(folder) / _PARTS[0], SystemClock())
        try:
            if store.check():
                raise DamagedDatabase("check", path=copy.name)
        finally:
            store.close()
        if paths.settings.exists():
            shutil.copy2(paths.settings, Path(folder) / _PARTS[1])
        _replace(paths, Path(folder))
    return paths.backups / "before-restore"


def _unpack(source: Path, folder: Path) -> Mapping[str, Any]:
    try:
        with zipfile.ZipFile(source) as archive:
            manifest = json.loads(archive.read(MANIFEST))
            for name in _PARTS:
                known = manifest["files"].get(name)
                if known is None:
                    continue
                with archive.open(name) as packed, (folder / name).open("wb") as out:
                    shutil.copyfileobj(packed, out, 1 << 20)
                if _digest(folder / name) != known["sha256"]:
                    raise DamagedDatabase("checksum", path=source.name)
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, OSError, TypeError, AttributeError) as error:
        raise Invalid("not-a-backup", field="file", path=str(source)) from error
    if not (folder / _PARTS[0]).exists():
        raise Invalid("not-a-backup", field="file", path=str(source))
    return manifest if isinstance(manifest, dict) else {}


def _replace(paths: Paths, folder: Path) -> None:
    """The profile must not be open: both locks are taken first."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(paths.profile / "sender.lock", timeout=2):
            kept = paths.backups / "before-restore"
            shutil.rmtree(kept, ignore_errors=True)
            kept.mkdir(mode=0o700)
            for name in (paths.database.name, f"{paths.database.name}-wal", f"{paths.database.name}-shm", _PARTS[1]):
                current = paths.profile / name
                if current.exists():
                    shutil.copy2(current, kept / name)
            # The old write-ahead log belongs to the old file; left beside the new one it would damage it.
            for ending in ("-wal", "-shm"):
                paths.database.with_name(paths.database.name + ending).unlink(missing_ok=True)
            (folder / _PARTS[0]).replace(paths.database)
            if (folder / _PARTS[1]).exists():
                (folder / _PARTS[1]).replace(paths.settings)
    except Timeout:
        raise Invalid("in-use", field="profile") from None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
