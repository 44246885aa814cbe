"""Rooms on Matrix: what is said in those that are not encrypted, and answering there.

The parts: ``_matrix_places`` (which server, which rooms), ``_matrix_api`` (requests, errors),
``_matrix_catalogue`` (the rooms we are in), ``_matrix_rooms`` (one room without holes), ``_matrix_poll``
(what is new), ``_matrix_harvest`` (what its events come to), ``_matrix_talk`` (who answers whom),
``_matrix_messages`` (event to message), ``_matrix_send`` (answering), ``_matrix_threads`` (the check before
sending), ``_matrix_listen`` (waiting for the next message).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO

from services.channels._bases import LinkedChannel
from services.channels._matrix_api import TOKEN, Api, path_of
from services.channels._matrix_places import find_base, link_to, places_behind
from services.channels._shapes import Json, setting, text_of
from services.channels.base import (
    Abilities,
    Badge,
    Batch,
    Effort,
    Field,
    Found,
    Identity,
    Limits,
    Reply,
    Sent,
    SignIn,
    SignInMethod,
    Suggestion,
    ThreadRef,
    Tools,
)
from services.errors import (
    BadAnswer,
    ChannelError,
    Invalid,
    NotAllowed,
    Refused,
    SignInNeeded,
    Unreachable,
)
from services.model import Attachment, JsonObject, Message, MessageKind

if TYPE_CHECKING:
    import threading

    from services.channels._matrix_messages import Us

_MAY_HAVE_MOVED = frozenset({"dns", "refused", "tls", "moved", "not-found", "gone", "not-json"})


class Matrix(LinkedChannel):
    kind = "matrix"
    title = "Matrix"
    badge = Badge(letters="Mx", hue=165)
    interval = timedelta(seconds=45)
    signin = SignIn(
        SignInMethod.TOKEN,
        (
            Field(
                "server",
                "Server",
                help="Its name, or yours there",
                placeholder="example.org or @rosie:example.org",
                is_address=True,
            ),
            Field(
                TOKEN,
                "Access token",
                help="In Element: All settings, Help and about, Access token",
                secret=True,
            ),
            Field(
                "room",
                "Rooms",
                help="Addresses or links, with commas between them; empty: all that are not encrypted",
                placeholder="#bakery:example.org",
                required=False,
            ),
            Field(
                "staff",
                "Your own people",
                help="Names of those who answer for the shop, with commas between them",
                placeholder="@tom:example.org",
                required=False,
                advanced=True,
                is_free=True,
            ),
        ),
        Effort.MINUTES,
        help_url="https://matrix.org/docs/chat_basics/matrix-for-im/",
        explains="Make an account for the shop, join its rooms with it, and paste its access token.",
    )
    abilities = Abilities(
        reads=frozenset({MessageKind.COMMENT, MessageKind.MENTION, MessageKind.REPLY, MessageKind.DIRECT}),
        summary="What is said in your rooms, threads and direct chats that are not encrypted",
        does=(
            "Answers under the message",
            "Likes",
            "Deletes, where you may",
            "Saves pictures and files",
            "Hears new messages within seconds",
        ),
        cannot=(
            "Encrypted rooms: only your own Matrix programs have their keys. Direct chats mostly are",
            "Join a room: an invitation is told, and accepted in your Matrix program",
        ),
        public_reply=True,
        private_reply=True,
        like=True,
        delete=True,
        delete_theirs=True,
        attachments=True,
        listens=True,
    )

    @cached_property
    def _api(self) -> Api:
        return Api(self.tools.web, self._base, self._secrets.get(TOKEN, ""), self.tools.clock.now)

    def _base(self) -> str:
        base: str = setting(self.settings, "base_url", "")
        if base:
            return base
        try:
            return find_base(self.tools.web, self.settings)
        except Invalid:
            raise BadAnswer("another-network") from None

    @cached_property
    def _us(self) -> Us:
        from services.channels._chat import our_people
        from services.channels._matrix_messages import Us

        user_id = setting(self.settings, "user_id", "") or text_of(self._who_am_i(), "user_id")
        return Us(user_id, our_people(self.settings))

    # --- adding an account

    @classmethod
    def suggest(cls, address: str, tools: Tools) -> Sequence[Suggestion]:
        """A room's or a person's own name is no web address."""
        return cls.behind([address])

    @classmethod
    def behind(cls, urls: Sequence[str]) -> Sequence[Suggestion]:
        return [
            Suggestion(
                cls.kind, {"server": server, **({"room": room} if room else {})}, title, hint="account"
            )
            for title, server, room in places_behind(urls)
        ]

    def identify(self) -> Identity:
        from services.channels._matrix_catalogue import check_rooms

        base = find_base(self.tools.web, self.settings)
        self._api.move(base)
        me = self._who_am_i()
        user_id = text_of(me, "user_id")
        noted = check_rooms(self._api, self.settings)
        name = self._display_name(user_id) or user_id.lstrip("@").partition(":")[0]
        return Identity(
            remote_id=user_id,
            name=name,
            handle=user_id,
            url=link_to(user_id),
            settings={"base_url": base, "user_id": user_id, **noted},
            note=noted.get("note", ""),
        )

    def _who_am_i(self) -> Json:
        me = self._api.ask("/account/whoami")
        if not text_of(me, "user_id").startswith("@"):
            raise BadAnswer("no-account-id")
        if me.get("is_guest") is True:
            raise SignInNeeded("guest")
        return me

    def _display_name(self, user_id: str) -> str:
        try:
            return text_of(self._api.ask(f"/profile{path_of(user_id)}/displayname"), "displayname")
        except (BadAnswer, NotAllowed):
            return ""

    # --- reading

    def poll(self, cursor: JsonObject) -> Batch:
        try:
            return self._step(cursor)
        except (Unreachable, BadAnswer) as error:
            if error.reason not in _MAY_HAVE_MOVED or not self._has_moved():
                raise
        batch = self._step(cursor)
        return replace(batch, settings={**batch.settings, "base_url": self._api.base})

    def _step(self, cursor: JsonObject) -> Batch:
        from services.channels._matrix_poll import Look

        now = self.tools.clock.now()
        return Look(self._api, self._us, cursor, self.settings, now, self.tools.backfill).step()

    def _has_moved(self) -> bool:
        """Whether the domain says by now that its server is elsewhere, and we are known there."""
        before = setting(self.settings, "base_url", "")
        try:
            found = find_base(self.tools.web, self.settings)
            if not before or found == before:
                return False
            self._api.move(found)
            if text_of(self._who_am_i(), "user_id") == self._us.user_id:
                return True
        except (ChannelError, Invalid):
            pass
        self._api.move(before)
        return False

    def listen(self, cursor: JsonObject, stopping: threading.Event) -> bool:
        from services.channels._matrix_listen import listen

        return listen(self._api, cursor, self.settings, stopping)

    def thread(self, conversation: ThreadRef) -> Sequence[Message]:
        from services.channels._matrix_threads import reread

        return reread(self._api, self._us, conversation, self.tools.clock.now())

    def save_attachment(
        self, message_id: str, attachment: Attachment, reply_context: JsonObject, into: BinaryIO
    ) -> None:
        into.write(self._api.fetch(attachment.part))

    # --- answering

    def limits(self) -> Limits:
        from services.channels._matrix_send import LONGEST

        return Limits(max_length=LONGEST, units="bytes")

    def send(self, reply: Reply) -> Sent:
        from services.channels._matrix_send import send

        return send(self._api, reply, self._us.user_id, self.tools.clock.now())

    def find_sent(self, reply: Reply) -> Found:
        from services.channels._matrix_send import find

        return find(self._api, reply, self._us.user_id, self.tools.clock.now())

    # --- moderation

    def moderate(self, action: str, message_id: str, reply_context: JsonObject) -> None:
        room_id = text_of(reply_context, "room_id")
        if not room_id or action not in ("like", "delete"):
            raise Refused("not-allowed", action=action)
        # The same deed has the same name, so that a repeat does nothing.
        deed = f"shopbell.{hashlib.sha256(f'{action} {message_id}'.encode()).hexdigest()[:40]}"
        try:
            if action == "delete":
                self._api.change("PUT", f"/rooms{path_of(room_id, 'redact', message_id, deed)}", {})
            else:
                relation = {"rel_type": "m.annotation", "event_id": message_id, "key": "👍"}
                steps = path_of(room_id, "send", "m.reaction", deed)
                self._api.change("PUT", f"/rooms{steps}", {"m.relates_to": relation})
        except NotAllowed:
            needed = "manage-messages" if action == "delete" else "add-reactions"
            raise NotAllowed("scope", permission=needed) from None
        except Refused as error:
            if error.detail.get("code") != "M_DUPLICATE_ANNOTATION":
                raise
