# Ploeg's commands; `make` alone lists them. Two do all the set-up by themselves: `make demo` and `make test`.

VENV := .venv
BIN  := $(VENV)/bin
LOCK := pyproject.toml uv.lock scripts/make-venv
AGENTS := tests/agents/node_modules
# One more than there are cores: many tests wait for processes.
RUNNERS := $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
# What `make test` gives to pytest besides, e.g. `make test T="tests/cli -k demo"`.
T ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo up setup check test campaign fix docs bench chaos-kill-store chaos-kill-worker chaos-loss chaos-outage chaos-forge chaos-month model clean

help: ## List these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-28s%s\n", $$1, $$2 }'

demo: $(VENV)/.run ## Set up, then run the main job once in a throw-away home
	@$(BIN)/ploeg demo

up: $(VENV)/.run ## Set up, then start a server and a worker for real
	@$(BIN)/ploeg up

setup: $(VENV)/.dev .system-packages $(AGENTS) ## Set up what the checks and tests need

check: $(VENV)/.dev ## Lint, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check -q .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

test: setup check ## Set up, check, and run every test but the campaigns
	@$(BIN)/pytest -n $(RUNNERS) $(T)

campaign: setup ## Run the tests that take long on a whole installation
	@$(BIN)/pytest -n $(RUNNERS) -m campaign $(T)

fix: $(VENV)/.dev ## Format, and mend what the linter can mend
	@$(BIN)/ruff format -q .
	@$(BIN)/ruff check --fix .

docs: $(VENV)/.dev ## Write the generated pages of docs/ anew
	@$(BIN)/python -m tests.docs.generate

bench: $(VENV)/.dev ## Measure speed beside the floors; B="claims stream" measures only those
	@for name in $(or $(B),$(basename $(notdir $(shell grep -l __main__ bench/*.py)))); do \
		echo "== $$name"; $(BIN)/python -m bench.$$name || exit 1; done

chaos-kill-store: N ?= 1000
chaos-kill-store: $(VENV)/.dev ## Kill the store's process N times and count what was lost
	@$(BIN)/python -m chaos.kill_store $(N)

chaos-kill-worker: N ?= 100
chaos-kill-worker: $(VENV)/.dev ## Kill the worker N times over all phases and count what was lost
	@$(BIN)/python -m chaos.kill_worker $(N)

chaos-forge: N ?= 120
chaos-forge: $(VENV)/.dev ## Spoil what goes to and from forges over N stories and count what came out wrong
	@$(BIN)/python -m chaos.forge $(N)

chaos-outage: N ?= 20
chaos-outage: $(VENV)/.dev ## Take the server away N times while jobs run and count what was lost
	@$(BIN)/python -m chaos.outage $(N)

chaos-loss: N ?= 500
chaos-loss: $(VENV)/.dev ## End N attempts in the middle and count what salvage does not bring back
	@$(BIN)/python -m chaos.loss $(N)

chaos-month: N ?= 3000
chaos-month: DAYS ?= 30
chaos-month: $(VENV)/.dev ## Live through DAYS days with N jobs and every trouble there is, in virtual time
	@$(BIN)/python -m chaos.month $(N) --days $(DAYS)

model: N ?= 20000
model: $(VENV)/.dev ## Compare planning with a second description of it, N steps long
	@MODEL_STEPS=$(N) $(BIN)/pytest -q -n 0 -s tests/model

clean: ## Remove what these commands made
	@rm -rf $(VENV) $(AGENTS) .system-packages .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(VENV)/.run: $(LOCK)
	@scripts/make-venv run

$(VENV)/.dev: $(LOCK)
	@scripts/make-venv dev

.system-packages: scripts/system-packages
	@scripts/system-packages

# The agents' real programs, for the tests that run them against a scripted model.
$(AGENTS): tests/agents/package-lock.json
	@if command -v npm >/dev/null; then npm ci --prefix tests/agents --ignore-scripts --no-audit --no-fund --silent && touch $@; \
	else echo "make: npm is missing, so the tests with real agent programs will be skipped"; fi
