# Needs Python 3.11 or newer and make. Another Python than `python3` is named so: make PYTHON=python3.12 run
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check bench faults load migration

# The demonstration office, in its own database: loaded the first time, then served.
run: .venv/.installed
	$(BIN)/qa demo

test: .venv/.installed
	$(BIN)/python -m pytest -n auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder

check: .venv/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/.installed
	$(BIN)/python -m pytest tests/bench/bench_*.py -o python_functions='bench_*' --benchmark-columns=min,median,max,rounds

# Killed at work a hundred times, the disk full, the database gone or killed: make faults KILLS=20 SEED=1 (some twenty minutes)
faults: .venv/.installed
	FAULT_KILLS=$(KILLS) FAULT_SEED=$(SEED) $(BIN)/python -m pytest tests/faults/fault_*.py -o python_functions='fault_*' -s --show-capture=no

# How many reviewers at once this machine holds, at one process and at two behind nginx (Debian: nginx-light), in an
# office of 1,000,000 cases: five minutes, and as long to fill it. LOAD_DATABASE=postgresql+psycopg://… keeps it.
load: .venv/.installed
	$(BIN)/python -m pytest tests/load/load_*.py -o python_functions='load_*' -s

# Writes what the tables need that the migrations do not make yet: make migration m="What changes". Read it then.
migration: .venv/.installed
	$(BIN)/python -m qa_app.migrating "$(m)"
	$(BIN)/ruff format qa_app/migrations/versions

.venv/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Casework QA needs Python 3.11 or newer, and this is Python %d.%d. Name a newer one: make PYTHON=python3.12 run" % sys.version_info[:2])'
	@echo "Installing into .venv, once: this takes about a minute."
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt -e ".[dev]"
	@touch $@
