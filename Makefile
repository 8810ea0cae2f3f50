# `make` alone lists the targets. Recipes use relative paths only: the checkout may lie below a folder with spaces.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := node_modules/.bin
ROOMS := $(wildcard app core local novu outbox scripts test worker)

##@ Everyday

.PHONY: setup
setup: ## Install the pinned pnpm's packages, when the lock file changed
	@node scripts/dev/setup.mjs

.PHONY: test
test: check ## Run checks, then every test: make test FILES="outbox core/retry.test.ts" ARGS="--jobs 4"
	@node --import tsx test/run.ts $(ARGS) $(FILES)

.PHONY: check
check: setup ## Lint, format, types, import directions, and generated files that are out of date
	@$(BIN)/biome check --error-on-warnings --diagnostic-level=warn .
	@$(BIN)/tsc -p .
	@$(BIN)/depcruise --config .dependency-cruiser.cjs --output-type err-long $(ROOMS)
	@for check in scripts/dev/check-*.ts; do [ ! -e "$$check" ] || node --import tsx "$$check" || exit 1; done

.PHONY: format
format: setup ## Write the format and the lint fixes that are safe
	@$(BIN)/biome check --write .

# The embedded stack's targets stand here once the command line has them.
ifneq ($(wildcard scripts/commands/up.ts),)
##@ Embedded stack

.PHONY: up
up: setup ## Start Postgres, Temporal, the Novu stand-in, app and worker: make up ARGS="--port-offset 100"
	@node scripts/xnovu.mjs up $(ARGS)

.PHONY: down
down: setup ## Stop it
	@node scripts/xnovu.mjs down $(ARGS)

.PHONY: demo
demo: setup ## Send one notification through every channel and show its way
	@node scripts/xnovu.mjs demo $(ARGS)
endif

##@ Other

.PHONY: help
help: ## Print this
	@if [ -t 1 ] && [ -z "$$NO_COLOR" ]; then colours=1; else colours=0; fi; \
	awk -v colours=$$colours -f scripts/dev/help.awk Makefile
