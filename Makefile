# `make help` lists the targets. Everything runs in .venv, which `make setup` makes from constraints.txt.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
# Tests start hundreds of processes, each of which would compile the project again.
unexport PYTHONDONTWRITEBYTECODE
# Twice as many processes as processors, for many tests wait; the tests of a file stay together, for what they share.
PARALLEL = --numprocesses $$($(RUN) -c 'import os; print(2 * (os.cpu_count() or 1))') --dist loadfile --no-loadscope-reorder
# What runs with the official SDK installed.
SWITCHING = tests/switching
UPSTREAM ?=
OPERATIONS ?=
REPORT ?=
FORMAT ?=
DRY_RUN ?=
SOAK_SECONDS ?= 600
FUZZ_SECONDS ?= 600
FUZZ_SEED ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test coverage test-fast test-transports test-refresh fuzz docs docs-serve integrations interop switching soak bench bench-quick bench-bulk check fix vendor generate drift refresh check-generated check-lock constraints wheel dist clean

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## Make the development environment.

$(READY): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "error: $(PYTHON) is not there; install Python 3.11 or newer, or name one: make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: $$($(PYTHON) --version) is too old; install Python 3.11 or newer, or name one: make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "error: $(PYTHON) has no venv module; install it (python3-venv on Debian)" >&2; exit 1; }
	@test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt pip
	@$(RUN) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --build-constraint constraints.txt --group dev --editable '.[local]'
	@touch $(READY)

demo: $(READY) generate ## Regenerate the client, then make real calls to the local server.
	@$(RUN) examples/demo.py

test: $(READY) ## Run all tests (7 minutes on two cores).
	@$(RUN) -m pytest $(PARALLEL) </dev/null

coverage: $(READY) ## Run all tests, and show which lines and branches of overrides/ and tools/ none of them reaches.
	@rm -f .coverage .coverage.*
	@$(RUN) -m coverage run -m pytest $(PARALLEL) --quiet -m "not bare" </dev/null
	@$(RUN) -m coverage combine --quiet
	@$(RUN) -m coverage report

test-fast: $(READY) ## Run the quick tests, over httpx alone (under a minute).
	@$(RUN) -m pytest $(PARALLEL) --quiet -m "not slow and not hypothesis" -k "not httpx2" </dev/null

test-transports: $(READY) ## Run all tests of the client over the fast transports, and then over httpx2.
	@TRANSPORT=fast $(RUN) -m pytest $(PARALLEL) --quiet tests/client </dev/null
	@TRANSPORT=httpx2 $(RUN) -m pytest $(PARALLEL) --quiet tests/client </dev/null

test-refresh: $(READY) ## Make whole refreshes in clones of the project, with the tests that they run (10 minutes).
	@WHOLE_REFRESHES=1 $(RUN) -m pytest tests/drift/test_whole_refreshes.py </dev/null

fuzz: $(READY) ## Look for new findings with random seeds: make fuzz FUZZ_SECONDS=600 [FUZZ_SEED=N].
	@$(RUN) -m tests.rounds --seconds $(FUZZ_SECONDS) $(if $(FUZZ_SEED),--seed $(FUZZ_SEED))

docs: $(READY) ## Build the documentation into build/site, strictly, and run every example in it.
	@DOCS_SITE=build/site $(RUN) -m pytest --quiet tests/docs

docs-serve: docs ## Build the documentation, and serve it on http://127.0.0.1:8001.
	@$(RUN) -m http.server --bind 127.0.0.1 --directory build/site 8001

integrations: $(READY) ## Run other libraries' programs with the clients of compat (the first run installs them, 2 GB).
	@$(RUN) -m tests.integrations

interop: $(READY) ## Call real servers on loopback: llama.cpp, LiteLLM, vLLM, nginx (the first run installs them).
	@$(RUN) -m tests.interop

switching: pyproject.toml constraints.txt ## Run what compares with the official SDK, which .switching gets beside the project.
	@test -x .switching/bin/python || $(PYTHON) -m venv .switching
	@.switching/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt pip
	@.switching/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --build-constraint constraints.txt --group dev --group switching --editable '.[local]'
	@.switching/bin/python -m mypy --no-error-summary overrides/chat_completions/compat.py
	@OFFICIAL_SDK_REQUIRED=1 .switching/bin/python -m pytest --quiet $(SWITCHING)

soak: $(READY) ## Share clients among 64 threads and 500 tasks, with faults and early exits: make soak SOAK_SECONDS=600.
	@SOAK_STREAMS=10000 SOAK_SECONDS=$(SOAK_SECONDS) $(RUN) -m pytest tests/client/test_soak.py

bench: $(READY) ## Measure beside the peers, and write docs/performance.md, .json and plots (10 minutes).
	@$(RUN) -m bench.environment
	@.bench/bin/python -m bench

bench-quick: $(READY) ## Measure the short way, and only show it (a minute).
	@$(RUN) -m bench.environment
	@.bench/bin/python -m bench --quick

bench-bulk: $(READY) ## Measure files of requests, and write docs/performance-bulk.md and .json (15 minutes).
	@$(RUN) -m bench.environment
	@.bench/bin/python -m bench.bulk

check: $(READY) check-lock check-generated ## Check formatting, lint, types and prose; nothing is written.
	@$(RUN) -m ruff format --check --quiet .
	@$(RUN) -m ruff check --quiet .
	@$(RUN) -m mypy --no-error-summary
	@$(RUN) -m mypy --no-error-summary --platform win32 --cache-dir .mypy_cache/win32 overrides generated
	@$(RUN) -m mypy --no-error-summary --platform darwin --cache-dir .mypy_cache/darwin overrides generated
	@$(VENV)/bin/basedpyright --level error
	@$(RUN) -m tests.prose

fix: $(READY) ## Format, and fix what the linter can fix.
	@$(RUN) -m ruff check --fix --quiet . || true
	@$(RUN) -m ruff format --quiet .

vendor: $(READY) ## Vendor the slice again: make vendor UPSTREAM=FILE_OR_URL [OPERATIONS=NAME,NAME].
	@$(RUN) -m tools vendor $(if $(UPSTREAM),--upstream "$(UPSTREAM)") $(if $(OPERATIONS),--operations "$(OPERATIONS)")

generate: $(READY) ## Generate generated/chat_completions_api from openapi.yaml.
	@$(RUN) -m tools generate

refresh: $(READY) ## Vendor, report, generate, release, test; all or nothing: make refresh UPSTREAM=FILE_OR_URL.
	@$(RUN) -m tools refresh $(if $(UPSTREAM),--upstream "$(UPSTREAM)") $(if $(REPORT),--report "$(REPORT)") $(if $(DRY_RUN),--dry-run)

drift: $(READY) ## Show what changed upstream and what it breaks: make drift UPSTREAM=FILE_OR_URL.
	@$(RUN) -m tools drift $(if $(UPSTREAM),--upstream "$(UPSTREAM)") $(if $(FORMAT),--format $(FORMAT))

check-generated: $(READY) ## Show how generated/ differs from what openapi.yaml generates.
	@$(RUN) -m tools generate --check

check-lock: $(READY) ## Check that openapi.yaml is what openapi.lock.json says.
	@$(RUN) -m tools vendor --check

constraints: $(READY) ## Pin the newest versions that fit, in constraints.txt.
	@$(RUN) -m pip install --quiet --upgrade --upgrade-strategy eager pip hatchling --group dev --editable '.[local]'
	@{ echo "# Exact versions of the development environment (make setup). Written by 'make constraints'."; $(RUN) -m pip freeze --all --exclude-editable | grep -v '^setuptools=='; } > constraints.new
	@mv constraints.new constraints.txt

wheel: $(READY) ## Build the wheel into dist/.
	@$(RUN) -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

dist: $(READY) ## Build the wheel and the source distribution into dist/, and check and test them.
	@if grep -q '^repository = ""' pyproject.toml; then echo "warning: 'repository' in pyproject.toml is not set, so links of the readme lead nowhere on a package index" >&2; fi
	@rm -rf dist
	@$(RUN) -m build --no-isolation --outdir dist
	@$(RUN) -m twine check --strict dist/*
	@DIST=dist $(RUN) -m pytest --quiet tests/test_wheel.py

clean: ## Remove the environment and what was built.
	@rm -rf $(VENV) .bench .integrations .interop .switching dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage .coverage.*
