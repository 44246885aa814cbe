#!/bin/sh
# Makes a package for Debian, Ubuntu and their kin out of the packed folder (make package):
#
#   scripts/deb.sh [FOLDER [OUT]]     build/package/dist/shopbell and build/package, where they are not named
#
#   OUT/shopbell_VERSION_ARCH.deb     the program in /usr/lib/shopbell, and what desktops want to know of it
#
# What it depends on is read from the libraries in the folder: those that they ask for and that are not in it. The
# same folder of the same commit makes the same package. QUICK=1 packs faster and worse.
set -eu
cd "$(dirname "$0")/.."
. scripts/apt.sh

folder=${1:-build/package/dist/shopbell}
out=${2:-build/package}
linux=packaging/linux
maintainer="The Shopbell authors <shopbell@users.noreply.github.com>"
[ -x "$folder/shopbell" ] || fail "There is no packed program in $folder yet: make package"
for tool in dpkg-deb readelf chrpath; do
  command -v "$tool" >/dev/null 2>&1 || install_lacking dpkg binutils chrpath
done

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml | head -n 1)
arch=$(dpkg --print-architecture)
# The time of the last change, not of this build.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
day=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%d)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
umask 022

# put FILE PLACE: with what is to be filled in.
put() {
  mkdir -p "$(dirname "$root/$2")"
  sed -e "s/@VERSION@/$version/g" -e "s/@DATE@/$day/g" -e '/@LICENSE@/{
    r '"$work/licence"'
    d
  }' "$1" >"$root/$2"
  chmod 644 "$root/$2"
}

# An empty line of a licence is written as a dot there, the others are indented.
sed -e '1,/^$/d' -e 's/^$/./' -e 's/^/ /' LICENSE >"$work/licence"

mkdir -p "$root/usr/lib" "$root/usr/bin" "$root/DEBIAN"
cp -a "$folder" "$root/usr/lib/shopbell"
chmod -R u=rwX,go=rX "$root/usr/lib/shopbell"
# Libraries are read, not started.
find "$root/usr/lib/shopbell/_internal" -type f -exec chmod 644 {} +
ln -s ../lib/shopbell/shopbell "$root/usr/bin/shopbell"
put $linux/shopbell.desktop usr/share/applications/shopbell.desktop
put $linux/io.github.shopbell.Shopbell.metainfo.xml usr/share/metainfo/io.github.shopbell.Shopbell.metainfo.xml
put $linux/copyright usr/share/doc/shopbell/copyright
put $linux/shopbell.1 usr/share/man/man1/shopbell.1
put CHANGELOG.md usr/share/doc/shopbell/CHANGELOG.md
cat >"$root/usr/share/doc/shopbell/changelog" <<CHANGELOG
shopbell ($version) unstable; urgency=medium

  * What changed for those who use it stands in CHANGELOG.md.

 -- $maintainer  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
CHANGELOG
gzip -9n "$root/usr/share/man/man1/shopbell.1" "$root/usr/share/doc/shopbell/changelog" \
  "$root/usr/share/doc/shopbell/CHANGELOG.md"
(cd resources/icons && find hicolor -type f) | while read -r icon; do
  mkdir -p "$root/usr/share/icons/$(dirname "$icon")"
  cp "resources/icons/$icon" "$root/usr/share/icons/$icon"
  chmod 644 "$root/usr/share/icons/$icon"
done
put $linux/lintian-overrides usr/share/lintian/overrides/shopbell
cp $linux/prerm "$root/DEBIAN/prerm"
chmod 755 "$root/DEBIAN" "$root/DEBIAN/prerm"

elves() {
  find "$root/usr/lib/shopbell" -type f -exec sh -c '
    for file do [ "$(head -c 4 "$file" | tr -d "\177")" != ELF ] || printf "%s\n" "$file"; done' look {} +
}

# Folders of the machine that compiled Python, where on the owner's computer anything may be.
elves | while read -r file; do
  case $(chrpath -l "$file" 2>/dev/null) in *PATH=/*) chrpath -d "$file" >/dev/null ;; esac
done

# The libraries that the packed ones ask for and that are not among them, by the packages that hold them here.
# dpkg-shlibdeps would name those of the packed ones as well, and take minutes for it.
elves >"$work/elf"
find "$root/usr/lib/shopbell" \( -type f -o -type l \) -name "*.so*" -printf '%f\n' | sort -u >"$work/packed"
xargs -d '\n' readelf -dVW <"$work/elf" >"$work/facts" 2>/dev/null
sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p' "$work/facts" | sort -u | comm -23 - "$work/packed" >"$work/needed"
while read -r library; do
  package=$(dpkg-query -S "*/$library" | sed -n "s/^\([^: ]*\)\(:$arch\)\{0,1\}: .*/\1/p" | sort -u | head -n 1)
  [ -n "$package" ] || fail "No package here holds $library, which the program needs."
  case $package in
    # The newest of its parts that somebody asks for.
    libc6) newest=$(grep -o 'Name: GLIBC_[0-9.]*' "$work/facts" | sed 's/.*_//' | sort -V | tail -n 1) ;;
    *) newest="" ;;
  esac
  printf '%s%s\n' "$package" "${newest:+ (>= $newest)}"
done <"$work/needed" | sort -u >"$work/packages"
[ -s "$work/packages" ] || fail "No library of this system is asked for: that cannot be."
needs=$(paste -sd , "$work/packages" | sed 's/,/, /g')

cat >"$root/DEBIAN/control" <<CONTROL
Package: shopbell
Version: $version
Architecture: $arch
Maintainer: $maintainer
Installed-Size: $(du -sk --apparent-size "$root/usr" | cut -f 1)
Depends: $needs
Recommends: gnome-keyring | libkf5wallet-bin | kwalletmanager | keepassxc, xdg-utils, pulseaudio-utils | pipewire-bin | alsa-utils, fonts-noto-color-emoji
Section: net
Priority: optional
Homepage: https://github.com/shopbell/shopbell
Description: one window for everything your customers say
 For the owner of a small business: comments, messages, mails and mentions from
 many networks come into one window, are answered from there, and a complaint
 rings at once. Everything said is kept on this computer.
CONTROL
(cd "$root" && find usr -type f -exec md5sum {} + | LC_ALL=C sort -k 2) >"$root/DEBIAN/md5sums"
chmod 644 "$root/DEBIAN/control" "$root/DEBIAN/md5sums"

mkdir -p "$out"
package=$out/shopbell_${version}_$arch.deb
rm -f "$out"/shopbell_*.deb
# shellcheck disable=SC2086
nice dpkg-deb --root-owner-group ${QUICK:+-z1} -Zxz --build "$root" "$package" >/dev/null
printf '%-10s %s  %s\n' package "$(awk -v n="$(wc -c <"$package")" 'BEGIN { printf "%.1f MB", n / 1e6 }')" "$package"
