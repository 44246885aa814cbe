"""A real WordPress on loopback: Debian's files, PHP's own web server, MariaDB behind a socket of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.servers.processes import SYSTEM_PATH, Process, free_port, listens

HERE = Path(__file__).resolve().parent
KEPT = HERE.parents[2] / ".venv" / "servers" / "wordpress"
FILES = KEPT / "usr" / "share" / "wordpress"
CONTENT = KEPT / "var" / "lib" / "wordpress" / "wp-content"
OWNER, OWNER_PASSWORD = "shop", "shop-login-pass"

_INSTALL = """
define('WP_INSTALLING', true);
require '%(files)s/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('Corner Shop', 'shop', 'shop@localhost.test', true, '', 'shop-login-pass');
foreach (['comment_previously_approved', 'comments_notify', 'moderation_notify'] as $name) {
    update_option($name, '0');
}
update_option('permalink_structure', '%(permalinks)s');
$GLOBALS['wp_rewrite']->init();
flush_rewrite_rules(false);
"""

# All visitors of the tests come from one address, one right after the other.
_PATIENT = "add_filter('comment_flood_filter', fn($blocks) => $blocks && is_user_logged_in(), 99);"


def missing() -> str:
    lacking = [name for name in ("php", "mariadbd", "mariadb-install-db") if not _which(name)]
    if not (FILES / "wp-load.php").is_file():
        lacking.append("wordpress")
    return ", ".join(lacking)


def _which(name: str) -> str | None:
    return shutil.which(name, path=SYSTEM_PATH)


class Server:
    """``url`` is the site's address without a slash at its end. ``below``: a folder it lives in ("/blog").
    ``permalinks`` empty: the plain ones, where the API is behind ``?rest_route=``. ``type``: "local" allows
    application passwords over plain http, "production" does not."""

    def __init__(
        self,
        folder: Path,
        *,
        below: str = "",
        permalinks: str = "/%year%/%postname%/",
        type: str = "local",  # noqa: A002 - WordPress's own word
    ) -> None:
        self.folder = folder
        self.permalinks = permalinks
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}{below}"
        self._socket = folder / "db.sock"
        self._environment = {
            "WORDPRESS_CONFIG": str(HERE / "config.php"),
            "WORDPRESS_FILES": str(FILES),
            "WORDPRESS_CONTENT": str(folder / "content"),
            "WORDPRESS_SOCKET": str(self._socket),
            "WORDPRESS_URL": self.url,
            "WORDPRESS_TYPE": type,
            "PHP_CLI_SERVER_WORKERS": "3",
        }
        self._running: list[Process] = []

    def start(self) -> Server:
        try:
            shutil.copytree(CONTENT, self.folder / "content")
            self.plug_in("visitors", _PATIENT)
            self._start_database()
            self.php(_INSTALL % {"files": FILES, "permalinks": self.permalinks}, is_installed=False)
            self.start_web()
        except BaseException:
            self.stop()
            raise
        return self

    def _start_database(self) -> None:
        data = self.folder / "data"
        data.mkdir()
        user = ["--user=root"] if os.getuid() == 0 else []
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db",
             "--auth-root-authentication-method=normal", *user],
            check=True, capture_output=True, env={"PATH": SYSTEM_PATH},
        )  # fmt: skip
        (self.folder / "db.sql").write_text(
            "create database if not exists wordpress character set utf8mb4;\n"
            "create user if not exists wordpress@localhost;\n"
            "grant all on wordpress.* to wordpress@localhost;\n"
        )
        database = Process(
            ["mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={self._socket}",
             "--skip-networking", f"--pid-file={self.folder / 'db.pid'}",
             f"--init-file={self.folder / 'db.sql'}",
             "--innodb-buffer-pool-size=32M", "--innodb-flush-log-at-trx-commit=0", *user],
            self.folder / "db.log",
        )  # fmt: skip
        self._running.append(database)
        database.wait_until(lambda: b"ready for connections" in (self.folder / "db.log").read_bytes())

    def start_web(self) -> None:
        web = Process(
            ["php", *_QUIET, "-S", f"127.0.0.1:{self.port}", "-t", FILES, HERE / "router.php"],
            self.folder / "web.log",
            environment=self._environment,
        )
        self._running.append(web)
        web.wait_until(lambda: listens(self.port))

    def plug_in(self, name: str, code: str) -> None:
        """Code that runs in every request from now on; empty takes it out again."""
        file = self.folder / "content" / "mu-plugins" / f"{name}.php"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"<?php {code}")

    def stop_web(self) -> None:
        self._running.pop().stop()

    def stop(self) -> None:
        while self._running:
            self._running.pop().stop()

    def php(self, code: str, *, is_installed: bool = True) -> Any:
        """Runs code inside WordPress; what it hands to ``answer(...)`` comes back."""
        load = f"require '{FILES}/wp-load.php';" if is_installed else ""
        host = self.url.removeprefix("http://").partition("/")[0]
        start = (
            f"$_SERVER['HTTP_HOST'] = '{host}'; $_SERVER['REQUEST_URI'] = '/';"
            "$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1'; $_SERVER['REMOTE_ADDR'] = '127.0.0.1';"
            'function answer($value) { echo "\\n@@@" . json_encode($value); }'
        )
        done = subprocess.run(
            ["php", *_QUIET, "-r", f"{start}{load}{code}"],
            capture_output=True, text=True, check=False, env={"PATH": SYSTEM_PATH, **self._environment},
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"php: {done.stdout[-1000:]} {done.stderr[-1000:]}")
        found = done.stdout.rpartition("\n@@@")
        return json.loads(found[2]) if found[1] else None

    # --- what an owner does on the pages of his site

    def make_password(self, user: str = OWNER) -> str:
        """A new application password, under a name of its own, as WordPress wants it."""
        made: str = self.php(
            f"$user = get_user_by('login', '{user}');"
            "answer(WP_Application_Passwords::create_new_application_password($user->ID,"
            " ['name' => wp_generate_uuid4()])[0]);"
        )
        return made

    def revoke_passwords(self, user: str = OWNER) -> None:
        self.php(
            f"WP_Application_Passwords::delete_all_application_passwords(get_user_by('login', '{user}')->ID);"
        )

    def make_user(self, name: str, role: str = "subscriber") -> None:
        self.php(f"$id = wp_create_user('{name}', '{name}-pass', '{name}@localhost.test');"
                 f"(new WP_User($id))->set_role('{role}');")  # fmt: skip

    def make_post(self, title: str, text: str = "Fresh every morning.") -> int:
        made: int = self.php(
            "answer(wp_insert_post(['post_title' => " + json.dumps(title) + ", 'post_content' => "
            + json.dumps(text) + ", 'post_status' => 'publish', 'post_author' => 1]));"
        )  # fmt: skip
        return made


_QUIET = ["-d", "display_errors=stderr", "-d", "error_reporting=1"]
