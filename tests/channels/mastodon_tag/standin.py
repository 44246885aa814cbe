"""The server that stands in for a watched hashtag where every channel is put through the same test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.channels.mastodon.standin import Standin as MastodonStandin


class Standin(MastodonStandin):
    @property
    def settings(self) -> Mapping[str, Any]:
        return {**super().settings, "hashtag": "rosiesbakery"}
