# Every target does its own set-up: python3, make and a network are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help
.PHONY: help demo portal test check fix docs bench soak fuzz peers lock compiled clean

help:  ## What you can make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.run  ## See a real dataset leave one program and arrive, verified, in another
	@$(BIN)/python examples/demo.py

portal: $(VENV)/.run  ## A web portal with a real dataset in it, to look at in a browser (Ctrl-C ends it)
	@$(BIN)/python examples/portal.py

test: $(VENV)/.dev peers  ## All tests, also against real programs on this machine
	$(BIN)/python -m pytest -n 2 tests

check: $(VENV)/.dev  ## Format, lint, types, layers, and the unit tests (about three minutes)
	$(BIN)/ruff format --check src tests benchmarks examples
	$(BIN)/ruff check src tests benchmarks examples
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 2 -m 'not slow' tests/unit tests/repo

fix: $(VENV)/.dev  ## Format and mend what can be mended automatically
	$(BIN)/ruff format src tests benchmarks examples
	$(BIN)/ruff check --fix src tests benchmarks examples

bench: $(VENV)/.dev peers  ## Measure against other programs, paired (about 30 minutes)
	$(BIN)/python benchmarks/run.py $(if $(QUICK),--quick)

soak: $(VENV)/.dev peers  ## A hundred kills and forty power cuts of a smartnode, and other clients under it (about 18 minutes)
	SEEDBED_SOAK=1 $(BIN)/python -m pytest -q tests/e2e/test_node_crashes.py tests/e2e/test_node_power.py tests/e2e/test_node_clients.py tests/e2e/test_node_gift.py

fuzz: $(VENV)/.dev  ## A minute of coverage-guided fuzzing for each parser
	for target in tests/fuzz/fuzz_*.py; do $(BIN)/python $$target -max_total_time=60 || exit 1; done

peers:  ## Install the programs that the tests compare with (Debian, as root or by sudo)
	@sh tests/peers/install.sh

compiled: $(VENV)/.dev  ## A wheel in dist/ whose tracker is compiled: more announces a second (needs a C compiler)
	SEEDBED_COMPILE=1 $(BIN)/python -m pip wheel -q --disable-pip-version-check --no-deps -w dist .

lock: $(VENV)/.dev  ## Choose new versions of all dependencies
	$(BIN)/uv pip compile --universal --generate-hashes --no-header --extra geopandas pyproject.toml -o requirements/run.lock
	$(BIN)/uv pip compile --universal --generate-hashes --no-header --group dev --all-extras pyproject.toml -o requirements/dev.lock

clean:  ## Remove what make made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis node_modules

$(VENV)/bin/python:
	@PYTHON="$(PYTHON)" sh tests/peers/venv.sh $(VENV)

$(VENV)/.run: $(VENV)/bin/python requirements/run.lock pyproject.toml
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/run.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python requirements/dev.lock pyproject.toml
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@ $(VENV)/.run

docs: $(VENV)/.dev  ## Write docs/commands.md from the program's own help
	@$(BIN)/python -m tests.repo.command_reference
