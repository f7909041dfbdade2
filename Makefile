# Without cgo everywhere: the programs run in containers without a libc, and tests, tools and programs share one build cache.
export CGO_ENABLED = 0

.PHONY: test test-fast bench

# Everything. Ends with an error, never with a skipped test, when BuildKit cannot start.
test:
	go test -timeout 40m ./...

# Less than a minute: all packages but the real-BuildKit tests.
test-fast:
	go test $$(go list ./... | grep -v /test)

# Seconds and ratios against a hand-written Dockerfile, on this machine.
bench:
	test/setup.sh bench
	go run ./test/bench
