from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable

import pytest

from services.credentials import CHUNK, SERVICE, Credentials, allowed_backends
from services.errors import KeyringError, KeyringLocked, KeyringMissing
from services.redact import Redactor
from tests.fakes import FakeKeyring, LockedKeyring, PromptingKeyring, windows_keyring

LONG = {"access_token": "t" * 5000, "note": "Bäckerei 🥐 " * 300}


def credentials(backend: FakeKeyring, profile: str = "p1", **more: object) -> Credentials:
    return Credentials(profile, backend, redactor=Redactor(), **more)  # type: ignore[arg-type]


def test_what_is_put_is_there_after_a_restart() -> None:
    backend = FakeKeyring()
    credentials(backend).put(7, {"access_token": "abc", "server": "x"})
    assert credentials(backend).get(7) == {"access_token": "abc", "server": "x"}
    assert list(backend.entries) == [(SERVICE, "p1:7")]


def test_profiles_and_accounts_never_share() -> None:
    backend = FakeKeyring()
    for profile in ("p1", "p2"):
        for account in (1, 11):
            credentials(backend, profile).put(account, {"t": f"{profile}-{account}"})
    credentials(backend, "p1").delete(1)
    assert credentials(backend, "p1").get(1) == {}
    assert credentials(backend, "p1").get(11) == {"t": "p1-11"}
    assert credentials(backend, "p2").get(1) == {"t": "p2-1"}


@pytest.mark.parametrize("size", [0, 1, 900, 960, 999, 1000, 1001, 2000, 12_345])
@pytest.mark.parametrize("letter", ["t", "ä", "🥐"])
def test_any_length_fits_into_windows(size: int, letter: str) -> None:
    backend = windows_keyring()
    secrets = {"token": letter * size}
    credentials(backend).put(1, secrets)
    assert credentials(backend).get(1) == secrets
    assert all(len(value.encode("utf-16-le")) // 2 <= CHUNK for value in backend.entries.values())


def test_shorter_and_longer_secrets_leave_nothing_behind() -> None:
    backend = windows_keyring()
    keeper = credentials(backend)
    for secrets in (LONG, {"t": "short"}, {"t": "x" * 9000}, LONG, {"t": "x" * 2500}):
        keeper.put(1, secrets)
        assert credentials(backend).get(1) == secrets
    in_use = json.loads(backend.entries[SERVICE, "p1:1"])["chunks"]
    assert len(backend.entries) == 1 + in_use
    keeper.delete(1)
    assert backend.entries == {}


@pytest.mark.parametrize("writes", range(8))
def test_a_crash_while_writing_leaves_the_old_secrets(writes: int) -> None:
    backend = windows_keyring()
    credentials(backend).put(1, LONG)
    needed = backend.writes
    backend.fail_after = backend.writes + writes
    new = {"access_token": "n" * 5000, "note": "new"}
    crashed = credentials(backend)
    try:
        crashed.put(1, new)
        survived = new
    except KeyringError:
        survived = LONG
    backend.fail_after = None
    assert credentials(backend).get(1) == survived
    assert (survived == new) == (writes >= 7), needed


@pytest.mark.expect_log("damaged")
@pytest.mark.parametrize("damage", ["chunk", "missing", "count"])
def test_a_damaged_secret_means_signing_in_again(damage: str) -> None:
    backend = windows_keyring()
    credentials(backend).put(1, LONG)
    chunk = next(key for key in backend.entries if key[1].endswith("2"))
    record = json.loads(backend.entries[SERVICE, "p1:1"])
    if damage == "chunk":
        backend.entries[chunk] = "x" * CHUNK
    elif damage == "missing":
        del backend.entries[chunk]
    else:
        backend.entries[SERVICE, "p1:1"] = json.dumps(record | {"chunks": record["chunks"] - 1})
    assert credentials(backend).get(1) == {}


def test_each_secret_is_read_once() -> None:
    backend = FakeKeyring()
    credentials(backend).put(1, {"t": "abc"})
    backend.reads = 0
    keeper = credentials(backend)
    for _ in range(5):
        assert keeper.get(1) == {"t": "abc"}
        assert keeper.get(2) == {}
    assert backend.reads == 2


def test_the_caller_cannot_change_what_is_kept() -> None:
    keeper = credentials(FakeKeyring())
    keeper.put(1, {"t": "abc"})
    keeper.get(1)["t"] = "changed"
    assert keeper.get(1) == {"t": "abc"}


def test_every_secret_is_made_known_to_the_log() -> None:
    backend, masks = FakeKeyring(), Redactor()
    Credentials("p", backend, redactor=masks).put(1, {"t": "planted-secret"})
    assert "planted-secret" not in masks.mask("it is planted-secret")
    fresh = Redactor()
    Credentials("p", backend, redactor=fresh).get(1)
    assert "planted-secret" not in fresh.mask("it is planted-secret")


def test_session_only_writes_nowhere_and_says_so() -> None:
    backend = FakeKeyring()
    keeper = credentials(backend, session_only=True)
    keeper.put(1, {"t": "abc"})
    assert keeper.get(1) == {"t": "abc"}
    assert keeper.available().kind == "session-only"
    assert backend.entries == {}
    assert backend.reads == 0
    assert credentials(backend, session_only=True).get(1) == {}


def test_going_on_for_this_session_after_a_locked_key_store() -> None:
    keeper = credentials(LockedKeyring())
    with pytest.raises(KeyringLocked):
        keeper.put(1, {"t": "abc"})
    assert keeper.available().kind == "locked"
    keeper.keep_for_session()
    keeper.put(1, {"t": "abc"})
    assert keeper.get(1) == {"t": "abc"}


@pytest.mark.parametrize(
    "act", [lambda k: k.get(1), lambda k: k.put(1, {"t": "planted-secret"}), lambda k: k.delete(1)]
)
def test_errors_of_a_key_store_never_carry_the_secret(act: Callable[[Credentials], object]) -> None:
    for backend in (LockedKeyring(), FakeKeyring(fail_after=0), FakeKeyring(longest=1)):
        caught: list[KeyringError] = []
        try:
            act(credentials(backend))
        except KeyringError as error:
            caught.append(error)
        for error in caught:
            assert "planted-secret" not in f"{error!r} {error.detail} {error.__cause__!r}"
            assert error.__suppress_context__
    with pytest.raises(KeyringLocked):
        act(credentials(LockedKeyring()))


def test_a_prompt_nobody_answers_does_not_hold_the_program() -> None:
    backend = PromptingKeyring()
    keeper = credentials(backend, timeout_s=0.05)
    started = time.monotonic()
    with pytest.raises(KeyringLocked, match="timeout"):
        keeper.get(1)
    with pytest.raises(KeyringLocked, match="waiting"):
        keeper.get(1)
    assert time.monotonic() - started < 5
    backend.answer.set()
    for thread in threading.enumerate():
        if thread.name == "keyring":
            thread.join(5)
    assert keeper.get(1) == {}


def chain_of(*backends: object) -> object:
    """Looks like the library's chain. Not a subclass of it: the library counts every subclass as a key store
    of the system, also in the tests that come after."""
    from keyring.backends.chainer import ChainerBackend

    named = {"__module__": ChainerBackend.__module__, "backends": backends}
    return type(ChainerBackend.__name__, (), named)()


def test_plain_text_and_null_back_ends_are_refused() -> None:
    from keyring.backends import fail, null

    assert allowed_backends(fail.Keyring()) == ()
    assert allowed_backends(null.Keyring()) == ()
    assert allowed_backends(FakeKeyring()) == ()
    assert allowed_backends(chain_of(FakeKeyring(), null.Keyring())) == ()


def test_of_a_chain_the_good_links_are_found() -> None:
    from keyring.backends import null
    from keyring.backends.SecretService import Keyring as SecretService

    good = object.__new__(SecretService)
    assert allowed_backends(chain_of(null.Keyring(), good)) == (good,)


def test_without_a_key_store_it_says_so() -> None:
    """The harness gives a process without a private key store the back end that always fails."""
    import keyring
    from keyring.backends import fail

    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    try:
        keeper = Credentials("p", redactor=Redactor())
        status = keeper.available()
        assert status.kind == "missing"
        assert status.backend == "keyring.backends.fail.Keyring"
        for act in (lambda: keeper.get(1), lambda: keeper.put(1, {"t": "x"}), lambda: keeper.delete(1)):
            with pytest.raises(KeyringMissing):
                act()
    finally:
        keyring.set_keyring(before)


@pytest.mark.keyring
def test_the_real_secret_service() -> None:
    import secrets

    profile = secrets.token_hex(8)
    keeper = Credentials(profile, redactor=Redactor())
    assert keeper.available().is_ready
    keeper.put(1, LONG)
    keeper.put(2, {"t": "short"})
    again = Credentials(profile, redactor=Redactor())
    assert again.get(1) == LONG
    assert again.get(2) == {"t": "short"}
    again.put(1, {"t": "now short"})
    again.delete(2)
    last = Credentials(profile, redactor=Redactor())
    assert last.get(1) == {"t": "now short"}
    assert last.get(2) == {}
    last.delete(1)
    last.delete(1)


# --- secrets that the network renews


def test_renewed_secrets_stand_beside_those_that_stay() -> None:
    keyring = windows_keyring()
    credentials = Credentials("p", keyring)
    credentials.put(1, {"password": "stays", "_access": "first", "_odd": "goes"})
    credentials.keep(1, {"_access": "second" * 400, "_refresh": "new", "_odd": ""})
    expected = {"password": "stays", "_access": "second" * 400, "_refresh": "new"}
    assert credentials.get(1) == Credentials("p", keyring).get(1) == expected


def test_nothing_is_kept_for_an_account_that_was_removed() -> None:
    keyring = windows_keyring()
    credentials = Credentials("p", keyring)
    credentials.put(1, {"password": "secret"})
    credentials.delete(1)
    credentials.keep(1, {"_access": "late"})
    assert credentials.get(1) == {}
    assert keyring.entries == {}


def test_what_the_key_store_does_not_take_stays_in_memory() -> None:
    keyring = windows_keyring()
    credentials = Credentials("p", keyring)
    credentials.put(1, {"password": "stays"})
    keyring.fail_after = keyring.writes
    credentials.keep(1, {"_access": "new"})
    assert credentials.get(1) == {"password": "stays", "_access": "new"}
    assert Credentials("p", keyring).get(1) == {"password": "stays"}


def test_what_another_program_renewed_is_read_again() -> None:
    keyring = windows_keyring()
    ours, theirs = Credentials("p", keyring), Credentials("p", keyring)
    ours.put(1, {"_access": "first"})
    assert theirs.get(1) == {"_access": "first"}
    ours.keep(1, {"_access": "second"})
    assert theirs.get(1) == {"_access": "first"}
    assert theirs.reread(1) == {"_access": "second"}
    assert theirs.get(1) == {"_access": "second"}
