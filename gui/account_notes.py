"""What the owner should know about a source that works: its server keeps messages of some people away."""

from __future__ import annotations

from gui.errors import translated
from services.model import Account
from services.words import Sentence
from services.words_accounts import NOTES


def note_words(account: Account, network: str) -> str:
    """One or two sentences, or empty. The key stands in the account's settings since it was added."""
    key = str(account.settings.get("note", ""))
    name = str(account.settings.get("note_name", ""))
    return translated(Sentence(NOTES.get(key, ""), {"network": network, "name": name}))
