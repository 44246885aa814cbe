#!/bin/sh
# Installs the real server programs that tests marked "servers" start: runs every tests/servers/*/install.sh.
# Each of them leaves alone what is there and says in one line why it could not; the others go on, for the tests
# of a server that is missing are skipped (or fail, where SHOPBELL_SERVERS=required).
set -eu
cd "$(dirname "$0")/.."
. scripts/apt.sh
for script in tests/servers/*/install.sh; do
  [ -e "$script" ] || continue
  name=$(basename "$(dirname "$script")")
  sh "$script" || say "The server \"$name\" could not be installed, so its tests have none."
done
