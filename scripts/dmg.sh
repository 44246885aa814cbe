#!/bin/sh
# Makes the disk image for macOS out of the packed app (scripts/pack.py), on a Mac:
#
#   scripts/dmg.sh [APP [OUT]]     build/package/dist/Shopbell.app and build/package, where they are not named
#
#   OUT/shopbell-VERSION-macos-MACHINE.dmg: the app, and beside it the folder it is dragged into
#
# With SHOPBELL_SIGN_IDENTITY, the name of a "Developer ID Application" certificate in the keychain, app and image are
# signed; with SHOPBELL_NOTARY_PROFILE as well, the name under which `xcrun notarytool store-credentials` keeps a
# sign-in in the keychain, Apple looks them through and its ticket is stapled to both. Neither name is a secret, and no
# secret is asked for here. Without them the app keeps the signature that means nothing, and the script says what that
# means for owners. SHOPBELL_SIGN=required makes that a failure.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

app=${1:-build/package/dist/Shopbell.app}
out=${2:-build/package}
identity=${SHOPBELL_SIGN_IDENTITY:-}
notary=${SHOPBELL_NOTARY_PROFILE:-}
entitlements=packaging/macos/entitlements.plist
tries=3

[ -x "$app/Contents/MacOS/Shopbell" ] || fail "There is no packed app in $app yet: python scripts/pack.py"
for tool in hdiutil codesign xcrun ditto; do
  command -v "$tool" >/dev/null 2>&1 || fail "There is no $tool here: a disk image is made on a Mac, with Apple's command line tools."
done
if [ -z "$identity" ]; then
  [ -z "$notary" ] || fail "SHOPBELL_NOTARY_PROFILE without SHOPBELL_SIGN_IDENTITY: Apple looks through nothing that is not signed."
  [ "${SHOPBELL_SIGN:-}" != required ] || fail "SHOPBELL_SIGN_IDENTITY is not set, and signing is required."
  say "Not signed: SHOPBELL_SIGN_IDENTITY is not set. macOS refuses the app at its first start, until the owner allows it"
  say "in System Settings, Privacy & Security (docs/install.md says how)."
elif [ -z "$notary" ]; then
  [ "${SHOPBELL_SIGN:-}" != required ] || fail "SHOPBELL_NOTARY_PROFILE is not set, and notarising is required."
  say "Signed, but not looked through by Apple: SHOPBELL_NOTARY_PROFILE is not set. macOS refuses the app at its first start."
fi

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml | head -n 1)
case $(uname -m) in x86_64) machine=x64 ;; *) machine=$(uname -m) ;; esac
image=$out/shopbell-$version-macos-$machine.dmg
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

# sign FILE [OPTION ...]: with the time told by Apple, so that it holds when the certificate has run out.
sign() {
  file=$1
  shift
  codesign --force --timestamp --sign "$identity" "$@" "$file"
}

# is_code FILE: does it begin as a program or a library of macOS does, for one machine or for several?
is_code() {
  case $(od -An -N4 -tx1 "$1" | tr -d ' ') in cffaedfe | cefaedfe | cafebabe) return 0 ;; esac
  return 1
}

# From the inside out: what is signed first may not change after. --deep would give everything the same rights.
sign_app() {
  say "Signing $app"
  find "$app/Contents" -type f ! -path "$app/Contents/MacOS/*" ! -path '*.framework/*' | while read -r file; do
    ! is_code "$file" || sign "$file" --options runtime
  done
  find "$app/Contents" -depth -type d -name '*.framework' | while read -r framework; do
    sign "$framework" --options runtime
  done
  sign "$app" --options runtime --entitlements "$entitlements"
  codesign --verify --deep --strict "$app"
}

# notarise FILE: returns when Apple has looked it through; fails where it found something, with what it found.
notarise() {
  say "Waiting for Apple to look through $(basename "$1")"
  told=$work/told.json
  xcrun notarytool submit "$1" --keychain-profile "$notary" --wait --timeout 1h --output-format json >"$told" || true
  if ! grep -Eq '"status" *: *"Accepted"' "$told"; then
    id=$(sed -n 's/.*"id" *: *"\([^"]*\)".*/\1/p' "$told" | head -n 1)
    [ -z "$id" ] || xcrun notarytool log "$id" --keychain-profile "$notary" >&2 || true
    fail "Apple did not accept $(basename "$1")."
  fi
}

if [ -n "$identity" ]; then
  sign_app
  if [ -n "$notary" ]; then
    # The app carries a ticket of its own, so that it opens without a network wherever it is copied.
    ditto -c -k --keepParent "$app" "$work/Shopbell.zip"
    notarise "$work/Shopbell.zip"
    xcrun stapler staple "$app"
  fi
fi

mkdir "$work/image"
ditto "$app" "$work/image/Shopbell.app"
ln -s /Applications "$work/image/Applications"
say "Making $image"
rm -f "$image"
# While the system's search looks into a new image, it is "busy".
while ! hdiutil create -volname Shopbell -srcfolder "$work/image" -fs HFS+ -format UDZO -ov "$image"; do
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || fail "hdiutil could not make the image."
  sleep "${PAUSE:-5}"
done
if [ -n "$identity" ]; then
  sign "$image"
  if [ -n "$notary" ]; then
    notarise "$image"
    xcrun stapler staple "$image"
    xcrun stapler validate "$image"
    spctl --assess --type open --context context:primary-signature "$image" || fail "macOS would still refuse $image."
  fi
fi
hdiutil verify "$image"
printf '%s\n' "$image"
