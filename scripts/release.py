"""What a release needs beside what was packed:

    python scripts/release.py check v0.2.0      does all agree on this tag? fails with what does not
    python scripts/release.py gather FOLDER     latest.json, notes.md and SHA256SUMS into FOLDER

``latest.json`` is what the programs out there look at for a newer version (services/updates.py). ``check``
reads GITHUB_REPOSITORY, where it is set: programs must look where the release is put.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
from scripts import packing  # noqa: E402 - found beside this file, however it was started
from services.updates import ADDRESS, HOME, LONGEST_LINE, MOST_LINES  # noqa: E402
from services.versions import version_key  # noqa: E402

SUMS, NOTES = "SHA256SUMS", "notes.md"
LATEST = ADDRESS.rpartition("/")[2]
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def problems(tag: str, version: str, changelog: str, repository: str) -> list[str]:
    """What does not fit together; empty: nothing."""
    found = []
    if tag != f"v{version}":
        found.append(f"The tag is {tag}, but pyproject.toml says {version}.")
    if version_key(version) is None:
        found.append(f"{version} is no version that programs could compare.")
    if section(changelog, version) is None:
        found.append(f'CHANGELOG.md has no "## {version} (YEAR-MONTH-DAY)" with something below it.')
    if repository and f"https://github.com/{repository}" != HOME:
        found.append(f"Programs look at {HOME} (services/updates.py), but this is {repository}.")
    return found


def section(changelog: str, version: str) -> str | None:
    """What the changelog says of one version, without its heading."""
    pattern = rf"^## {re.escape(version)} \(\d{{4}}-\d\d-\d\d\)\n(.*?)(?=^## |\Z)"
    found = re.search(pattern, changelog, re.MULTILINE | re.DOTALL)
    return (found[1].strip() or None) if found else None


def news(text: str) -> list[str]:
    """The points of a section as plain lines, as many and as long as programs take."""
    points: list[str] = []
    for line in text.splitlines():
        if line.startswith("- "):
            points.append(line[2:])
        elif points and line.startswith("  "):
            points[-1] += f" {line.strip()}"
    plain = (_LINK.sub(r"\1", one).replace("`", "").replace("**", "") for one in points)
    return [one[:LONGEST_LINE] for one in plain][:MOST_LINES]


def gather(folder: Path, version: str, changelog: str) -> None:
    text = section(changelog, version) or ""
    latest = json.dumps({"version": version, "news": news(text)}, ensure_ascii=False, indent=1)
    (folder / LATEST).write_text(latest + "\n", encoding="utf-8")
    # The notes stand on the page itself; the sums are of what is fetched from it.
    (folder / SUMS).unlink(missing_ok=True)
    (folder / NOTES).unlink(missing_ok=True)
    files = sorted(file for file in folder.iterdir() if file.is_file())
    sums = "".join(f"{digest(file)}  {file.name}\n" for file in files)
    (folder / SUMS).write_bytes(sums.encode())
    listed = f"{text}\n\nSHA-256 sums are in `{SUMS}`. Where the files come from can be proven:\n"
    command = "gh attestation verify FILE --repo " + HOME.removeprefix("https://github.com/")
    (folder / NOTES).write_text(f"{listed}\n```\n{command}\n```\n", encoding="utf-8")


def digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def main(arguments: list[str]) -> int:
    version = packing.version()
    changelog = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
    match arguments:
        case ["check", tag]:
            found = problems(tag, version, changelog, os.environ.get("GITHUB_REPOSITORY", ""))
            for one in found:
                print(one, file=sys.stderr)
            return 1 if found else 0
        case ["gather", folder] if Path(folder).is_dir():
            gather(Path(folder), version, changelog)
            return 0
    print("usage: release.py check TAG | gather FOLDER", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
