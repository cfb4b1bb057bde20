# Beckon's commands. `make help` prints them. Recipes are single programs (no shell in between), so that a signal
# to make reaches what it started; `--with-parent` ends it even when make is killed.

PYTHON ?= python3
PY := .venv/bin/python
CSV ?=
ROWS ?= 1000000
SIZE ?= full
IMPORTED ?= $(ROWS)

.DEFAULT_GOAL := help
.PHONY: help setup assets extension demo demo-reset test lint types format requirements walkthrough chaos bench-outbox bench-outreach bench-integrations bench-interest bench-sourcing bench-duplicates bench-sourcing-import bench-api

help: ## Print every target
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-21s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: ## Make .venv from the hashed requirements and build the assets (quick when nothing changed)
	@if command -v $(PYTHON) >/dev/null 2>&1; then exec $(PYTHON) -I config/embedded/bootstrap.py; \
	elif command -v uv >/dev/null 2>&1; then exec uv run --quiet --no-project --python '>=3.11,<3.14' config/embedded/bootstrap.py; \
	else echo "beckon: there is no $(PYTHON): install Python 3.11, 3.12 or 3.13 with its venv module, or uv." >&2; exit 1; fi
	@$(PY) -m config.assets
	@$(PY) -m config.gazetteer

assets: setup ## Build static/dist and the gazetteer when something they are made from changed

extension: setup ## Pack the browser extension for Chromium and Firefox into static/dist/extension
	@$(PY) -m config.extension

demo: setup ## Start everything with a demo organisation; Ctrl-C stops it (PORT=8001 for another port)
	@$(PY) -m config.embedded.demo --with-parent

demo-reset: setup ## Delete the demo's data
	@$(PY) -m config.embedded.demo --reset

test: setup ## Lint, types, import contracts, migrations check and the whole suite (DATABASE_URL, REDIS_URL are used when set)
	@$(PY) -m config.embedded.suite --with-parent

lint: setup ## Lint, format and import contracts
	@$(PY) -m config.embedded.suite --with-parent lint format imports

types: setup ## Type check
	@$(PY) -m config.embedded.suite --with-parent types

format: setup ## Put the code into its format and mend what the linter can mend
	@.venv/bin/ruff check --fix --quiet .
	@.venv/bin/ruff format .

requirements: ## Resolve requirements/*.txt anew from the groups of pyproject.toml (needs uv)
	uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml -o requirements/production.txt
	uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 --group assets --group demo --group test --group lint -c requirements/production.txt -o requirements/development.txt

walkthrough: setup ## The main job end to end without a browser, with numbers that add up (CSV=path for your own people)
	@$(PY) -m config.embedded.run --with-parent --sandbox -- manage.py walkthrough $(if $(CSV),--csv "$(CSV)")

chaos: setup ## 2,000 messages, killed workers, flushed Redis, cut lines: nothing lost, nothing twice
	@$(PY) -m bench.chaos

bench-api: setup ## Every bound of the API (PARTS="events panel create schema", SIZE=small for a few minutes)
	@$(PY) -m bench.api --size $(SIZE) $(if $(PARTS),--parts "$(PARTS)")

bench-interest: setup ## How answers are read: confusion matrices of the labelled ones
	@$(PY) -m bench.interest

bench-outbox: setup ## How fast the outbox sends, against its floors
	@$(PY) -m bench.outbox

bench-outreach: setup ## Every bound of outreach (PARTS="drain tick …", SIZE=small for two minutes)
	@$(PY) -m bench.outreach --size $(SIZE) $(if $(PARTS),--parts "$(PARTS)")

bench-integrations: setup ## Every bound of integrations (PARTS="export limit pull chaos", SIZE=small for a few minutes)
	@$(PY) -m bench.integrations --size $(SIZE) $(if $(PARTS),--parts "$(PARTS)")

bench-sourcing: setup ## Search among ROWS made-up people (built once, kept under var/), against its bounds
	@$(PY) -m bench.sourcing_search --rows $(ROWS)

bench-duplicates: setup ## Look for duplicates among ROWS made-up people and a tenth of them, against its bounds
	@$(PY) -m bench.sourcing_duplicates --rows $(ROWS)

bench-sourcing-import: setup ## Import IMPORTED rows into ROWS made-up people while people search, against its bounds
	@$(PY) -m bench.sourcing_import --existing $(ROWS) --rows $(IMPORTED)
