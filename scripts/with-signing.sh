#!/bin/sh
# Runs a command on a Mac with a keychain of its own that holds what signs the app, and removes it afterwards; for a
# workflow, where no keychain lasts:
#
#   scripts/with-signing.sh COMMAND [ARGUMENT ...]
#
# What it needs is read from the environment, and the command does not get to see it:
#
#   MACOS_CERTIFICATE            a "Developer ID Application" certificate with its key, the .p12 in base64
#   MACOS_CERTIFICATE_PASSWORD   what opens it
#   NOTARY_KEY                   a key of App Store Connect, the text of the .p8, with
#   NOTARY_KEY_ID, NOTARY_ISSUER its names
#
# Without the first, nothing is signed and the command runs as it is: forks have no such secrets. The command is told by
# SHOPBELL_SIGN_IDENTITY and SHOPBELL_NOTARY_PROFILE (scripts/dmg.sh). No secret stands on a command line.
set -eu

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

certificate=${MACOS_CERTIFICATE:-}
password=${MACOS_CERTIFICATE_PASSWORD:-}
key=${NOTARY_KEY:-}
key_id=${NOTARY_KEY_ID:-}
issuer=${NOTARY_ISSUER:-}
unset MACOS_CERTIFICATE MACOS_CERTIFICATE_PASSWORD NOTARY_KEY NOTARY_KEY_ID NOTARY_ISSUER

if [ -z "$certificate" ]; then
  say "No certificate is set here, so nothing is signed."
  exec "$@"
fi
case $password in *[\'\\]*) fail "The password of the certificate may hold neither ' nor \\." ;; esac

umask 077
work=$(mktemp -d)
keychain=$work/signing.keychain-db
before=$(security list-keychains -d user | sed 's/^ *"\(.*\)" *$/\1/')
put_back() {
  security delete-keychain "$keychain" >/dev/null 2>&1 || true
  printf '%s\n' "$before" | while read -r one; do printf '%s\0' "$one"; done | xargs -0 security list-keychains -d user -s || true
  rm -rf "$work"
}
trap put_back EXIT

own=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
printf '%s' "$certificate" | base64 --decode >"$work/certificate.p12"
# Read from standard input, so that no list of processes shows them.
security -i >/dev/null <<COMMANDS
create-keychain -p $own "$keychain"
set-keychain-settings -lut 7200 "$keychain"
unlock-keychain -p $own "$keychain"
import "$work/certificate.p12" -k "$keychain" -f pkcs12 -P '$password' -T /usr/bin/codesign
set-key-partition-list -S apple-tool:,apple: -s -k $own "$keychain"
COMMANDS
rm -f "$work/certificate.p12"
{ printf '%s\0' "$keychain"; printf '%s\n' "$before" | while read -r one; do printf '%s\0' "$one"; done; } \
  | xargs -0 security list-keychains -d user -s

# By its hash: two certificates may go by one name.
identity=$(security find-identity -v -p codesigning "$keychain" | sed -n 's/^ *1) \([0-9A-F]\{40\}\) .*/\1/p')
[ -n "$identity" ] || fail "There is no certificate to sign with in MACOS_CERTIFICATE."
export SHOPBELL_SIGN_IDENTITY="$identity"
if [ -n "$key" ]; then
  printf '%s\n' "$key" >"$work/notary.p8"
  xcrun notarytool store-credentials shopbell --key "$work/notary.p8" --key-id "$key_id" --issuer "$issuer" >&2
  rm -f "$work/notary.p8"
  export SHOPBELL_NOTARY_PROFILE=shopbell
fi
"$@"
