"""Adding a source whose own page hands a name and a password over, or shows the password to paste."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from gui.dialogs.add_source import AddSourceDialog
from gui.theme import Theme
from services.app import Shopbell
from services.channels.base import AuthorizeRequest, Tools
from services.channels.wordpress import WordPress
from services.model import JsonObject
from tests.channels.wordpress.records import come_back
from tests.channels.wordpress.standin import Standin
from tests.gui.browser import Browser
from tests.gui.dialogs.help import click


class Older(WordPress):
    """As a site that does not lead the browser back to this machine."""

    kind = "older"
    title = "Older blog"

    @classmethod
    def begin_signin(cls, settings: JsonObject, redirect_uri: str, tools: Tools) -> AuthorizeRequest:
        assert redirect_uri
        return replace(super().begin_signin(settings, "", tools), shows_code=True)


@pytest.fixture
def blog() -> Iterator[Standin]:
    standin = Standin()
    standin.start()
    yield standin
    standin.stop()


def follow(url: str) -> None:
    with urllib.request.urlopen(url, timeout=5) as answer:
        answer.read()


def test_the_page_hands_over_name_and_password(
    adding: AddSourceDialog, blog: Standin, browser: Browser, app: Shopbell, qtbot: Any
) -> None:
    adding.cards.choose("wordpress")
    assert adding.form is not None
    adding.form.fill({"url": blog.site.url})
    click(qtbot, adding.go)
    qtbot.waitUntil(lambda: adding.state == "waiting" and bool(browser.opened), timeout=20_000)
    led_to = come_back(browser.opened[0])[1]
    with qtbot.waitSignal(adding.added, timeout=20_000):
        threading.Thread(target=follow, args=(led_to,), daemon=True).start()
    account = app.store.accounts()[0]
    assert account.settings["user"] == "rosie"
    assert app.credentials.get(account.id)["app_password"] in blog.owner.passwords


def test_a_page_that_shows_the_password_asks_for_it_at_once(
    app: Shopbell, theme: Theme, show: Any, blog: Standin, browser: Browser, qtbot: Any
) -> None:
    app.channels.add(Older)
    adding: AddSourceDialog = show(AddSourceDialog(app, theme))
    adding.cards.choose("older")
    assert adding.form is not None
    adding.form.fill({"url": blog.site.url, "user": "rosie"})
    click(qtbot, adding.go)
    qtbot.waitUntil(lambda: adding.state == "code", timeout=20_000)
    assert adding.browser_page.title.text() == "Paste the code"
    adding.browser_page.code.setText(come_back(browser.opened[-1])[2].partition("is: ")[2])
    qtbot.waitUntil(adding.go.isEnabled, timeout=20_000)
    with qtbot.waitSignal(adding.added, timeout=20_000):
        click(qtbot, adding.go)
    assert app.store.accounts()[0].kind == "older"
