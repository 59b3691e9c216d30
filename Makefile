# Vigil's commands, for people and for CI. They need make and Python 3.11; all else comes by hash.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help install install-dev demo test lint format lock

VENV := .venv
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check --no-input -qq
LOCK := UV_CUSTOM_COMPILE_COMMAND="make lock" $(VENV)/bin/uv pip compile pyproject.toml --quiet \
	--generate-hashes --no-emit-index-url --python-version 3.11 --universal $(UPGRADE)

ifndef PYTHON
PYTHON := $(shell for each in python3.11 python3 python; do \
	"$$each" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null \
	&& command -v "$$each" && break; done)
endif

define NO_PYTHON
Vigil needs Python 3.11, and found none (python3.11, python3 or python of that version).
Install it (Debian, Ubuntu: apt install python3.11 python3.11-venv; macOS: brew install python@3.11),
or say where it is: make install PYTHON=/path/to/python3.11
endef

define NO_VENV
$(PYTHON) cannot make a virtual environment: its venv module is missing or broken.
Debian and Ubuntu keep it in a package of its own: apt install python3.11-venv
endef

export NO_PYTHON NO_VENV

help:
	@echo "make install          the vigil command, in $(VENV)"
	@echo "make demo             install, and show it at work  (ARGS=\"--seconds 120 --report demo.json\")"
	@echo "make test             all tests                     (ARGS=\"-k gateway\")"
	@echo "make lint             style, types, direction of imports"
	@echo "make format           put the style right where a program can"
	@echo "make lock             write the lock files anew     (UPGRADE=--upgrade for newer versions)"

install: $(VENV)/.installed

install-dev: $(VENV)/.installed-dev

# The stamps are made last, so that an install that was cut off is done again.

$(VENV)/bin/python:
	@[ -n "$(PYTHON)" ] || { echo "$$NO_PYTHON" >&2; exit 1; }
	@echo "[1/4] making $(VENV) with $$("$(PYTHON)" --version)"
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); echo "$$NO_VENV" >&2; exit 1; }

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "[2/4] installing $$(grep -c == $<) libraries, each by its hash; the first time this takes a minute or two"
	@$(PIP) install --require-hashes -r $<
	@echo "[3/4] installing vigil itself"
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@echo "[4/4] getting streets of a real town; without them the demo makes one up"
	@$(VENV)/bin/vigil streets fetch || true
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "[dev] installing what tests and checks need, each by its hash"
	@$(PIP) install --require-hashes -r $<
	@touch $@

demo: install
	@$(VENV)/bin/vigil demo $(ARGS)

# Those that start a whole node have the machine for themselves; of the others, one runs on each
# processor. ARGS may well leave nothing of one half to do: pytest's status 5.

test: install-dev
	@$(VENV)/bin/python -m pytest -n auto --dist worksteal -m "not cluster" $(ARGS) || [ $$? = 5 ]
	@$(VENV)/bin/python -m pytest -m cluster $(ARGS) || [ $$? = 5 ]

lint: install-dev
	@echo "ruff check" && $(VENV)/bin/ruff check .
	@echo "ruff format" && $(VENV)/bin/ruff format --check .
	@echo "mypy" && $(VENV)/bin/mypy
	@echo "lint-imports" && $(VENV)/bin/lint-imports

format: install-dev
	@$(VENV)/bin/ruff check --fix --silent . || true
	@$(VENV)/bin/ruff format .

# uv itself is one of the locked tools. The lock files name no index and no download address.
lock: install-dev
	@$(LOCK) --group build --output-file requirements.lock
	@$(LOCK) --extra dev --group build --constraint requirements.lock --output-file requirements-dev.lock
	@! grep -nE '[a-z]+://' requirements.lock requirements-dev.lock
	@echo "requirements.lock: $$(grep -c == requirements.lock), requirements-dev.lock: $$(grep -c == requirements-dev.lock)"
