// Package env is the world the real-BuildKit tests run in: a registry, a mirror of Debian and of the module proxy, a
// buildkitd and the docker command with buildx, all on the loopback address, all started by one process and gone with it.
//
// Start makes all of it once per test binary. Nothing is skipped: when a part cannot start, Start says why. What is fetched from
// outside is kept: with a warm cache directory a run needs no network. Debian's archive is a snapshot, composed of what the
// machine's mirror has and signed by a key of the tests, so that a mirror that is out of step with itself fails no test.
//
// Environment variables:
//
//	CROSSGO_TEST_BIN    directory with ready-made buildkitd, buildkit-0.13, buildkit-0.18 and docker-buildx; otherwise they are built
//	CROSSGO_TEST_CACHE  directory for what is fetched and built once; otherwise crossgo-test below the user's cache directory
package env

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/gofrs/flock"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Env is the running world.
type Env struct {
	Repo     string    // root of the crossgo checkout
	Cache    string    // kept between runs: downloads, built programs
	Dir      string    // of this run alone, removed by Close
	Tools    Tools     // the programs driven
	Registry *Registry // answers for docker.io, ghcr.io and gcr.io too
	Mirror   *Mirror   // Debian, module proxy and checksum database, well behaved
	Daemon   *Daemon   // the daemon most tests share

	content *content // what mirrors serve

	once struct {
		frontend, crossgo, goBase, bases sync.Once
	}
	frontendErr, crossgoErr, goBaseErr, basesErr error

	bases   map[string]v1.Hash // digests of BaseImages
	closers []func() error
}

// Start brings the world up. The caller must Close it, also when tests fail.
func Start() (*Env, error) {
	e, err := open()
	if err != nil {
		return nil, err
	}
	for _, step := range []func() error{e.setup, e.startRegistry, e.startMirror, e.startDaemon} {
		if err := step(); err != nil {
			return nil, errors.Join(err, e.Close())
		}
	}
	return e, nil
}

// Close stops everything in the opposite order and removes what this run wrote.
func (e *Env) Close() error {
	var errs []error
	for i := len(e.closers) - 1; i >= 0; i-- {
		errs = append(errs, e.closers[i]())
	}
	e.closers = nil
	return errors.Join(errs...)
}

// open finds the checkout and makes the directories.
func open() (*Env, error) {
	repo, err := repoRoot()
	if err != nil {
		return nil, err
	}
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "crossgo-env-")
	if err != nil {
		return nil, err
	}
	e := &Env{Repo: repo, Cache: cache, Dir: dir}
	e.closers = append(e.closers, func() error { return os.RemoveAll(dir) })
	return e, nil
}

// setup installs what is missing and finds or builds the programs. One test binary at a time: two that start together
// would compile the same programs side by side.
func (e *Env) setup() error {
	lock := flock.New(filepath.Join(e.Cache, "setup.lock"))
	if err := lock.Lock(); err != nil {
		return err
	}
	defer lock.Unlock()
	script := filepath.Join(e.Repo, "test", "setup.sh")
	if out, err := exec.Command(script).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", script, err, out)
	}
	tools, err := findTools(e.Repo, e.Cache)
	if err != nil {
		return err
	}
	e.Tools = tools
	return nil
}

// repoRoot is the directory of crossgo's go.mod.
func repoRoot() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	mod := strings.TrimSpace(string(out))
	if filepath.Base(mod) != "go.mod" {
		return "", fmt.Errorf("go env GOMOD: found %q: the tests run inside crossgo's module only", mod)
	}
	return filepath.Dir(mod), nil
}

// cacheDir is where downloads and built programs are kept.
func cacheDir() (string, error) {
	dir := os.Getenv("CROSSGO_TEST_CACHE")
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("set CROSSGO_TEST_CACHE: %w", err)
		}
		dir = filepath.Join(user, "crossgo-test")
	}
	return dir, os.MkdirAll(dir, 0o755)
}
