#!/bin/sh
# Installs the package (scripts/deb.sh) on a small Debian of its own, by apt with what it depends on and nothing else,
# looks whether it works there, and removes it. What only a desktop shows is tried by package-test.sh.
#
# For Debian and its kin, as root (or with sudo that asks no password), a minute and 600 MB of room. Where it cannot be done
# the script says why and does nothing.
set -eu
cd "$(dirname "$0")/.."
. scripts/apt.sh
skip() { say "deb-test skipped: $*"; exit 0; }

[ -x build/package/dist/shopbell/shopbell ] || skip "there is no packed program yet: make package"
command -v apt-get >/dev/null 2>&1 || skip "this needs Debian, Ubuntu or their kin."
if [ "$(id -u)" != 0 ]; then
  as=$(apt_as) || skip "this must run as root: sudo sh scripts/deb-test.sh"
  # shellcheck disable=SC2086
  exec $as sh "$0" "$@"
fi
unshare --mount --pid --fork true 2>/dev/null || skip "no root of its own may be made here."
install_lacking mmdebstrap

work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 1' INT TERM
QUICK=1 sh scripts/deb.sh build/package/dist/shopbell "$work" >&2
say "Making a Debian with the package in it"
. /etc/os-release
# The hook lets it take a package from outside; desktop-file-utils makes the list of who opens what.
nice mmdebstrap --mode=root --variant=apt --format=directory --include=desktop-file-utils \
  --include="$(echo "$work"/shopbell_*.deb)" --hook-dir=/usr/share/mmdebstrap/hooks/file-mirror-automount \
  "$VERSION_CODENAME" "$work/root" >"$work/log" 2>&1 || { tail -n 15 "$work/log" >&2; fail "It could not be installed."; }

cat >"$work/root/inside.sh" <<'INSIDE'
set -eu
fail() { echo "deb-test: $*" >&2; exit 1; }
export HOME=/srv/owner QT_QPA_PLATFORM=offscreen
mkdir -p "$HOME"
! command -v python3 >/dev/null || fail "there is a Python here, so this would prove nothing"

# The program finds its own libraries first.
lost=$(find /usr/lib/shopbell -name '*.so*' -type f -exec sh -c '
  for file do LD_LIBRARY_PATH=/usr/lib/shopbell/_internal ldd "$file" 2>/dev/null | grep "not found"; done' look {} + | sort -u)
[ -z "$lost" ] || fail "libraries that nothing brings: $lost"
grep -q '^x-scheme-handler/shopbell=shopbell.desktop' /usr/share/applications/mimeinfo.cache || fail "nobody opens our links"

shopbell --self-check >/tmp/said 2>/tmp/complained || true
# There is no desktop here, so no key store.
[ "$(grep -c '^ok ' /tmp/said)" -ge 14 ] && [ "$(grep '^NOT' /tmp/said | cut -c 1-11)" = "NOT keyring" ] || {
  cat /tmp/said /tmp/complained >&2
  fail "the program is not whole"
}
shopbell sample --headless >/tmp/sample 2>&1 || { cat /tmp/sample >&2; fail "the sample shop does not work"; }
shopbell inbox --json >/tmp/inbox || fail "no profile could be made"
[ -s "$HOME/.local/share/Shopbell/shopbell.db" ] || fail "it keeps its profile somewhere else"

sum=$(md5sum "$HOME/.local/share/Shopbell/shopbell.db")
dpkg --purge shopbell >/dev/null 2>&1 || fail "it cannot be removed"
[ "$sum" = "$(md5sum "$HOME/.local/share/Shopbell/shopbell.db")" ] || fail "removing it changed what the owner keeps"
left=$(find / -xdev -ipath '*shopbell*' ! -path '/srv/*' ! -path '/proc/*' ! -path '/tmp/*' ! -path '/var/log/*' ! -path '/dev/*')
[ -z "$left" ] || fail "removed it leaves: $left"
! grep -q shopbell /usr/share/applications/mimeinfo.cache || fail "somebody is still said to open our links"
INSIDE
# shellcheck disable=SC2016
root=$work/root unshare --mount --pid --net --fork --kill-child --propagation private sh -eu -c '
  ip link set lo up 2>/dev/null || true
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/tmp"
  exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 sh /inside.sh'
say "deb-test: installed, whole, removed without a trace."
