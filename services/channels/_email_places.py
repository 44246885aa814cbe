"""Where the mail of one address lives: servers, ports, the kind of protection, and the large providers that
are known by heart.

The table holds what the providers' own help pages say. ``advice`` is a key of ``words_accounts.NOTES``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from services.errors import Invalid
from services.model import JsonObject

TLS, STARTTLS = "tls", "starttls"
IMAP, SMTP = "imap", "smtp"
_USUAL = {(IMAP, 993): TLS, (IMAP, 143): STARTTLS, (SMTP, 465): TLS, (SMTP, 587): STARTTLS}
_ADDRESS = re.compile(r"[^\s@<>\"(),:;\\\[\]\x00-\x20]{1,64}@(?:\[[\d.:a-fA-F]+\]|[\w-]+(?:\.[\w-]+)*\.?)")
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)*|[\da-fA-F:]*:[\da-fA-F:.]+")


@dataclass(frozen=True, slots=True)
class Place:
    """One server. ``security`` empty: not known yet, implicit TLS is tried first, then STARTTLS."""

    protocol: str
    host: str
    port: int
    security: str = ""

    @property
    def ways(self) -> tuple[str, ...]:
        known = self.security or _USUAL.get((self.protocol, self.port), "")
        return (known,) if known else (TLS, STARTTLS)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One address and how to get at it. ``user`` is the name to sign in with."""

    address: str
    imap: Place
    smtp: Place
    user: str
    ca_file: Path | None = None

    @property
    def key(self) -> str:
        """Tells this mailbox from every other one there is."""
        return f"{self.address} {self.imap.host}:{self.imap.port}"


@dataclass(frozen=True, slots=True)
class Provider:
    """``imap`` empty: passwords are not accepted there (or there is no IMAP), ``refusal`` says which.
    ``stores_sent``: the server keeps a copy of what is sent by itself."""

    imap: str = ""
    smtp: str = ""
    advice: str = ""
    help_url: str = ""
    imap_port: int = 993
    smtp_port: int = 465
    refusal: str = ""
    stores_sent: bool = False

    def settings(self) -> dict[str, Any]:
        return {
            "imap_host": self.imap,
            "imap_port": str(self.imap_port),
            "smtp_host": self.smtp,
            "smtp_port": str(self.smtp_port),
        }


_APP, _SWITCH, _OWN = "mail-app-password", "mail-switch-on", "mail-own-password"
GOOGLE = Provider(
    "imap.gmail.com", "smtp.gmail.com", _APP, "https://myaccount.google.com/apppasswords", stores_sent=True
)
MICROSOFT = Provider(
    refusal="password-not-accepted", help_url="https://support.microsoft.com/office/c5d65390"
)
_YAHOO = Provider(
    "imap.mail.yahoo.com",
    "smtp.mail.yahoo.com",
    _APP,
    "https://help.yahoo.com/kb/SLN15241.html",
    stores_sent=True,
)
_AOL = replace(
    _YAHOO, imap="imap.aol.com", smtp="smtp.aol.com", help_url="https://help.aol.com/articles/SLN26957"
)
_APPLE = Provider(
    "imap.mail.me.com", "smtp.mail.me.com", _APP, "https://support.apple.com/102654", smtp_port=587
)
_GMX = Provider("imap.gmx.net", "mail.gmx.net", _SWITCH, "https://hilfe.gmx.net/pop-imap/einschalten.html")
_FASTMAIL = Provider(
    "imap.fastmail.com", "smtp.fastmail.com", _APP, "https://app.fastmail.com/settings/security/apps"
)
_ZOHO = Provider(
    "imap.zoho.com",
    "smtp.zoho.com",
    _APP,
    "https://accounts.zoho.com/home#security/app_password",
    stores_sent=True,
)
_YANDEX = Provider("imap.yandex.com", "smtp.yandex.com", _APP, "https://id.yandex.com/security/app-passwords")
_MAIL_RU = Provider(
    "imap.mail.ru", "smtp.mail.ru", _APP, "https://account.mail.ru/user/2-step-auth/passwords/"
)
_PROTON = Provider(
    "127.0.0.1", "127.0.0.1", "mail-bridge", "https://proton.me/mail/bridge", imap_port=1143, smtp_port=1025,
    stores_sent=True,
)  # fmt: skip
_TUTA = Provider(refusal="no-mail-programs", help_url="https://tuta.com/support")
_IONOS_DE = Provider("imap.ionos.de", "smtp.ionos.de")
_IONOS = Provider("imap.ionos.com", "smtp.ionos.com")

_BY_DOMAIN: Mapping[str, Provider] = {
    **dict.fromkeys(("gmail.com", "googlemail.com"), GOOGLE),
    **dict.fromkeys(("icloud.com", "me.com", "mac.com"), _APPLE),
    **dict.fromkeys(("gmx.de", "gmx.net", "gmx.at", "gmx.ch", "gmx.eu"), _GMX),
    "gmx.com": replace(
        _GMX, imap="imap.gmx.com", smtp="mail.gmx.com", help_url="https://support.gmx.com/pop-imap/"
    ),
    "web.de": replace(
        _GMX,
        imap="imap.web.de",
        smtp="smtp.web.de",
        smtp_port=587,
        help_url="https://hilfe.web.de/pop-imap/einschalten.html",
    ),
    **dict.fromkeys(("fastmail.com", "fastmail.fm", "messagingengine.com"), _FASTMAIL),
    "zoho.com": _ZOHO,
    "zohomail.com": _ZOHO,
    "zoho.eu": replace(_ZOHO, imap="imap.zoho.eu", smtp="smtp.zoho.eu"),
    "zohomail.eu": replace(_ZOHO, imap="imap.zoho.eu", smtp="smtp.zoho.eu"),
    **dict.fromkeys(("yandex.com", "yandex.ru", "ya.ru"), _YANDEX),
    **dict.fromkeys(("mail.ru", "inbox.ru", "list.ru", "bk.ru", "internet.ru"), _MAIL_RU),
    **dict.fromkeys(("proton.me", "protonmail.com", "protonmail.ch", "pm.me"), _PROTON),
    **dict.fromkeys(
        ("tuta.com", "tutanota.com", "tutanota.de", "tutamail.com", "tuta.io", "keemail.me"), _TUTA
    ),
    "posteo.de": Provider("posteo.de", "posteo.de"),
    "posteo.net": Provider("posteo.de", "posteo.de"),
    "mailbox.org": Provider("imap.mailbox.org", "smtp.mailbox.org"),
    "t-online.de": Provider(
        "secureimap.t-online.de",
        "securesmtp.t-online.de",
        _OWN,
        "https://www.telekom.de/hilfe/apps-dienste/e-mail",
    ),
    "freenet.de": Provider("mx.freenet.de", "mx.freenet.de"),
    "orange.fr": Provider("imap.orange.fr", "smtp.orange.fr"),
    "wanadoo.fr": Provider("imap.orange.fr", "smtp.orange.fr"),
    "free.fr": Provider("imap.free.fr", "smtp.free.fr"),
    "laposte.net": Provider("imap.laposte.net", "smtp.laposte.net"),
    "libero.it": Provider("imapmail.libero.it", "smtp.libero.it"),
    "bluewin.ch": Provider("imaps.bluewin.ch", "smtpauths.bluewin.ch"),
    "ovh.net": Provider("ssl0.ovh.net", "ssl0.ovh.net"),
    "strato.de": Provider("imap.strato.de", "smtp.strato.de"),
    "ionos.de": _IONOS_DE,
    "ionos.com": _IONOS,
    "gandi.net": Provider("mail.gandi.net", "mail.gandi.net"),
    "infomaniak.com": Provider("mail.infomaniak.com", "mail.infomaniak.com"),
}
_BY_NAME: tuple[tuple[re.Pattern[str], Provider], ...] = (
    (re.compile(r"(?:outlook|hotmail|live|msn|passport|windowslive)\.(?:com?(?:\.\w\w)?|\w\w)"), MICROSOFT),
    (re.compile(r"(?:yahoo\.(?:com?(?:\.\w\w)?|\w\w)|ymail\.com|rocketmail\.com)"), _YAHOO),
    (re.compile(r"(?:aol\.(?:com|\w\w|co\.uk)|aim\.com)"), _AOL),
)
_BY_EXCHANGER: tuple[tuple[str, Provider], ...] = (
    # The mail exchanger of a domain of its own says with whom its mail lies.
    ("olc.protection.outlook.com", MICROSOFT),
    ("mail.protection.outlook.com", MICROSOFT),
    ("google.com", GOOGLE),
    ("googlemail.com", GOOGLE),
    ("mail.icloud.com", _APPLE),
    ("messagingengine.com", _FASTMAIL),
    ("zoho.com", replace(_ZOHO, imap="imappro.zoho.com", smtp="smtppro.zoho.com")),
    ("zoho.eu", replace(_ZOHO, imap="imappro.zoho.eu", smtp="smtppro.zoho.eu")),
    ("yandex.net", _YANDEX),
    ("yandex.ru", _YANDEX),
    ("yahoodns.net", _YAHOO),
    ("kundenserver.de", _IONOS_DE),
    ("ionos.de", _IONOS_DE),
    ("1and1.com", _IONOS),
    ("ionos.com", _IONOS),
    ("perfora.net", _IONOS),
    ("rzone.de", Provider("imap.strato.de", "smtp.strato.de")),
    ("ovh.net", Provider("ssl0.ovh.net", "ssl0.ovh.net")),
    ("mailbox.org", Provider("imap.mailbox.org", "smtp.mailbox.org")),
    ("posteo.de", Provider("posteo.de", "posteo.de")),
    ("gandi.net", Provider("mail.gandi.net", "mail.gandi.net")),
    ("infomaniak.ch", Provider("mail.infomaniak.com", "mail.infomaniak.com")),
    ("protonmail.ch", _PROTON),
    ("tutanota.de", _TUTA),
)
_SHARED = frozenset(_BY_DOMAIN) - {
    "ionos.de",
    "ionos.com",
    "strato.de",
    "ovh.net",
    "gandi.net",
    "infomaniak.com",
}


def provider_of(domain: str) -> Provider | None:
    """By the domain of an address alone."""
    found = _BY_DOMAIN.get(domain)
    return found or next((one for name, one in _BY_NAME if name.fullmatch(domain)), None)


def provider_behind(exchangers: tuple[str, ...]) -> Provider | None:
    """By the names of the servers that take the domain's mail, the preferred one first."""
    for host in exchangers:
        for ending, provider in _BY_EXCHANGER:
            if ("." + host).endswith("." + ending):
                return provider
    return None


def provider_with(imap_host: str) -> Provider | None:
    """By its IMAP server, for accounts that were set up by hand."""
    known = (*_BY_DOMAIN.values(), _YAHOO, _AOL, *(one for _, one in _BY_EXCHANGER))
    if imap_host.endswith((".office365.com", ".outlook.com")):
        return MICROSOFT
    return next(
        (one for one in known if one.imap and one.imap == imap_host and one.imap != "127.0.0.1"), None
    )


def is_shared(domain: str) -> bool:
    """Whether strangers have addresses under this domain too, so that it says nothing about who they are."""
    return domain in _SHARED or any(name.fullmatch(domain) for name, _ in _BY_NAME)


def read_address(typed: object) -> str:
    """The address as servers compare it. Raises Invalid."""
    text = str(typed or "").strip().removeprefix("mailto:").strip("<>")
    if _ADDRESS.fullmatch(text) is None:
        raise Invalid("not-a-mail-address", field="address")
    local, _, domain = text.rpartition("@")
    # Upper and lower case before the @ are the same for every provider there is.
    return f"{local.lower()}@{domain.lower().rstrip('.')}"


def read_host(typed: object, field: str) -> tuple[str, int | None]:
    """Host and perhaps port out of ``host``, ``host:port`` or ``imaps://host:port/``. Raises Invalid."""
    text = re.sub(r"^[a-z]+://", "", str(typed or "").strip().lower()).partition("/")[0].rpartition("@")[2]
    port: int | None = None
    bracketed = re.fullmatch(r"\[([^\]]+)\](?::(\d{1,5}))?", text)
    if bracketed:
        text, port = bracketed[1], int(bracketed[2]) if bracketed[2] else None
    elif text.count(":") == 1:
        text, _, digits = text.partition(":")
        port = read_port(digits, field)
    text = text.rstrip(".")
    if text and _HOST.fullmatch(text) is None:
        raise Invalid("not-a-server-name", field=field)
    return text, port


def read_port(typed: object, field: str) -> int | None:
    text = str(typed or "").strip()
    if not text:
        return None
    if not text.isdecimal() or not 0 < int(text[:6]) < 65_536:
        raise Invalid("not-a-port", field=field)
    return int(text)


def read_ca_file(settings: JsonObject) -> Path | None:
    typed = str(settings.get("ca_file") or "").strip()
    if not typed:
        return None
    path = Path(typed).expanduser()
    if not path.is_file():
        raise Invalid("no-such-file", field="ca_file")
    return path


def given_place(settings: JsonObject, protocol: str) -> Place | None:
    """The server that the settings name, None when they name none. Raises Invalid."""
    host, port = read_host(settings.get(f"{protocol}_host"), f"{protocol}_host")
    named = read_port(settings.get(f"{protocol}_port"), f"{protocol}_port")
    if not host:
        return None
    usual = 993 if protocol == IMAP else 465
    known = settings.get(f"{protocol}_security")
    security = known if known in (TLS, STARTTLS) else ""
    return Place(protocol, host, named or port or usual, security)


def mailbox_of(settings: JsonObject) -> Mailbox:
    """What an account that was added knows. Raises Invalid where it was never completed."""
    address = read_address(settings.get("address"))
    imap, smtp = given_place(settings, IMAP), given_place(settings, SMTP)
    if imap is None or smtp is None:
        raise Invalid("no-mail-server", field="imap_host" if imap is None else "smtp_host")
    user = str(settings.get("user") or "") or address
    return Mailbox(address, imap, smtp, user, read_ca_file(settings))
