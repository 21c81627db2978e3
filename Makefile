# mod_mtlsprotect: "make" builds the module, "make help" lists the rest.

CARGO ?= cargo
APXS ?= apxs
prefix ?= /usr/local
bindir ?= $(prefix)/bin
datadir ?= $(prefix)/share
mandir ?= $(datadir)/man
docdir ?= $(datadir)/doc/mod_mtlsprotect
bashdir ?= $(datadir)/bash-completion/completions
zshdir ?= $(datadir)/zsh/site-functions
fishdir ?= $(datadir)/fish/vendor_completions.d
STRIP ?= strip
# what make has built
built ?= $(or $(CARGO_TARGET_DIR),target)/release
# where httpd looks for modules
moduledir ?= $(shell $(APXS) -q LIBEXECDIR)

.PHONY: all build install uninstall book demo test lint matrix fuzz hunt mutants bench bench-profile deb test-deb test-sid rpm dist test-dist sbom clean help

all: build

build:
	@scripts/install-dependencies build
	$(CARGO) build --release --package mod_mtlsprotect --package mtlsprotect-cli
# cargo names a library lib*; httpd's own test harness takes a module's name from its file
	@ln -f "$(built)/libmod_mtlsprotect.so" "$(built)/mod_mtlsprotect.so"

# after make; DESTDIR is put before all directories
install:
	install -D -m 644 "$(built)/libmod_mtlsprotect.so" "$(DESTDIR)$(moduledir)/mod_mtlsprotect.so"
	install -D -m 755 "$(built)/mtlsprotect" "$(DESTDIR)$(bindir)/mtlsprotect"
	$(STRIP) --strip-unneeded "$(DESTDIR)$(moduledir)/mod_mtlsprotect.so" "$(DESTDIR)$(bindir)/mtlsprotect"
	install -d "$(DESTDIR)$(mandir)/man1" "$(DESTDIR)$(bashdir)" "$(DESTDIR)$(zshdir)" "$(DESTDIR)$(fishdir)"
	"$(built)/mtlsprotect" man "$(DESTDIR)$(mandir)/man1"
	install -D -m 644 packaging/man/mod_mtlsprotect.8 "$(DESTDIR)$(mandir)/man8/mod_mtlsprotect.8"
	"$(built)/mtlsprotect" completions bash >"$(DESTDIR)$(bashdir)/mtlsprotect"
	"$(built)/mtlsprotect" completions zsh >"$(DESTDIR)$(zshdir)/_mtlsprotect"
	"$(built)/mtlsprotect" completions fish >"$(DESTDIR)$(fishdir)/mtlsprotect.fish"
	scripts/install-docs "$(DESTDIR)$(docdir)"
	@echo "Load it with: LoadModule mtlsprotect_module $(moduledir)/mod_mtlsprotect.so"

uninstall:
	rm -f "$(DESTDIR)$(moduledir)/mod_mtlsprotect.so" "$(DESTDIR)$(bindir)/mtlsprotect"
	rm -f "$(DESTDIR)$(mandir)/man1/mtlsprotect".1 "$(DESTDIR)$(mandir)/man1/mtlsprotect-"*.1
	rm -f "$(DESTDIR)$(mandir)/man8/mod_mtlsprotect.8"
	rm -f "$(DESTDIR)$(bashdir)/mtlsprotect" "$(DESTDIR)$(zshdir)/_mtlsprotect" "$(DESTDIR)$(fishdir)/mtlsprotect.fish"
	rm -rf "$(DESTDIR)$(docdir)"

dist:
	@scripts/dist

# goals="all test", and the packages unless told
test-dist:
	@scripts/test-dist $(goals)

sbom:
	@scripts/sbom

deb:
	@scripts/build-deb

test-deb: deb
	@scripts/test-deb

# as it would enter Debian
test-sid:
	@scripts/test-sid

rpm:
	@scripts/build-rpm

demo:
	@scripts/run-demo

test:
	@scripts/run-tests

# systems="11 12 13 sid", all of them unless told
matrix:
	@scripts/matrix $(systems)

lint:
	@scripts/lint

book:
	@scripts/book

fuzz:
	@scripts/fuzz

mutants:
	@scripts/mutants

# seed=42 configurations=300 requests=300, or seconds=600; a random seed unless told
hunt:
	@scripts/install-dependencies hunt
	@$(CARGO) build --quiet --package mod_mtlsprotect
	@MTLSPROTECT_MODULE="$${MTLSPROTECT_MODULE:-$$(realpath -m "$${CARGO_TARGET_DIR:-target}")/debug/libmod_mtlsprotect.so}" \
	  $(CARGO) run --quiet --package mtlsprotect-hunt -- \
	  $(foreach option,seed seconds configurations first requests failures workers,$(if $($(option)),$(option)=$($(option))))

# phones=20000 rounds=1 for a larger storm, lines=5000000 learned=5000000 for longer learned files
bench:
	@scripts/install-dependencies bench
	@failed=0; \
	for bench in instructions hostile device_file "learned_file -- $(addprefix lines=,$(lines))" "status -- $(addprefix learned=,$(learned))" startup memory session_cache by_balancer "storm -- $(addprefix phones=,$(phones)) $(addprefix rounds=,$(rounds))" wall_clock; do \
	  $(CARGO) bench --quiet --bench $$bench || failed=1; \
	done; \
	$(CARGO) bench --quiet --package mtlsprotect-core --bench learned || failed=1; \
	$(CARGO) bench --quiet --package mtlsprotect-memory --bench table || failed=1; \
	$(CARGO) bench --quiet --package mtlsprotect-fleet --bench fleet || failed=1; \
	$(CARGO) bench --quiet --package mtlsprotect-status --bench shown || failed=1; \
	$(CARGO) bench --quiet --package mtlsprotect-cli --bench audit || failed=1; \
	$(CARGO) bench --quiet --package mtlsprotect-cli --bench status || failed=1; \
	exit $$failed

# row=put, a word of the names of rows that make bench prints; keep-alive unless told
bench-profile:
	@scripts/install-dependencies bench
	@$(CARGO) bench --quiet --bench instructions -- --profile "$(or $(row),keep-alive)"

clean:
	$(CARGO) clean

help:
	@echo "make         builds target/release/mod_mtlsprotect.so and target/release/mtlsprotect"
	@echo "make install puts the module where apxs says, the command, manual pages and docs below prefix=/usr/local"
	@echo "make deb     builds a package for Debian and Ubuntu in target/debian, make rpm one for Fedora and RHEL"
	@echo "make dist    writes the source and the crates that it needs as two tarballs, make sbom bills of materials, in target/dist"
	@echo "make test-dist builds, tests and packages from the two tarballs without a network, as root"
	@echo "make test-deb tries the Debian package in a fresh system of its own, as root"
	@echo "make test-sid builds the Debian package in Debian sid from its own crates without a network, as root"
	@echo "make demo    plays phones and attackers against a private Apache on loopback"
	@echo "make test    runs unit, property and integration tests"
	@echo "make lint    checks formatting, lints, documentation, spelling and the list of licences"
	@echo "make book    makes one site of the documents, with search, in target/book/html"
	@echo "make matrix  runs make test and make demo in fresh systems of Debian 11, 12, 13 and sid, as root: make matrix systems=12"
	@echo "make fuzz    feeds what clients could send to the search for names, its work, the certificates and the logs, ten seconds each"
	@echo "make mutants changes the decision in a hundred small ways and sees whether its tests notice"
	@echo "make hunt    random sites and requests against a real httpd until something opens: make hunt seconds=600 seed=42"
	@echo "make bench   instructions of phones and of hostile requests, startup, memory, known phones, a storm of phones, requests per second; the status of 100,000 devices; a long learned file; logs a second"
	@echo "make bench-profile  where the instructions of one row go, by function: make bench-profile row=put"
	@echo "make clean   removes what was built"
