"""Is it a complaint, is it spam, and which words say so. ``Triage`` is what the program asks; the model
behind it learns from the owner's corrections.

``complaint_scores`` and ``spam_scores`` are the shipped model without any correction, for measuring.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from services.model import MessageKind

if TYPE_CHECKING:
    from services.model import Message, Verdict
    from services.triage.complaints import ComplaintModel

Told = Iterable[tuple[str, str]]
"""Text and the owner's word for it: ``complaint``, ``not-complaint`` or ``spam``."""


def complaint_scores(texts: list[str]) -> list[float]:
    """0 to 1 for each text; best cut at 0.5."""
    return _model().score(texts)


def spam_scores(texts: list[str]) -> list[float]:
    """0 to 1 for each text; best cut at 0.5."""
    return _model().spam_score(texts)


def _model() -> ComplaintModel:
    from services.triage.complaints import ComplaintModel

    return ComplaintModel()


def __getattr__(name: str) -> object:
    if name == "ComplaintModel":
        # Read when it is first asked for: nothing of it is needed before the first paint.
        from services.triage.complaints import ComplaintModel

        return ComplaintModel
    raise AttributeError(name)


class Triage:
    """Judges texts, one by one and from any thread. The model is loaded at the first call.

    ``told`` gives all corrections of the owner; it is asked at the first call and after each ``relearn``.
    """

    def __init__(self, told: Callable[[], Told] = tuple) -> None:
        self._told = told
        self._model: ComplaintModel | None = None
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
        # Entries and posts are talk that was found; all else was said to the shop.
        is_to_us = message.kind not in (MessageKind.ENTRY, MessageKind.POST)
        return self._loaded().judge(message.text, title=message.title, stars=message.stars, is_to_us=is_to_us)

    def complaint_scores(self, texts: Iterable[str]) -> list[float]:
        """0 to 1 for each text, with what the owner taught."""
        return self._loaded().score(texts)

    def relearn(self) -> None:
        """After the owner said something of a message or took it back; takes up to a second, in a worker.
        Nothing where nothing was judged yet."""
        with self._lock:
            if self._model is not None:
                self._teach(self._model)

    def _loaded(self) -> ComplaintModel:
        if self._model is None:
            with self._lock:
                if self._model is None:
                    from services.triage.complaints import ComplaintModel

                    model = ComplaintModel()
                    self._teach(model)
                    self._model = model
        return self._model

    def _teach(self, model: ComplaintModel) -> None:
        from services.triage.complaints import Correction

        told = list(self._told())
        model.teach(
            [Correction(text, int(word == "complaint")) for text, word in told if word != "spam"]
            + [Correction(text, 0) for text, word in told if word == "spam"],
            [Correction(text, int(word == "spam")) for text, word in told],
        )
