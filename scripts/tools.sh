#!/bin/sh
# Runs one of the tools of requirements/tools.txt, which are installed into build/tools by their hashes first where they
# are missing:
#
#   scripts/tools.sh lint           the workflows in .github, with actionlint, shellcheck and zizmor; asks no network
#   scripts/tools.sh audit          all that is locked against the known weaknesses; asks the databases on the web
#   scripts/tools.sh sbom FILE      what is in the program, as a CycloneDX document
set -eu
cd "$(dirname "$0")/.."
. scripts/apt.sh

lock=requirements/tools.txt
venv=build/tools
stamp=$venv/installed-lock.txt
if ! cmp -s "$lock" "$stamp" || ! "$venv/bin/python" -c "" 2>/dev/null; then
  say "Installing the locked tools into $venv"
  "${PYTHON:-python3}" -m venv --clear "$venv"
  "$venv/bin/python" -m pip install -qq --disable-pip-version-check --no-input --only-binary :all: --require-hashes -r "$lock" >&2
  cp "$lock" "$stamp"
fi
PATH="$PWD/$venv/bin:$PATH"
export PATH

case "${1:-}" in
  lint)
    actionlint -color=false .github/workflows/*.yml
    # GitHub is not asked: what a pin stands for is written beside it.
    zizmor --offline --no-progress --quiet --persona=pedantic .github
    ;;
  audit)
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    # Also what is locked for other systems, and every version of what is locked in two: the first of each in one list,
    # the second in another. Only the lists are read, nothing is installed.
    sed -n 's/^\([a-z0-9][a-z0-9._-]*==[^ ;\\]*\).*/\1/p' requirements/*.txt | sort -u \
      | awk -v folder="$work" '{ split($1, part, "=="); print $1 > (folder "/" ++seen[part[1]] ".txt") }'
    bad=0
    for one in "$work"/*.txt; do
      say "Looking up $(wc -l <"$one") packages"
      # What could not be looked up is no good news.
      pip-audit --strict --disable-pip --no-deps --progress-spinner off -r "$one" || bad=1
    done
    exit $bad
    ;;
  sbom)
    [ -n "${2:-}" ] || fail "Name the file: scripts/tools.sh sbom FILE"
    cyclonedx-py requirements requirements/run.txt --pyproject pyproject.toml --mc-type application \
      --output-reproducible --of JSON -o "$2"
    ;;
  *) fail "lint, audit or sbom FILE" ;;
esac
