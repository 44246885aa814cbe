"""Bluesky, and other servers of the AT Protocol: what customers say to the shop, also in direct messages.

The parts: ``_bluesky_identity`` (handle to server), ``_bluesky_session`` (sign-in, requests),
``_bluesky_poll`` (what is new; with ``_walk``, ``_watch``, ``_places``, ``_direct``, ``_search``),
``_bluesky_messages`` and ``_bluesky_facets`` (posts and their links), ``_bluesky_answers`` (answering). They
are read when they are first needed: the list of channels needs none of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from services.channels._bases import AnsweringChannel
from services.channels._shapes import Json, setting, status_of, text_of
from services.channels.base import (
    Abilities,
    Badge,
    Batch,
    Effort,
    Field,
    Identity,
    Limits,
    Preparation,
    Reply,
    SignIn,
    SignInMethod,
    Suggestion,
    Tools,
    WebPage,
)
from services.errors import BadAnswer, ChannelError, Invalid, NotAllowed, SignInNeeded
from services.model import JsonObject, MessageKind

if TYPE_CHECKING:
    from services.channels._bluesky_answers import Answers
    from services.channels._bluesky_session import Session

PASSWORD = "app_password"
HELP_URL = "https://bsky.app/settings/app-passwords"
_TYPED = re.compile(r"@(?:[\w-]+\.)+[a-z][\w-]*|(?:[\w-]+\.)+bsky\.social", re.IGNORECASE)


class Bluesky(AnsweringChannel):
    kind = "bluesky"
    title = "Bluesky"
    badge = Badge(letters="Bs", hue=250)
    interval = timedelta(seconds=60)
    signin = SignIn(
        SignInMethod.PASSWORD,
        (
            Field(
                "handle",
                "Your handle",
                help="As your profile shows it",
                placeholder="@rosies.bsky.social",
            ),
            Field(
                PASSWORD,
                "App password",
                help="Not your own password: one made for Shopbell, with direct messages allowed",
                secret=True,
                placeholder="xxxx-xxxx-xxxx-xxxx",
            ),
            Field(
                "watch",
                "Words to watch",
                help="Names people call you by, with commas between; posts with them are shown, too",
                required=False,
                placeholder="rosies bakery",
                is_free=True,
            ),
            Field(
                "server",
                "Server",
                help="Only if your account is not found by its handle",
                required=False,
                advanced=True,
                is_address=True,
            ),
        ),
        Effort.MINUTE,
        help_url=HELP_URL,
        explains="Make an app password in Bluesky's settings, allow it direct messages, and paste it here.",
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
        summary="Mentions, answers to your posts, quotes, direct messages, new followers, words you watch",
        does=("Answers in public or in private", "Likes", "Blocks people", "Deletes what you wrote"),
        cannot=(
            "Direct messages, when the app password was made without them",
            "Direct conversations of more than two",
            "Pictures in direct messages: Bluesky has none",
        ),
        public_reply=True,
        private_reply=True,
        like=True,
        delete=True,
        block=True,
    )

    @cached_property
    def session(self) -> Session:
        from services.channels._bluesky_session import Session

        return Session(self.settings, self._secrets, self.tools)

    @cached_property
    def answers(self) -> Answers:
        from services.channels._bluesky_answers import Answers

        return Answers(self.session, self.tools.clock, self.limits_for)

    # --- adding an account

    @classmethod
    def suggest(cls, address: str, tools: Tools) -> Sequence[Suggestion]:
        """A profile's address, or a handle with its @ (or one of Bluesky's own)."""
        from services.channels._bluesky_identity import profile_in, read_handle

        typed = address.strip()
        found = profile_in(typed) or (read_handle(typed) if _TYPED.fullmatch(typed) else "")
        return (cls._suggestion(found),) if found else ()

    @classmethod
    def searches(cls, words: Sequence[str], tools: Tools) -> Sequence[Suggestion]:
        """Words to be watched with an account."""
        from services.channels._word_search import offer

        return offer(cls.kind, words)

    @classmethod
    def recognise(cls, page: WebPage) -> Sequence[Suggestion]:
        from services.channels._bluesky_identity import profile_in

        found = dict.fromkeys(profile_in(link.url) for link in page.links)
        return tuple(cls._suggestion(one) for one in found if one)

    @classmethod
    def _suggestion(cls, handle: str) -> Suggestion:
        title = handle if handle.startswith("did:") else f"@{handle}"
        return Suggestion(cls.kind, {"handle": handle}, title, hint="account", is_default=True)

    @classmethod
    def prepare(cls, settings: JsonObject, tools: Tools) -> Preparation:
        from services.channels._bluesky_identity import read_handle

        read_handle(setting(settings, "handle", ""), has_server=bool(setting(settings, "server", "")))
        return Preparation(advice="app-password", help_url=HELP_URL)

    def identify(self) -> Identity:
        from services.channels._bluesky_identity import read_handle, read_server
        from services.channels._bluesky_messages import INVALID_HANDLE, author_of

        server = setting(self.settings, "server", "")
        read_handle(setting(self.settings, "handle", ""), has_server=bool(server))
        if server:
            read_server(server)
        if not self._secrets.get(PASSWORD, "").strip():
            raise SignInNeeded("no-credentials")
        try:
            me = self.session.begin()
        except BadAnswer as error:
            if error.reason in ("another-network", "not-json", "not-found") and not setting(
                self.settings, "did", ""
            ):
                raise Invalid("not-a-server", field="server", host=error.detail.get("host")) from None
            raise
        did = text_of(me, "did") or self.session.did
        profile = self._profile(did)
        # A session may know who it is and still not be allowed to listen.
        self.session.get("app.bsky.notification.listNotifications", [("limit", "1")])
        note = self._note()
        handle = text_of(me, "handle")
        author = author_of({**profile, "did": did, "handle": text_of(profile, "handle") or handle})
        learned = self.session.learned
        facts = {"did": did, "pds": learned.get("pds") or setting(self.settings, "pds", ""), "note": note}
        if handle and handle != INVALID_HANDLE:
            facts["handle"] = handle
        shown = author.handle or (f"@{handle}" if handle else did)
        return Identity(did, author.name, shown, author.url, facts, note)

    def _profile(self, did: str) -> Json:
        """How we are shown there; a new account may have no profile yet."""
        try:
            return self.session.get("app.bsky.actor.getProfile", [("actor", did)])
        except BadAnswer as error:
            if not status_of(error):
                raise
            return {}

    def _note(self) -> str:
        """What the owner should know of the password."""
        try:
            self.session.get("chat.bsky.convo.listConvos", [("limit", "1")], chat=True)
        except NotAllowed:
            return "no-direct-messages"
        except SignInNeeded:
            raise
        except ChannelError:
            # The service for direct messages may be away just now; the polls will tell.
            pass
        return "main-password" if self.session.is_main_password() else ""

    def sign_out(self) -> None:
        self.session.end()

    # --- reading

    def poll(self, cursor: JsonObject) -> Batch:
        from services.channels._bluesky_poll import Look
        from services.channels._word_search import read_words

        now = self.tools.clock.now()
        words = read_words(setting(self.settings, "watch", ""))
        look = Look(self.session, cursor, words, now, now - self.tools.backfill)
        note = setting(self.settings, "note", "")
        if not note:
            # As after signing in again with a password that has the permission.
            look.ask_for_direct()
        batch = look.step()
        news = dict(self.session.learned)
        if look.is_refused_direct and not note:
            news["note"] = "no-direct-messages"
        elif note == "no-direct-messages" and not look.is_refused_direct and look.has_direct:
            news["note"] = ""
        handle = f"@{news['handle']}" if news.get("handle") else ""
        return replace(batch, settings=news, handle=handle) if news else batch

    # --- answering

    def limits(self) -> Limits:
        return Limits(max_length=300, units="characters", max_bytes=3000)

    def limits_for(self, reply: Reply) -> Limits:
        if reply.private or reply.reply_context.get("convo"):
            return Limits(max_length=1000, units="characters", max_bytes=10_000)
        return self.limits()

    def prefix(self, reply: Reply) -> str:
        return self.answers.prefix(reply)
