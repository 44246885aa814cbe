"""SQLite, and every line of SQL in the project. ``Store`` is the one way in; see its docstring."""

from typing import TYPE_CHECKING

from services.store.codec import digest
from services.store.copies import good_copies
from services.store.facade import Store
from services.store.migrate import is_database, is_older, latest as newest_version, refuse_newer

if TYPE_CHECKING:
    from services.store.care import copy_closed, fold, is_sound, put_back, totals_of
    from services.store.shapes import Answered, Applied, Day, Figures, Label, NewMessage
else:
    _LATER = {
        **dict.fromkeys(("copy_closed", "fold", "is_sound", "put_back", "totals_of"), "care"),
        **dict.fromkeys(("Answered", "Applied", "Day", "Figures", "Label", "NewMessage"), "shapes"),
    }

    def __getattr__(name):
        """What the first paint does not need is read when somebody asks for it."""
        if name not in _LATER:
            raise AttributeError(name)
        from importlib import import_module

        return getattr(import_module(f"services.store.{_LATER[name]}"), name)


__all__ = [
    "Answered",
    "Applied",
    "Day",
    "Figures",
    "Label",
    "NewMessage",
    "Store",
    "copy_closed",
    "digest",
    "fold",
    "good_copies",
    "is_database",
    "is_older",
    "is_sound",
    "newest_version",
    "put_back",
    "refuse_newer",
    "totals_of",
]
