# Millrace: `make demo` and `make test` need Python 3.13, make and Terraform 1.11 or newer, and nothing else
# (`make demo EXAMPLE=digits` needs npm too).

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo up produce watch down setup setup-run native package image test test-examples test-unit simulate bench bench-batch bench-http sanitize fuzz check audit format lock bootstrap plan deploy smoke destroy clean

PORT ?= 4566
ENV ?= dev
TERRAFORM ?= terraform
export TERRAFORM
BACKEND ?= terraform/environments/$(ENV).s3.tfbackend
export PORT
YES_OPTION = $(if $(filter-out 0,$(YES)),--yes)

BIN := .venv/bin
MILLRACE := $(BIN)/millrace

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  \033[1m%-13s\033[0m %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: preflight-local setup-run ## The main job, end to end, on LocalStack without Docker (EXAMPLE=stream; KEEP=1 leaves it up; PORT=4566; IAM=off)
	@$(MILLRACE) demo $(if $(EXAMPLE),--example $(EXAMPLE)) $(if $(EVENTS),--events $(EVENTS)) $(if $(RATE),--rate $(RATE)) $(if $(filter-out 0,$(KEEP)),--keep)

up: preflight-local setup-run ## Start LocalStack and deploy the stack on it; train and publish a model where none is released (MODEL=name: a model of yours, none is trained; HTTP=1: with an HTTP endpoint)
	@$(MILLRACE) up $(if $(MODEL),--model $(MODEL)) $(if $(filter-out 0,$(HTTP)),--with http)

produce: setup-run ## Send synthetic events to the local stack (COUNT=10000 RATE=1000)
	@$(MILLRACE) produce --count $(or $(COUNT),10000) $(if $(RATE),--rate $(RATE))

watch: setup-run ## Watch the local stack live: rates, latency, quarantine, model, drift, alarms, predictions
	@$(MILLRACE) watch

down: setup-run ## End the local stack and everything that belongs to it
	@$(MILLRACE) down

test: preflight-test setup ## Every test but the longest: unit, Terraform, integration on LocalStack (WORKERS=2)
	@$(BIN)/pytest -n $(or $(WORKERS),2)

test-examples: preflight-test setup ## The long tests at full size, as every night (WORKERS=2)
	@MILLRACE_LONG=1 $(BIN)/pytest -n $(or $(WORKERS),2)

test-unit: preflight-python setup ## The tests that need no stack
	@$(BIN)/pytest tests/unit

simulate: preflight-python setup ## Simulate the event sources around the real scorer (SEEDS=50 FIRST=0 RECORDS=20000 JOBS=cores; SMALL=1: every run of a small scope; RESUME=1 continues, WRITE=1 writes the tables)
	@$(BIN)/python -m tests.simulation $(if $(filter-out 0,$(SMALL)),--small-scope) $(if $(SEEDS),--seeds $(SEEDS)) $(if $(FIRST),--first $(FIRST)) $(if $(RECORDS),--records $(RECORDS)) $(if $(JOBS),--jobs $(JOBS)) $(if $(filter-out 0,$(RESUME)),--resume) $(if $(filter-out 0,$(WRITE)),--write)

sanitize: preflight-python setup ## The native engine's tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@scripts/sanitize

bench: preflight-terraform setup ## The scorer and its peers side by side, into docs/benchmarks.md (QUICK=1: a look in two minutes; PARTS="cold-start memory": some parts again, completing the last run's figures)
	@scripts/bench $(if $(filter-out 0,$(QUICK)),--quick) $(if $(PARTS),--parts $(PARTS))

bench-batch: preflight-local setup ## A million rows, then 5,000 photographs, through the local stack's batches and through one process (ROWS=1000000 IMAGES=5000, 0: none; PORT=4566)
	@scripts/bench_batch $(or $(ROWS),1000000) $(or $(IMAGES),5000)

bench-http: preflight-python setup ## The HTTP server and its peers side by side, into docs/benchmarks/http.md (QUICK=1: a look in three minutes)
	@scripts/bench_http $(if $(filter-out 0,$(QUICK)),--quick)

fuzz: preflight-python setup ## Fuzz the native engine with libFuzzer, where Clang brings it (RUNS=1000000 of each target)
	@$(BIN)/python -m tests.fuzz.native --asan $(if $(RUNS),--runs $(RUNS))

check: preflight-test setup ## Lint, types, formats, links: changes nothing
	@scripts/check

audit: preflight-python setup ## Known vulnerabilities of what is locked and packaged (exit code 3: the database cannot be asked)
	@scripts/audit

format: setup ## Format Python, C and Terraform in place
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format . && terraform fmt -recursive terraform
	@$(BIN)/python scripts/terraform_docs.py
	@find functions tests -name '*.[ch]' -exec $(BIN)/clang-format -i {} +

setup: preflight-python ## Make the environment in .venv with tests and checks, and the native engine
	@scripts/setup project

setup-run: preflight-python ## Make the environment in .venv that the command line needs, and the native engine
	@scripts/setup run

native: setup ## Build the native engine for this machine, or say why it cannot be
	@$(BIN)/python scripts/native.py build

package: setup-run ## Build the Lambda packages for arm64 and x86_64 (WITHOUT_XGBOOST=1 leaves libxgboost out, ONNX=1 adds ONNX Runtime, IMAGES=1 Pillow too, HTTP=1, BATCH=1, TRAINER=onnx or xgboost: and those of an HTTP endpoint, of batches, of the trainer)
	@$(MILLRACE) package build --evaluator --release $(if $(filter-out 0,$(WITHOUT_XGBOOST)),--without-xgboost) $(if $(filter-out 0,$(ONNX)),--onnx) $(if $(filter-out 0,$(IMAGES)),--images) $(if $(filter-out 0,$(HTTP)),--http) $(if $(filter-out 0,$(BATCH)),--batch) $(addprefix --trainer=,$(filter-out 0,$(TRAINER:1=onnx))) arm64 x86_64

image: setup-run ## Build the container image (TAG=millrace:latest ARCHITECTURE=arm64 BASE=an image with Python 3.13, by digest)
	@scripts/image $(or $(TAG),millrace:latest) $(or $(ARCHITECTURE),$(shell uname -m)) $(BASE)

lock: setup ## Resolve requirements/*.in again
	@scripts/lock

bootstrap: preflight-python setup-run ## Make the bucket for Terraform's state on AWS, and the file that names it (ENV=dev)
	@$(MILLRACE) bootstrap $(ENV) --backend-config $(BACKEND)

plan: preflight-terraform setup-run ## Show what a deploy to AWS would change (ENV=dev)
	@$(MILLRACE) plan $(ENV) --backend-config $(BACKEND)

deploy: preflight-terraform setup-run ## Deploy to AWS with your own credentials (ENV=dev; YES=1 asks nothing, for pipelines)
	@$(MILLRACE) deploy $(ENV) --backend-config $(BACKEND) $(YES_OPTION)

smoke: preflight-python setup-run ## Whether a deployed stack does what it should: events, a failure, an alarm, the log (ENV=dev)
	@$(MILLRACE) smoke --stack $(ENV)

destroy: preflight-terraform setup-run ## Destroy what deploy made on AWS (ENV=dev; YES=1 asks nothing)
	@$(MILLRACE) destroy $(ENV) --backend-config $(BACKEND) $(YES_OPTION)

clean: ## Remove environments, packages and everything that runs left behind
	@if [ -x $(MILLRACE) ]; then $(MILLRACE) down; fi
	rm -rf .venv .millrace build functions/native/*.abi3.so*

.PHONY: preflight-python preflight-terraform preflight-test preflight-local
preflight-python: ; @scripts/preflight python
preflight-terraform: ; @scripts/preflight python terraform
preflight-test: preflight-terraform
preflight-local: ; @scripts/preflight python terraform port
