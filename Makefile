# Every command of the project; `make` lists them. People, .ci/run and the CI services call these and nothing else.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3.11 python3 python3.12 python3.13 python3.14
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
# Stamps: .venv holds what this requirements file asks for. A newer file makes the stamp old.
CORE := .venv/core.stamp
DEV := .venv/dev.stamp

# Metaflow refuses to run as root, or where nobody is named, without this.
export METAFLOW_USER ?= $(firstword $(filter-out root,$(SUDO_USER) $(USERNAME) $(USER)) zld)

##@ Start here

.PHONY: demo install
demo: $(CORE) ## the main job on a folder: fake data, consolidate, find by URI, verify
	@$(BIN)/python local_dev/demo.py

install: $(CORE) ## what flows and the command line need, into .venv
	@echo 'Installed. Next: make demo, or .venv/bin/zld --help'

##@ Develop

.PHONY: format lint test test-tools test-long golden bench ci
format: $(DEV) ## format the code and mend what can be mended
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

lint: $(DEV) ## ruff, mypy, the layers of imports, yamllint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/yamllint --strict .

test: $(DEV) ## every test that needs Python alone, and the examples in docstrings
	@$(BIN)/pytest -q -n 2 --ignore=tests/cluster

test-tools: ## what some tests need beside Python, on Debian: Chromium (as root)
	@command -v chromium >/dev/null || { apt-get update --quiet=2 && apt-get install --yes --quiet=2 --no-install-recommends chromium >/dev/null; }

test-long: $(DEV) ## the tests of many rounds (ZLD_ROUNDS=300)
	@ZLD_ROUNDS=$${ZLD_ROUNDS:-300} $(BIN)/pytest -q -n 2 --ignore=tests/cluster -m long

golden: $(DEV) ## rewrite what the golden tests compare; then look at the diff
	@ZLD_REGENERATE=1 $(BIN)/pytest -q --ignore=tests/cluster -m golden

bench: $(DEV) ## measure the claims of speed, peers beside them: benchmarks/RESULTS.md
	@$(BIN)/python -m benchmarks

ci: lint test ## what runs on every push

##@ On a cluster

# OVERLAY: minikube, k3s, production or a folder; by default what kubectl's context is called.
# ZLD_IMAGE_BUILD, ZLD_IMAGE_LOAD: commands that build an image and hand it to the cluster (local_dev/image.sh).
export OVERLAY

.PHONY: image image-vscode secrets cluster cluster-env forward deploy-flows cluster-down manifests test-cluster pin
image: ## build the image of flows, and hand it to the cluster
	@local_dev/image.sh zarr-linked-data:dev .

image-vscode: ## build VS Code's image on it, and hand it to the cluster
	@local_dev/image.sh zarr-linked-data-vscode:dev manifests/components/vscode

secrets: ## make the passwords, once; never over existing ones
	@local_dev/make_secrets.sh

cluster: ## apply the manifests to kubectl's cluster, and wait until all runs
	@local_dev/cluster.sh

cluster-env: ## the settings for flows outside the cluster: eval "$$(make -s cluster-env)"
	@local_dev/cluster_env.sh

forward: ## Argo, MinIO and VS Code at this machine's ports, until Ctrl-C
	@local_dev/forward.sh

deploy-flows: $(CORE) ## create the flows on Argo
	@local_dev/deploy_flows.sh

cluster-down: ## take all away but data
	@local_dev/cluster_down.sh

manifests: $(DEV) ## build and validate every overlay (needs kubectl)
	@command -v kubectl >/dev/null || { echo 'Error: kubectl is not installed. See https://kubernetes.io/docs/tasks/tools.' >&2; exit 1; }
	@$(BIN)/pytest -q tests/contract/test_manifests.py tests/contract/test_manifest_policy.py

test-cluster: $(DEV) ## the tests that need a cluster: KUBECONFIG
	@kubectl get --raw /version >/dev/null 2>&1 || { echo 'Error: no cluster answers. Set KUBECONFIG to the access of one.' >&2; exit 1; }
	@$(BIN)/pytest -q tests/cluster

pin: ## push the images, and write all digests into the overlay for production (REGISTRY, TAG)
	@local_dev/pin.sh

##@ Package

.PHONY: lock wheel clean help
lock: ## lock the dependencies and export the requirements files (needs poetry)
	@command -v poetry >/dev/null || { echo 'Error: poetry is not on the PATH. Install it with: pipx install poetry && pipx inject poetry poetry-plugin-export' >&2; exit 1; }
	poetry lock
	poetry export -f requirements.txt -o requirements.txt
	poetry export -f requirements.txt --all-extras -o requirements-image.txt
	poetry export -f requirements.txt --all-extras --with dev -o requirements-dev.txt

wheel: .venv/bin/python ## build the wheel into dist/
	@$(BIN)/python -m pip --disable-pip-version-check wheel --quiet --no-deps --wheel-dir dist .
	@ls dist

clean: ## remove what these commands made, but .venv and the runs in .metaflow
	rm -rf demo benchmarks/stores build dist .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -path ./.venv -prune -o -name __pycache__ -type d -exec rm -rf {} +

help: ## this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo

.venv/bin/python:
	@for python in $(PYTHON); do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			$$python -m venv --clear .venv && exit 0; rm -rf .venv; exit 1; \
		fi; \
	done; \
	echo "Error: Python 3.11 or later is needed, and $$(python3 --version 2>/dev/null || echo no Python) was found. Name one: make install PYTHON=/path/to/python3.11" >&2; exit 1

$(CORE): requirements.txt .venv/bin/python
	@echo 'Installing what zld needs into .venv (about a minute the first time) …'
	@$(PIP) --require-hashes -r requirements.txt
	@$(PIP) --no-deps -e .
	@touch $@

$(DEV): requirements-dev.txt .venv/bin/python
	@echo 'Installing what the tests need into .venv (about two minutes the first time) …'
	@$(PIP) --require-hashes -r requirements-dev.txt
	@$(PIP) --no-deps -e .
	@touch $(CORE) $@
