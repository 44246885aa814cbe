#!/bin/sh
# Dovecot and Postfix from Debian: what server.py starts. Nothing runs afterwards; the tests start their own on free
# ports of 127.0.0.1.
set -eu
cd "$(dirname "$0")/../../.."
. scripts/apt.sh

# Postfix asks what it is to be used for while it is installed; its own configuration is never used.
if [ -n "$(lacking postfix)" ] && as=$(apt_as); then
  echo "postfix postfix/main_mailer_type select No configuration" | $as debconf-set-selections 2>/dev/null || true
fi
install_lacking dovecot-imapd dovecot-lmtpd postfix openssl
