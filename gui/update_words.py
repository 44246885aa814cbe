"""What is known of newer versions, in the owner's words."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QCoreApplication

from gui.conversation.when import day_and_time
from services.updates import Looked, last_look
from services.versions import is_update

_UNREACHED = frozenset({"dns", "refused", "timeout", "deadline", "reset", "offline", "proxy", "unreachable"})


def tr(text: str) -> str:
    return QCoreApplication.translate("Updates", text)


def is_there(version: str) -> str:
    return tr("Shopbell {version} is there.").format(version=version)


def state_words(known: Looked, running: str, now: datetime) -> str:
    """One line for the settings: when it was last looked, and what came of it."""
    at = last_look(known)
    if at is None:
        return tr("You have version {version}. Not looked yet.").format(version=running)
    time = day_and_time(at, now)
    if known.error_kind:
        return tr("Could not look, {time}: {why}").format(time=time, why=_why(known))
    if is_update(known.version, running):
        return tr("{there} You have {version}. Looked {time}.").format(
            there=is_there(known.version), version=running, time=time
        )
    return tr("Version {version} is the newest. Looked {time}.").format(version=running, time=time)


def _why(known: Looked) -> str:
    if known.error_kind == "unreachable":
        if known.reason in ("tls", "insecure"):
            return tr("the connection to the download page was not safe.")
        if known.reason in _UNREACHED or not known.was_sent:
            return tr("the download page was out of reach.")
        return tr("the download page does not work just now.")
    if known.error_kind == "rate-limited":
        return tr("the download page asks for a pause.")
    if known.reason in ("not-found", "gone"):
        return tr("nothing has been put there yet.")
    return tr("the download page answered in a way Shopbell cannot read.")
