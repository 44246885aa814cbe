"""The workflows: what a linter does not know of."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

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
