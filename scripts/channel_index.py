"""What the owner's pages say of the channels' own declarations: ``make channel-index`` writes
docs/channels/README.md anew, and the table for scripts at the end of each page."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from services.channels import discover  # noqa: E402 - the project's folder comes first
from services.channels.base import ChannelType  # noqa: E402

TARGET = PROJECT / "docs" / "channels" / "README.md"
HEAD = """# What Shopbell hears

Drawn from what the channels declare (`make channel-index`). Each name leads to its page for owners.

| | hears | does | answers | to add it |
| --- | --- | --- | --- | --- |
"""


def answers(channel: ChannelType) -> str:
    able = channel.abilities
    if able.public_reply and able.private_reply:
        return "in public and in private"
    if able.public_reply or able.private_reply:
        return "in public" if able.public_reply else "in private"
    return "copy and open" if able.copy_and_open else "no"


def index(channels: Iterable[ChannelType]) -> str:
    """The page as Markdown; one line a channel, in the order of the cards."""
    lines = [
        f"| [{one.title}]({one.own_page or one.kind}.md) | {one.abilities.summary}"
        f" | {'; '.join(one.abilities.does)} | {answers(one)} | {one.signin.effort.value} |\n"
        for one in channels
    ]
    return HEAD + "".join(lines)


BEGIN, END = "<!-- for scripts: drawn from what the channel declares -->", "<!-- end -->"


def page_of(channel: ChannelType) -> Path:
    return TARGET.parent / f"{channel.own_page or channel.kind}.md"


def for_scripts(channels: Iterable[ChannelType]) -> str:
    """The part of a page that lists the fields of its channels, for ``accounts add KIND --set NAME=...``."""
    parts = [BEGIN, "## For scripts", ""]
    for one in channels:
        parts += [f"`accounts add {one.kind}`, by hand {one.signin.effort.value}:", ""]
        parts += ["| field | | what it is |", "| --- | --- | --- |"]
        for field in one.signin.fields:
            told = [" ".join(filter(None, (f"{field.label}.", field.help))).replace("|", "\\|")]
            if field.choices:
                told.append("One of " + ", ".join(f"`{value}`" for value in field.choices) + ".")
            if field.default:
                told.append(f"Left out: `{field.default}`.")
            how = "required" if field.required else ""
            how = ", ".join(filter(None, ("secret" if field.secret else "", how)))
            parts.append(f"| `{field.name}` | {how} | {' '.join(one.rstrip('.') + '.' for one in told)} |")
        parts.append("")
    parts.append("Secrets go in as one JSON object on standard input (`--secrets -`), never as an argument.")
    return "\n".join([*parts, END])


def with_table(page: str, channels: Iterable[ChannelType]) -> str:
    """The page with its table as it has to be now."""
    before, found, rest = page.partition(BEGIN)
    after = rest.partition(END)[2] if found else ""
    return f"{before.rstrip()}\n\n{for_scripts(channels)}\n{after.lstrip()}"


def pages(channels: Iterable[ChannelType]) -> dict[Path, list[ChannelType]]:
    """Which channels each page is about."""
    found: dict[Path, list[ChannelType]] = {}
    for one in channels:
        found.setdefault(page_of(one), []).append(one)
    return found


if __name__ == "__main__":
    TARGET.write_text(index(discover().all()), encoding="utf-8")
    for page, about in pages(discover().all()).items():
        page.write_text(with_table(page.read_text(encoding="utf-8"), about), encoding="utf-8")
