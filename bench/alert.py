"""P14: a new complaint is published; from the beginning of the poll that finds it until the notification."""

from __future__ import annotations

import time

from bench import serve
from bench.measure import Figure, Session
from services.app import Shopbell
from services.events import AlertRaised, Event

ANGRY = "This is the worst cake I ever bought. It was mouldy, nobody apologised, and I want my money back!"


def _once(session: Session, shop: serve.Shop, number: int) -> float:
    app = Shopbell.open(session.new_folder("alert"))
    try:
        address = f"{shop.url}/search/mentions.atom"
        account = app.store.add_account("feeds", "Who talks about us", settings={"url": address})
        app.engine.sync_once()
        raised: list[float] = []

        def hear(event: Event) -> None:
            if isinstance(event, AlertRaised):
                raised.append(time.perf_counter())

        app.events.listen(hear)
        shop.control(
            "publish", {"place": "mentions", "author": f"Angry {number}", "text": f"{ANGRY} {number}"}
        )
        began = time.perf_counter()
        app.engine.poll(app.store.account(account.id))
        if not raised:
            raise RuntimeError("nobody was told of the complaint")
        return (raised[0] - began) * 1000
    finally:
        app.close()


def run(session: Session) -> list[Figure]:
    with serve.shop() as shop:
        times = [_once(session, shop, number) for number in range(session.runs)]
    return [Figure("P14", "a complaint published, from its poll to the notification", "ms", times, 300, 100)]
