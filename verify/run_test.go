package verify

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestJudge holds each expectation once kept and once broken.
func TestJudge(t *testing.T) {
	empty, version := "", "v1.2"
	for name, c := range map[string]struct {
		run  Run
		did  Outcome
		want string // of the text; empty: it holds
	}{
		"exit 0":                {Run{}, Outcome{}, ""},
		"exit 1":                {Run{}, Outcome{Exit: 1, Stderr: []byte("no\nway\n")}, `started without arguments: exit code 1, want 0; the end of stderr: "no\nway"`},
		"exit 2 asked for":      {Run{Exit: 2}, Outcome{Exit: 2}, ""},
		"exit 0 for 2":          {Run{Exit: 2}, Outcome{}, "exit code 0, want 2"},
		"contains":              {Run{Stdout: Output{Contains: "1.2"}}, Outcome{Stdout: []byte("v1.2\n")}, ""},
		"contains not":          {Run{Stdout: Output{Contains: "1.3"}}, Outcome{Stdout: []byte("v1.2\n")}, `stdout is "v1.2\n", want that it contains "1.3"`},
		"is":                    {Run{Stdout: Output{Is: &version}}, Outcome{Stdout: []byte("v1.2\n")}, ""},
		"is more":               {Run{Stdout: Output{Is: &version}}, Outcome{Stdout: []byte("v1.2\n\n")}, `stdout is "v1.2\n\n", want that it is "v1.2"`},
		"is empty":              {Run{Stderr: Output{Is: &empty}}, Outcome{}, ""},
		"is not empty":          {Run{Stderr: Output{Is: &empty}}, Outcome{Stderr: []byte("warning")}, `stderr is "warning", want that it is ""`},
		"matches":               {Run{Stderr: Output{Matches: "(?m)^b$"}}, Outcome{Stderr: []byte("a\nb\n")}, ""},
		"matches not":           {Run{Stderr: Output{Matches: "^b$"}}, Outcome{Stderr: []byte("a\nb\n")}, `want that it matches "^b$"`},
		"signal":                {Run{}, Outcome{Signal: "segmentation fault", Exit: -1}, "ended by a signal (segmentation fault), want exit code 0"},
		"timeout":               {Run{Timeout: 1500}, Outcome{TimedOut: true, Signal: "killed"}, "it was not done after 1500 ms"},
		"memory":                {Run{MaxMemory: 64 << 20}, Outcome{Memory: 64 << 20}, ""},
		"more memory":           {Run{MaxMemory: 64 << 20}, Outcome{Memory: 65 << 20, Signal: "killed"}, "it took 65.0 MiB of memory, want at most 64.0 MiB"},
		"memory of an emulator": {Run{MaxMemory: 64 << 20, Emulated: true}, Outcome{Memory: 65 << 20}, ""},
		"not started":           {Run{Args: []string{"-v", "a b"}}, Outcome{NotStarted: "exec format error"}, `started with -v "a b": it does not start: exec format error`},
	} {
		t.Run(name, func(t *testing.T) {
			f := c.run.Judge(c.did, nil)
			require.Equal(t, RunID, f.Check)
			if c.want == "" {
				require.Equal(t, Pass, f.Level, f.Text)
				require.Equal(t, f, c.run.Judge(c.did, nil))
				return
			}
			require.Equal(t, Fail, f.Level)
			require.Contains(t, f.Text, c.want)
			require.NotContains(t, f.Text, "\n")
			allowed := c.run.Judge(c.did, []string{RunID})
			require.Equal(t, Note, allowed.Level)
			require.Contains(t, allowed.Text, "(allowed)")
		})
	}
}

// TestPassSaysNothingThatChanges: a report of the same program is the same, however long it took.
func TestPassSaysNothingThatChanges(t *testing.T) {
	r := Run{MaxMemory: 64 << 20, Stdout: Output{Matches: "."}}
	require.Equal(t, r.Judge(Outcome{Memory: 1, Stdout: []byte("a")}, nil), r.Judge(Outcome{Memory: 2, Stdout: []byte("b")}, nil))
}
