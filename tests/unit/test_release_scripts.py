"""What only a release and the weekly updates call: each with what it would have on its own system."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import pack, release
from services import __version__
from services.channels.web import WebShared
from services.updates import HOME, Updates
from tests.fakes import FakeClock
from tests.hostile.server import HostileServer, answer

PROJECT = Path(__file__).resolve().parents[2]

CHANGELOG = """# Changelog

## 0.2.0 (2026-12-01)

A quiet one.

- Telegram **groups**: see [the page](docs/x.md), and
  `--json` for scripts.
- Search finds more.

## 0.1.0 (2026-11-24)

- The first.
"""


def test_a_release_whose_parts_agree_has_no_problem() -> None:
    repository = HOME.removeprefix("https://github.com/")
    assert release.problems("v0.2.0", "0.2.0", CHANGELOG, repository) == []


@pytest.mark.parametrize(
    ("tag", "version", "repository", "said"),
    [
        ("v0.3.0", "0.2.0", "", "The tag is v0.3.0"),
        ("v0.3.0", "0.3.0", "", "CHANGELOG.md has no"),
        ("vnext", "next", "", "no version that programs could compare"),
        ("v0.2.0", "0.2.0", "somebody/else", "Programs look at"),
    ],
)
def test_what_does_not_agree_is_said(tag: str, version: str, repository: str, said: str) -> None:
    assert said in " ".join(release.problems(tag, version, CHANGELOG, repository))


def test_what_is_gathered_can_be_checked_and_read_by_the_program(tmp_path: Path) -> None:
    folder = tmp_path / "release"
    folder.mkdir()
    (folder / "shopbell-0.2.0.deb").write_bytes(b"packed")
    for _ in range(2):
        release.gather(folder, "0.2.0", CHANGELOG)
    sums = (folder / "SHA256SUMS").read_text("utf-8").splitlines()
    assert sums[1] == f"{hashlib.sha256(b'packed').hexdigest()}  shopbell-0.2.0.deb"
    assert [line.split("  ")[1] for line in sums] == ["latest.json", "shopbell-0.2.0.deb"]
    assert "A quiet one." in (folder / "notes.md").read_text("utf-8")
    shared = WebShared(FakeClock())
    with HostileServer() as server:
        url = server.on("/latest.json", answer((folder / "latest.json").read_bytes()))
        updates = Updates(tmp_path / "x.json", shared.web, FakeClock(), running="0.1.0", address=url)
        known = updates.look()
    shared.close()
    assert updates.worth_telling is not None
    assert known.version == "0.2.0"
    assert known.news == (
        "Telegram groups: see the page, and --json for scripts.",
        "Search finds more.",
    )


def test_a_wrong_tag_ends_with_a_plain_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/release.py", "check", "v99.0.0"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert f"The tag is v99.0.0, but pyproject.toml says {__version__}." in done.stderr


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("win32", "AMD64", "shopbell-1.0-windows-x64"),
        ("win32", "ARM64", "shopbell-1.0-windows-arm64"),
        ("darwin", "arm64", "shopbell-1.0-macos-arm64"),
        ("darwin", "x86_64", "shopbell-1.0-macos-x64"),
        ("linux", "riscv64", "shopbell-1.0-linux-riscv64"),
    ],
)
def test_archives_are_named_for_people(system: str, machine: str, name: str) -> None:
    assert pack.archive_name("1.0", system, machine) == name


def check_packed(tmp_path: Path, script: str) -> tuple[int, str]:
    """With a stand-in for the packed program that does only what ``script`` says."""
    program = tmp_path / "program"
    program.write_text(f"#!{sys.executable}\nimport sys, time\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    command = [sys.executable, str(PROJECT / "scripts/check_packed.py"), str(program)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a script is no program there")
@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("print('no icons'); sys.exit(1)", "--self-check ended with 1\nno icons"),
        ("sys.exit(3 if 'sample' in sys.argv else 0)", "sample --headless ended with 3"),
        # Says all is well and did nothing.
        ("sys.exit(0)", "0 instead of 10 or more"),
    ],
)
def test_a_packed_program_that_does_not_work_is_found_out(tmp_path: Path, script: str, said: str) -> None:
    code, output = check_packed(tmp_path, script)
    assert code == 1
    assert said in output


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a shell")
def test_a_draft_holds_every_file_and_says_when_it_is_a_trial(tmp_path: Path) -> None:
    tools, folder = tmp_path / "tools", tmp_path / "release"
    tools.mkdir()
    folder.mkdir()
    for name in ("notes.md", "SHA256SUMS", "latest.json", "shop bell.deb"):
        (folder / name).write_text("x", encoding="utf-8")
    gh = tools / "gh"
    gh.write_text('#!/bin/sh\nfor one in "$@"; do echo "$one"; done\n', encoding="utf-8")
    gh.chmod(0o755)
    said = {}
    for tag in ("v0.2.0", "v0.2.0rc1"):
        done = subprocess.run(
            ["sh", str(PROJECT / "scripts/draft.sh"), str(folder)],
            env={"PATH": f"{tools}:/usr/bin:/bin", "GITHUB_REF_NAME": tag, "GITHUB_REPOSITORY": "a/b"},
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        said[tag] = done.stdout.splitlines()
    words = said["v0.2.0"]
    assert words[:7] == ["release", "create", "v0.2.0", "--repo", "a/b", "--draft", "--verify-tag"]
    assert "--prerelease" not in words
    assert "--prerelease" in said["v0.2.0rc1"]
    assert {Path(one).name for one in words if one.startswith(str(folder))} == {
        "SHA256SUMS",
        "latest.json",
        "shop bell.deb",
        "notes.md",
    }
    assert words[words.index("--notes-file") + 1].endswith("notes.md")


SIGNING = {
    "MACOS_CERTIFICATE": "cGxhbnRlZC1jZXJ0aWZpY2F0ZQ==",
    "MACOS_CERTIFICATE_PASSWORD": "planted password",
    "NOTARY_KEY": "planted-notary-key",
    "NOTARY_KEY_ID": "KEYID",
    "NOTARY_ISSUER": "issuer",
}
SECURITY = """#!/bin/sh
echo "security $*" >>"$CALLS"
case "$1" in
  -i) sed 's/^/typed: /' >>"$CALLS" ;;
  list-keychains) [ "$#" -gt 3 ] || printf '    "/a b/login.keychain-db"\\n' ;;
  find-identity) printf '  1) %s "Developer ID Application: Rosie"\\n' "$(printf A%.0s $(seq 40))" ;;
esac
"""
XCRUN = """#!/bin/sh
echo "xcrun $*" >>"$CALLS"
[ "$(cat "$5")" = planted-notary-key ] && echo "the key was there" >>"$CALLS"
exit 0
"""
COMMAND = 'echo "identity=$SHOPBELL_SIGN_IDENTITY notary=$SHOPBELL_NOTARY_PROFILE"; env'


def sign(tmp_path: Path, **secrets: str) -> tuple[str, str, str]:
    """(what the command said, every call of the tools of macOS, which are stand-ins, standard error)"""
    tools, calls = tmp_path / "tools", tmp_path / "calls"
    tools.mkdir()
    (tmp_path / "work").mkdir()
    calls.touch()
    for name, text in (("security", SECURITY), ("xcrun", XCRUN)):
        (tools / name).write_text(text, encoding="utf-8")
        (tools / name).chmod(0o755)
    done = subprocess.run(
        ["sh", str(PROJECT / "scripts/with-signing.sh"), "sh", "-c", COMMAND],
        env={
            "PATH": f"{tools}:/usr/bin:/bin",
            "CALLS": str(calls),
            "TMPDIR": str(tmp_path / "work"),
            **secrets,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert list((tmp_path / "work").iterdir()) == []
    assert done.returncode == 0, done.stderr
    return done.stdout, calls.read_text(encoding="utf-8"), done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="for a Mac")
def test_signing_puts_no_secret_on_a_command_line_and_leaves_nothing(tmp_path: Path) -> None:
    said, calls, _ = sign(tmp_path, **SIGNING)
    assert f"identity={'A' * 40} notary=shopbell" in said
    assert "the key was there" in calls
    assert "typed: import" in calls
    assert "-P 'planted password'" in calls
    on_command_lines = [line for line in calls.splitlines() if not line.startswith("typed: ")]
    assert not [line for line in on_command_lines if "planted" in line]
    assert "planted" not in said
    assert any(line.startswith("security delete-keychain") for line in on_command_lines)
    assert on_command_lines[-1] == "security list-keychains -d user -s /a b/login.keychain-db"


@pytest.mark.skipif(sys.platform == "win32", reason="for a Mac")
def test_without_a_certificate_nothing_is_signed_and_all_goes_on(tmp_path: Path) -> None:
    said, calls, told = sign(tmp_path, MACOS_CERTIFICATE="", NOTARY_KEY="planted")
    assert said.startswith("identity= notary=\n")
    assert calls == ""
    assert "planted" not in said
    assert "No certificate is set here, so nothing is signed." in told


def git(folder: Path, *words: str) -> str:
    settings = (
        "-c",
        "user.name=Rosie",
        "-c",
        "user.email=rosie@shop.example",
        "-c",
        "init.defaultBranch=main",
    )
    done = subprocess.run(
        ["git", *settings, *words], cwd=folder, capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout.strip()


@pytest.mark.skipif(sys.platform == "win32" or shutil.which("git") is None, reason="needs a shell and git")
def test_new_locks_are_proposed_on_a_branch_of_their_own_and_only_when_there_are_any(tmp_path: Path) -> None:
    origin, clone, tools = tmp_path / "origin.git", tmp_path / "clone", tmp_path / "tools"
    for folder in (origin, clone / "scripts", clone / "requirements", tools):
        folder.mkdir(parents=True)
    git(origin, "init", "--bare", "-q")
    shutil.copy(PROJECT / "scripts/propose.sh", clone / "scripts")
    lock = clone / "requirements/run.txt"
    lock.write_text("bread==1\n", encoding="utf-8")
    git(clone, "init", "-q")
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "first")
    git(clone, "remote", "add", "origin", str(origin))
    git(clone, "push", "-q", "origin", "HEAD:refs/heads/main")
    calls = tmp_path / "calls"
    (tools / "gh").write_text('#!/bin/sh\necho "$*" >>"$CALLS"\n', encoding="utf-8")
    (tools / "gh").chmod(0o755)

    def propose() -> str:
        calls.unlink(missing_ok=True)
        subprocess.run(
            ["sh", "scripts/propose.sh", "update-locks", "Take new locks", "requirements"],
            cwd=clone,
            env={"PATH": f"{tools}:/usr/bin:/bin", "CALLS": str(calls), "HOME": str(tmp_path)},
            capture_output=True,
            check=True,
            timeout=30,
        )
        return calls.read_text(encoding="utf-8") if calls.exists() else ""

    (clone / "left-over.txt").write_text("not part of it", encoding="utf-8")
    assert propose() == ""
    lock.write_text("bread==2\n", encoding="utf-8")
    assert "pr create --head update-locks --title Take new locks" in propose()
    assert git(origin, "show", "update-locks:requirements/run.txt") == "bread==2"
    assert git(origin, "show", "main:requirements/run.txt") == "bread==1"
    assert "left-over.txt" not in git(origin, "ls-tree", "-r", "--name-only", "update-locks")
