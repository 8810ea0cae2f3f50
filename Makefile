# `make` alone lists the targets. Recipes use relative paths only: the checkout may lie below a folder with spaces.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := node_modules/.bin
ROOMS := $(wildcard app bench core local novu outbox packages scripts test worker)

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

.PHONY: test-faults
test-faults: setup ## Show that each numbered fault is held, a line for each
	@node --import tsx scripts/dev/test-faults.ts $(ARGS)

.PHONY: soak
soak: setup ## Mixed load under random faults, then the oracle: make soak MINUTES=10 SEED=7
	@node --import tsx test/soak/main.ts $(or $(MINUTES),1) $(SEED)

.PHONY: bench
bench: setup ## Measure beside peers, on a machine that does nothing else, some 15 minutes: make bench ARGS="delivery --rounds 3"
	@node --import tsx bench/main.ts $(or $(ARGS),all)

##@ Embedded stack

.PHONY: up
up: setup ## Start Postgres, Temporal, the Novu emulator, app and worker: make up ARGS="--port-offset 100"
	@node scripts/xnovu.mjs up $(ARGS)

.PHONY: down
down: setup ## Stop it
	@node scripts/xnovu.mjs down $(ARGS)

.PHONY: demo
demo: setup ## Send one notification through every channel and show its way
	@node scripts/xnovu.mjs demo $(ARGS)

##@ Images

.PHONY: image
image: setup ## Build the image of this state of git: make image ARGS="--platform linux/arm64"
	@node scripts/xnovu.mjs docker:build $(ARGS)

.PHONY: image-tags
image-tags: setup ## Print its tags: make image-tags ARGS=--json
	@node scripts/xnovu.mjs docker:tags $(ARGS)

.PHONY: image-run
image-run: setup ## Run it: make image-run ARGS="-d --worker --env-file production.env"
	@node scripts/xnovu.mjs docker:run $(ARGS)

.PHONY: image-stop
image-stop: setup ## Stop and remove what image-run started
	@node scripts/xnovu.mjs docker:stop $(ARGS)

.PHONY: image-plan
image-plan: setup ## Print what a push would do: make image-plan ARGS="-r registry.example/team"
	@node scripts/xnovu.mjs docker:push --dry-run $(ARGS)

.PHONY: image-push
image-push: setup ## Build for both platforms and push: make image-push ARGS="-r registry.example/team"
	@node scripts/xnovu.mjs docker:push $(ARGS)

.PHONY: validate
validate: ## Check Dockerfile, format, types and the tests that need no server, in a build
	@docker buildx bake -f docker-bake.hcl validate $(ARGS)

.PHONY: compile
compile: setup ## Worker and command line as plain JavaScript, in dist
	@node --import tsx scripts/compile/main.ts $(ARGS)

##@ Deployment

.PHONY: check-deploy
check-deploy: setup ## Render the Kubernetes manifests; hold the chart to them; schemas, types, policies
	@node --import tsx scripts/dev/deploy-check/main.ts

.PHONY: check-monitoring
check-monitoring: setup ## Hold rules, alerts, dashboards and runbooks to a real Prometheus and a real worker
	@node --import tsx test/run.ts --jobs 1 test/monitoring

##@ Other

.PHONY: help
help: ## Print this
	@if [ -t 1 ] && [ -z "$$NO_COLOR" ]; then colours=1; else colours=0; fi; \
	awk -v colours=$$colours -f scripts/dev/help.awk Makefile
