"""Every sentence about an error, in one table: what is so, what is safe, and the one remedy.

A key is an error's kind, or kind and reason (``unreachable.dns``); the most exact one that is there is
used, so that an unknown reason still gets a good general sentence. Templates hold {placeholders} and
nothing else that changes, so that a window can translate the template first and fill it afterwards. No text
of an exception and no answer of a server gets in here.

Placeholders: {account} the owner's name for it, {network} the network's, {since} and {until} times of the
owner's day, {at} " until 07:20" or nothing, {permission}, {limit}, {over}, {name}, {field}, {status},
{path}, {needed} and {free} amounts of room on a disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from services.clock import parse_iso
from services.errors import ShopbellError
from services.model import NOTHING, JsonObject
from services.words_accounts import ADVICE, NOTES, PERMISSIONS, REMEDIES, SAY_IT_THEMSELVES, SINCE
from services.words_replies import REPLIES
from services.words_table import GENERAL, SENTENCES, STAGES

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A template and what fills it; ``str()`` is the English sentence."""

    template: str
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format_map(self.values)


@dataclass(frozen=True, slots=True)
class Remedy:
    """What the owner can do: ``key`` for the program, ``label`` for the button; both empty where there is
    nothing to do.
    """

    key: str = ""
    label: str = ""


def when(moment: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """A time of the owner's day: "14:05" today, "Tue 14:05" within six days, then "24 Nov 14:05" and "24
    Nov 2025".

    ``zone``: the owner's; None is the system's.
    """
    here, today = moment.astimezone(zone), now.astimezone(zone)
    clock = f"{here:%H:%M}"
    days = abs((today.date() - here.date()).days)
    if days == 0:
        return clock
    if days < 7:
        return f"{DAYS[here.weekday()]} {clock}"
    date = f"{here.day} {MONTHS[here.month - 1]}"
    return f"{date} {clock}" if here.year == today.year else f"{date} {here.year}"


def remedy(error_kind: str, reason: str = "") -> Remedy:
    """The one button that helps."""
    key, label = _best(REMEDIES, error_kind, reason) or ("", "")
    return Remedy(key, label)


def error_words(
    error_kind: str,
    detail: JsonObject = NOTHING,
    account_name: str = "",
    network_title: str = "",
    *,
    heard: datetime | None = None,
    failing_since: datetime | None = None,
    now: datetime | None = None,
    zone: tzinfo | None = None,
) -> Sentence:
    """The sentence about an account (or, without one, about what was just tried), still to be filled."""
    reason = _text(detail.get("reason"))
    if error_kind == "not-found" and not detail.get("name"):
        reason = "nameless"
    values = _values(detail, account_name, network_title, now, zone)
    since = (
        (heard or failing_since)
        if error_kind in ("sign-in-needed", "not-allowed")
        else (failing_since or heard)
    )
    template = None
    if since is not None and account_name:
        template = _best(SINCE, error_kind, reason)
        values["since"] = when(since, now or datetime.now(UTC), zone)
    if (
        template is None
        and f"{error_kind}.{reason}" not in SENTENCES
        and error_kind in ("refused", "unclear")
    ):
        # These are about a reply wherever they come up.
        return reply_words(error_kind, detail, account_name, network_title, now=now, zone=zone)
    return Sentence(template or _best(SENTENCES, error_kind, reason) or SENTENCES["error"], values)


def error_sentence(
    error_kind: str,
    detail: JsonObject = NOTHING,
    account_name: str = "",
    network_title: str = "",
    *,
    heard: datetime | None = None,
    failing_since: datetime | None = None,
    now: datetime | None = None,
    zone: tzinfo | None = None,
) -> str:
    """What ``Freshness`` or a failed command means, in the owner's words. Never fails, whatever the detail
    holds.

    ``heard``/``failing_since``: of the account, for "since Tue 14:05". ``now``: for naming the day; the
    system's when not given.
    """
    return str(
        error_words(
            error_kind,
            detail,
            account_name,
            network_title,
            heard=heard,
            failing_since=failing_since,
            now=now,
            zone=zone,
        )
    )


def reply_words(
    error_kind: str,
    detail: JsonObject = NOTHING,
    account_name: str = "",
    network_title: str = "",
    *,
    now: datetime | None = None,
    zone: tzinfo | None = None,
) -> Sentence:
    """Why a reply did not leave, or is not known to have arrived."""
    reason = _text(detail.get("reason"))
    values = _values(detail, account_name, network_title, now, zone)
    if reason == "too-long" and "over" not in detail:
        return Sentence(REPLIES["refused.too-long-somehow"], values)
    if reason == "too-long" and detail.get("unit") == "bytes":
        return Sentence(REPLIES["refused.too-long-in-bytes"], values)
    if reason == "too-long" and values.get("over") == "1":
        return Sentence(REPLIES["refused.too-long-by-one"], values)
    template = _best(REPLIES, error_kind, reason)
    return Sentence(template or REPLIES["error"], values)


def reply_sentence(
    error_kind: str,
    detail: JsonObject = NOTHING,
    account_name: str = "",
    network_title: str = "",
    *,
    now: datetime | None = None,
    zone: tzinfo | None = None,
) -> str:
    """ "Did not leave: 14 characters too long for Bluesky." """
    return str(reply_words(error_kind, detail, account_name, network_title, now=now, zone=zone))


_KEEPS_TRYING = " Shopbell keeps trying."


def problem_words(
    error: ShopbellError, account_name: str = "", network_title: str = "", *, now: datetime | None = None
) -> tuple[Sentence, ...]:
    """What is wrong with what the owner asked for, and what to do. Nothing goes on by itself after it."""
    sentence = error_words(error.kind, error.detail, account_name, network_title, now=now)
    advice = _advice(error.kind, error.reason, sentence)
    if sentence.template.endswith(_KEEPS_TRYING):
        sentence = Sentence(sentence.template.removesuffix(_KEEPS_TRYING), sentence.values)
        advice = advice or "Try again later."
    return (sentence, Sentence(advice)) if advice else (sentence,)


def problem(
    error: ShopbellError, account_name: str = "", network_title: str = "", *, now: datetime | None = None
) -> str:
    """One line for a terminal."""
    return " ".join(map(str, problem_words(error, account_name, network_title, now=now)))


def stage_words(key: str) -> str:
    """What a long piece of work is at, without a full stop; ``key``: of ``services.progress.STAGES``."""
    return STAGES.get(key, "")


def _room(amount: int) -> str:
    """Of a disk, as its maker counts."""
    if amount < 1_000_000_000:
        return f"{max(amount, 0) / 1e6:.0f} MB"
    return f"{amount / 1e9:.1f} GB"


def _advice(error_kind: str, reason: str, sentence: Sentence) -> str:
    """What to do, unless the sentence says it itself."""
    if f"{error_kind}.{reason}" in SAY_IT_THEMSELVES:
        return ""
    advice = str(_best(ADVICE, error_kind, reason) or "")
    return "" if advice.rstrip(".") in sentence.template else advice


def with_remedy(sentence: Sentence, error_kind: str, reason: str = "") -> str:
    """For those who see no button beside the sentence."""
    advice = _advice(error_kind, reason, sentence)
    return f"{sentence} {advice}" if advice else str(sentence)


def note_sentence(key: str, network_title: str = "", name: str = "") -> str:
    """What the owner should know about an account that works; empty for no or an unknown key. ``name``: what
    it is about."""
    return NOTES.get(key, "").format(network=network_title, name=name)


def is_known(error_kind: str, reason: str) -> bool:
    """Has somebody thought about the words for this very pair, about an account or about a reply?"""
    key = f"{error_kind}.{reason}" if reason else error_kind
    return key in SENTENCES or key in REPLIES or key in GENERAL


def _best(table: Mapping[str, Any], kind: str, reason: str) -> Any:
    return table.get(f"{kind}.{reason}") or table.get(kind)


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


class _Values(dict[str, str]):
    """A placeholder nobody filled shows as three dots rather than as a failure."""

    def __missing__(self, key: str) -> str:
        return "..."


def _values(
    detail: JsonObject, account_name: str, network_title: str, now: datetime | None, zone: tzinfo | None
) -> dict[str, str]:
    moment = now or datetime.now(UTC)
    values = _Values({name: _text(value)[:200] for name, value in detail.items()})
    name = account_name or network_title or "The network"
    values |= {"account": name, "network": network_title or account_name or "the network"}
    values["field"] = values.get("field", "").replace("_", " ") or "value"
    permission = values.get("permission", "")
    values["permission"] = PERMISSIONS.get(permission, permission) or "something it needs"
    values.setdefault("what", "entry")
    for room in ("needed", "free"):
        if isinstance(amount := detail.get(room), int):
            values[room] = _room(amount)
    values["at"] = ""
    for key in ("until", "since"):
        try:
            # The last day of the year 9999 has no time in a zone east of here.
            values[key] = when(parse_iso(_text(detail.get(key))), moment, zone)
        except (ValueError, OverflowError):
            continue
        if key == "until":
            values["at"] = f" until {values[key]}"
    return values
