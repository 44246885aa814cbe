#!/bin/sh
# Synapse from the locked packages beside this script, in a virtual environment of its own: what server.py starts.
# Nothing runs afterwards. The lock is made from requirements.in as scripts/lock.sh makes the project's own.
set -eu
cd "$(dirname "$0")/../../.."
. scripts/apt.sh

lock=tests/servers/matrix/requirements.txt
kept=.venv/servers/matrix
! cmp -s "$lock" "$kept/installed-lock.txt" || exit 0

say "Installing Synapse into $kept"
rm -rf "$kept"
mkdir -p "$(dirname "$kept")"
.venv/bin/python -m venv "$kept"
"$kept/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --only-binary :all: \
  --require-hashes -r "$lock" >&2 || fail "Synapse could not be installed"
cp "$lock" "$kept/installed-lock.txt"  # last: an interrupted installation is done again
