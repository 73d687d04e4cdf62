# Everything a developer needs: `make test` runs every test, the rest are the other gates of CI.
# A machine with Rust and a C compiler is enough; what else it takes is unpacked into target/tools.

TOOLS := $(CURDIR)/target/tools
export PATH := $(TOOLS)/usr/bin:$(PATH)

.PHONY: all test tools fmt lint doc demo

all: fmt lint doc test

## Run every test, doctests included. Nothing is skipped: a missing tool is fetched, or the run fails.
test: tools
	cargo test --workspace --all-features

## Fetch what the build with all features and the tests need beside Rust.
tools:
	scripts/fetch-tools $(TOOLS)

fmt:
	cargo fmt --all --check

lint: tools
	cargo clippy --workspace --all-targets --all-features -- -D warnings

doc: tools
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --all-features --no-deps

## The guided tour, ending by itself.
demo:
	cargo run --example quickstart -- --once
