"""Channels that declare themselves and never speak, and the inbox of an invented bakery, without a database.

Times count from ``NOW``; ids are small integers.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from services.channels.base import (
    Abilities,
    Badge,
    Batch,
    Channel,
    Effort,
    Field,
    Identity,
    Limits,
    SignIn,
    SignInMethod,
)
from services.model import (
    Conversation,
    MessageKind,
    OutboxState,
    State,
)
from tests.fakes import TUESDAY

NOW = TUESDAY


class _Shelf(Channel):
    """A channel that declares itself and never speaks to anybody."""

    interval = timedelta(minutes=2)

    def identify(self) -> Identity:
        return Identity("1", self.title)

    def poll(self, cursor: object) -> Batch:
        return Batch()

    def limits(self) -> Limits:
        return Limits(max_length=500)


def make_channel(kind: str, title: str, badge: Badge, **abilities: Any) -> type[Channel]:
    reads = frozenset(MessageKind)
    return type(
        f"Shelf{kind.title()}",
        (_Shelf,),
        {
            "kind": kind,
            "title": title,
            "badge": badge,
            "signin": SignIn(
                SignInMethod.TOKEN,
                (Field("address", "Address"), Field("token", "Token", secret=True)),
                Effort.MINUTE,
            ),
            "abilities": Abilities(reads, public_reply=True, private_reply=True, **abilities),
        },
    )


FACEBOOK = make_channel("facebook", "Facebook", Badge("Fb", hue=262.0))
REVIEWS = make_channel("reviews", "Google reviews", Badge("Gr", hue=88.0))
INSTAGRAM = make_channel("instagram", "Instagram", Badge("Ig", hue=353.0))
MAIL = make_channel("post", "E-mail", Badge(shape="mail", hue=74.0))
TOOT = make_channel("toot", "Mastodon", Badge("Ma", hue=292.0))
SKY = make_channel("sky", "Bluesky", Badge("Bs", hue=247.0))
BLOG = make_channel("blog", "WordPress", Badge("Wp", hue=224.0))
FORUM = make_channel("forum", "Discourse", Badge("Dc", hue=112.0))
CHANNELS = (FACEBOOK, REVIEWS, INSTAGRAM, MAIL, TOOT, SKY, BLOG, FORUM)
NAMES = (
    "Facebook",
    "Google reviews",
    "Instagram",
    "hello@rosies",
    "Mastodon",
    "Bluesky",
    "Our blog",
    "Neighbours",
)


def conversation(id_: int, **changes: Any) -> Conversation:
    """A row of the inbox; waits since an hour unless told."""
    base = Conversation(
        id=id_,
        account_id=1,
        kind=MessageKind.MENTION,
        state=State.NEW,
        customer_name=f"Customer {id_}",
        customer_handle=f"@customer{id_}",
        title="",
        snippet=f"Do you bake on day {id_}?",
        last_at=NOW - timedelta(hours=1),
        waiting_since=NOW - timedelta(hours=1),
        unread=1,
        messages=1,
    )
    return replace(base, **changes)


def shop_rows() -> tuple[Conversation, ...]:
    """The rows of the drawings: Tuesday, 24 November 2026, 07:04, Rosie's Bakery."""

    def ago(hours: int = 0, minutes: int = 0) -> datetime:
        return NOW - timedelta(hours=hours, minutes=minutes)

    def row(
        id_: int, account: int, kind: MessageKind, name: str, waits: datetime | None, text: str, **more: Any
    ) -> Conversation:
        last = waits or NOW - timedelta(hours=17)
        fields = {
            "account_id": account,
            "kind": kind,
            "customer_name": name,
            "snippet": text,
            "last_at": last,
        }
        return conversation(id_, **{**fields, "waiting_since": waits, **more})

    kinds = MessageKind
    return (
        row(
            1,
            1,
            kinds.COMMENT,
            "Marta Lindqvist",
            ago(12, 52),
            "Picked up the birthday cake for my daughter this afternoon "
            "and the name on it was wrong. We paid 48 for it. I called twice and nobody answered.",
            is_complaint=True,
            topic="wrong-order",
            reasons=("was wrong", "nobody answered"),
            unread=0,
            messages=2,
        ),
        row(
            2,
            2,
            kinds.REVIEW,
            "Tom Hadley",
            ago(9, 5),
            "Croissants were hard at eight in the morning and the girl at the "
            "till said there was nothing she could do.",
            is_complaint=True,
            topic="not-fresh",
            stars=2,
        ),
        row(
            3,
            3,
            kinds.DIRECT,
            "Inês Duarte",
            ago(19, 40),
            "Hi! Can I still change the flavour for Saturday? Lemon instead of "
            "chocolate if it’s not too late",
            reply_until=NOW + timedelta(hours=4, minutes=20),
            private=True,
        ),
        row(
            4,
            4,
            kinds.EMAIL,
            "Café am Park",
            ago(7, 34),
            "Good evening, could we have twelve more of the seeded rolls on "
            "Thursday? Same time at the back door.",
            title="Order for Thursday",
            private=True,
        ),
        row(
            5,
            6,
            kinds.MENTION,
            "Fennel & Oats",
            ago(0, 48),
            "@rosiesbakery do you have anything gluten-free on Sundays? Coming in with my mum",
        ),
        row(
            6,
            5,
            kinds.REPLY,
            "Piet Verhoeven",
            ago(0, 22),
            "Best rye in town. Drove twenty minutes for it and would again 🙂",
            title="Rye is back",
        ),
        row(
            7,
            7,
            kinds.COMMENT,
            "Noor",
            ago(0, 9),
            "How warm do you keep it in winter? Mine gives up every January.",
            title="Our starter is 20 years old",
        ),
        row(
            8,
            8,
            kinds.POST,
            "Gate 12",
            ago(0, 2),
            "Has anyone tried the new place on the corner?",
            title="Where to get bread",
        ),
        row(
            9,
            1,
            kinds.COMMENT,
            "Rosa Blum",
            None,
            "Yes, from the first of December. Shall I put one aside?",
            state=State.WAITING,
            title="Christmas stollen",
            answered_at=ago(17, 2),
            answered_elsewhere=True,
            unread=0,
        ),
        row(
            10,
            2,
            kinds.REVIEW,
            "Otto Feld",
            None,
            "Thank you, Otto. We will tell the whole team, they were up at three",
            state=State.WAITING,
            answered_at=ago(20),
            outbox_state=OutboxState.FAILED,
            unread=0,
            stars=5,
        ),
        row(
            11,
            4,
            kinds.EMAIL,
            "Haus Linde",
            None,
            "Dear Ana, could we come for a tasting in January?",
            state=State.SNOOZED,
            title="Wedding cake, 12 June",
            has_draft=True,
            snoozed_until=NOW + timedelta(days=6, minutes=56),
            unread=0,
        ),
        row(12, 5, kinds.FOLLOW, "Bread Club", None, "Follows you", state=State.NEW, unread=1),
    )
