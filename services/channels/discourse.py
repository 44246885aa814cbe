"""Forums made with Discourse: what customers write to a member, or what they write at all.

With a key: notifications, the topics they name, private messages, and answers. Without one: the public
posts of a forum, a category, a tag or a topic, to be answered there.

The parts: ``_discourse_address`` (which forum, which part), ``_discourse_api`` (requests),
``_discourse_signin``, ``_discourse_poll`` and ``_discourse_topics`` (what is new for a member),
``_discourse_public`` (for everybody), ``_discourse_messages`` (post to message), ``_discourse_chat``,
``_discourse_answers``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from services.channels._addresses import protected, read_address, same_place
from services.channels._discourse_address import FEED, Forum, Place, find_forum, marks, places
from services.channels._discourse_answers import Answers, read_lengths
from services.channels._discourse_api import ADMIN, MEMBER, NOBODY, Api, key_headers
from services.channels._discourse_identity import member_of, watcher_of
from services.channels._discourse_messages import Us
from services.channels._discourse_poll import Look
from services.channels._discourse_public import PublicLook, watched
from services.channels._discourse_rss import look, reader_of
from services.channels._discourse_signin import API_KEY, CLIENT_ID, begin, finish, revoke
from services.channels._discourse_thread import read_thread
from services.channels._shapes import number_of, part_of, setting, text_of
from services.channels.base import (
    Abilities,
    AuthorizeRequest,
    Badge,
    Batch,
    Channel,
    Effort,
    Field,
    Found,
    Granted,
    Identity,
    Limits,
    Reply,
    Sent,
    SignIn,
    SignInMethod,
    Suggestion,
    ThreadRef,
    Tools,
    WebPage,
)
from services.errors import BadAnswer, ChannelError, Invalid, NotAllowed, Refused, SignInNeeded
from services.model import JsonObject, Message, MessageKind

_HOSTED = (".discourse.group", ".trydiscourse.com")
_ASK_NAME_EVERY = 40


class Discourse(Channel):
    kind = "discourse"
    title = "Discourse"
    badge = Badge(letters="Dc", hue=112)
    interval = timedelta(minutes=3)
    signin = SignIn(
        SignInMethod.OAUTH,
        (
            Field(
                "url",
                "Address of the forum",
                help="Any page of it will do",
                placeholder="https://forum.example",
                is_address=True,
            ),
            Field(
                "user",
                "Your name there",
                help="Only needed with an administrator's key, or to know your own posts without a key",
                required=False,
                advanced=True,
                default="",
            ),
            Field(
                API_KEY,
                "Key",
                help="Only if you have one already, your own or one that an administrator made",
                secret=True,
                required=False,
            ),
        ),
        Effort.MINUTES,
        help_url="https://meta.discourse.org/t/user-api-keys-specification/48536",
        explains=(
            "Your browser opens the forum. Sign in there, allow Shopbell, and paste the text that it shows."
        ),
        without="Only read what is public",
    )
    abilities = Abilities(
        reads=frozenset(
            {
                MessageKind.MENTION,
                MessageKind.REPLY,
                MessageKind.QUOTE,
                MessageKind.COMMENT,
                MessageKind.POST,
                MessageKind.DIRECT,
            }
        ),
        summary="Answers, mentions, private messages, and the topics and categories you watch there",
        does=("Answers in the topic or the private message", "Likes"),
        cannot=(
            "Answering without a key: the text is copied and the page opens",
            "Answering in the forum's chat",
            "Topics nobody notifies you of: watch their category there",
        ),
        public_reply=True,
        private_reply=True,
        copy_and_open=True,
        like=True,
    )

    def __init__(self, settings: JsonObject, secrets: Mapping[str, str], tools: Tools) -> None:
        super().__init__(settings, secrets, tools)
        self._last_attempt: datetime | None = None

    # --- who asks whom

    @property
    def _key(self) -> str:
        return self._secrets.get(API_KEY, "").strip()

    @cached_property
    def _place(self) -> Place:
        known = watched(part_of(self.settings, "forum"))
        return known or find_forum(self.tools.web, setting(self.settings, "url", "")).place

    @cached_property
    def _api(self) -> Api:
        key_type = setting(self.settings, "key_type", MEMBER) if self._key else NOBODY
        return self._api_at(self._place.base, key_type, self._name)

    @property
    def _name(self) -> str:
        """Our name there as the owner typed it."""
        typed: str = setting(self.settings, "user", "")
        return typed.strip().lstrip("@")

    def _api_at(self, base: str, key_type: str, user: str = "") -> Api:
        client_id = self._secrets.get(CLIENT_ID, "")
        headers = key_headers(key_type, self._key, user, client_id) if key_type else {}
        if key_type and not headers:
            raise SignInNeeded("wrong-token")
        return Api(self.tools.web, base, headers, self.tools.clock.now, key_type=key_type)

    @property
    def _us(self) -> Us:
        name = setting(self.settings, "username", "") or self._name
        return Us(setting(self.settings, "user_id", 0), name, setting(self.settings, "is_staff", False))

    # --- adding

    @classmethod
    def suggest(cls, address: str, tools: Tools) -> Sequence[Suggestion]:
        try:
            url = read_address(address)
        except Invalid:
            return ()
        try:
            page = tools.web.get(url, check=False)
            if not marks(page.text):
                return ()
            forum = find_forum(tools.web, page.url)
        except (BadAnswer, Invalid, NotAllowed, SignInNeeded):
            return ()
        return (_suggestion(forum.base, forum.title),)

    @classmethod
    def recognise(cls, page: WebPage) -> Sequence[Suggestion]:
        if page.meta.get("generator", "").startswith("Discourse ") or marks(page.html):
            return (_suggestion(places(page.url)[0].base, page.title),)
        found = []
        for link in page.links:
            host = (urlsplit(link.url).hostname or "").lower()
            if host.endswith(_HOSTED) or host.startswith("discourse."):
                try:
                    base = places(link.url)[0].base
                except Invalid:
                    continue
                found.append(_suggestion(base, link.text.strip()))
        return tuple({one.settings["url"]: one for one in found}.values())

    @classmethod
    def begin_signin(cls, settings: JsonObject, redirect_uri: str, tools: Tools) -> AuthorizeRequest:
        return begin(settings, tools)

    @classmethod
    def finish_signin(
        cls, settings: JsonObject, request: AuthorizeRequest, code: str, tools: Tools
    ) -> Granted:
        return finish(request, code)

    def sign_out(self) -> None:
        # A key that the owner brought along may serve other programs, too.
        if self._secrets.get(CLIENT_ID) and self._key:
            revoke(self._api)

    def identify(self) -> Identity:
        typed = setting(self.settings, "url", "")
        tried = places(typed)
        try:
            forum = find_forum(self.tools.web, typed)
        except Invalid:
            forum = None
        if not self._key:
            return self._watcher(forum, typed)
        if forum and not self._secrets.get(CLIENT_ID) and not same_place(forum.base, tried[0].base):
            # A key that was pasted goes where the owner said, and nowhere else.
            name, host = (urlsplit(one).hostname for one in (forum.base, tried[0].base))
            raise SignInNeeded("moved", name=name, host=host)
        for place in [forum.place] if forum else tried:
            try:
                return self._member(place)
            except (SignInNeeded, BadAnswer) as error:
                trouble: ChannelError = error
        if forum is None and isinstance(trouble, BadAnswer):
            raise Invalid("not-a-server", field="url")
        raise trouble

    def _watcher(self, forum: Forum | None, typed: str) -> Identity:
        trouble: ChannelError | Invalid = Invalid("not-a-server", field="url")
        if forum is not None:
            try:
                return watcher_of(self._api_at(forum.base, NOBODY), forum)
            except (BadAnswer, NotAllowed) as error:
                trouble = error
        found = reader_of(lambda base: self._api_at(base, NOBODY), typed)
        if found is None:
            raise trouble
        return found

    def _member(self, place: Place) -> Identity:
        """Finds out whose key it is by asking with it: each kind is refused as the other."""
        user = self._name
        before = setting(self.settings, "key_type", "")
        kinds = [before, MEMBER, ADMIN] if before else [ADMIN, MEMBER] if user else [MEMBER, ADMIN]
        if self._secrets.get(CLIENT_ID):
            kinds = [MEMBER]
        trouble: SignInNeeded | None = None
        for key_type in dict.fromkeys(kinds):
            api = self._api_at(place.base, key_type, user)
            try:
                me = api.me(user)
            except SignInNeeded as error:
                if error.reason not in ("401", "needs-token"):
                    raise
                trouble = trouble or error
                continue
            return member_of(api, place, me, self._secrets.get(CLIENT_ID, ""), self.settings)
        assert trouble is not None
        raise trouble

    # --- reading

    def poll(self, cursor: JsonObject) -> Batch:
        now, backfill = self.tools.clock.now(), self.tools.backfill
        if not self._key:
            place = self._place
            if place.scope == FEED:
                return look(self._api, self._us, place, cursor, now, backfill)
            return PublicLook(self._api, self._us, place, cursor, now=now, backfill=backfill).step()
        settings: JsonObject = {}
        try:
            if (
                number_of(cursor, "left") is None
                and (number_of(cursor, "turn") or 0) % _ASK_NAME_EVERY == _ASK_NAME_EVERY - 1
            ):
                settings = self._asked_name()
            batch = self._look(cursor)
        except SignInNeeded:
            settings = self._renamed()
            if not settings:
                raise
            batch = self._look(cursor)
        return replace(batch, settings={**batch.settings, **settings})

    def _look(self, cursor: JsonObject) -> Batch:
        now, backfill = self.tools.clock.now(), self.tools.backfill
        return Look(self._api, self._us, cursor, now=now, backfill=backfill, can_write=True).step()

    def _asked_name(self) -> JsonObject:
        """Members may change their names; by theirs we know mentions."""
        me = self._api.me(self._name)
        known = setting(self.settings, "user_id", 0)
        if known and number_of(me, "id") not in (None, known):
            raise SignInNeeded("another-account")
        return self._take_name(text_of(me, "username"))

    def _take_name(self, username: str) -> JsonObject:
        if not username or username == setting(self.settings, "username", ""):
            return {}
        changes: dict[str, Any] = {"username": username}
        if setting(self.settings, "key_type", "") == ADMIN and self._name:
            changes["user"] = username
        self.settings = {**self.settings, **changes}
        return changes

    def _renamed(self) -> JsonObject:
        """An administrator's key names its member; one who has a new name is known by the number still."""
        number = setting(self.settings, "user_id", 0)
        if setting(self.settings, "key_type", "") != ADMIN or not number:
            return {}
        headers = {"Api-Key": self._key, "Api-User-Id": str(number)}
        api = Api(self.tools.web, self._place.base, headers, self.tools.clock.now, key_type=ADMIN)
        try:
            me = api.me()
        except SignInNeeded:
            return {}
        if number_of(me, "id") != number:
            return {}
        changes = self._take_name(text_of(me, "username"))
        if changes:
            self._api = self._api_at(self._place.base, ADMIN, text_of(me, "username"))
        return changes

    def thread(self, conversation: ThreadRef) -> Sequence[Message]:
        topic = number_of(conversation.reply_context, "topic") or 0
        if not topic or not self._key:
            return ()
        return read_thread(
            self._api,
            self._us,
            self.tools.clock.now(),
            topic,
            conversation.parent_id,
            frozenset(conversation.message_ids),
            conversation.key,
        )

    # --- answering

    def _answers(self) -> Answers:
        return Answers(self._api, self._us, self.tools.clock.now(), read_lengths(self.settings))

    def limits(self) -> Limits:
        return Limits(max_length=read_lengths(self.settings).longest, units="codepoints")

    def send(self, reply: Reply) -> Sent:
        if not self._key:
            raise Refused("needs-token")
        self._last_attempt = self.tools.clock.now()
        return self._answers().send(reply)

    def find_sent(self, reply: Reply) -> Found:
        if not self._key:
            raise Refused("needs-token")
        return self._answers().find_sent(reply, self._last_attempt)

    def reply_page(self, message_url: str) -> str:
        return message_url or setting(self.settings, "url", "")

    def moderate(self, action: str, message_id: str, reply_context: JsonObject) -> None:
        if not self._key:
            raise Refused("needs-token")
        self._answers().moderate(action, message_id)


def _suggestion(base: str, name: str) -> Suggestion:
    return Suggestion(
        Discourse.kind, {"url": protected(base.rstrip("/"))}, name or urlsplit(base).netloc, hint="forum"
    )
