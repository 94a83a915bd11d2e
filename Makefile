# `make demo` and `make test` do all set-up themselves; nothing but Python 3.11+ and make has to be there.
SHELL := /bin/sh
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
PACKAGES := bot adapters storage

# Stamps carry the set-up: a lock or pyproject.toml that is newer than its stamp installs again.
PYTHON_READY  := $(VENV)/.python-ready
RUNTIME_READY := $(VENV)/.runtime-ready
DEV_READY     := $(VENV)/.dev-ready

# requirements-dev.txt holds everything requirements.txt holds, so a finished dev set-up serves the demo as well.
ifeq ($(wildcard $(DEV_READY)),)
DEMO_READY := $(RUNTIME_READY)
else
DEMO_READY := $(DEV_READY)
endif

.PHONY: help setup demo demo-terminal test check fast bench torture lock docs clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

setup: $(DEV_READY) ## prepare .venv with everything for development

demo: $(DEMO_READY) ## the phone lab in a browser (piped: a tour): no account, no network
	@$(BIN)/patchline demo

demo-terminal: $(DEMO_READY) ## the main job as a chat in this terminal
	@$(BIN)/patchline demo --terminal

test: check fast ## every check and the fast tests

check: $(DEV_READY) ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fast: $(DEV_READY) ## the tests alone, without the slow kinds
	$(BIN)/pytest -n 2 -m "not torture and not bench"

bench: $(DEV_READY) ## measurements beside the alternatives, about half an hour (BENCH=--quick: some minutes)
	$(BIN)/pytest -m bench -s --timeout=600 tests benchmarks
	$(BIN)/python -m benchmarks $(BENCH)

torture: $(DEV_READY) ## kills, floods, lost networks: minutes, not seconds
	$(BIN)/pytest -m torture --timeout=1800

docs: $(DEV_READY) ## write the generated parts of the documentation again
	$(BIN)/python -m tests.house.generate

LOCK := $(BIN)/uv --no-config pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate --upgrade

lock: $(DEV_READY) ## resolve both locks afresh: versions and hashes, no index addresses, no paths
	@$(LOCK) --group build pyproject.toml --output-file requirements.txt >/dev/null
	@$(LOCK) --group build --group dev --constraint requirements.txt pyproject.toml --output-file requirements-dev.txt >/dev/null

clean: ## remove .venv and everything that tools leave behind
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PYTHON_READY):
	@command -v $(PYTHON) >/dev/null || { echo "Patchline needs Python 3.11 or newer, and there is no $(PYTHON) here." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Patchline needs Python 3.11 or newer; $(PYTHON) is %d.%d. Try: make PYTHON=python3.12" % sys.version_info[:2])'
	@echo "Preparing $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(RUNTIME_READY): $(PYTHON_READY) requirements.txt pyproject.toml
	@echo "Installing what Patchline runs on …"
	@$(PIP) install --require-hashes -r requirements.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV_READY): $(PYTHON_READY) requirements-dev.txt pyproject.toml
	@echo "Installing what Patchline runs on and is tested with …"
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
