#!/bin/sh
# Installs what makes and tries the installers on Debian and its kin (make installer-test): NSIS and wine for Windows,
# the tools that look at a Debian package, and a virtual screen.
set -eu
cd "$(dirname "$0")/.."
. scripts/apt.sh
install_lacking unzip nsis wine wine64 xvfb xauth binutils chrpath fakeroot lintian desktop-file-utils appstream mmdebstrap
