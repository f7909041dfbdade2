package verify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// stamped is a program that says when it was made, and one whose code differs.
const stamped = `package main

import "os"

var stamp = "made at STAMP"

//go:noinline
func answer() int { return NUMBER + len(os.Args) }

func main() { println(stamp, answer()) }
`

func stampedBuild(platform, stamp, number string, args ...string) goBuild {
	b := forPlatform(platform, args...)
	b.name = strings.Join([]string{"stamped", strings.ReplaceAll(platform, "/", "-"), stamp, number, strings.Join(args, "")}, "_")
	b.source = strings.NewReplacer("STAMP", stamp, "NUMBER", number).Replace(stamped)
	b.args = append(b.args, "-trimpath")
	return b
}

// TestDiffer names section, symbol and both texts, of each format.
func TestDiffer(t *testing.T) {
	for _, c := range []struct {
		platform string
		args     []string
		stamp    []string // says, when the text differs
		number   []string // says, when the code differs
	}{
		{"linux/amd64", nil, []string{"differs in .rodata", "byte", "of .rodata", `made at 10:00`, `made at 10:01`}, []string{"differs in .text", "in main.answer", "of .text"}},
		{"linux/arm64", []string{"-ldflags=-s -w"}, []string{".rodata", "made at 10:00"}, []string{"differs in .text", "in main.answer"}},
		{"windows/amd64", nil, []string{".rdata", "made at 10:00"}, []string{"differs in .text", "in main.answer"}},
		{"darwin/arm64", nil, []string{"__TEXT,__rodata", "made at 10:00"}, []string{"__TEXT,__text", "in main.answer"}},
		{"wasip1/wasm", nil, []string{"differs in data, custom go:buildid", "made at 10:00"}, []string{"differs in code"}},
	} {
		first := stampedBuild(c.platform, "10:00", "7", c.args...).path(t)
		same, err := Differ(first, first)
		require.NoError(t, err)
		require.Empty(t, same)
		for _, o := range []struct {
			other goBuild
			says  []string
		}{{stampedBuild(c.platform, "10:01", "7", c.args...), c.stamp}, {stampedBuild(c.platform, "10:00", "9", c.args...), c.number}} {
			text, err := Differ(first, o.other.path(t))
			require.NoError(t, err)
			for _, s := range o.says {
				require.Contains(t, text, s, c.platform)
			}
			require.NotContains(t, text, "\n")
		}
	}
}

func TestDifferOtherFiles(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		return path
	}
	text, err := Differ(file("a", "some words"), file("b", "some words and more"))
	require.NoError(t, err)
	require.Equal(t, `differs in the file (10 bytes, then 19); first at byte 10 of the file: "some words", then "some words and more"`, text)
	text, err = Differ(file("a", ""), file("b", "x"))
	require.NoError(t, err)
	require.Contains(t, text, "nothing, then")
	_, err = Differ(file("a", ""), filepath.Join(dir, "none"))
	require.Error(t, err)
	text, err = Differ(file("a", "\x7fELF\x02\x01\x01 cut off"), file("b", "\x7fELF\x02\x01\x01 cut of!"))
	require.NoError(t, err)
	require.Contains(t, text, "differs in the file")
}

func TestReproducible(t *testing.T) {
	require.Equal(t, Pass, Reproducible("", nil).Level)
	require.Equal(t, Fail, Reproducible("differs in .text", nil).Level)
	f := Reproducible("differs in .text", []string{ReproducibleID})
	require.Equal(t, Note, f.Level)
	require.Equal(t, "a second build with nothing kept gives another file: differs in .text (allowed)", f.Text)
}
