# ruff: noqa: E501 - what people wrote stands on one line each
"""Around the week's conversations: quotes, talk among customers, rubbish, something taken back, and what is older."""

from __future__ import annotations

from services.sample.script import DAY, SHOP, Line, Scene

ASIDES: tuple[Scene, ...] = (
    # quotes and talk among customers
    Scene(
        "plum-cake",
        (
            Line(
                "petra",
                3.6 * DAY,
                "Ordering mine today. Last year the one with plums was gone before we had found the matches for the candle.",
            ),
        ),
        under="advent",
        kind="quote",
    ),
    Scene(
        "tag-window",
        (
            Line(
                "stella",
                2.0 * DAY,
                "The window of the bakery on Mill Lane at six in the morning, all gold. #rosiesbakery #morning",
            ),
        ),
        kind="tag",
    ),
    Scene(
        "tag-queue",
        (
            Line(
                "karl",
                4.1 * DAY,
                "Queue at #rosiesbakery out to the pharmacy. Went home without bread. They need a second till, badly.",
            ),
        ),
        kind="tag",
    ),
    Scene(
        "tag-recipe",
        (
            Line(
                "greta",
                3.4 * DAY,
                "Tried to copy the cinnamon knots of #rosiesbakery. Let us say mine are rustic.",
            ),
        ),
        kind="tag",
    ),
    Scene(
        "tag-barrow",
        (
            Line(
                "sofia", 1.7 * DAY, "Primera semana en el barrio y ya tengo panadería favorita #rosiesbakery"
            ),
        ),
        kind="tag",
        language="es",
    ),
    # rubbish
    Scene(
        "spam-coin",
        (
            Line(
                "coinbot",
                2.5 * DAY,
                "🚀🚀 Turn 200 into 4000 in 7 days, no risk! DM us NOW or register here https://growth.example/win?ref=8817236612349987123 #crypto #win",
            ),
        ),
    ),
    Scene(
        "spam-rank",
        (
            Line(
                "seobot",
                4.8 * DAY,
                "Hello dear business owner! We checked your website and found 37 errors. Page one on every search engine, guaranteed, first month free: https://growth.example/rank",
            ),
        ),
    ),
    Scene(
        "spam-loan",
        (
            Line(
                "loanbot",
                1.5 * DAY,
                "Need cash for your business today? Loan up to 50.000 without papers. Click https://cashnow.example/go",
            ),
        ),
    ),
    Scene(
        "spam-fans",
        (
            Line(
                "fanbot",
                5.9 * DAY,
                "Buy 10k real followers for 9.99!!! Limited offer https://growth.example/fans",
            ),
        ),
        under="almond",
    ),
    # taken back
    Scene(
        "taken-back",
        (
            Line(
                "karl", 4.05 * DAY, "You are a bunch of crooks and I hope the new oven explodes", deleted=True
            ),
        ),
        under="oven",
    ),
    # from before the week
    Scene(
        "older-thanks",
        (
            Line(
                "lin", 16 * DAY, "Thank you for the bread at our opening, everybody asked where it came from."
            ),
        ),
    ),
    Scene(
        "older-complaint",
        (
            Line(
                "nils",
                21 * DAY,
                "The sandwich I got today had no cheese in it, and it was a cheese sandwich.",
            ),
            Line(
                SHOP,
                20.9 * DAY,
                "That is a bread sandwich, and you paid for more. The next one is ours. Sorry, Nils.",
            ),
        ),
    ),
)
