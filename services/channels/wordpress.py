"""WordPress on the owner's own address: what customers write below posts, pages and products.

The parts: ``_wordpress_site`` (finding it), ``_wordpress_api`` (requests), ``_wordpress_signin``,
``_wordpress_poll`` (what is new), ``_wordpress_threads`` (what is around a comment), ``_wordpress_messages``
(comment to message), ``_wordpress_answers`` (answering, moderating).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from services.channels._addresses import protected
from services.channels._bases import AnsweringChannel
from services.channels._shapes import Json, number_of, setting, text_of
from services.channels.base import (
    Abilities,
    AuthorizeRequest,
    Badge,
    Batch,
    Effort,
    Field,
    Granted,
    Identity,
    Limits,
    SignIn,
    SignInMethod,
    Suggestion,
    Tools,
    WebPage,
)
from services.errors import BadAnswer, ChannelError, Invalid, NotAllowed, SignInNeeded
from services.model import Context, JsonObject, MessageKind

if TYPE_CHECKING:
    from services.channels._wordpress_answers import Answers
    from services.channels._wordpress_api import Api
    from services.channels._wordpress_site import Site

# The parts are loaded when they are used: the program starts with every channel, and few shops have all.
PASSWORD = "app_password"
LONGEST = 65_525
"""Bytes of UTF-8 in a comment (wp_get_comment_fields_max_lengths: the column's 65,535 less a reserve)."""

_TEAM_ROLES = "administrator,editor,shop_manager"


class WordPress(AnsweringChannel):
    kind = "wordpress"
    title = "WordPress"
    badge = Badge(letters="Wp", hue=235)
    interval = timedelta(minutes=3)
    signin = SignIn(
        SignInMethod.OAUTH,
        (
            Field(
                "url",
                "Address of your site",
                help="Any page of it will do",
                placeholder="https://rosies.example",
                is_address=True,
            ),
            Field(
                "user",
                "Your user name there",
                help="Only needed if your site shows a password to copy: older ones do",
                required=False,
            ),
            Field(
                PASSWORD,
                "Application password",
                help="Only if you made one yourself, under Users, Profile, Application Passwords",
                secret=True,
                required=False,
                advanced=True,
            ),
        ),
        Effort.MINUTE,
        help_url="https://wordpress.org/documentation/article/application-passwords/",
        explains="Your browser opens your own site. Sign in there, approve Shopbell, and you are done.",
    )
    abilities = Abilities(
        reads=frozenset({MessageKind.COMMENT, MessageKind.MENTION, MessageKind.REVIEW}),
        summary="Comments on posts and pages, waiting ones too, product reviews, mentions by other blogs",
        does=("Answers below the comment", "Approves, hides, trashes, or marks as spam"),
        cannot=("Sites hosted at WordPress.com: watch their comment feed instead",),
        public_reply=True,
        approve=True,
        spam=True,
        delete=True,
        hide=True,
    )

    def __init__(self, settings: JsonObject, secrets: Mapping[str, str], tools: Tools) -> None:
        super().__init__(settings, secrets, tools)
        self._posts: dict[str, Context | None] = {}

    @cached_property
    def _api(self) -> Api:

        root = setting(self.settings, "api_root", "")
        api = self._api_at(root or self._found_root())
        api.has_moved = not root
        return api

    def _found_root(self) -> str:
        from services.channels._wordpress_api import sign_in_headers
        from services.channels._wordpress_site import find_site

        headers = sign_in_headers(setting(self.settings, "user", ""), self._secrets.get(PASSWORD, ""))
        return find_site(self.tools.web, setting(self.settings, "url", ""), headers).root

    def _api_at(self, root: str) -> Api:
        from services.channels._wordpress_api import Api

        return Api(
            self.tools.web,
            root,
            setting(self.settings, "user", ""),
            self._secrets.get(PASSWORD, ""),
            self.tools.clock.now,
        )

    # --- adding

    @classmethod
    def suggest(cls, address: str, tools: Tools) -> Sequence[Suggestion]:
        from services.channels._wordpress_site import has_site, read_address

        try:
            read_address(address)
        except Invalid:
            return ()
        site = has_site(tools.web, address)
        return () if site is None else (_suggestion(site.home, site.name),)

    @classmethod
    def recognise(cls, page: WebPage) -> Sequence[Suggestion]:
        from services.channels._wordpress_site import RELATION, marks

        advertised = RELATION in page.headers.get("link", "") or any(
            RELATION in one.rel for one in page.links
        )
        told = page.meta.get("generator", "").startswith("WordPress ")
        if not (advertised or told or marks(page.html)):
            return ()
        host = urlsplit(page.url).hostname or ""
        if host.endswith(".wordpress.com") or "public-api.wordpress.com" in page.headers.get("link", ""):
            return ()
        roots = [one.url for one in page.links if RELATION in one.rel]
        home = roots[0].partition("/wp-json")[0].partition("?")[0] if roots else page.url
        return (_suggestion(home, page.title),)

    @classmethod
    def begin_signin(cls, settings: JsonObject, redirect_uri: str, tools: Tools) -> AuthorizeRequest:
        from services.channels._wordpress_signin import begin

        return begin(settings, redirect_uri, tools)

    @classmethod
    def finish_signin(
        cls, settings: JsonObject, request: AuthorizeRequest, code: str, tools: Tools
    ) -> Granted:
        from services.channels._wordpress_signin import finish

        return finish(settings, request, code, tools)

    def sign_out(self) -> None:
        from services.channels._wordpress_signin import revoke

        if self._secrets.get(PASSWORD):
            revoke(self._api)

    def identify(self) -> Identity:
        from services.channels._wordpress_api import note_of, sight_of, sign_in_headers
        from services.channels._wordpress_site import find_site, read_address

        typed = setting(self.settings, "url", "")
        read_address(typed)
        if self._secrets.get(PASSWORD) and not setting(self.settings, "user", ""):
            raise Invalid("needs-user", field="user")
        # Without a password nothing is asked.
        headers = sign_in_headers(setting(self.settings, "user", ""), self._secrets.get(PASSWORD, ""))
        site = find_site(self.tools.web, typed, headers)
        api = self._api_at(site.root)
        try:
            user = api.me()
        except SignInNeeded:
            if not site.authorize and not site.is_locked:
                raise NotAllowed("passwords-off", host=urlsplit(site.home).hostname) from None
            raise
        sees, me = sight_of(user), number_of(user, "id") or 0
        place = self._place(site)
        parts = urlsplit(site.home)
        return Identity(
            remote_id=f"{me}@{place}",
            name=text_of(user, "name") or text_of(user, "slug") or site.name or place,
            handle=f"{parts.netloc}{parts.path}".lower(),
            url=site.home,
            settings={
                "api_root": api.root,
                "user_id": me,
                "sees": sees,
                "note": note_of(sees),
                "team": self._team(api, me),
                "has_reviews": any(one.startswith("wc/") for one in site.namespaces),
                "site": place,
            },
            note=note_of(sees),
        )

    def _place(self, site: Site) -> str:
        """What the account is known by, for good: where the site was first. One that has moved keeps it when
        its old address leads to the new one."""
        from services.channels._wordpress_site import read_address, same_place

        parts = urlsplit(site.home)
        place = f"{parts.netloc}{parts.path}".lower().removeprefix("www.")
        before = setting(self.settings, "site", "")
        if not before or before == place:
            return place
        try:
            old = self.tools.web.get(read_address(before), check=False)
        except ChannelError:
            return place
        return before if same_place(old.url, site.home) else place

    @staticmethod
    def _team(api: Api, me: int) -> list[int]:
        """Who else speaks for the shop; only an administrator is told."""
        params = [("roles", _TEAM_ROLES), ("per_page", "100"), ("_fields", "id,roles")]
        try:
            users, _ = api.list("/wp/v2/users", params)
        except (BadAnswer, NotAllowed, SignInNeeded):
            return [me]
        return sorted({me, *(number_of(one, "id") or me for one in users if _is_staff(one))})

    # --- reading

    @property
    def _me(self) -> int:
        known: int = setting(self.settings, "user_id", 0)
        return known or (number_of(self._api.me(), "id") or 0)

    def _ours(self, me: int) -> frozenset[int]:
        team: list[int] = setting(self.settings, "team", [])
        return frozenset({me, *(one for one in team if isinstance(one, int))})

    @property
    def _sees(self) -> str:
        from services.channels._wordpress_api import EVERYTHING, VIEWS

        sees: str = setting(self.settings, "sees", EVERYTHING)
        return sees if sees in VIEWS else EVERYTHING

    def poll(self, cursor: JsonObject) -> Batch:
        try:
            batch = self._look(cursor)
        except BadAnswer as error:
            # An owner who changes his permalinks changes where the API is.
            if error.reason not in ("no-api", "web-page") or not self._find_again():
                raise
            batch = self._look(cursor)
        if self._api.has_moved:
            self._api.has_moved = False
            batch = replace(batch, settings={**batch.settings, "api_root": self._api.root})
        return batch

    def _find_again(self) -> bool:
        from services.channels._wordpress_site import same_place

        try:
            root = self._found_root()
        except (ChannelError, Invalid):
            return False
        if root == self._api.root or not same_place(root, self._api.root):
            return False
        self._api.root, self._api.has_moved = root, True
        return True

    def _look(self, cursor: JsonObject) -> Batch:
        from services.channels._wordpress_poll import Look

        me = self._me
        return Look(
            self._api,
            cursor,
            me=me,
            ours=self._ours(me),
            sees=self._sees,
            has_reviews=bool(setting(self.settings, "has_reviews", False)),
            now=self.tools.clock.now(),
            backfill=self.tools.backfill,
            posts=self._posts,
        ).step()

    # --- answering

    @property
    def answers(self) -> Answers:
        from services.channels._wordpress_answers import Answers
        from services.channels._wordpress_api import VIEWS

        me = self._me
        return Answers(
            self._api, me, self._ours(me), VIEWS[self._sees], self.tools.clock.now(), longest=LONGEST
        )

    def limits(self) -> Limits:
        return Limits(max_length=LONGEST, units="bytes")


def _suggestion(home: str, name: str) -> Suggestion:
    return Suggestion(WordPress.kind, {"url": protected(home.rstrip("/"))}, name or urlsplit(home).netloc)


def _is_staff(user: Json) -> bool:
    """A site may answer with everybody where it does not know how to choose."""
    roles = user.get("roles")
    return isinstance(roles, list) and bool(set(_TEAM_ROLES.split(",")) & {str(one) for one in roles})
