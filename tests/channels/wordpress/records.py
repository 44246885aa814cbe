"""What the stand-in keeps: users and their rights, posts, comments; and who makes a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qs

import requests

from services.sample.exchange import Request

RIGHTS = {
    "administrator": {"moderate_comments", "edit_posts", "list_users", "read"},
    "editor": {"moderate_comments", "edit_posts", "read"},
    "author": {"edit_posts", "read"},
    "subscriber": {"read"},
}


@dataclass
class User:
    id: int
    login: str
    name: str
    role: str = "administrator"
    passwords: dict[str, str] = field(default_factory=dict)  # password -> app id


@dataclass
class Post:
    id: int
    title: str
    author: int
    at: datetime
    slug: str
    kind: str = "posts"
    is_open: bool = True


@dataclass
class Comment:
    id: int
    post: int
    parent: int
    author: int
    name: str
    mail: str
    raw: str
    at: datetime
    status: str = "approved"
    kind: str = "comment"
    rating: int = 0
    agent: str = ""


class Refusal(Exception):
    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


class Ask:
    """One request and who makes it."""

    def __init__(self, request: Request, user: User | None) -> None:
        self.request, self.user = request, user

    def get(self, name: str, default: str = "") -> str:
        return self.request.params.get(name) or default

    def ids(self, name: str) -> set[int]:
        values = [*self.request.params.every(name)]
        return {int(one) for value in values for one in value.split(",") if one.strip().isdecimal()}

    def may(self, right: str) -> bool:
        return self.user is not None and right in RIGHTS[self.user.role]


def come_back(url: str, *, reject: bool = False) -> tuple[int, str, str]:
    """What the owner's browser does on the page ``url``: (status, where it is led to, page)."""
    query = url.partition("?")[2]
    form = {name: values[0] for name, values in parse_qs(query).items()} | (
        {"reject": "No"} if reject else {}
    )
    answer = requests.post(url.partition("?")[0], data=form, allow_redirects=False, timeout=10)
    return answer.status_code, answer.headers.get("Location", ""), answer.text
