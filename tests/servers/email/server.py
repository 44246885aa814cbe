"""A real mail server on loopback: Dovecot for reading, Postfix for sending, with a certificate of their own
that nobody vouches for. Needs root, as Postfix does."""

from __future__ import annotations

import os
import shutil
import smtplib
import subprocess
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tests.servers.processes import SYSTEM_PATH, Process, free_port, listens

SHOP, SHOP_PASSWORD = "shop@localhost", "shop-mail-pass"
CASEY, CASEY_PASSWORD = "casey@localhost", "casey-mail-pass"
_DOVECOT = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = yes
auth_mechanisms = plain login
auth_failure_delay = 0
mail_location = maildir:{folder}/mail/%n
mail_privileged_group = mail
first_valid_uid = 1
mail_max_userip_connections = 50
passdb {{
  driver = passwd-file
  args = username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={folder}/mail/%n
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    auto = subscribe
    special_use = \\Sent
  }}
  mailbox Junk {{
    auto = subscribe
    special_use = \\Junk
  }}
}}
service imap-login {{
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {imaps}
    ssl = yes
  }}
}}
service auth {{
  unix_listener auth-postfix {{
    mode = 0666
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
protocol lmtp {{
  postmaster_address = postmaster@localhost
}}
"""
_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
myhostname = localhost
mydestination = localhost
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
local_transport = lmtp:inet:127.0.0.1:{lmtp}
local_recipient_maps = inline:{{ shop=x, casey=x, postmaster=x, full=x }}
alias_maps =
alias_database =
default_transport = error:5.4.4 this test server delivers to localhost only
relay_transport = error:5.4.4 this test server delivers to localhost only
smtputf8_enable = yes
smtpd_tls_cert_file = {folder}/cert.pem
smtpd_tls_key_file = {folder}/key.pem
smtpd_tls_session_cache_database =
smtpd_sasl_type = dovecot
smtpd_sasl_path = {folder}/run/auth-postfix
smtpd_sasl_security_options = noanonymous
smtpd_relay_restrictions = reject_unauth_destination
smtpd_error_sleep_time = 0
"""
_SIGNED_IN = (
    " -o smtpd_sasl_auth_enable=yes -o smtpd_client_restrictions=permit_sasl_authenticated,reject"
    " -o smtpd_relay_restrictions=permit_sasl_authenticated,reject"
)
_MASTER = """
127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{submission} inet n - n - - smtpd -o smtpd_tls_security_level=encrypt{signed_in}
127.0.0.1:{smtps} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes{signed_in}
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""


def missing() -> str:
    lacking = [name for name in ("dovecot", "postfix", "openssl") if not shutil.which(name, path=SYSTEM_PATH)]
    if hasattr(os, "geteuid") and os.geteuid() != 0:
        lacking.append("root, which Postfix wants")
    return ", ".join(lacking)


class Server:
    """``ports`` by what is spoken there: imap, imaps, smtp (anybody, for mail from outside), submission,
    smtps."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = {name: free_port() for name in ("imap", "imaps", "lmtp", "smtp", "submission", "smtps")}
        self.ca_file = folder / "cert.pem"
        self._running: list[Process] = []

    def start(self) -> Server:
        try:
            self._write()
            self._run_dovecot()
            self._run_postfix()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        for process in reversed(self._running):
            process.stop()
        self._running.clear()

    def settings(self, *, protected: bool = True, **more: Any) -> dict[str, Any]:
        """Of the shop's account; ``protected`` false: the ports that begin in the clear."""
        names = ("imaps", "smtps") if protected else ("imap", "submission")
        return {
            "address": SHOP,
            "imap_host": "localhost",
            "imap_port": str(self.ports[names[0]]),
            "smtp_host": "127.0.0.1",
            "smtp_port": str(self.ports[names[1]]),
            "ca_file": str(self.ca_file),
            **more,
        }

    @property
    def secrets(self) -> dict[str, str]:
        return {"password": SHOP_PASSWORD}

    def arrives(self, mail: EmailMessage | bytes, sender: str = CASEY, to: str = SHOP) -> None:
        """A mail from outside, without a sign-in."""
        data = mail if isinstance(mail, bytes) else mail.as_bytes()
        with smtplib.SMTP("127.0.0.1", self.ports["smtp"], "casey.example", timeout=20) as smtp:
            smtp.sendmail(sender, [to], data)

    def maildir(self, user: str = "shop", folder: str = "") -> Path:
        """Where Dovecot keeps it; ``folder`` empty: the inbox."""
        home = self.folder / "mail" / user
        return home / f".{folder}" if folder else home

    def mails(self, user: str, folder: str = "") -> list[bytes]:
        place = self.maildir(user, folder)
        return [one.read_bytes() for part in ("new", "cur") for one in sorted((place / part).glob("*"))]

    def empty(self) -> None:
        """Nobody has any mail, and everybody their first password."""
        for home in (self.folder / "mail").iterdir():
            shutil.rmtree(home)
        self._write_users({SHOP: SHOP_PASSWORD, CASEY: CASEY_PASSWORD})

    def set_password(self, password: str) -> None:
        """Of the shop. Dovecot reads the file anew when its time, in seconds, has changed."""
        self._write_users({SHOP: password, CASEY: CASEY_PASSWORD})

    def _write_users(self, people: dict[str, str]) -> None:
        file = self.folder / "users"
        text = "".join(f"{address}:{{PLAIN}}{password}\n" for address, password in people.items())
        if not file.exists() or file.read_text() != text:
            file.write_text(text)

    # --- starting

    def _write(self) -> None:
        folder = self.folder
        for name in ("mail", "run", "postfix", "spool", "data"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        # Dovecot and Postfix give up their rights and must still find the way.
        folder.chmod(0o711)
        shutil.chown(folder / "mail", "mail", "mail")
        shutil.chown(folder / "data", "postfix")
        subprocess.run(
            [
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                "-subj", "/CN=localhost",
                "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                "-keyout", str(folder / "key.pem"), "-out", str(self.ca_file),
            ],
            check=True,
            capture_output=True,
        )  # fmt: skip
        self._write_users({SHOP: SHOP_PASSWORD, CASEY: CASEY_PASSWORD})
        values = {"folder": folder, "signed_in": _SIGNED_IN, **self.ports}
        (folder / "dovecot.conf").write_text(_DOVECOT.format(**values))
        (folder / "postfix" / "main.cf").write_text(_MAIN.format(**values))
        (folder / "postfix" / "master.cf").write_text(_MASTER.format(**values))

    def _run_dovecot(self) -> None:
        made = Process(["dovecot", "-F", "-c", self.folder / "dovecot.conf"], self.folder / "dovecot.out")
        self._running.append(made)
        socket = self.folder / "run" / "auth-postfix"
        made.wait_until(lambda: socket.exists() and listens(self.ports["imaps"]))

    def _run_postfix(self) -> None:
        # Postfix says in its own log why it does not start.
        log = self.folder / "postfix.log"
        made = Process(["postfix", "-c", self.folder / "postfix", "start-fg"], log)
        self._running.append(made)
        made.wait_until(lambda: listens(self.ports["submission"]) and listens(self.ports["smtp"]))
