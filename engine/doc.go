// Package engine finds or starts the BuildKit that `crossgo build` talks to.
//
// It looks, in this order, for a builder that was named (--builder, BUILDKIT_HOST), for the builder that buildx
// uses at present, and else starts an embedded BuildKit: BuildKit's own packages, run in a child of this very
// executable.
//
// The embedded BuildKit lives in its own PID and mount namespace. The kernel takes everything in them away with
// their first process: whatever ends crossgo, an answer, Ctrl-C or kill -9, no container, mount or lock stays behind.
// The child ends when its standard input, a pipe held by the parent, closes.
package engine
