"""What passes while a place is looked for, before there is an account. Part of the contract in
``services.channels.base``, which hands it on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.model import NOTHING, JsonObject


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One account that could be added, found behind what the owner typed. ``title`` is the network's own
    name for it; ``hint`` a key (``comments``, ``posts``, ``forum`` ...).

    ``tried``: places that were asked just now, by name, and whether they answered. ``advice``: a key of
    ``NOTES`` (services/words_accounts.py) for what the owner has to do first, ``help_url`` the page where.
    ``extends``: the settings may as well be added to an account of this kind that is there; ``account`` is
    the id of that one, filled in by whoever knows the accounts.
    """

    kind: str
    settings: JsonObject
    title: str
    hint: str = ""
    is_default: bool = False
    tried: Mapping[str, bool] = field(default_factory=dict)
    advice: str = ""
    help_url: str = ""
    extends: bool = False
    account: int | None = None


@dataclass(frozen=True, slots=True)
class Preparation:
    """What is known of an account before its credentials are asked for. ``settings`` fill the fields (the
    mail servers behind an address); ``advice`` is a key for how to get the credentials (an app password),
    ``help_url`` the page where that is done."""

    settings: JsonObject = NOTHING
    advice: str = ""
    help_url: str = ""


@dataclass(frozen=True, slots=True)
class PageLink:
    """One ``a`` or ``link`` of a web page. ``url`` is absolute; ``rel`` in lower case; ``type`` as given."""

    url: str
    rel: frozenset[str] = frozenset()
    type: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class WebPage:
    """The shop's own page, read once for all channels. ``url`` is where it was found after redirects;
    ``meta`` the ``meta`` elements by name or property in lower case; ``headers`` in lower case."""

    url: str
    title: str = ""
    links: tuple[PageLink, ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    html: str = field(default="", repr=False)
