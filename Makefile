# Two commands: `make run` and `make test`. Everything they need goes into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
ARGS ?=
# A file's tests share what takes long to make, so a file stays with one worker.
PYTEST := $(BIN)/pytest --numprocesses auto --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help setup tools run test eval bench share edge docs sbom lint types unit contract integration chaos chaos-kill
.PHONY: template runtime site e2e fuzz format lock clean

help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.installed ## Create .venv with what `make run` and `arxivdaily` need, pinned

tools: $(VENV)/.tools ## Add what checks, tests and documents need

# Hashes vouch for the bytes, and wheels alone are taken (here and below): no package's own code runs while it is
# installed. This one is installed in place, so that edits take effect, and built by its hatchling, which the
# line before has installed: pinned and hashed as everything else.
$(VENV)/.installed: requirements/local.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "arXivDaily needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@echo "Installing into $(VENV) (once; about a minute, half a gigabyte) …"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --quiet --require-hashes --no-deps --only-binary=:all: -r requirements/local.txt
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.tools: requirements/dev.txt $(VENV)/.installed
	@echo "Installing the tools of the tests into $(VENV) (once; half a minute) …"
	@$(PIP) install --quiet --require-hashes --no-deps --only-binary=:all: -r requirements/dev.txt
	@touch $@

run: setup ## Produce today's edition on this computer and serve it (ARGS="…" for `arxivdaily local run`)
	@$(BIN)/arxivdaily local run $(ARGS)

# Recorded data lies beside the checkout of those who have it.
DATA ?= $(wildcard ../shared/data)
# The client that Lambda's own images carry, for this machine's Python and for Lambda's, apart from ours.
RUNTIME_CLIENT := .venv-sam/awslambdaric/.installed
eval: tools ## Quality figures into docs/quality.md, a JSON summary on the last line (DATA=DIR for recorded data)
	@$(BIN)/python -m infrastructure.evaluation $(DATA)

bench: tools $(RUNTIME_CLIENT) ## Benchmarks into docs/performance.md, a JSON summary on the last line (DATA=DIR)
	@PYTHONPATH=functions:tests:tests/runtime:. $(BIN)/python -m bench $(DATA) $(ARGS)

share: tools ## Draw the channels' share images anew (after a change of functions/channels.toml)
	@$(BIN)/python -m infrastructure.share_images $(ARGS)

docs: tools ## Write tables and picture into docs/ (after a change of template.yaml or of requirements)
	@$(BIN)/python -m infrastructure.documents

sbom: tools ## Write what is deployed into dist/sbom.cdx.json (CycloneDX)
	@$(BIN)/python -m infrastructure.sbom

edge: setup ## Copy infrastructure/edge/rewrite.js into edge.yaml (after a change of it)
	@$(BIN)/python -m infrastructure.edge.inline

COUNT ?= 10000
SEED ?= 0
fuzz: tools ## Broken feeds, answers, pages and messages (COUNT=10000 SEED=0), and what makes expressions slow
	@PYTHONPATH=functions:tests:. $(BIN)/python tests/hostile/fuzz.py $(COUNT) $(SEED)
	@PYTHONPATH=functions:tests:. $(BIN)/python tests/hostile/growth.py

test: lint types unit contract integration chaos template runtime site ## Everything .ci/run runs
	@echo "All checks passed."

e2e: tools ## The application of template.yaml in the emulator, with IAM enforced (minutes; .ci/run calls it)
	@echo "== e2e"
	@$(BIN)/python tests/checkers.py > /dev/null
	@$(BIN)/pytest tests/e2e tests/chaos/test_kills.py
	@HOSTILE_TURNS=1,2 $(BIN)/pytest tests/site/test_hostile.py

lint: tools
	@echo "== lint"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: tools
	@echo "== types"
	@$(BIN)/mypy

unit: tools
	@echo "== unit"
	@$(PYTEST) tests/unit

contract: tools
	@echo "== contract"
	@$(PYTEST) tests/contract

integration: tools
	@echo "== integration"
	@$(BIN)/pytest --numprocesses auto --dist worksteal tests/integration

# A handful of seeds in `make test`; with SEEDS or FIRST the long form. DATE chooses a recorded day of DATA,
# PAPERS cuts it (0 is all of it), MINUTES ends the run before its last seed.
CHAOS := PYTHONPATH=functions:tests:. $(BIN)/python -m
ifneq ($(SEEDS)$(FIRST),)
chaos: tools
	@$(CHAOS) chaos --seeds $(or $(SEEDS),1) --first $(or $(FIRST),1) --papers $(or $(PAPERS),0) \
		--minutes $(or $(MINUTES),0) $(if $(DATE),--data $(DATA) --date $(DATE)) $(ARGS)
else
chaos: tools ## Seeded faults at every boundary (SEEDS=200 FIRST=1 PAPERS=0 DATE=2026-06-18: the long form)
	@echo "== chaos"
	@$(PYTEST) tests/chaos --ignore tests/chaos/test_kills.py
endif

chaos-kill: tools ## Kill the local run at random moments (KILLS=50)
	@$(CHAOS) chaos.kills --kills $(or $(KILLS),50) $(ARGS)

# The SAM CLI pins other versions than we do, so it has an environment of its own.
.venv-sam/.installed: requirements/sam.txt
	@echo "Installing the SAM CLI into .venv-sam (once; about a minute) …"
	@$(PYTHON) -m venv .venv-sam
	@.venv-sam/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes --no-deps --only-binary=:all: -r requirements/sam.txt
	@touch $@

# checkov pins what neither of them can use.
.venv-checkov/.installed: requirements/checkov.txt
	@echo "Installing checkov into .venv-checkov (once; half a minute) …"
	@$(PYTHON) -m venv .venv-checkov
	@.venv-checkov/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes --no-deps --only-binary=:all: -r requirements/checkov.txt
	@touch $@

template: tools .venv-sam/.installed .venv-checkov/.installed
	@echo "== template"
	@SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 .venv-sam/bin/sam validate --lint --template template.yaml
	@SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 .venv-sam/bin/sam validate --lint --template infrastructure/edge.yaml
	@.venv-sam/bin/cfn-lint infrastructure/*.yaml
	@$(BIN)/pytest tests/template

$(RUNTIME_CLIENT): requirements/ric.txt .venv-sam/.installed | tools
	@for version in 3.13 $$($(BIN)/python -c "import sysconfig; print(sysconfig.get_python_version())"); do \
		rm -rf "$(@D)/python$$version"; \
		$(PIP) install --quiet --no-deps --require-hashes --only-binary=:all: --implementation cp \
			--python-version "$$version" --target "$(@D)/python$$version" -r requirements/ric.txt; done
	@touch $@

ifeq ($(shell uname -s),Linux)
runtime: tools $(RUNTIME_CLIENT)
	@echo "== runtime"
	@$(BIN)/pytest tests/runtime
else
runtime:
	@echo "== runtime: left out, Lambda's runtime runs on Linux only"
endif

# axe, the Nu HTML checker and Lighthouse; nothing of theirs runs at installation.
SITE_TOOLS := tests/site/node_modules/.installed
$(SITE_TOOLS): tests/site/package-lock.json | tools
	@$(BIN)/python tests/checkers.py > /dev/null
	@echo "Installing the site's checkers into tests/site/node_modules (once; seconds) …"
	@cd tests/site && npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

site: tools $(SITE_TOOLS)
	@echo "== site"
	@$(BIN)/python tests/browser.py
	@$(BIN)/python tests/checkers.py > /dev/null
	@$(PYTEST) tests/site

format: tools ## Format and fix what can be fixed
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

# Needs `uv`; writes no index address, so any mirror serves.
LOCK = uv pip compile --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --python-version 3.11 --quiet
lock: ## Pin anew from requirements/*.in
	$(LOCK) --upgrade requirements/runtime.in -o requirements/runtime.txt
	$(LOCK) --upgrade -c requirements/runtime.txt requirements/embedded.in -o requirements/embedded.txt
	$(LOCK) --upgrade -c requirements/runtime.txt -c requirements/embedded.txt requirements/local.in -o requirements/local.txt
	$(LOCK) --upgrade -c requirements/local.txt requirements/dev.in -o requirements/dev.txt
	$(LOCK) --upgrade requirements/sam.in -o requirements/sam.txt
	$(LOCK) --upgrade requirements/ric.in -o requirements/ric.txt
	$(LOCK) --upgrade requirements/checkov.in -o requirements/checkov.txt

clean: ## Remove what can be made again; .local (your editions) stays
	rm -rf $(VENV) .venv-sam .venv-checkov tests/site/node_modules .aws-sam .mypy_cache .ruff_cache .pytest_cache .hypothesis
