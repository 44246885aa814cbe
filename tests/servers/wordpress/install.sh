#!/bin/sh
# WordPress from Debian, with PHP's own web server and MariaDB: what server.py starts. Nothing runs afterwards, and
# no web server or database service comes along: of WordPress only the files are fetched, of MariaDB only the program.
set -eu
cd "$(dirname "$0")/../../.."
. scripts/apt.sh

kept=.venv/servers/wordpress
install_lacking php-cli php-mysql php-gd php-xml php-mbstring php-getid3 libjs-cropper libjs-underscore \
  mariadb-server-core mariadb-client-core
[ ! -e "$kept/usr/share/wordpress/wp-load.php" ] || exit 0

command -v apt-get >/dev/null || fail "WordPress is fetched with apt-get, which is not here"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
fetch() { (cd "$work" && apt-get download -qq wordpress wordpress-theme-twentytwentythree >/dev/null 2>&1); }
fetch || { as=$(apt_as) && $as apt-get update -qq >&2 && fetch; } || fail "apt-get has no package wordpress here"
mkdir -p "$work/files"
for package in "$work"/*.deb; do dpkg -x "$package" "$work/files"; done
# The package's links point to where it would lie in the system; its libraries are there, its own files are not.
rm -f "$work/files/usr/share/wordpress/.htaccess" "$work/files/usr/share/wordpress/wp-config.php"
for link in $(find "$work/files" -type l); do
  target=$(readlink "$link")
  case "$target" in
    /usr/share/wordpress/*) source=$work/files$target ;;
    /*) source=$target ;;
    *) source=$(cd "$(dirname "$link")" && realpath -m "$target"); source=/${source#"$work/files/"} ;;
  esac
  rm "$link"
  if [ -e "$source" ]; then cp -RL "$source" "$link"; fi
done
# Each start has a configuration of its own.
echo "<?php require getenv('WORDPRESS_CONFIG');" >"$work/files/usr/share/wordpress/wp-config.php"
rm -rf "$kept"
mkdir -p "$(dirname "$kept")"
mv "$work/files" "$kept"
