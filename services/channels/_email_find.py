"""The mail servers behind an address, found from the address alone: what large providers are known by, then
what the domain itself publishes, then its mail exchanger, then names that are commonly used.

Sources: Thunderbird's autoconfiguration (autoconfig file format 1.1), RFC 6186 and 8314 (SRV records),
RFC 1035 (MX). Only https is asked, and only servers that answer with a protected connection are proposed.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from services.channels import _answers
from services.channels._email_connect import settle_security
from services.channels._email_places import (
    IMAP,
    SMTP,
    STARTTLS,
    TLS,
    Place,
    Provider,
    provider_behind,
    provider_of,
    read_address,
    read_ca_file,
)
from services.errors import BadAnswer, ChannelError, Invalid, Unreachable
from services.model import JsonObject

if TYPE_CHECKING:
    from services.channels.web import Web

_LARGEST = 200_000
_ANSWER_S = 5.0
_TRY_S = 8.0
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+")
_SRV = (
    # RFC 8314: protected from the first byte before STARTTLS.
    (IMAP, "_imaps._tcp", TLS),
    (IMAP, "_imap._tcp", STARTTLS),
    (SMTP, "_submissions._tcp", TLS),
    (SMTP, "_submission._tcp", STARTTLS),
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where is asked. ``name_server``: address and port of the DNS server, None for the system's."""

    name_server: tuple[str, int] | None = None
    autoconfig: tuple[str, ...] = (
        "https://autoconfig.{domain}/mail/config-v1.1.xml?emailaddress={address}",
        "https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml",
    )
    imap_names: tuple[str, ...] = ("imap.{domain}", "mail.{domain}", "{domain}")
    smtp_names: tuple[str, ...] = ("smtp.{domain}", "mail.{domain}", "{domain}")
    imap_ports: tuple[tuple[int, str], ...] = ((993, TLS), (143, STARTTLS))
    smtp_ports: tuple[tuple[int, str], ...] = ((465, TLS), (587, STARTTLS))
    patience_s: float = _ANSWER_S


@dataclass(frozen=True, slots=True)
class Discovery:
    """``user``: what to sign in with where it is not the address. Places are None where nothing was found."""

    imap: Place | None = None
    smtp: Place | None = None
    user: str = ""
    provider: Provider | None = None


def discover(address: str, web: Web, around: Surroundings) -> Discovery:
    """Raises Invalid where a password is of no use there, Unreachable where this computer is offline."""
    domain = address.rpartition("@")[2]
    provider = provider_of(domain)
    if provider is not None:
        return _of_provider(provider)
    ascii_domain = _ascii(domain)
    names = _Names(around)
    found = _published(address, ascii_domain, web, around) or _announced(names, ascii_domain)
    if found is not None and found.imap is not None and found.smtp is not None:
        return found
    exchangers = names.exchangers(ascii_domain)
    provider = provider_behind(exchangers)
    if provider is not None:
        return _of_provider(provider)
    for host in exchangers[:2]:
        # The domain above the exchanger's own name is whoever runs it.
        parent = ".".join(host.split(".")[-2:])
        if parent != ascii_domain and "." in parent:
            published = _published(address, parent, web, around, ask=around.autoconfig)
            if published is not None:
                return _merged(found, published)
    return _merged(found, _common(ascii_domain, web, around))


def _of_provider(provider: Provider) -> Discovery:
    if provider.refusal:
        raise Invalid(provider.refusal, field="address", help=provider.help_url)
    return Discovery(
        Place(IMAP, provider.imap, provider.imap_port),
        Place(SMTP, provider.smtp, provider.smtp_port),
        provider=provider,
    )


def _merged(first: Discovery | None, second: Discovery) -> Discovery:
    if first is None:
        return second
    return Discovery(first.imap or second.imap, first.smtp or second.smtp, first.user or second.user)


def _ascii(domain: str) -> str:
    try:
        return domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise Invalid("not-a-mail-address", field="address") from None


# --- the file that a domain publishes


def _published(
    address: str, domain: str, web: Web, around: Surroundings, ask: Sequence[str] = ()
) -> Discovery | None:
    for template in ask or around.autoconfig:
        url = template.format(domain=domain, address=quote(address, safe="@"))
        try:
            answer = web.get(url, max_bytes=_LARGEST, total=_ANSWER_S, timeout=_ANSWER_S)
        except ChannelError as error:
            if isinstance(error, Unreachable) and error.reason in ("offline", "cancelled"):
                raise
            continue
        found = read_autoconfig(answer.body, address)
        if found is not None:
            return found
    return None


def read_autoconfig(document: bytes, address: str) -> Discovery | None:
    """The first IMAP and the first SMTP server of the file that ask for a password over a protected
    connection. None where it is no such file."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(document)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None
    imap, user = _server(root, ".//incomingServer", IMAP, address)
    smtp, _ = _server(root, ".//outgoingServer", SMTP, address)
    return Discovery(imap, smtp, user) if imap is not None or smtp is not None else None


def _server(root: Any, path: str, protocol: str, address: str) -> tuple[Place | None, str]:
    for node in root.iterfind(path):
        if (node.get("type") or "").lower() != protocol:
            continue
        host = _filled(node.findtext("hostname") or "", address).lower().strip()
        port = (node.findtext("port") or "").strip()
        kind = (node.findtext("socketType") or "").strip().upper()
        ways = [(one.text or "").strip().lower() for one in node.iterfind("authentication")]
        by_password = not ways or any(one.startswith("password") or one == "plain" for one in ways)
        security = {"SSL": TLS, "TLS": TLS, "STARTTLS": STARTTLS}.get(kind, "")
        is_host = _HOST.fullmatch(host) or _answers.is_loopback(host)
        if is_host and port.isdecimal() and 0 < int(port[:6]) < 65_536 and security and by_password:
            user = _filled(node.findtext("username") or "", address).strip()
            return Place(protocol, host, int(port), security), user if user and user != address else ""
    return None, ""


def _filled(text: str, address: str) -> str:
    local, _, domain = address.rpartition("@")
    for sign, value in (("%EMAILADDRESS%", address), ("%EMAILLOCALPART%", local), ("%EMAILDOMAIN%", domain)):
        text = text.replace(sign, value)
    return text


# --- DNS


def _announced(names: _Names, domain: str) -> Discovery | None:
    """SRV records; a record with the host "." says that the service is not offered."""
    found: dict[str, Place] = {}
    for protocol, service, security in _SRV:
        if protocol in found:
            continue
        for host, port in names.services(f"{service}.{domain}"):
            if _HOST.fullmatch(host):
                found[protocol] = Place(protocol, host, port, security)
                break
    return Discovery(found.get(IMAP), found.get(SMTP)) if found else None


class _Names:
    """The few questions that are put to DNS. No answer is as good as none there."""

    def __init__(self, around: Surroundings) -> None:
        self._server, self._patience_s = around.name_server, around.patience_s
        self._is_silent = False

    def exchangers(self, domain: str) -> tuple[str, ...]:
        """Mail exchangers in lower case, the preferred one first."""
        found = sorted((one.preference, self._text(one.exchange)) for one in self._ask(domain, "MX"))
        return tuple(host for _, host in found if host)

    def services(self, name: str) -> list[tuple[str, int]]:
        found = sorted(
            (one.priority, -one.weight, self._text(one.target), int(one.port))
            for one in self._ask(name, "SRV")
        )
        return [(host, port) for _, _, host, port in found if host]

    @staticmethod
    def _text(name: Any) -> str:
        return str(name.to_text(omit_final_dot=True)).lower().strip(".")

    def _ask(self, name: str, kind: str) -> list[Any]:
        import dns.exception
        import dns.resolver

        if self._is_silent:
            return []
        try:
            resolver = dns.resolver.Resolver(configure=self._server is None)
            if self._server is not None:
                resolver.nameservers, resolver.port = [self._server[0]], self._server[1]
            resolver.lifetime = resolver.timeout = self._patience_s
            return list(resolver.resolve(name, kind, search=False))
        except dns.exception.Timeout:
            self._is_silent = True
        except (dns.exception.DNSException, OSError, ValueError, UnicodeError):
            pass
        return []


# --- names that are commonly used


def _common(domain: str, web: Web, around: Surroundings) -> Discovery:
    return Discovery(
        _first(web, IMAP, around.imap_names, around.imap_ports, domain),
        _first(web, SMTP, around.smtp_names, around.smtp_ports, domain),
    )


def _first(
    web: Web, protocol: str, templates: Sequence[str], ports: Sequence[tuple[int, str]], domain: str
) -> Place | None:
    for host in dict.fromkeys(template.format(domain=domain) for template in templates):
        for port, security in ports:
            try:
                return settle_security(web, Place(protocol, host, port, security), None, _TRY_S)
            except Unreachable as error:
                if error.reason in ("offline", "cancelled"):
                    raise
                if error.reason == "dns":
                    break
            except ChannelError:
                continue
    return None


def settings_of(found: Discovery) -> dict[str, Any]:
    """As the fields of the account hold them."""
    settings: dict[str, Any] = {}
    for place in (found.imap, found.smtp):
        if place is not None:
            settings[f"{place.protocol}_host"] = place.host
            settings[f"{place.protocol}_port"] = str(place.port)
    return settings


def completed(given_settings: JsonObject, web: Web, around: Surroundings) -> dict[str, Any]:
    """What the settings lack, found. Raises Invalid where no server is found or none could be of use. The
    kind of protection that was found before is left out: a server that moved may have another."""
    from services.channels._email_places import given_place

    settings = {name: value for name, value in given_settings.items() if not name.endswith("_security")}
    address = read_address(settings.get("address"))
    try:
        read_ca_file(settings)
    except Invalid:
        if not given_settings.get("imap_security"):
            raise
        # It was there when the account was added.
        raise Unreachable("no-certificate-file", sent=False) from None
    given = {protocol: given_place(settings, protocol) for protocol in (IMAP, SMTP)}
    added: dict[str, Any] = {"address": address}
    if given[IMAP] is None or given[SMTP] is None:
        found = discover(address, web, around)
        for place in (found.imap, found.smtp):
            if place is not None and given[place.protocol] is None:
                given[place.protocol] = place
        if found.user and not settings.get("user"):
            added["user"] = found.user
    for protocol, place in given.items():
        if place is None:
            raise Invalid("no-mail-server", field=f"{protocol}_host")
        added |= {f"{protocol}_host": place.host, f"{protocol}_port": str(place.port)}
        if place.security:
            added[f"{protocol}_security"] = place.security
    return added


def hints(
    settings: JsonObject, web: Web, around: Surroundings
) -> Iterator[tuple[dict[str, Any], Provider | None]]:
    """For the dialog: what an address leads to; nothing where nothing was found, for then the owner fills in
    the rest."""
    address = read_address(settings.get("address"))
    if str(settings.get("imap_host") or "").strip():
        return
    with contextlib.suppress(BadAnswer, Unreachable):
        found = discover(address, web, around)
        yield {"address": address, **settings_of(found)}, found.provider
