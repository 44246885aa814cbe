#!/bin/sh
# Packs the program into one folder that needs no Python (pyinstaller.spec), and the folder into one archive:
#
#   build/package/dist/shopbell               the folder
#   build/package/shopbell-VERSION-linux-ARCH.tar.xz
#
# PyInstaller and everything that is packed come from requirements/package.txt into an environment of their own, so
# that nothing of the tests goes along. Fails where the folder or the archive has grown over its limit.
set -eu
cd "$(dirname "$0")/.."
. scripts/apt.sh

MOST_FOLDER=150000000
MOST_ARCHIVE=50000000

[ "$(uname -s)" = Linux ] || fail "This packs for Linux. On Windows and macOS: python scripts/pack.py"

# Reads libraries, strips them; packs the folder.
for tool in objdump:binutils strip:binutils xz:xz-utils; do
  command -v "${tool%:*}" >/dev/null 2>&1 || install_lacking "${tool#*:}"
done

out=build/package
venv=$out/venv
"${PYTHON:-python3}" scripts/pack.py install

# Debian's Python does without the library that a packed program starts from.
"$venv/bin/python" -c 'import ctypes, sysconfig; ctypes.CDLL(sysconfig.get_config_var("INSTSONAME"))' 2>/dev/null \
  || install_lacking "$("$venv/bin/python" -c 'import sys; print("libpython%d.%d" % sys.version_info[:2])')"

nice "${PYTHON:-python3}" scripts/pack.py build

# Every library must be in the folder or on every desktop.
find "$out/dist/shopbell" -type f \( -name "*.so*" -o -name shopbell \) -exec objdump -p {} + \
  | awk '$1 == "NEEDED" { print $2 }' | sort -u | "$venv/bin/python" scripts/packing.py missing "$out/dist/shopbell" \
  || fail "These libraries are neither packed nor promised (SYSTEM_LIBRARIES in scripts/packing.py)."

version=$("$venv/bin/python" scripts/packing.py version)
archive=$out/shopbell-$version-linux-$(uname -m).tar.xz
rm -f "$out"/shopbell-*.tar.xz
tar -C "$out/dist" --sort=name --owner=0 --group=0 --numeric-owner -cf - shopbell | nice xz -6 -T0 >"$archive"

folder_size=$(find "$out/dist/shopbell" -type f -printf '%s\n' | awk '{ sum += $1 } END { printf "%d", sum }')
archive_size=$(wc -c <"$archive")
mb() { awk -v n="$1" 'BEGIN { printf "%.1f MB", n / 1e6 }'; }
printf '%-10s %s (at most %s)  %s\n' folder "$(mb "$folder_size")" "$(mb $MOST_FOLDER)" "$out/dist/shopbell" \
  compressed "$(mb "$archive_size")" "$(mb $MOST_ARCHIVE)" "$archive"
[ "$folder_size" -le "$MOST_FOLDER" ] || fail "The folder has grown over its limit."
[ "$archive_size" -le "$MOST_ARCHIVE" ] || fail "The archive has grown over its limit."
