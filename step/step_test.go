package step

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/advice"
	"github.com/crossgo/crossgo/plan"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/dirhash"
)

// TestFromProxies is the go command's rule: after a comma only "not found" lets the next proxy have a go.
func TestFromProxies(t *testing.T) {
	answer := func(code int, text string) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			_, _ = io.WriteString(w, text)
		}))
		t.Cleanup(s.Close)
		return s
	}
	missing, broken, good := answer(404, ""), answer(500, ""), answer(200, "zip")
	for _, c := range []struct {
		value, want, err string
	}{
		{missing.URL + "," + good.URL, "zip", ""},
		{broken.URL + "," + good.URL, "", "500 Internal Server Error"},
		{broken.URL + "|" + good.URL, "zip", ""},
		{missing.URL, "", "404 Not Found"},
	} {
		list, err := plan.ModuleProxies(c.value)
		require.NoError(t, err)
		var buf bytes.Buffer
		_, err = fromProxies(context.Background(), http.DefaultClient, list, "/x", func() (io.Writer, error) { buf.Reset(); return &buf, nil })
		if c.err != "" {
			require.ErrorContains(t, err, c.err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.want, buf.String())
	}
}

func TestSumDBKey(t *testing.T) {
	key, address, err := sumDBKey("")
	require.NoError(t, err)
	require.Equal(t, goSumDB, key)
	require.True(t, strings.HasPrefix(address, "https://"))
	name, _, _ := strings.Cut(goSumDB, "+")
	key, address, err = sumDBKey(name + " https://mirror/sumdb/")
	require.NoError(t, err)
	require.Equal(t, goSumDB, key)
	require.Equal(t, "https://mirror/sumdb", address)
	key, address, err = sumDBKey("sum.golang.google.cn")
	require.NoError(t, err)
	require.Equal(t, goSumDB, key, "another address of the same database")
	require.Equal(t, "https://sum.golang.google.cn", address)
	key, _, err = sumDBKey("off")
	require.NoError(t, err)
	require.Empty(t, key)
	_, _, err = sumDBKey("nonsense")
	require.ErrorContains(t, err, `GOSUMDB: found "nonsense"`)
}

// TestBounded: what a proxy sends fills neither the disk nor the memory.
func TestBounded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range 64 {
			_, _ = w.Write(make([]byte, 1<<20))
		}
	}))
	defer server.Close()
	sum := bounded{most: mostSum}
	require.EqualError(t, get(t.Context(), server.Client(), server.URL, &sum), server.URL+": the server sends more than such a file can have")
	require.LessOrEqual(t, sum.kept.Len(), mostSum)
	f := goFetch{client: server.Client(), from: []plan.ModuleProxy{{URL: server.URL}}}
	_, err := f.list(t.Context())
	require.ErrorIs(t, err, errTooMuch)
	file := new(bytes.Buffer)
	require.ErrorIs(t, get(t.Context(), server.Client(), server.URL, &capped{file, 3 << 20}), errTooMuch)
	require.LessOrEqual(t, file.Len(), 3<<20)
}

// TestReleases: of the module proxy's list, or else of what this builder has fetched.
func TestReleases(t *testing.T) {
	said := "v0.0.1-go1.26.8.linux-amd64\nv0.0.1-go1.26.9.linux-arm64\n"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if said == "" || r.URL.Path != plan.ToolchainList {
			w.WriteHeader(http.StatusBadGateway)
		}
		_, _ = io.WriteString(w, said)
	}))
	defer server.Close()
	address := strings.Replace(server.URL, "://", "://me:secret@", 1)
	job := plan.GoReleasesJob{Build: "linux/amd64", Proxy: plan.Proxy{GOPROXY: address}}
	known := t.TempDir()
	got, err := releasesOf(t.Context(), job, known)
	require.NoError(t, err)
	require.Equal(t, plan.GoReleasesSaid{Releases: []string{"1.26.8"}}, got)

	said = ""
	require.NoError(t, os.WriteFile(filepath.Join(known, "v0.0.1-go1.26.7.linux-amd64"), nil, 0o644))
	got, err = releasesOf(t.Context(), job, known)
	require.NoError(t, err)
	require.Equal(t, []string{"1.26.7"}, got.Releases)
	require.Contains(t, got.Problem, "502 Bad Gateway")
	require.NotContains(t, got.Problem, "secret")
}

// TestLookUpEndsWithItsStep: a question to the checksum database is given up with the step that asks it.
func TestLookUpEndsWithItsStep(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	defer server.Close()
	_, err := sumFor(ctx, server.Client(), nil, plan.Proxy{GOSUMDB: goSumDB + " " + server.URL}, plan.ToolchainModule, "v0.0.1-go1.26.8.linux-amd64")
	require.ErrorContains(t, err, context.Canceled.Error())
}

func TestLeftOutOfTheDistribution(t *testing.T) {
	for name, want := range map[string]bool{
		"bin/go": false, "src/fmt/print.go": false, "pkg/tool/linux_amd64/link": false, "pkg/include/textflag.h": false, "lib/time/zoneinfo.zip": false, "VERSION": false,
		"bin/gofmt": true, "pkg/tool/linux_amd64/vet": true, "src/fmt/print_test.go": true, "src/cmd/go/main.go": true, "test/fixedbugs/a.go": true, "src/net/testdata/x": true,
	} {
		require.Equal(t, want, leftOut(name), name)
	}
	for name, want := range map[string]bool{
		"pkg/tool/linux_amd64/vet": false, "pkg/tool/linux_amd64/link": false, "src/cmd/covdata/covdata.go": false, "src/fmt/print.go": false,
		"bin/gofmt": true, "src/cmd/covdata/tool_test.go": true, "src/cmd/cover/testdata/x.go": true, "src/fmt/print_test.go": true,
	} {
		require.Equal(t, want, noTool(name), name)
	}
}

// TestUnpackGo: the hash is the one that the checksum database has, over all files, also those that are not unpacked.
func TestUnpackGo(t *testing.T) {
	const prefix = "golang.org/toolchain@v/"
	file, dest := filepath.Join(t.TempDir(), "go.zip"), filepath.Join(t.TempDir(), "go")
	writeZip(t, file, prefix+"src/fmt/print.go", prefix+"bin/go", prefix+"doc/note.html", prefix+"VERSION", prefix+"src/fmt/print_test.go")
	want, err := dirhash.HashZip(file, dirhash.Hash1)
	require.NoError(t, err)
	got, err := unpackGo(t.Context(), file, dest, prefix, leftOut)
	require.NoError(t, err)
	require.Equal(t, want, got)
	for name, mode := range map[string]os.FileMode{"src/fmt/print.go": 0o644, "bin/go": 0o755, "VERSION": 0o644} {
		info, err := os.Stat(filepath.Join(dest, name))
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode())
	}
	require.NoFileExists(t, filepath.Join(dest, "doc/note.html"))
	require.NoFileExists(t, filepath.Join(dest, "src/fmt/print_test.go"))
}

func TestUnpackGoRefuses(t *testing.T) {
	for name, want := range map[string]string{"p/a\n0123  p/b": `"p/a\n0123  p/b"`, "p/../../x": "p/../../x", "/x": "/x"} {
		file := filepath.Join(t.TempDir(), "go.zip")
		writeZip(t, file, name)
		_, err := unpackGo(t.Context(), file, filepath.Join(t.TempDir(), "go"), "p/", leftOut)
		require.ErrorContains(t, err, want)
	}
	twice := filepath.Join(t.TempDir(), "go.zip")
	writeZip(t, twice, "p/a", "p/a")
	_, err := unpackGo(t.Context(), twice, filepath.Join(t.TempDir(), "go"), "p/", leftOut)
	require.ErrorIs(t, err, fs.ErrExist)
	require.ErrorContains(t, makePlaces([]*zip.File{{FileHeader: zip.FileHeader{Name: "p/a", UncompressedSize64: maxGo + 1}}}, t.TempDir(), "p/", leftOut), "more than 1024 MiB")
}

// writeZip writes a zip of files that hold their names.
func writeZip(t *testing.T, file string, names ...string) {
	t.Helper()
	out, err := os.Create(file)
	require.NoError(t, err)
	w := zip.NewWriter(out)
	for _, name := range names {
		f, err := w.Create(name)
		require.NoError(t, err)
		_, err = f.Write([]byte(name))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.NoError(t, out.Close())
}

// TestHeavy: modules with C code and their own needs stand apart; what is replaced does not.
func TestHeavy(t *testing.T) {
	module := func(path string) *goModule {
		return &goModule{Path: path, Version: "v1.0.0", Dir: plan.PathModules + "/" + path + "@v1.0.0"}
	}
	replaced := module("r")
	replaced.Replace = &goModule{Path: "other", Version: "v2.0.0"}
	all := []*goPackage{
		{ImportPath: "fmt", Standard: true},
		{ImportPath: "dep/x", Module: module("dep")},
		{ImportPath: "c/lib", Module: module("c"), CgoFiles: []string{"a.go"}, Deps: []string{"dep/x", "fmt"}},
		{ImportPath: "r/lib", Module: replaced, CgoFiles: []string{"a.go"}},
		{ImportPath: "pure", Module: module("pure")},
		{ImportPath: "own", Module: &goModule{Path: "own", Main: true}, CgoFiles: []string{"a.go"}},
	}
	require.Equal(t, []plan.HeavyModule{
		{Path: "c", Version: "v1.0.0", Dir: "c@v1.0.0", Packages: []string{"c/lib"}},
		{Path: "dep", Version: "v1.0.0", Dir: "dep@v1.0.0", Packages: []string{"dep/x"}},
	}, heavy(all))
	facts := plan.BinaryFacts{CGO: true}
	dependencies(&facts, all)
	require.Equal(t, []string{"fmt"}, facts.Std)
	require.Equal(t, []string{"c/lib", "dep/x", "pure", "r/lib"}, facts.Foreign)
}

// TestPure: what needs C, by itself or by what it imports, waits for the C side, also where a tag takes the C out of net.
func TestPure(t *testing.T) {
	module := &goModule{Path: "m", Version: "v1.0.0"}
	all := []*goPackage{
		{ImportPath: "unsafe", Standard: true},
		{ImportPath: "fmt", Standard: true, Deps: []string{"unsafe"}},
		{ImportPath: "io", Standard: true},
		{ImportPath: "strings", Standard: true, Deps: []string{"unsafe"}},
		{ImportPath: "runtime/cgo", Standard: true, CgoFiles: []string{"cgo.go"}},
		{ImportPath: "net", Standard: true, Deps: []string{"fmt"}},
		{ImportPath: "net/http", Standard: true, Deps: []string{"fmt", "net", "strings"}},
		{ImportPath: "c/lib", Module: module, CgoFiles: []string{"lib.go"}, Deps: []string{"fmt", "runtime/cgo", "unsafe"}},
		{ImportPath: "pure/lib", Module: module, Deps: []string{"io"}},
		{ImportPath: "own", Deps: []string{"c/lib", "net/http", "strings"}},
	}
	require.Equal(t, plan.PurePackages{Foreign: []string{"fmt", "io"}, All: []string{"fmt", "io", "strings"}}, pure(all, nil))
	heavy := []plan.HeavyModule{{Path: "m", Packages: []string{"c/lib"}}}
	require.Equal(t, []string{"fmt"}, pure(all, heavy).Heavy)
}

// TestCgoNeeds: what nobody imports without cgo is not needed; a program that is gone is.
func TestCgoNeeds(t *testing.T) {
	stub := plan.Stubs[0]
	user := func(path string) *goPackage {
		return &goPackage{ImportPath: path, CgoFiles: []string{"c.go"}, DepOnly: true}
	}
	program := &goPackage{ImportPath: "program", Name: "main", CgoFiles: []string{"main.go"}}
	with := []*goPackage{user("broken"), user("fallback"), user("notimported"), user(stub), program, {ImportPath: "pure"}, {ImportPath: "net", Standard: true, CgoFiles: []string{"x.go"}}}
	without := []*goPackage{{ImportPath: "fallback"}, {ImportPath: "broken", Error: &goListError{Err: "no Go files"}}, {ImportPath: stub}}
	require.Equal(t, []string{"broken", stub, "program"}, cgoNeeds(with, without))
}

func TestMains(t *testing.T) {
	tree := treeOf(".")
	job := plan.InspectBinary{Patterns: []string{"./..."}, Where: []string{"@{binaries[0].main[0]}"}}
	all := []*goPackage{
		{ImportPath: "x/lib", Name: "lib", Match: []string{"./..."}},
		{ImportPath: "x/cmd/a", Name: "main", Match: []string{"./..."}},
		{ImportPath: "x/none", Match: []string{"./..."}, Error: &goListError{Err: "build constraints exclude all Go files in /src/none"}},
	}
	found, wrong := mains(tree, all, job)
	require.Empty(t, wrong)
	require.Equal(t, []plan.MainPackage{{ImportPath: "x/cmd/a"}}, found)

	found, wrong = mains(tree, all[:1], job)
	require.Empty(t, found)
	require.Empty(t, wrong, "a library can be tested")
	_, wrong = mains(tree, nil, job)
	require.Equal(t, "@{binaries[0].main[0]}: main: ./... matches no package of the module", wrong[0].String())

	named := plan.InspectBinary{Patterns: []string{"./lib"}, Where: []string{"@{binaries[0].main[0]}"}}
	_, wrong = mains(tree, []*goPackage{{ImportPath: "x/lib", Name: "lib", Match: []string{"./lib"}}}, named)
	require.Equal(t, "@{binaries[0].main[0]}: main: found package lib in x/lib, want package main", wrong[0].String())

	broken := append(all, &goPackage{ImportPath: "y", DepOnly: true, Error: &goListError{Pos: "/src/a.go:3:1", Err: "syntax error"}})
	_, wrong = mains(tree, broken, job)
	require.Equal(t, "a.go:3:1: syntax error", wrong[0].String())
}

// TestKilledIsSaid: in the words in which go, cmd/link and clang tell of a program that was killed.
func TestKilledIsSaid(t *testing.T) {
	for text, want := range map[string]string{
		"m/big: /toolchain/go/pkg/tool/linux_amd64/compile: signal: killed":                                           "compile was killed",
		"# m\n/toolchain/go/pkg/tool/linux_amd64/link: running /link/x86_64-linux-gnu-clang failed: signal: killed\n": "x86_64-linux-gnu-clang was killed",
		"clang: error: unable to execute command: Killed\nclang: error: linker command failed due to signal":          "a program that clang ran was killed",
	} {
		require.Equal(t, []string{want + ", most likely for want of memory: " + plan.MoreMemory}, advice.Hints(text))
	}
	cmd := exec.Command("sh", "-c", "kill -KILL $$")
	require.Equal(t, "it was killed, most likely for want of memory: "+plan.MoreMemory, ended(cmd.Run()))
	require.Equal(t, "exit status 3", ended(exec.Command("sh", "-c", "exit 3").Run()))
	require.Equal(t, "signal: terminated", ended(exec.Command("sh", "-c", "kill -TERM $$").Run()))
}

func TestCompileErrorKeepsTheCompilersText(t *testing.T) {
	b := plan.BuildOutput{Where: "@{binaries[0].main[0]}", What: "app for linux/arm64"}
	err := compileError(treeAt(t.TempDir()), b, &goError{args: []string{"build"}, text: "./a.go:1:2: undefined: x"})
	require.EqualError(t, err, "@{binaries[0].main[0]}: compile app for linux/arm64 failed:\n./a.go:1:2: undefined: x")
	require.ErrorAs(t, err, new(shown))
	require.EqualError(t, compileError(treeAt(t.TempDir()), b, errors.New("no such file")), "@{binaries[0].main[0]}: compile app for linux/arm64: no such file")
}

// TestCompileErrorNamesTheProgram: of a run for several, the one that go's text blames.
func TestCompileErrorNamesTheProgram(t *testing.T) {
	b := plan.BuildOutput{Where: "@{binaries[0].main[0]}", What: "a and 1 more for linux/arm64", Files: []plan.BuildFile{
		{Package: "m/a", Where: "@{binaries[0].main[0]}", What: "a for linux/arm64"}, {Package: "m/b", Where: "@{binaries[1].main[0]}", What: "b for linux/arm64"},
	}}
	for text, want := range map[string]string{
		"# m/b\nb/main.go:1:2: undefined: x":                  "@{binaries[1].main[0]}: compile b for linux/arm64 failed:\n",
		"# m/lib [m/b]\nlib/lib.go:1:2: undefined: x":         "@{binaries[1].main[0]}: compile b for linux/arm64 failed:\n",
		"# m/b\nb/main.go:1:2: x\n# m/a\na/main.go:1:2: x":    "@{binaries[1].main[0]}: compile b for linux/arm64 failed:\n",
		"# m/lib\nlib/lib.go:1:2: undefined: x":               "@{binaries[0].main[0]}: compile a and 1 more for linux/arm64 failed:\n",
		"b/main.go:3:8: package nothere is not in std (/src)": "@{binaries[0].main[0]}: compile a and 1 more for linux/arm64 failed:\n",
	} {
		require.EqualError(t, compileError(treeAt(t.TempDir()), b, &goError{args: []string{"build"}, text: text}), want+text)
	}
}

func TestRename(t *testing.T) {
	from, to := filepath.Join(t.TempDir(), "built"), t.TempDir()
	b := plan.BuildOutput{Files: []plan.BuildFile{{Go: "app", Name: "server"}, {Go: "server", Name: "app"}}}
	require.NoError(t, os.Mkdir(from, 0o755))
	for _, f := range b.Files {
		require.NoError(t, os.WriteFile(filepath.Join(from, f.Go), []byte(f.Go), 0o755))
	}
	require.NoError(t, rename(b, from, to))
	for _, f := range b.Files {
		text, err := os.ReadFile(filepath.Join(to, f.Name))
		require.NoError(t, err)
		require.Equal(t, f.Go, string(text))
	}
	require.NoDirExists(t, from)
	require.NoError(t, rename(plan.BuildOutput{}, from, to), "a run for one writes its file itself")
}

func TestRenameMissesNothing(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	b := plan.BuildOutput{Files: []plan.BuildFile{{Go: "app", Name: "server"}}}
	require.ErrorIs(t, rename(b, from, to), fs.ErrNotExist)
	for _, name := range []string{"app", "unforeseen"} {
		require.NoError(t, os.WriteFile(filepath.Join(from, name), nil, 0o755))
	}
	require.ErrorContains(t, rename(b, from, to), "directory not empty")
}

func TestTrimModules(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a@v1/a.go", "cache/download/a/@v/v1.zip", "cache/download/a/@v/v1.lock", "cache/download/a/@v/v1.mod", "cache/download/sumdb/x/tile/1"} {
		file := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, nil, 0o644))
	}
	require.NoError(t, trimModules(dir))
	require.FileExists(t, filepath.Join(dir, "a@v1/a.go"))
	require.FileExists(t, filepath.Join(dir, "cache/download/a/@v/v1.mod"))
	require.NoFileExists(t, filepath.Join(dir, "cache/download/a/@v/v1.zip"))
	require.NoDirExists(t, filepath.Join(dir, "cache/download/sumdb"))
	require.NoError(t, trimModules(t.TempDir()), "a module without dependencies has no download cache")
}

func TestUnknownStep(t *testing.T) {
	require.Equal(t, 2, runStep([]string{"nonsense"}))
	require.Equal(t, 2, runStep(nil))
}

func TestAPanicIsAnError(t *testing.T) {
	steps["boom"] = func(context.Context) error { panic("x") }
	defer delete(steps, "boom")
	require.EqualError(t, run(context.Background(), "boom"), "crossgo has a bug: x: please report it with the spec that led here")
}
