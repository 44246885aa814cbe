"""Is it a complaint, is it spam, and which words say so. ``Triage`` is the contract; the scorer behind it
may be replaced.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from services.model import MessageKind

if TYPE_CHECKING:
    from services.model import Message, Verdict
    from services.triage.lexicon import Lexicon

WORDS = Path(__file__).resolve().parents[2] / "resources" / "triage" / "words.json"


class Triage:
    """Judges texts, one by one and from any thread. The words are loaded at the first call (about 15 ms)."""

    def __init__(self, words: Path = WORDS) -> None:
        self._words = words
        self._lexicon: Lexicon | None = None
        self._lock = threading.Lock()

    def judge(self, message: Message | str) -> Verdict:
        """``reasons`` are exact pieces of the text (title and text, in that order), the heaviest first.

        New followers say nothing that could be a complaint.
        """
        if isinstance(message, str):
            return self._loaded().judge(message)
        if message.kind is MessageKind.FOLLOW:
            from services.model import Verdict

            return Verdict()
        verdict = self._loaded().judge(message.text, title=message.title, stars=message.stars)
        if message.is_junk:
            from dataclasses import replace

            return replace(verdict, is_spam=True)
        return verdict

    def complaint_scores(self, texts: Iterable[str]) -> list[float]:
        """0 to 1 for each text; from 0.5 on it counts as a complaint."""
        lexicon = self._loaded()
        return [lexicon.judge(text).score for text in texts]

    def _loaded(self) -> Lexicon:
        if self._lexicon is None:
            with self._lock:
                if self._lexicon is None:
                    from services.triage.lexicon import Lexicon

                    self._lexicon = Lexicon.load(self._words)
        return self._lexicon
