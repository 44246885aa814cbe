"""Words watched on a Mastodon-compatible server, through its search with the account's token.

docs.joinmastodon.org/methods/search: ``GET /api/v2/search?type=statuses``, newest first, ``max_id`` back.
A Mastodon server finds words only where its operator runs the index for it (docs.joinmastodon.org/admin/
elasticsearch); every other answers with nothing and says no word about it. Its own statuses are always in an
account's reach, so a word of one of them tells the two apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.channels._mastodon_api import Api, Json
from services.channels._mastodon_messages import moment_of, plain_text, text_of, visibility_of
from services.channels._mastodon_paging import newest_first
from services.channels._mentions_words import Matcher
from services.channels._shapes import parts_of
from services.channels._walk import Mark
from services.clock import iso
from services.errors import ChannelError, SignInNeeded

NO_SEARCH = "no-word-search"
"""The note of an account whose server does not search the words of posts."""
_PATH, _SCOPE, _LIMIT = "/api/v2/search", "read:search", 40
_LONG_WORD = re.compile(r"(?<![\w#@/.])[^\W\d_]{5,20}(?![\w/.@])")
_MOST_PROOFS = 3


def found_page(api: Api, word: str, below: str) -> tuple[list[Json], str]:
    """Statuses in which the word stands, newest first, and where the next page begins. Servers forgive more
    than we do."""
    params = [("q", word), ("type", "statuses"), ("limit", str(_LIMIT))]
    params += [("max_id", below)] if below else []
    page = newest_first(parts_of(api.document(_PATH, params, scope=_SCOPE), "statuses"))
    matcher = Matcher([word.strip('"')])
    fitting = [one for one in page if matcher.finds(f"{plain_text(one)}\n{text_of(one, 'content')}")]
    return fitting, text_of(page[-1], "id") if page else ""


def mark_of(status: Json) -> Mark | None:
    moment = moment_of(status, "created_at")
    return Mark(text_of(status, "id"), iso(moment)) if moment is not None else None


def why_unheard(api: Api, words: Sequence[str], account_id: str) -> str:
    """``NO_SEARCH`` where the server shows that it does not search words; empty where it does, or where
    nothing can be told (nobody has ever said them, the account neither said anything)."""
    try:
        if any(found_page(api, word, "")[0] for word in words[:_MOST_PROOFS]):
            return ""
        own = api.list(
            f"/api/v1/accounts/{account_id}/statuses", [("exclude_reblogs", "true"), ("limit", "20")]
        )
        for status in [one for one in own if visibility_of(one) == "public"][:_MOST_PROOFS]:
            for word in _LONG_WORD.findall(plain_text(status))[:1]:
                found, _ = found_page(api, word, "")
                return "" if found else NO_SEARCH
    except SignInNeeded:
        raise
    except ChannelError as error:
        return NO_SEARCH if error.kind in ("not-allowed", "bad-answer") else ""
    return ""
