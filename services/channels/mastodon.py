"""Mastodon, and the servers that speak its API (GoToSocial, Pleroma, Akkoma, Pixelfed): what customers say to
the shop there.

The parts: ``_mastodon_api`` (server, requests), ``_mastodon_signin``, ``_mastodon_poll`` (what is new),
``_mastodon_messages`` (status to message), ``_mastodon_account`` (answering).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

from services.channels._mastodon_account import MastodonAccount
from services.channels._mastodon_api import (
    Api,
    Json,
    find_server,
    is_missing,
    read_address,
    read_policy,
    read_server,
    setting,
    who_am_i,
)
from services.channels._mastodon_messages import author_of, text_of
from services.channels._mastodon_poll import Look
from services.channels._mastodon_profiles import profiles_behind, profiles_in
from services.channels._mastodon_signin import TOKEN
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
    WebPage,
)
from services.errors import BadAnswer, SignInNeeded
from services.model import Context, JsonObject, MessageKind

_HANDLE = re.compile(r"@?[\w.-]+@(?:[\w-]+\.)+[\w-]{2,}")
HELP_URL = "https://docs.joinmastodon.org/user/signup/"

SERVER_FIELD = Field(
    "server",
    "Your address there",
    help="Name, then the server, as your profile shows it",
    placeholder="@rosies@bread.example",
    is_address=True,
)
TOKEN_FIELD = Field(
    TOKEN,
    "Access token",
    help="Only if you made one yourself on your server, under Preferences, Development",
    secret=True,
    required=False,
    advanced=True,
)
WATCH_FIELD = Field(
    "watch",
    "Words to watch",
    help="Names people call you by, with commas between. Posts with them are shown, too, where your server"
    " searches the words of posts",
    required=False,
    placeholder="rosies bakery",
    is_free=True,
)


class Mastodon(MastodonAccount):
    kind = "mastodon"
    title = "Mastodon"
    badge = Badge(letters="Ma", hue=290)
    interval = timedelta(seconds=75)
    signin = SignIn(
        SignInMethod.OAUTH,
        (SERVER_FIELD, WATCH_FIELD, TOKEN_FIELD),
        Effort.MINUTE,
        help_url=HELP_URL,
        explains="Your browser opens your server's page. Allow Shopbell there, and you are done.",
    )
    abilities = Abilities(
        reads=frozenset(
            {
                MessageKind.MENTION,
                MessageKind.REPLY,
                MessageKind.QUOTE,
                MessageKind.DIRECT,
                MessageKind.FOLLOW,
            }
        ),
        summary="Mentions, answers to your posts, quotes, private mentions, new followers, words you watch",
        does=("Answers in public or in private", "Likes", "Blocks people", "Deletes what you wrote"),
        cannot=(
            "Posts that neither mention you nor hold words or hashtags you watch",
            "What your server drops before you see it (its notification settings)",
        ),
        public_reply=True,
        private_reply=True,
        like=True,
        delete=True,
        block=True,
    )

    def __init__(self, settings: JsonObject, secrets: Mapping[str, str], tools: Tools) -> None:
        super().__init__(settings, secrets, tools)
        self._posts: dict[str, Context] = {}

    @classmethod
    def suggest(cls, address: str, tools: Tools) -> Sequence[Suggestion]:
        """A handle, or a web page that calls profiles its own. Without the first @ it is an e-mail
        address."""
        typed = address.strip()
        if _HANDLE.fullmatch(typed):
            handles = [typed] if typed.startswith("@") else []
        else:
            handles = profiles_behind(tools.web, typed)
        return tuple(
            Suggestion(cls.kind, {"server": one}, one, hint="account", is_default=True) for one in handles
        )

    @classmethod
    def searches(cls, words: Sequence[str], tools: Tools) -> Sequence[Suggestion]:
        """Words to be watched with an account."""
        from services.channels._word_search import offer

        return offer(cls.kind, words)

    @classmethod
    def recognise(cls, page: WebPage) -> Sequence[Suggestion]:
        return tuple(
            Suggestion(cls.kind, {"server": one}, one, hint="account", is_default=True)
            for one in profiles_in(page)
        )

    def identify(self) -> Identity:
        address = read_address(setting(self.settings, "server", ""))
        if not self._secrets.get(TOKEN):
            raise SignInNeeded("no-token", host=address.host)
        api = Api(self.tools.web, find_server(address, self.tools.web), self._secrets[TOKEN])
        facts = read_server(api)
        account = who_am_i(api)
        # A token may know who it is and still not be allowed to listen.
        api.list("/api/v1/notifications", [("limit", "1")], scope="read:notifications")
        facts["has_policy"], note = read_policy(api)
        author, domain = author_of(account), facts.pop("domain")
        if self._words:
            from services.channels._mastodon_search import why_unheard

            # What the owner asked for just now comes first.
            note = why_unheard(api, self._words, author.id) or note
        facts["account_id"], facts["note"] = author.id, note
        return Identity(
            # Ids are only unique within one server.
            remote_id=f"{author.id}@{urlsplit(api.base_url).netloc}",
            name=author.name,
            handle=f"@{text_of(account, 'username')}@{domain}",
            url=author.url,
            settings=facts,
            note=note,
        )

    @property
    def _words(self) -> list[str]:
        from services.channels._word_search import read_words

        return read_words(setting(self.settings, "watch", ""))

    def poll(self, cursor: JsonObject) -> Batch:
        if not self._secrets.get(TOKEN):
            raise SignInNeeded("no-token")
        look = Look(
            self.api,
            self.settings,
            self.me,
            cursor,
            self.tools.clock.now(),
            self.tools.backfill,
            self._own_page_if_any,
            self.context_of,
            self._posts,
            self._words,
        )
        batch = look.step()
        if not setting(self.settings, "account_id", ""):
            batch = replace(batch, settings={"account_id": self.me, "server_url": self.api.base_url})
        return batch

    def _own_page_if_any(self, params: Sequence[tuple[str, str]]) -> list[Json]:
        """A server that does not show our own statuses still shows what customers say."""
        try:
            return self._own_page(params)
        except BadAnswer as error:
            if not is_missing(error):
                raise
            return []
