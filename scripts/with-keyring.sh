#!/usr/bin/env bash
# Runs a command with a home folder, a session bus and an unlocked, empty GNOME keyring of its own:
#
#   scripts/with-keyring.sh COMMAND [ARGUMENT ...]
#
# Nothing of the user's own keyring or folders can be reached, and nothing stays behind. Where the session bus or the
# keyring is not installed the command still runs, in its own home; tests marked "keyring" are then skipped.
# SHOPBELL_TEST_KEYRING=1 tells the command that the keyring it sees is this one.
set -eu

private=$(mktemp -d "${TMPDIR:-/tmp}/shopbell-XXXXXX")
# The keyring may still be writing while its bus goes away.
clean_up() {
  for _ in 1 2 3 4 5; do
    rm -rf "$private" 2>/dev/null && [ ! -e "$private" ] && return
    sleep 0.3
  done
}
trap clean_up EXIT
mkdir -m 700 "$private/home" "$private/run"
export HOME="$private/home" XDG_RUNTIME_DIR="$private/run"
export XDG_CONFIG_HOME="$HOME/.config" XDG_DATA_HOME="$HOME/.local/share" XDG_CACHE_HOME="$HOME/.cache"
export XDG_STATE_HOME="$HOME/.local/state"
unset DBUS_SESSION_BUS_ADDRESS GNOME_KEYRING_CONTROL SSH_AUTH_SOCK SHOPBELL_TEST_KEYRING

# A container may not grant the capability that the installed program asks for (locked memory); a copy asks for none.
daemon=$(command -v gnome-keyring-daemon || true)
if [ -n "$daemon" ] && ! "$daemon" --version >/dev/null 2>&1; then
  cp "$daemon" "$private/gnome-keyring-daemon"
  daemon="$private/gnome-keyring-daemon"
  "$daemon" --version >/dev/null 2>&1 || daemon=""
fi
if [ -z "$daemon" ] || ! command -v dbus-run-session >/dev/null; then
  echo "No session bus or no gnome-keyring here: tests with a real keyring will be skipped." >&2
  "$@"
  exit
fi

# The daemon goes to the background by itself and ends with its bus. Its password must not be empty.
export daemon
dbus-run-session -- bash -c '
  if printf %s "not a secret" | "$daemon" --unlock --components=secrets >/dev/null 2>"$XDG_RUNTIME_DIR/keyring.log"; then
    export SHOPBELL_TEST_KEYRING=1
  else
    cat "$XDG_RUNTIME_DIR/keyring.log" >&2
    echo "gnome-keyring could not be started: tests with a real keyring will be skipped." >&2
  fi
  unset daemon
  "$@"' with-keyring "$@"
