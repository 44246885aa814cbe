"""A hashtag watched on a Mastodon-compatible server: what people say about the shop without saying it to the
shop.

docs.joinmastodon.org/methods/timelines: ``GET /api/v1/timelines/tag/:hashtag`` shows public statuses the
server has heard of; some servers show it without a token.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from services.channels._mastodon_account import MastodonAccount
from services.channels._mastodon_api import (
    Api,
    Json,
    find_server,
    is_missing,
    read_address,
    read_server,
    setting,
    status_of,
    who_am_i,
)
from services.channels._mastodon_messages import author_id, digest_of, message_of, moment_of, text_of
from services.channels._mastodon_paging import (
    OVERLAP,
    extended,
    newest_first,
    read_news,
    read_trail,
    sort_key,
)
from services.channels._mastodon_signin import TOKEN, server_of
from services.channels._page_links import page_key
from services.channels.base import (
    Abilities,
    Badge,
    Batch,
    Effort,
    Field,
    Identity,
    SignIn,
    SignInMethod,
    Suggestion,
    Tools,
)
from services.channels.mastodon import HELP_URL
from services.clock import iso, parse_iso
from services.errors import BadAnswer, ChannelError, Invalid, NotAllowed, SignInNeeded
from services.model import Deletion, JsonObject, Message, MessageKind

_TAG = re.compile(r"[\w·・]+")
_MOST_DOUBTS = 5


def read_tag(typed: str) -> str:
    """``#RosiesBakery`` or the address of its page -> ``RosiesBakery``. Raises Invalid."""
    name = typed.strip().rstrip("/").rpartition("/")[2].lstrip("#")
    if not _TAG.fullmatch(name) or name.isdigit():
        raise Invalid("not-a-hashtag", field="hashtag")
    return name


class MastodonHashtag(MastodonAccount):
    kind = "mastodon-hashtag"
    title = "Mastodon hashtag"
    badge = Badge(letters="Ma", hue=290)
    own_page = "mastodon"
    interval = timedelta(minutes=5)
    default_server: ClassVar[str] = "mastodon.social"
    """Where a hashtag is proposed to be watched: of all servers it has heard of the most posts."""
    signin = SignIn(
        SignInMethod.TOKEN,
        (
            Field(
                "server",
                "Server",
                help="Any server that sees the posts; your own is best",
                placeholder="bread.example",
                is_address=True,
            ),
            Field("hashtag", "Hashtag", help="One word, with or without #", placeholder="#rosiesbakery"),
            Field(
                TOKEN,
                "Access token",
                help="Needed to answer from here, and by servers that show nothing to strangers",
                secret=True,
                required=False,
            ),
        ),
        Effort.MINUTE,
        help_url=HELP_URL,
    )
    abilities = Abilities(
        reads=frozenset({MessageKind.POST}),
        summary="Public posts with one hashtag",
        does=("Answers in public or in private, with an access token", "Likes"),
        cannot=("Posts your server never heard of", "Answering without an access token"),
        public_reply=True,
        private_reply=True,
        like=True,
        block=True,
    )

    @classmethod
    def searches(cls, words: Sequence[str], tools: Tools) -> Sequence[Suggestion]:
        """A hashtag of the first words, watched on a large server where that shows it to strangers; else only
        the owner knows which server is to watch it."""
        tags = (
            "".join(re.findall(r"\w+", one.partition(".")[0]))
            for one in words
            if " " in one or "." not in one
        )
        tag = next((one for one in tags if len(one) > 2 and not one.isdigit()), "")
        if not tag:
            return ()
        is_shown = cls._shows(tag, tools)
        settings = {"server": cls.default_server, "hashtag": tag} if is_shown else {"hashtag": tag}
        tried = {cls.default_server: is_shown}
        return (Suggestion(cls.kind, settings, f"#{tag}", hint="search", is_default=is_shown, tried=tried),)

    @classmethod
    def _shows(cls, tag: str, tools: Tools) -> bool:
        try:
            Api(tools.web, read_address(cls.default_server).base_url).list(
                f"/api/v1/timelines/tag/{quote(tag, safe='')}", [("limit", "1")]
            )
        except ChannelError:
            return False
        return True

    def identify(self) -> Identity:
        tag = read_tag(setting(self.settings, "hashtag", ""))
        address = read_address(setting(self.settings, "server", ""))
        api = Api(self.tools.web, find_server(address, self.tools.web), self._secrets.get(TOKEN, ""))
        facts = read_server(api)
        facts.pop("domain")
        facts["hashtag"] = tag
        if self._secrets.get(TOKEN):
            facts["account_id"] = text_of(who_am_i(api), "id")
        self._page(api, tag, [("limit", "1")])
        host = urlsplit(api.base_url).netloc
        return Identity(
            remote_id=f"#{tag.lower()}@{host}",
            name=f"#{tag}",
            handle=f"#{tag}",
            url=f"{api.base_url}/tags/{quote(tag)}",
            settings=facts,
        )

    def _page(self, api: Api, tag: str, params: Sequence[tuple[str, str]]) -> list[Json]:
        try:
            return api.list(f"/api/v1/timelines/tag/{quote(tag, safe='')}", params, scope="read:statuses")
        except NotAllowed:
            if self._secrets.get(TOKEN):
                raise
            # Mastodon 4.5 can show timelines to signed-in people only.
            raise SignInNeeded("needs-token") from None

    def poll(self, cursor: JsonObject) -> Batch:
        tag = read_tag(setting(self.settings, "hashtag", ""))
        api = Api(self.tools.web, server_of(self.settings, self.tools), self._secrets.get(TOKEN, ""))

        def fetch(params: Sequence[tuple[str, str]]) -> list[Json]:
            return self._page(api, tag, [*params, ("limit", "40")])

        now = self.tools.clock.now()
        trail = read_trail(cursor.get("trail"))
        if cursor.get("phase") != "live":
            below = str(cursor.get("below", ""))
            since = _moment(cursor.get("since"), now - self.tools.backfill)
            page = newest_first(fetch([("max_id", below)] if below else []))
            if below:
                page = [one for one in page if sort_key(text_of(one, "id")) < sort_key(below)]
            else:
                trail = extended([], [_trace(one) for one in page[:OVERLAP]])
            recent = [one for one in page if (moment_of(one, "created_at") or now) >= since]
            is_over = len(recent) < len(page) or not page
            state: dict[str, Any] = {"phase": "live", "trail": trail}
            if not is_over:
                state |= {"phase": "backfill", "since": iso(since), "below": text_of(page[-1], "id")}
            return Batch(self._messages(recent, now), cursor=state, more=not is_over)
        news = read_news(fetch, trail)
        before = {entry[0]: entry[2] for entry in trail}
        changed = [one for one in news.again if before.get(text_of(one, "id")) != digest_of(one)]
        gone = self._gone(api, [entry[0] for entry in news.missing])
        trail = extended(
            trail,
            [_trace(one) for one in (*changed, *news.new)],
            gone=[entry for entry in news.missing if entry[0] in gone],
        )
        deletions = tuple(Deletion(identifier) for identifier, is_gone in gone.items() if is_gone)
        messages = self._messages([*changed, *news.new], now)
        return Batch(messages, deletions, {"phase": "live", "trail": trail}, news.more)

    def _gone(self, api: Api, ids: list[str]) -> dict[str, bool]:
        """Posts that left the timeline: deleted, or only their tag edited away. Those that could not be asked
        are not in the answer."""
        told: dict[str, bool] = {}
        for identifier in ids[:_MOST_DOUBTS]:
            try:
                api.document(f"/api/v1/statuses/{identifier}", scope="read:statuses")
            except ChannelError as error:
                if isinstance(error, BadAnswer) and not is_missing(error) and status_of(error) < 400:
                    raise
                if not is_missing(error):
                    break
                told[identifier] = True
            else:
                told[identifier] = False
        return told

    def _messages(self, statuses: Sequence[Json], now: datetime) -> tuple[Message, ...]:
        from dataclasses import replace

        me = setting(self.settings, "account_id", "")
        can_reply = bool(self._secrets.get(TOKEN))
        found = []
        for status in statuses:
            if me and author_id(status) == me:
                continue
            message = message_of(status, me=me, kind=MessageKind.POST, now=now, key=text_of(status, "id"))
            if not can_reply:
                # Only then may another search have it: there is nothing to lose by who found it first.
                page = page_key(message.url)
                message = replace(message, can_reply=False, why_not="needs-token", shared_key=page)
            found.append(message)
        return tuple(sorted(found, key=lambda m: m.sent_at))


def _trace(status: Json) -> tuple[str, str, str]:
    return text_of(status, "id"), text_of(status, "id"), digest_of(status)


def _moment(value: Any, default: datetime) -> datetime:
    try:
        return parse_iso(value) if isinstance(value, str) and value else default
    except ValueError:
        return default
