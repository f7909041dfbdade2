package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	xmodule "golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// stepsOf are the steps of a crossgo that has just been compiled from a file; empty: from this checkout's.
func stepsOf(t *testing.T, source string) steps {
	t.Helper()
	own := filepath.Join(t.TempDir(), "crossgo")
	require.NoError(t, os.WriteFile(own, []byte(t.Name()), 0o755))
	s := newSteps(t.TempDir(), runtime.GOARCH, own)
	if source != "" {
		s.source, s.version = source, ""
	}
	return s
}

func TestStepsAreCompiledFromTheCheckout(t *testing.T) {
	t.Setenv("GOFLAGS", "-tags=nonsense -mod=vendor")
	t.Setenv("GOAMD64", "v4")
	_, source := checkout(t, "package main\n\nimport \"os\"\n\nvar version string\n\nfunc main() { println(version); os.Exit(3) }\n")
	s := stepsOf(t, source)
	s.version = "v1.2.3"
	file, err := s.path(t.Context())
	require.NoError(t, err)
	require.NoError(t, checkSelf(file, runtime.GOARCH))
	said, err := exec.Command(file).CombinedOutput()
	require.ErrorContains(t, err, "exit status 3")
	require.Equal(t, "v1.2.3\n", string(said), "it knows its version")
	before, err := os.Stat(file)
	require.NoError(t, err)
	again, err := s.path(t.Context())
	require.NoError(t, err)
	require.Equal(t, file, again)
	after, err := os.Stat(again)
	require.NoError(t, err)
	require.Equal(t, before.ModTime(), after.ModTime(), "it is compiled once")

	require.NoError(t, os.WriteFile(s.own, []byte("another crossgo"), 0o755))
	other, err := s.path(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, file, other)
	require.NoFileExists(t, file, "that of another crossgo is dropped")
}

// checkout is a module with crossgo's path, and the place where this source file would be in it.
func checkout(t *testing.T, mainGo string) (dir, source string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module " + ownModule + "\n\ngo 1.26\n", "cmd/crossgo-step/main.go": mainGo, "cmd/crossgo/steps.go": "package main\n\nfunc main() {}\n",
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return dir, filepath.Join(dir, "cmd/crossgo/steps.go")
}

func TestStepsThatCannotBeCompiled(t *testing.T) {
	t.Run("no sources", func(t *testing.T) {
		_, err := stepsOf(t, ownModule+"/cmd/crossgo/steps.go").path(t.Context())
		require.ErrorContains(t, err, "its sources are not found")
	})
	t.Run("newer sources", func(t *testing.T) {
		dir, source := checkout(t, "package main\n\nfunc main() {}\n")
		s := stepsOf(t, source)
		changed := filepath.Join(dir, "cmd/crossgo-step/main.go")
		require.NoError(t, os.Chtimes(changed, time.Time{}, time.Now().Add(time.Minute)))
		_, err := s.path(t.Context())
		require.ErrorContains(t, err, changed+" has changed since "+s.own+" was compiled from it: compile it again")
	})
	t.Run("broken sources", func(t *testing.T) {
		_, source := checkout(t, "package main\n\nfunc main() { nonsense() }\n")
		s := stepsOf(t, source)
		_, err := s.path(t.Context())
		require.ErrorContains(t, err, "undefined: nonsense")
		left, err := os.ReadDir(filepath.Join(s.state, "steps"))
		require.NoError(t, err)
		require.Empty(t, left)
	})
	t.Run("no go command", func(t *testing.T) {
		s := stepsOf(t, "")
		t.Setenv("PATH", t.TempDir())
		_, err := s.path(t.Context())
		require.ErrorContains(t, err, `go build: exec: "go"`)
	})
	t.Run("version that nobody has", func(t *testing.T) {
		s := stepsOf(t, ownModule+"@v0.98.0/cmd/crossgo/steps.go")
		s.version = "v0.98.0"
		t.Setenv("GOPROXY", "file://"+t.TempDir())
		t.Setenv("GOMODCACHE", t.TempDir())
		_, err := s.path(t.Context())
		require.ErrorContains(t, err, "v0.98.0")
	})
}

// TestStepsOfAReleasedVersion: with -trimpath the command knows its version and no folder.
func TestStepsOfAReleasedVersion(t *testing.T) {
	const v = "v0.99.0"
	dir, _ := checkout(t, "package main\n\nfunc main() {}\n")
	proxy := t.TempDir()
	at := filepath.Join(proxy, ownModule, "@v")
	require.NoError(t, os.MkdirAll(at, 0o755))
	gomod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(at, v+".mod"), gomod, 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(at, v+".info"), []byte(`{"Version":"`+v+`"}`), 0o644))
	archive, err := os.Create(filepath.Join(at, v+".zip"))
	require.NoError(t, err)
	require.NoError(t, zip.CreateFromDir(archive, xmodule.Version{Path: ownModule, Version: v}, dir))
	require.NoError(t, archive.Close())

	for name, value := range map[string]string{"GOPROXY": "file://" + proxy, "GONOSUMDB": ownModule, "GOMODCACHE": t.TempDir(), "GOFLAGS": "-modcacherw"} {
		t.Setenv(name, value)
	}
	s := stepsOf(t, ownModule+"@"+v+"/cmd/crossgo/steps.go")
	s.version = v
	file, err := s.path(t.Context())
	require.NoError(t, err)
	require.NoError(t, checkSelf(file, runtime.GOARCH))
}

func TestStepsForAnotherMachine(t *testing.T) {
	other := map[string]string{"amd64": "arm64", "arm64": "amd64"}[runtime.GOARCH]
	_, source := checkout(t, "package main\n\nfunc main() {}\n")
	s := stepsOf(t, source)
	s.arch = other
	file, err := s.path(t.Context())
	require.NoError(t, err)
	require.NoError(t, checkSelf(file, other))

	_, err = selfPath(t.Context(), t.TempDir(), "s390x")
	require.EqualError(t, err, "the builder is linux/s390x, crossgo compiles on linux/amd64 and linux/arm64")
}
