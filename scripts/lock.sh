#!/bin/sh
# Makes the locks from pyproject.toml: every package with its version and the hashes of its files, for every system
# and Python version, and no address of any registry. UPGRADE=1 takes the newest versions instead of keeping the
# locked ones.
set -eu
cd "$(dirname "$0")/.."
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
"${PYTHON:-python3}" -m venv "$tools"
"$tools/bin/python" -m pip install --quiet --disable-pip-version-check uv
compile() {
  "$tools/bin/uv" pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-header ${UPGRADE:+--upgrade} "$@"
}
compile -o requirements/run.txt
compile --group dev -c requirements/run.txt -o requirements/dev.txt
compile --group package -c requirements/run.txt -o requirements/package.txt
