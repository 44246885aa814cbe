#!/bin/sh
# Makes the project runnable: .venv with the locked packages, and the system libraries that Qt needs on Linux.
#
#   scripts/setup.sh          what the program needs (make setup, make run)
#   scripts/setup.sh test     and what its tests need: a private session bus with a keyring, a virtual screen
#   scripts/setup.sh x11      and what real windows under a virtual screen need: a window manager, fonts
#   scripts/setup.sh servers  as for test, and the server programs that some tests start (setup-servers.sh)
#
# What is there is left alone: a second run asks no network and takes a fraction of a second. Missing system
# packages are installed with apt-get where that is allowed (root, or sudo without a password). Elsewhere the line
# to type is printed; without the libraries of Qt the script then fails, without the programs of the tests it
# goes on, for the tests that need them are skipped.
set -eu
cd "$(dirname "$0")/.."
level=${1:-run}
lock=requirements/dev.txt
stamp=.venv/installed-lock.txt

. scripts/apt.sh

# --- system packages -------------------------------------------------------------------------------------------
packages_needed=""  # the program cannot start without them
packages_wanted=""  # only some tests, or nice to have

# need SONAME PACKAGE: a library that the loader must find.
need() {
  case "$libraries" in *"	$1 "*) ;; *) packages_needed="$packages_needed $2" ;; esac
}

# want COMMAND PACKAGE: a program; want_file PATTERN PACKAGE: any file that matches.
want() { command -v "$1" >/dev/null 2>&1 || packages_wanted="$packages_wanted $2"; }
want_file() {
  for found in $1; do [ -e "$found" ] && return 0; done
  packages_wanted="$packages_wanted $2"
}

look_for_libraries() {
  libraries=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null || true)
  [ -n "$libraries" ] || return 0  # no ldconfig (musl): nothing to compare with
  # Qt itself, with or without a screen
  need libGL.so.1 libgl1
  need libEGL.so.1 libegl1
  need libglib-2.0.so.0 libglib2.0-0
  need libdbus-1.so.3 libdbus-1-3
  need libfontconfig.so.1 libfontconfig1
  need libfreetype.so.6 libfreetype6
  need libxkbcommon.so.0 libxkbcommon0
  need libbrotlidec.so.1 libbrotli1
  need libgssapi_krb5.so.2 libgssapi-krb5-2
  need libz.so.1 zlib1g
  need libzstd.so.1 libzstd1
  # windows on X11
  need libX11.so.6 libx11-6
  need libX11-xcb.so.1 libx11-xcb1
  need libxcb.so.1 libxcb1
  need libxcb-cursor.so.0 libxcb-cursor0
  need libxcb-icccm.so.4 libxcb-icccm4
  need libxcb-image.so.0 libxcb-image0
  need libxcb-keysyms.so.1 libxcb-keysyms1
  need libxcb-randr.so.0 libxcb-randr0
  need libxcb-render.so.0 libxcb-render0
  need libxcb-render-util.so.0 libxcb-render-util0
  need libxcb-shape.so.0 libxcb-shape0
  need libxcb-shm.so.0 libxcb-shm0
  need libxcb-sync.so.1 libxcb-sync1
  need libxcb-util.so.1 libxcb-util1
  need libxcb-xfixes.so.0 libxcb-xfixes0
  need libxcb-xkb.so.1 libxcb-xkb1
  need libxkbcommon-x11.so.0 libxkbcommon-x11-0
  # windows on Wayland
  need libwayland-client.so.0 libwayland-client0
  need libwayland-cursor.so.0 libwayland-cursor0
  need libwayland-egl.so.1 libwayland-egl1
}

look_for_programs() {
  case "$level" in test | x11 | servers)
    want dbus-run-session dbus-daemon
    want gnome-keyring-daemon gnome-keyring
    want dunst dunst
    want Xvfb xvfb
    want xauth xauth
    want_file "/usr/share/fonts/*/noto/NotoSans-Regular*" fonts-noto-core
    want_file "/usr/share/fonts/*/*/NotoColorEmoji*" fonts-noto-color-emoji
    ;;
  esac
  case "$level" in x11)
    want openbox openbox
    want xdotool xdotool
    want_file "/usr/share/fonts/*/noto/NotoSansCJK-Regular*" fonts-noto-cjk
    want_file "/usr/libexec/at-spi-bus-launcher" at-spi2-core
    ;;
  esac
}

new_enough() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
  for python in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    new_enough "$python" && return 0
  done
  return 1
}

is_installed() { cmp -s "$lock" "$stamp" && new_enough .venv/bin/python; }

# python3 on Debian comes without the part that makes virtual environments.
look_for_python() {
  is_installed && return 0
  find_python || fail "Shopbell needs Python 3.11 or newer, and there is none as ${PYTHON:-python3}. Please install one
(on Debian: sudo apt-get install python3 python3-venv), or name one: make setup PYTHON=/path/to/python3"
  "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 && return 0
  packages_needed="$packages_needed $("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
}

system_packages() {
  look_for_python
  if [ "$(uname -s)" = Linux ]; then
    look_for_libraries
    look_for_programs
  fi
  line="sudo apt-get install --no-install-recommends$packages_needed$packages_wanted"
  # shellcheck disable=SC2086
  if [ -n "$packages_needed" ] && ! install $packages_needed; then
    say "Python or Qt needs system packages that are missing here and could not be installed. Please type"
    say "  $line"
    fail "and try again. On a system without apt-get, install the packages that hold the same."
  fi
  # shellcheck disable=SC2086
  if [ -n "$packages_wanted" ] && ! install $packages_wanted; then
    say "Some tests will be skipped, for programs that they need are missing here. To have them, type"
    say "  $line"
  fi
}

# --- the virtual environment -----------------------------------------------------------------------------------
virtual_environment() {
  is_installed && return 0
  rm -f "$stamp"
  if ! new_enough .venv/bin/python || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    say "Making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
  fi
  say "Installing the locked packages into .venv"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r "$lock" >&2
  # The first start need not compile what it shows, nor every start where Python is told to keep nothing.
  .venv/bin/python -m compileall -q main.py gui services || true
  cp "$lock" "$stamp"  # last: an interrupted installation is done again
}

case "$level" in run | test | x11 | servers) ;; *) fail "usage: scripts/setup.sh [run|test|x11|servers]" ;; esac
system_packages
virtual_environment
[ "$level" != servers ] || sh scripts/setup-servers.sh
