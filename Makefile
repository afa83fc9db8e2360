# `make` says what there is. Everything lands in .venv; a second run of anything is instant where nothing changed.
# Plain recipes: GNU make 3.81 and the sh, awk and touch of macOS suffice.

VENV := .venv
BIN := $(VENV)/bin
# What is newer than its stamp is done again.
RUNTIME := $(VENV)/.runtime
ROTATE := $(VENV)/.rotate
DEV := $(VENV)/.dev

.DEFAULT_GOAL := help
.PHONY: help setup demo check test slow bench docs snapshots lint-fix requirements clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

setup: $(ROTATE) ## What running the bot needs, in .venv; leaves .venv/bin/rotate

demo: setup ## Start the sandbox and the bot, and print the page to open
	$(BIN)/rotate demo

CHECKS := check-format check-lint check-types check-imports check-docs
.PHONY: $(CHECKS)
check: $(CHECKS) ## Format, lint, types, import rules, docs (all of them, in spite of a failure: make -k check)

check-format: $(DEV)
	$(BIN)/ruff format --check --output-format concise .

check-lint: $(DEV)
	$(BIN)/ruff check --output-format concise .

check-types: $(DEV)
	$(BIN)/mypy

check-imports: $(DEV)
	$(BIN)/lint-imports --no-logo

check-docs: $(DEV)
	$(BIN)/python -m tests.docs.generate --check

test: $(DEV) ## All tests but the slow ones; installs what they need where it may (root, or CI=true)
	@.ci/test-programs
	@.ci/node-packages $(VENV)
	$(BIN)/pytest -m "not slow and not bench"

slow: $(DEV) ## The slow tests: every kill point, every sabotaged scenario
	@.ci/test-programs
	@.ci/node-packages $(VENV)
	$(BIN)/pytest -m slow

bench: $(DEV) ## Print how we compare with named peers
	$(BIN)/pytest -m bench --capture=no

docs: $(DEV) ## Write the generated parts of the docs anew
	$(BIN)/python -m tests.docs.generate

snapshots: $(DEV) ## Write the expected messages and views anew; look at the diff before you commit it
	$(BIN)/pytest --update-snapshots

lint-fix: $(DEV) ## Format, and mend what ruff can mend by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Bounds are in pyproject.toml. Each file takes the versions of the one before, so that all fit into one environment.
COMPILE := $(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --no-header $(UPGRADE)
requirements: $(ROTATE) ## Lock the dependencies anew (UPGRADE=--upgrade for the newest)
	$(COMPILE) pyproject.toml -o requirements/runtime.txt
	$(COMPILE) pyproject.toml --group dev --constraint requirements/runtime.txt -o requirements/dev.txt
	$(COMPILE) --group pyproject.toml:build --constraint requirements/dev.txt -o requirements/build.txt

clean: ## Remove .venv and what tools leave behind
	rm -rf $(VENV) .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache dist
	find bot handlers tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUNTIME): requirements/build.txt requirements/runtime.txt
	@.ci/make-venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt
	@.ci/install $(VENV) --require-hashes -r requirements/runtime.txt
	@touch $@

# The build backend is in requirements/build.txt, so that nothing unlocked is fetched to build with.
$(ROTATE): $(RUNTIME) pyproject.toml
	@.ci/install $(VENV) --no-deps --no-build-isolation --editable .
	@touch $@
	@echo "Ready: $(BIN)/rotate"

$(DEV): $(ROTATE) requirements/dev.txt
	@.ci/install $(VENV) --require-hashes -r requirements/dev.txt
	@touch $@
