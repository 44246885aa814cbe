"""Is everything here that the program is made of? For a packaged program above all, where a library, a module
or a file may have stayed behind. Finds out by using it, without a profile, without a screen, and without any
network but the machine's own.

``doctor`` looks after one profile and its accounts; this looks after the program itself.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import platform
import sys
import tempfile
import warnings
import wave
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from services import __version__

Check = tuple[str, Callable[[], str]]
"""A name, and what returns a detail for people or raises."""

ROOT = Path(__file__).resolve().parents[1]
INVENTORY = ROOT / "inventory.json"
"""Made when the program is packed (``pyinstaller.spec``): which modules and files went in."""

_LIBRARIES = (
    "certifi",
    "charset_normalizer",
    "cryptography.x509",
    "cryptography.hazmat.primitives.asymmetric.rsa",
    "defusedxml.ElementTree",
    "dns.exception",
    "dns.resolver",
    "fastfeedparser",
    "feedparser",
    "filelock",
    "imap_tools",
    "keyring.errors",
    "lxml.etree",
    "lxml.html",
    "nh3",
    "platformdirs",
    "requests.adapters",
    "urllib3.exceptions",
)
"""Imported inside functions, so that a start does not show whether they are there."""
_LIBRARIES_OF = {
    "linux": ("jeepney.io.threading", "secretstorage", "keyring.backends.SecretService"),
    "win32": ("keyring.backends.Windows", "win32ctypes.pywin32.win32cred"),
    "darwin": ("keyring.backends.macOS",),
}
_KEYRING_S = 20.0
_ANGRY = "The cake was mouldy, nobody answers the phone, and I want my money back."
_KIND = "Thank you for the lovely cake, the children were so happy!"


class NotWell(Exception):
    """What is wrong, as a detail of the check."""


def examine(more: Iterable[Check] = ()) -> dict[str, Any]:
    """Returns {ok, version, python, system, checks: [{name, ok, detail}]}; never raises. ``more``: checks of
    what may not be imported here, such as Qt."""
    checks = [_tried(name, check) for name, check in (*_CHECKS, *more)]
    return {
        "ok": all(check["ok"] for check in checks),
        "version": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "checks": checks,
    }


def missing(name: str, error: ImportError) -> Check:
    """A check that could not even be brought in."""

    def check() -> str:
        raise NotWell(str(error)[:300])

    return name, check


def for_people(document: Mapping[str, Any]) -> str:
    lines = [f"Shopbell {document['version']}, Python {document['python']}, {document['system']}"]
    lines += [
        f"{'ok ' if check['ok'] else 'NOT'} {check['name']:12} {check['detail']}"
        for check in document["checks"]
    ]
    return "\n".join(lines)


def remedy(wrong: Iterable[str]) -> str:
    """What helps where these checks failed, in a sentence for people."""
    names = set(wrong)
    sentences = []
    if names & {"keyring"}:
        sentences.append(
            "Passwords cannot be kept on this computer: please start or install its key store "
            "(on Linux GNOME Keyring or KWallet)."
        )
    if names - {"keyring"}:
        sentences.append(
            "Something of the program is missing or broken: please install Shopbell again. "
            "Your messages, replies and settings stay as they are."
        )
    return " ".join(sentences)


def report(document: Mapping[str, Any], *, as_json: bool) -> int:
    """Prints it and returns the exit code: 0 all is well, 1 something is not, named on standard error."""
    text = json.dumps(document, indent=1) if as_json else for_people(document)
    # A program packaged without a console has neither stream.
    if sys.stdout is not None:
        encoding = sys.stdout.encoding or "utf-8"
        print(text.encode(encoding, "replace").decode(encoding))
    wrong = [check["name"] for check in document["checks"] if not check["ok"]]
    if wrong and sys.stderr is not None:
        print(f"shopbell: not well: {', '.join(wrong)}. {remedy(wrong)}", file=sys.stderr)
    return 1 if wrong else 0


def _tried(name: str, check: Callable[[], str]) -> dict[str, Any]:
    try:
        return {"name": name, "ok": True, "detail": check()}
    except NotWell as problem:
        return {"name": name, "ok": False, "detail": str(problem)}
    except Exception as error:  # noqa: BLE001 - whatever a missing piece brings about is the finding
        return {"name": name, "ok": False, "detail": f"{type(error).__name__}: {error}"[:300]}


def inventory(root: Path = ROOT) -> dict[str, list[str]]:
    """{modules, files, words}: what belongs to the program. A packaged one brings the list along; a folder of
    sources is its own. ``words``: names of Qt's own translations."""
    packed = root / INVENTORY.name
    if packed.is_file():
        found: dict[str, list[str]] = json.loads(packed.read_bytes())
        return found
    files = [
        file.relative_to(root).with_suffix("")
        for top in ("services", "gui")
        for file in root.glob(f"{top}/**/*.py")
    ]
    kept = (file for file in (root / "resources").rglob("*") if file.is_file())
    return {
        "modules": sorted(".".join(file.parts).removesuffix(".__init__") for file in files),
        "files": sorted(file.relative_to(root).as_posix() for file in kept),
        "words": [],
    }


# --- the checks


def _modules() -> str:
    names = inventory()["modules"]
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing or not names:
        raise NotWell(f"missing: {', '.join(missing) or 'all'}")
    return f"{len(names)}"


def _libraries() -> str:
    names = (*_LIBRARIES, *_LIBRARIES_OF.get(sys.platform, ()))
    missing = []
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as error:
            missing.append(f"{name} ({error})")
    # Part of none of these; it keeps secrets in plain files and is chosen by itself where it is found.
    surplus = ["keyrings.alt must not be here"] if importlib.util.find_spec("keyrings") is not None else []
    if missing or surplus:
        raise NotWell("; ".join([*(f"missing: {one}" for one in missing), *surplus]))
    return f"{len(names)}"


def _channels() -> str:
    """Each module of the folder that declares a channel must be found by looking, as the program does."""
    from services.channels import discover
    from services.channels.base import Channel

    prefix = "services.channels."
    declared = set()
    for name in inventory()["modules"]:
        if name.startswith(prefix) and not name.startswith(prefix + "_"):
            values = vars(importlib.import_module(name)).values()
            classes = (one for one in values if isinstance(one, type) and issubclass(one, Channel))
            declared |= {
                str(vars(one)["kind"]) for one in classes if one.__module__ == name and "kind" in vars(one)
            }
    found = {channel.kind for channel in discover().all()}
    if not found or declared != found:
        raise NotWell(f"not found: {', '.join(sorted(declared - found)) or 'all'}")
    return ", ".join(sorted(found))


def _resources() -> str:
    missing = [name for name in inventory()["files"] if not (ROOT / name).is_file()]
    empty = [
        name for name in inventory()["files"] if name not in missing and not (ROOT / name).stat().st_size
    ]
    if missing or empty or not inventory()["files"]:
        raise NotWell(f"missing or empty: {', '.join(missing + empty) or 'all'}")
    return f"{len(inventory()['files'])} files"


def _sounds() -> str:
    from services.settings import SOUNDS

    for name in SOUNDS:
        with wave.open(str(ROOT / "resources" / "sounds" / f"{name}.wav")) as sound:
            if not sound.getnframes():
                raise NotWell(f"{name} is silent")
    return ", ".join(SOUNDS)


def _replies() -> str:
    from services.replies.templates import starters

    found = starters()
    if not found:
        raise NotWell("no starter reply")
    return f"{len(found)}"


def _database() -> str:
    """What the search needs of SQLite, by searching."""
    from services.store.connection import connect
    from services.store.search import is_available

    with tempfile.TemporaryDirectory() as folder, closing(connect(Path(folder) / "check.db")) as connection:
        version = str(connection.execute("SELECT sqlite_version()").fetchone()[0])
        if not is_available(connection):
            raise NotWell(f"SQLite {version} has no FTS5")
        connection.execute(
            "CREATE VIRTUAL TABLE t USING fts5 (x, tokenize = 'unicode61 remove_diacritics 2')"
        )
        connection.execute("INSERT INTO t VALUES ('Käsekuchen')")
        if connection.execute("SELECT count(*) FROM t WHERE t MATCH 'kasek*'").fetchone()[0] != 1:
            raise NotWell(f"SQLite {version}: FTS5 does not find")
    return f"SQLite {version}, FTS5"


def _schema() -> str:
    """A new profile's database, made by the migrations that are here."""
    from services.clock import SystemClock
    from services.store import Store

    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder) / "check.db", SystemClock())
        try:
            if problems := store.check():
                raise NotWell(str(problems))
        finally:
            store.close()
    return "made and sound"


def _certificates() -> str:
    """Mozilla's list: it loads, and its certificates vouch for themselves when they are really computed."""
    import ssl

    import certifi
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certifi.where())
    loaded = context.cert_store_stats()["x509_ca"]
    verified = 0
    for der in context.get_ca_certs(binary_form=True):
        # Some are numbered or signed in ways of long ago, which nothing here reads any more.
        with suppress(ValueError, UnsupportedAlgorithm), warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                certificate = x509.load_der_x509_certificate(der)
            except Warning:
                continue
            if certificate.issuer == certificate.subject:
                certificate.verify_directly_issued_by(certificate)
                verified += 1
    if verified < _FEWEST_ROOTS:
        raise NotWell(f"{loaded} certificates, {verified} verified")
    return f"{verified} roots, {ssl.OPENSSL_VERSION}"


def _tls() -> str:
    """A server whose authority nobody knows is refused, and accepted once the authority is given."""
    from services.channels.web import WebShared
    from services.clock import SystemClock
    from services.errors import Unreachable
    from services.tls_trial import trial_server

    with tempfile.TemporaryDirectory() as folder, trial_server(Path(folder)) as (url, authority):
        stranger = WebShared(SystemClock(), proxies={})
        try:
            stranger.web().get(url)
        except Unreachable as error:
            if error.reason != "tls":
                raise NotWell(f"a stranger's certificate: {error.reason}") from error
        else:
            raise NotWell("a stranger's certificate was accepted")
        finally:
            stranger.close()
        known = WebShared(SystemClock(), ca_file=authority, proxies={})
        try:
            if known.web().get(url).status != 200:
                raise NotWell("no answer from a server that is trusted")
        finally:
            known.close()
    return "a stranger is refused, a known authority accepted"


def _keyring() -> str:
    from services.credentials import Credentials

    status = Credentials("self-check", timeout_s=_KEYRING_S).available()
    if status.kind not in ("ready", "locked"):
        raise NotWell(f"{status.kind}: {status.backend or 'no key store on this machine'}")
    return status.backend + (" (locked)" if status.kind == "locked" else "")


def _triage() -> str:
    from services.triage import Triage

    triage = Triage()
    angry, kind = triage.judge(_ANGRY), triage.judge(_KIND)
    if not angry.is_complaint or kind.is_complaint:
        raise NotWell(f"judges wrongly: {angry.score:.2f} for a complaint, {kind.score:.2f} for thanks")
    return f"{angry.score:.2f} for a complaint, {kind.score:.2f} for thanks"


_FEWEST_ROOTS = 80
_CHECKS: tuple[Check, ...] = (
    ("modules", _modules),
    ("libraries", _libraries),
    ("channels", _channels),
    ("resources", _resources),
    ("sounds", _sounds),
    ("replies", _replies),
    ("sqlite", _database),
    ("database", _schema),
    ("certificates", _certificates),
    ("tls", _tls),
    ("keyring", _keyring),
    ("triage", _triage),
)
