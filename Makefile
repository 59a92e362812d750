# `make` alone lists the targets.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
PORT ?= 6543
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
ADMIN := $(BIN)/eoscperf-admin -c development.ini
# What an installation is made from: when one of these changes, it is renewed.
INPUTS := setup.cfg pyproject.toml constraints.txt

.PHONY: help run test lint bench fuzz constraints clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/run.stamp ## start the platform with demonstration data on http://localhost:6543 (PORT=7000 for another port)
	@$(ADMIN) db upgrade
	@$(ADMIN) demo load --if-empty
	@EOSCPERF_ACCOUNTS_URL=http://localhost:$(PORT)/accounts $(ADMIN) user add --if-no-admin --admin --generate --email admin@localhost
	@exec $(BIN)/pserve development.ini http_port=$(PORT)

test: .venv/test.stamp ## run all tests, on SQLite and on a PostgreSQL of their own (ARGS="tests/unit -k site" for a part)
	@$(BIN)/python -m pytest -n auto --dist loadgroup $(ARGS)

lint: .venv/test.stamp ## check style, formatting, types and templates
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/djlint --quiet --lint --profile=jinja --extension=jinja2 eoscperf

bench: .venv/test.stamp ## measure how quickly a server with generated results answers
	@$(BIN)/python -m benchmarks

fuzz: .venv/test.stamp ## send 20,000 generated requests to a server and check every answer
	@$(BIN)/python -m tests.fuzz --requests 20000

constraints: ## renew constraints.txt with the newest versions setup.cfg allows
	rm -rf .venv/constraints
	$(PYTHON) -m venv .venv/constraints
	.venv/constraints/bin/pip install --quiet --disable-pip-version-check '.[test]' 'setuptools<82'
	{ head -n 1 constraints.txt; .venv/constraints/bin/pip freeze --all --exclude pip --exclude eoscperf | LC_ALL=C sort -f; } > .venv/constraints.txt
	mv .venv/constraints.txt constraints.txt
	rm -rf .venv/constraints

clean: ## remove the virtual environment and what tools left behind (not var/, where the data is)
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/created.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "eoscperf needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
	  echo "Name a newer one: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; }
	@echo "Making the virtual environment .venv"
	@$(PYTHON) -m venv .venv || { \
	  echo "The venv module is missing; on Debian and Ubuntu: apt-get install python3-venv" >&2; \
	  rm -rf .venv; exit 1; }
	@touch $@

.venv/run.stamp: .venv/created.stamp $(INPUTS)
	@echo "Installing eoscperf and what it needs (once)"
	@$(INSTALL) -e '.[postgresql,parquet]'
	@touch $@

.venv/test.stamp: .venv/created.stamp $(INPUTS)
	@echo "Installing eoscperf and its test tools (once)"
	@$(INSTALL) -e '.[test]'
	@touch $@ .venv/run.stamp
