"""Pictures of the window on the sample shop, for the documentation: ``make screenshots`` or this file by
itself.

Every picture is a process of its own, because the size of a pixel is chosen once per process. Without a
screen the offscreen platform draws; the typeface is Inter where it is installed. The blog and the mailbox are
the servers that the tests speak to.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gui.app import Program
    from gui.first_start import FirstStart
    from gui.inbox.model import InboxModel
    from gui.main_window import MainWindow
    from services.app import Shopbell
    from services.sample.shop import SampleShop

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

# name: theme, width, height, pixel ratio, scene
PLANS = {
    "main-light": ("light", 1280, 768, 1, "complaint"),
    "main-dark": ("dark", 1280, 768, 1, "complaint"),
    "main-narrow-900": ("light", 900, 768, 1, "complaint"),
    "main-light-2x": ("light", 840, 520, 2, "complaint"),
    "main-narrow-640": ("dark", 640, 768, 1, "complaint"),
    "start": ("light", 1280, 768, 1, "start"),
    "reply-held": ("light", 1280, 768, 1, "reply"),
    "template-picker": ("dark", 1280, 768, 1, "picker"),
    "first-start": ("light", 1280, 768, 1, "first"),
    "website-proposals": ("light", 1280, 768, 1, "website"),
    "comment-approval": ("light", 1280, 768, 1, "blog"),
    "mail-attachments": ("dark", 1280, 768, 1, "mail"),
    "complaints-dark": ("dark", 1280, 768, 1, "complaints"),
    "source-died": ("light", 1280, 768, 1, "died"),
    "empty-inbox": ("light", 1280, 768, 1, "empty"),
    "add-source": ("light", 1280, 768, 1, "dialog:add_source"),
    "settings": ("light", 1280, 768, 1, "dialog:settings"),
    "alerts": ("light", 1280, 768, 1, "dialog:alerts"),
    "templates": ("light", 1280, 768, 1, "dialog:templates"),
    "backup": ("light", 1280, 768, 1, "dialog:backup"),
    "keys": ("light", 1280, 768, 1, "dialog:keys"),
}
PATIENCE_S = 30.0
ALERTS_HIGH = 1060
"""So high that the whole page is to be seen."""
REPLY = (
    "Hi Marta, I'm so sorry. The wrong name on a birthday cake is exactly what must not happen. "
    "Come by or write to me, and I'll put it right today.\n- Ana at Rosie's"
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="which pictures; all when none is named")
    parser.add_argument("--out", type=Path, default=PROJECT / "docs" / "screenshots")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    if options.one:
        return take(options.one, options.out)
    failed = 0
    for name in options.names or PLANS:
        environment = {**os.environ, "QT_SCALE_FACTOR": str(PLANS[name][3])}
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
        command = [sys.executable, __file__, "--one", name, "--out", str(options.out)]
        code = subprocess.run(command, env=environment, check=False).returncode
        print(f"{name}: {'done' if code == 0 else f'failed ({code})'}")
        failed += code != 0
    return min(failed, 1)


def customer_of(rows: InboxModel, conversation_id: int) -> str:
    found = rows.conversation(rows.row_of(conversation_id))
    return found.customer_name if found is not None else ""


def website(shop: SampleShop) -> str:
    """The address of a page of the shop that names the places where people talk to it."""
    feeds = (("Our news", shop.feed_urls["blog"]), ("Comments on our blog", shop.feed_urls["comments"]))
    head = "".join(
        f'<link rel="alternate" type="application/rss+xml" title="{title}" href="{url}">'
        for title, url in feeds
    )
    head += f'<link rel="me" href="{shop.url}/@rosies">'
    links = (
        "mailto:hello@rosies.example",
        "https://bsky.app/profile/rosies.example",
        "https://t.me/rosies_bakery_bot",
        "https://www.facebook.com/rosiesbakery",
    )
    body = "".join(f'<a href="{link}">{link}</a>' for link in links)
    page = f"<html><head><title>Rosie's Bakery</title>{head}</head><body>{body}</body></html>"
    return shop.serve("/our-shop", page.encode(), "text/html")


def add_blog(app: Shopbell, until_over: ExitStack) -> str:
    """A WordPress where a comment waits; returns what it says."""
    from tests.channels.wordpress.standin import Standin

    blog = Standin()
    blog.start()
    until_over.callback(blog.stop)
    app.accounts.add("wordpress", blog.settings, blog.secrets, name="Rosie's news")
    return "Do you open on Monday?"


def add_mailbox(app: Shopbell, until_over: ExitStack) -> str:
    """A mailbox with an order and its files; returns how the order begins."""
    from tests.channels.email.mails import mail
    from tests.channels.email.standin import Standin

    provider = Standin(empty=True)
    provider.start()
    until_over.callback(provider.stop)
    order = mail(
        "Good evening,\n\ncould we have twelve more of the seeded rolls on Thursday? "
        "The order and a plan of the back door are attached.\n\nInes, Café am Park",
        sender="Café am Park <ines@cafe.example>",
        subject="Order for Thursday",
        message_id="<order@cafe.example>",
    )
    files = (("application", "pdf", "order-thursday.pdf", 48_000), ("image", "png", "back-door.png", 240_000))
    for kind, format_, name, size in files:
        order.add_attachment(bytes(size), maintype=kind, subtype=format_, filename=name)
    provider.deliver(order)
    settings, secrets = dict(provider.settings), dict(provider.secrets)
    app.accounts.add("email", settings, secrets, name="hello@rosies")
    return "Good evening"


def first_start(program: Program, app: Shopbell, address: str) -> FirstStart:
    """The greeting, with the sample shop's own web address typed in."""
    from gui.first_start import FirstStart

    dialog = FirstStart(app, program.theme, program.window)
    dialog.shop.setText("Rosie's Bakery")
    dialog.first_name.setText("Ana")
    dialog.url.setText(address)
    dialog.open()
    dialog.url.editingFinished.emit()
    return dialog


def open_dialog(window: MainWindow, name: str) -> None:
    from gui.dialogs.channel_cards import ChannelCards

    assert window.sources is not None
    window.sources.show_dialog("settings" if name == "alerts" else name)
    if name == "alerts":
        from gui.dialogs.settings_dialog import SettingsDialog

        (settings,) = window.findChildren(SettingsDialog)
        settings.show_page("notifications")
        settings.resize(settings.width(), ALERTS_HIGH)
    for cards in window.findChildren(ChannelCards):
        cards.choose("mastodon")


def show_words(window: MainWindow, words: str, wait: Callable[[Callable[[], bool]], None]) -> None:
    """Waits for the conversation that begins with these words and opens it."""
    talk, rows = window.conversation, window.inbox.model
    assert talk is not None

    def found() -> int:
        shown = ((one, rows.conversation(rows.row_of(one))) for one in rows.ids())
        return next((one for one, row in shown if row is not None and row.snippet.startswith(words)), 0)

    wait(lambda: found() > 0)
    window.inbox.list.choose(found())
    wait(lambda: talk.subject is not None and talk.subject.id == found())


def open_conversation(window: MainWindow, scene: str, wait: Callable[[Callable[[], bool]], None]) -> None:
    """The first one, or Marta's with a reply on hold or the templates open."""
    conversation, rows = window.conversation, window.inbox.model
    assert conversation is not None
    marta = [one for one in rows.ids() if customer_of(rows, one).startswith("Marta")]
    if scene in ("reply", "picker") and marta:
        window.inbox.list.choose(marta[0])
    else:
        window.inbox.list.step(1)
    wait(lambda: conversation.subject is not None and conversation.composer.isVisible())
    if scene == "reply":
        conversation.composer.editor.set_text(REPLY)
        conversation.composer.submit()
        wait(conversation.undo_bar.isVisible)
    elif scene == "picker":
        conversation.templates.open(False)


def take(name: str, out: Path) -> int:
    """One picture, in this process."""
    sys.setswitchinterval(0.001)
    from PySide6.QtGui import QFont
    from PySide6.QtWidgets import QApplication, QDialog

    from gui.app import Program, make_application
    from services.app import Shopbell
    from services.credentials import Credentials
    from services.sample.tour import Tour

    theme, width, height, _, scene = PLANS[name]
    application = make_application([sys.argv[0]])
    application.setFont(QFont("Inter"))
    with tempfile.TemporaryDirectory() as folder, ExitStack() as until_over:
        tour = Tour(Path(folder), lambda profile: Shopbell.open(profile))
        tour.app.settings.update(theme=theme, sound=False, notifications=False)
        program = Program(tour.app, None, tour=tour)
        window = program.window
        window.resize(width, height)
        program.show()

        def wait(ready: Callable[[], bool]) -> None:
            until = time.monotonic() + PATIENCE_S
            while not ready():
                QApplication.processEvents()
                time.sleep(0.01)
                if time.monotonic() > until:
                    raise TimeoutError(f"{name}: the window never got there")

        def rest(seconds: float) -> None:
            until = time.monotonic() + seconds
            wait(lambda: time.monotonic() > until)

        try:
            wait(lambda: window.conversation is not None)
            wait(lambda: len(window.book) > 0 and all(one.freshness.heard is not None for one in window.book))
            rest(1.0)
            window.show_view("complaints" if scene == "complaints" else "new")
            window.activateWindow()
            if scene == "died":
                tour.shop.revoke_tokens()
                account = next(one.account for one in window.book if one.account.settings.get("signed_in"))
                tour.app.engine.check_now(account.id)
                wait(lambda: any(one.trouble == "sign-in" for one in window.book))
                window.show_source(account.id)
            elif scene == "empty":
                ids = list(window.inbox.model.ids())
                window.desk.act("done", ids)
                wait(lambda: window.inbox.model.rowCount() == 0)
            elif scene == "start":
                wait(lambda: window.inbox.model.rowCount() > 0)
            elif scene in ("first", "website"):
                asked = website(tour.shop) if scene == "website" else tour.shop.blog_url
                # Nothing is connected yet where one starts.
                empty = Shopbell.open(Path(folder) / "new", credentials=Credentials("new", session_only=True))
                until_over.callback(empty.close)
                dialog = first_start(program, empty, asked)
                wait(lambda: bool(dialog.places.places()))
            elif scene in ("blog", "mail"):
                words = (add_blog if scene == "blog" else add_mailbox)(tour.app, until_over)
                show_words(window, words, wait)
            elif scene.startswith("dialog:"):
                tour.app.settings.update(sound=True, notifications=True)
                open_dialog(window, scene.removeprefix("dialog:"))
            else:
                open_conversation(window, scene, wait)
            rest(0.8)
            shown = [
                one for one in application.topLevelWidgets() if isinstance(one, QDialog) and one.isVisible()
            ]
            picture = (shown[0] if shown else window).grab()
            # The lowest quality is the smallest file; PNG loses nothing by it.
            return 0 if picture.save(str(out / f"{name}.png"), "PNG", 0) else 1
        finally:
            program.quit()


if __name__ == "__main__":
    sys.exit(main())
