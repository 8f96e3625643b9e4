# dbn-convert: `make demo` shows it, `make test` tests it, `make install` installs it; all install
# the packages that are missing.

SWIFT ?= swift
PYTHON ?= python3
PACKAGES = libhdf5-dev zlib1g-dev pkg-config
# The fast engine's library, which is opened at run time: without it, its tests are left out.
ONEDNN = libdnnl-dev
COMMAND = .build/release/dbn-convert
VENV = .build-venv
# The one place that has the version.
VERSION := $(shell sed -n 's/.*static let version = "\(.*\)"/\1/p' Sources/DBNTensors/Toolkit.swift)
SUDO = $$([ "$$(id -u)" = 0 ] || echo sudo)

# The command that goes into the wheel, a folder with the licences of what is in it, and the folder
# for the wheel.
WHEEL_BINARY = $(COMMAND)
WHEEL_LICENCES =
DIST = dist

.PHONY: setup build demo test test-onednn3 check lint examples docs schemas interop interop-newest \
  models python-test wheel corpora random-checkpoints fuzz fuzz-build fuzz-keep fuzz-replay \
  fuzz-pytorch pickle-names sanitize browser browser-test screenshots benchmark benchmark-models \
  benchmark-jobs hostile faults kills cluster cluster-packages clean

# Installs the system packages, if they are missing.
setup:
	@if ! pkg-config --exists hdf5 zlib 2>/dev/null; then \
	  echo "Installing $(PACKAGES)"; \
	  $(SUDO) apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq $(PACKAGES) >/dev/null; \
	fi
	@if ! ldconfig -p | grep -q 'libdnnl\.so\.[23]'; then \
	  echo "Installing $(ONEDNN)"; \
	  { $(SUDO) apt-get update -qq && \
	    DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq $(ONEDNN) >/dev/null; } || \
	  echo "*** WITHOUT $(ONEDNN), which could not be installed: no oneDNN engine"; \
	fi

# Stripped of symbols, the binary is a third smaller.
build: setup
	$(SWIFT) build -c release --product dbn-convert --static-swift-stdlib -Xlinker -s

include Packaging/packaging.mk

demo: build
	@COMMAND=$(COMMAND) ./demo.sh

test: setup
	$(SWIFT) test --disable-xctest

# Tests the engine with version 3 of oneDNN, whatever version the system has.
test-onednn3: setup .build-onednn3/ready
	DBN_ONEDNN_LIBRARY=$(CURDIR)/.build-onednn3/lib/libdnnl.so.3 \
	$(SWIFT) test --disable-xctest --filter 'OneDNN|TwoEngines|EngineTests|Torchvision'

# Intel's own build of oneDNN 3.
.build-onednn3/ready:
	$(PYTHON) -m venv .build-onednn3
	.build-onednn3/bin/pip install --quiet --no-deps onednn-cpu-gomp==2023.2.0
	touch $@

# A folder of tests that Package.swift does not name is never built, and nothing says so. A version
# has a section of the changelog.
lint:
	@grep -q '^## \[$(VERSION)\]' CHANGELOG.md || \
	  { echo "CHANGELOG.md has no section for version $(VERSION)"; exit 1; }
	@grep -q 'dbn-convert-$(VERSION)-' README.md || \
	  { echo "README.md installs another version than $(VERSION)"; exit 1; }
	@for folder in Tests/*Tests; do grep -q "\"$$(basename $$folder)\"" Package.swift || \
	  { echo "$$folder is not a target of Package.swift"; exit 1; }; done
	$(PYTHON) docs/errors.py --check
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests \
	  Benchmarks/Package.swift Benchmarks/Sources Fuzzing/Package.swift Fuzzing/Sources Examples/Library/Package.swift Examples/Library/Sources

check: lint test

# The Swift code of the documentation in a separate package, whose modules are named Zip, Models and
# Reports; then the documentation's commands, whose output must be what the pages show.
PAGES = README.md $(wildcard docs/*.md) $(sort $(wildcard Sources/*/*.docc/*.md))
examples: build
	awk -f Examples/Library/pages.awk $(PAGES) >Examples/Library/Sources/Pages/Pages.swift
	$(SWIFT) run --package-path Examples/Library Pages $(CURDIR)/Fixtures/torch/digits-shards
	$(PYTHON) Examples/console.py $(COMMAND) $(PAGES)
	COMMAND=$(COMMAND) ./demo.sh 2>&1 | $(PYTHON) Examples/console.py --output docs/demo.md
	rm -rf .build-ranks && mkdir .build-ranks
	$(COMMAND) scatter Fixtures/torch/digits-shards/checkpoint.pth '.build-ranks/rank-%d.pth'
	DBN_CONVERT=$(COMMAND) Examples/Cluster/merge_ranks.sh .build-ranks

# The documentation as a site of static files, by DocC.
docs: setup
	$(SWIFT) build --product dbn-convert
	$(SWIFT) build --target DBNConvert
	$(PYTHON) docs/build.py $$($(SWIFT) build --show-bin-path) .build-docs

$(VENV)/ready: Fixtures/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet h5py==3.16.0 safetensors==0.8.0 numpy
	$(VENV)/bin/pip install --quiet torch==2.13.0+cpu || $(VENV)/bin/pip install --quiet torch
	touch $@

$(VENV)/schemas-ready: $(VENV)/ready
	$(VENV)/bin/pip install --quiet jsonschema==4.26.0
	touch $@

# Validates what every subcommand prints with --json against the schemas in docs/json.
schemas: build $(VENV)/schemas-ready
	$(VENV)/bin/python Tests/Schemas/schemas.py $(COMMAND)

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
# weights that Keras loads. And the README's Python code.
interop-newest: build .build-venv-newest/ready
	.build-venv-newest/bin/python Tests/Interop/interop.py $(COMMAND)
	.build-venv-newest/bin/python Tests/Interop/keras_files.py $(COMMAND)
	DBN_CONVERT=$(CURDIR)/$(COMMAND) PYTHONPATH=Python/src .build-venv-newest/bin/python \
	  Examples/Python/pages.py README.md

# Runs a model of each family of timm and torchvision, against the newest PyTorch: writes docs/models.md.
# It takes hours; stopped and started again, it goes on. `make models FAMILIES="resnet vgg"` runs these.
FAMILIES =
models: build .build-venv-newest/ready
	$(SWIFT) build -c release --package-path Benchmarks --product forward
	.build-venv-newest/bin/python Tests/Interop/models.py $(COMMAND) \
	  --forward Benchmarks/.build/release/forward --results .build/models.jsonl --table docs/models.md $(FAMILIES)

# Kills a running manifest at 100 random moments, and looks at what is there.
KILLS = 100
kills: build
	$(PYTHON) Tests/Cluster/kills.py $(COMMAND) --kills $(KILLS)

# Slurm and rclone, if they are missing; RUNLEVEL: no services are started.
cluster-packages:
	@if [ "$$(PATH=$$PATH:/usr/sbin which slurmctld slurmd munged rclone | wc -l)" != 4 ]; then \
	  echo "Installing slurm-wlm, munge, rclone"; \
	  { $(SUDO) apt-get update -qq && $(SUDO) env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y -qq slurm-wlm munge rclone >/dev/null; } || \
	  echo "*** WITHOUT Slurm or rclone, which could not be installed"; \
	fi

.build-cluster/ready:
	$(PYTHON) -m venv .build-cluster
	.build-cluster/bin/pip install --quiet distributed==2026.8.0 kubernetes-validate==1.37.0 pyyaml \
	  'moto[server]==5.2.5'
	touch $@

# Does manifests with Examples/Cluster on real engines on this machine, while one node or worker is killed:
# Slurm (as root), Dask and an S3 store; and what the pods of the Kubernetes file would do. About two minutes.
cluster: build cluster-packages .build-cluster/ready
	$(PYTHON) Tests/Cluster/slurm.py $(COMMAND)
	.build-cluster/bin/python Tests/Cluster/dask_workers.py $(COMMAND)
	.build-cluster/bin/python Tests/Cluster/object_store.py $(COMMAND)
	.build-cluster/bin/python Tests/Cluster/kubernetes_file.py $(COMMAND)

# Compares what is read of the HDF5 files in a folder with what h5py reads: make corpora DIR=...
corpora: build $(VENV)/ready
	$(VENV)/bin/python Tests/Corpora/corpora.py $(COMMAND) $(DIR)

# Checkpoints made at random, through every pair of formats, and every layout and back:
# `make random-checkpoints COUNT=10000 SEED=1`. Every run of the tests has a few, with a new seed.
COUNT = 1000
random-checkpoints: setup
	DBN_RANDOM_CHECKPOINTS=$(COUNT) DBN_RANDOM_SEED=$(SEED) $(SWIFT) test --disable-xctest -c release \
	  -Xswiftc -enable-testing --scratch-path .build-random --filter RandomCheckpointTests

# Runs the fuzz targets in turn (libFuzzer), each SECONDS long, or the one that TARGET names, and prints a
# table; what crashes a target is left in .build-fuzz/faults. See docs/fuzzing.md.
SECONDS = 60
FUZZ = .build-fuzz/release/Fuzz
fuzz: fuzz-build
	$(PYTHON) Fuzzing/fuzz.py run $(FUZZ) --seconds $(SECONDS) --target "$(TARGET)"

fuzz-build: setup
	$(SWIFT) build --package-path Fuzzing --scratch-path .build-fuzz -c release \
	  -Xswiftc -sanitize=fuzzer -Xlinker --allow-multiple-definition

# Adds what `make fuzz` found to the kept corpora, as few and small files as reach the same, each with its
# outcome.
fuzz-keep: fuzz-build
	$(PYTHON) Fuzzing/fuzz.py keep $(FUZZ) --target "$(TARGET)"

# Reads the kept corpora once, and compares the outcomes with those that were kept; so do the tests.
fuzz-replay:
	$(SWIFT) test --disable-xctest --filter KeptCorpusTests

# Compares what is read of the kept corpora with what the installed PyTorch reads.
fuzz-pytorch: build .build-venv/ready
	.build-venv/bin/python Fuzzing/pytorch.py $(COMMAND)

# A seventeenth of the tests with the address sanitizer, which also finds leaks; the commit says which:
# `make sanitize PART=all` has all, PART=3 one, PART=CommandTests some by name. SANITIZER=thread looks for
# data races, and SANITIZER=turn for one or the other.
SANITIZER = address
sanitize: setup
	$(PYTHON) Tests/Sanitizers/sanitize.py $(SANITIZER) "$(PART)"

# Compares the names that `info` finds in pickles with those that scanners of pickles find:
# `make pickle-names DIR="..."` also looks at folders with other files, such as their own samples.
pickle-names: build .build-scanners/ready
	.build-scanners/bin/python Tests/Pickles/scanners.py $(COMMAND) $(DIR)

.build-scanners/ready:
	$(PYTHON) -m venv .build-scanners
	.build-scanners/bin/pip install --quiet picklescan==1.0.5 fickling==0.1.12 typing_extensions
	touch $@

# Runs each reading command on small files that ask for much time or memory, and prints what it took, in
# a quarter of an hour: `make hostile INPUTS="views.pth"` for some, BEFORE=COMMAND to compare with an older command,
# TABLE=docs/hostile.md to write the page.
hostile: build
	$(PYTHON) Tests/Hostile/hostile.py $(COMMAND) $(if $(BEFORE),--before $(BEFORE)) \
	  $(if $(TABLE),--table $(TABLE)) $(INPUTS)

# Has everything fail that can fail while the command writes, and looks for what is lost, torn or left
# behind: `make faults ROUNDS=20 SEED=1`; as root more is tried. Takes a quarter of an hour, and with few
# rounds a minute. TABLE=docs/faults.md writes the page.
ROUNDS = 500
faults: build
	$(PYTHON) Tests/Faults/faults.py $(COMMAND) --rounds $(ROUNDS) $(if $(SEED),--seed $(SEED)) \
	  $(if $(TABLE),--table $(TABLE))

# Installs a browser, if there is none.
browser:
	@if ! command -v chromium >/dev/null && [ -z "$$CHROMIUM" ]; then \
	  $(SUDO) apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq chromium >/dev/null; \
	fi

# Tests the reports in a headless browser: they load, fit a phone, and their plots match the
# numbers.
browser-test: build browser
	$(PYTHON) Tests/Browser/browser.py $(COMMAND)

# Takes the documentation's screenshots of reports again, in a font that browsers commonly have.
screenshots: build browser
	@if ! fc-list | grep -q Inter; then \
	  DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq fonts-inter >/dev/null; \
	fi
	$(PYTHON) Tests/Browser/browser.py $(COMMAND) docs

# Compares the whole process with nine lines of Python and with cp, compression with h5py, and
# BatchNorm with PyTorch; measures the library by itself; compares models with PyTorch.
benchmark: build $(VENV)/ready benchmark-models
	$(VENV)/bin/python Benchmarks/whole_process.py $(COMMAND)
	$(VENV)/bin/python Benchmarks/compression.py $(COMMAND)
	$(SWIFT) build -c release --package-path Benchmarks --product batchnorm
	$(VENV)/bin/python Benchmarks/batchnorm.py Benchmarks/.build/release/batchnorm
	$(SWIFT) run -c release --package-path Benchmarks benchmarks

# Many checkpoints: a process for each against --manifest, with files of 5 and of 100 MB; cost as work
# grows; and a million checkpoints on up to 1,000 nodes, simulated.
benchmark-jobs: build $(VENV)/ready
	$(VENV)/bin/python Benchmarks/jobs.py $(COMMAND) --files 1000 --megabytes 5
	$(VENV)/bin/python Benchmarks/jobs.py $(COMMAND) --files 64 --megabytes 100
	$(PYTHON) Benchmarks/growth.py $(COMMAND) --svg docs/growth.svg
	$(PYTHON) Benchmarks/cluster.py --seconds 0.1 --calls 42 --line 5e-6

# Compares a model of each family with the newest PyTorch, and prints the table of docs/speed.md.
benchmark-models: setup .build-venv-newest/ready
	$(SWIFT) build -c release --package-path Benchmarks --product forward
	.build-venv-newest/bin/python Benchmarks/forward.py Benchmarks/.build/release/forward

clean:
	rm -rf .build .build-demo .build-ranks .build-venv .build-venv-newest .build-onednn3 .build-dist .build-wheel \
	  .build-docs .build-docs.work .build-random .build-cluster .build-fuzz .build-scanners .build-address \
	  .build-thread dist \
	  Examples/Library/.build
