#!/bin/sh
# What package-test.sh does inside the root without Python, on a virtual screen and a private session bus: one line for
# everything that was shown, and the first thing that is not as it should be ends it.
set -eu
program=/opt/shopbell/shopbell
profile=$HOME/profile
sample=$profile/sample
words="So sorry about that. Please come by, the next one is on us."
LIMIT_S=3
out=$(mktemp -d)

fail() { echo "NOT $*" >&2; exit 1; }
ok() { echo "ok  $*"; }

# within SECONDS WHAT COMMAND...: until the command works.
within() {
  left=$(($1 * 10)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || fail "in vain waited for: $what"
    sleep 0.1
  done
}

now() { cut -d ' ' -f 1 /proc/uptime; }
# less A B: whether A is less than B, both with decimals.
less() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a < b) }'; }
# values NAME: of a JSON document with one value a line
values() { sed -n "s/^ *\"$1\": \"\\(.*\\)\",\\{0,1\\}\$/\\1/p"; }

# start WORDS...: a window; "took" says how long until it was painted, "rows" what it showed then.
start() {
  rm -f "$out/paint"
  began=$(now)
  SHOPBELL_TRACE_PAINT="$out/paint" "$program" "$@" --profile "$profile" >>"$out/window.log" 2>&1 &
  window=$!
  within 30 "the first paint" test -s "$out/paint"
  took=$(awk -v began="$began" '{ printf "%.2f", $1 - began }' "$out/paint")
  rows=$(awk '{ print $2 }' "$out/paint")
}

# Right after the paint the program is still on its way to hearing that the session ends (bit 15, SIGTERM).
listens() { [ $((0x$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$window/status") & 0x4000)) != 0 ]; }

# stop: as the session does when it ends; everything must be put away.
stop() {
  within 30 "an ear for the end of the session" listens
  kill -TERM "$window"
  code=0
  wait "$window" || code=$?
  [ "$code" = 0 ] || { cat "$out/window.log" >&2; fail "quitting: exit code $code"; }
  [ ! -e "$sample/shopbell.db-wal" ] || fail "quitting left the journal of the database behind"
}

holds() { "$program" show "$1" --json --profile "$sample" | grep -A12 -F "$words" | grep -q '"state": "sent"' ; }

# --- where we are
found=$(find / -xdev \( -path "*/bin/python*" -o -path "*/lib*/python*" -o -name "libpython*" \) -print -quit 2>/dev/null)
[ -z "$found" ] || fail "there is Python here: $found"
! touch /opt/shopbell/x 2>/dev/null || fail "the packed folder can be written to"
find /opt/shopbell -type f \( -name "*.so" -o -name "*.so.*" -o -name shopbell \) -exec env LD_LIBRARY_PATH=/opt/shopbell/_internal ldd {} + >"$out/libraries" 2>/dev/null || true
! grep -F "not found" "$out/libraries" || fail "libraries are missing"
ok "a system without Python or network, and no library missing"

# --- the program itself
"$program" --self-check >"$out/self-check" 2>&1 || { cat "$out/self-check" >&2; fail "--self-check"; }
sed 's/^/      /' "$out/self-check"
ok "--self-check, with $(sed -n 's/^ok  keyring *//p' "$out/self-check")"
(unset DISPLAY QT_QPA_PLATFORM; "$program" --self-check --json >/dev/null) || fail "--self-check without a screen"
ok "--self-check without a screen"
said=$("$program" --version)
[ "$said" = "Shopbell $(cat /opt/check/version.txt)" ] || fail "--version says: $said"
"$program" channels --json --profile "$HOME/other" | values kind | sort >"$out/kinds"
cmp "$out/kinds" /opt/check/channels.txt || fail "other channels than in the sources"
ok "$said, every channel of the sources: $(wc -l <"$out/kinds")"

# broken NAME COMMAND...: with the copy of the folder spoilt by the command, the check must fail and name NAME.
broken() {
  name=$1
  shift
  rm -rf "$out/copy"
  cp -r /opt/shopbell "$out/copy"
  (cd "$out/copy/_internal" && "$@") || fail "cannot spoil $name"
  ! "$out/copy/shopbell" --self-check >"$out/broken" 2>&1 || fail "--self-check did not see: $name"
  grep -q "^NOT $name " "$out/broken" || { cat "$out/broken" >&2; fail "--self-check did not name: $name"; }
  ! grep -q Traceback "$out/broken" || { cat "$out/broken" >&2; fail "--self-check broke down over: $name"; }
  rm -rf "$out/copy"
}
lose_channel() { sed 's/"services.channels.feeds"/"services.channels.feeds", "services.channels.lost"/' inventory.json >x && mv x inventory.json; }
broken resources rm resources/replies/en.json
broken triage rm resources/triage/model.bin
broken resources rm resources/icons/bell.svg
broken icons sh -c 'echo "<svg xmlns=\"http://www.w3.org/2000/svg\"/>" >resources/icons/bell.svg'
broken styles sh -c 'echo >resources/styles/window.qss'
broken database rm -r services/store/migrations
broken certificates sh -c 'head -n 40 certifi/cacert.pem >x; mv x certifi/cacert.pem'
broken libraries rm -r lxml
broken qt rm PySide6/Qt/plugins/imageformats/libqwebp.so
broken qt rm PySide6/Qt/lib/libQt6Widgets.so.6
broken translations rm PySide6/Qt/translations/qtbase_de.qm
broken channels lose_channel
(
  unset DBUS_SESSION_BUS_ADDRESS
  export DBUS_SESSION_BUS_ADDRESS=disabled:
  ! "$program" --self-check >"$out/broken" 2>&1 || fail "--self-check did not see that there is no key store"
  grep -q "^NOT keyring " "$out/broken" || { cat "$out/broken" >&2; fail "--self-check did not name the key store"; }
)
ok "--self-check fails where something is broken, and says what"

# --- without a window
"$program" sample --headless --json --profile "$HOME/headless" >"$out/tour" || fail "sample --headless"
[ "$(values state <"$out/tour" | grep -c -x sent)" -ge 1 ] || fail "the reply of the tour was not sent"
grep -q '"requests": 1' "$out/tour" || fail "the reply of the tour is not there once"
ok "a poll and a reply in the terminal: $(sed -n 's/^ *"messages": \([0-9]*\),$/\1/p' "$out/tour" | head -n 1) messages"

# --- with a window
# The bus starts dunst for whoever asks first.
within 10 "the notification daemon" dunstctl count displayed
start sample
ok "the first start of all: painted after $took s"
# A poll: the week comes in from the program's own server.
week() { [ "$("$program" inbox --view all --json --limit 500 --profile "$sample" | values id | wc -l)" -gt 20 ]; }
within 60 "the week of the sample shop" week
xdotool search --onlyvisible --name . >/dev/null || fail "no window on the screen"
row=$("$program" inbox --view complaints --json --limit 1 --profile "$sample" | values id | head -n 1)
"$program" reply "$row" --text "$words" --profile "$sample" >/dev/null || fail "reply"
within 60 "the reply to leave" holds "$row"
[ "$(grep -c -F "$words" "$sample/sample-week.jsonl")" = 1 ] || fail "the server has the reply not once"
ok "a reply, sent by the window, at its server once"
"$program" sample --profile "$profile" || fail "a second start"
kill -0 "$window" || fail "the first window ended at a second start"
ok "a second start hands over to the first"
stop
ok "quit"

best=99
for _ in 1 2 3; do
  start sample
  [ "$rows" -gt 10 ] || fail "$rows rows at the first paint"
  ! less "$took" "$best" || best=$took
  stop
done
less "$best" "$LIMIT_S" || fail "the sample shop is in the window after $best s (at most $LIMIT_S)"
ok "the sample shop in the window after $best s, $rows rows (at most $LIMIT_S s)"

# --- the bell: somebody complains while the window is away
dunstctl close-all
dbus-monitor "interface='org.freedesktop.Notifications',member='Notify'" >"$out/notices" 2>/dev/null &
listener=$!
start sample --hidden
told() { [ "$(dunstctl count displayed)" -gt 0 ]; }
within 120 "a notice on the screen" told
stop
kill "$listener"
# Its words are the program, a picture, the title and what follows.
sed -n 's/^ *string "\(.*\)"$/\1/p' "$out/notices" >"$out/words"
grep -q -x -F Shopbell "$out/words" || { cat "$out/notices" >&2; fail "the notice does not say who rings"; }
ok "a notice on the screen of dunst: $(sed -n '/shopbell\.png$/{n;p;q}' "$out/words")"

if grep -q Traceback "$out/window.log" "$sample"/logs/* "$profile"/logs/* 2>/dev/null; then
  cat "$out/window.log" >&2
  fail "a log holds an error that nobody caught"
fi
ok "no error in any log"
