"""``python -m services.sample``: the sample shop alone. Prints one line of JSON with its addresses and
tokens, then serves until its standard input ends or it is interrupted."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading

from services.sample.control import addresses
from services.sample.flavours import FLAVOURS
from services.sample.shop import SampleShop


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m services.sample", description="A bakery's week on a server of its own."
    )
    parser.add_argument("--port", type=int, default=0, help="default: chosen by the system")
    parser.add_argument("--flavour", choices=sorted(FLAVOURS), default="mastodon")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--count", type=int, help="how many Mastodon conversations")
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument(
        "--rate-limit", type=int, default=30_000, help="requests in 5 minutes (real servers: 300)"
    )
    parser.add_argument("--live", type=float, metavar="SECONDS", help="make something happen every so often")
    parser.add_argument("--until-eof", action="store_true", help="end when standard input ends")
    options = parser.parse_args(argv)
    shop = SampleShop(
        seed=options.seed,
        flavour=options.flavour,
        count=options.count,
        port=options.port,
        rate_limit=options.rate_limit,
        paging_limit=options.rate_limit,
        latency_s=options.latency_ms / 1000,
    )
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with shop:
        print(json.dumps(addresses(shop)), flush=True)
        if options.live:
            shop.live(options.live)
        if options.until_eof:
            threading.Thread(target=_wait_for_end, args=(ended,), daemon=True).start()
        while not ended.wait(3600):
            pass
    return 0


def _wait_for_end(ended: threading.Event) -> None:
    sys.stdin.read()
    ended.set()


if __name__ == "__main__":
    sys.exit(main())
