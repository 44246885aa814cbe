"""Where a Mastodon-compatible server is, what it is, and how it is asked.

Endpoints and shapes: docs.joinmastodon.org (methods/instance, methods/accounts, methods/notifications;
api/guidelines).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from services.channels._shapes import (
    Json as Json,
    as_document as as_document,
    as_list as as_list,
    is_missing as is_missing,
    setting as setting,
    status_of as status_of,
)
from services.errors import BadAnswer, ChannelError, Invalid, NotAllowed, SignInNeeded

if TYPE_CHECKING:
    from services.channels.web import Response, Web

Params = Sequence[tuple[str, str]]

_HOST = re.compile(r"(?:[\w-]+\.)*[\w-]+(?::\d{1,5})?|\[[0-9a-fA-F:]+\](?::\d{1,5})?")
_COMPATIBLE = re.compile(r"\(compatible;\s*([\w.-]+)\s*([^)]*)\)", re.IGNORECASE)
_DEFAULT_LIMIT = 500
_DEFAULT_URL_LENGTH = 23

# Software name (NodeInfo, or the version text) -> which of the families below it belongs to.
_FAMILIES = {
    "mastodon": "mastodon",
    "hometown": "mastodon",
    "glitchsoc": "mastodon",
    "ecko": "mastodon",
    "gotosocial": "gotosocial",
    "pleroma": "pleroma",
    "akkoma": "pleroma",
    "soapbox": "pleroma",
    "rebased": "pleroma",
    "pixelfed": "pixelfed",
}
_HONOURS_IDEMPOTENCY = frozenset({"mastodon", "pleroma"})


@dataclass(frozen=True, slots=True)
class Address:
    """What the owner typed, taken apart. ``user`` empty: only a server was named."""

    base_url: str
    host: str
    user: str = ""


def _is_local(host: str) -> bool:
    from services.channels._answers import is_loopback

    return is_loopback(urlsplit(f"//{host}").hostname or "")


def read_address(text: str) -> Address:
    """``@user@host``, ``user@host``, ``host``, ``https://host/@user``; plain http only on this machine.
    Raises Invalid."""
    typed = text.strip().removeprefix("acct:")
    scheme, user = "", ""
    if "://" in typed:
        try:
            parts = urlsplit(typed)
            scheme, host = parts.scheme.lower(), parts.netloc.rpartition("@")[2]
        except ValueError:
            raise Invalid("not-an-address", field="server") from None
        first = parts.path.strip("/").partition("/")[0]
        if first.startswith("@"):
            # A profile page; of somebody on another server it reads /@user@host.
            user, _, elsewhere = first[1:].partition("@")
            if elsewhere:
                scheme, host = "", elsewhere
    else:
        name, at, host = typed.lstrip("@").partition("/")[0].rpartition("@")
        user = name if at else ""
    host = host.strip().rstrip(".").lower()
    if not _HOST.fullmatch(host) or scheme not in ("", "http", "https"):
        raise Invalid("not-an-address", field="server")
    local = _is_local(host)
    if not local and "." not in host:
        raise Invalid("not-an-address", field="server")
    if scheme == "http" and not local:
        scheme = "https"
    return Address(f"{scheme or ('http' if local else 'https')}://{host}", host, user)


def find_server(address: Address, web: Web) -> str:
    """Base address of the server behind a handle, whose domain may differ from the server's (WebFinger); else
    the typed one."""
    if not address.user:
        return address.base_url
    resource = f"acct:{address.user}@{address.host}"
    try:
        answer = web.get(f"{address.base_url}/.well-known/webfinger", params=[("resource", resource)]).json()
        links = [link for link in answer.get("links", ()) if link.get("rel") == "self"]
        found = urlsplit(str(links[0]["href"]))
    except (ChannelError, ValueError, LookupError, AttributeError, TypeError):
        return address.base_url
    if not _HOST.fullmatch(found.netloc.lower()) or _is_local(found.netloc) != _is_local(address.host):
        return address.base_url
    if found.scheme != "https" and not _is_local(found.netloc):
        return address.base_url
    return f"{found.scheme}://{found.netloc.lower()}"


class Api:
    """Requests to one server with one token. Raises ChannelErrors; answers have the shape that was asked for,
    or BadAnswer."""

    def __init__(self, web: Web, base_url: str, token: str = "") -> None:
        self.web = web
        self.base_url = base_url
        if token and not re.fullmatch(r"[\x21-\x7e]+", token):
            # It would not even travel; half of a line was pasted, or the line after it, too.
            raise SignInNeeded("wrong-token", host=urlsplit(base_url).hostname)
        self._token = token

    @property
    def has_token(self) -> bool:
        return bool(self._token)

    def get(self, path: str, params: Params = (), *, scope: str = "") -> Response:
        """``scope`` is what the token needs for it; NotAllowed names it."""
        try:
            return self.web.get(self.base_url + path, params=list(params), token=self._token)
        except NotAllowed:
            raise NotAllowed("scope", permission=scope) from None
        except BadAnswer as error:
            if error.detail.get("status") == 422 and "authenticated user" in str(
                error.detail.get("sample", "")
            ):
                # Mastodon's words for a token that belongs to an app and to nobody.
                raise SignInNeeded("app-token") from None
            raise

    def document(self, path: str, params: Params = (), *, scope: str = "") -> Json:
        return as_document(self.get(path, params, scope=scope).json())

    def list(self, path: str, params: Params = (), *, scope: str = "") -> list[Json]:
        return as_list(self.get(path, params, scope=scope).json())

    def post(
        self,
        path: str,
        *,
        json: Json | None = None,
        headers: Mapping[str, str] | None = None,
        check: bool = True,
    ) -> Response:
        """Changes something there: ``Unclear`` when nobody knows whether it was done."""
        return self.web.post(
            self.base_url + path,
            json=json if json is not None else {},
            headers=headers,
            token=self._token,
            check=check,
        )

    def delete(self, path: str, *, scope: str = "") -> None:
        try:
            self.web.delete(self.base_url + path, token=self._token)
        except NotAllowed:
            raise NotAllowed("scope", permission=scope) from None


def _number(value: Any, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else default


def _dig(document: Any, *names: str) -> Any:
    for name in names:
        document = document.get(name) if isinstance(document, Mapping) else None
    return document


def _software(api: Api, instance: Json) -> str:
    """Name of the server software in lower case: from the version text, else NodeInfo, else a guess."""
    version = str(instance.get("version", ""))
    compatible = _COMPATIBLE.search(version)
    if compatible:
        return compatible[1].lower()
    for name in _FAMILIES:
        if name in version.lower():
            return name
    try:
        links = api.document("/.well-known/nodeinfo").get("links", ())
        page = urlsplit(str(links[-1]["href"]))
        told = api.document(page.path) if page.netloc == urlsplit(api.base_url).netloc else {}
        name = str(_dig(told, "software", "name") or "").lower()
    except (ChannelError, ValueError, LookupError, TypeError):
        name = ""
    if name:
        return name
    source = str(instance.get("source_url", "")).lower()
    # Mastodon's version never was 0.x with this API; GoToSocial writes its own bare one.
    return (
        "gotosocial"
        if "gotosocial" in source or version.startswith("0.")
        else "mastodon"
        if version[:1].isdigit()
        else ""
    )


def read_server(api: Api) -> dict[str, Any]:
    """What the instance document says, as settings of the account; ``domain`` is the one in handles. Raises
    Invalid for no such server."""
    instance: Json = {}
    for path in ("/api/v2/instance", "/api/v1/instance"):
        try:
            instance = api.document(path)
        except BadAnswer as error:
            if status_of(error) >= 400 and not is_missing(error):
                raise
            continue
        if "version" in instance:
            break
    if "version" not in instance and not _knows_us(api):
        raise Invalid("not-a-server", field="server", host=urlsplit(api.base_url).netloc)
    software = _software(api, instance)
    family = _FAMILIES.get(software, "other")
    statuses = _dig(instance, "configuration", "statuses")
    limit = _number(_dig(statuses, "max_characters"), _number(instance.get("max_toot_chars"), _DEFAULT_LIMIT))
    return {
        "server_url": api.base_url,
        "flavour": family,
        "version": str(instance.get("version", ""))[:100],
        "max_characters": limit,
        # Only Mastodon shortens links while counting; GoToSocial announces it and does not (its validation
        # counts the raw text).
        "url_length": _number(_dig(statuses, "characters_reserved_per_url"), _DEFAULT_URL_LENGTH)
        if family == "mastodon"
        else 0,
        "counts": "characters" if family == "mastodon" else "codepoints",
        "honours_idempotency": family in _HONOURS_IDEMPOTENCY,
        "domain": _handle_domain(instance, api.base_url),
    }


def _knows_us(api: Api) -> bool:
    """A server may lack the document and still speak the language."""
    if not api.has_token:
        return False
    try:
        return bool(who_am_i(api))
    except BadAnswer:
        return False


def _handle_domain(instance: Json, base_url: str) -> str:
    """``domain`` (v2) or ``uri`` (v1; some servers write a whole address there)."""
    told = str(instance.get("domain") or instance.get("uri") or "")
    host = urlsplit(told).netloc if "://" in told else told.strip("/")
    return host if _HOST.fullmatch(host.lower()) else urlsplit(base_url).netloc


def read_policy(api: Api) -> tuple[bool, str]:
    """(has the server such a policy, note for the owner). Mastodon 4.3: strangers' notifications may be
    filtered or dropped."""
    try:
        policy = api.document("/api/v2/notifications/policy", scope="read:notifications")
    except BadAnswer:
        return False, ""
    except NotAllowed:
        return True, ""
    rules = {value for name, value in policy.items() if name.startswith("for_")}
    if "drop" in rules:
        return True, "notifications-dropped"
    return True, "notifications-filtered" if "filter" in rules else ""


def who_am_i(api: Api) -> Json:
    account = api.document("/api/v1/accounts/verify_credentials", scope="read:accounts")
    if not account.get("id"):
        raise BadAnswer("no-account-id")
    return account
