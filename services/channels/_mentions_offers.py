"""What could be watched for the shop's name: what answers by itself, and what the owner has to begin."""

from __future__ import annotations

from collections.abc import Sequence

from services.channels._feed_secrets import ALERTS
from services.channels._mentions_check import check_built_in
from services.channels._mentions_searches import built_in
from services.channels.base import Suggestion, Tools
from services.errors import ChannelError

_SEARCH = "search"
_STEPS = (
    ("Google Alerts", "google-alert", ALERTS, False),
    ("Reddit", "reddit-feed-token", "https://www.reddit.com/prefs/feeds", True),
    ("YouTube", "youtube-channel", "https://www.youtube.com/", False),
)
"""Title, what to do first, where, and whether it goes with the words (or stands for itself)."""


def offers(kind: str, words: Sequence[str], base: str, tools: Tools) -> tuple[Suggestion, ...]:
    """What does not answer just now is offered all the same, and said so."""
    searches = built_in(words, base)
    try:
        heard = {one.search.key for one in check_built_in(searches, words, tools) if one.is_heard}
    except ChannelError as error:
        if error.reason == "cancelled":
            raise
        heard = set()
    typed = ", ".join(words)
    settings = {"words": typed}
    tried = {one.name: one.key in heard for one in searches}
    return (
        Suggestion(kind, settings, typed, hint=_SEARCH, is_default=bool(heard), tried=tried),
        *(
            Suggestion(
                kind, settings if with_words else {}, title, hint=_SEARCH, advice=advice, help_url=page
            )
            for title, advice, page, with_words in _STEPS
        ),
    )
