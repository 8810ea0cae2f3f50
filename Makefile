# `make` alone lists the targets. Recipes use relative paths only: the checkout may lie below a folder with spaces.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := node_modules/.bin
MODULES := $(wildcard app bench core local novu outbox packages scripts test worker)

##@ Everyday

.PHONY: setup
setup: ## Install the packages of the lock file
	@node scripts/dev/setup.mjs

.PHONY: test
test: check ## Check, then run every test: make test FILES="outbox core/retry.test.ts"
	@node --import tsx test/run.ts $(ARGS) $(FILES)

.PHONY: test-unit
test-unit: setup ## Run the tests that need no server: make test-unit FILES=core
	@node --import tsx test/run.ts --unit $(ARGS) $(FILES)

.PHONY: check
check: setup ## Lint, format, types, import rules, dead code, generated files, words, links
	@$(BIN)/biome check --error-on-warnings --diagnostic-level=warn .
	@$(BIN)/tsc -p .
	@$(BIN)/depcruise --config .dependency-cruiser.cjs --output-type err-long $(MODULES)
	@$(BIN)/knip --no-progress
	@for check in scripts/dev/check-*.ts; do [ ! -e "$$check" ] || node --import tsx "$$check" || exit 1; done

.PHONY: format
format: setup ## Write the format and the safe lint fixes
	@$(BIN)/biome check --write .

.PHONY: test-faults
test-faults: setup ## Run every injected fault of docs/faults.md, one result line each
	@node --import tsx scripts/dev/test-faults.ts $(ARGS)

.PHONY: mutants
mutants: setup ## Break the source in named places; a test must fail: make mutants ONLY=breaker
	@node --import tsx test/mutants/main.ts --only "$(ONLY)" $(ARGS)

.PHONY: soak
soak: setup ## Send under random faults, then check the result: make soak MINUTES=10 SEED=7
	@node --import tsx test/soak/main.ts $(or $(MINUTES),1) $(SEED)

.PHONY: bench
bench: setup ## Measure beside peers, 15 minutes: make bench ARGS="delivery --rounds 3"
	@node --import tsx bench/main.ts $(or $(ARGS),all)

.PHONY: figures
figures: setup ## Measure this repository: make figures ARGS="--base v1.0.0 --json"
	@node --import tsx scripts/dev/figures.ts $(ARGS)

##@ Embedded stack

.PHONY: up
up: setup ## Start Postgres, Temporal, the Novu emulator, app and worker; Ctrl-C stops them
	@node scripts/xnovu.mjs up $(ARGS)

.PHONY: down
down: setup ## Stop the stack that runs in the background
	@node scripts/xnovu.mjs down $(ARGS)

.PHONY: demo
demo: setup ## Send one notification through every channel and show its timeline
	@node scripts/xnovu.mjs demo $(ARGS)

##@ Images

.PHONY: image
image: setup ## Build the image of this git state: make image ARGS="--platform linux/arm64"
	@node scripts/xnovu.mjs docker:build $(ARGS)

.PHONY: image-tags
image-tags: setup ## Print its tags: make image-tags ARGS=--json
	@node scripts/xnovu.mjs docker:tags $(ARGS)

.PHONY: image-run
image-run: setup ## Run it: make image-run ARGS="-d --worker --env-file production.env"
	@node scripts/xnovu.mjs docker:run $(ARGS)

.PHONY: image-stop
image-stop: setup ## Stop and remove the container of image-run
	@node scripts/xnovu.mjs docker:stop $(ARGS)

.PHONY: image-plan
image-plan: setup ## Print what a push would do: make image-plan ARGS="-r registry.example/team"
	@node scripts/xnovu.mjs docker:push --dry-run $(ARGS)

.PHONY: image-push
image-push: setup ## Build both platforms and push: make image-push ARGS="-r registry.example/team"
	@node scripts/xnovu.mjs docker:push $(ARGS)

.PHONY: validate
validate: ## Check Dockerfile, format, types and unit tests in a Docker build
	@docker buildx bake -f docker-bake.hcl validate $(ARGS)

.PHONY: compile
compile: setup ## Write worker and command line as plain JavaScript to dist
	@node --import tsx scripts/compile/main.ts $(ARGS)

##@ Deployment

.PHONY: check-deploy
check-deploy: setup ## Render chart and overlays; check rendering, schemas, types and policies
	@node --import tsx scripts/dev/deploy-check/main.ts

.PHONY: check-monitoring
check-monitoring: setup ## Check rules, alerts, dashboards and runbooks with a real Prometheus
	@node --import tsx test/run.ts --jobs 1 test/monitoring

##@ Other

.PHONY: help
help: ## Print this list
	@if [ -t 1 ] && [ -z "$$NO_COLOR" ]; then colours=1; else colours=0; fi; \
	awk -v colours=$$colours -f scripts/dev/help.awk Makefile
