"""The index of the owner's pages, drawn from what the channels declare: ``make channel-index`` writes
docs/channels/README.md anew."""

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


if __name__ == "__main__":
    TARGET.write_text(index(discover().all()), encoding="utf-8")
