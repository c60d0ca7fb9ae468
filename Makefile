# The front door: every target installs what it needs (scripts/bootstrap) and leaves its output in
# build/. The build itself is CMake's; see CMakePresets.json.
PRESET ?= dev
PREFIX ?= /usr/local
DESTDIR ?=
LAKE ?= livelake-data
FUZZ_SECONDS ?= 60
OBSERVATIONS ?= 4000000
LIVELAKE := build/release/livelake
CMAKE := cmake --log-level=WARNING

.DEFAULT_GOAL := build
.PHONY: build help demo run test test-long bench bench-web bench-serve fuzz coverage format format-check lint clean \
	install uninstall

build: ## the program, optimised, as build/release/livelake
	@scripts/bootstrap build
	@$(CMAKE) --preset release >/dev/null
	@cmake --build build/release --target livelake

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | \
		awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'
	@echo "Settings: PRESET=$(PRESET) PREFIX=$(PREFIX) LAKE=$(LAKE) FUZZ_SECONDS=$(FUZZ_SECONDS)" \
		"OBSERVATIONS=$(OBSERVATIONS)"

demo: ## two weeks of an invented Twitch in build/demo-lake, reports, then live until Ctrl-C
	@scripts/demo

run: build ## collect into the lake LAKE, slot by slot (livelake run; needs TWITCH_CLIENT_ID, …)
	@$(LIVELAKE) run --lake $(LAKE)

test: ## all tests but the long ones; closes with their count
	@scripts/test --preset $(PRESET)

test-long: ## all tests, plain and under AddressSanitizer, UBSan and ThreadSanitizer
	@scripts/test --long

bench: ## livelake beside DuckDB doing the same work, on OBSERVATIONS generated rows
	@scripts/bench --observations $(OBSERVATIONS)

bench-web: build ## the dashboard in a browser: first chart, long tasks, slowest request of each page
	@scripts/bootstrap build browser
	@cmake --build build/release --target livelake-sim
	@node bench/web.mjs build/release build/browser

bench-serve: build ## 32 people at the dashboard and 200 event streams while sweeps load
	@cmake --build build/release --target livelake-sim
	@bench/serve_load --bin build/release

fuzz: ## each fuzz target for FUZZ_SECONDS on a copy of its corpus
	@scripts/fuzz $(FUZZ_SECONDS)

coverage: ## line coverage of src/ by the tests
	@scripts/coverage

format: ## lay out all C sources by .clang-format
	@scripts/lint format

format-check: ## fail where `make format` would change something
	@scripts/lint format-check

lint: ## clang-tidy, cppcheck and gcc -fanalyzer
	@scripts/lint all

clean: ## remove build/
	rm -rf build

install: build ## programs, manual, completions, unit and docs below PREFIX (DESTDIR is honoured)
	@cmake --build build/release --target installed
	@scripts/install "$(DESTDIR)" "$(PREFIX)"

uninstall: ## remove what install put there, and say what is left
	@scripts/uninstall "$(DESTDIR)" "$(PREFIX)"
