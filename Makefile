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

# The command that goes into the wheel, a folder with the licences of what is in it, and the folder
# for the wheel.
WHEEL_BINARY = $(COMMAND)
WHEEL_LICENCES =
DIST = dist

.PHONY: setup build demo test test-plain test-onednn3 check lint examples interop interop-newest \
  python-test wheel corpora browser browser-test screenshots benchmark clean

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

# The README's library code in a separate package, whose modules are named Zip, Models and Reports.
examples: setup
	awk -f Examples/Library/readme.awk README.md >Examples/Library/Sources/Readme/Readme.swift
	$(SWIFT) run --package-path Examples/Library Readme $(CURDIR)/Fixtures/torch/digits-shards

$(VENV)/ready: Fixtures/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet h5py==3.16.0 safetensors==0.8.0 numpy
	$(VENV)/bin/pip install --quiet torch==2.13.0+cpu || $(VENV)/bin/pip install --quiet torch
	touch $@

# Converts checkpoints of the installed PyTorch and reads the results with h5py, bit for bit.
interop: build $(VENV)/ready
	$(VENV)/bin/python Tests/Interop/interop.py $(COMMAND)
	$(VENV)/bin/python Tests/Interop/keras_files.py $(COMMAND)

# What the tests of the Python package need besides PyTorch and h5py.
$(VENV)/python-ready: $(VENV)/ready
	$(VENV)/bin/pip install --quiet pytest mypy hatchling build
	touch $@

# Tests the Python package with the built command: types, tests, the example, and the wheel as a user
# installs it.
python-test: build $(VENV)/python-ready
	cd Python && ../$(VENV)/bin/mypy
	cd Python && DBN_CONVERT=$(CURDIR)/$(COMMAND) ../$(VENV)/bin/python -m pytest -q
	DBN_CONVERT=$(CURDIR)/$(COMMAND) PYTHONPATH=Python/src $(VENV)/bin/python Examples/Python/round_trip.py
	$(MAKE) --no-print-directory wheel DIST=.build-wheel
	$(VENV)/bin/python Python/tests/try_wheel.py .build-wheel/dbn_convert-*.whl

# A wheel with the built command in it. Its tag says which glibc the command needs; a command that
# needs libraries which not every system has gives a wheel for systems like this one only.
wheel: $(VENV)/python-ready
	rm -f $(DIST)/dbn_convert-*.whl
	DBN_CONVERT_BINARY=$(abspath $(WHEEL_BINARY)) DBN_CONVERT_LICENCES=$(abspath $(WHEEL_LICENCES)) \
	  $(VENV)/bin/python -m build --wheel --no-isolation --outdir $(abspath $(DIST)) Python

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

# Takes the README's screenshots of reports again, in a font that browsers commonly have.
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
	rm -rf .build .build-demo .build-venv .build-venv-newest .build-plain .build-onednn3 .build-wheel \
	  Examples/Library/.build
