package advice_test

import (
	"testing"
	"testing/fstest"

	"github.com/crossgo/crossgo/advice"
	"github.com/crossgo/crossgo/plan"
	"github.com/stretchr/testify/require"
)

func TestHints(t *testing.T) {
	for text, want := range map[string][]string{
		"a.c:1:10: fatal error: 'zlib.h' file not found": {"no header zlib.h in the sysroot: name the Debian -dev package that has it under packages:"},
		"ld.lld: error: undefined symbol: __memcpy_chk":  {"__memcpy_chk is glibc's: a Debian package was linked into a musl program and needs more of glibc than crossgo has for musl: use libc: glibc"},
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

func TestCodeHints(t *testing.T) {
	tree := advice.Tree{FS: fstest.MapFS{
		"gen/gen.go":       {Data: []byte("package gen\n\n//go:generate protoc --go_out=. invoice.proto\n")},
		"vendor/x/x.go":    {Data: []byte("//go:generate other\npackage x\n")},
		"drivers/drive.go": {Data: []byte("package drivers\n\n// #cgo LDFLAGS: -L. -Wl,--whole-archive -ldrivers\nimport \"C\"\n")},
	}, Root: "/src", Dir: "."}
	require.Equal(t, []string{"gen/gen.go:3 says //go:generate protoc --go_out=. invoice.proto: if that writes what is undefined, run go generate before the build, which runs no such command, and see that no .dockerignore leaves the files out"},
		tree.CodeHints("# m\n./main.go:7:10: undefined: gen.Invoice"))
	require.Equal(t, []string{"the flag is in drivers/drive.go:3"}, tree.CodeHints("m/drivers: invalid flag in #cgo LDFLAGS: -Wl,--whole-archive (see x)"))
	require.Empty(t, tree.CodeHints("ld.lld: error: undefined symbol: x"))
	require.Empty(t, advice.Tree{FS: fstest.MapFS{}}.CodeHints("./main.go:7:10: undefined: gen.Invoice"))
}

func TestSorted(t *testing.T) {
	p := func(where, text string) plan.Problem { return plan.Problem{Where: where, Text: text} }
	require.Equal(t, []plan.Problem{p("", "whole"), p("a.go:2:8", "x"), p("a.go:10:1", "y"), p("go.mod:5", "first")}, advice.Sorted([]plan.Problem{
		p("go.mod:5", "first"), p("a.go:10:1", "y"), p("a.go:2:8", "x"), p("go.mod:5", "second"), p("", "whole"), p("a.go:2:8", "x")}))
}
