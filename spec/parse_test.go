package spec

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files and the generated documents anew")

// golden compares a text with a file, or writes the file with -update.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "run go test ./spec -update and look at the difference")
}

// inputs are the YAML files of a folder under testdata, with their names.
func inputs(t testing.TB, folder string) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	files := map[string][]byte{}
	for _, p := range paths {
		data, err := os.ReadFile(p)
		require.NoError(t, err)
		files[strings.TrimSuffix(filepath.Base(p), ".yaml")] = data
	}
	return files
}

// TestBad holds every message against its golden.
func TestBad(t *testing.T) {
	for name, data := range inputs(t, "bad") {
		t.Run(name, func(t *testing.T) {
			f, err := Parse("crossgo.yaml", data)
			require.Error(t, err)
			require.Nil(t, f)
			golden(t, filepath.Join("testdata", "bad", name+".err"), err.Error()+"\n")
			require.NotContains(t, err.Error(), "%!", "a message with the wrong arguments")
			checkProblems(t, err)
		})
	}
}

// TestGood holds every value and its place against its golden.
func TestGood(t *testing.T) {
	for name, data := range inputs(t, "good") {
		t.Run(name, func(t *testing.T) {
			f, err := Parse("crossgo.yaml", data)
			require.NoError(t, err)
			text, err := json.MarshalIndent(f, "", " ")
			require.NoError(t, err)
			golden(t, filepath.Join("testdata", "good", name+".json"), compact(string(text))+"\n")
		})
	}
}

var (
	place = regexp.MustCompile(`"Pos": \{\s*"Line": (\d+),\s*"Column": (\d+)\s*\}`)
	value = regexp.MustCompile(`\{\s*"V": (".*"),\s*("Pos": "\d+:\d+")\s*\}`)
)

// compact puts each value and its place on one line, so that a golden can be read.
func compact(s string) string {
	return value.ReplaceAllString(place.ReplaceAllString(s, `"Pos": "$1:$2"`), `{"V": $1, $2}`)
}

// checkProblems says what is true of every *Error: one line each, sorted, with a place and an end behind it.
func checkProblems(t testing.TB, err error) {
	t.Helper()
	var all *Error
	require.ErrorAs(t, err, &all)
	require.NotEmpty(t, all.Problems)
	var last Pos
	for _, p := range all.Problems {
		require.NotContains(t, p.Error(), "\n")
		if p.Pos.Known() {
			require.True(t, p.End.Line > p.Pos.Line || p.End.Line == p.Pos.Line && p.End.Column > p.Pos.Column, "%+v", p)
		}
		require.False(t, p.Pos.Line < last.Line || p.Pos.Line == last.Line && p.Pos.Column < last.Column, "%s", err)
		last = p.Pos
	}
	var one Problem
	require.True(t, errors.As(err, &one))
	require.Equal(t, all.Problems[0], one)
}

// TestMessage pins the form of a message, which editors and the frontend rely on.
func TestMessage(t *testing.T) {
	_, err := Parse("crossgo.yaml", []byte("# syntax=x\nbinaries:\n  - main: ./a\n    libc: mulsl\n"))
	require.EqualError(t, err, `crossgo.yaml:4:11: binaries[0].libc: found "mulsl", allowed are musl, glibc, glibc>=VERSION (did you mean "musl"?)`)
	var e *Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, []Problem{{
		File: "crossgo.yaml", Pos: Pos{4, 11}, End: Pos{4, 16}, Path: "binaries[0].libc",
		Text: `found "mulsl", allowed are musl, glibc, glibc>=VERSION (did you mean "musl"?)`,
	}}, e.Problems)
}

// TestHostile ends in the test's own time limit when a text takes the parser too long, and holds what it says of each.
func TestHostile(t *testing.T) {
	bomb := "args: {A: x}\nbinaries:\n  - main: &a [" + strings.Repeat("./a,", 500) + "]\n"
	bomb += "    tags: &b [" + strings.Repeat("*a,", 500) + "]\n"
	for name, text := range map[string]string{
		"brackets":   strings.Repeat("[", maxBytes),
		"braces":     strings.Repeat("{a: ", maxBytes/4),
		"dashes":     strings.Repeat("- ", maxBytes/2),
		"questions":  strings.Repeat("? ", maxBytes/2),
		"anchors":    strings.Repeat("&a ", maxBytes/3),
		"keys":       strings.Repeat("a: b\n", maxBytes/5),
		"lines":      strings.Repeat("a:\n", maxTokens/2-10),
		"steps":      staircase(1000),
		"too long":   strings.Repeat("#", maxBytes+1),
		"long key":   strings.Repeat("k", maxBytes-10) + ": 1",
		"long value": "module: /" + strings.Repeat("k", maxBytes-20),
		"aliases":    bomb,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("crossgo.yaml", []byte(text))
			require.Error(t, err)
			checkProblems(t, err)
			require.Less(t, len(strings.SplitN(err.Error(), "\n", 2)[0]), 1000)
		})
	}
}

// staircase nests mappings by indentation alone.
func staircase(steps int) string {
	var s strings.Builder
	for i := range steps {
		s.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return s.String()
}

// FuzzParse shows that no text ends in a panic, that problems are well formed, and that places point at what is written.
func FuzzParse(f *testing.F) {
	for _, folder := range []string{"bad", "good"} {
		for _, data := range inputs(f, folder) {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse("crossgo.yaml", data)
		if err != nil {
			checkProblems(t, err)
			return
		}
		require.NotEmpty(t, file.Binaries)
		for _, b := range file.Binaries {
			require.NotEmpty(t, b.Main)
		}
	})
}

// TestPlaces finds each word at the place that Parse gives for it.
func TestPlaces(t *testing.T) {
	text := "# é\ngo: \"1.26\" # c\nargs: {Ä_: x}\nplatforms:\n- linux/amd64\n\n-   'linux/arm64' # é\nimage:\n  env:\n    É: ü\n    B: \"b\"\n"
	text = strings.Replace(text, "Ä_", "A_", 1)
	f, err := Parse("crossgo.yaml", []byte(text))
	require.NoError(t, err)
	require.Equal(t, Pos{2, 5}, f.Go.Pos)
	require.Equal(t, []Pos{{3, 8}, {3, 12}}, []Pos{f.Args[0].Name.Pos, f.Args[0].Default.Pos})
	require.Equal(t, []Pos{{5, 3}, {7, 5}}, []Pos{f.Platforms[0].Pos, f.Platforms[1].Pos})
	require.Equal(t, Pos{9, 3}, f.Image.Pos)
	require.Equal(t, []Pos{{10, 5}, {10, 8}, {11, 5}, {11, 8}},
		[]Pos{f.Image.Env[0].Name.Pos, f.Image.Env[0].Value.Pos, f.Image.Env[1].Name.Pos, f.Image.Env[1].Value.Pos})
	require.False(t, f.Module.Pos.Known())
	require.Equal(t, "default", f.Module.Pos.String())
	require.Equal(t, "2:5", f.Go.Pos.String())
}

// TestExampleSpecs holds the specs of the examples against the parser.
func TestExampleSpecs(t *testing.T) {
	paths, err := filepath.Glob("../examples/*/crossgo.yaml")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(paths), 5)
	for _, path := range paths {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(string(data), "# syntax="), path)
		f, err := Parse(path, data)
		require.NoError(t, err)
		require.NotEmpty(t, f.Platforms, path)
	}
}
