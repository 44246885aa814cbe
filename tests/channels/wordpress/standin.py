"""The server that stands in for WordPress where every channel is put through the same test."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from services.clock import Clock
from tests.channels.wordpress.site import Site


class Standin:
    """``start`` before anything else is asked. ``settings`` and ``secrets`` are what an owner would have
    handed in."""

    def __init__(self, clock: Clock | None = None, **site: Any) -> None:
        self.site = Site(clock, **site)
        self.owner = self.site.make_user("rosie", name="Rosie")
        self.password = self.site.make_password(self.owner)
        self.bread = self.site.make_post("Sourdough & rye")

    def start(self) -> str:
        url, say = self.site.start(), self.site.say
        earlier = [self.site.clock.now() - timedelta(minutes=30 - n) for n in range(4)]
        complaint = "My loaf was burnt and cold, I am very disappointed."
        first = say("marta", complaint, self.bread, at=earlier[0])
        under = say("marta", "And nobody answered the phone!", self.bread, under=first, at=earlier[1])
        answer = "So sorry, we bake you another."
        say("rosie", answer, self.bread, under=under, author=self.owner.id, at=earlier[2])
        say("eve", "Do you open on Monday?", self.bread, status="hold", at=earlier[3])
        return url

    def stop(self) -> None:
        self.site.stop()

    @property
    def settings(self) -> Mapping[str, Any]:
        return {"url": self.site.url, "user": self.owner.login}

    @property
    def secrets(self) -> Mapping[str, str]:
        return {"app_password": self.password}
