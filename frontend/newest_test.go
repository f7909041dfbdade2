package frontend

import (
	"errors"
	"slices"
	"testing"

	"github.com/crossgo/crossgo/plan"
	"github.com/moby/buildkit/solver/pb"
	"github.com/stretchr/testify/require"
)

const (
	listVertex = "[go] list of releases"
	stepVertex = "[go] ask for the list of releases"
)

// TestNewestGo is which patch compiles, and who is asked for the list of them.
func TestNewestGo(t *testing.T) {
	const list = "v0.0.1-go1.25.14.linux-amd64\nv0.0.1-go1.26.8.linux-amd64\nv0.0.1-go1.26.9.linux-arm64\n"
	known := plan.GoReleasesSaid{Releases: []string{"1.25.7", "1.26.6"}}
	unreachable := plan.GoReleasesSaid{Releases: []string{"1.25.7"}, Problem: "no such host"}
	nothing := plan.GoReleasesSaid{Problem: "no such host"}
	for name, c := range map[string]struct {
		spec, mod string
		options   []string
		refused   bool // BuildKit cannot fetch the list
		known     plan.GoReleasesSaid
		compiles  string
		asks      []string
		warns     string
	}{
		"go line":                 {mod: "go 1.25.0", compiles: "1.25.14", asks: []string{listVertex}},
		"go line without patch":   {mod: "go 1.25", compiles: "1.25.14", asks: []string{listVertex}},
		"spec without patch":      {spec: "go: '1.26'\n", mod: "go 1.25.0", compiles: "1.26.8", asks: []string{listVertex}},
		"spec":                    {spec: "go: 1.26.3\n", mod: "go 1.25.0", compiles: "1.26.3"},
		"toolchain":               {mod: "go 1.25.0\n\ntoolchain go1.26.2", compiles: "1.26.2"},
		"newer than all":          {mod: "go 1.26.9", compiles: "1.26.9", asks: []string{listVertex}, warns: "the newest patch of Go 1.26.9 is not known, 1.26.9 compiles: the module proxy lists none"},
		"no such minor":           {mod: "go 1.99", compiles: "1.99", asks: []string{listVertex}},
		"login":                   {mod: "go 1.25.0", options: []string{"build-arg:GOPROXY", "https://me:x@proxy.example"}, known: known, compiles: "1.25.7", asks: []string{stepVertex}},
		"proxy":                   {mod: "go 1.25.0", options: []string{"build-arg:HTTPS_PROXY", "http://proxy.example:3128"}, known: known, compiles: "1.25.7", asks: []string{stepVertex}},
		"private certificate":     {mod: "go 1.25.0", refused: true, known: known, compiles: "1.25.7", asks: []string{listVertex, stepVertex}},
		"no network":              {mod: "go 1.25.0", refused: true, known: unreachable, compiles: "1.25.7", asks: []string{listVertex, stepVertex}, warns: "the newest patch of Go 1.25.0 is not known, 1.25.7 compiles: no such host"},
		"no network, new builder": {mod: "go 1.25.0", refused: true, known: nothing, compiles: "1.25.0", asks: []string{listVertex, stepVertex}, warns: "the newest patch of Go 1.25.0 is not known, 1.25.0 compiles: no such host"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(c.spec, c.options...)
			f.files["go.mod"].Data = []byte("module example.com/app\n\n" + c.mod + "\n")
			f.goList, f.known = list, c.known
			if c.refused {
				f.fails = map[string]func(*pb.Op, []byte) error{listVertex: func(*pb.Op, []byte) error { return errors.New("x509: unknown authority") }}
			}
			f.ok(t)
			f.mu.Lock()
			defer f.mu.Unlock()
			require.Contains(t, f.asked, "[go "+c.compiles+"] fetch and check the Go toolchain")
			var asked []string
			for _, v := range []string{listVertex, stepVertex} {
				if slices.Contains(f.asked, v) {
					asked = append(asked, v)
				}
			}
			if name != "toolchain" { // there the answer is no longer needed when it comes
				require.Equal(t, c.asks, asked)
			}
			if c.warns == "" {
				require.Empty(t, f.warnings)
			} else {
				require.Equal(t, []string{c.warns}, f.warnings)
			}
		})
	}
}
