# Everything a newcomer or a build machine needs. `make` alone lists the targets.
# Needs Python 3.11 or later, make, and a package index; test-kafka also needs Java and Maven.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
# How many times as far as `make test` the searches of `make fuzz` go.
FUZZ_EXAMPLES ?= 4
SOURCES := shared services deploy
KAFKA_LIBS := deploy/kafka/target/libs
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-config pyproject.toml --extra build
# The caller's own package folders and settings must not leak into the locks.
CLEAN_ENV := env -u PIP_FIND_LINKS -u UV_FIND_LINKS -u UV_NO_INDEX -u UV_OFFLINE

.DEFAULT_GOAL := help
.PHONY: help demo up lint test bench bench-reports bench-calls bench-intake bench-messages fuzz test-kafka test-browser chaos soak ops-check sbom licences audit lock contracts clean

help: ## List these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

demo: $(VENV)/.embedded ## Start everything, send referrals through it, show what happened, stop
	@$(BIN)/nopsa demo

up: $(VENV)/.embedded ## Start everything and keep it up until Ctrl-C
	@$(BIN)/nopsa up

lint: $(VENV)/.dev ## Check style, types and import rules
	@echo "Checking style ..."
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@echo "Checking types ..."
	@$(BIN)/mypy --strict $(SOURCES)
	@echo "Checking who imports whom ..."
	@$(BIN)/lint-imports --no-logo
	@echo "Checking what the migrations lock ..."
	@$(BIN)/python -m deploy.migration_lint

test: $(VENV)/.dev ## Run the whole test suite on the embedded database and broker
	@echo "Running the tests ..."
	@$(BIN)/pytest tests -m "not kafka and not benchmark and not ops_only and not fuzz and not chaos and not soak and not browser" -n 2 --dist loadgroup -q

test-browser: $(VENV)/.dev ## Look at the dashboard in a real browser (needs Chromium)
	@echo "Running the tests in Chromium ..."
	@$(BIN)/pytest tests -m browser -q

bench: bench-intake bench-messages bench-calls bench-reports ## Measure everything below (some half an hour)

bench-reports: $(VENV)/.dev ## Time every report against a scan of the events, at 100 000 and at a million
	@echo "Filling and measuring (five to ten minutes on two cores) ..."
	@$(BIN)/pytest tests/benchmarks/test_filling.py tests/benchmarks/test_reports.py \
		-m benchmark --show-capture=no -q

bench-calls: $(VENV)/.dev ## Time decisions, and referrals through the whole product
	@echo "Asking and referring (some three minutes) ..."
	@$(BIN)/pytest tests/benchmarks/test_decisions.py tests/benchmarks/test_referrals.py \
		-m benchmark -s -q

bench-intake: $(VENV)/.dev ## Time intake against bare handlers, and weigh the services (wrk, Node)
	@echo "Referring, filling and weighing (some fifteen minutes on two cores) ..."
	@$(BIN)/pytest tests/benchmarks/test_intake.py tests/benchmarks/test_footprint.py \
		-m benchmark -s -q

bench-messages: $(VENV)/.dev ## Time relay, consumers and round trip on Apache Kafka (BROKER=tansu: embedded)
	@if [ "$(BROKER)" != tansu ]; then $(MAKE) --no-print-directory $(KAFKA_LIBS)/.complete; fi
	@echo "Sending, draining a million, applying and posting (some five minutes) ..."
	@$(BIN)/pytest tests/benchmarks/test_relay.py tests/benchmarks/test_consumer.py \
		tests/benchmarks/test_round_trip.py --broker=$(or $(BROKER),kafka) -m benchmark -s -q

fuzz: $(VENV)/.dev ## Attack every way in and tell what came of it (FUZZ_EXAMPLES=20 goes deeper)
	@echo "Attacking (some three minutes on two cores) ..."
	@NOPSA_FUZZ=$(FUZZ_EXAMPLES) $(BIN)/pytest tests -m "fuzz or fuzz_too or hypothesis" \
		-n 2 --dist loadgroup --timeout=900 --show-capture=no -q

test-kafka: $(VENV)/.dev ## Run the end-to-end and delivery tests on Apache Kafka (needs Java and Maven)
	@if command -v java >/dev/null && command -v mvn >/dev/null; then \
		$(MAKE) --no-print-directory $(KAFKA_LIBS)/.complete && \
		echo "Running the end-to-end and delivery tests on Apache Kafka ..." && \
		$(BIN)/pytest --broker=kafka tests/e2e tests/integration -m "kafka or kafka_too"; \
	else \
		echo "Skipped: the end-to-end and delivery tests on Apache Kafka (tests marked kafka and" \
			"kafka_too), because Java or Maven is not installed here."; \
		test "$$CI" != true; \
	fi

chaos: $(VENV)/.dev ## Let fault after fault happen under load and count what was lost (BROKER=kafka)
	@if [ "$(BROKER)" = kafka ]; then $(MAKE) --no-print-directory $(KAFKA_LIBS)/.complete; fi
	@echo "Load, faults, and a look at everything after each (about ten minutes) ..."
	@$(BIN)/pytest tests/chaos/test_faults.py -m chaos --broker=$(or $(BROKER),tansu) \
		--show-capture=no --tb=line -q

soak: $(VENV)/.dev ## Send a week of work while each dependency fails in turn (BROKER=kafka)
	@if [ "$(BROKER)" = kafka ]; then $(MAKE) --no-print-directory $(KAFKA_LIBS)/.complete; fi
	@echo "A week of work in some minutes, and everything fails once ..."
	@$(BIN)/pytest tests/chaos/test_soak.py -m soak --broker=$(or $(BROKER),tansu) \
		--show-capture=no --tb=line -q

ops-check: $(VENV)/.dev ## Check what operators run, and tell what was verified and what was not
	@if command -v java >/dev/null && command -v mvn >/dev/null; then \
		$(MAKE) --no-print-directory $(KAFKA_LIBS)/.complete; fi
	@echo "Checking what operators run (some minutes) ..."
	@$(BIN)/pytest tests -p tests.support.ops_table -m ops -q

sbom: $(VENV)/.dev ## Write the bill of materials of the image (CycloneDX) to build/sbom.json
	@mkdir -p build
	@$(BIN)/cyclonedx-py requirements requirements/base.txt --pyproject pyproject.toml \
		--of JSON -o build/sbom.json 2>/dev/null
	@echo "Written: build/sbom.json"

licences: $(VENV)/.dev ## List the licences of the packages in the image
	@$(BIN)/pip-licenses --from=mixed --order=license --with-urls \
		--packages $$(sed -n 's/^\([a-z0-9._-]*\)==.*/\1/p' requirements/base.txt)

audit: $(VENV)/.dev ## Look for known weaknesses of the packages, where an advisory source is reachable
	@$(BIN)/python -m deploy.audit

lock: $(VENV)/.dev ## Rebuild the pinned requirement files (FLAGS=--upgrade for newer versions)
	@echo "Resolving the packages for every platform ..."
	@$(CLEAN_ENV) $(COMPILE) $(FLAGS) --extra embedded --extra dev -o requirements/dev.txt
	@$(CLEAN_ENV) $(COMPILE) -c requirements/dev.txt --extra embedded -o requirements/embedded.txt
	@$(CLEAN_ENV) $(COMPILE) -c requirements/dev.txt -o requirements/base.txt

contracts: $(VENV)/.embedded ## Write the event schemas and AsyncAPI document again from the code
	@$(BIN)/nopsa contracts

clean: ## Remove the environment, caches, fetched jars and local data
	@rm -rf $(VENV) deploy/kafka/target build *.egg-info .nopsa \
		.pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed; name one with make PYTHON=python3.11"; exit 1; }
	@echo "Making the environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# The lock for development holds the whole of the embedded one, at the same versions.
$(VENV)/.embedded: requirements/embedded.txt | $(BIN)/python
	@echo "Installing the pinned packages (up to a minute the first time) ..."
	@$(PIP) install --require-hashes -r requirements/embedded.txt
	@PYTHONWARNINGS=ignore $(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.embedded
	@echo "Installing the pinned development tools ..."
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

$(KAFKA_LIBS)/.complete: deploy/kafka/pom.xml
	@echo "Fetching Apache Kafka with Maven (up to a minute the first time) ..."
	@mvn --quiet --batch-mode -f deploy/kafka/pom.xml package
	@touch $@
