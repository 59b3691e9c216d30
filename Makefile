# Vigil's commands, for people and for CI. They need make and Python 3.11; all else comes by hash.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help install install-dev console demo test test-long lint format lock lint-console test-console

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

# The console is made of TypeScript by Node; who has none gets the plain live page.
CONSOLE := gateway/console
NPM := npm --prefix $(CONSOLE) --no-fund --no-audit --loglevel=error
NODE := $(shell node -e 'const [a, b] = process.versions.node.split(".").map(Number); \
	process.exit(a > 22 || (a == 22 && b >= 12) || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null && echo yes)
API_CODE := $(shell find twins actors gateway -name node_modules -prune -o -name '*.py' -print)
CONSOLE_CODE := $(shell find $(CONSOLE)/src $(CONSOLE)/public $(CONSOLE)/tools -type f -not -name schema.d.ts) \
	$(addprefix $(CONSOLE)/,index.html package-lock.json tsconfig.json vite.config.ts)

define NO_NODE
The console needs Node 20.19, or 22.12 and later, with npm; $(shell node --version 2>/dev/null | sed 's/^/this is /' || true)
Install it (Debian, Ubuntu: apt install nodejs npm; macOS: brew install node), then: make console.
endef

export NO_NODE

help:
	@echo "make install          the vigil command, in $(VENV)"
	@echo "make demo             install, and show it at work  (ARGS=\"--seconds 120 --report demo.json\")"
	@echo "make console          build the web console, in $(CONSOLE)/dist"
	@echo "make test             all tests but the long ones   (ARGS=\"-k gateway\")"
	@echo "make test-long        those that take minutes together"
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

# What does not come out leaves no trace of being done, and is tried again the next time.

console: $(CONSOLE)/dist/.built

$(CONSOLE)/node_modules/.installed: $(CONSOLE)/package-lock.json
	@[ -n "$(NODE)" ] || { echo "$$NO_NODE" >&2; exit 1; }
	@echo "[console 1/3] installing $$(grep -c '"integrity"' $<) libraries; the first time this takes a minute"
	@$(NPM) ci
	@touch $@

# Written anew only where the API has changed, so that types are, too.
$(CONSOLE)/openapi.json: $(CONSOLE)/node_modules/.openapi ;

$(CONSOLE)/node_modules/.openapi: $(API_CODE) $(VENV)/.installed $(CONSOLE)/node_modules/.installed
	@echo "[console 2/3] types, of what the API says of itself"
	@$(VENV)/bin/python -m gateway.api.openapi > $@
	@cmp -s $@ $(CONSOLE)/openapi.json || cp $@ $(CONSOLE)/openapi.json

$(CONSOLE)/src/api/schema.d.ts: $(CONSOLE)/openapi.json
	@$(NPM) run --silent types > /dev/null
	@touch $@

$(CONSOLE)/dist/.built: $(CONSOLE_CODE) $(CONSOLE)/src/api/schema.d.ts
	@echo "[console 3/3] building"
	@$(NPM) run --silent build -- --logLevel warn
	@touch $@

demo: install
ifdef NODE
	@$(MAKE) --no-print-directory console || echo "The console could not be built; the plain page is shown." >&2
else
	@[ -f $(CONSOLE)/dist/index.html ] || echo "$$NO_NODE Until then the plain page is shown." >&2
endif
	@$(VENV)/bin/vigil demo $(ARGS)

# Those that start a whole node have the machine for themselves; of the others, one runs on each
# processor. ARGS may well leave nothing of one half to do: pytest's status 5.

test: install-dev test-console
	@$(VENV)/bin/python -m pytest -n auto --dist worksteal -m "not cluster and not long" $(ARGS) || [ $$? = 5 ]
	@$(VENV)/bin/python -m pytest -m "cluster and not long" $(ARGS) || [ $$? = 5 ]

test-long: install-dev
	@$(VENV)/bin/python -m pytest -n auto --dist worksteal -m "long and not cluster" $(ARGS) || [ $$? = 5 ]
	@$(VENV)/bin/python -m pytest -m "long and cluster" $(ARGS) || [ $$? = 5 ]

lint: install-dev lint-console
	@echo "ruff check" && $(VENV)/bin/ruff check .
	@echo "ruff format" && $(VENV)/bin/ruff format --check .
	@echo "mypy" && $(VENV)/bin/mypy
	@echo "lint-imports" && $(VENV)/bin/lint-imports

format: install-dev
	@$(VENV)/bin/ruff check --fix --silent . || true
	@$(VENV)/bin/ruff format .
ifdef NODE
	@$(MAKE) --no-print-directory $(CONSOLE)/node_modules/.installed
	@$(NPM) run --silent format
endif

# Of the console. Who works on Python alone needs no Node.

ifdef NODE
lint-console: $(CONSOLE)/src/api/schema.d.ts
	@echo "tsc, biome" && $(NPM) run --silent check

test-console: $(CONSOLE)/dist/.built
	@$(NPM) run --silent test -- --reporter=dot
else
lint-console test-console:
	@echo "NO NODE: the console is left out. $$NO_NODE" >&2
endif

# uv itself is one of the locked tools. The lock files name no index and no download address.
lock: install-dev
	@$(LOCK) --group build --output-file requirements.lock
	@$(LOCK) --extra dev --group build --constraint requirements.lock --output-file requirements-dev.lock
	@! grep -nE '[a-z]+://' requirements.lock requirements-dev.lock
	@echo "requirements.lock: $$(grep -c == requirements.lock), requirements-dev.lock: $$(grep -c == requirements-dev.lock)"
