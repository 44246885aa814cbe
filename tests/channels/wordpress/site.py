"""A shop's WordPress as its API shows it: posts, comments, users with application passwords, on loopback.

Written after developer.wordpress.org/rest-api and what a WordPress 6.1 answers. It accepts what that accepts,
and every comment that was ever made can be counted.
"""

from __future__ import annotations

import base64
import html
import re
import threading
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from services.clock import Clock, SystemClock
from services.sample.exchange import Request, Response, page, redirect, to_json
from services.sample.faults import Fault, Faults
from services.sample.server import Server
from tests.channels.wordpress.records import RIGHTS, Ask, Comment, Post, Refusal, User

LONGEST = 65_525


class Site:
    """``below``: the folder it lives in. ``plain``: permalinks without a rewrite, the API behind
    ``?rest_route=``. ``hides``: pages give no hint of the API."""

    def __init__(
        self, clock: Clock | None = None, *, below: str = "", plain: bool = False, hides: bool = False
    ) -> None:
        self.clock = clock or SystemClock()
        self.below, self.plain, self.hides = below, plain, hides
        self.name = "Rosie&#039;s Bread"
        self.generator = "WordPress 7.0.1"
        self.namespaces = ["oembed/1.0", "wp/v2"]
        self.faults = Faults()
        self.latency_s = 0.0
        self.users: dict[int, User] = {}
        self.posts: dict[int, Post] = {}
        self.comments: dict[int, Comment] = {}
        self.moves_to = ""
        self.below_before = below
        self.counts = True
        self.tells_rights = True
        self.is_locked = False
        self.passwords_on = True
        self.keeps_trash = True
        self.holds_visitors = False
        self.asked: list[tuple[str, str, str]] = []
        self._last = {"user": 0, "post": 40, "comment": 0}
        self._lock = threading.RLock()
        self._server: Server | None = None
        self.url = ""

    # --- life

    def start(self) -> str:
        self._server = Server(self)
        self._server.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}{self.below}"
        return self.url

    def stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    @property
    def root(self) -> str:
        return f"{self.url}/?rest_route=/" if self.plain else f"{self.url}/wp-json/"

    def fault(self, kind: str, path: str = "*", **more: Any) -> None:
        self.faults.add(Fault(kind, path, **more))

    def routes(self) -> list[str]:
        """What was asked since ``asked.clear()``: method and route."""
        return [f"{method} {route}" for method, route, _ in self.asked]

    # --- what people do there

    def make_user(self, login: str, role: str = "administrator", name: str = "") -> User:
        with self._lock:
            user = User(self._next("user"), login, name or login.title(), role)
            self.users[user.id] = user
            return user

    def make_password(self, user: User, app_id: str = "") -> str:
        secret = base64.b32encode(f"{user.login}{len(user.passwords)}-secret-for-tests".encode()).decode()
        user.passwords[secret[:24]] = app_id
        return secret[:24]

    def make_post(self, title: str, author: int = 1, kind: str = "posts") -> Post:
        with self._lock:
            made = Post(
                self._next("post"), title, author, self.clock.now(), title.lower().replace(" ", "-"), kind
            )
            self.posts[made.id] = made
            return made

    def say(self, who: str, text: str, post: Post, *, under: Comment | None = None, **more: Any) -> Comment:
        """A visitor writes."""
        with self._lock:
            made = Comment(
                self._next("comment"), post.id, under.id if under else 0, more.pop("author", 0), who.title(),
                f"{who}@mail.example", text, more.pop("at", None) or self.clock.now(), **more,
            )  # fmt: skip
            self.comments[made.id] = made
            return made

    def forget(self, comment: Comment) -> None:
        """Deleted for good; what stood below moves up."""
        with self._lock:
            del self.comments[comment.id]
            for one in self.comments.values():
                if one.parent == comment.id:
                    one.parent = comment.parent

    def written_by(self, user: User) -> list[Comment]:
        return [c for c in self.comments.values() if c.author == user.id]

    def _next(self, what: str) -> int:
        self._last[what] += 1
        return self._last[what]

    # --- answering

    def finished(self, request: Request, status: int, size: int) -> None:
        pass

    def answer(self, request: Request) -> Response:
        with self._lock:
            if self.moves_to:
                tail = request.path.removeprefix(self.below) + (f"?{request.query}" if request.query else "")
                return redirect(self.moves_to + tail, 301)
            if not f"{request.path}/".startswith(f"{self.below}/"):
                tail = request.path.removeprefix(self.below_before)
                target = f"{self.url}{self.below}{tail}" + (f"?{request.query}" if request.query else "")
                return redirect(target, 301)
            path = request.path[len(self.below) :]
            route = request.query_params.get("rest_route") or (
                path.removeprefix("/wp-json") if path.startswith("/wp-json") and not self.plain else ""
            )
            if not route:
                return self._page(path, request)
            self.asked.append((request.method, route, request.query))
            try:
                return self._route(route.rstrip("/") or "/", request)
            except Refusal as refusal:
                told = {"code": refusal.code, "message": "Sorry.", "data": {"status": refusal.status}}
                return to_json(told, refusal.status)

    def _page(self, path: str, request: Request) -> Response:
        if path.startswith("/wp-admin/authorize-application.php"):
            return self._authorize(request)
        if path == "/feed/":
            return page("<rss/>", 200, "application/rss+xml")
        hints = "" if self.hides else f'<link rel="https://api.w.org/" href="{html.escape(self.root)}" />'
        made = f'<meta name="generator" content="{self.generator}" />' if self.generator else ""
        files = "" if self.hides else f'<script src="{self.url}/wp-includes/js/x.js"></script>'
        shown = page(f"<html><head>{hints}{made}{files}<title>Bread</title></head><body>Bread</body></html>")
        if path not in ("", "/") and not any(f"/{one.slug}/" == path for one in self.posts.values()):
            shown.status = 404
        if not self.hides:
            shown.headers.append(("Link", f'<{self.root}>; rel="https://api.w.org/"'))
        return shown

    def _authorize(self, request: Request) -> Response:
        """The owner, signed in on this browser, presses Yes (or, with ``reject`` in the form, No)."""
        asked = request.params
        success = asked.get("success_url")
        if not re.fullmatch(r"[0-9a-f-]{36}", asked.get("app_id")):
            return page("The application ID must be a UUID.", 400)
        if request.method == "GET":
            return page("<form>Would you like to give this application access?</form>")
        joint = "&" if "?" in success else "?"
        if asked.get("reject"):
            return redirect(f"{success}{joint}success=false") if success else page("Dashboard")
        owner = self.users[1]
        secret = self.make_password(owner, asked.get("app_id"))
        if not success:
            return page(f"Your new password is: {' '.join(re.findall('.{1,4}', secret))}")
        told = {"site_url": self.url, "user_login": owner.login, "password": secret}
        return redirect(f"{success}{joint}{urlencode(told)}")

    # --- the API

    def _user(self, request: Request) -> User | None:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic" or not self.passwords_on:
            return None
        login, _, secret = base64.b64decode(value).decode().partition(":")
        for user in self.users.values():
            if user.login == login and re.sub(r"[^A-Za-z0-9]", "", secret) in user.passwords:
                return user
        return None

    def _secret(self, request: Request) -> str:
        return base64.b64decode(request.headers["authorization"][6:]).decode().partition(":")[2]

    def _route(self, route: str, request: Request) -> Response:
        user = self._user(request)
        ask = Ask(request, user)
        if self.is_locked and user is None:
            raise Refusal(401, "rest_login_required")
        if route == "/":
            ends = {"authorization": f"{self.url}/wp-admin/authorize-application.php"}
            told: dict[str, Any] = {
                "name": self.name,
                "url": self.url,
                "home": self.url,
                "namespaces": self.namespaces,
            }
            told["authentication"] = (
                {"application-passwords": {"endpoints": ends}} if self.passwords_on else []
            )
            return to_json(told)
        if route.startswith("/wp/v2/users"):
            return self._users(route, ask)
        if route == "/wc/v3/products/reviews" and "wc/v3" in self.namespaces and ask.may("moderate_comments"):
            wanted = ask.ids("include")
            found = [c for c in self.comments.values() if c.kind == "review" and c.id in wanted]
            return to_json([{"id": c.id, "rating": c.rating, "review": c.raw} for c in found])
        kind = re.fullmatch(r"/wp/v2/(posts|pages|product)", route)
        if kind:
            wanted = ask.ids("include")
            found_posts = [
                p for p in self.posts.values() if p.kind == kind[1] and (not wanted or p.id in wanted)
            ]
            return to_json([self._post(one) for one in found_posts])
        single = re.fullmatch(r"/wp/v2/(?:posts|pages|product)/(\d+)", route)
        if single and int(single[1]) in self.posts:
            return to_json(self._post(self.posts[int(single[1])]))
        if route == "/wp/v2/comments":
            return self._create(ask) if request.method == "POST" else self._list(ask)
        one = re.fullmatch(r"/wp/v2/comments/(\d+)", route)
        if one:
            return self._one(int(one[1]), ask)
        raise Refusal(404, "rest_no_route")

    def _users(self, route: str, ask: Ask) -> Response:
        if ask.user is None:
            raise Refusal(401, "rest_not_logged_in" if "/me" in route else "rest_user_cannot_view")
        if route == "/wp/v2/users":
            if not ask.may("list_users"):
                raise Refusal(403, "rest_user_cannot_view")
            roles = ask.get("roles").split(",")
            return to_json([{"id": u.id, "roles": [u.role]} for u in self.users.values() if u.role in roles])
        if route == "/wp/v2/users/me":
            rights = dict.fromkeys(sorted(RIGHTS[ask.user.role]), True)
            told: dict[str, Any] = {"id": ask.user.id, "name": ask.user.name, "slug": ask.user.login}
            if ask.get("context") == "edit" and self.tells_rights:
                told |= {"username": ask.user.login, "roles": [ask.user.role], "capabilities": rights}
            return to_json(told)
        secret = re.sub(r"[^A-Za-z0-9]", "", self._secret(ask.request))
        uuid = f"11111111-0000-4000-8000-{list(ask.user.passwords).index(secret):012d}"
        if route == "/wp/v2/users/me/application-passwords/introspect":
            return to_json({"uuid": uuid, "app_id": ask.user.passwords[secret], "name": "Shopbell"})
        if route == f"/wp/v2/users/me/application-passwords/{uuid}" and ask.request.method == "DELETE":
            del ask.user.passwords[secret]
            return to_json({"deleted": True})
        raise Refusal(404, "rest_no_route")

    # comments

    def _list(self, ask: Ask) -> Response:
        denied = 403 if ask.user else 401
        if ask.get("context") == "edit" and not ask.may("moderate_comments"):
            raise Refusal(denied, "rest_forbidden_context")
        if not ask.may("edit_posts"):
            plain = ask.get("status", "approve") == "approve" and ask.get("type", "comment") == "comment"
            if not plain or ask.get("author"):
                raise Refusal(denied, "rest_forbidden_param")
        states = {"all": {"approved", "hold"}, "approve": {"approved"}}.get(
            ask.get("status", "approve"), {ask.get("status")}
        )
        kind = ask.get("type", "comment")
        found = [c for c in self.comments.values() if c.status in states and kind in (c.kind, "all")]
        for name in ("include", "parent", "post", "author"):
            if ask.get(name):
                wanted = ask.ids(name)
                found = [c for c in found if {"include": c.id}.get(name, getattr(c, name, 0)) in wanted]
        key = ask.get("orderby", "date_gmt")
        found.sort(
            key=lambda c: (c.id,) if key == "id" else (c.at, c.id), reverse=ask.get("order", "desc") == "desc"
        )
        size = int(ask.get("per_page", "10"))
        if not 1 <= size <= 100:
            raise Refusal(400, "rest_invalid_param")
        start = size * (int(ask.get("page", "1")) - 1)
        shown = [self._shown(c, ask) for c in found[start : start + size] if self._may_read(c, ask)]
        headers = [("X-WP-Total", str(len(found))), ("X-WP-TotalPages", str(-(-len(found) // size)))]
        return to_json(shown, 200, headers if self.counts else [])

    def _may_read(self, comment: Comment, ask: Ask) -> bool:
        owns = (
            ask.user is not None and self.posts[comment.post].author == ask.user.id and ask.may("edit_posts")
        )
        return comment.status == "approved" or ask.may("moderate_comments") or owns

    def _one(self, number: int, ask: Ask) -> Response:
        comment = self.comments.get(number)
        if comment is None:
            raise Refusal(404, "rest_comment_invalid_id")
        denied = 403 if ask.user else 401
        if ask.request.method == "GET":
            if ask.get("context") == "edit" and not ask.may("moderate_comments"):
                raise Refusal(denied, "rest_forbidden_context")
            if not self._may_read(comment, ask):
                raise Refusal(denied, "rest_cannot_read")
            return to_json(self._shown(comment, ask))
        if not ask.may("moderate_comments"):
            raise Refusal(denied, "rest_cannot_edit")
        if ask.request.method == "DELETE":
            if ask.get("force") in ("true", "1"):
                self.forget(comment)
                return to_json({"deleted": True})
            if not self.keeps_trash:
                raise Refusal(501, "rest_trash_not_supported")
            if comment.status == "trash":
                raise Refusal(410, "rest_already_trashed")
            comment.status = "trash"
            return to_json(self._shown(comment, ask, edit=True))
        status = {"approve": "approved"}.get(ask.get("status"), ask.get("status"))
        if status == comment.status:
            raise Refusal(500, "rest_comment_failed_edit")
        comment.status = status
        return to_json(self._shown(comment, ask, edit=True))

    def _create(self, ask: Ask) -> Response:
        user = ask.user
        if user is None:
            raise Refusal(401, "rest_comment_login_required")
        document = ask.request.json
        post = self.posts.get(int(document.get("post") or 0))
        text = str(document.get("content") or "")
        if post is None:
            raise Refusal(403, "rest_comment_invalid_post_id")
        if not post.is_open:
            raise Refusal(403, "rest_comment_closed")
        if not text:
            raise Refusal(400, "rest_comment_content_invalid")
        if len(text.encode()) > LONGEST:
            raise Refusal(400, "comment_content_column_length")
        parent = int(document.get("parent") or 0)
        for one in self.comments.values():
            same = (one.post, one.parent, one.author, one.raw) == (post.id, parent, user.id, text)
            if same and one.status != "trash":
                raise Refusal(409, "comment_duplicate")
        now = self.clock.now()
        last = max((c.at for c in self.written_by(user)), default=None)
        if not ask.may("moderate_comments") and last and now - last < timedelta(seconds=15):
            raise Refusal(400, "comment_flood")
        made = Comment(
            self._next("comment"), post.id, parent, user.id, user.name, f"{user.login}@shop.example", text,
            now,
            "hold" if self.holds_visitors and not ask.may("moderate_comments") else "approved",
        )  # fmt: skip
        self.comments[made.id] = made
        return to_json(self._shown(made, ask, edit=ask.may("moderate_comments")), 201)

    def _shown(self, comment: Comment, ask: Ask, *, edit: bool | None = None) -> dict[str, Any]:
        edit = ask.get("context") == "edit" if edit is None else edit
        post = self.posts[comment.post]
        rendered = "".join(f"<p>{one}</p>\n" for one in comment.raw.replace("'", "&#8217;").split("\n\n"))
        content = {"rendered": rendered} | ({"raw": comment.raw} if edit else {})
        local = comment.at + timedelta(hours=9)
        told = {
            "id": comment.id, "post": comment.post, "parent": comment.parent, "author": comment.author,
            "author_name": comment.name, "author_url": "", "date": local.strftime("%Y-%m-%dT%H:%M:%S"),
            "date_gmt": comment.at.strftime("%Y-%m-%dT%H:%M:%S"), "content": content,
            "link": f"{self.url}/{post.slug}/#comment-{comment.id}", "status": comment.status,
            "type": comment.kind,
            "_links": {"up": [{"href": self._address(post), "post_type": post.kind, "embeddable": True}]},
        }  # fmt: skip
        return told | ({"author_email": comment.mail, "author_ip": "192.0.2.1"} if edit else {})

    def _address(self, post: Post) -> str:
        route = f"wp/v2/{post.kind}/{post.id}"
        return (
            f"{self.url}/index.php?rest_route=%2F{route.replace('/', '%2F')}"
            if self.plain
            else self.root + route
        )

    def _post(self, post: Post) -> dict[str, Any]:
        return {
            "id": post.id, "link": f"{self.url}/{post.slug}/", "title": {"rendered": html.escape(post.title)},
            "excerpt": {"rendered": "<p>Fresh every morning.</p>"}, "author": post.author,
            "date_gmt": post.at.strftime("%Y-%m-%dT%H:%M:%S"),
        }  # fmt: skip
