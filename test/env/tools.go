package env

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/gofrs/flock"
)

// Tools are the paths of the programs driven by the tests.
type Tools struct {
	Buildkitd, Buildx string
}

// toolPackage is a program to build, by file name.
type toolPackage struct{ name, pkg string }

// toolPackages are the programs built from test/tools.
var toolPackages = []toolPackage{
	{"buildkitd", "github.com/moby/buildkit/cmd/buildkitd"},
	{"docker-buildx", "github.com/docker/buildx/cmd/buildx"},
}

// findTools takes the ready-made programs, or builds those that the cache lacks.
func findTools(repo, cache string) (Tools, error) {
	dir := os.Getenv("CROSSGO_TEST_BIN")
	if dir == "" {
		module := filepath.Join(repo, "test", "tools")
		version, err := toolsVersion(module)
		if err != nil {
			return Tools{}, err
		}
		dir = filepath.Join(cache, "bin", version)
		if err := buildTools(module, dir, toolPackages); err != nil {
			return Tools{}, err
		}
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, t := range toolPackages {
		if _, err := os.Stat(at(t.name)); err != nil {
			return Tools{}, fmt.Errorf("CROSSGO_TEST_BIN: %w", err)
		}
	}
	return Tools{Buildkitd: at("buildkitd"), Buildx: at("docker-buildx")}, nil
}

// olderBuildkitd is the path of buildkitd of an older version, "0.13", which a module of its own in test/tools pins. It is built
// when a test asks for it first.
func (e *Env) olderBuildkitd(version string) (string, error) {
	name := "buildkit-" + version
	if dir := os.Getenv("CROSSGO_TEST_BIN"); dir != "" {
		ready := filepath.Join(dir, name)
		_, err := os.Stat(ready)
		return ready, err
	}
	module := filepath.Join(e.Repo, "test", "tools", name)
	pins, err := toolsVersion(module)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(e.Cache, "bin", pins)
	lock := flock.New(filepath.Join(e.Cache, name+".lock"))
	if err := lock.Lock(); err != nil {
		return "", err
	}
	defer lock.Unlock()
	return filepath.Join(dir, "buildkitd"), buildTools(module, dir, toolPackages[:1])
}

// toolsVersion names a directory for a module's programs: other pins, other directory.
func toolsVersion(module string) (string, error) {
	h := sha256.New()
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(module, name))
		if err != nil {
			return "", err
		}
		h.Write(data)
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

// buildTools builds the programs that dir lacks. Each gets its final name only when it is whole.
func buildTools(module, dir string, packages []toolPackage) error {
	for _, t := range packages {
		target := filepath.Join(dir, t.name)
		if _, err := os.Stat(target); err == nil {
			continue
		}
		if err := goBuild(module, t.pkg, target, "CGO_ENABLED=0"); err != nil {
			return err
		}
	}
	return nil
}

// goBuild builds one package of the module in dir into the file target, with the machine's own Go.
func goBuild(dir, pkg, target string, env ...string) error {
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	part := fmt.Sprintf("%s.%d.part", target, os.Getpid())
	defer os.Remove(part)
	cmd := exec.Command("go", "build", "-buildvcs=false", "-ldflags=-s -w", "-o", part, pkg)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", pkg, err, out)
	}
	return os.Rename(part, target)
}
