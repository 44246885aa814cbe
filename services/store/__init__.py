"""SQLite, and every line of SQL in the project. ``Store`` is the one way in; see its docstring."""

from services.store.care import fold, is_sound, put_back, totals_of
from services.store.codec import digest
from services.store.facade import Store
from services.store.migrate import good_copies
from services.store.shapes import Answered, Applied, Day, Figures, Label, NewMessage

__all__ = [
    "Answered",
    "Applied",
    "Day",
    "Figures",
    "Label",
    "NewMessage",
    "Store",
    "digest",
    "fold",
    "good_copies",
    "is_sound",
    "put_back",
    "totals_of",
]
