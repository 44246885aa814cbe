#!/bin/sh
# Makes the setup for Windows out of what was packed there, on Debian and its kin:
#
#   scripts/windows-setup.sh shopbell-VERSION-windows-x64.zip [OUT]
#
#   OUT/shopbell-VERSION-setup.exe; OUT is build/package where it is not named. QUICK=1 packs faster and worse.
set -eu
cd "$(dirname "$0")/.."
. scripts/apt.sh

zip=${1:-}
out=${2:-build/package}
[ -f "$zip" ] || fail "Name the .zip that was packed on Windows: scripts/windows-setup.sh FILE"
for tool in makensis:nsis unzip:unzip; do
  command -v "${tool%:*}" >/dev/null 2>&1 || install_lacking "${tool#*:}"
done

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml | head -n 1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unzip -q "$zip" -d "$work"
[ -f "$work/Shopbell/Shopbell.exe" ] || fail "There is no packed program for Windows in $zip."
mkdir -p "$out"
setup=$(cd "$out" && pwd)/shopbell-$version-setup.exe
# makensis reads paths from where its script is.
nice makensis -V2 ${QUICK:+-DQUICK} "-DSOURCE=$work/Shopbell" "-DOUT=$setup" packaging/windows/shopbell.nsi >&2
printf '%s\n' "$setup"
