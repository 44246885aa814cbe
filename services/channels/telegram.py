"""A bot on Telegram: what customers write to it, in the groups it is in, and in the chats that a business
account lends to it.

The parts, imported when they are first used: ``_telegram_api`` (requests, errors),
``_telegram_updates`` (what is new), ``_telegram_messages`` (message to message), ``_telegram_listen``
(waiting for the next one).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO

from services.channels._bases import LinkedChannel
from services.channels._chat import TOKEN, our_people
from services.channels._shapes import Json, as_document, epoch_of, part_of, setting, status_of, text_of
from services.channels._telegram_links import API, bots_behind
from services.channels.base import (
    Abilities,
    Badge,
    Batch,
    Effort,
    Field,
    Identity,
    Limits,
    Reply,
    Sent,
    SignIn,
    SignInMethod,
    Suggestion,
    ThreadRef,
)
from services.errors import BadAnswer, ChannelError, RateLimited, Refused, Unclear, Unreachable
from services.model import Attachment, JsonObject, Message, MessageKind

if TYPE_CHECKING:
    import threading

    from services.channels._telegram_api import Api
    from services.channels._telegram_messages import Us

_LONGEST = 4096


class Telegram(LinkedChannel):
    kind = "telegram"
    title = "Telegram"
    badge = Badge(letters="Tg", hue=210)
    interval = timedelta(seconds=45)
    signin = SignIn(
        SignInMethod.TOKEN,
        (
            Field(
                TOKEN,
                "Token of your bot",
                help="Write /newbot to @BotFather on Telegram; it answers with the token",
                secret=True,
                placeholder="123456789:AAF...",
            ),
            Field(
                "staff",
                "Your own people",
                help="Names or numbers of those who answer for the shop in groups, with commas between them",
                placeholder="@rosie, @tom",
                required=False,
                advanced=True,
                is_free=True,
            ),
            Field(
                "api",
                "Server",
                help="Only if you run a Bot API server of your own",
                default=API,
                required=False,
                advanced=True,
                is_address=True,
            ),
        ),
        Effort.MINUTES,
        help_url="https://core.telegram.org/bots/features#botfather",
        explains="Make a bot with @BotFather, paste its token here, and tell your customers its name.",
    )
    abilities = Abilities(
        reads=frozenset({MessageKind.DIRECT, MessageKind.MENTION, MessageKind.REPLY, MessageKind.COMMENT}),
        summary="What is written to your bot, in its groups, and to your business account",
        does=("Answers where it was asked", "Likes", "Deletes what it wrote", "Saves pictures and files"),
        cannot=(
            "Anything older than 24 hours: Telegram keeps no more for a bot while Shopbell is off",
            "Writing to somebody first: Telegram lets bots only answer",
            "Everything in a group, unless the bot is an admin there or its privacy mode is off",
            "Seeing what is deleted, or whether an answer arrived when the connection broke",
        ),
        public_reply=True,
        private_reply=True,
        like=True,
        delete=True,
        attachments=True,
        listens=True,
    )

    @cached_property
    def _api(self) -> Api:
        from services.channels._telegram_api import Api

        return Api(self.settings, self._secrets, self.tools)

    @cached_property
    def _us(self) -> Us:
        from services.channels._telegram_messages import Us

        bot_id, username = setting(self.settings, "bot_id", ""), setting(self.settings, "username", "")
        if not bot_id:
            me = self._who_am_i()
            bot_id, username = text_of(me, "id"), text_of(me, "username")
        return Us(bot_id, username, our_people(self.settings))

    # --- adding an account

    @classmethod
    def behind(cls, urls: Sequence[str]) -> Sequence[Suggestion]:
        return [Suggestion(cls.kind, {}, f"@{name}", hint="account") for name in bots_behind(urls)]

    def identify(self) -> Identity:
        me = self._who_am_i()
        if self._has_webhook():
            raise BadAnswer("webhook")
        username = text_of(me, "username")
        return Identity(
            remote_id=text_of(me, "id"),
            name=text_of(me, "first_name") or username,
            handle=f"@{username}" if username else "",
            url=f"https://t.me/{username}" if username else "",
            settings={"bot_id": text_of(me, "id"), "username": username},
        )

    def _has_webhook(self) -> bool:
        try:
            hook = self._api.ask("getWebhookInfo", {})
        except (RateLimited, Unreachable):
            raise
        except ChannelError:
            # A server that does not know the question says it when it is asked for messages.
            return False
        return isinstance(hook, Mapping) and bool(text_of(hook, "url"))

    def _who_am_i(self) -> Json:
        me = as_document(self._api.ask("getMe", {}))
        if not text_of(me, "id"):
            raise BadAnswer("no-account-id")
        return me

    # --- reading

    def poll(self, cursor: JsonObject) -> Batch:
        from services.channels._telegram_updates import Look

        return Look(self._api, self._us, cursor, self.settings, self.tools.clock.now()).step()

    def listen(self, cursor: JsonObject, stopping: threading.Event) -> bool:
        from services.channels._telegram_listen import listen

        return listen(self._api, cursor, self.tools.clock.now(), stopping)

    def thread(self, conversation: ThreadRef) -> Sequence[Message]:
        """Telegram shows no bot what was said before; only what it has not fetched yet, and in a private
        exchange that is enough to see that the customer wrote again."""
        from services.channels._telegram_updates import waiting_in

        if not conversation.key.startswith(("chat:", "business:")):
            return ()
        return waiting_in(self._api, self._us, conversation.key, self.tools.clock.now())

    def save_attachment(
        self, message_id: str, attachment: Attachment, reply_context: JsonObject, into: BinaryIO
    ) -> None:
        if not attachment.part:
            raise Refused("no-file")
        try:
            told = as_document(self._api.ask("getFile", {"file_id": attachment.part}))
        except BadAnswer as error:
            if status_of(error) != 400:
                raise
            # Gone, or larger than the 20 MB that Telegram hands to bots.
            raise Refused("no-file") from None
        path = text_of(told, "file_path")
        if not path:
            raise Refused("no-file")
        self._api.fetch(path, into)

    # --- answering

    def limits(self) -> Limits:
        # The length is told in characters; the configuration of Telegram's own apps says code points.
        return Limits(max_length=_LONGEST, units="codepoints")

    def send(self, reply: Reply) -> Sent:
        from services.channels._telegram_messages import url_of

        body = self._body(reply)
        try:
            made = self._api.do("sendMessage", body)
        except Refused as error:
            moved = error.detail.get("chat")
            if error.reason != "moved" or not moved:
                raise
            # The group became a larger one under a new number; nothing was sent to the old one. Numbers of
            # messages begin anew there.
            body.pop("reply_parameters", None)
            body["chat_id"] = _number(str(moved))
            made = self._api.do("sendMessage", body)
        if not isinstance(made, Mapping) or not text_of(made, "message_id"):
            raise Unclear("no-id")
        return Sent(
            remote_id=self._sent_id(made, body),
            sent_at=epoch_of(made, "date") or self.tools.clock.now(),
            url=url_of(made),
        )

    def _body(self, reply: Reply) -> dict[str, Any]:
        context = reply.reply_context
        chat_id, is_private = text_of(context, "chat_id"), context.get("is_private") is True
        if not chat_id:
            raise Refused("gone")
        if reply.private and not is_private:
            raise Refused("would-be-public")
        if not reply.text.strip():
            raise Refused("empty")
        over = len(reply.text) - _LONGEST
        if over > 0:
            raise Refused("too-long", over=over, limit=_LONGEST)
        body: dict[str, Any] = {"chat_id": _number(chat_id), "text": reply.text}
        number = text_of(context, "message_id")
        if number:
            # In a room an answer without its question would speak to nobody.
            body["reply_parameters"] = {
                "message_id": _number(number),
                "allow_sending_without_reply": is_private,
            }
        for ours, theirs in (
            ("business", "business_connection_id"),
            ("thread", "message_thread_id"),
            ("topic", "direct_messages_topic_id"),
        ):
            if text_of(context, ours):
                body[theirs] = _number(text_of(context, ours))
        return body

    def _sent_id(self, made: Json, body: Mapping[str, Any]) -> str:
        from services.channels._telegram_messages import remote_id

        chat_id = text_of(part_of(made, "chat"), "id") or str(body["chat_id"])
        known = {**made, "chat": {"id": chat_id}}
        if "business_connection_id" in body:
            known["business_connection_id"] = body["business_connection_id"]
        return remote_id(known)

    # --- moderation

    def moderate(self, action: str, message_id: str, reply_context: JsonObject) -> None:
        chat_id, _, number = message_id.removeprefix("b:").rpartition(":")
        if message_id.startswith("b:") or not number.isdecimal() or action not in ("like", "delete"):
            raise Refused("not-allowed", action=action)
        target = {"chat_id": chat_id, "message_id": int(number)}
        if action == "delete":
            self._api.do("deleteMessage", target)
        else:
            self._api.do("setMessageReaction", target | {"reaction": [{"type": "emoji", "emoji": "👍"}]})


def _number(text: str) -> int | str:
    return int(text) if text.removeprefix("-").isdecimal() else text
