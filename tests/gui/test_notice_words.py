"""What a notification says, kind by kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gui.conversation.when import day_and_time
from gui.notice_words import notice_of
from services.events import AlertRaised

NOW = datetime(2026, 11, 24, 12, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("alert", "title", "body"),
    [
        (
            AlertRaised("complaint", 4, count=2, names=("Marta",), place="Facebook", excerpt="Hello?"),
            "Complaint from Marta",
            "Facebook: 2 messages, the last: “Hello?”",
        ),
        (
            AlertRaised("complaint", count=5, names=("Tom", "Marta", "Rosa"), waited_s=7200),
            "5 new complaints",
            "Tom, Marta, Rosa and others.",
        ),
        (
            AlertRaised("spike", count=3, names=("Tom", "Marta"), about="croissants", about_kind="word"),
            "3 complaints in 2 hours, more than usual",
            "Tom, Marta and others. About “croissants”.",
        ),
        (
            AlertRaised("spike", count=4, about="Rye is back", about_kind="post"),
            "4 complaints in 2 hours, more than usual",
            "Under “Rye is back”.",
        ),
        (
            AlertRaised("spike", count=4, about="wrong-order", about_kind="topic"),
            "4 complaints in 2 hours, more than usual",
            "Mostly: wrong order.",
        ),
        (
            AlertRaised("waiting", 4, names=("Marta",), place="Facebook", waited_s=2000),
            "Marta still waits",
            "Facebook, 33 min",
        ),
        (AlertRaised("waiting", 4, waited_s=2000), "Somebody still waits", "33 min"),
        (
            AlertRaised("back", 4, names=("Marta",), place="Facebook", excerpt="Hello?"),
            "Back: Marta",
            "Facebook: “Hello?”",
        ),
        (AlertRaised("back", count=2, names=("Marta", "Tom")), "Back: 2 conversations", "Marta and Tom."),
        (
            AlertRaised("waiting", count=2, names=("Marta", "Tom"), waited_s=7500),
            "2 people still wait",
            "Marta and Tom. Longest: 2 h 05.",
        ),
        (
            AlertRaised("quiet-over", count=5, complaints=1, direct=2, names=("Marta",)),
            "5 messages while it was quiet",
            "1 complaint, 2 private messages, 2 others. Marta and others.",
        ),
        (
            AlertRaised("complaint", names=("Marta",), place="Facebook", excerpt="It was wrong…"),
            "Complaint from Marta",
            "Facebook: “It was wrong…”",
        ),
        (
            AlertRaised("complaint", count=3, names=("Tom", "Marta", "Rosa")),
            "3 complaints in the last hour",
            "Tom, Marta and Rosa.",
        ),
        (AlertRaised("complaint", place="Facebook"), "A complaint on Facebook", "Text hidden, as you asked."),
        (
            AlertRaised("direct", names=("Inês Duarte",), place="Instagram"),
            "Message from Inês Duarte",
            "Instagram, private",
        ),
        (
            AlertRaised("several", count=5, names=("Café am Park",), waited_s=2400),
            "5 new messages",
            "Longest waiting: Café am Park, 40 min.",
        ),
        (
            AlertRaised("complaint", 4, names=("Marta",), place="Facebook", is_abusive=True),
            "An abusive message from Marta",
            "Facebook: a complaint. Folded until you choose “Show anyway”.",
        ),
        (
            AlertRaised("direct", 4, count=2, names=("Marta",), place="Facebook", is_abusive=True),
            "An abusive message from Marta",
            "Facebook, private: 2 messages. Folded until you choose “Show anyway”.",
        ),
        (
            AlertRaised("back", 4, names=("Marta",), is_abusive=True),
            "Back: an abusive message from Marta",
            "Folded until you choose “Show anyway”.",
        ),
        (
            AlertRaised("complaint", 4, place="Facebook", is_abusive=True),
            "A complaint on Facebook",
            "Text hidden, as you asked.",
        ),
        (
            AlertRaised(
                "account", account_id=1, place="Facebook", error_kind="sign-in-needed", waited_s=7200
            ),
            "Facebook needs you",
            f"Nothing heard since {day_and_time(NOW - timedelta(hours=2), NOW)}. Sign in again.",
        ),
        (
            AlertRaised("reply-failed", 1, names=("Tom",), place="Google reviews", error_kind="refused"),
            "Your reply to Tom did not leave",
            "Google reviews did not take it. It is kept as a draft.",
        ),
        (
            AlertRaised("reply-failed", 1, names=("Tom",), place="Mastodon", error_kind="unclear"),
            "Not sure your reply to Tom arrived",
            "The connection to Mastodon broke off.",
        ),
    ],
)
def test_the_words_of_every_kind(alert: AlertRaised, title: str, body: str) -> None:
    notice = notice_of(alert, NOW)
    assert (notice.title, notice.body) == (title, body)


def test_a_notice_is_plain_and_short() -> None:
    alert = AlertRaised("complaint", names=("A\x07\n\u202eB",), place="P", excerpt="Lorem ipsum " * 50)
    notice = notice_of(alert)
    assert notice.title == "Complaint from A B"
    assert len(notice.body) <= 200
    # Cut at a word, and the quotation is closed.
    assert notice.body.endswith((" Lorem…”", " ipsum…”"))
    assert len(notice_of(AlertRaised("complaint", names=("x" * 500,))).title) <= 200


def test_buttons_only_where_one_conversation_is_meant() -> None:
    assert notice_of(AlertRaised("complaint", 4)).offers == ("reply", "later")
    assert notice_of(AlertRaised("direct", 4)).offers == ("reply", "later")
    assert notice_of(AlertRaised("waiting", 4)).offers == ("reply", "later")
    assert notice_of(AlertRaised("complaint", count=3)).offers == ()
    assert notice_of(AlertRaised("reply-failed", 4)).offers == ()
