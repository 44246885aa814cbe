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
  "$tools/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-header ${UPGRADE:+--upgrade} "$@"
}
compile pyproject.toml -o requirements/run.txt
compile pyproject.toml --group dev -c requirements/run.txt -o requirements/dev.txt
compile pyproject.toml --group package -c requirements/run.txt -o requirements/package.txt
# On their own: no part of the program, so nothing of it is among them.
compile --group tools -o requirements/tools.txt
