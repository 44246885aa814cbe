"""Plays the written week into a world and a site, in the order in which it happened."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from services.sample.chatter import opening, sentence
from services.sample.people import CUSTOMERS, Customer
from services.sample.records import Person, Status
from services.sample.script import DAY, SHOP, Line, Scene, Signal, Webbed
from services.sample.site import Entry, Site
from services.sample.web_week import WEB
from services.sample.week import SCENES, SHOP_POSTS, SIGNALS
from services.sample.world import World

PHONE = "Mastodon for Android"
_CHEERFUL = ("oven", "almond", "advent", "ana", "rye")


class _Step(NamedTuple):
    at: datetime
    order: int
    action: Callable[[datetime], object]


class Builder:
    """``end`` is when the week ends. ``count``: how many conversations that address the shop there shall be
    on Mastodon: written scenes first, the newest of them where fewer are wanted, invented ones where more
    are."""

    def __init__(self, world: World, site: Site, end: datetime, count: int | None = None) -> None:
        self._world = world
        self._site = site
        self._end = end
        self._steps: list[_Step] = []
        self._scenes = _choose(count)
        self.statuses: dict[str, Status] = {}
        self.people: dict[str, Person] = {SHOP: world.shop}

    def build(self) -> None:
        for customer in CUSTOMERS:
            self._meet(customer)
        for post in SHOP_POSTS:
            self._plan(post.ago, partial(self._shop_post, post.key, post.text))
        for scene in self._scenes:
            for number, line in enumerate(scene.lines):
                self._plan(line.ago, partial(self._line, scene, number))
                self._plan_changes(scene, number, line)
        for signal in SIGNALS:
            self._plan(signal.ago, partial(self._signal, signal))
        for entry in WEB:
            self._plan(entry.ago, partial(publish, self._site, entry))
        while self._steps:
            step = heapq.heappop(self._steps)
            step.action(step.at)

    def _plan(self, ago: float, action: Callable[[datetime], object]) -> None:
        # Whole milliseconds, because ids are made of them; some of those on top, so that no two things happen
        # at once.
        at = self._end - timedelta(milliseconds=round(ago * 60_000) - len(self._steps) % 900)
        heapq.heappush(self._steps, _Step(at, len(self._steps), action))

    def _plan_changes(self, scene: Scene, number: int, line: Line) -> None:
        name = line_key(scene, number)
        if line.edited:
            ago, text = line.edited
            self._plan(ago, lambda at: self._world.edit(self.statuses[name], _addressed(scene, text), at))
        if line.deleted:
            self._plan(line.ago - 30, lambda at: self._world.delete(self.statuses[name]))

    def _meet(self, customer: Customer) -> None:
        self.people[customer.key] = meet(self._world, customer, self._end)

    def _shop_post(self, key: str, text: str, at: datetime) -> None:
        self.statuses[key] = self._world.post(self._world.shop, text, at=at, application=PHONE)

    def _line(self, scene: Scene, number: int, at: datetime) -> None:
        line = scene.lines[number]
        before = self.statuses.get(line_key(scene, number - 1)) if number else None
        under = self.statuses.get(scene.under)
        self.statuses[line_key(scene, number)] = say(
            self._world, scene, line.text, self.people[line.who], before=before, under=under, at=at
        )

    def _signal(self, signal: Signal, at: datetime) -> None:
        who = self.people[signal.who]
        if signal.kind == "follow":
            self._world.follow(who, at)
        elif signal.kind == "other":
            for kind in self._world.flavour.extra_types:
                # Types that clients do not know come without a status, too.
                self._world.notify(kind, who, None, at)
        else:
            act = self._world.favourite if signal.kind == "favourite" else self._world.boost
            act(who, self.statuses[signal.under], at)


def line_key(scene: Scene, number: int) -> str:
    """``wrong-name`` for the first line of a scene, ``wrong-name/1`` for the second."""
    return f"{scene.key}/{number}" if number else scene.key


def _addressed(scene: Scene, text: str) -> str:
    return text if scene.kind in ("tag", "quote") or f"@{SHOP}" in text else f"@{SHOP} {text}"


def say(
    world: World,
    scene: Scene,
    text: str,
    who: Person,
    *,
    before: Status | None,
    under: Status | None,
    at: datetime | None = None,
) -> Status:
    """One line of a scene, mentioned and threaded as its kind asks for."""
    if who is world.shop:
        other = before.author.acct if before else ""
        text = f"@{other} {text}" if other else text
    else:
        text = _addressed(scene, text)
    quotes = scene.kind == "quote" and before is None and world.flavour.has_quotes
    return world.post(
        who,
        text,
        at=at,
        visibility="direct" if scene.kind == "direct" else scene.visibility,
        reply_to=before or (None if quotes or scene.kind == "quote" else under),
        quote_of=under if quotes else None,
        spoiler=scene.spoiler,
        language=scene.language,
        application=PHONE if who is world.shop else None,
    )


def meet(world: World, customer: Customer, now: datetime) -> Person:
    name, _, domain = customer.handle.partition("@")
    opened = now - timedelta(days=customer.days)
    person = world.add_person(name, domain, customer.name, opened, customer.note, customer.followers)
    person.follows_shop = person.follows_shop or customer.follows_shop
    person.limited = customer.limited
    person.followed_by_shop = person.followed_by_shop or customer.known
    return person


def publish(site: Site, entry: Webbed, at: datetime | None = None) -> Entry:
    return site.publish(
        entry.place,
        entry.author,
        entry.text,
        title=entry.title,
        key=entry.key,
        under=entry.under,
        answers=entry.answers,
        at=at,
        language=entry.language,
    )


def _choose(count: int | None) -> list[Scene]:
    if count is None:
        return list(SCENES)
    talk = [s for s in SCENES if s.kind != "tag"]
    rest = [s for s in SCENES if s.kind == "tag"]
    newest = sorted(talk, key=lambda s: s.lines[-1].ago)[:count]
    return [*rest, *newest, *(_invented(n, count) for n in range(len(talk), count))]


def _invented(number: int, count: int) -> Scene:
    """Spread evenly over the seven days before now."""
    ago = 30 + (number * 7 * DAY / count) % (7 * DAY - 60)
    who = CUSTOMERS[number % 45].key
    text = f"{opening(number)} {sentence(number)}"
    under = _CHEERFUL[number % len(_CHEERFUL)] if number % 3 == 0 else ""
    posted = next((p.ago for p in SHOP_POSTS if p.key == under), 0.0)
    return Scene(f"more-{number}", (Line(who, ago, text),), under=under if posted > ago else "")
