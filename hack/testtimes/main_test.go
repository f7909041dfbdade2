package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRun(t *testing.T) {
	const in = `{"Action":"start","Package":"a/b"}
{"Action":"run","Package":"a/b","Test":"TestOne"}
{"Action":"output","Package":"a/b","Test":"TestOne","Output":"=== RUN   TestOne\n"}
{"Action":"pass","Package":"a/b","Test":"TestOne/part","Elapsed":9}
{"Action":"pass","Package":"a/b","Test":"TestOne","Elapsed":1.25}
{"Action":"output","Package":"a/b","Test":"TestTwo/part","Output":"    two_test.go:7: wrong\n"}
{"Action":"fail","Package":"a/b","Test":"TestTwo/part","Elapsed":20}
{"Action":"output","Package":"a/b","Test":"TestTwo","Output":"--- FAIL: TestTwo (20.00s)\n"}
{"Action":"fail","Package":"a/b","Test":"TestTwo","Elapsed":20}
{"Action":"output","Package":"a/b","Output":"FAIL\n"}
{"Action":"output","Package":"a/b","Output":"FAIL\ta/b\t21.3s\n"}
{"Action":"fail","Package":"a/b","Elapsed":21.3}
{"ImportPath":"a/c","Action":"build-output","Output":"c.go:1:1: expected package\n"}
go: a word of its own
`
	var out strings.Builder
	require.NoError(t, run(strings.NewReader(in), &out))
	require.Equal(t, `    two_test.go:7: wrong
--- FAIL: TestTwo (20.00s)
FAIL
FAIL	a/b	21.3s
c.go:1:1: expected package
go: a word of its own

slowest of 2 tests, in seconds:
   20.0  a/b.TestTwo
    1.2  a/b.TestOne
`, out.String())
}

// TestRunShowsWhatACrashLeft: a test that ends with its process has no last word of its own.
func TestRunShowsWhatACrashLeft(t *testing.T) {
	const in = `{"Action":"output","Package":"a/b","Test":"TestOne","Output":"panic: gone\n"}
{"Action":"output","Package":"a/b","Output":"FAIL\ta/b\t0.1s\n"}
{"Action":"fail","Package":"a/b","Elapsed":0.1}
`
	var out strings.Builder
	require.NoError(t, run(strings.NewReader(in), &out))
	require.Contains(t, out.String(), "panic: gone\n")
}
