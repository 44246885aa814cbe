"""Connections to mail servers: protected before anything is said, ended by a deadline or when the program
quits, and every failure one of our errors.

RFC 8314 (TLS for mail access and submission), RFC 3207 and RFC 9051 6.2.1 (STARTTLS). A server that offers
no protection is refused; nothing it said before the protection began is believed afterwards.

``imaplib`` and ``smtplib`` are imported when the first connection is made.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.channels._email_places import STARTTLS, TLS, Place
from services.channels._transport import Flight, connect, reason_of
from services.errors import (
    BadAnswer,
    ChannelError,
    NotAllowed,
    RateLimited,
    SignInNeeded,
    Unreachable,
)

if TYPE_CHECKING:
    import imaplib
    import smtplib

    from services.channels.web import Web

CONNECT_S = 10.0
SILENCE_S = 30.0
LARGEST_LITERAL = 32_000_000
# OpenSSL's numbers for certificates that nobody vouches for: self-signed, or by an authority unknown here.
_UNKNOWN_CERTIFICATE = frozenset({18, 19, 20, 21})
_TOO_OFTEN = re.compile(
    r"\[(?:LIMIT|THROTTLED|INUSE)\]|too many|rate limit|throttl|try again later|bandwidth limits|temporarily",
    re.IGNORECASE,
)
_APP_PASSWORD = re.compile(r"application-specific|app(?:lication)?[- ]password|5\.7\.9\b", re.IGNORECASE)
_NO_PASSWORDS = re.compile(r"basic auth\w* is disabled|BasicAuthBlocked|5\.7\.139|5\.7\.30\b", re.IGNORECASE)
_WEB_LOGIN = re.compile(r"web ?browser|WEBALERT|5\.7\.14\b", re.IGNORECASE)
_IMAP_OFF = re.compile(
    r"not enabled for IMAP|IMAP (?:access )?is disabled|POP3?/IMAP|please enable", re.IGNORECASE
)
_WRONG = re.compile(r"authenticat|credential|password", re.IGNORECASE)
_BUSY_LOGIN = re.compile(
    r"\[UNAVAILABLE\]|\[SERVERBUG\]|internal error|temporary|\b4\.\d\.\d\b", re.IGNORECASE
)


class Line:
    """One connection on its way up: the flight it belongs to, and the socket the watchdog may shut."""

    def __init__(self, web: Web, flight: Flight, place: Place, ca_file: Path | None) -> None:
        self.place = place
        self.flight = flight
        try:
            self.context = web.tls(ca_file)
        except OSError:
            raise Unreachable("no-certificate-file", sent=False, host=place.host) from None
        self._spare: socket.socket | None = None

    def connect(self, *, protected: bool) -> socket.socket:
        """A connected socket; with ``protected`` TLS is spoken on it already."""
        self.flight.check()
        sock = connect(self.place.host, self.place.port, CONNECT_S, self.flight)
        # TLS takes the descriptor away from its object, so the watchdog gets one of its own.
        self._spare = sock.dup()
        self.flight.hold(self._spare)
        sock.settimeout(SILENCE_S)
        return self.protect(sock) if protected else sock

    def protect(self, sock: socket.socket) -> socket.socket:
        try:
            return self.context.wrap_socket(sock, server_hostname=self.place.host)
        except BaseException:
            sock.close()
            raise

    def close(self) -> None:
        self.flight.let_go()
        if self._spare is not None:
            self._spare.close()
            self._spare = None

    def trouble(self, error: BaseException) -> ChannelError:
        """What a failure on the way means; texts of servers are read, never shown."""
        import imaplib
        import smtplib

        host = self.place.host
        if isinstance(error, ChannelError):
            return error
        if self.flight.ended:
            return Unreachable(_ended(self.flight), sent=self.flight.sent, host=host)
        if isinstance(error, ssl.SSLCertVerificationError):
            is_unknown = error.verify_code in _UNKNOWN_CERTIFICATE
            return Unreachable(
                "unknown-certificate" if is_unknown else "wrong-certificate", sent=False, host=host
            )
        if isinstance(error, imaplib.IMAP4.abort | smtplib.SMTPServerDisconnected):
            return self._cut_off(str(error))
        if isinstance(error, imaplib.IMAP4.error):
            return refusal(str(error), host)
        if isinstance(error, smtplib.SMTPResponseException):
            said = _text(error.smtp_error)
            return smtp_refusal(error.smtp_code, said, host)
        if isinstance(error, smtplib.SMTPException):
            return BadAnswer("not-a-mail-server", host=host)
        if isinstance(error, OSError | ValueError):
            # Not an OSError of the socket: what it said could not be taken apart.
            known = reason_of(error, self.flight)
            return Unreachable("timeout" if known == "deadline" else known, sent=self.flight.sent, host=host)
        return BadAnswer("not-a-mail-server", host=host)

    def _cut_off(self, said: str) -> ChannelError:
        lowered = said.lower()
        if "unexpected response" in lowered:
            return BadAnswer("not-a-mail-server", host=self.place.host)
        if "too large" in lowered:
            return BadAnswer("too-large", host=self.place.host, limit=LARGEST_LITERAL)
        if _TOO_OFTEN.search(said):
            return RateLimited(None, "connections", host=self.place.host)
        return Unreachable("reset", sent=self.flight.sent, host=self.place.host)


def _ended(flight: Flight) -> str:
    return "timeout" if flight.ended == "deadline" else flight.ended


def _text(said: object) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


def refusal(said: str, host: str) -> ChannelError:
    """A command that an IMAP server answered with NO or BAD (RFC 5530 has the codes)."""
    upper = said.upper()
    if "[NOPERM]" in upper or "[CANNOT]" in upper:
        return NotAllowed("folder", permission="mail:read", host=host)
    if _TOO_OFTEN.search(said):
        return RateLimited(None, "connections", host=host)
    if _BUSY_LOGIN.search(said):
        return Unreachable("server", host=host)
    return BadAnswer("command", host=host, sample=said)


def login_refusal(said: str, host: str) -> ChannelError:
    """A sign-in that was answered with NO."""
    if _NO_PASSWORDS.search(said) or host.endswith((".office365.com", ".outlook.com")):
        return SignInNeeded("password-not-accepted", host=host)
    if _APP_PASSWORD.search(said):
        return SignInNeeded("app-password", host=host)
    if _IMAP_OFF.search(said):
        return NotAllowed("imap-off", permission="mail:imap", host=host)
    if "[AUTHENTICATIONFAILED]" not in said.upper():
        if _TOO_OFTEN.search(said):
            return RateLimited(None, "connections", host=host)
        if _BUSY_LOGIN.search(said):
            return Unreachable("server", host=host)
    if _WEB_LOGIN.search(said):
        return SignInNeeded("web-login", host=host)
    return SignInNeeded("wrong-password", host=host)


def smtp_refusal(code: int, said: str, host: str) -> ChannelError:
    """An answer outside a mail transaction: greeting, EHLO, sign-in (RFC 4954 has the codes)."""
    if code in (530, 534, 535, 538, 550, 554) and _NO_PASSWORDS.search(said):
        return SignInNeeded("password-not-accepted", host=host)
    if code == 535 or (code >= 500 and _WRONG.search(said)):
        return login_refusal(said, host)
    if code in (530, 534, 538):
        return SignInNeeded("app-password" if _APP_PASSWORD.search(said) else "web-login", host=host)
    if 400 <= code < 500:
        is_pause = bool(_TOO_OFTEN.search(said)) or code == 421
        return RateLimited(None, "connections", host=host) if is_pause else Unreachable("server", sent=False)
    return BadAnswer("command", host=host, sample=f"{code} {said}")


# --- the two kinds of clients


@cache
def _imap_type() -> type[imaplib.IMAP4]:
    import imaplib

    class Imap(imaplib.IMAP4):
        """On a connection of ours; takes no literal larger than it can hold."""

        def __init__(self, line: Line, *, protected: bool) -> None:
            self._line, self._is_protected = line, protected
            super().__init__(line.place.host, line.place.port, SILENCE_S)

        def _create_socket(self, timeout: float | None = None) -> socket.socket:
            return self._line.connect(protected=self._is_protected)

        def read(self, size: int) -> bytes:
            if size > LARGEST_LITERAL:
                raise self.abort("literal too large")
            return super().read(size)

    return Imap


@cache
def _smtp_type() -> type[smtplib.SMTP]:
    import smtplib

    class Smtp(smtplib.SMTP):
        def __init__(self, line: Line, *, protected: bool) -> None:
            self._line, self._is_protected = line, protected
            # A name of this machine is nobody's business; an address literal is what RFC 5321 asks for then.
            super().__init__(local_hostname="[127.0.0.1]", timeout=SILENCE_S)
            # Without a name of the host the base class does not connect; STARTTLS wants to know it.
            self._host = line.place.host
            code, said = self.connect(line.place.host, line.place.port)
            if code != 220:
                self.close()
                raise smtplib.SMTPConnectError(code, said)

        def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
            return self._line.connect(protected=self._is_protected)

    return Smtp


@contextmanager
def imap_client(web: Web, place: Place, ca_file: Path | None, seconds: float) -> Iterator[tuple[Any, Line]]:
    """A protected ``imaplib`` client, not signed in. Errors of ours come out, whatever happened inside."""
    with web.flight(seconds) as flight:
        line = Line(web, flight, place, ca_file)
        client: Any = None
        try:
            client = _opened_imap(line)
            flight.sent = True
            yield client, line
        except Exception as error:  # noqa: BLE001 - translated, or raised again
            raise _known(error, line) from None
        finally:
            if client is not None:
                _end(client.shutdown)
            line.close()


def _opened_imap(line: Line) -> Any:
    make: Any = _imap_type()
    if line.place.security != STARTTLS:
        return make(line, protected=True)
    client = make(line, protected=False)
    try:
        # Signed in before any protection: somebody in between would be talking (RFC 9051 6.2.1).
        if client.state != "NONAUTH" or "STARTTLS" not in client.capabilities:
            raise Unreachable("no-protection", sent=False, host=line.place.host)
        kind, _ = client.starttls(line.context)
        if kind != "OK":
            raise Unreachable("no-protection", sent=False, host=line.place.host)
        client.untagged_responses.clear()
        client.capabilities = tuple(_text(client.capability()[1][0]).upper().split())
    except BaseException:
        _end(client.shutdown)
        raise
    return client


@contextmanager
def smtp_client(web: Web, place: Place, ca_file: Path | None, seconds: float) -> Iterator[tuple[Any, Line]]:
    """A protected ``smtplib`` client that has said EHLO, not signed in."""
    with web.flight(seconds) as flight:
        line = Line(web, flight, place, ca_file)
        client: Any = None
        try:
            make: Any = _smtp_type()
            client = make(line, protected=place.security != STARTTLS)
            client.ehlo_or_helo_if_needed()
            if place.security == STARTTLS:
                if not client.has_extn("starttls"):
                    raise Unreachable("no-protection", sent=False, host=place.host)
                code, _ = client.starttls(context=line.context)
                if code != 220:
                    raise Unreachable("no-protection", sent=False, host=place.host)
                client.ehlo_or_helo_if_needed()
            yield client, line
        except Exception as error:  # noqa: BLE001 - as above
            raise _known(error, line) from None
        finally:
            if client is not None:
                _end(client.close)
            line.close()


def _known(error: Exception, line: Line) -> Exception:
    """Ours where it has to do with the way; a mistake in our own code stays what it is."""
    import imaplib
    import smtplib

    of_the_way = (ChannelError, OSError, imaplib.IMAP4.error, smtplib.SMTPException, UnicodeError)
    return line.trouble(error) if isinstance(error, of_the_way) else error


def _end(close: Any) -> None:
    with contextlib.suppress(OSError, AttributeError, ValueError):
        close()


def settle_security(web: Web, place: Place, ca_file: Path | None, seconds: float) -> Place:
    """The place with the kind of protection that it really speaks. A certificate that is not accepted is
    never answered by trying something else."""
    from dataclasses import replace

    trouble: ChannelError | None = None
    for way in place.ways:
        tried = replace(place, security=way)
        opened = imap_client if place.protocol == "imap" else smtp_client
        try:
            with opened(web, tried, ca_file, seconds):
                return tried
        except Unreachable as error:
            if way != TLS or error.reason not in ("tls", "reset", "timeout"):
                raise
            trouble = error
        except BadAnswer as error:
            trouble = error
    assert trouble is not None
    raise trouble
