"""A bot on a Discord server: what is said in the channels it may read, and answering there.

The parts, imported when they are first used: ``_discord_api`` (requests, errors), ``_discord_places`` (where
it listens, permissions), ``_discord_rooms`` (one channel without holes), ``_discord_poll`` (what is new),
``_discord_messages`` (message to message), ``_discord_send`` (answering), ``_discord_threads`` (the check
before sending).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO

from services.channels._bases import LinkedChannel
from services.channels._chat import TOKEN, our_people
from services.channels._discord_links import API, LONGEST, places_behind
from services.channels._shapes import Json, parts_of, setting, text_of
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
)
from services.errors import (
    BadAnswer,
    NotAllowed,
    Refused,
)
from services.model import Attachment, JsonObject, Message, MessageKind

if TYPE_CHECKING:
    from services.channels._discord_api import Api
    from services.channels._discord_messages import Us

_LARGEST_FILE = 30_000_000


class Discord(LinkedChannel):
    kind = "discord"
    title = "Discord"
    badge = Badge(letters="Di", hue=278)
    interval = timedelta(seconds=45)
    signin = SignIn(
        SignInMethod.TOKEN,
        (
            Field(
                TOKEN,
                "Token of your bot",
                help="From your application's page for developers, under Bot",
                secret=True,
            ),
            Field(
                "channel",
                "Channels",
                help="Numbers or links, with commas between them, at most ten; empty: all it may read",
                placeholder="https://discord.com/channels/1234/5678",
                required=False,
                is_free=True,
            ),
            Field(
                "staff",
                "Your own people",
                help="User names or numbers of those who answer for the shop, with commas between them",
                placeholder="rosie, tom.bakes",
                required=False,
                advanced=True,
                is_free=True,
            ),
            Field(
                "api",
                "Server",
                help="Only if your requests go through a server of your own",
                default=API,
                required=False,
                advanced=True,
                is_address=True,
            ),
        ),
        Effort.MINUTES,
        help_url="https://discord.com/developers/applications",
        explains=(
            "Make a bot on the page for developers, switch on Message Content Intent, invite the bot to your"
            " server, and paste its token."
        ),
    )
    abilities = Abilities(
        reads=frozenset(
            {
                MessageKind.COMMENT,
                MessageKind.MENTION,
                MessageKind.REPLY,
                MessageKind.POST,
                MessageKind.DIRECT,
            }
        ),
        summary="What is said in your server's channels, threads and forums",
        does=("Answers under the message", "Likes", "Deletes what it wrote", "Saves pictures and files"),
        cannot=(
            "Private messages to the bot: Discord hands bots no list of them",
            "What people write while Message Content Intent is off, except to the bot itself",
            "Channels where the bot lacks Read Message History: they look empty to it",
        ),
        public_reply=True,
        like=True,
        delete=True,
        attachments=True,
    )

    @cached_property
    def _api(self) -> Api:
        from services.channels._discord_api import Api

        return Api(self.settings, self._secrets, self.tools)

    @cached_property
    def _us(self) -> Us:
        from services.channels._discord_messages import Us

        bot_id = setting(self.settings, "bot_id", "") or text_of(self._who_am_i(), "id")
        return Us(bot_id, our_people(self.settings))

    # --- adding an account

    @classmethod
    def behind(cls, urls: Sequence[str]) -> Sequence[Suggestion]:
        return [
            Suggestion(cls.kind, {"channel": channel} if channel else {}, title, hint="account")
            for title, channel in places_behind(urls)
        ]

    def identify(self) -> Identity:
        from services.channels._discord_messages import Us, author_of
        from services.channels._discord_places import chosen, look_around, shows_words
        from services.channels._discord_poll import trouble

        me = self._who_am_i()
        us = Us(text_of(me, "id"), our_people(self.settings))
        catalogue = look_around(self._api, self.settings, us)
        closed = dict(catalogue.closed)
        for place in catalogue.places.values():
            if place.kind in ("text", "thread", "direct"):
                reason = self._why_closed(place.id, place.last_id)
                if reason:
                    closed[place.id] = (reason, f"#{place.name}" if place.name else place.id)
        if closed and all(i in closed for i in catalogue.places):
            raise trouble(*next(iter(closed.values())))
        if not catalogue.places:
            raise NotAllowed("no-rooms", permission="view-channel")
        note = "content-hidden" if shows_words(self._api) is False else ""
        note = note or ("rooms-closed" if closed else "too-many-rooms" if catalogue.has_more else "")
        author = author_of({"author": me})
        return Identity(
            # The same bot may be added once more, for other channels.
            remote_id="/".join([author.id, *sorted(chosen(self.settings))]),
            name=author.name,
            handle=author.handle,
            url=author.url,
            settings={"bot_id": author.id, "note": note, **self._server()},
            note=note,
        )

    def _server(self) -> dict[str, str]:
        """The address under which the API answered, where one was given."""
        return {"api": self._api.base} if self.settings.get("api") else {}

    def _who_am_i(self) -> Json:
        try:
            me = self._api.document("/users/@me")
        except BadAnswer as error:
            if error.reason != "not-found" or not self._api.look_deeper():
                raise
            me = self._api.document("/users/@me")
        if not text_of(me, "id"):
            raise BadAnswer("no-account-id")
        return me

    def _why_closed(self, room_id: str, last_id: str) -> str:
        from services.channels._discord_places import is_closed

        try:
            if not self._api.messages(room_id, limit=1) and last_id:
                return "no-history" if is_closed(self._api, room_id, last_id) else ""
        except NotAllowed:
            return "no-room"
        return ""

    # --- reading

    def poll(self, cursor: JsonObject) -> Batch:
        from services.channels._discord_poll import Look

        now = self.tools.clock.now()
        return Look(self._api, self._us, cursor, self.settings, now, self.tools.backfill).step()

    def thread(self, conversation: ThreadRef) -> Sequence[Message]:
        from services.channels._discord_threads import reread

        return reread(self._api, self._us, conversation, self.tools.clock.now())

    def save_attachment(
        self, message_id: str, attachment: Attachment, reply_context: JsonObject, into: BinaryIO
    ) -> None:
        """Addresses of files run out after a day, so the message is asked for a new one."""
        message = self._api.message(text_of(reply_context, "channel_id"), message_id)
        fresh = [one for one in parts_of(message, "attachments") if text_of(one, "id") == attachment.part]
        url = text_of(fresh[0], "url") if fresh else ""
        if not url:
            raise Refused("no-file")
        into.write(self.tools.web.get(url, max_bytes=_LARGEST_FILE, bucket="files").body)

    # --- answering

    def limits(self) -> Limits:
        return Limits(max_length=LONGEST, units="codepoints")

    def send(self, reply: Reply) -> Sent:
        from services.channels._discord_send import send

        return send(self._api, reply, self._us.bot_id, self.tools.clock.now())

    def find_sent(self, reply: Reply) -> Found:
        from services.channels._discord_send import find

        return find(self._api, reply, self._us.bot_id, self.tools.clock.now())

    # --- moderation

    def moderate(self, action: str, message_id: str, reply_context: JsonObject) -> None:
        from services.channels._discord_places import room_of

        if not message_id.isdecimal() or action not in ("like", "delete"):
            raise Refused("not-allowed", action=action)
        # What was sent from here does not say where it stands.
        channel = text_of(reply_context, "channel_id")
        channel = channel or room_of(self._api, self.settings, self._us, message_id)
        if not channel:
            raise Refused("gone")
        path = f"/channels/{channel}/messages/{message_id}"
        try:
            if action == "delete":
                self._api.change("DELETE", path)
            else:
                self._api.change("PUT", f"{path}/reactions/%F0%9F%91%8D/@me")
        except NotAllowed:
            needed = "manage-messages" if action == "delete" else "add-reactions"
            raise NotAllowed("scope", permission=needed) from None
