# mod_mtlsprotect: "make" builds the module, "make help" lists the rest.

CARGO ?= cargo

.PHONY: all build demo test bench clean help

all: build

build:
	@scripts/install-dependencies build
	$(CARGO) build --release --package mod_mtlsprotect --package mtlsprotect-cli

demo:
	@scripts/run-demo

test:
	@scripts/run-tests

bench:
	@scripts/install-dependencies bench
	@$(CARGO) bench --quiet --bench instructions
	@$(CARGO) bench --quiet --bench device_file
	@$(CARGO) bench --quiet --bench memory
	@$(CARGO) bench --quiet --bench wall_clock
	@$(CARGO) bench --quiet --package mtlsprotect-cli --bench audit

clean:
	$(CARGO) clean

help:
	@echo "make         builds target/release/libmod_mtlsprotect.so and target/release/mtlsprotect"
	@echo "make demo    plays phones and attackers against a private Apache on loopback"
	@echo "make test    checks formatting and lints, runs unit, property and integration tests"
	@echo "make bench   instructions, memory and requests per second, with and without the module; logs a second"
	@echo "make clean   removes what was built"
