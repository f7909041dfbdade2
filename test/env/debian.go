package env

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	aptHelper = "/usr/lib/apt/apt-helper" // part of the apt package: fetches one file the way apt would
	freshFor  = 12 * time.Hour            // how old a kept InRelease may be when a run first asks for it
)

// debianFiles serves the archives /debian and /debian-security in their real layout, reading through to the mirrors that
// the machine's apt uses.
type debianFiles struct {
	cache    string            // directory whose tree is that of the served paths
	upstream map[string]string // "/debian" → address of the machine's mirror of it
	began    time.Time         // of this run: a signed index is looked at for age once, so that a run sees one state
	flight   singleflight.Group
}

// newDebianFiles finds the machine's mirrors.
func newDebianFiles(cache string) (*debianFiles, error) {
	sources, err := aptSources("/etc/apt")
	if err != nil {
		return nil, err
	}
	up := map[string]string{}
	for _, archive := range []string{"/debian", "/debian-security"} {
		address, err := archiveAddress(sources, archive)
		if err != nil {
			return nil, err
		}
		up[archive] = address
	}
	return &debianFiles{cache: cache, upstream: up, began: time.Now()}, nil
}

// aptSources is the text of all source lists of apt, in both formats.
func aptSources(etc string) (string, error) {
	var text strings.Builder
	for _, pattern := range []string{"sources.list", "sources.list.d/*.list", "sources.list.d/*.sources"} {
		files, err := filepath.Glob(filepath.Join(etc, pattern))
		if err != nil {
			return "", err
		}
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				return "", err
			}
			text.Write(append(data, '\n'))
		}
	}
	return text.String(), nil
}

// archiveAddress is the first address in the source lists that ends in the archive's name, without a final slash.
func archiveAddress(sources, archive string) (string, error) {
	uri := regexp.MustCompile(`(?m)^[^#\n]*?\s(https?://\S+` + regexp.QuoteMeta(archive) + `)/?(\s|$)`)
	m := uri.FindStringSubmatch(sources)
	if m == nil {
		return "", fmt.Errorf("apt's source lists name no address that ends in %s", archive)
	}
	return m[1], nil
}

// debianPath is what the archives have: no "..", no query, no shell's business.
var debianPath = regexp.MustCompile(`^/debian(-security)?/(dists|pool)/[A-Za-z0-9+._~/-]+$`)

func (d *debianFiles) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Path
	if !debianPath.MatchString(name) || path.Clean(name) != name {
		http.NotFound(w, r)
		return
	}
	_, err, _ := d.flight.Do(name, func() (any, error) { return nil, d.fill(name) })
	serveFile(w, r, filepath.Join(d.cache, name), err)
}

// fill makes the file exist in the cache.
func (d *debianFiles) fill(name string) error {
	file := filepath.Join(d.cache, name)
	if d.keeps(file) {
		return nil
	}
	archive := "/" + strings.SplitN(name, "/", 3)[1]
	part := file + ".part"
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	defer os.Remove(part)
	args := []string{"-o", "APT::Sandbox::User=root", "download-file", d.upstream[archive] + strings.TrimPrefix(name, archive), part}
	if digest, ok := byHash(name); ok {
		args = append(args, digest)
	}
	if err := runAptHelper(args); err != nil {
		return err
	}
	now := time.Now() // the server's own date says nothing of when we asked
	return errors.Join(os.Chtimes(part, now, now), os.Rename(part, file))
}

// keeps says whether the cached file will do.
func (d *debianFiles) keeps(file string) bool {
	info, err := os.Stat(file)
	if err != nil {
		return false
	}
	return path.Base(file) != "InRelease" || d.began.Sub(info.ModTime()) < freshFor
}

// byHash is the digest in a by-hash path, as apt's helper wants it.
func byHash(name string) (string, bool) {
	_, hex, ok := strings.Cut(name, "/by-hash/SHA256/")
	return "SHA256:" + hex, ok
}

// runAptHelper fetches; a file that the mirror has not is os.ErrNotExist.
func runAptHelper(args []string) error {
	var out bytes.Buffer
	cmd := exec.Command(aptHelper, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if err != nil && strings.Contains(out.String(), "404") {
		return fmt.Errorf("%w: %s", os.ErrNotExist, out.String())
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", aptHelper, strings.Join(args, " "), err, out.String())
	}
	return nil
}

// serveFile answers with a cached file, or with the reason there is none. The entity tag is made the way web servers of
// real mirrors make it, from time and size.
func serveFile(w http.ResponseWriter, r *http.Request, file string, err error) {
	switch {
	case errors.Is(err, os.ErrNotExist):
		http.Error(w, "404 page not found", http.StatusNotFound)
		return
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	if info, err := os.Stat(file); err == nil {
		w.Header().Set("ETag", fmt.Sprintf(`"%x-%x"`, info.ModTime().UnixNano(), info.Size()))
	}
	http.ServeFile(w, r, file)
}
