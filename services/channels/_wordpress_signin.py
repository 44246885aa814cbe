"""The browser sign-in of WordPress: its own page makes an application password and hands it over.

developer.wordpress.org/rest-api (application passwords), wp-admin/authorize-application.php. The page leads
the browser back with ``site_url``, ``user_login`` and ``password``; told no address to lead to, it shows the
password instead. Before 7.0 it refuses to lead to plain http on this machine.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from services.channels._shapes import setting, text_of
from services.channels._wordpress_api import ME, Api
from services.channels._wordpress_site import Site, find_site, is_local
from services.channels.base import AuthorizeRequest, Granted, Tools
from services.errors import BadAnswer, Invalid, SignInNeeded
from services.model import JsonObject

APP_NAME = "Shopbell"
APP_ID = "6f1d5c0e-9a4b-4f0d-8e53-2c7b6a90d1e4"
"""What WordPress knows us by, on every site; made once."""

_LEADS_TO_LOOPBACK = (7, 0)
_PASSWORDS = f"{ME}/application-passwords"


def begin(settings: JsonObject, redirect_uri: str, tools: Tools) -> AuthorizeRequest:
    from services.channels.oauth import new_state

    site = find_site(tools.web, setting(settings, "url", ""))
    if not site.authorize:
        raise Invalid("passwords-off", field="url")
    shows_code = not redirect_uri or not leads_back(site)
    if shows_code and not setting(settings, "user", ""):
        # The page shows the password alone.
        raise Invalid("needs-user", field="user")
    state = new_state()
    # Before 6.8 a site refuses a second password of the same name.
    name = f"{APP_NAME} {tools.clock.now():%Y-%m-%d} {new_state()[:5]}"
    asked = [("app_name", name), ("app_id", APP_ID)]
    if not shows_code:
        asked.append(("success_url", f"{redirect_uri}?{urlencode([('state', state)])}"))
    parts = urlsplit(site.authorize)
    query = "&".join(filter(None, (parts.query, urlencode(asked))))
    return AuthorizeRequest(
        urlunsplit((parts.scheme, parts.netloc, parts.path, query, "")),
        state,
        answer="password",
        shows_code=shows_code,
    )


def leads_back(site: Site) -> bool:
    """Whether its page leads the browser to this machine; one that does not say its version is tried. On this
    machine a site may be one that is being built, which leads anywhere."""
    return site.version is None or site.version >= _LEADS_TO_LOOPBACK or is_local(site.home)


def finish(settings: JsonObject, request: AuthorizeRequest, brought: str, tools: Tools) -> Granted:
    """``brought``: the query of the page the browser was led to, that page's whole address, or the password
    that WordPress shows."""
    from services.channels.oauth import same_state

    user = setting(settings, "user", "")
    if "=" in brought:
        try:
            found = parse_qs(urlsplit(brought).query or brought)
        except ValueError:
            raise SignInNeeded("no-code") from None
        if "state" in found and not same_state(found["state"][0], request.state):
            raise SignInNeeded("wrong-state")
        if found.get("success") == ["false"]:
            raise SignInNeeded("denied")
        user = (found.get("user_login") or found.get("username") or [user])[0]
        brought = (found.get("password") or [""])[0]
    password = "".join(brought.split())
    if not password:
        raise SignInNeeded("no-code")
    if not user:
        raise Invalid("needs-user", field="user")
    if not re.fullmatch(r"[\x21-\x7e]{6,200}", password):
        raise SignInNeeded("wrong-code")
    return Granted({"app_password": password}, {"user": user})


def revoke(api: Api) -> None:
    """Takes back a password that was made for us; one that the owner made may serve others, too."""
    used = api.document(f"{_PASSWORDS}/introspect")
    if text_of(used, "app_id") == APP_ID and text_of(used, "uuid"):
        answer = api.change("DELETE", f"{_PASSWORDS}/{text_of(used, 'uuid')}")
        if answer.status != 200:
            raise BadAnswer("status", status=answer.status)
