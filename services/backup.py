"""One file that holds everything but the credentials, and putting it back.

The file is a zip with the database (copied by SQLite while in use), the settings, and a manifest with sizes,
SHA-256 sums and counts. Restoring checks all of it in a folder inside the profile before anything is
replaced; what was there is kept as ``before-restore``.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from services import __version__
from services.clock import SystemClock, iso
from services.errors import DamagedDatabase, DatabaseBusy, DiskFull, Invalid, NewerDatabase, NotFound
from services.files import is_full
from services.paths import Paths
from services.progress import CHECKING, UNPACKING, Teller, Watch, part_of, unwatched
from services.store import (
    Store,
    copy_closed,
    fold,
    is_database,
    is_sound,
    newest_version,
    refuse_newer,
    totals_of,
)

MANIFEST = "manifest.json"
VERSION = 1
"""Of the manifest."""
_PARTS = ("shopbell.db", "settings.json")
_UNPACKED, _UPGRADED = 0.2, 0.8
"""Where these stages end."""


def write(store: Store, paths: Paths, target: Path) -> dict[str, Any]:
    """Writes the backup whole or not at all. Returns {file, messages, bytes}.

    Raises DiskFull, Invalid (``file-not-writable``).
    """
    target = target.absolute()
    try:
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as folder:
            database = Path(folder) / _PARTS[0]
            store.backup_to(database)
            # Of the copy, for the original may have gone on meanwhile.
            counts = totals_of(database)
            parts = {_PARTS[0]: database}
            if paths.settings.exists():
                parts[_PARTS[1]] = paths.settings
            manifest = {
                "version": VERSION,
                "app": __version__,
                "made_at": iso(SystemClock().now()),
                "schema": store.schema_version,
                "profile": paths.profile_id(),
                "counts": counts,
                "files": {
                    name: {"bytes": part.stat().st_size, "sha256": _digest(part)}
                    for name, part in parts.items()
                },
            }
            made = Path(folder) / "made.zip"
            with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
                for name, part in parts.items():
                    archive.write(part, name)
            made.chmod(0o600)
            # Windows flushes only what is open for writing.
            with made.open("rb+") as finished:
                os.fsync(finished.fileno())
            size = made.stat().st_size
            made.replace(target)
    except OSError as error:
        if is_full(error):
            raise DiskFull(path=str(target)) from error
        raise Invalid("file-not-writable", field="file", path=str(target)) from error
    return {"file": str(target), "messages": counts.get("messages", 0), "bytes": size}


def look_at(source: Path) -> None:
    """A short look whether ``restore`` would take it: long before the profile is closed for it.

    Raises NotFound, Invalid (``not-a-backup``, ``not-readable``), NewerDatabase (``backup``).
    """
    if not source.is_file():
        raise NotFound("file", source)
    refuse_newer(source, "backup")
    with _told(source):
        if not is_database(source):
            with zipfile.ZipFile(source) as archive:
                _manifest(archive)


def restore(source: Path, profile: Path | None, *, watch: Watch = unwatched) -> dict[str, Any]:
    """Takes a backup, or one of the good copies of the database, of this version or an older one. Verifies
    first, then replaces; killed or stopped by ``watch`` in between, the profile is either the old one or the
    new one.

    Raises NotFound, Invalid (``not-a-backup``), DamagedDatabase, NewerDatabase (``backup``), DatabaseBusy
    (``in-use``), DiskFull, and what ``watch`` raises.
    """
    look_at(source)
    paths = Paths.open(profile)
    try:
        counts = _restored(source, paths, Teller(watch))
    except OSError as error:
        if is_full(error):
            raise DiskFull(path=str(paths.profile)) from error
        raise Invalid("not-writable", field="profile", path=str(paths.profile)) from error
    return {"restored": str(source), "messages": counts.get("messages", 0)}


def _restored(source: Path, paths: Paths, teller: Teller) -> Mapping[str, int]:
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=paths.profile) as folder:
        manifest = _unpack(source, Path(folder), teller)
        database = Path(folder) / _PARTS[0]
        # Opening migrates the copy, so an old backup is brought up to date before it replaces anything.
        store = Store.open(database, SystemClock(), watch=part_of(teller.tell, _UNPACKED, _UPGRADED))
        try:
            teller.tell(CHECKING, _UPGRADED)
            if store.check(teller.still):
                raise DamagedDatabase("check", path=source.name)
            counts = store.totals()
            # The profile that the backup was made of may have gone on, and sent what waits in it.
            store.doubt_replies()
        finally:
            store.close()
        fold(database)
        wanted = manifest.get("counts", {})
        if wanted and any(counts.get(name) != number for name, number in wanted.items()):
            raise DamagedDatabase("counts", path=source.name)
        _replace(paths, Path(folder), str(manifest.get("profile", "")))
    return counts


def _unpack(source: Path, folder: Path, teller: Teller) -> Mapping[str, Any]:
    """Leaves the parts in ``folder``; returns the manifest, which is empty for a good copy."""
    teller.tell(UNPACKING, 0.0)
    with _told(source):
        if is_database(source):
            if not is_sound(source):
                raise _strange(source)
            copy_closed(source, folder / _PARTS[0], lambda share: teller.tell(UNPACKING, _UNPACKED * share))
            return {}
        with zipfile.ZipFile(source) as archive:
            manifest = _manifest(archive)
            known: Mapping[str, Any] = {
                name: manifest["files"][name] for name in _PARTS if name in manifest["files"]
            }
            for name, facts in known.items():
                if archive.getinfo(name).file_size != facts["bytes"]:
                    raise DamagedDatabase("checksum", path=source.name)
                if _take_out(archive, name, folder / name, teller) != facts["sha256"]:
                    raise DamagedDatabase("checksum", path=source.name)
    if not (folder / _PARTS[0]).exists():
        raise _strange(source)
    refuse_newer(folder / _PARTS[0], "backup")
    return manifest


def _take_out(archive: zipfile.ZipFile, name: str, target: Path, teller: Teller) -> str:
    """Returns the SHA-256 sum of what was written."""
    size = max(archive.getinfo(name).file_size, 1)
    digest, done = hashlib.sha256(), 0
    with archive.open(name) as packed, target.open("wb") as out:
        while piece := packed.read(1 << 20):
            out.write(piece)
            digest.update(piece)
            done += len(piece)
            # All but the database is small.
            teller.tell(UNPACKING, _UNPACKED * done / size if name == _PARTS[0] else 0.0)
    return digest.hexdigest()


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    """Raises what ``_told`` knows, and NewerDatabase for a backup of a kind that we cannot know."""
    manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
    if int(manifest["version"]) > VERSION or int(manifest.get("schema", 0)) > newest_version():
        raise NewerDatabase("backup", version=manifest.get("schema"), ours=newest_version())
    _ = {**manifest["files"]}
    return manifest


def _strange(source: Path) -> Invalid:
    return Invalid("not-a-backup", field="file", path=str(source))


@contextmanager
def _told(source: Path) -> Iterator[None]:
    """Turns what may come up while a file of any kind is read into our errors."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        # A file that begins as a zip should, and is broken further on, was a backup once.
        raise (
            DamagedDatabase("checksum", path=source.name) if _is_zip(source) else _strange(source)
        ) from error
    except (LookupError, ValueError, TypeError, AttributeError, RuntimeError, NotImplementedError) as error:
        raise _strange(source) from error
    except OSError as error:
        if is_full(error):
            raise DiskFull(path=source.name) from error
        raise Invalid("not-readable", field="file", path=str(source)) from error


def _is_zip(source: Path) -> bool:
    with source.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def _replace(paths: Paths, folder: Path, came_from: str) -> None:
    """The profile must not be open anywhere. ``came_from``: id of the backed up profile, where known."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(paths.profile / "sender.lock", timeout=2):
            # From here on the old database is one file, and one step replaces it.
            fold(paths.database)
            kept = paths.backups / "before-restore"
            shutil.rmtree(kept, ignore_errors=True)
            kept.mkdir(mode=0o700)
            for name in (paths.database.name, f"{paths.database.name}-wal", _PARTS[1]):
                current = paths.profile / name
                if current.exists():
                    shutil.copy2(current, kept / name)
            if came_from and came_from != paths.profile_id():
                # The numbers of the accounts mean others there: what the key store holds under ours must
                # not reach them.
                paths.identity.unlink(missing_ok=True)
            # Left over only where the old database was too damaged to fold it.
            for ending in ("-wal", "-shm"):
                paths.database.with_name(paths.database.name + ending).unlink(missing_ok=True)
            (folder / _PARTS[0]).chmod(0o600)
            (folder / _PARTS[0]).replace(paths.database)
            if (folder / _PARTS[1]).exists():
                (folder / _PARTS[1]).chmod(0o600)
                (folder / _PARTS[1]).replace(paths.settings)
    except Timeout:
        raise DatabaseBusy("in-use", file=paths.database.name) from None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
