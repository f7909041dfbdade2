package env

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/sync/singleflight"
)

// goProxy serves the module proxy protocol (https://go.dev/ref/mod#goproxy-protocol) out of module caches: its own, and
// the machine's, read only. What neither has the go command fetches, checked by its checksum database.
type goProxy struct {
	own    string   // GOMODCACHE of this proxy
	dirs   []string // download directories of the caches, searched in order
	empty  string   // a directory outside any module
	flight singleflight.Group
}

// newGoProxy makes a proxy that keeps modules below cache.
func newGoProxy(cache, dir string) (*goProxy, error) {
	out, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOMODCACHE: %w", err)
	}
	p := &goProxy{own: filepath.Join(cache, "gomod"), empty: filepath.Join(dir, "empty")}
	for _, c := range []string{p.own, strings.TrimSpace(string(out))} {
		p.dirs = append(p.dirs, filepath.Join(c, "cache", "download"))
	}
	return p, os.MkdirAll(p.empty, 0o755)
}

func (p *goProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	mod, file, ok := strings.Cut(name, "/@")
	mod, err := module.UnescapePath(mod)
	if !ok || err != nil {
		http.NotFound(w, r)
		return
	}
	switch {
	case file == "latest":
		p.serveJSON(w, mod)
	case file == "v/list":
		p.serveList(w, mod)
	default:
		found, err := p.file(mod, strings.TrimPrefix(file, "v/"))
		serveFile(w, r, found, err)
	}
}

// file is the path of VERSION.info, .mod or .zip of a module, fetched if need be.
func (p *goProxy) file(mod, name string) (string, error) {
	escaped, err := module.EscapePath(mod)
	if err != nil {
		return "", err
	}
	kind := path.Ext(name)
	version, err := module.UnescapeVersion(strings.TrimSuffix(name, kind))
	if err != nil || !slices.Contains([]string{".info", ".mod", ".zip"}, kind) {
		return "", os.ErrNotExist
	}
	rel := filepath.Join(escaped, "@v", name)
	if found, err := p.find(rel); err == nil {
		return found, nil
	}
	args := []string{"list", "-m", "-json", mod + "@" + version} // makes .info and .mod, without the zip
	if kind == ".zip" {
		args = []string{"mod", "download", "-json", mod + "@" + version}
	}
	if _, err := p.goCommand(args...); err != nil {
		return "", err
	}
	return p.find(rel)
}

// find looks for a file in the caches.
func (p *goProxy) find(rel string) (string, error) {
	for _, dir := range p.dirs {
		file := filepath.Join(dir, rel)
		if _, err := os.Stat(file); err == nil {
			return file, nil
		}
	}
	return "", fmt.Errorf("%s: %w", rel, os.ErrNotExist)
}

// notFound are the words in which the go command says that a module or version cannot be had: some proxies answer 403 for
// what they do not serve.
var notFound = []string{"403 Forbidden", "404 Not Found", "410 Gone", "unknown revision", "no matching versions", "not found:", "invalid version"}

// goCommand runs the go command with the proxy's own module cache and returns what it prints. The same command is not
// run twice at a time.
func (p *goProxy) goCommand(args ...string) ([]byte, error) {
	out, err, _ := p.flight.Do(strings.Join(args, " "), func() (any, error) {
		var stdout, stderr bytes.Buffer
		cmd := exec.Command("go", args...)
		cmd.Dir, cmd.Stdout, cmd.Stderr = p.empty, &stdout, &stderr
		cmd.Env = append(os.Environ(), "GOMODCACHE="+p.own, "GOFLAGS=-mod=mod -modcacherw", "GO111MODULE=on",
			"GOTOOLCHAIN=local", "GOWORK=off")
		err := cmd.Run()
		said := stderr.String() + stdout.String()
		if err != nil && slices.ContainsFunc(notFound, func(w string) bool { return strings.Contains(said, w) }) {
			return nil, fmt.Errorf("%w: %s", os.ErrNotExist, said)
		}
		if err != nil {
			return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, said)
		}
		return stdout.Bytes(), nil
	})
	if err != nil {
		return nil, err
	}
	return out.([]byte), nil
}

// serveJSON answers @latest.
func (p *goProxy) serveJSON(w http.ResponseWriter, mod string) {
	var info struct {
		Version string
		Time    time.Time
	}
	if err := p.listed(&info, mod+"@latest"); err != nil {
		serveFile(w, nil, "", err)
		return
	}
	_ = json.NewEncoder(w).Encode(info) // a reader that went away is no concern of ours
}

// toolchainModule carries the releases of Go (go.dev/ref/mod#toolchain).
const toolchainModule = "golang.org/toolchain"

// Releases is a module proxy's list of releases of Go.
func Releases(versions ...string) string {
	var list strings.Builder
	for _, v := range versions {
		for _, arch := range []string{"amd64", "arm64"} {
			fmt.Fprintf(&list, "v0.0.1-go%s.linux-%s\n", v, arch)
		}
	}
	return list.String()
}

// serveList answers @v/list. Of Go there is this machine's release alone, so that all builds compile with one, on any day.
func (p *goProxy) serveList(w http.ResponseWriter, mod string) {
	if mod == toolchainModule {
		_, _ = io.WriteString(w, Releases(strings.TrimPrefix(runtime.Version(), "go")))
		return
	}
	var info struct{ Versions []string }
	if err := p.listed(&info, "-versions", mod+"@latest"); err != nil {
		serveFile(w, nil, "", err)
		return
	}
	_, _ = io.WriteString(w, strings.Join(info.Versions, "\n")+"\n")
}

// listed reads what go list says of a module.
func (p *goProxy) listed(into any, args ...string) error {
	out, err := p.goCommand(append([]string{"list", "-m", "-json"}, args...)...)
	if err != nil {
		return err
	}
	return json.Unmarshal(out, into)
}

// sums are the go.sum lines of a module version, of the bytes that the proxy serves.
func (p *goProxy) sums(mod, version string) ([]byte, error) {
	escaped, err := module.EscapeVersion(version)
	if err != nil {
		return nil, err
	}
	zip, zipErr := p.file(mod, escaped+".zip")
	gomod, modErr := p.file(mod, escaped+".mod")
	if err := errors.Join(zipErr, modErr); err != nil {
		return nil, err
	}
	zipSum, err := zipHash(zip)
	if err != nil {
		return nil, err
	}
	modSum, err := dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) { return os.Open(gomod) })
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "%s %s %s\n%s %s/go.mod %s\n", mod, version, zipSum, mod, version, modSum), nil
}

// zipHash takes the hash that the go command left beside the zip, since hashing a Go toolchain takes seconds.
func zipHash(zip string) (string, error) {
	if data, err := os.ReadFile(strings.TrimSuffix(zip, ".zip") + ".ziphash"); err == nil {
		return strings.TrimSpace(string(data)), nil
	}
	return dirhash.HashZip(zip, dirhash.Hash1)
}
