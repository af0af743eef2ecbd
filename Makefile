# Every target sets up what it needs: a machine with make and Python 3.11 or newer is enough.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3.14 python3; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$python"; break; }; done)
# One more than there are processors: many tests wait for a broker, a server or another process.
TESTS_AT_ONCE ?= $(shell $(PYTHON) -c 'import os; print(1 + os.cpu_count())')
LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-config --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

.PHONY: help demo test check format bench soak docs lock clean

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

demo: $(READY) ## simulate, build, print the figures and serve (ARGS=--no-serve ends after building)
	$(BIN)/majung demo $(ARGS)

test: $(READY) ## run the tests (ARGS are pytest's)
	$(BIN)/python -m pytest --numprocesses $(TESTS_AT_ONCE) --dist loadfile --no-loadscope-reorder --durations 40 $(ARGS)

check: $(READY) ## lint, format, types and floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## put the source in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY) ## measure, as ratios in one run (ARGS=--help tells how to measure less, or a million events)
	$(BIN)/python -m tests.benchmarks $(ARGS)

soak: $(READY) ## run what takes minutes
	$(BIN)/python -m pytest -m soak $(ARGS)

docs: $(READY) ## write the pages that are made from the types
	$(BIN)/python -m docs.write_events
	$(BIN)/python -m docs.write_stages
	$(BIN)/python -m docs.write_asyncapi

lock: $(READY) ## pin the dependencies anew, with hashes and without a registry's address
	$(LOCK) --upgrade --output-file requirements.lock
	$(LOCK) --upgrade --extra dev --output-file requirements-dev.lock

clean: ## remove what the targets made
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(READY): pyproject.toml requirements-dev.lock
	@test -n "$(PYTHON)" || { echo "Majung needs Python 3.11 or newer: install it, or say make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
