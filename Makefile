# make book   build the site and serve it      make test   run every test
# make lab    open the notebooks               make site   build only (CI, publishing)
# make test-all   every browser test for every explorer, too (nightly)
# make zip    the site, the notebooks and a wheel in one archive      make pdf    the book on paper
# Each makes what it needs, the environment included; a second run does only what changed.

ifeq ($(OS),Windows_NT)
  PYTHON ?= py
  BIN := .venv/Scripts
else
  PYTHON ?= python3
  BIN := .venv/bin
endif
READY := .venv/.ready
# The pins are for the Python that is tested; PINS= installs the newest of everything instead.
PINS ?= -c constraints.txt

.PHONY: book site lab test test-all lint bench zip pdf clean
.DEFAULT_GOAL := book

$(READY): pyproject.toml constraints.txt package-lock.json
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet $(PINS) --editable ".[test]"
	touch $(READY)

book: site
	$(BIN)/python tools/serve.py _build/html

site: $(READY)
	$(BIN)/python tools/build_book.py

lab: $(READY)
	$(BIN)/jupyter lab --notebook-dir=. --LabApp.default_url=/lab/tree/chapters

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

test: $(READY)
	$(BIN)/python tools/run_tests.py

test-all: $(READY)
	$(BIN)/python tools/run_tests.py --all

bench: $(READY)
	$(BIN)/python benchmarks/training.py

zip: site
	$(BIN)/python tools/make_zip.py

pdf: site
	$(BIN)/python tools/make_pdf.py

clean:
	$(PYTHON) -c "import shutil; shutil.rmtree('_build', ignore_errors=True)"
