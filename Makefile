# Every target builds what it needs. PYTHON names the interpreter that makes .venv; it must be 3.11 or newer.
PYTHON ?= python3
BIN := .venv/bin
# Images of containers often forbid compiled modules, and then each process that a test starts compiles all of them anew.
unexport PYTHONDONTWRITEBYTECODE
PIP_FLAGS := --quiet --disable-pip-version-check --require-hashes

.PHONY: help install serve test check lint types contracts proto lock crash chaos-short chaos powerloss soak-short soak resume fuzz-short fuzz browser browser-load commands screenshots screenshots-terminal what-if clean
.DEFAULT_GOAL := help

help: ## Say what each target does.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 22

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Tradefloor needs Python 3.11 or newer: make PYTHON=python3.12 ..." if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv .venv

.venv/runtime.stamp: requirements/runtime.txt pyproject.toml | .venv/bin/python
	@echo "Installing the packages that Tradefloor runs on ..."
	@$(BIN)/python -m pip install $(PIP_FLAGS) -r requirements/runtime.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: requirements/dev.txt .venv/runtime.stamp
	@echo "Installing the packages that Tradefloor is tested with ..."
	@$(BIN)/python -m pip install $(PIP_FLAGS) -r requirements/dev.txt
	@touch $@

install: .venv/runtime.stamp ## Build .venv, after which .venv/bin/tradefloor runs from any folder.

serve: install ## Start the floor with embedded services and demo agents; prints the URL.
	@$(BIN)/tradefloor serve

test: .venv/dev.stamp ## Run every test, with coverage.
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder --cov --cov-report=
	@$(BIN)/python -m tests.coverage_floor

check: lint types contracts test ## All that CI asks for.

lint: .venv/dev.stamp ## Ruff, as linter and as formatter.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: .venv/dev.stamp ## mypy, strict.
	@$(BIN)/mypy

contracts: .venv/dev.stamp ## The arrows between the packages.
	@$(BIN)/lint-imports

proto: .venv/dev.stamp ## Generate code from the three proto files.
	@$(BIN)/python -m grpc_tools.protoc -I. \
		--plugin=protoc-gen-mypy=$(BIN)/protoc-gen-mypy --plugin=protoc-gen-mypy_grpc=$(BIN)/protoc-gen-mypy_grpc \
		--python_out=. --grpc_python_out=. --mypy_out=. --mypy_grpc_out=. proto/*.proto

lock: ## Renew the hash-locked requirements (needs uv).
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --extra build -o requirements/runtime.txt pyproject.toml
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --extra build --extra dev --extra otel -c requirements/runtime.txt -o requirements/dev.txt pyproject.toml

chaos-short: .venv/dev.stamp ## Fifty seeds of faults on the live wiring, in virtual time.
	@$(BIN)/tradefloor chaos --seeds 50

chaos: .venv/dev.stamp ## The same with a thousand seeds.
	@$(BIN)/tradefloor chaos --seeds 1000

powerloss: .venv/dev.stamp ## Two thousand power losses on the real writer.
	@POWER_LOSSES=2000 $(BIN)/python -m pytest -q tests/persistence/test_power_loss.py

crash: .venv/dev.stamp ## Kill -9 under load, a hundred times in a row.
	@CRASH_ROUNDS=100 $(BIN)/python -m pytest -q -o faulthandler_timeout=3600 tests/e2e/test_crash.py

soak-short: .venv/dev.stamp ## Mixed load for a minute, every kind of fault once.
	@$(BIN)/python -m tests.soak --minutes 0.5

soak: .venv/dev.stamp ## The same for half an hour, with its figures at the end.
	@$(BIN)/python -m tests.soak --minutes 30

resume: .venv/dev.stamp ## Clients that drop at random during 10,000 events.
	@RESUME_EVENTS=10000 $(BIN)/python -m pytest -q -o faulthandler_timeout=3600 tests/e2e/test_resume.py

fuzz-short: .venv/dev.stamp ## Fuzz the API by its document, 100 examples an operation.
	@$(BIN)/python -m tests.fuzz --examples 100 --seeds 1

fuzz: .venv/dev.stamp ## The same with 500 examples and three seeds.
	@$(BIN)/python -m tests.fuzz --examples 500 --seeds 3

browser: .venv/dev.stamp ## Drive the dashboard in Chromium (needs one; CHROMIUM names it).
	@$(BIN)/python -m pytest -q -m browser tests/browser

browser-load: .venv/dev.stamp ## Measure the dashboard with 5,000 agents and 200 updates/s.
	@$(BIN)/python -m tests.browser.load

commands: .venv/dev.stamp ## Write docs/commands.md anew with what the commands print.
	@$(BIN)/python -m tests.e2e.console_blocks

screenshots: .venv/dev.stamp ## Take the pictures of the dashboard anew, out of the demo.
	@$(BIN)/python -m tests.browser.screenshots docs/screenshots

screenshots-terminal: .venv/dev.stamp ## Take the pictures of the commands and the console anew, out of the demo.
	@$(BIN)/python -m tests.terminal_screenshots docs/screenshots

what-if: .venv/dev.stamp ## Run the sweeps of docs/what-if.md anew, with twenty seeds, and write its tables and chart.
	@$(BIN)/python -m tests.simulations.what_if

clean: ## Remove what the targets made; data/ stays.
	@rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis htmlcov .coverage*
