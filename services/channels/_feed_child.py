"""Reading a long document in a process of its own, which ends at a deadline.

A parser holds the interpreter while it looks through millions of bytes, and the window would stand still.
Its entries come back a few at a time for the same reason. The process is started afresh ("spawn"), which is
the one way that works with threads, on every system and in a frozen program.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from typing import Any

from services.channels._feed_shape import FeedDocument, FeedEntry, NotAFeed

DEADLINE_S = 30.0
SLICE = 50
"""Entries handed over at once: half a millisecond to unpack."""


def is_child() -> bool:
    """Such a process reads everything itself."""
    import multiprocessing

    return multiprocessing.parent_process() is not None


def answer(pipe: Any, read: Callable[[], FeedDocument]) -> None:
    """In the child: the document without its entries, these in slices, then None; or why it is no feed."""
    try:
        document = read()
        pipe.send(replace(document, entries=()))
        for at in range(0, len(document.entries), SLICE):
            pipe.send(document.entries[at : at + SLICE])
        pipe.send(None)
    except NotAFeed as reason:
        pipe.send(reason.reason)
    finally:
        pipe.close()


def parse_in_child(
    work: Callable[..., None],
    body: bytes,
    content_type: str,
    url: str,
    *,
    deadline_s: float = DEADLINE_S,
) -> FeedDocument:
    """``work`` gets a pipe for ``answer`` and the arguments. Raises NotAFeed("timeout") at the deadline, also
    NotAFeed when the process crashes, OSError when none can be started."""
    import multiprocessing

    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    try:
        child = context.Process(
            target=work, args=(theirs, body, content_type, url), daemon=True, name="feed-reader"
        )
        child.start()
    except OSError:
        ours.close()
        raise
    finally:
        theirs.close()
    end = monotonic() + deadline_s
    try:
        return _received(ours, end)
    except (EOFError, OSError) as error:
        raise NotAFeed("not-a-feed") from error
    finally:
        ours.close()
        child.kill()
        child.join()
        child.close()


def _received(pipe: Any, end: float) -> FeedDocument:
    head: FeedDocument | None = None
    entries: list[FeedEntry] = []
    while pipe.poll(max(0.0, end - monotonic())):
        part = pipe.recv()
        if isinstance(part, str):
            raise NotAFeed(part)
        if isinstance(part, FeedDocument):
            head = part
        elif part is None and head is not None:
            return replace(head, entries=tuple(entries))
        else:
            entries += part
    raise NotAFeed("timeout")
