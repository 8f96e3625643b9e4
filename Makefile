# dbn-convert: `make demo` shows it, `make test` tests it; both install what is missing.

SWIFT ?= swift
PYTHON ?= python3
PACKAGES = libhdf5-dev zlib1g-dev pkg-config
# The fast engine's library: if it can't be installed, everything else is built and tested.
ONEDNN = libdnnl-dev
# Given each time, because SwiftPM caches what it found when it first read Package.swift.
TRAITS = $$([ -e /usr/include/dnnl.h ] && echo --traits OneDNN || echo --disable-default-traits)
COMMAND = .build/release/dbn-convert
VENV = .build-venv

.PHONY: setup build demo test test-plain test-onednn3 check lint examples docs interop interop-newest \
  corpora browser browser-test screenshots benchmark clean

# Installs the system packages, if they are missing.
setup:
	@if ! pkg-config --exists hdf5 zlib 2>/dev/null; then \
	  echo "Installing $(PACKAGES)"; \
	  if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi; \
	  $$sudo apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq $(PACKAGES) >/dev/null; \
	fi
	@if ! [ -e /usr/include/dnnl.h ]; then \
	  echo "Installing $(ONEDNN)"; \
	  if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi; \
	  { $$sudo apt-get update -qq && \
	    DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq $(ONEDNN) >/dev/null; } || \
	  echo "*** WITHOUT $(ONEDNN), which could not be installed: no oneDNN engine"; \
	fi

# Stripped of symbols, the binary is a third smaller. Most of the rest is Foundation.
build: setup
	$(SWIFT) build -c release --product dbn-convert --static-swift-stdlib $(TRAITS) -Xlinker -s

demo: build
	@COMMAND=$(COMMAND) ./demo.sh

test: setup
	$(SWIFT) test --disable-xctest $(TRAITS)

# The tests that differ without oneDNN.
test-plain: setup
	$(SWIFT) test --disable-xctest --disable-default-traits --scratch-path .build-plain \
	  --filter 'ExecutionTests|CommandTests'

# Tests the engine with version 3 of oneDNN's interface, whatever version the system has.
test-onednn3: setup .build-onednn3/ready
	ONEDNN_ROOT=$(CURDIR)/.build-onednn3/prefix $(SWIFT) test --disable-xctest --traits OneDNN \
	  --scratch-path .build-onednn3/build --filter 'OneDNN|TwoEngines|EngineTests|Torchvision'

# Intel's own build of oneDNN 3. pip's --target leaves out include and lib; --prefix has them.
.build-onednn3/ready:
	$(PYTHON) -m venv .build-onednn3/venv
	.build-onednn3/venv/bin/pip install --quiet --no-deps --prefix $(CURDIR)/.build-onednn3/prefix \
	  onednn-devel-cpu-gomp==2023.2.0 onednn-cpu-gomp==2023.2.0
	touch $@

# A folder of tests that Package.swift does not name is never built, and nothing says so.
lint:
	@for folder in Tests/*Tests; do grep -q "\"$$(basename $$folder)\"" Package.swift || \
	  { echo "$$folder is not a target of Package.swift"; exit 1; }; done
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests \
	  Benchmarks/Package.swift Benchmarks/Sources Examples/Library/Package.swift Examples/Library/Sources

check: lint test

# The Swift code of the documentation in a separate package, whose modules are named Zip, Models and
# Reports; then the documentation's commands, whose output must be what the pages show.
PAGES = README.md $(wildcard docs/*.md) $(sort $(wildcard Sources/*/*.docc/*.md))
examples: build
	awk -f Examples/Library/pages.awk $(PAGES) >Examples/Library/Sources/Pages/Pages.swift
	$(SWIFT) run --package-path Examples/Library Pages $(CURDIR)/Fixtures/torch/digits-shards
	$(PYTHON) Examples/console.py $(COMMAND) $(PAGES)
	COMMAND=$(COMMAND) ./demo.sh 2>&1 | $(PYTHON) Examples/console.py --output docs/demo.md

# The documentation as a site of files, by DocC: `python3 -m http.server --directory .build-docs`.
docs: setup
	$(SWIFT) build --product dbn-convert
	$(SWIFT) build --target DBNConvert
	$(PYTHON) docs/build.py $$($(SWIFT) build --show-bin-path) .build-docs

$(VENV)/ready: Fixtures/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet h5py==3.16.0 safetensors==0.8.0 numpy
	$(VENV)/bin/pip install --quiet torch==2.13.0+cpu || $(VENV)/bin/pip install --quiet torch
	touch $@

# Converts checkpoints of the installed PyTorch and reads the results with h5py, bit for bit.
interop: build $(VENV)/ready
	$(VENV)/bin/python Tests/Interop/interop.py $(COMMAND)
	$(VENV)/bin/python Tests/Interop/keras_files.py $(COMMAND)

.build-venv-newest/ready:
	$(PYTHON) -m venv .build-venv-newest
	.build-venv-newest/bin/pip install --quiet torch torchvision timm keras h5py safetensors numpy
	touch $@

# The same with the newest PyTorch, torchvision, timm and Keras (4 GB): whole modules, programs, and
# weights that Keras loads.
interop-newest: build .build-venv-newest/ready
	.build-venv-newest/bin/python Tests/Interop/interop.py $(COMMAND)
	.build-venv-newest/bin/python Tests/Interop/keras_files.py $(COMMAND)

# Compares what is read of the HDF5 files in a folder with what h5py reads: make corpora DIR=...
corpora: build $(VENV)/ready
	$(VENV)/bin/python Tests/Corpora/corpora.py $(COMMAND) $(DIR)

# Installs a browser, if there is none.
browser:
	@if ! command -v chromium >/dev/null && [ -z "$$CHROMIUM" ]; then \
	  if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi; \
	  $$sudo apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq chromium >/dev/null; \
	fi

# Tests the reports in a headless browser: they load, fit a phone, and their plots match the
# numbers.
browser-test: build browser
	$(PYTHON) Tests/Browser/browser.py $(COMMAND)

# Takes the documentation's screenshots of reports again, in a font that browsers commonly have.
screenshots: build browser
	@if ! fc-list | grep -q Inter; then \
	  if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi; \
	  DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq fonts-inter >/dev/null; \
	fi
	$(PYTHON) Tests/Browser/browser.py $(COMMAND) docs

# Compares the whole process with nine lines of Python and with cp, compression with h5py, and
# BatchNorm and whole models with PyTorch; measures the library by itself.
benchmark: build $(VENV)/ready
	$(VENV)/bin/python Benchmarks/whole_process.py $(COMMAND)
	$(VENV)/bin/python Benchmarks/compression.py $(COMMAND)
	$(SWIFT) build -c release --package-path Benchmarks --product batchnorm
	$(VENV)/bin/python Benchmarks/batchnorm.py Benchmarks/.build/release/batchnorm
	$(SWIFT) run -c release --package-path Benchmarks benchmarks
	$(VENV)/bin/pip install --quiet torchvision
	$(SWIFT) build -c release --package-path Benchmarks --product forward
	$(VENV)/bin/python Benchmarks/forward.py Benchmarks/.build/release/forward

clean:
	rm -rf .build .build-demo .build-venv .build-venv-newest .build-plain .build-onednn3 .build-docs .build-docs.work \
	  Examples/Library/.build
