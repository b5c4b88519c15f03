# `make help` lists the targets. Settings can be given on the command line, for example `make lab PORT=8899`.
PYTHON   ?= python3
PORT     ?= 8888
IP       ?= localhost
BROWSER  ?= yes
NOTEBOOK ?= 00_vae_in_one_hour
PIP_ARGS ?=
JOBS     ?= 2

BIN       ?= .venv/bin
EXECUTE   := --to notebook --execute --ExecutePreprocessor.record_timing=False
NOTEBOOKS := $(wildcard notebooks/*.ipynb)
STEMS     := $(sort $(NOTEBOOKS:notebooks/%.ipynb=%))
OPENED     = $(firstword $(filter $(notdir $(NOTEBOOK:.ipynb=))%,$(STEMS)))
PACKAGE   := $(shell find vae_helpers -type f ! -name '*.pyc')
WEIGHTS   := $(wildcard data/weights/* data/tables/*)
EXECUTED  := $(NOTEBOOKS:notebooks/%=build/executed/%)
ROOT_FLAG := $(if $(filter 0,$(shell id -u)),--allow-root)
OPEN_FLAG := $(if $(filter no,$(BROWSER)),--no-browser)

.DEFAULT_GOAL := help
.PHONY: help setup lab named check test lint quick unit compared browser notebooks executed site handout slides weights sweep \
        bench bench-live bench-scale at-scale hub hub-place class-test collect doctor clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */|/' | awk -F'|' '{printf "  make %-11s %s\n", $$1, $$2}'

setup: .venv/installed  ## make .venv and install the course in it (the first time only)
	@echo "The course is set up in .venv."

.venv/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "Python 3.10 or newer is needed; name one with: make setup PYTHON=python3.12"; exit 1; }
	@echo "Setting up .venv: some minutes the first time, mostly for PyTorch ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check $(PIP_ARGS) --editable .
	@# JupyterLab asks at its first start whether to fetch news: not in front of a class
	@$(BIN)/jupyter labextension disable "@jupyterlab/apputils-extension:announcements" 2>/dev/null || true
	@touch $@

.venv/installed-test: .venv/installed
	@echo "Installing what the tests need ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check $(PIP_ARGS) --editable '.[test,browser,scale]'
	@touch $@

.venv/installed-site: .venv/installed
	@echo "Installing what the pages need ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check $(PIP_ARGS) --editable '.[site]'
	@touch $@

.venv/installed-scale: .venv/installed
	@echo "Installing what several processes need ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check $(PIP_ARGS) --editable '.[scale]'
	@touch $@

# The hub, its proxy and what they keep, in an environment of their own: deploy/jupyterhub/
HUB_PORT ?= 8000
HUB      := deploy/jupyterhub

hub: hub-place .hub/installed .venv/installed-hub  ## a JupyterHub for a class on this machine, as root (CLASS=names.txt makes accounts, HUB_PORT=8000)
	$(BIN)/python -m vae_helpers.doctor
	.hub/bin/python $(HUB)/before_start.py environment
	$(if $(CLASS),.hub/bin/python $(HUB)/accounts.py add $(CLASS))
	VAE_HUB_PORT=$(HUB_PORT) .hub/bin/jupyterhub -f $(HUB)/jupyterhub_config.py

# Before minutes of setting up.
hub-place:
	@$(PYTHON) $(HUB)/before_start.py place

.hub/installed: $(HUB)/requirements.txt $(HUB)/package.json
	@echo "Setting up .hub: about two minutes the first time ..."
	@$(PYTHON) -m venv .hub
	@.hub/bin/pip install --quiet --disable-pip-version-check $(PIP_ARGS) --requirement $(HUB)/requirements.txt
	@cp $(HUB)/package.json .hub/
	@PATH="$$PWD/.hub/bin:$$PATH" .hub/bin/npm install --prefix .hub --silent --no-fund --no-audit
	@touch $@

.venv/installed-hub: .venv/installed $(HUB)/requirements.txt
	@echo "Installing what students' servers need ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check $(PIP_ARGS) --editable '.[hub]'
	@touch $@

lab: named setup  ## open JupyterLab on notebook 00 (NOTEBOOK=06 on another, PORT=8899, BROWSER=no, IP=0.0.0.0 for a container)
	$(BIN)/jupyter lab --notebook-dir=notebooks --LabApp.default_url=/lab/tree/$(OPENED).ipynb --ip=$(IP) --port=$(PORT) $(OPEN_FLAG) $(ROOT_FLAG)

# Before minutes of setting up: a notebook's name, or how it begins.
named:
	@test -n "$(OPENED)" || { echo "There is no notebook $(NOTEBOOK). There are:"; printf '  %s\n' $(STEMS); exit 1; } >&2

check: lint quick  ## before each commit: style, fast unit tests, rules for notebooks (under 2 minutes)

test: lint unit at-scale compared browser  ## check style, run unit tests, a small class, two workers, re-execute every notebook, drive real browsers

lint: .venv/installed-test  ## check style, in code and in notebooks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# A test file stays in one process, so that what its tests share is made once.
quick: .venv/installed-test
	$(BIN)/pytest -q -n $(JOBS) --dist loadfile -m "not slow" tests --ignore=tests/browser --ignore=tests/at_scale

unit: .venv/installed-test  ## unit tests and the rules for notebooks; names the ten slowest
	$(BIN)/pytest -q -n $(JOBS) --dist loadfile --durations=10 tests --ignore=tests/browser --ignore=tests/at_scale

# One after the other: a hub with its students takes the machine, and so do two workers.
at-scale: .hub/installed .venv/installed-hub .venv/installed-test  ## a class of four on a hub (as root), and two workers of which one is killed
	$(BIN)/pytest -q --durations=5 tests/at_scale

compared: executed .venv/installed-test  ## run every notebook from a fresh kernel and compare all its outputs
	PYTHONPATH=tests $(BIN)/pytest -q -p compare_executed --executed build/executed --nbval-sanitize-with=tests/sanitize.cfg $(NOTEBOOKS)

browser: .venv/installed-test site handout  ## move every slider in real browsers: in JupyterLab, on the site and on the slides
	$(BIN)/pytest -q -n $(JOBS) --dist loadfile --durations=10 tests/browser

notebooks: .venv/installed-test  ## re-execute all notebooks in place and clean them
	printf '%s\n' $(NOTEBOOKS) | xargs -n 1 -P $(JOBS) \
	  $(BIN)/jupyter nbconvert --log-level=WARN $(EXECUTE) --inplace
	$(BIN)/nbstripout --keep-output --keep-count --keep-id --extra-keys "metadata.language_info.version cell.metadata.lines_to_next_cell" $(NOTEBOOKS)
	$(BIN)/python tools/clean_outputs.py $(NOTEBOOKS)

# For pages without a kernel: the notebooks with the state of their widgets, which the stored ones leave out.
build/executed/%.ipynb: notebooks/%.ipynb $(PACKAGE) $(WEIGHTS) .venv/installed
	$(BIN)/jupyter nbconvert --log-level=WARN $(EXECUTE) --output-dir=build/executed $<

executed: .venv/installed  # JOBS at a time: each takes one thread
	@$(MAKE) --no-print-directory -j $(JOBS) $(EXECUTED)

# Once, before any page: `make -j2 site handout` would have two programs lay the same files.
build/assets/.laid: tools/pages/assets.py .venv/installed-site
	$(BIN)/python tools/pages/assets.py build/assets
	@touch $@

slides: build/assets/.laid executed  ## build reveal.js slides with live widgets and speaker notes in build/slides
	$(BIN)/python tools/pages/slides.py build/slides $(EXECUTED)

site: slides  ## build the course as a static site with live widgets, slides included, in build/site
	$(BIN)/python tools/pages/site.py build/site $(EXECUTED) --slides build/slides

handout: build/assets/.laid executed  ## build the site for students, without slides and notes for instructors, in build/handout
	$(BIN)/python tools/pages/site.py build/handout $(EXECUTED)

weights: setup  ## train the checkpoints in data/weights again (about an hour and a quarter)
	$(BIN)/python -m vae_helpers.pretrain

sweep: setup  ## train the 597 small models of the tables of 08 to 13 again (six hours on one core; goes on after a kill)
	$(BIN)/python -m vae_helpers.pretrain.sweep $(JOBS)
	$(BIN)/python -m vae_helpers.pretrain.adversarial_table $(JOBS)
	$(BIN)/python -m vae_helpers.pretrain.label_modes_table $(JOBS)
	$(BIN)/python -m vae_helpers.pretrain.names_table $(JOBS)
	$(BIN)/python -m vae_helpers.pretrain.strokes_table $(JOBS)
	$(BIN)/python -m vae_helpers.pretrain.cabinet_table $(JOBS)
	$(BIN)/python -m vae_helpers.pretrain.hierarchical_table $(JOBS)
	$(BIN)/python -m vae_helpers.pretrain.holes_table $(JOBS)
	$(BIN)/python -m vae_helpers.pretrain.report_table $(JOBS)

bench: setup  ## measure speed against a textbook loop, threads, checks of shapes, and the notebooks' memory (about 10 minutes)
	$(BIN)/python benchmarks/training_speed.py
	$(BIN)/python benchmarks/threads.py
	$(BIN)/python benchmarks/validation_cost.py
	$(BIN)/python benchmarks/notebook_memory.py 2>/dev/null

bench-live: .venv/installed-test  ## measure key presses and drags to changed pixels in a real browser, and the moving pen in Node (about 2 minutes)
	$(BIN)/python benchmarks/live_latency.py
	$(BIN)/python benchmarks/moving_pen.py

bench-scale: .venv/installed-scale  ## measure width, batch, images, two processes and a restart, and project to GPUs: docs/scale.md (about 4 minutes)
	$(BIN)/python benchmarks/scale.py

STUDENTS ?= 20

class-test: .hub/installed .venv/installed-hub  ## a class on a hub of its own, as root: log-in, 00 and 06, kills (STUDENTS=20, FIGURES=file.json)
	$(BIN)/python -m tools.class_test $(STUDENTS) $(if $(FIGURES),--json $(FIGURES))

# The folder is looked at before minutes of setting up.
collect:  ## check students' notebooks, each in a sandbox (SUBMISSIONS=folder, JOBS=2); a table and a page in build/collected
	@test -n "$(SUBMISSIONS)" || { echo "SUBMISSIONS: want a folder of students' notebooks: make collect SUBMISSIONS=folder"; exit 1; } >&2
	@test -d "$(SUBMISSIONS)" || { echo "SUBMISSIONS: there is no folder $(SUBMISSIONS)"; exit 1; } >&2
	@$(MAKE) --no-print-directory setup
	$(BIN)/python tools/collect "$(SUBMISSIONS)" --to build/collected --jobs $(JOBS)

doctor: setup  ## say whether this machine is ready, and the cure for what is not
	$(BIN)/python -m vae_helpers.doctor

clean:  ## remove .venv, .hub and what tests leave behind
	rm -rf .venv .hub build *.egg-info .pytest_cache .ruff_cache notebooks/my_models notebooks/.ipynb_checkpoints
