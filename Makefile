# Without cgo everywhere: the programs run in containers without a libc, and tests, tools and programs share one build cache.
export CGO_ENABLED = 0

SHELL = /bin/bash
.SHELLFLAGS = -o pipefail -c

VERSION = $(shell git describe --tags --always --dirty 2>/dev/null)
GOFILES = $(shell git ls-files '*.go')

.PHONY: help build demo lint fmt clean test test-fast bench

# The first target: what there is.
help:
	@awk '/^# /{text=substr($$0,3)} /^[a-z-]+:/{split($$0,t,":"); printf "%-10s %s\n", t[1], text}' Makefile

# bin/crossgo and bin/crossgo-frontend, static.
build:
	go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/ ./cmd/...

# Builds, checks and runs a cgo program for two platforms with two C libraries; the result stays in out/demo.
demo: build
	hack/demo/demo.sh

# Formatting and vet.
lint:
	@test -z "$$(gofmt -l $(GOFILES))" || { gofmt -d $(GOFILES); exit 1; }
	go vet ./...

# Formats every Go file.
fmt:
	gofmt -w $(GOFILES)

# Removes what build and demo wrote. The caches stay: Go's, and crossgo's in the user's cache folder.
clean:
	rm -rf bin out

# Everything. Ends with an error, never with a skipped test, when BuildKit cannot start.
test:
	test/setup.sh
	go build ./... # once, before several test binaries want the same packages at the same time
	go test -json -timeout 80m -parallel 3 ./... | go run ./hack/testtimes

# Less than a minute: all packages but those below test/, which drive buildx, a registry and mirrors.
test-fast:
	go test $$(go list ./... | grep -v /test)

# Seconds and ratios against a hand-written Dockerfile and a bare go build, on this machine; BENCH="-cases edit -runs 3" for some.
bench:
	test/setup.sh bench
	go run ./test/bench $(or $(BENCH),-write docs)
