# make run: install what the app needs, make the example when there is no data, serve it.
# make test: install everything, run every check and test.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check -q install --require-hashes

.PHONY: run test nightly setup lint bench docs lock clean

run: $(VENV)/run.stamp
	$(PY) app.py run

setup: $(VENV)/test.stamp

test: $(VENV)/test.stamp lint
	$(PY) tests/needs.py
	$(PY) tests/all.py

# What takes long: many more histories of both sides, cycles killed at random moments, all sheets of the example. Hours.
nightly: $(VENV)/test.stamp
	$(PY) tests/needs.py
	ZONGFEN_NIGHTLY=1 ZONGFEN_HISTORIES=10000 ZONGFEN_FOLDER_HISTORIES=500 ZONGFEN_GOOGLE_HISTORIES=500 $(PY) tests/all.py

lint: $(VENV)/test.stamp
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

bench: $(VENV)/test.stamp
	$(PY) tests/needs.py
	$(PY) benchmarks/run.py

docs: $(VENV)/test.stamp
	$(PY) docs/make.py

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q pyproject.toml -o lock/run.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q pyproject.toml --group test -o lock/test.txt

$(PY):
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 run")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: lock/run.txt | $(PY)
	$(PIP) -r lock/run.txt
	touch $@

$(VENV)/test.stamp: lock/test.txt | $(PY)
	$(PIP) --no-compile -r lock/test.txt
	touch $@ $(VENV)/run.stamp

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .import_linter_cache .hypothesis
