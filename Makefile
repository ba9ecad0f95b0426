# `make` alone lists the commands. Everything is installed into .venv from the pinned, hashed
# requirements files; nothing else on the machine is touched.

PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
PIP    := $(PY) -m pip --disable-pip-version-check --no-input
JOBS   ?= 0
ARGS   ?=
UV_PIN := uv==0.13.9

# A slow package index is waited for rather than given up on.
export PIP_RETRIES ?= 10
export PIP_DEFAULT_TIMEOUT ?= 60

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup setup-dev demo test check format bench triage-report triage-sets pins clean

help: ## list these commands
	@echo "Handrail. Commands:"
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16 | sed 's/^/  make /'

setup: $(VENV)/.project ## install what running needs, into .venv
	@echo "Ready: make demo, or $(VENV)/bin/handrail --help"

setup-dev: $(VENV)/.dev ## the same, and what tests and checks need

demo: $(VENV)/.project ## try it: an example programme on simulated phones; needs no account (PORT=8000)
	@$(PY) -m bot demo $(if $(PORT),--port $(PORT))

# Without bytecode every process the tests start would compile the whole of Handrail again.
test: $(VENV)/.dev ## run every test; says what was skipped and why (JOBS=2 in parallel, ARGS="-k word")
	@echo "Testing ..."
	@env -u PYTHONDONTWRITEBYTECODE $(PY) -m pytest -n $(JOBS) --dist loadfile $(ARGS)

check: $(VENV)/.dev ## formatting, lint, types and import direction
	@echo "1/4 formatting"
	@$(PY) -m ruff format --check .
	@echo "2/4 lint"
	@$(PY) -m ruff check .
	@echo "3/4 types"
	@$(PY) -m mypy
	@echo "4/4 import direction"
	@$(VENV)/bin/lint-imports

format: $(VENV)/.dev ## put the code into its usual form
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

bench: $(VENV)/.dev ## measure speed beside plain baselines, in one run
	@test -d tests/bench || { echo "The benchmarks are not written yet." >&2; exit 1; }
	@$(PY) -m tests.bench $(ARGS)

triage-report: $(VENV)/.dev ## measure distress triage on labelled texts (DATA=file.jsonl)
	@test -n "$(DATA)" || { echo "Name the labelled texts: make triage-report DATA=file.jsonl" >&2; exit 2; }
	@$(PY) -m tests.triage_report "$(DATA)" $(ARGS)

triage-sets: $(VENV)/.dev ## measure it on our own sentences, by capability and way of speaking (ARGS="--write --raise")
	@$(PY) -m tests.triage_sets $(ARGS)

# The extra lines are what installing the project itself needs, so that no unpinned build
# dependency is ever fetched.
COMPILE = $(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
          --no-emit-index-url --no-header --no-annotate
pins: $(VENV)/.made ## renew the pins from pyproject.toml (UPGRADE=1 takes newer versions)
	@echo "Resolving ..."
	@$(PIP) install --quiet $(UV_PIN)
	@printf 'hatchling\neditables\n' | $(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml - -o requirements.txt
	@$(COMPILE) $(if $(UPGRADE),--upgrade) --group pyproject.toml:dev -c requirements.txt -o requirements-dev.txt
	@echo "Renewed requirements.txt and requirements-dev.txt"

clean: ## remove .venv and everything that was generated
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find bot handlers schedules tests -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "Clean"

# Stamps: a step runs again only when what it reads has changed.
$(VENV)/.made:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "Handrail needs Python 3.11 or later, and $(PYTHON) was not found." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Handrail needs Python 3.11 or later; this is `$(PYTHON) --version`. Name a newer one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "Python's venv module is missing. On Debian or Ubuntu install it with: apt install python3-venv" >&2; exit 1; }
	@echo "1/3 Making $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.runtime: requirements.txt $(VENV)/.made
	@echo "2/3 Installing `grep -c == requirements.txt` pinned packages (a minute or so) ..."
	@$(PIP) install --quiet --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.project: pyproject.toml $(VENV)/.runtime
	@echo "3/3 Installing Handrail itself"
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.project
	@echo "Installing `grep -c == requirements-dev.txt` pinned packages for tests and checks (a minute or so) ..."
	@$(PIP) install --quiet --require-hashes -r requirements-dev.txt
	@touch $@
