"""How urgent a waiting conversation is, as three columns of its row; the weighing is ``services.urgency``'s.

The rest of what a person wrote counts as well: who wrote three times this month, here or on another account,
is told apart by the author's id, or by the same handle on the same network. So a change of one conversation
can change the urgency of the person's others (``waiting_of``).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from services.clock import parse_iso
from services.model import MessageKind
from services.store.codec import Row, dump
from services.urgency import Moments, Signals, Urgency, reach, repeats, urgency
from services.urgency_words import names_one_of, shouts, speaks_of_danger

if TYPE_CHECKING:
    from services.model import Author

Facts = Row | Mapping[str, Any]
Person = tuple[int, str]
"""Account and author."""

COLUMNS = ("urgency", "because_json", "calm")
NOT_URGENT: Mapping[str, Any] = {"urgency": 0, "because_json": "[]", "calm": 100}
_NOBODYS = (MessageKind.ENTRY.value, MessageKind.FOLLOW.value)
"""Whoever publishes often, or follows, does not ask again."""
_SEARCHED = (MessageKind.POST.value, MessageKind.QUOTE.value, MessageKind.COMMENT.value)
"""Kinds that may or may not be meant for us; a mention always is."""
_DENIED = ("not-complaint", "spam")
"""Labels of the owner after which it is no complaint."""
MOST = 20
"""Of one person's other conversations the newest are looked at."""

_FOLLOWERS = """
    SELECT h.account_id, h.author_id, h.followers FROM json_each(:people) p
    CROSS JOIN handles h ON h.account_id = json_extract(p.value, '$[0]')
        AND h.author_id = json_extract(p.value, '$[1]')
    WHERE h.followers IS NOT NULL
"""
_NAMES = """
    SELECT id, handle, json_extract(settings_json, '$.our_name') AS name FROM accounts
    WHERE id IN (SELECT value FROM json_each(:accounts))
"""
# A handle with a place in it, such as an address, is the same person everywhere; another one on its network.
_SAME = """
    SELECT p.key AS at, o.account_id, o.author_id FROM json_each(:people) p
    CROSS JOIN handles h ON h.account_id = json_extract(p.value, '$[0]')
        AND h.author_id = json_extract(p.value, '$[1]')
    CROSS JOIN handles o ON o.handle = h.handle COLLATE NOCASE AND o.handle <> ''
    JOIN accounts a ON a.id = h.account_id JOIN accounts b ON b.id = o.account_id
    WHERE h.handle <> '' AND (a.kind = b.kind OR h.handle LIKE '%_@_%._%')
"""
_OTHERS = f"""
    SELECT p.key, c.id, c.first_at, CASE c.shelf WHEN 'new' THEN c.waiting_since END, c.because_json,
        c.messages = 1
    FROM json_each(:people) p
    CROSS JOIN conversations c ON c.id IN (
        SELECT n.id FROM conversations n WHERE n.account_id = json_extract(p.value, '$[0]')
            AND n.author_id = json_extract(p.value, '$[1]')
        ORDER BY n.id DESC LIMIT {MOST}
    ) WHERE c.shelf IS NOT NULL AND c.shelf NOT IN ('spam', 'hello') AND c.kind NOT IN ('entry', 'follow')
"""  # noqa: S608 - a number of ours
_ALL_WAITING = """
    SELECT c.id FROM json_each(:people) p
    CROSS JOIN conversations c ON c.account_id = json_extract(p.value, '$[0]')
        AND c.author_id = json_extract(p.value, '$[1]')
    WHERE c.shelf = 'new' AND c.kind NOT IN ('entry', 'follow')
"""


class Other(NamedTuple):
    """Another conversation of the same person. ``waiting_since`` is empty unless it waits on the first
    shelf."""

    id: int
    first_at: float
    waiting_since: float | None
    told: tuple[bool, bool]
    """What the row says: that this person asks again, and writes often."""
    is_single: bool
    """One message: then what the row should say follows from the times that are here."""


@dataclass(frozen=True, slots=True)
class Around:
    """What the rows of the messages themselves do not tell. ``names``: how people call us, in lower case."""

    followers: Mapping[Person, int] = field(default_factory=dict)
    names: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    others: Mapping[Person, Sequence[Other]] = field(default_factory=dict)


def people_of(row: Facts, root: Facts | None) -> tuple[Person, ...]:
    """Whose other conversations count for this one: nobody's, or one person's. ``root`` is its first message
    of a customer, if there is one."""
    if root is None:
        is_one = row["author_id"] and row["kind"] not in _NOBODYS
        return ((row["account_id"], row["author_id"]),) if is_one else ()
    if root["direction"] != "inbound" or root["kind"] in _NOBODYS or not root["author_id"]:
        return ()
    return ((row["account_id"], root["author_id"]),)


def around(
    connection: sqlite3.Connection,
    accounts: Collection[int],
    customers: Collection[Person],
    *,
    with_others: bool = True,
) -> Around:
    """``customers``: of conversations of these accounts that wait. ``with_others`` off: nobody has another,
    as far as is known yet."""
    if not accounts:
        return Around()
    people = dump(sorted(set(customers)))
    return Around(
        {
            (one["account_id"], one["author_id"]): one["followers"]
            for one in connection.execute(_FOLLOWERS, {"people": people})
        },
        {
            one["id"]: tuple(_our_names(one["handle"], one["name"] or ""))
            for one in connection.execute(_NAMES, {"accounts": dump(sorted(set(accounts)))})
        },
        others_of(connection, customers) if with_others else {},
    )


def _our_names(handle: str, name: str) -> Iterable[str]:
    short = handle.lstrip("@").partition("@")[0].lower()
    if len(short) > 1:
        yield f"@{short}"
    if len(name) > 3:
        yield name.lower()


def others_of(connection: sqlite3.Connection, customers: Collection[Person]) -> dict[Person, list[Other]]:
    """All that counts of what each of them wrote, whether it waits or not."""
    if not customers:
        return {}
    asked = sorted(set(customers))
    same = [{one} for one in asked]
    for row in connection.execute(_SAME, {"people": dump(asked)}):
        same[row["at"]].add((row["account_id"], row["author_id"]))
    groups = list({frozenset(one): None for one in same})
    flat = [(at, one) for at, some in enumerate(groups) for one in sorted(some)[:MOST]]
    found: dict[frozenset[Person], list[Other]] = {one: [] for one in groups}
    lists = [found[groups[at]] for at, _ in flat]
    for at, home, first_at, waits, because, is_single in connection.execute(
        _OTHERS, {"people": dump([one for _, one in flat])}
    ):
        lists[at].append(
            Other(
                home,
                _seconds(first_at),
                None if waits is None else _seconds(waits),
                ("asks-again" in because, "writes-often" in because),
                bool(is_single),
            )
        )
    return {one: found[frozenset(some)] for one, some in zip(asked, same, strict=True)}


def waiting_of(
    connection: sqlite3.Connection, people: Collection[Person], alone: Collection[int], *, only_came: bool
) -> frozenset[int]:
    """The conversations of these people that wait and whose row may say something wrong of how often they
    write; of ``alone`` only those that are not their only one. ``only_came``: what is known already of the
    others cannot have become less."""
    return stale(others_of(connection, people), alone, only_came=only_came)


def stale(
    others: Mapping[Person, Sequence[Other]], alone: Collection[int], *, only_came: bool
) -> frozenset[int]:
    """As ``waiting_of``."""
    few = frozenset(alone)
    # People of one handle share one list.
    lists = {id(some): some for some in others.values()}
    return frozenset(
        one.id
        for some in lists.values()
        for one in some
        if one.waiting_since is not None
        and (len(some) > 1 or one.id not in few)
        and not (only_came and all(one.told))
        and not (one.is_single and one.told == _seen_from(one, some))
    )


def all_waiting_of(connection: sqlite3.Connection, people: Collection[Person]) -> frozenset[int]:
    """However many, and whatever their rows say: after more or fewer people follow the writer."""
    if not people:
        return frozenset()
    return frozenset(
        row["id"] for row in connection.execute(_ALL_WAITING, {"people": dump(sorted(set(people)))})
    )


def _seen_from(here: Other, some: Sequence[Other]) -> tuple[bool, bool]:
    """What the row of a single message that waits should say: the same as ``_repeats``."""
    others = [one for one in some if one is not here]
    if not others:
        return False, False
    moment = [here.first_at]
    return repeats(
        Moments(
            moment,
            moment,
            [one.first_at for one in others],
            [one.waiting_since for one in others if one.waiting_since is not None],
        )
    )


def known_otherwise(
    connection: sqlite3.Connection, account_id: int, authors: Collection[Author]
) -> frozenset[Person]:
    """Those of them of whom we thought that clearly more or fewer follow them."""
    told = {one.id: one.followers for one in authors if one.followers is not None}
    if not told:
        return frozenset()
    rows = connection.execute(
        "SELECT author_id, followers FROM handles WHERE account_id = :account"
        " AND author_id IN (SELECT value FROM json_each(:ids))",
        {"account": account_id, "ids": dump(sorted(told))},
    )
    return frozenset(
        (account_id, row["author_id"])
        for row in rows
        if reach(told[row["author_id"]]) != reach(row["followers"] or 0)
    )


@lru_cache(maxsize=4096)
def _seconds(moment: str) -> float:
    return parse_iso(moment).timestamp()


def columns(
    row: Facts,
    root: Facts | None,
    facts: Sequence[Facts],
    unanswered: Sequence[Facts],
    ours: Sequence[Facts],
    contents: Mapping[int, Facts],
    near: Around,
    *,
    score: float | None,
    told: tuple[bool, bool] | None = None,
) -> dict[str, Any]:
    """``score``: of the worst that waits, if it is a complaint; else None. ``facts``: all messages of the
    conversation; ``unanswered`` those of them that wait, ``ours`` our answers that are there. ``told``: it is
    known already whether this person asks again, and writes often."""
    if not unanswered:
        return dict(NOT_URGENT)
    texts = [contents[one["id"]] for one in unanswered if one["id"] in contents]
    stars = [one["stars"] for one in texts if one["stars"] is not None]
    words = "\n".join(f"{one['title']}\n{one['text']}" if one["title"] else one["text"] for one in texts)
    names = near.names.get(row["account_id"], ())
    asks_again, often = told or _repeats(row, root, facts, unanswered, near)
    return _written(
        Signals(
            is_complaint=score is not None,
            score=score if score is not None else max(_score(one) for one in unanswered),
            is_safety=any(one["topic"] == "safety" and one["label"] not in _DENIED for one in unanswered)
            or speaks_of_danger(words),
            stars=min(stars, default=None),
            is_private=any(one["private"] for one in texts),
            is_public=any(_is_public(one, contents.get(one["id"]), names) for one in unanswered),
            is_shouting=shouts(words),
            asks_again=asks_again,
            writes_often=often,
            waits_again=_waits_again(facts, unanswered, ours),
            followers=max((near.followers.get(one, 0) for one in people_of(row, root)), default=0),
        )
    )


@lru_cache(maxsize=1024)
def _weighed(signals: Signals) -> tuple[int, str]:
    found: Urgency = urgency(signals)
    return found.value, dump(list(found.because))


def _written(signals: Signals) -> dict[str, Any]:
    value, because = _weighed(signals)
    # Lists run through an index in one direction only, and the longest waiting comes first.
    return {"urgency": value, "because_json": because, "calm": 100 - value}


def _score(fact: Facts) -> float:
    """Where the owner said that it is none, the model has nothing more to say."""
    return 0.0 if fact["label"] in _DENIED else float(fact["score"])


def _is_public(fact: Facts, content: Facts | None, names: Collection[str]) -> bool:
    if content is None or content["private"]:
        return False
    if fact["kind"] == MessageKind.MENTION:
        return True
    return bool(names) and fact["kind"] in _SEARCHED and names_one_of(content["text"], names)


def _waits_again(facts: Sequence[Facts], unanswered: Sequence[Facts], ours: Sequence[Facts]) -> bool:
    """Somebody who waits was answered before, and wrote after that."""
    if not ours:
        return False
    latest: dict[str, str] = {}
    for one in unanswered:
        latest[one["author_id"]] = max(one["sent_at"], latest.get(one["author_id"], ""))
    waiting = {one["id"] for one in unanswered}
    sent = [one["sent_at"] for one in ours]
    return any(
        one["id"] not in waiting
        and one["direction"] == "inbound"
        and one["author_id"] in latest
        and any(one["sent_at"] <= moment < latest[one["author_id"]] for moment in sent)
        for one in facts
    )


def _repeats(
    row: Facts, root: Facts | None, facts: Sequence[Facts], unanswered: Sequence[Facts], near: Around
) -> tuple[bool, bool]:
    people = people_of(row, root)
    if not people or root is None:
        return False, False
    others = [one for one in near.others.get(people[0], ()) if one.id != row["id"]]
    if len(facts) == 1 and not others:
        return False, False
    who = root["author_id"]
    return repeats(
        Moments(
            [_seconds(one["sent_at"]) for one in unanswered if one["author_id"] == who],
            [_seconds(one["sent_at"]) for one in facts if one["author_id"] == who and one["is_addressed"]],
            [one.first_at for one in others],
            [one.waiting_since for one in others if one.waiting_since is not None],
        )
    )
