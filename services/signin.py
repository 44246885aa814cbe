"""A sign-in through the browser, from the page that is opened to the account that comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from services.channels.base import AuthorizeRequest, ChannelType, Tools
from services.errors import Invalid
from services.model import Account, JsonObject

if TYPE_CHECKING:
    from services.channels.oauth import LoopbackListener


class SignIn:
    """A sign-in through the browser under way: open ``url``, then ``wait`` in a worker, or ``paste`` the
    code."""

    def __init__(
        self,
        channel: ChannelType,
        settings: JsonObject,
        tools: Tools,
        done: Callable[[JsonObject, Mapping[str, str]], Account],
        *,
        by_code: bool = False,
    ) -> None:
        from services.channels.oauth import LoopbackListener

        self._channel, self._settings, self._tools, self._done = channel, settings, tools, done
        self._listener: LoopbackListener | None = None if by_code else LoopbackListener()
        try:
            redirect = self._listener.redirect_uri if self._listener else ""
            self._request: AuthorizeRequest = channel.begin_signin(settings, redirect, tools)
        except BaseException:
            self.cancel()
            raise
        if self._request.shows_code:
            self.cancel()
            self._listener = None

    @property
    def url(self) -> str:
        return self._request.url

    @property
    def by_code(self) -> bool:
        """Nothing comes back by itself: ``paste`` what the page shows."""
        return self._listener is None

    def wait(self, timeout: float = 300.0) -> Account:
        """Blocks until the browser comes back. Raises SignInNeeded: ``denied``, ``timeout`` or
        ``cancelled``."""
        if self._listener is None:
            raise Invalid("paste-the-code", field="code")
        try:
            request = self._request
            return self.paste(self._listener.wait(request.state, timeout, answer=request.answer))
        finally:
            self.cancel()

    def paste(self, code: str) -> Account:
        granted = self._channel.finish_signin(self._settings, self._request, code.strip(), self._tools)
        return self._done({**self._settings, **granted.settings}, granted.secrets)

    def cancel(self) -> None:
        if self._listener is not None:
            self._listener.close()
