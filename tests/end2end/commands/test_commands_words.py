"""What a person reads on standard error when something stands in the way."""

from __future__ import annotations

import pytest

from services.sample import SampleShop
from tests.end2end.program import Program

pytestmark = pytest.mark.keyring


def test_a_sync_that_could_not_hear_somebody_says_what_to_do(
    added: object, program: Program, shop: SampleShop
) -> None:
    shop.fault(path="/api/v1/notifications", times=None, kind="status", status=401)
    done = program.run("sync", "--json")
    assert done.err == "shopbell: Mastodon does not accept this sign-in. Sign in again.\n"
    assert done.json["accounts"][0]["error"] == "Mastodon does not accept this sign-in. Sign in again."
    told = program.good("accounts", "list")[0]["freshness"]["error"]
    assert told == "Mastodon does not accept this sign-in. Sign in again."


def test_a_feed_that_takes_no_answers_is_called_by_its_name(program: Program, shop: SampleShop) -> None:
    program.good(
        "accounts", "add", "feeds", "--set", f"url={shop.url}/blog/comments/feed/", "--name", "Our blog"
    )
    program.good("sync")
    row = program.good("inbox", "--view", "all", "--limit", 1)["conversations"][0]
    said = program.bad("reply", row["id"], "--text", "Thank you", "--now")
    assert said == "Our blog takes no answers from outside. Copy the text and open the page there."
