"""What there is to decide, page by page: a table; ``setting_rows`` draws it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from gui.dialogs.notification_page import notification_page
from gui.dialogs.setting_rows import PagePlan, RowPlan
from gui.dialogs.update_page import update_page
from services.settings import TEXT_SIZES


def tr(text: str) -> str:
    return QCoreApplication.translate("Settings", text)


AUTOSTART = "autostart"
"""Not kept with the settings: the system has it."""


def setting_pages(updates: str = "", *, has_autostart: bool = False) -> tuple[PagePlan, ...]:
    """``updates``: what is known of newer versions, in words. ``has_autostart``: the program is installed, so
    that the system can start it."""
    by_itself = RowPlan(
        "switch",
        AUTOSTART,
        tr("Start with this computer"),
        tr("In the background, as the bell beside the clock, so that nothing waits unheard"),
    )
    shop = PagePlan(
        "shop",
        tr("Shop"),
        "pin",
        (
            (
                RowPlan("text", "shop_name", tr("Shop"), tr("How your public replies are signed")),
                RowPlan("text", "owner_first_name", tr("Your first name"), tr("Signs your replies")),
                RowPlan("text", "shop_url", tr("Web address of the shop")),
            ),
        ),
    )
    sources = PagePlan(
        "sources",
        tr("Sources"),
        "feed",
        (
            (
                RowPlan(
                    "switch",
                    "poll",
                    tr("Listen"),
                    tr("Off: nothing is asked anywhere until you turn it on again"),
                ),
                *((by_itself,) if has_autostart else ()),
                RowPlan(
                    "choice",
                    "backfill_days",
                    tr("How far back a new source reaches"),
                    tr("It arrives quietly; nothing rings for old messages"),
                    (
                        (0, tr("From now on")),
                        (14, tr("14 days")),
                        (30, tr("30 days")),
                        (90, tr("90 days")),
                    ),
                ),
                RowPlan(
                    "button",
                    "dialog:sources",
                    tr("All sources"),
                    tr("When each was last heard, and one button for each"),
                    words=tr("Show sources"),
                ),
            ),
        ),
    )
    rings = notification_page()
    seconds, minutes = tr("{n} seconds"), tr("{n} minutes")
    replies = PagePlan(
        "replies",
        tr("Replies"),
        "template",
        (
            (
                RowPlan(
                    "choice",
                    "hold_s",
                    tr("Time to take a reply back"),
                    tr("A reply waits this long before it leaves"),
                    ((0, tr("None")), *((n, seconds.format(n=n)) for n in (5, 10, 20, 30, 60))),
                ),
                RowPlan(
                    "choice",
                    "target_s",
                    tr("You want to have answered within"),
                    tr("Counts in Insights, and says when a reminder comes"),
                    (
                        (900, minutes.format(n=15)),
                        (1800, minutes.format(n=30)),
                        (3600, tr("1 hour")),
                        (14400, tr("4 hours")),
                        (86400, tr("1 day")),
                    ),
                ),
                RowPlan(
                    "button",
                    "dialog:templates",
                    tr("Templates"),
                    tr("Saved replies, typed with /"),
                    words=tr("Show templates"),
                ),
            ),
        ),
    )
    complaints = PagePlan(
        "complaints",
        tr("Complaints"),
        "complaint",
        (
            (
                RowPlan(
                    "button",
                    "dialog:taught",
                    tr("What you taught"),
                    tr("Every time you said what is a complaint or spam"),
                    words=tr("Show what you taught"),
                ),
            ),
            (
                RowPlan(
                    "switch",
                    "fold_abusive",
                    tr("Fold abusive messages"),
                    tr("They are shown when you ask for them; complaints among them still ring"),
                ),
                RowPlan(
                    "button",
                    "dialog:muted",
                    tr("Muted people"),
                    tr("They never ring, and wait for no answer"),
                    words=tr("Show muted people"),
                ),
                RowPlan(
                    "switch",
                    "clear_spam",
                    tr("Clear old spam"),
                    tr("The texts of spam older than 30 days go from this computer by themselves"),
                ),
            ),
        ),
    )
    look = PagePlan(
        "look",
        tr("Look"),
        "theme",
        (
            (
                RowPlan(
                    "choice",
                    "theme",
                    tr("Light or dark"),
                    "",
                    (("system", tr("As the system")), ("light", tr("Light")), ("dark", tr("Dark"))),
                ),
                RowPlan(
                    "choice",
                    "text_size",
                    tr("Text size"),
                    "",
                    tuple((n, tr("{n} %").format(n=n)) for n in TEXT_SIZES),
                ),
                RowPlan(
                    "switch",
                    "compact_rows",
                    tr("Compact rows"),
                    tr("More conversations at once, one line of text each"),
                ),
                RowPlan(
                    "switch",
                    "reduce_motion",
                    tr("Reduce motion"),
                    tr("Nothing slides; the ring of a held reply becomes a number"),
                ),
            ),
        ),
    )
    care = PagePlan(
        "backup",
        tr("Backup"),
        "backup",
        (
            (
                RowPlan(
                    "button",
                    "dialog:backup",
                    tr("One file with everything"),
                    tr("All but the sign-ins, which stay in this computer’s key store"),
                    words=tr("Back up or restore"),
                ),
            ),
        ),
    )
    keys = PagePlan(
        "keys",
        tr("Keys"),
        "keyboard",
        (
            (
                RowPlan(
                    "button",
                    "dialog:keys",
                    tr("Everything works by keyboard"),
                    tr("? shows the keys at any time"),
                    words=tr("Show the keys"),
                ),
            ),
        ),
    )
    return (shop, sources, rings, complaints, replies, look, care, update_page(updates), keys)
