"""What a headless command hands back, and how one fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.app import Shopbell
from services.channels.base import SignInMethod
from services.errors import ShopbellError
from services.model import Account

Document = Mapping[str, Any] | Sequence[Any]


@dataclass(frozen=True, slots=True)
class Result:
    """``notes`` go to standard error, one line each; ``failed`` makes the exit code 1."""

    document: Document
    notes: Sequence[str] = field(default_factory=tuple)
    failed: bool = False


class Failed(Exception):
    """An error together with the names its sentence needs."""

    def __init__(self, error: ShopbellError, account: str = "", network: str = "") -> None:
        super().__init__(error.kind)
        self.error, self.account, self.network = error, account, network


def names_of(app: Shopbell, account: Account | None) -> tuple[str, str]:
    """The owner's name for an account and its network's, for a sentence. Where nobody signs in the place
    itself is the network: nobody says that "Feed or blog" takes no answers."""
    if account is None:
        return "", ""
    channel = app.channels.get(account.kind) if account.kind in app.channels else None
    is_place = channel is None or channel.signin.method is SignInMethod.NONE
    return account.name, account.name if is_place or channel is None else channel.title
