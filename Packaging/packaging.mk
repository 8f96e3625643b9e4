# What people get: `make install` puts what was built here, `make dist` makes one archive for every
# Linux, `make deb` a package for Debian and Ubuntu.

PREFIX ?= /usr/local
ARCHIVE = dbn-convert-$(VERSION)-linux-$(shell uname -m)
MAINTAINER ?= dbn-convert maintainers <$(shell git log -1 --format=%ae 2>/dev/null || echo root@localhost)>
# The date of the last change, so that the same source gives the same bytes.
EPOCH := $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null || echo 0))
STATIC = .build-dist/static
STATIC_COMMAND = .build-dist/build/release/dbn-convert
MANUAL = .build-dist/pages
TREE = .build-dist/$(ARCHIVE)
DEB = .build-dist/deb
BIN = $(DESTDIR)$(PREFIX)/bin
SHARE = $(DESTDIR)$(PREFIX)/share

.PHONY: install uninstall dist dist-command dist-test dist-wheel deb

# Builds only if nothing was built: so `sudo make install` does not run the compiler as root.
$(COMMAND):
	$(MAKE) build

# Man pages, by the argument parser's own tool, and completions.
$(MANUAL)/ready: $(COMMAND)
	rm -rf .build-dist/pages
	[ -e .build/checkouts/swift-argument-parser ] || $(SWIFT) package resolve
	$(SWIFT) build --package-path .build/checkouts/swift-argument-parser --product generate-manual \
	  --scratch-path $(CURDIR)/.build-dist/manual
	Packaging/pages.sh .build-dist/manual/debug/generate-manual $(abspath $(COMMAND)) \
	  $(shell date -u -d @$(EPOCH) +%F) $(MANUAL)
	touch $@

install: $(MANUAL)/ready
	install -D -m 755 -t $(BIN) $(COMMAND)
	install -D -m 644 -t $(SHARE)/man/man1 $(MANUAL)/man/*.1
	install -D -m 644 $(MANUAL)/completion.bash $(SHARE)/bash-completion/completions/dbn-convert
	install -D -m 644 $(MANUAL)/completion.zsh $(SHARE)/zsh/site-functions/_dbn-convert
	install -D -m 644 $(MANUAL)/completion.fish $(SHARE)/fish/vendor_completions.d/dbn-convert.fish
	install -D -m 644 -t $(SHARE)/doc/dbn-convert LICENSE CHANGELOG.md
	install -D -m 644 -t $(SHARE)/doc/dbn-convert/docs docs/*.md
	install -D -m 644 -t $(SHARE)/doc/dbn-convert/docs/json docs/json/*.json

uninstall:
	rm -f $(BIN)/dbn-convert $(SHARE)/man/man1/dbn-convert.1 $(SHARE)/man/man1/dbn-convert.*.1 \
	  $(SHARE)/bash-completion/completions/dbn-convert $(SHARE)/zsh/site-functions/_dbn-convert \
	  $(SHARE)/fish/vendor_completions.d/dbn-convert.fish
	rm -rf $(SHARE)/doc/dbn-convert

# The folder that is searched first has static libraries only. Debian's libhdf5.a compresses by
# libsz, which is libaec's; its drivers for S3 and HDFS are never referred to, so that the linker
# leaves them out, and with them curl and OpenSSL.
$(STATIC)/ready: setup
	rm -rf $(STATIC) && mkdir -p $(STATIC)
	hdf5=$$(pkg-config --libs-only-L hdf5 | sed 's/^ *-L//; s/ .*//') && \
	archive() { clang -B"$$hdf5" -print-file-name="$$1"; } && \
	printf '%s\n' 'create $(STATIC)/libhdf5.a' "addlib $$(archive libhdf5.a)" "addlib $$(archive libsz.a)" \
	  "addlib $$(archive libaec.a)" save end | ar -M && \
	cp "$$(archive libz.a)" "$$(archive libstdc++.a)" $(STATIC)
	clang -O2 -c Packaging/arc4random.c -o $(STATIC)/arc4random.o
	ar r $(STATIC)/libstdc++.a $(STATIC)/arc4random.o
	printf '%s\n' 'Name: hdf5' 'Description: static' 'Version: 0' \
	  "Cflags: $$(pkg-config --cflags-only-I hdf5)" 'Libs: -L$(CURDIR)/$(STATIC) -lhdf5' >$(STATIC)/hdf5.pc
	touch $@

# Needs nothing of the system but glibc.
dist-command: $(STATIC)/ready
	PKG_CONFIG_PATH=$(CURDIR)/$(STATIC) $(SWIFT) build -c release --product dbn-convert \
	  --scratch-path .build-dist/build --static-swift-stdlib --disable-local-rpath -Xlinker -s \
	  -Xlinker --no-export-dynamic -Xswiftc -Xclang-linker -Xswiftc -static-libgcc

dist: dist-command
	rm -rf $(TREE) && mkdir -p $(TREE)/share/doc/dbn-convert/licences dist
	$(MAKE) install COMMAND=$(STATIC_COMMAND) PREFIX= DESTDIR=$(TREE)
	Packaging/licences.sh $(TREE)/share/doc/dbn-convert/licences
	tar --create --gzip --file dist/$(ARCHIVE).tar.gz --sort=name --mtime=@$(EPOCH) --owner=0 \
	  --group=0 --numeric-owner --directory .build-dist $(ARCHIVE)
	@ls -l dist/$(ARCHIVE).tar.gz $(TREE)/bin/dbn-convert

# The archive in a root that has glibc and nothing else, not even /proc.
dist-test:
	Tests/Distribution/empty_root.sh dist/$(ARCHIVE).tar.gz

# The wheel for every Linux, with the archive's binary.
dist-wheel: dist
	$(MAKE) wheel WHEEL_BINARY=$(STATIC_COMMAND) WHEEL_LICENCES=$(TREE)/share/doc/dbn-convert/licences

deb: dist
	rm -rf $(DEB) && mkdir -p $(DEB)/usr
	cp -r $(TREE)/bin $(TREE)/share $(DEB)/usr
	Packaging/debian/build.sh $(DEB) $(VERSION) '$(MAINTAINER)' $(EPOCH) dist
