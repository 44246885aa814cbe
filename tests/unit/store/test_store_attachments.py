"""What came with a message: names and sizes are kept, and what an older version stored still reads."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.model import Account, Attachment
from services.store import Applied, Store
from services.store.codec import dump_attachments, load_attachments
from tests.unit.store.kit import Builder

Put = Callable[..., Applied]
BILL = Attachment("file", "", "The bill", "bill.pdf", 48_211, "2.1")
PICTURE = Attachment("image", "https://a.example/cake.jpg", "A blue cake")


def test_everything_about_an_attachment_is_kept(
    store: Store, account: Account, make: Builder, put: Put
) -> None:
    put(make.said("a", attachments=(BILL, PICTURE)))
    home = store.find_conversation(account.id, "a")
    assert home is not None
    assert store.thread(home).messages[0].attachments == (BILL, PICTURE)


@pytest.mark.parametrize(
    "one", [BILL, PICTURE, Attachment("file", "", size=0), Attachment("file", "", part="1")]
)
def test_there_and_back(one: Attachment) -> None:
    assert load_attachments(dump_attachments((one,))) == (one,)


def test_rows_of_before_still_read_and_look_the_same() -> None:
    old = '[["image","https://a.example/cake.jpg","A blue cake"]]'
    assert load_attachments(old) == (PICTURE,)
    # The same text again, or every picture known would count as changed once.
    assert dump_attachments((PICTURE,)) == old


def test_a_size_that_becomes_known_is_taken_over(
    store: Store, account: Account, make: Builder, put: Put
) -> None:
    put(make.said("a", attachments=(Attachment("file", "", name="bill.pdf"),)))
    put(make.said("a", attachments=(BILL,)))
    home = store.find_conversation(account.id, "a")
    assert home is not None
    assert store.thread(home).messages[0].attachments == (BILL,)
