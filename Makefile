# The words of this project; `make` alone lists them. Python 3.11 or newer and a package index are all that is needed:
# the rest is installed into .venv, exactly as the locks say, when a lock has changed.

PYTHON ?= python3
UPGRADE ?=
ARGS ?=
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
export VIRTUAL_ENV := $(abspath .venv)
RUNTIME := .venv/runtime.done
TOOLS := .venv/tools.done
# The oldest DuckDB that must be able to read the published warehouse; it lives outside .venv, which has ours.
OLDER_DUCKDB := .venv-duckdb-1.3/installed.done
LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
        --no-strip-extras --no-header --no-annotate $(UPGRADE)
# Dagster's commands would use a throw-away instance without DAGSTER_HOME.
WITH_DAGSTER_HOME = DAGSTER_HOME="$$($(BIN)/python -m data_platform.dagster_home)" && export DAGSTER_HOME &&

.PHONY: help setup run plan docs ui test check bench lock image clean
.DELETE_ON_ERROR:

help: ## list the words
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 14

setup: $(TOOLS) ## install everything for working on the platform

run: $(RUNTIME) ## bring everything that is stale up to date (the first time: generate the sample and load it)
	@$(BIN)/python -m data_platform run $(ARGS)

plan: $(RUNTIME) ## say what `make run` would do, and why
	@$(BIN)/python -m data_platform plan $(ARGS)

docs: $(RUNTIME) ## write the catalogue of all tables, a page to open in a browser, and say where it is
	@$(BIN)/python -m data_platform docs $(ARGS)

ui: $(RUNTIME) ## start Dagster's web server and daemon, and the endpoint for pushes (Ctrl-C ends them)
	@$(BIN)/python -m data_platform sample
	@$(WITH_DAGSTER_HOME) exec $(BIN)/python -m data_platform ui $(ARGS)

test: $(TOOLS) $(OLDER_DUCKDB) ## run the tests, in random order on two cores (ARGS="-k word" for some)
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

check: $(TOOLS) ## format, lint, types, layers, house rules, documentation, definitions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest --quiet data_platform_tests/test_house.py data_platform_tests/test_docs.py
	$(WITH_DAGSTER_HOME) $(BIN)/dg check defs

bench: $(TOOLS) ## measure one month of trips against plain scripts
	@$(BIN)/python -m benchmarks $(ARGS)

lock: $(TOOLS) ## compile the locks after a change of pyproject.toml (UPGRADE=--upgrade for newer versions)
	$(LOCK) --group build --output-file requirements.lock
	$(LOCK) --group dev --constraint requirements.lock --output-file requirements-dev.lock

image: ## build the container image (needs Docker)
	docker build --tag data-platform .

clean: ## remove what was installed and cached; the data under DATA_PLATFORM_HOME stays
	rm -rf .venv .venv-duckdb-1.3 .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'Python 3.11 or newer is needed, and "$(PYTHON)" is not that. Name another one: make PYTHON=python3.12 …' >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo 'The venv module is needed as well (on Debian: the package python3-venv).' >&2; exit 1; }

$(RUNTIME): requirements.lock pyproject.toml | $(BIN)/python
	@echo 'Installing what the platform needs into .venv (about a minute, once) …'
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(TOOLS): requirements-dev.lock $(RUNTIME)
	@echo 'Installing the tools for tests and checks into .venv …'
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@

$(OLDER_DUCKDB): data_platform_tests/warehouse/older_duckdb.txt | $(BIN)/python
	@rm -rf $(@D)
	@$(PIP) install --no-deps --require-hashes --target $(@D) --requirement $<
	@touch $@
