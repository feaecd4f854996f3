# The front door: the same verbs for people, hooks and CI. `make help` lists them.
#
#   make demo                     one command from nothing to an answered prediction
#   make check                    everything that a change must pass
#   make test PYTHON=python3.13   with another interpreter (a new .venv is made if there is none)

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test test-all pages tour lint format types contracts docs api cli changelog check clean

help:  ## Show the verbs
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "  make %-12s %s\n", $$1, $$2 }'

# One environment; a stamp per extra says what has been installed into it since pyproject.toml changed.
$(BIN)/python:
	$(PYTHON) -m venv $(VENV) || { echo "python's venv module is missing: apt-get install python3-venv"; exit 1; }

$(VENV)/.with-core: pyproject.toml | $(BIN)/python
	$(PIP) --editable .
	@touch $@

$(VENV)/.with-test: pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[test]'
	@touch $@

$(VENV)/.with-dev: pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.with-core $(VENV)/.with-test

demo: $(VENV)/.with-core  ## Install, then run the whole line once: from data to an answered prediction
	$(BIN)/mainspring demo

test: $(VENV)/.with-test  ## The tests that a change must pass
	$(BIN)/pytest

test-all: $(VENV)/.with-dev  ## These and the slow ones, with every service that answers on loopback
	$(BIN)/pytest -m "slow or not slow"

$(VENV)/.with-browser: pyproject.toml | $(VENV)/.with-dev
	$(PIP) --editable '.[browser]'
	@touch $@

pages: $(VENV)/.with-browser  ## Every page of the console in Chromium (apt-get install chromium; npm for axe)
	$(BIN)/pytest -m slow tests/console

tour: $(VENV)/.with-browser  ## Take the pictures of the tour in the documentation anew
	MAINSPRING_TOUR=docs/images/console $(BIN)/pytest -m slow tests/console/test_story.py -k Mouse

lint: $(VENV)/.with-dev  ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.with-dev  ## Let ruff put things right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.with-dev  ## mypy, strict
	$(BIN)/mypy

contracts: $(VENV)/.with-dev  ## Who may import whom
	$(BIN)/lint-imports

docs: $(VENV)/.with-dev  ## Build the documentation; a warning is an error
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going docs docs/_build/html
	@echo "docs/_build/html/index.html"

api: $(VENV)/.with-dev  ## Write down the public names, after a change that was meant
	$(BIN)/python tools/public_api.py > tests/architecture/public_api.txt

cli: $(VENV)/.with-dev  ## Write the page of commands, after a change of one
	$(BIN)/python tools/cli_reference.py > docs/cli.md

# Without VERSION this shows what would be written; `make changelog VERSION=1.2.0` writes it.
changelog: $(VENV)/.with-dev  ## Show the next entry of the changelog (VERSION=… writes it)
	$(BIN)/towncrier build $(if $(VERSION),--yes --version $(VERSION),--draft --version next)

check: lint types contracts docs changelog test  ## Everything that a change must pass

clean:  ## Remove what can be made again, the environment excepted
	rm -rf build dist docs/_build docs/api/generated .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
