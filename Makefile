# Two commands: `make demo` shows everything on an invented town (`make demo PURPOSE=gang` one scenario),
# `make test` checks and tests everything.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test test-real check format lock torture bench pictures clean

demo: $(READY)
	$(BIN)/workbench demo $(if $(PURPOSE),--purpose $(PURPOSE))

test: check
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile -m "not real"

test-real: $(READY)
	$(BIN)/python -m pytest -m real

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/test_docs.py tests/test_packaging.py

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The one way in which requirements.lock is made: universal (3.11 to 3.13, Linux and macOS), hashed, no addresses.
lock: $(READY)
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-header --no-annotate --extra dev --upgrade --quiet pyproject.toml -o requirements.lock
	$(BIN)/python -m tests.environment > environment.yml

# A thousand real kills of processes that write, each looked at; the seed is printed.
torture: $(READY)
	$(BIN)/python -m tests.torture.kills --kills 1000

# What every page looks like, in JupyterLab and as exported, from top to end: for a person to look at.
pictures: $(READY)
	TEST_PICTURES=$(CURDIR)/pictures $(BIN)/python -m pytest -q tests/browser

bench: $(READY)
	$(BIN)/python -m bench

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version)."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-compile --no-deps --no-build-isolation --no-index --editable .
	@touch $(READY)

clean:
	rm -rf $(VENV) demo-output pictures build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
