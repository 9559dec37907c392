# Everything a newcomer or the CI does. `make demo` and `make test` work as the first command in a fresh clone.

PYTHON ?= python3
.DEFAULT_GOAL := help

DISTRIBUTIONS := dq-core moltres-core moltres-airflow moltres-prefect truthound-kestra
SETUP := $(PYTHON) tools/setup.py
STEP := $(PYTHON) tools/results.py run
LEG := $(PYTHON) tools/results.py leg
LINT := .venvs/lint/bin

# A leg is one run of pytest: the tests of a distribution, and the pages whose Python blocks run in its environment. The
# engines of dq-core (truthound, great-expectations, pandera) are a leg of their own, where these are installed; so are the
# newest pre-release of Airflow, without what is about processes, servers and Iceberg, and the newest DuckDB. `make -j3` runs
# three legs at once, so the longest come first: what is left for the end is short, and no core waits for another.
LEGS := dq-core moltres-core moltres-airflow moltres-prefect truthound-kestra dq-core-engines moltres-airflow-next duckdb-next dialects
ENVIRONMENT_dq-core-engines := truthound-kestra
TESTS_dq-core := tests/dq_core --ignore=tests/dq_core/engines tests/shared packages/dq-core/README.md docs/guides/checks.md docs/guides/reports.md docs/guides/command-line.md docs/guides/compare.md docs/guides/profile-and-learn.md
TESTS_moltres-core := tests/moltres tests/shared tests/workspace packages/moltres-core/README.md docs/guides/dataframes.md docs/guides/writing.md docs/guides/receipts.md docs/guides/incremental.md docs/guides/replicate.md docs/guides/iceberg.md README.md
TESTS_moltres-airflow := tests/moltres_airflow packages/moltres-airflow/README.md docs/guides/airflow.md
TESTS_moltres-prefect := tests/moltres_prefect packages/moltres-prefect/README.md docs/guides/prefect.md
TESTS_truthound-kestra := tests/truthound_kestra packages/truthound-kestra/README.md docs/guides/kestra.md
TESTS_moltres-airflow-next := tests/moltres_airflow --ignore=tests/moltres_airflow/test_live.py --ignore=tests/moltres_airflow/test_example.py --ignore=tests/moltres_airflow/test_kill.py --ignore=tests/moltres_airflow/test_iceberg.py --ignore=tests/moltres_airflow/test_broken_servers.py --ignore=tests/moltres_airflow/test_hostile.py --ignore=tests/moltres_airflow/test_trino.py --ignore=tests/moltres_airflow/test_compare.py --ignore=tests/moltres_airflow/test_queries.py --ignore=tests/moltres_airflow/test_lineage.py
TESTS_dq-core-engines := tests/dq_core/engines docs/guides/engines.md
TESTS_duckdb-next := tests/moltres/dialects/test_conformance.py tests/moltres/test_files.py tests/moltres/test_nested_values.py $(wildcard tests/dq_core/test_check_*.py) tests/dq_core/test_fragments.py tests/dq_core/test_iceberg.py
TESTS_dialects := tests/dialects
# How rows reach a database does not depend on Airflow: the suite of operators runs on SQLite with its next version.
SELECTED_moltres-airflow-next := -k "not (TestOperators and (postgresql or duckdb))"
# What runs in a process of its own, long lists, and commits of Iceberg and its object stores, do not depend on DuckDB. The last one is about a
# process that has not imported moltres.
SELECTED_duckdb-next := -k "not test_check_custom and not long and not sqlite and not SQLite and not postgresql and not PostgreSQL and not keeps_nothing_in_silence"

ENGINES := engines-moltres engines-dq-core engines-kestra engines-airflow engines-prefect
ENVIRONMENT_engines-moltres := moltres-core
ENVIRONMENT_engines-dq-core := dq-core
ENVIRONMENT_engines-kestra := truthound-kestra
ENVIRONMENT_engines-airflow := moltres-airflow
ENVIRONMENT_engines-prefect := moltres-prefect
TESTS_engines-moltres := tests/moltres
TESTS_engines-dq-core := tests/dq_core --ignore=tests/dq_core/engines
TESTS_engines-kestra := tests/truthound_kestra
TESTS_engines-airflow := tests/moltres_airflow
TESTS_engines-prefect := tests/moltres_prefect
STEPS_CHECK := ruff format layers lock $(DISTRIBUTIONS:%=types-%)

# The same examples in every run, so that a submission is judged by its own change; pytest by itself draws new ones.
# What pytest keeps of a run is the leg's own, since legs run at once.
OPTIONS = -q --hypothesis-profile=ci -o cache_dir=.cache/pytest/$*
# A leg of a part of the tests, on another version of what they run on, takes one case of each test.
# Legs that run the conformance suites fail if these prove less than what docs/reference/proved.json says; `write` notes it.
export MOLTRES_PROOFS ?= check
# Tests start hundreds of programs: Python keeps what it compiles. The demo, which tells seconds, compiles it beforehand.
unexport PYTHONDONTWRITEBYTECODE
PROOFS = $(if $(SELECTED_$*),env -u MOLTRES_PROOFS MOST_CASES=1 FEW_CASES=1)

.PHONY: help
help: ## Show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Make the environments under .venvs/ (brings its own uv)
	@$(SETUP)

.PHONY: demo
demo: ## The main pipeline on real data: load, check, publish under Prefect and Airflow
	@UV_COMPILE_BYTECODE=1 $(SETUP) moltres-prefect moltres-airflow demo-kestra
	@$(PYTHON) tools/demo.py

.PHONY: demo-scale
demo-scale: install-engines ## The same pipeline on Trino with Iceberg, which it installs, starts and stops
	@UV_COMPILE_BYTECODE=1 $(SETUP) moltres-prefect
	@$(PYTHON) tools/demo.py --scale

.PHONY: test
test: $(LEGS:%=test-%) ## All tests but those that need a server which must be installed
	@$(PYTHON) tools/results.py sum $(LEGS)

.PHONY: $(LEGS:%=test-%)
$(LEGS:%=test-%): test-%:
	@$(SETUP) $(or $(ENVIRONMENT_$*),$*)
	@$(PROOFS) $(LEG) $* -- .venvs/$(or $(ENVIRONMENT_$*),$*)/bin/python -m pytest $(OPTIONS) -m "not engines" $(SELECTED_$*) $(TESTS_$*)

.PHONY: test-engines
test-engines: $(ENGINES:%=test-%) ## Tests on servers that must be installed: MariaDB, Trino, Kestra
	@$(PYTHON) tools/results.py sum $(ENGINES)

.PHONY: install-engines
install-engines:
	@tools/install-engines

# What a leg needs is installed by its recipe: if it had to be made first, make would begin other legs before this one.
.PHONY: $(ENGINES:%=test-%)
$(ENGINES:%=test-%): test-%:
	@tools/install-engines
	@$(SETUP) $(ENVIRONMENT_$*)
	@$(PROOFS) MOLTRES_TRINO_OWNER=$$PPID $(LEG) $* -- .venvs/$(ENVIRONMENT_$*)/bin/python -m pytest $(OPTIONS) -m engines $(TESTS_$*)

.PHONY: lint
lint: ## Formatting, lint rules, layers, lock file
	@$(SETUP) lint
	@$(STEP) ruff -- $(LINT)/ruff check
	@$(STEP) format -- $(LINT)/ruff format --check
	@$(STEP) layers -- env PYTHONPATH=$(shell ls -d packages/*/src | paste -sd:) $(LINT)/lint-imports
	@$(STEP) lock -- $(PYTHON) tools/lockfile.py --check uv.lock

.PHONY: format
format: ## Rewrite the sources as the formatter wants them
	@$(SETUP) lint
	$(LINT)/ruff check --fix --exit-zero
	$(LINT)/ruff format

.PHONY: types
types: $(DISTRIBUTIONS:%=types-%) ## Strict types, each distribution in its own environment

.PHONY: $(DISTRIBUTIONS:%=types-%)
$(DISTRIBUTIONS:%=types-%): types-%:
	@$(SETUP) $*
	@$(STEP) types-$* -- .venvs/$*/bin/mypy --cache-dir .cache/mypy/$* packages/$*/src

.PHONY: docs
docs: ## Build the documentation under site/
	@$(SETUP) docs
	NO_MKDOCS_2_WARNING=1 .venvs/docs/bin/mkdocs build --strict --quiet
	@echo "open site/index.html"

.PHONY: bench
bench: ## Time the project against its peers and the hand-written best
	@$(SETUP) moltres-core dq-core
	.venvs/moltres-core/bin/python benchmarks/imports.py
	.venvs/moltres-core/bin/python benchmarks/transfer.py
	.venvs/dq-core/bin/python benchmarks/checks.py

.PHONY: build
build: ## Build a wheel and a source archive of each distribution under dist/
	@$(SETUP) lint
	@rm -rf dist
	@for name in $(DISTRIBUTIONS); do $$($(SETUP) --uv) build --quiet --no-sources --out-dir dist packages/$$name || exit 1; done
	@ls -1 dist

.PHONY: lock
lock: ## Resolve again and write uv.lock without URLs
	@$(SETUP) --lock

.PHONY: ci-summary
ci-summary:
	@$(PYTHON) tools/results.py sum $(STEPS_CHECK) $(LEGS) $(ENGINES)

.PHONY: clean
clean: ## Remove everything that was made
	rm -rf .venvs .cache dist site demo-output .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
