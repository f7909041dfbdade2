package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/crossgo/crossgo/test/env"
)

// fill fetches once, not measured and on a daemon that is not used again, everything that the rivals fetch, so that none
// waits for the mirror's first fetch of a file. On the way it makes the file system of the bare go build.
func (b *bench) fill() {
	fmt.Println("fill the mirror: not measured")
	b.makeRoot()
	dir := b.tempDir("fill-")
	for name, text := range map[string]string{
		"go.mod":       "module example.com/fill\n\ngo 1.26\n",
		"main.go":      "package main\n\nimport \"C\"\n\nfunc main() {}\n",
		"crossgo.yaml": sqliteSpec,
	} {
		b.check(os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	crossgo.build(b, &place{daemon: b.env.Daemon, dir: dir}, request{platforms: append([]string{extraPlatform}, twoPlatforms...)})
}

// makeRoot unpacks the stage bare of the Dockerfile. The stage's files are kept in the cache, for as long as what they are
// made of stays: all they need of the mirror is there then, too.
func (b *bench) makeRoot() {
	file := filepath.Join(b.env.Cache, "bench-bare-"+b.rootKey()+".tar")
	if _, err := os.Stat(file); err != nil {
		part := filepath.Join(b.env.Dir, "bare.tar")
		args := []string{"build", "-f", "Dockerfile", "--target=bare", "--platform=" + twoPlatforms[0], "-o", "type=tar,dest=" + part}
		b.env.BuildxOn(b, b.env.Daemon, b.sqlite(), append(append(args, b.env.Mirror.BuildArgs()...), ".")...).OK(b)
		env.Run(b, env.Cmd{Args: []string{"mv", part, file}}).OK(b)
	}
	b.root = b.tempDir("bare-")
	env.Run(b, env.Cmd{Args: []string{"tar", "-xpf", file, "-C", b.root}}).OK(b)
	for _, dir := range []string{"proc", "dev", "src", "out"} {
		b.check(os.MkdirAll(filepath.Join(b.root, dir), 0o755))
	}
}

// rootKey stands for what the stage bare is made of: the Dockerfile, Go, and the state of Debian's archive.
func (b *bench) rootKey() string {
	answer := must(http.Get(b.env.Mirror.Debian() + "/dists/" + baseSuite + "/InRelease"))
	defer answer.Body.Close()
	h := sha256.New()
	h.Write(must(os.ReadFile(filepath.Join(b.env.Repo, "test", "bench", "Dockerfile"))))
	fmt.Fprint(h, runtime.Version(), answer.StatusCode)
	must(io.Copy(h, answer.Body))
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// tempDir is a new directory of this run.
func (b *bench) tempDir(prefix string) string { return must(os.MkdirTemp(b.env.Dir, prefix)) }

// commit is the checkout that is measured.
func commit(repo string) (string, error) {
	out, err := exec.Command("git", "-C", repo, "describe", "--always", "--dirty").Output()
	if err != nil {
		return "", fmt.Errorf("git describe: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// chrootClean removes what a bare go build has written.
func (b *bench) chrootClean(p *place) {
	for _, dir := range []string{filepath.Dir(p.dir), filepath.Join(b.root, "out")} {
		b.check(os.RemoveAll(dir))
	}
	b.check(os.MkdirAll(filepath.Join(b.root, "out"), 0o755))
}

// versions are those of what is measured.
func (b *bench) versions() Versions {
	tools := string(must(os.ReadFile(filepath.Join(b.env.Repo, "test", "tools", "go.mod"))))
	return Versions{Crossgo: must(commit(b.env.Repo)), Go: runtime.Version(),
		BuildKit: must(required(tools, "github.com/moby/buildkit")), Buildx: must(required(tools, "github.com/docker/buildx"))}
}

// required is the version of a module that a go.mod requires.
func required(mod, path string) (string, error) {
	for line := range strings.Lines(mod) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == path {
			return words[1], nil
		}
	}
	return "", fmt.Errorf("test/tools/go.mod: found no requirement of %s", path)
}
