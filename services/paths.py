"""Where a profile keeps its things.

A profile is one folder: the database, the settings, the logs, the backups. Nothing is written outside it,
and nobody but its owner may look in. Secrets are not in it either: they are in the key store of the system,
under the profile's own random id, so that two profiles on one machine never share or overwrite a
credential.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.errors import DiskFull, Invalid
from services.files import write_atomically

log = logging.getLogger(__name__)

ENVIRONMENT = "SHOPBELL_PROFILE"
_MOUNTED_UNDER = ("/run/media", "/media", "/Volumes", "/mnt")
"""Where systems put disks that come and go."""


@dataclass(frozen=True, slots=True)
class Paths:
    """The names inside one profile folder. Only ``open`` touches the disk."""

    profile: Path

    @classmethod
    def open(cls, profile: Path | None = None, environment: Mapping[str, str] | None = None) -> Paths:
        """Makes the folder (0700) where it is missing. ``profile`` wins over SHOPBELL_PROFILE, that over
        the default.

        Raises Invalid (field ``profile``): ``not-a-folder``, ``not-writable``, ``shared-folder``,
        ``disk-gone``.
        """
        paths = cls(locate(profile, environment))
        _make_private(paths.profile)
        for folder in (paths.logs, paths.backups):
            _make_private(folder)
        return paths

    @property
    def database(self) -> Path:
        return self.profile / "shopbell.db"

    @property
    def settings(self) -> Path:
        return self.profile / "settings.json"

    @property
    def logs(self) -> Path:
        return self.profile / "logs"

    @property
    def backups(self) -> Path:
        return self.profile / "backups"

    @property
    def lock(self) -> Path:
        """Held by the window, so that a second start raises the first one instead."""
        return self.profile / "window.lock"

    @property
    def alerts(self) -> Path:
        """What was told already; see ``services.alert_memory``."""
        return self.profile / "alerts.json"

    @property
    def updates(self) -> Path:
        """What is known of newer versions; see ``services.updates``."""
        return self.profile / "updates.json"

    @property
    def identity(self) -> Path:
        return self.profile / "profile-id.json"

    def profile_id(self) -> str:
        """32 hexadecimal digits, made once. A moved folder keeps its id; a copy beside the original gets a
        new one.
        """
        known = _read_identity(self.identity)
        here = str(self.profile)
        if known is not None:
            its_id, written_at = known
            if written_at == here or not _is_copy(Path(written_at), its_id, self.profile):
                if written_at != here:
                    with contextlib.suppress(OSError, DiskFull):
                        _write_identity(self.identity, its_id, here)
                return its_id
            log.info("this profile is a copy of another one; it gets an id of its own")
        return _new_identity(self.identity, here, replace=known is not None)


def locate(profile: Path | None = None, environment: Mapping[str, str] | None = None) -> Path:
    """The absolute folder of the profile; does not look whether it exists."""
    named = (os.environ if environment is None else environment).get(ENVIRONMENT, "").strip()
    if profile is None and named:
        profile = Path(named)
    if profile is None:
        # Costs 12 ms, and an explicit profile needs none of it.
        from platformdirs import PlatformDirs

        # Without appauthor=False Windows gets the name twice.
        profile = PlatformDirs("Shopbell", appauthor=False).user_data_path
    return Path(os.path.abspath(profile.expanduser()))  # noqa: PTH100 - keeps links as the owner named them


def _is_disk_gone(folder: Path) -> bool:
    """Is it on a disk that is not there? Making the folder where the disk would be would look as if
    everything in it were lost."""
    if os.name == "nt":
        return not Path(folder.anchor).exists()
    root = next((one for one in map(Path, _MOUNTED_UNDER) if one in folder.parents), None)
    if root is None or folder.exists():
        return False
    there = next(one for one in folder.parents if one.exists())
    if there in root.parents:
        return True
    # Below the root comes the disk, or a folder for each user and then the disk.
    return (there == root or there.parent == root) and not os.path.ismount(there)


def _make_private(folder: Path) -> None:
    if _is_disk_gone(folder):
        raise Invalid("disk-gone", field="profile", path=str(folder))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = folder.stat().st_mode
    except (FileExistsError, NotADirectoryError) as error:
        raise Invalid("not-a-folder", field="profile", path=str(folder)) from error
    except OSError as error:
        raise Invalid("not-writable", field="profile", path=str(folder)) from error
    if mode & stat.S_ISVTX:
        # /tmp and its like belong to everybody; closing them would hurt other programs.
        raise Invalid("shared-folder", field="profile", path=str(folder))
    if os.name != "nt" and stat.S_IMODE(mode) != 0o700:
        try:
            folder.chmod(0o700)
        except OSError:
            log.warning("the folder of the profile cannot be closed to other users of this computer")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Invalid("not-writable", field="profile", path=str(folder))


def _read_identity(file: Path) -> tuple[str, str] | None:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        its_id, written_at = document["id"], document["folder"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if (
        not isinstance(its_id, str)
        or not isinstance(written_at, str)
        or not re.fullmatch("[0-9a-f]{32}", its_id)
    ):
        return None
    return its_id, written_at


def _is_copy(elsewhere: Path, its_id: str, here: Path) -> bool:
    """Is the folder this id was made in still there, with the same id, and another one than ours?"""
    try:
        if elsewhere.samefile(here):
            return False
    except OSError:
        return False
    other = _read_identity(Paths(elsewhere).identity)
    return other is not None and other[0] == its_id


def _write_identity(file: Path, its_id: str, folder: str) -> None:
    write_atomically(file, json.dumps({"id": its_id, "folder": folder}).encode())


def _new_identity(file: Path, folder: str, *, replace: bool) -> str:
    its_id = os.urandom(16).hex()
    if replace:
        _write_identity(file, its_id, folder)
        return its_id
    # Two first starts at once must agree on one id: a hard link is made by exactly one of them.
    own = file.with_name(f"{file.name}.{its_id[:8]}")
    _write_identity(own, its_id, folder)
    try:
        os.link(own, file)
    except FileExistsError:
        known = _read_identity(file)
        if known is not None:
            return known[0]
        _write_identity(file, its_id, folder)
    except OSError:
        # A file system without hard links.
        _write_identity(file, its_id, folder)
    finally:
        own.unlink(missing_ok=True)
    return its_id
