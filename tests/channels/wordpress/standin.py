"""The server that stands in for WordPress where every channel is put through the same test."""

from __future__ import annotations

from collections.abc import Mapping
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
        url = self.site.start()
        first = self.site.say("marta", "My loaf was burnt and cold, I am very disappointed.", self.bread)
        self.site.say("ben", "Mine, too!", self.bread, under=first)
        self.site.say(
            "rosie", "So sorry, we bake you another.", self.bread, under=first, author=self.owner.id
        )
        self.site.say("eve", "Do you open on Monday?", self.bread, status="hold")
        return url

    def stop(self) -> None:
        self.site.stop()

    @property
    def settings(self) -> Mapping[str, Any]:
        return {"url": self.site.url, "user": self.owner.login}

    @property
    def secrets(self) -> Mapping[str, str]:
        return {"app_password": self.password}
