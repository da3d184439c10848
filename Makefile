# The commands of this project; CI calls the same ones. Each makes its own virtual environment first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed

.PHONY: help install check test demo bench soak nightly clean

help:
	@echo 'make install | check | test | demo [SWAP=0.2:0.3] [KEEP=1] | bench | soak | nightly | clean'

install: $(STAMP)

$(STAMP): $(wildcard requirements*.txt) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed, this is $$($(PYTHON) --version); say make PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $(STAMP)

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: install
	$(BIN)/python -m pytest

# SWAP=0.2:0.3 pushes the code of 0.3 under the name 0.2; KEEP=1 leaves everything running.
demo: install
	$(BIN)/python -m examples.sockshop.demo $(if $(SWAP),--swap $(SWAP)) $(if $(KEEP),--keep)

bench: install
	$(BIN)/python -m tests.bench

soak: install
	KEPTN_SOAK=20 $(BIN)/python -m pytest tests/e2e

nightly: install
	HYPOTHESIS_PROFILE=nightly $(BIN)/python -m pytest tests/unit

clean:
	rm -rf $(VENV) .demo
