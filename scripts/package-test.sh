#!/bin/sh
# Runs the packed program (make package) on a machine that has nothing but it: a small system of its own, made of this
# system's packages without any Python and with no network but its own loopback, the packed folder read-only in it. What
# happens there stands in package-test-inside.sh.
#
# For Debian and its kin, as root (or with sudo that asks no password). The system is made once, under build/package/root
# (two minutes, 400 MB), and anew when the list of its packages changes. Where it cannot be made the script says why and does
# nothing; with PACKAGE_TEST=required that is a failure.
set -eu
cd "$(dirname "$0")/.."
. scripts/apt.sh

# What the packed folder expects of every desktop ("System libraries" in docs/releasing.md).
EXPECTED="libdbus-1-3 libegl1 libfontconfig1 libfreetype6 libgcc-s1 libgl1 libstdc++6 libwayland-client0 libwayland-cursor0 libwayland-egl1 libx11-6 libx11-xcb1 libxcb1"
# And what stands for a desktop here: a screen, a session bus, a key store, notifications, something to write with.
DESKTOP="xvfb xauth xdotool dbus-daemon dbus-bin gnome-keyring dunst fonts-dejavu-core iproute2"
BASE="base-files base-passwd bash coreutils dash diffutils findutils grep hostname libc-bin mawk procps sed util-linux"
packages=$(echo "$BASE $EXPECTED $DESKTOP" | tr ' ' ',')

skip() {
  say "package-test skipped: $*"
  [ "${PACKAGE_TEST:-}" != required ] || exit 1
  exit 0
}

folder=$PWD/build/package/dist/shopbell
root=$PWD/build/package/root
[ "$(uname -s)" = Linux ] || skip "this needs Linux."
[ -x "$folder/shopbell" ] || fail "There is no packed program yet: make package"
command -v apt-get >/dev/null 2>&1 || skip "this needs Debian, Ubuntu or their kin."
if [ "$(id -u)" != 0 ]; then
  as=$(apt_as) || skip "this must run as root: sudo make package-test"
  exec $as "PACKAGE_TEST=${PACKAGE_TEST:-}" sh "$0" "$@"
fi
# In a chroot what is mounted cannot be kept from the others; it is unmounted at the end all the same.
alone=""
for propagation in private unchanged; do
  unshare --mount --pid --net --fork --propagation "$propagation" true 2>/dev/null || continue
  alone="--mount --pid --net --fork --kill-child --propagation $propagation"
  break
done
[ -n "$alone" ] || skip "no root of its own may be made here."

# sources: of this system alone, not what else is installed from elsewhere.
sources() {
  # shellcheck disable=SC2016
  apt-get indextargets --format "deb $signed\$(REPO_URI) \$(RELEASE) \$(COMPONENT) #\$(ORIGIN)" 'Identifier: Packages' \
    | grep -i "#$ID\$" | grep -E " $VERSION_CODENAME(-updates|-security)? " | sed 's/ #.*//' | sort -u
}

make_root() {
  . /etc/os-release
  install_lacking mmdebstrap
  keys=/usr/share/keyrings/$ID-archive-keyring.gpg
  signed=""
  [ ! -e "$keys" ] || signed="[signed-by=$keys] "
  list=$(sources)
  # Where the lists of packages were cleaned away, apt knows of none.
  [ -n "$list" ] || { apt-get update -qq >&2; list=$(sources); }
  [ -n "$list" ] || skip "apt-get names no source for $ID ${VERSION_CODENAME:-}."
  say "Making a system without Python in build/package/root (two minutes; build/package/root.log)"
  rm -rf --one-file-system "$root" "$root.packages"
  printf '%s\n' "$list" | nice mmdebstrap --mode=root --variant=custom --format=directory --include="$packages" \
    "$VERSION_CODENAME" "$root" - >"$root.log" 2>&1 || { tail -n 5 "$root.log" >&2; fail "mmdebstrap failed."; }
  printf '%s\n' "$packages" >"$root.packages"
}

[ "$(cat "$root.packages" 2>/dev/null)" = "$packages" ] || make_root

build/package/venv/bin/python -c '
from services.channels import discover
print(*sorted(channel.kind for channel in discover().all()), sep="\n")' >build/package/channels.txt
build/package/venv/bin/python scripts/packing.py version >build/package/version.txt
export folder root scripts="$PWD/scripts" kinds="$PWD/build/package/channels.txt" version="$PWD/build/package/version.txt"
say "The packed program, on a system without Python"
# Everything is mounted in a namespace that ends with the command. What is written goes to memory, and away.
# shellcheck disable=SC2016,SC2086
unshare $alone sh -eu -c '
  trap "cd /; umount -R -l \"$root\"" EXIT
  mount --bind "$root" "$root"
  mount -o remount,ro,bind "$root"
  cd "$root"
  for one in run tmp home opt dev; do mount -t tmpfs -o mode=755 tmpfs "$one"; done
  chmod 1777 tmp
  mkdir opt/shopbell opt/check dev/shm
  for one in null zero random urandom tty full; do : >"dev/$one"; mount --bind "/dev/$one" "dev/$one"; done
  ln -s /proc/self/fd dev/fd
  mount -t tmpfs tmpfs dev/shm
  mount -t proc proc proc
  mount --bind "$folder" opt/shopbell
  mount -o remount,ro,bind opt/shopbell
  cp "$scripts"/with-screen.sh "$scripts"/with-keyring.sh "$scripts"/package-test-inside.sh "$kinds" "$version" opt/check
  chroot . /usr/sbin/ip link set lo up
  chroot . /usr/bin/env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=/home LANG=C.UTF-8 LC_ALL=C.UTF-8 TMPDIR=/tmp \
    /bin/bash /opt/check/with-screen.sh /bin/bash /opt/check/with-keyring.sh /bin/sh /opt/check/package-test-inside.sh
'
