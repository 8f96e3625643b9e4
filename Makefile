# dbn-convert: `make demo` shows it, `make test` checks it; both set up what is missing.

SWIFT ?= swift
PYTHON ?= python3
PACKAGES = libhdf5-dev zlib1g-dev pkg-config
COMMAND = .build/release/dbn-convert
VENV = .build-venv

.PHONY: setup build demo test check lint interop browser browser-test screenshots benchmark clean

# Installs the system packages, unless they are there.
setup:
	@if ! pkg-config --exists hdf5 zlib 2>/dev/null; then \
	  echo "Installing $(PACKAGES)"; \
	  if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi; \
	  $$sudo apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq $(PACKAGES) >/dev/null; \
	fi

build: setup
	$(SWIFT) build -c release --product dbn-convert --static-swift-stdlib

demo: build
	@COMMAND=$(COMMAND) ./demo.sh

test: setup
	$(SWIFT) test --disable-xctest

lint:
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources

check: lint test

$(VENV)/ready: Fixtures/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet h5py==3.16.0 safetensors==0.8.0 numpy
	$(VENV)/bin/pip install --quiet torch==2.13.0+cpu || $(VENV)/bin/pip install --quiet torch
	touch $@

# Checkpoints by the installed PyTorch, through the command, read by h5py, bit for bit.
interop: build $(VENV)/ready
	$(VENV)/bin/python Tests/Interop/interop.py $(COMMAND)

# Installs a browser, unless there is one.
browser:
	@if ! command -v chromium >/dev/null && [ -z "$$CHROMIUM" ]; then \
	  if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi; \
	  $$sudo apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq chromium >/dev/null; \
	fi

# The reports in a headless browser: they load, fit a phone, and show what the numbers say.
browser-test: build browser
	$(PYTHON) Tests/Browser/browser.py $(COMMAND)

# The pictures of the reports in the README, anew.
screenshots: build browser
	$(PYTHON) Tests/Browser/browser.py $(COMMAND) docs

# The whole process against nine lines of Python and against cp; compression against h5py; BatchNorm
# against PyTorch's; then the library by itself.
benchmark: build $(VENV)/ready
	$(VENV)/bin/python Benchmarks/whole_process.py $(COMMAND)
	$(VENV)/bin/python Benchmarks/compression.py $(COMMAND)
	$(SWIFT) build -c release --package-path Benchmarks --product batchnorm
	$(VENV)/bin/python Benchmarks/batchnorm.py Benchmarks/.build/release/batchnorm
	$(SWIFT) run -c release --package-path Benchmarks benchmarks

clean:
	rm -rf .build .build-demo .build-venv
