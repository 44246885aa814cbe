"""The sample server's world: who is there, what was said, and who is told. No HTTP in here; every method may
be called from any thread."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from services.clock import Clock
from services.sample.flavours import Flavour
from services.sample.ids import IdMaker, sort_key
from services.sample.journal import Recorder, nowhere
from services.sample.records import VISIBILITIES, Notification, Person, Policy, Private, Status, Version
from services.sample.text import MENTION, Mentioned, hashtags, render

SHOP_USERNAME = "rosies"
SHOP_NAME = "Rosie's Bakery"


class World:
    """Holds everything. ``end``: when the written week ends. ``base_url`` is the server's own address,
    ``server_name`` the domain of its own people."""

    def __init__(
        self, base_url: str, server_name: str, flavour: Flavour, clock: Clock, seed: int, end: datetime
    ) -> None:
        self.lock = threading.RLock()
        self.base_url = base_url
        self.server_name = server_name
        self.flavour = flavour
        self.clock = clock
        self.ids = IdMaker(flavour.ids, seed)
        self.people: dict[str, Person] = {}
        self.statuses: dict[str, Status] = {}
        self.notifications: list[Notification] = []
        self.privates: list[Private] = []
        self.policy = Policy()
        self.record: Recorder = nowhere
        self.markers: dict[str, tuple[str, int, datetime]] = {}
        self._by_acct: dict[str, Person] = {}
        self._by_author: dict[str, list[Status]] = {}
        self._answers: dict[str, list[Status]] = {}
        self._quotes: dict[str, list[Status]] = {}
        opened = end - timedelta(days=900)
        self.shop = self.add_person(
            SHOP_USERNAME,
            "",
            SHOP_NAME,
            opened,
            note="Bread, cakes and croissants. Open 6 to 18, closed on Mondays.",
        )

    # people

    def add_person(
        self, username: str, domain: str, name: str, created_at: datetime, note: str = "", followers: int = 0
    ) -> Person:
        with self.lock:
            acct = f"{username}@{domain}" if domain else username
            known = self._by_acct.get(acct.lower())
            if known:
                return known
            home = f"https://{domain}" if domain else self.base_url
            person = Person(
                self.ids.account(created_at),
                username,
                domain,
                name,
                created_at,
                f"{home}/@{username}",
                note,
                followers,
            )
            self.people[person.id] = person
            self._by_acct[acct.lower()] = person
            self.record(
                "person",
                username=username,
                domain=domain,
                name=name,
                created_at=created_at,
                note=note,
                followers=followers,
            )
            return person

    def find_person(self, acct: str) -> Person | None:
        name, _, domain = acct.removeprefix("@").partition("@")
        if domain.lower() == self.server_name.lower():
            domain = ""
        return self._by_acct.get((f"{name}@{domain}" if domain else name).lower())

    def _resolve(self, username: str, domain: str) -> Mentioned | None:
        person = self.find_person(f"{username}@{domain}" if domain else username)
        return Mentioned(person.id, person.username, person.url) if person else None

    def _mentioned(self, text: str) -> list[Person]:
        found: dict[str, Person] = {}
        for name, domain in MENTION.findall(text):
            person = self.find_person(f"{name}@{domain}" if domain else name)
            if person:
                found.setdefault(person.id, person)
        return list(found.values())

    # statuses

    def get(self, status_id: str) -> Status | None:
        status = self.statuses.get(status_id)
        return None if status is None or status.deleted else status

    def may_read(self, status: Status, reader: Person | None) -> bool:
        """``reader`` None: somebody who is not signed in."""
        if status.visibility in ("public", "unlisted"):
            return True
        if reader is None:
            return False
        if reader.id in status.private_to:
            return True
        return status.visibility == "private" and reader is self.shop and status.author.followed_by_shop

    def post(
        self,
        author: Person,
        text: str,
        *,
        at: datetime | None = None,
        arrived: datetime | None = None,
        visibility: str = "public",
        reply_to: Status | None = None,
        quote_of: Status | None = None,
        spoiler: str = "",
        language: str | None = "en",
        application: str | None = None,
        key: str = "",
        through_api: bool = False,
    ) -> Status:
        """Adds a status and tells the shop when it is mentioned or quoted. ``arrived``: when it reached this
        server, where that was later than ``at``."""
        if visibility not in VISIBILITIES:
            raise ValueError(f"no such visibility: {visibility}")
        with self.lock:
            at = at or self.clock.now()
            new_id = self.ids.for_time(at)
            home = f"https://{author.domain}" if author.domain else self.base_url
            status = Status(
                id=new_id,
                author=author,
                text=text,
                html=self.html(text),
                at=at,
                visibility=visibility,
                url=f"{home}/@{author.username}/{new_id}",
                uri=f"{home}/users/{author.username}/statuses/{new_id}",
                thread=reply_to.thread if reply_to else new_id,
                spoiler=spoiler,
                language=language,
                reply_to=reply_to.id if reply_to else None,
                reply_to_author=reply_to.author.id if reply_to else None,
                mentions=self._mentioned(text),
                tags=hashtags(text),
                quote_of=quote_of.id if quote_of else None,
                application=application,
                key=key,
                through_api=through_api,
            )
            self.statuses[new_id] = status
            self._by_author.setdefault(author.id, []).append(status)
            if reply_to:
                self._answers.setdefault(reply_to.id, []).append(status)
            if quote_of:
                self._quotes.setdefault(quote_of.id, []).append(status)
            if author is not self.shop:
                if self.shop in status.mentions:
                    self.notify("mention", author, status, arrived or at)
                elif quote_of and quote_of.author is self.shop and self.flavour.has_quotes:
                    self.notify("quote", author, status, arrived or at)
            if visibility == "direct" and self.shop.id in status.private_to:
                self._remember_private(status)
            self.record(
                "post",
                author=author.id,
                text=text,
                at=at,
                arrived=arrived or at,
                visibility=visibility,
                reply_to=reply_to.id if reply_to else "",
                quote_of=quote_of.id if quote_of else "",
                spoiler=spoiler,
                language=language,
                application=application,
                key=key,
                through_api=through_api,
            )
            return status

    def html(self, text: str) -> str:
        return render(text, self.base_url, self._resolve, plain=self.flavour.plain_html)

    def edit(self, status: Status, text: str, at: datetime | None = None, spoiler: str | None = None) -> None:
        """Changes the words; the id stays. Somebody mentioned for the first time is told, nobody else."""
        with self.lock:
            if not status.versions:
                status.versions.append(Version(status.text, status.spoiler, status.at))
            at = at or self.clock.now()
            was_mentioned = self.shop in status.mentions
            status.text, status.html, status.edited_at = text, self.html(text), at
            status.spoiler = status.spoiler if spoiler is None else spoiler
            status.mentions, status.tags = self._mentioned(text), hashtags(text)
            status.versions.append(Version(text, status.spoiler, at))
            if status.author is not self.shop and self.shop in status.mentions and not was_mentioned:
                self.notify("mention", status.author, status, at)
            self.record("edit", id=status.id, text=text, spoiler=status.spoiler, at=at)

    def delete(self, status: Status) -> None:
        """Gone, and its notifications with it; answers to it stay, without a parent."""
        with self.lock:
            status.deleted = True
            self.notifications = [n for n in self.notifications if n.status is not status]
            for answer in self._answers.pop(status.id, ()):
                answer.reply_to = None
            for private in list(self.privates):
                if private.last == status.id:
                    self._rewind_private(private)
            self.record("delete", id=status.id)

    def statuses_of(self, person: Person) -> list[Status]:
        return [s for s in self._by_author.get(person.id, ()) if not s.deleted]

    def answers_to(self, status: Status) -> list[Status]:
        return [s for s in self._answers.get(status.id, ()) if not s.deleted]

    def quotes_of(self, status: Status) -> list[Status]:
        return [s for s in self._quotes.get(status.id, ()) if not s.deleted]

    # who is told

    def notify(
        self, kind: str, person: Person, status: Status | None, at: datetime | None = None
    ) -> Notification | None:
        """Notifies the shop, as its policy allows. None: dropped."""
        with self.lock:
            at = at or self.clock.now()
            decision = self._policy_for(kind, person, status, at)
            if decision == "drop" or person.blocked_by_shop:
                return None
            note = Notification(self.ids.notification(at), kind, at, person, status, decision == "filter")
            self.notifications.append(note)
            return note

    def _policy_for(self, kind: str, person: Person, status: Status | None, at: datetime) -> str:
        if not self.flavour.has_filtering or person.followed_by_shop or kind in ("follow", "poll"):
            return "accept"
        policy = self.policy
        answers_shop = status is not None and status.reply_to_author == self.shop.id
        decisions = [policy.for_not_following]
        if not person.follows_shop:
            decisions.append(policy.for_not_followers)
        if at - person.created_at < timedelta(days=30):
            decisions.append(policy.for_new_accounts)
        if status is not None and status.visibility == "direct" and not answers_shop:
            decisions.append(policy.for_private_mentions)
        if person.limited:
            decisions.append(policy.for_limited_accounts)
        return max(decisions, key=("accept", "filter", "drop").index)

    def accept_from(self, person: Person) -> int:
        """The owner lets a filtered person through; returns how many notifications that freed."""
        with self.lock:
            freed = [n for n in self.notifications if n.filtered and n.person is person]
            for note in freed:
                note.filtered = False
            self.record("accept", person=person.id)
            return len(freed)

    def follow(self, person: Person, at: datetime | None = None) -> None:
        with self.lock:
            person.follows_shop = True
            self.shop.followers += 1
            self.notify("follow", person, None, at)
            self.record("follow", person=person.id, at=at or self.clock.now())

    def block(self, person: Person, on: bool = True) -> None:
        """The shop hears nothing of this person any more, and what it was told is taken away."""
        with self.lock:
            person.blocked_by_shop = on
            if on:
                person.follows_shop = person.followed_by_shop = False
                self.notifications = [n for n in self.notifications if n.person is not person]
            self.record("block", person=person.id, on=on)

    def favourite(self, person: Person, status: Status, at: datetime | None = None) -> None:
        with self.lock:
            status.favourited_by.add(person.id)
            if status.author is self.shop and person is not self.shop:
                self.notify("favourite", person, status, at)
            self.record("favourite", person=person.id, id=status.id, at=at or self.clock.now())

    def boost(self, person: Person, status: Status, at: datetime | None = None) -> None:
        with self.lock:
            status.reblogged_by.add(person.id)
            if status.author is self.shop and person is not self.shop:
                self.notify("reblog", person, status, at)
            self.record("boost", person=person.id, id=status.id, at=at or self.clock.now())

    # private conversations

    def _remember_private(self, status: Status) -> None:
        people = frozenset(status.private_to - {self.shop.id})
        unread = status.author is not self.shop
        for private in self.privates:
            if private.people == people:
                private.last = max(private.last, status.id, key=sort_key)
                private.unread = unread
                return
        self.privates.append(Private(str(4_000 + len(self.privates) * 3), people, status.id, unread))

    def _rewind_private(self, private: Private) -> None:
        left = [
            s.id
            for s in self.statuses.values()
            if s.visibility == "direct"
            and not s.deleted
            and self.shop.id in s.private_to
            and frozenset(s.private_to - {self.shop.id}) == private.people
        ]
        if left:
            private.last = max(left, key=sort_key)
        else:
            self.privates.remove(private)

    # threads

    def ancestors(self, status: Status) -> list[Status]:
        """Oldest first."""
        found: list[Status] = []
        parent = self.get(status.reply_to) if status.reply_to else None
        while parent is not None:
            found.append(parent)
            parent = self.get(parent.reply_to) if parent.reply_to else None
        return found[::-1]

    def descendants(self, status: Status) -> list[Status]:
        """Every answer directly before its own answers, siblings oldest first."""
        found: list[Status] = []
        waiting = [status]
        while waiting:
            current = waiting.pop()
            if current is not status:
                found.append(current)
            answers = sorted(self.answers_to(current), key=lambda s: sort_key(s.id), reverse=True)
            waiting.extend(answers)
        return found
