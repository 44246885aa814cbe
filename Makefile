# make run and make test are all that one needs; each sets up what is missing first.
.PHONY: help setup run test lint test-x11 test-servers bench bench-package screenshots channel-index icons lock lint-workflows audit sbom package package-test installer-test deb clean
.DEFAULT_GOAL := help

PY := .venv/bin/python
export PYTHON
# The tests must not depend on the language of the machine; the program itself keeps the user's.
in_english := LC_ALL=C.UTF-8 LANG=C.UTF-8

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' Makefile

setup: ## .venv with the locked packages, and the system libraries of Qt where they are missing
	@sh scripts/setup.sh run

run: setup ## the program; without a screen the sample shop in the terminal
	@if [ "$$(uname -s)" = Linux ] && [ -z "$$DISPLAY$$WAYLAND_DISPLAY$$QT_QPA_PLATFORM" ]; then \
	  echo "There is no screen here, so this is the sample shop in the terminal." >&2; \
	  exec $(PY) main.py sample --headless; \
	else exec $(PY) main.py; fi

lint: setup ## ruff, its formatting, and mypy
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check --quiet .
	@$(PY) -m mypy

test: ## lint, then every test, without a screen (make test ARGS="-k outbox" for some)
	@sh scripts/setup.sh test
	@$(in_english) $(PY) -m ruff check .
	@$(in_english) $(PY) -m ruff format --check --quiet .
	@$(in_english) $(PY) -m mypy
	@$(in_english) QT_QPA_PLATFORM=offscreen scripts/with-keyring.sh $(PY) -m pytest -m "not x11 and not servers and not installers" $(ARGS)

test-x11: ## the quick tests again with real windows, on a virtual screen
	@sh scripts/setup.sh x11
	@$(in_english) scripts/with-screen.sh scripts/with-keyring.sh $(PY) -m pytest -m "not servers and not slow and not installers" $(ARGS)

test-servers: ## the tests against real server programs, which are installed first where they are missing
	@sh scripts/setup.sh servers
	@$(in_english) QT_QPA_PLATFORM=offscreen scripts/with-keyring.sh $(PY) -m pytest -m servers $(ARGS)

ifneq ($(wildcard bench/__main__.py),)
bench: ## the goals of speed beside what is measured here
	@sh scripts/setup.sh x11
	@$(in_english) scripts/with-screen.sh scripts/with-keyring.sh $(PY) -m bench $(ARGS)
endif

bench-package: ## how long the packed program takes to start, beside a bare window packed the same way (Linux)
	@sh scripts/setup.sh x11
	@$(in_english) scripts/with-screen.sh scripts/with-keyring.sh $(PY) -m bench.packaged

ifneq ($(wildcard scripts/screenshots.py),)
screenshots: ## docs/screenshots anew
	@sh scripts/setup.sh x11
	@$(in_english) SCREEN=1400x1100 scripts/with-screen.sh scripts/with-keyring.sh $(PY) scripts/screenshots.py $(ARGS)
endif

channel-index: setup ## docs/channels/README.md anew, from what the channels declare
	@$(PY) scripts/channel_index.py

icons: setup ## resources/icons/app.ico, app.icns and hicolor anew, from app.svg
	@$(PY) scripts/icons.py

lock: ## makes requirements/*.txt anew from pyproject.toml
	@sh scripts/lock.sh

lint-workflows: ## looks through .github: actionlint, shellcheck, zizmor; asks no network once they are installed
	@sh scripts/tools.sh lint

audit: ## are weaknesses known in what is locked? asks the databases on the web
	@sh scripts/tools.sh audit

sbom: ## what is in the program, as a CycloneDX document (make sbom FILE=shopbell.cdx.json)
	@sh scripts/tools.sh sbom "$(FILE)"

package: setup ## the program as one folder that needs no Python, in build/package (Linux)
	@sh scripts/package.sh

installer-test: ## the installers, made of a stand-in: Windows under wine, Debian in a root of its own, the steps of macOS
	@sh scripts/setup.sh test
	@sh scripts/setup-installers.sh
	@$(in_english) SHOPBELL_INSTALLERS=required QT_QPA_PLATFORM=offscreen scripts/with-keyring.sh $(PY) -m pytest -m installers $(ARGS)
	@sh scripts/deb-test.sh

deb: ## the packed folder as a package for Debian, Ubuntu and their kin, in build/package
	@sh scripts/deb.sh

package-test: ## the packed program on a system without Python: window, poll, reply, notice, key store (Linux, root)
	@sh scripts/package-test.sh

clean: ## removes everything that was made
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist bench/results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
