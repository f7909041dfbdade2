package verify

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const helloC = "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }\n"

// cc compiles C with the machine's compiler and gives the output's path.
func cc(t *testing.T, source string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	file, out := filepath.Join(dir, "main.c"), filepath.Join(dir, "out")
	require.NoError(t, os.WriteFile(file, []byte(source), 0o644))
	text, err := exec.Command("gcc", append([]string{"-o", out, file}, args...)...).CombinedOutput()
	require.NoError(t, err, "%s", text)
	return out
}

// clang compiles freestanding C for another machine and links it with lld.
func clang(t *testing.T, target, source string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	file, out := filepath.Join(dir, "main.c"), filepath.Join(dir, "out")
	require.NoError(t, os.WriteFile(file, []byte(source), 0o644))
	text, err := exec.Command("clang", append([]string{"--target=" + target, "-nostdlib", "-ffreestanding", "-fuse-ld=lld", "-Wno-unused-command-line-argument", "-o", out, file}, args...)...).CombinedOutput()
	require.NoError(t, err, "%s", text)
	return out
}

// startC is a program without a C library. It does nothing but begin.
const startC = "double same(double d) { return d; }\nvoid _start(void) { for (;;) ; }\nvoid __start(void) { _start(); }\n"

func TestC(t *testing.T) {
	host := "linux/" + strings.TrimSpace(goEnv(t, "GOHOSTARCH"))
	want, err := WantFor(host)
	require.NoError(t, err)
	for _, c := range []struct {
		name  string
		args  []string
		link  string
		libc  string
		floor string
		fails []string
	}{
		{"dynamic", []string{"-no-pie"}, "dynamic", "glibc", "2.99", []string{}},
		{"dynamic is no pie", []string{"-no-pie"}, "pie", "glibc", "", []string{"link"}},
		{"pie", []string{"-pie", "-fPIE"}, "pie", "glibc", "", []string{}},
		{"pie is dynamic", []string{"-pie", "-fPIE"}, "dynamic", "glibc", "", []string{}},
		{"dynamic is not static", nil, "static", "glibc", "", []string{"link"}},
		{"dynamic glibc is not musl", nil, "dynamic", "musl", "", []string{"loader", "libc"}},
		{"floor", nil, "dynamic", "glibc", "2.2", []string{"glibc-floor"}},
		{"static", []string{"-static"}, "static", "glibc", "2.2", []string{}},
		{"static is not dynamic", []string{"-static"}, "dynamic", "glibc", "", []string{"link"}},
		{"static is no static-pie", []string{"-static"}, "static-pie", "glibc", "", []string{"link"}},
		{"static glibc is not musl", []string{"-static"}, "static", "musl", "", []string{"libc"}},
		{"static-pie", []string{"-static-pie", "-fPIE"}, "static-pie", "glibc", "", []string{}},
		{"static-pie is static", []string{"-static-pie", "-fPIE"}, "static", "glibc", "", []string{}},
		{"foreign loader", []string{"-Wl,--dynamic-linker=/nix/store/x/ld.so"}, "dynamic", "glibc", "", []string{"loader"}},
		{"shared object", []string{"-shared", "-fPIC"}, "", "", "", []string{"type"}},
		{"object", []string{"-c"}, "", "", "", []string{"type"}},
		{"without section headers", []string{"-no-pie", "-s"}, "static", "", "", []string{"link"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := want
			want.Link, want.Libc, want.GlibcFloor = c.link, c.libc, c.floor
			file := cc(t, helloC, c.args...)
			if c.name == "without section headers" {
				dropSections(t, file)
			}
			findings, err := File(file, want)
			require.NoError(t, err)
			require.Equal(t, c.fails, failures(findings), "%v", findings)
			require.Equal(t, Note, get(t, findings, "build-info").Level)
		})
	}
}

// dropSections clears e_shoff, e_shnum and e_shstrndx: what is left is all that a loader looks at.
func dropSections(t *testing.T, file string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	clear(raw[40:48])
	clear(raw[60:64])
	require.NoError(t, os.WriteFile(file, raw, 0o755))
}

// The floor's message names the symbols that need more.
func TestFloorNamesSymbols(t *testing.T) {
	file := cc(t, "#define _GNU_SOURCE\n#include <sys/random.h>\nint main(void) { char c; return getrandom(&c, 1, 0) != 1; }\n")
	want, err := WantFor("linux/" + strings.TrimSpace(goEnv(t, "GOHOSTARCH")))
	require.NoError(t, err)
	want.GlibcFloor = "2.24"
	findings, err := File(file, want)
	require.NoError(t, err)
	f := get(t, findings, "glibc-floor")
	require.Equal(t, Fail, f.Level)
	require.Contains(t, f.Text, "getrandom@GLIBC_2.25")
	require.Contains(t, f.Text, "want at most 2.24")
}

// With cgo the flags promise one thing and the file is another: only the file counts.
func TestCgo(t *testing.T) {
	host := strings.TrimSpace(goEnv(t, "GOHOSTARCH"))
	for _, c := range []struct {
		name  string
		args  []string
		link  string
		fails []string
	}{
		{"cgo-dynamic", nil, "dynamic", []string{}},
		{"cgo-dynamic", nil, "static", []string{"link"}},
		{"cgo-extld", []string{"-ldflags=-s -w -linkmode=external -extldflags=-static"}, "static", []string{}},
		{"cgo-extld", []string{"-ldflags=-s -w -linkmode=external -extldflags=-static"}, "static-pie", []string{"link"}},
		{"cgo-lost-pie", []string{"-buildmode=pie", "-ldflags=-linkmode=external -extldflags=-static"}, "static-pie", []string{"link"}},
		{"cgo-static-pie", []string{"-buildmode=pie", "-ldflags=-linkmode=external -extldflags=-static-pie"}, "static-pie", []string{}},
	} {
		b := goBuild{name: c.name, source: tinyCgo, env: []string{"CGO_ENABLED=1"}, args: c.args}
		findings, err := File(b.path(t), Want{GOOS: "linux", GOARCH: host, Link: c.link, Libc: "glibc", CGO: "on", RequireGo: true})
		require.NoError(t, err)
		require.Equal(t, c.fails, failures(findings), "%s as %s: %v", c.name, c.link, findings)
	}
	raw := edit(t, goBuild{name: "cgo-dynamic"}.path(t), "CGO_ENABLED=1", "CGO_ENABLED=0")
	require.Equal(t, []string{"cgo"}, failures(readBytes(t, raw, "linux/"+host, Want{CGO: "off"})))
}
