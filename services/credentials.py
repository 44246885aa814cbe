"""The secrets of the accounts, kept by the operating system's key store and nowhere else.

One entry per account: service ``Shopbell``, user ``PROFILE_ID:ACCOUNT_ID``, JSON. Windows takes 1,280
characters an entry, so longer secrets are cut into chunks of at most 1,000 that are written first, under
names not yet in use, and become valid with the one record that counts and checks them. A crash in between
leaves the old secrets whole.

Every call to the key store runs in a thread of its own with a time-out, because a locked key store shows a
system prompt and blocks until somebody answers it. Nothing here is for the GUI thread.
"""

from __future__ import annotations

import hashlib
import json
import logging
import queue
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from services import logs
from services.errors import KeyringError, KeyringLocked, KeyringMissing
from services.redact import Redactor

log = logging.getLogger(__name__)

SERVICE = "Shopbell"
CHUNK = 1000
PROMPT_S = 120.0
"""How long somebody may take to type the password of the key store."""

ALLOWED = frozenset(
    {
        ("keyring.backends.Windows", "WinVaultKeyring"),
        ("keyring.backends.macOS", "Keyring"),
        ("keyring.backends.SecretService", "Keyring"),
        ("keyring.backends.kwallet", "DBusKeyring"),
        ("keyring.backends.kwallet", "DBusKeyringKWallet4"),
    }
)
_CHAIN = ("keyring.backends.chainer", "ChainerBackend")

T = TypeVar("T")


class Backend(Protocol):
    """The part of a keyring back end that is used here."""

    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


@dataclass(frozen=True, slots=True)
class KeyringStatus:
    """``kind``: ``ready``, ``session-only``, ``missing``, ``locked`` or ``failed``; ``backend``: name of
    the back end in use or refused.
    """

    kind: str
    backend: str = ""

    @property
    def is_ready(self) -> bool:
        return self.kind == "ready"


def _class_of(backend: object) -> tuple[str, str]:
    return type(backend).__module__, type(backend).__name__


def allowed_backends(chosen: object) -> Sequence[Backend]:
    """Those of ``chosen`` (a back end or a chain of them) that really protect what they keep; best first.

    The library silently falls back to plain text files where add-ons of it are installed; such are never
    used.
    """
    chain: Sequence[Any] = tuple(chosen.backends) if _class_of(chosen) == _CHAIN else (chosen,)  # type: ignore[attr-defined]
    return tuple(backend for backend in chain if _class_of(backend) in ALLOWED)


class Credentials:
    """The secrets of one profile. Safe from several threads; each secret is read once and then kept in
    memory.

    ``backend``: used as it is, for tests; otherwise the system's, found at the first call.
    ``session_only``: nothing is written anywhere, and all is forgotten at the end of the program.
    """

    def __init__(
        self,
        profile_id: str,
        backend: Backend | None = None,
        *,
        session_only: bool = False,
        redactor: Redactor | None = None,
        timeout_s: float = PROMPT_S,
    ) -> None:
        self._profile_id = profile_id
        self._backend = backend
        self._refused = ""
        self._session_only = session_only
        self._redactor = logs.redactor if redactor is None else redactor
        self._timeout_s = timeout_s
        self._lock = threading.RLock()
        self._known: dict[int, dict[str, str]] = {}
        self._waiting: threading.Thread | None = None

    def __repr__(self) -> str:
        return f"<Credentials of {len(self._known)} accounts>"

    @property
    def session_only(self) -> bool:
        return self._session_only

    def keep_for_session(self) -> None:
        """From now on nothing goes to the key store; what was read before stays in memory."""
        self._session_only = True

    def available(self) -> KeyringStatus:
        """Tries the key store without asking for anything that could show a prompt by itself."""
        if self._session_only:
            return KeyringStatus("session-only")
        try:
            with self._lock:
                backend = self._find()
                self._read_entry(f"{self._profile_id}:probe")
        except KeyringMissing:
            return KeyringStatus("missing", self._refused)
        except KeyringLocked:
            return KeyringStatus("locked", self._refused)
        except KeyringError:
            return KeyringStatus("failed", self._refused)
        return KeyringStatus("ready", ".".join(_class_of(backend)))

    def get(self, account_id: int) -> dict[str, str]:
        """The account's secrets; empty where there are none or where they were damaged (then: sign in again).

        Raises KeyringMissing, KeyringLocked, KeyringError.
        """
        with self._lock:
            if account_id in self._known:
                return dict(self._known[account_id])
            if self._session_only:
                return {}
            found = self._load(self._user(account_id))
            self._remember(account_id, found)
            return dict(found)

    def put(self, account_id: int, secrets: Mapping[str, str]) -> None:
        """Replaces the account's secrets as a whole. Raises KeyringMissing, KeyringLocked, KeyringError;
        then nothing changed.
        """
        values = {str(name): str(value) for name, value in secrets.items()}
        for value in values.values():
            self._redactor.add(value)
        with self._lock:
            if not self._session_only:
                self._save(self._user(account_id), json.dumps(values))
            self._remember(account_id, values)

    def keep(self, account_id: int, changes: Mapping[str, str]) -> None:
        """Puts changed secrets beside those that stay; an empty one is dropped. Never raises: what the key
        store does not take now is kept in memory. An account without secrets is being removed and gets
        none."""
        self.mask(changes.values())
        with self._lock:
            try:
                before = self.get(account_id)
            except KeyringError:
                return
            if not before:
                return
            merged = {name: value for name, value in {**before, **changes}.items() if value}
            try:
                self.put(account_id, merged)
            except KeyringError as error:
                log.info("renewed secrets stay in memory only: %s", error.kind)
                self._remember(account_id, merged)

    def reread(self, account_id: int) -> dict[str, str]:
        """As ``get``, but as they are in the key store now: another program may have renewed them. What
        cannot be read now is as it was."""
        with self._lock:
            try:
                found = {} if self._session_only else self._load(self._user(account_id))
                if found:
                    self._remember(account_id, found)
                return self.get(account_id)
            except KeyringError:
                return dict(self._known.get(account_id, {}))

    def mask(self, values: Iterable[str]) -> None:
        """From now on these are masked in the log."""
        for value in values:
            self._redactor.add(value)

    def delete(self, account_id: int) -> None:
        """What is not there is deleted already."""
        with self._lock:
            self._known.pop(account_id, None)
            if not self._session_only:
                user = self._user(account_id)
                record = self._record(user)
                self._delete_entry(user)
                self._drop_chunks(user, record)

    def _user(self, account_id: int) -> str:
        return f"{self._profile_id}:{account_id}"

    def _remember(self, account_id: int, secrets: dict[str, str]) -> None:
        self._known[account_id] = secrets
        for value in secrets.values():
            self._redactor.add(value)

    # --- record and chunks

    def _record(self, user: str) -> dict[str, Any]:
        raw = self._read_entry(user)
        if raw is None:
            return {}
        try:
            record = json.loads(raw)
        except ValueError:
            return {}
        return record if isinstance(record, dict) else {}

    def _load(self, user: str) -> dict[str, str]:
        record = self._record(user)
        if not record:
            return {}
        text = self._join(user, record)
        try:
            values = json.loads(text)
        except ValueError:
            values = None
        if not isinstance(values, dict):
            log.warning("the secrets of an account were damaged in the key store; it needs signing in again")
            return {}
        return {str(name): str(value) for name, value in values.items()}

    def _join(self, user: str, record: Mapping[str, Any]) -> str:
        """The JSON text behind a record; empty when a chunk is missing or the checksum is wrong."""
        if "text" in record:
            return str(record["text"])
        count, name = record.get("chunks"), record.get("set")
        if not isinstance(count, int) or not 0 < count <= 1000:
            return ""
        parts = [self._read_entry(f"{user}:{name}{number}") for number in range(1, count + 1)]
        text = "".join(part or "" for part in parts)
        return text if None not in parts and _checksum(text) == record.get("sha256") else ""

    def _save(self, user: str, text: str) -> None:
        """``text`` is ASCII (JSON escapes the rest), so characters are UTF-16 units."""
        before = self._record(user)
        whole = json.dumps({"v": 1, "text": text})
        if len(whole) <= CHUNK:
            self._write_entry(user, whole)
        else:
            name = "b" if before.get("set") == "a" else "a"
            chunks = [text[start : start + CHUNK] for start in range(0, len(text), CHUNK)]
            for number, chunk in enumerate(chunks, 1):
                self._write_entry(f"{user}:{name}{number}", chunk)
            record = {"v": 1, "set": name, "chunks": len(chunks), "sha256": _checksum(text)}
            self._write_entry(user, json.dumps(record))
        self._drop_chunks(user, before)

    def _drop_chunks(self, user: str, record: Mapping[str, Any]) -> None:
        count = record.get("chunks")
        for number in range(1, count + 1 if isinstance(count, int) and count <= 1000 else 1):
            try:
                self._delete_entry(f"{user}:{record.get('set')}{number}")
            except KeyringError:
                # Left-overs that no record points to are never read again.
                log.info("an old piece of a secret stays in the key store")
                return

    # --- the key store

    def _find(self) -> Backend:
        if self._backend is None:
            chosen = self._call(_system_keyring)
            found = allowed_backends(chosen)
            self._refused = ".".join(_class_of(found[0] if found else chosen))
            if not found:
                raise KeyringMissing("refused", backend=self._refused)
            # Only the best of a chain: asking a second key store that nobody set up opens its assistant.
            self._backend = found[0]
        return self._backend

    def _read_entry(self, user: str) -> str | None:
        backend = self._find()
        return self._call(lambda: backend.get_password(SERVICE, user))

    def _write_entry(self, user: str, value: str) -> None:
        backend = self._find()
        self._call(lambda: backend.set_password(SERVICE, user, value))

    def _delete_entry(self, user: str) -> None:
        # Deleting what is missing is an error with some back ends.
        if self._read_entry(user) is not None:
            backend = self._find()
            self._call(lambda: backend.delete_password(SERVICE, user))

    def _call(self, work: Callable[[], T]) -> T:
        """Runs ``work`` in a thread of its own. One call at a time: a second prompt on top of the first
        helps nobody.
        """
        if self._waiting is not None and self._waiting.is_alive():
            raise KeyringLocked("waiting")
        answers: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

        def run() -> None:
            try:
                answers.put((True, work()))
            except BaseException as error:  # noqa: BLE001 - back ends raise what their library raises
                answers.put((False, error))

        thread = threading.Thread(target=run, name="keyring", daemon=True)
        thread.start()
        try:
            is_good, value = answers.get(timeout=self._timeout_s)
        except queue.Empty:
            self._waiting = thread
            raise KeyringLocked("timeout") from None
        if is_good:
            return value  # type: ignore[no-any-return]
        # Nothing of the original is kept: its text or its frames may hold the secret.
        raise _translated(value) from None


def _system_keyring() -> object:
    import keyring

    return keyring.get_keyring()


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _translated(error: BaseException) -> KeyringError:
    """Our error for whatever a back end raised; carries the class of the cause, never its text."""
    if isinstance(error, KeyringError):
        return error
    names = {cls.__name__ for cls in type(error).__mro__}
    cause = type(error).__name__
    if "NoKeyringError" in names or isinstance(error, ImportError):
        return KeyringMissing("none")
    if names & {"KeyringLocked", "InitError", "LockedException", "PromptDismissedException"}:
        return KeyringLocked("not-unlocked", cause=cause)
    return KeyringError("failed", cause=cause)
