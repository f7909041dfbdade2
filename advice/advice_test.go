package advice_test

import (
	"testing"

	"github.com/crossgo/crossgo/advice"
	"github.com/crossgo/crossgo/plan"
	"github.com/stretchr/testify/require"
)

func TestHints(t *testing.T) {
	for text, want := range map[string][]string{
		"a.c:1:10: fatal error: 'zlib.h' file not found": {"no header zlib.h in the sysroot: name the Debian -dev package that has it under packages:"},
		"ld.lld: error: undefined symbol: __memcpy_chk":  {"__memcpy_chk is glibc's: a Debian package was linked into a musl program and needs more than crossgo can lend it: use libc: glibc"},
		"go: updates to go.mod needed":                   {"the module files are not complete: run go mod tidy and commit go.mod and go.sum"},
		"fatal error: 'a.h' file not found\nfatal error: 'b.h' file not found\nfatal error: 'a.h' file not found": {
			"no header a.h in the sysroot: name the Debian -dev package that has it under packages:", "no header b.h in the sysroot: name the Debian -dev package that has it under packages:"},
		"m/drivers: invalid flag in #cgo LDFLAGS: -Wl,--whole-archive (see https://go.dev/s/invalidflag)": {
			"the go command does not let the flag -Wl,--whole-archive through from source code, and a spec cannot allow it: name the archive or object files themselves in the LDFLAGS, or take a version of the module that does without"},
		"undefined: x": nil,
	} {
		require.Equal(t, want, advice.Hints(text), text)
	}
	require.Equal(t, "text\nhint: a\nhint: b", advice.With("text", []string{"a", "b"}))
}

func TestSorted(t *testing.T) {
	p := func(where, text string) plan.Problem { return plan.Problem{Where: where, Text: text} }
	require.Equal(t, []plan.Problem{p("", "whole"), p("a.go:2:8", "x"), p("a.go:10:1", "y"), p("go.mod:5", "first")}, advice.Sorted([]plan.Problem{
		p("go.mod:5", "first"), p("a.go:10:1", "y"), p("a.go:2:8", "x"), p("go.mod:5", "second"), p("", "whole"), p("a.go:2:8", "x")}))
}
