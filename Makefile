# Shouma: `make run` shows it, `make test` proves it, `make bench` measures it. Each one installs what it misses; `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory --no-builtin-rules
.DEFAULT_GOAL := help

# Pinned command-line tools live here and outlive `cargo clean` and the checkout.
SHOUMA_TOOLS ?= $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/shouma/tools
export SHOUMA_TOOLS
export PATH := $(SHOUMA_TOOLS)/bin:$(HOME)/.cargo/bin:$(PATH)
export CHROMEDRIVER ?= /usr/bin/chromedriver
export CHROMIUM ?= /usr/bin/chromium

setup := .make/setup
stage := .make/stage
# A release build without LEPTOS_OUTPUT_NAME: the server learns the hashed names from Trunk's output at start.
release_cargo := env -u LEPTOS_OUTPUT_NAME cargo build --release --locked --package server --package simulator --bins

# --- For people ----------------------------------------------------------------------------------------------------------------

.PHONY: help run test bench shots kill-test
help: ## this list
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):[^#]*## /\1\t/' | while IFS=$$'\t' read -r name text; do \
	  printf '  make %-12s %s\n' "$$name" "$$text"; done

run: client release ## build everything, then serve the demo until Ctrl-C
	@exec target/release/shouma demo

test: ## every check and every test, as CI runs them
	@$(stage) check unit wasm-test client csr release sdk-test e2e

bench: client ## measured comparisons, one JSON line per figure
	@$(setup) rust
	@env -u LEPTOS_OUTPUT_NAME cargo bench --locked --package server --bench shouma

shots: client release ## the pictures of the README, taken anew
	@$(setup) end2end browser
	@cd end2end && npx --no-install playwright test --config shots.config.ts

kill-test: ## 300 SIGKILLs under load (make test runs 50)
	@$(setup) rust nextest
	@SHOUMA_KILLS=$${SHOUMA_KILLS:-300} cargo nextest run --locked --package server --run-ignored all --no-tests fail -E 'test(kill)'

# --- Parts ---------------------------------------------------------------------------------------------------------------------

.PHONY: client release csr serve-csr
client: ## what the browser receives: app/dist/{pay,mobile,admin}
	@$(setup) client
	@.make/client pay mobile admin

release: ## target/release/shouma and target/release/shouma-sim
	@$(setup) rust
	@$(release_cargo)

csr: ## the static leg of the screens, built and opened once in Chromium
	@$(setup) client end2end browser
	@.make/client csr
	@cd end2end && npx --no-install playwright test --config csr.config.ts

serve-csr: ## the fast loop for screens: trunk serve, server functions proxied to 127.0.0.1:3000
	@$(setup) client
	@env -u NO_COLOR trunk serve --config Trunk.toml --dist app/dist/serve app/csr.html

.PHONY: check unit wasm-test sdk-test e2e
check: ## format and lints, for the server and for the browser
	@$(setup) rust
	@cargo fmt --all --check
	@cargo clippy --locked --workspace --all-targets -- -D warnings
	@cargo clippy --locked --package app --target wasm32-unknown-unknown --features hydrate -- -D warnings

unit: ## unit, property and store tests, on SQLite and on a PostgreSQL cluster of its own
	@$(setup) rust nextest postgres
	@server/tests/postgres cargo nextest run --locked --workspace $(if $(CI),--retries 2)

wasm-test: ## tests of the screens inside headless Chromium
	@$(setup) rust client browser
	@CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner WASM_BINDGEN_TEST_ONLY_WEB=1 WASM_BINDGEN_TEST_TIMEOUT=120 \
	  cargo test --locked --package app --lib --test '*' --target wasm32-unknown-unknown --features hydrate

sdk-test: client release ## scripts and style sheets by themselves; an SDK that others wrote, against the simulator
	@$(setup) end2end
	@cd end2end && tests=$$(find unit sdk -name '*.test.*js' -not -path '*/node_modules/*' | sort) && [[ -n $$tests ]] \
	  || { echo 'shouma: end2end/unit and end2end/sdk hold no *.test.js' >&2; exit 1; }; node --test --test-reporter=spec $$tests

e2e: client release ## people's paths in a browser, against the release build
	@$(setup) end2end browser postgres
	@cd end2end && npx --no-install tsc --project . && npx --no-install playwright test $(E2E)
