"""What people do on the pages of a WordPress, by HTTP: an owner signs in and approves, a visitor comments."""

from __future__ import annotations

import html
import re
from typing import Any

import requests

from tests.servers.wordpress.server import OWNER, OWNER_PASSWORD, Server

_INPUT = re.compile(r"<input\b[^>]*>")
_ATTRIBUTE = re.compile(r"([\w-]+)=[\"']([^\"']*)[\"']")


class Browser:
    def __init__(self, server: Server) -> None:
        self.server = server
        self.session = requests.Session()
        # No connection is left to whoever collects it.
        self.session.headers["Connection"] = "close"

    def sign_in(self, user: str = OWNER, password: str = OWNER_PASSWORD) -> Browser:
        self.session.get(f"{self.server.url}/wp-login.php", timeout=30)
        answer = self.session.post(
            f"{self.server.url}/wp-login.php",
            data={"log": user, "pwd": password, "wp-submit": "Log In", "testcookie": "1"},
            allow_redirects=False,
            timeout=30,
        )
        assert answer.status_code == 302, answer.text[:500]
        return self

    def open(self, url: str) -> str:
        return self.session.get(url, timeout=30).text

    def press(self, page: str, button: str) -> requests.Response:
        """Sends the page's form of the sign-in by that button."""
        form: dict[str, Any] = {}
        for tag in _INPUT.findall(page):
            found = dict(_ATTRIBUTE.findall(tag))
            if found.get("type") in ("hidden", "text") and found.get("name"):
                form[found["name"]] = html.unescape(found.get("value", ""))
        return self.session.post(
            f"{self.server.url}/wp-admin/authorize-application.php",
            data=form | {button: "1"},
            allow_redirects=False,
            timeout=30,
        )


def comment_by_form(server: Server, post: int, who: str, text: str, *, under: int = 0) -> int:
    """A visitor fills in the form below a post; returns the comment's id."""
    answer = requests.post(
        f"{server.url}/wp-comments-post.php",
        data={
            "comment": text,
            "author": who,
            "email": f"{who.lower()}@mail.example",
            "comment_post_ID": post,
            "comment_parent": under,
        },
        allow_redirects=False,
        timeout=30,
    )
    assert answer.status_code == 302, answer.text[:500]
    return int(server.php("global $wpdb; answer($wpdb->get_var('select max(comment_ID) from wp_comments'));"))
