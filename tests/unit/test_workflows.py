"""The workflows and what they call: what a linter does not know of, and the pieces only a release needs."""

from __future__ import annotations

import hashlib
import re
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
WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
# Written by GitHub itself; whoever else's action comes along is looked at first.
OWNERS = {"actions"}


def jobs(text: str) -> dict[str, str]:
    """Name -> text of each job, by how far its lines are indented."""
    body = text.partition("\njobs:\n")[2]
    parts = re.split(r"^  ([\w-]+):\n", body, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def commands(text: str) -> list[str]:
    return re.findall(r"^ +(?:- )?run: (.+)$", text, re.MULTILINE)


@pytest.fixture(params=WORKFLOWS, ids=lambda file: file.name)
def workflow(request: pytest.FixtureRequest) -> str:
    return request.param.read_text(encoding="utf-8")


def test_there_are_workflows_for_tests_release_audit_and_updates() -> None:
    assert {file.stem for file in WORKFLOWS} == {"test", "release", "audit", "update"}


def test_every_action_is_pinned_by_its_whole_commit(workflow: str) -> None:
    used = re.findall(r"uses: *(.+)", workflow)
    assert used
    for one in used:
        assert PINNED.fullmatch(one.strip()), one
        assert one.split("/")[0] in OWNERS, one


def test_one_action_has_one_pin_everywhere() -> None:
    pins: dict[str, set[str]] = {}
    for file in WORKFLOWS:
        for name, pin in re.findall(r"uses: *([^@\s]+)@(.+)", file.read_text(encoding="utf-8")):
            pins.setdefault(name, set()).add(pin)
    assert {name: found for name, found in pins.items() if len(found) > 1} == {}


def test_every_job_has_an_end_and_the_least_permissions(workflow: str) -> None:
    assert "\npermissions: {}\n" in workflow
    assert "\nconcurrency:\n" in workflow
    found = jobs(workflow)
    assert found
    for name, job in found.items():
        minutes = re.search(r"^    timeout-minutes: (\d+)$", job, re.MULTILINE)
        assert minutes is not None, name
        assert 0 < int(minutes[1]) <= 90, name
        assert re.search(r"^    permissions:\n      \w", job, re.MULTILINE), name
        assert job.count("actions/checkout@") == job.count("persist-credentials: false"), name
        # Labels that move would change the system under a release.
        assert "-latest" not in job, name


def test_who_may_write_is_only_who_must() -> None:
    writers = {
        f"{file.stem}.{name}": sorted(re.findall(r"^      ([\w-]+): write", job, re.MULTILINE))
        for file in WORKFLOWS
        for name, job in jobs(file.read_text(encoding="utf-8")).items()
        if ": write" in job
    }
    assert writers == {
        "release.publish": ["attestations", "contents", "id-token"],
        "update.propose": ["contents", "pull-requests"],
    }


def test_no_secret_is_near_what_strangers_send(workflow: str) -> None:
    assert "pull_request_target" not in workflow
    assert "workflow_run" not in workflow
    if "pull_request:" in workflow:
        assert "secrets." not in workflow
    for name, job in jobs(workflow).items():
        if "secrets." in job:
            assert re.search(r"^    environment: \w+$", job, re.MULTILINE), name


def test_the_systems_of_the_tests_and_of_a_release() -> None:
    tests, release_ = (
        (PROJECT / ".github/workflows" / f"{name}.yml").read_text("utf-8") for name in ("test", "release")
    )
    for label in ("ubuntu-24.04", "windows-2025", "macos-15"):
        assert label in tests
    for label in ("windows-2025", "macos-15", "macos-15-intel"):
        assert label in release_
    assert '"3.11"' in tests
    supported = re.search(r'requires-python = ">=(3\.\d+)"', (PROJECT / "pyproject.toml").read_text("utf-8"))
    assert supported is not None
    assert supported[1] == "3.11"


def test_every_command_of_a_workflow_is_one_that_is_there(workflow: str) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for command in commands(workflow):
        words = command.split()
        if words[0] == "make":
            assert words[1] in targets, command
            continue
        for word in words:
            if re.fullmatch(r"[\w/.-]+\.(?:sh|py|txt)", word):
                assert (PROJECT / word).is_file(), command


def test_steps_are_one_command_each_so_that_none_is_a_program_of_its_own(workflow: str) -> None:
    for command in commands(workflow):
        assert command not in ("|", ">", "|-", ">-"), command
        assert "${{" not in command, "what comes from outside goes through env"


# --- what they call


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
