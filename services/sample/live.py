# ruff: noqa: E501 - what people wrote stands on one line each
"""What goes on happening while one looks: a fixed order of events, one at a time, by hand or by a thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from services.sample.chatter import opening, sentence
from services.sample.people import CUSTOMERS
from services.sample.script import SHOP, Line, Scene, Webbed

FIRST_AFTER_S = 20.0


@dataclass(frozen=True, slots=True)
class Turn:
    """One event. ``scene`` (its first line), ``web`` entry, or a change:
    ``edit``/``delete``/``phone``/``follow`` with whom or what it is about."""

    name: str
    scene: Scene | None = None
    web: Webbed | None = None
    change: str = ""
    about: str = ""
    text: str = ""


def _says(
    key: str, who: str, text: str, under: str = "", kind: str = "mention", language: str = "en"
) -> Turn:
    return Turn(key, scene=Scene(key, (Line(who, 0, text),), under=under, kind=kind, language=language))


TURNS: tuple[Turn, ...] = (
    _says(
        "live-stale-rolls",
        "karl",
        "Bought six rolls ten minutes ago and four of them are as hard as stone. The lady said that is how they are. It is not how they are. I want my money back.",
    ),
    _says("live-rye-left", "kofi", "Is there any rye left, or shall I save my legs?", under="rye"),
    Turn(
        "live-comment",
        web=Webbed(
            "live-comment",
            "comments",
            "Beatrix",
            0,
            "Gustav! Ours is called Helga. Do you feed with rye or with wheat?",
            under="starter",
        ),
    ),
    Turn("live-phone", change="phone", about="live-rye-left", text="Seven loaves. Run!"),
    Turn("live-follow", change="follow", about="dora"),
    _says(
        "live-ines-again",
        "ines",
        "Any news about the lemon cake? I would need to know by tomorrow evening",
        kind="direct",
    ),
    Turn(
        "live-edit",
        change="edit",
        about="live-stale-rolls",
        text="Bought six rolls ten minutes ago and four of them are as hard as stone. The lady said that is how they are. It is not how they are. I want my money back. Edit: five of them.",
    ),
    _says(
        "live-praise",
        "joy",
        "Nine singers, one cake, no crumbs left. The poppy one was heavenly!",
        under="advent",
    ),
    Turn(
        "live-forum",
        web=Webbed(
            "live-forum",
            "forum",
            "night_owl",
            0,
            "Rosie’s had no bread at half past four today. A bakery. Without bread.",
            under="f-where",
        ),
    ),
    _says(
        "live-german",
        "otto",
        "Heute war das Fenster zu und mein Hund sehr traurig. Habt ihr morgen wieder auf?",
        language="de",
    ),
    _says(
        "live-spam",
        "seobot",
        "Dear owner, last chance! Your page is losing customers every minute. https://growth.example/rank?id=2",
    ),
    _says(
        "live-burnt",
        "camille",
        "Le dessous du pain était brûlé ce matin, et j’ai dû tout jeter. C’est la deuxième fois.",
        language="fr",
    ),
    Turn("live-delete", change="delete", about="live-german"),
    Turn(
        "live-blog",
        web=Webbed(
            "live-blog",
            "blog",
            "Rosie",
            0,
            "Tomorrow we open at five, because the market does. There will be coffee, and Ana will whistle.",
            "Open at five tomorrow",
        ),
    ),
)


class Live:
    """``perform`` carries out one turn; it is called under no lock and may be slow."""

    def __init__(self, perform: Callable[[Turn], None]) -> None:
        self._perform = perform
        self._lock = threading.Lock()
        self._next = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def skip_to(self, number: int) -> None:
        """So many have happened before."""
        with self._lock:
            self._next = number

    def tick(self) -> str:
        """Makes the next event happen and returns its name."""
        with self._lock:
            turn = TURNS[self._next] if self._next < len(TURNS) else _invented(self._next)
            self._next += 1
            self._perform(turn)
            return turn.name

    def start(self, interval_s: float) -> None:
        """The first event comes after at most 20 seconds, whatever the interval."""
        if self._thread is not None:
            return
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, args=(interval_s,), name="sample-live", daemon=True)
        self._thread.start()

    def _run(self, interval_s: float) -> None:
        pause = min(interval_s, FIRST_AFTER_S)
        while not self._stop.wait(pause):
            self.tick()
            pause = interval_s

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None


def _invented(number: int) -> Turn:
    """When everything written down has happened, the town goes on talking."""
    writers = [c for c in CUSTOMERS if c.key not in ("quiet", SHOP) and "growth" not in c.handle]
    return _says(
        f"live-{number}", writers[number % len(writers)].key, f"{opening(number * 3)} {sentence(number)}"
    )
