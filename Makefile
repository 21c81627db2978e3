# mod_mtlsprotect: "make" builds the module, "make help" lists the rest.

CARGO ?= cargo

.PHONY: build demo test bench clean help

build:
	@scripts/install-dependencies build
	$(CARGO) build --release

demo:
	@scripts/install-dependencies test
	@$(CARGO) build --quiet --release --package mod_mtlsprotect
	@$(CARGO) run --quiet --release --package mtlsprotect-testkit --example demo

test:
	@scripts/install-dependencies test
	@scripts/run-tests

bench:
	@scripts/install-dependencies bench
	@$(CARGO) build --quiet --release --package mod_mtlsprotect
	@$(CARGO) bench --quiet --bench instructions
	@$(CARGO) bench --quiet --bench memory
	@$(CARGO) bench --quiet --bench wall_clock

clean:
	$(CARGO) clean

help:
	@echo "make         builds target/release/libmod_mtlsprotect.so"
	@echo "make demo    plays phones and attackers against a private Apache on loopback"
	@echo "make test    formatting, lints, unit, property and integration tests"
	@echo "make bench   instructions, memory and requests per second, with and without the module"
	@echo "make clean   removes what was built"
