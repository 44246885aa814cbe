#!/usr/bin/env bash
# Runs a command on a virtual screen of its own, with a window manager where there is one:
#
#   scripts/with-screen.sh COMMAND [ARGUMENT ...]
#
# SCREEN=1920x1200 sets another size. Everything ends with the command.
set -eu
command -v xvfb-run >/dev/null || { echo "xvfb-run is missing: scripts/setup.sh x11" >&2; exit 1; }
export QT_QPA_PLATFORM=xcb
unset WAYLAND_DISPLAY
# openbox ends by itself when its screen goes away
exec xvfb-run -a -s "-screen 0 ${SCREEN:-1280x800}x24" bash -c '
  if command -v openbox >/dev/null; then openbox >/dev/null 2>&1 & fi
  exec "$@"' with-screen "$@"
