"""Servers found from the address alone, against a name server and a website of our own on loopback."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import dns.message
import dns.rcode
import dns.rrset
import pytest

from services.channels._email_find import Surroundings, read_autoconfig
from services.channels.base import PageLink, WebPage
from services.channels.email import Email
from services.errors import Invalid
from tests.channels.email.conftest import OpenDesk
from tests.channels.email.desk import Desk
from tests.channels.email.mails import SHOP

FILE = """<?xml version="1.0"?>
<clientConfig version="1.1"><emailProvider id="rosies.example"><domain>rosies.example</domain>
  <incomingServer type="pop3">
    <hostname>pop.rosies.example</hostname><port>995</port><socketType>SSL</socketType></incomingServer>
  <incomingServer type="imap">
    <hostname>plain.rosies.example</hostname><port>143</port><socketType>plain</socketType></incomingServer>
  <incomingServer type="imap">
    <hostname>oauth.rosies.example</hostname><port>993</port><socketType>SSL</socketType>
    <authentication>OAuth2</authentication></incomingServer>
  <incomingServer type="imap">
    <hostname>IMAP.%EMAILDOMAIN%</hostname><port>993</port><socketType>SSL</socketType>
    <username>%EMAILLOCALPART%</username><authentication>password-cleartext</authentication></incomingServer>
  <outgoingServer type="smtp">
    <hostname>smtp.rosies.example</hostname><port>587</port><socketType>STARTTLS</socketType>
    <username>%EMAILADDRESS%</username></outgoingServer>
</emailProvider></clientConfig>"""


class NameServer:
    """Answers over UDP from a table: (name, type) -> records as in a zone file."""

    def __init__(self, table: Mapping[tuple[str, str], list[str]]) -> None:
        self.table = table
        self.asked: list[tuple[str, str]] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.place: tuple[str, int] = self._socket.getsockname()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            data, visitor = self._socket.recvfrom(4096)
            if not data:
                return
            query = dns.message.from_wire(data)
            name, kind = query.question[0].name, dns.rdatatype.to_text(query.question[0].rdtype)
            asked = (name.to_text(omit_final_dot=True), kind)
            self.asked.append(asked)
            answer = dns.message.make_response(query)
            records = self.table.get(asked)
            if records:
                answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *records))
            else:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            self._socket.sendto(answer.to_wire(), visitor)

    def close(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self.place)
        self._thread.join(2)
        self._socket.close()


@pytest.fixture
def names() -> Iterator[Any]:
    made: list[NameServer] = []

    def serve(table: Mapping[tuple[str, str], list[str]]) -> NameServer:
        made.append(NameServer(table))
        return made[-1]

    yield serve
    for one in made:
        one.close()


@pytest.fixture
def website() -> Iterator[tuple[str, dict[str, str]]]:
    """(address with {domain} in its path, path -> document)."""
    pages: dict[str, str] = {}

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path)
            self.send_response(200 if body else 404)
            self.end_headers()
            self.wfile.write((body or "nothing here").encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/{{domain}}", pages
    server.shutdown()
    server.server_close()
    thread.join(2)


def looking(around: Surroundings) -> type[Email]:
    class Looking(Email):
        pass

    Looking.around = around
    return Looking


NOWHERE = Surroundings(autoconfig=(), imap_names=(), smtp_names=())


def prepared(desk: Desk, address: str, around: Surroundings) -> Any:
    return looking(around).prepare({"address": address}, desk.tools())


@pytest.mark.parametrize(
    ("address", "imap", "advice"),
    [
        ("rosie@gmail.com", "imap.gmail.com", "mail-app-password"),
        ("rosie@yahoo.co.uk", "imap.mail.yahoo.com", "mail-app-password"),
        ("Rosie@iCloud.com", "imap.mail.me.com", "mail-app-password"),
        ("rosie@web.de", "imap.web.de", "mail-switch-on"),
        ("rosie@t-online.de", "secureimap.t-online.de", "mail-own-password"),
        ("rosie@posteo.de", "posteo.de", ""),
    ],
)
def test_large_providers_are_known_by_heart(desk: Desk, address: str, imap: str, advice: str) -> None:
    found = prepared(desk, address, NOWHERE)
    assert (found.settings["imap_host"], found.settings["imap_port"], found.advice) == (imap, "993", advice)
    assert found.help_url.startswith("https://") == bool(advice)


@pytest.mark.parametrize("domain", ["outlook.com", "hotmail.co.uk", "live.fr", "msn.com", "outlook.de"])
def test_where_passwords_are_no_longer_accepted_it_says_so_before_asking(desk: Desk, domain: str) -> None:
    with pytest.raises(Invalid) as caught:
        prepared(desk, f"rosie@{domain}", NOWHERE)
    assert (caught.value.reason, caught.value.detail["field"]) == ("password-not-accepted", "address")
    desk.settings = {"address": f"rosie@{domain}"}
    with pytest.raises(Invalid) as added:
        desk.channel().identify()
    assert added.value.reason == "password-not-accepted"


def test_the_mail_exchanger_names_the_provider(desk: Desk, names: Any) -> None:
    server = names(
        {
            ("rosies.example", "MX"): ["20 backup.elsewhere.example.", "10 aspmx.l.google.com."],
            ("hotel.example", "MX"): ["10 hotel-example.mail.protection.outlook.com."],
        }
    )
    around = Surroundings(server.place, autoconfig=(), imap_names=(), smtp_names=())
    assert prepared(desk, SHOP, around).settings["imap_host"] == "imap.gmail.com"
    with pytest.raises(Invalid) as caught:
        prepared(desk, "info@hotel.example", around)
    assert caught.value.reason == "password-not-accepted"


def test_the_domains_own_file(desk: Desk, website: tuple[str, dict[str, str]]) -> None:
    address, pages = website
    pages["/rosies.example"] = FILE
    found = prepared(desk, SHOP, Surroundings(autoconfig=(address,), imap_names=(), smtp_names=()))
    assert found.settings == {
        "address": SHOP,
        "imap_host": "imap.rosies.example",
        "imap_port": "993",
        "smtp_host": "smtp.rosies.example",
        "smtp_port": "587",
    }


def test_the_file_of_whoever_runs_the_mail_exchanger(
    desk: Desk, names: Any, website: tuple[str, dict[str, str]]
) -> None:
    address, pages = website
    server = names({("rosies.example", "MX"): ["10 mx1.hoster.example."]})
    pages["/hoster.example"] = FILE
    around = Surroundings(server.place, autoconfig=(address,), imap_names=(), smtp_names=())
    assert prepared(desk, SHOP, around).settings["smtp_host"] == "smtp.rosies.example"


def test_records_that_announce_the_services(desk: Desk, names: Any) -> None:
    server = names(
        {
            ("_imaps._tcp.rosies.example", "SRV"): ["10 0 0 .", "20 0 1993 in.rosies.example."],
            ("_submissions._tcp.rosies.example", "SRV"): ["0 0 0 ."],
            ("_submission._tcp.rosies.example", "SRV"): [
                "5 1 1587 low.rosies.example.",
                "5 9 1588 out.rosies.example.",
            ],
        }
    )
    around = Surroundings(server.place, autoconfig=(), imap_names=(), smtp_names=())
    found = prepared(desk, SHOP, around).settings
    assert (found["imap_host"], found["imap_port"]) == ("in.rosies.example", "1993")
    assert (found["smtp_host"], found["smtp_port"]) == ("out.rosies.example", "1588")


def test_names_that_are_commonly_used_are_tried(open_desk: OpenDesk, names: Any) -> None:
    desk = open_desk()
    imap, smtp = (int(desk.settings[name]) for name in ("imap_port", "smtp_port"))
    around = Surroundings(
        names({}).place,
        autoconfig=(),
        imap_names=("imap.{domain}", "localhost"),
        smtp_names=("localhost",),
        imap_ports=((imap, "tls"),),
        smtp_ports=((smtp, "tls"),),
    )
    found = prepared(desk, SHOP, around)
    # Nobody vouches for the stand-in's certificate, so it is not proposed.
    assert found.settings == {"address": SHOP}
    desk.shared.ca_file = desk.standin.ca_file
    found = prepared(desk, SHOP, around)
    assert (found.settings["imap_host"], found.settings["imap_port"]) == ("localhost", str(imap))


def test_one_server_given_and_the_other_found(open_desk: OpenDesk, names: Any) -> None:
    desk = open_desk()
    del desk.settings["smtp_host"]
    around = Surroundings(
        names({}).place, autoconfig=(), imap_names=(), smtp_names=("localhost",),
        smtp_ports=((int(desk.settings.pop("smtp_port")), "tls"),),
    )  # fmt: skip
    desk.shared.ca_file = desk.standin.ca_file
    identity = looking(around)(desk.settings, desk.secrets, desk.tools()).identify()
    assert identity.settings["smtp_host"] == "localhost"


def test_nothing_found_says_what_to_fill_in(desk: Desk, names: Any) -> None:
    around = Surroundings(names({}).place, autoconfig=(), imap_names=(), smtp_names=())
    assert prepared(desk, SHOP, around).settings == {"address": SHOP}
    with pytest.raises(Invalid) as caught:
        looking(around)({"address": SHOP}, desk.secrets, desk.tools()).identify()
    assert (caught.value.reason, caught.value.detail["field"]) == ("no-mail-server", "imap_host")


def test_servers_that_were_typed_are_left_alone(desk: Desk) -> None:
    typed = {"address": "rosie@outlook.com", "imap_host": "mail.rosies.example"}
    assert looking(NOWHERE).prepare(typed, desk.tools()).settings == {}


@pytest.mark.parametrize(
    "document",
    [
        b"", b"<html>Not found</html>", b"<clientConfig/>", b"\xff\xfe\x00",
        b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><clientConfig>&c;</clientConfig>',
        FILE.replace("imap.", "im ap.").replace("IMAP.", "IM AP.").replace("smtp.r", "sm tp.r").encode(),
        FILE.replace(">993<", ">0<").replace(">587<", ">99999999<").encode(),
    ],
    ids=["empty", "page", "bare", "garbage", "entities", "names", "ports"],
)  # fmt: skip
def test_files_that_are_of_no_use(document: bytes) -> None:
    assert read_autoconfig(document, SHOP) is None


@pytest.mark.parametrize(
    ("typed", "host", "port"),
    [
        ("LOCALHOST", "localhost", None),
        (" localhost. ", "localhost", None),
        ("localhost/", "localhost", None),
        ("imaps://localhost", "localhost", None),
        ("localhost:{port}", "localhost", ""),
    ],
)
def test_servers_may_be_typed_in_many_ways(
    open_desk: OpenDesk, typed: str, host: str, port: str | None
) -> None:
    desk = open_desk()
    real = desk.settings["imap_port"]
    desk.settings["imap_host"] = typed.format(port=real)
    if port is not None:
        desk.settings["imap_port"] = port
    settings = desk.channel().identify().settings
    assert (settings["imap_host"], settings["imap_port"]) == (host, real)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("address", "not an address", "not-a-mail-address"),
        ("address", "a@b\r\nRCPT TO:<x@y>", "not-a-mail-address"),
        ("imap_host", "two words", "not-a-server-name"),
        ("imap_port", "abc", "not-a-port"),
        ("smtp_port", "70000", "not-a-port"),
        ("smtp_host", "a\r\nb", "not-a-server-name"),
    ],
)
def test_what_cannot_be(open_desk: OpenDesk, name: str, value: str, reason: str) -> None:
    desk = open_desk()
    desk.settings[name] = value
    with pytest.raises(Invalid) as caught:
        desk.channel().identify()
    assert (caught.value.reason, caught.value.detail["field"]) == (reason, name)


def test_addresses_on_the_shops_page(desk: Desk) -> None:
    links = (
        "mailto:someone@agency.example",
        "MAILTO:Team@rosies.example?subject=Hi",
        "mailto:info@rosies.example",
        "https://x.example",
    )
    page = WebPage("https://www.rosies.example/", links=tuple(PageLink(one) for one in links))
    found = Email.recognise(page)
    assert [one.settings["address"] for one in found] == [
        "info@rosies.example", "team@rosies.example", "someone@agency.example",
    ]  # fmt: skip
    assert [one.is_default for one in found] == [True, False, False]
    assert [one.settings for one in Email.suggest(" Info@Rosies.example ", desk.tools())] == [
        {"address": "info@rosies.example"}
    ]


def test_a_name_server_that_is_silent_is_asked_once(desk: Desk) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        around = Surroundings(
            silent.getsockname(), autoconfig=(), imap_names=(), smtp_names=(), patience_s=0.3
        )
        assert prepared(desk, SHOP, around).settings == {"address": SHOP}
        questions = set()
        silent.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                questions.add(dns.message.from_wire(silent.recv(4096)).question[0].to_text())
    assert len(questions) == 1
