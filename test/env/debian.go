package env

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"golang.org/x/sync/singleflight"
)

// debianFiles serves the archives /debian and /debian-security in their real layout: what is below dists from a
// snapshot, package files from the cache, read through to the machine's mirror and checked by the digest that the
// snapshot has.
type debianFiles struct {
	cache    string // directory whose tree below pool is that of the served paths
	snapshot *snapshot
	upstream *upstream
	flight   singleflight.Group
}

// debianKeyring are the keys of the machine's own archive, of the package debian-archive-keyring.
const debianKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

// debianArchive opens the archive of this run, and the key that it is signed with.
func (e *Env) debianArchive() (*debianFiles, *archiveKey, error) {
	up, err := machineMirrors()
	if err != nil {
		return nil, nil, err
	}
	f, err := os.Open(debianKeyring)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	keys, err := openpgp.ReadKeyRing(f)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", debianKeyring, err)
	}
	dir := filepath.Join(e.Cache, "archive")
	all := snapshots{dir: dir, pool: e.Cache, suites: suitesInUse, keys: keys, up: up, now: time.Now}
	snapshot, key, err := all.open()
	return &debianFiles{cache: e.Cache, snapshot: snapshot, upstream: up}, key, err
}

// debianPath is what the archives have: no "..", no query, no shell's business.
var debianPath = regexp.MustCompile(`^/debian(-security)?/(dists|pool)/[A-Za-z0-9+._~/-]+$`)

func (d *debianFiles) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Path
	if !debianPath.MatchString(name) || path.Clean(name) != name {
		http.NotFound(w, r)
		return
	}
	if strings.Contains(name, "/dists/") {
		serveFile(w, r, filepath.Join(d.snapshot.dir, name), nil)
		return
	}
	file := filepath.Join(d.cache, name)
	_, err, _ := d.flight.Do(name, func() (any, error) { return nil, d.fill(name, file) })
	serveFile(w, r, file, err)
}

// fill makes a package file exist in the cache, with the bytes that the index names.
func (d *debianFiles) fill(name, file string) error {
	if _, err := os.Stat(file); err == nil {
		return nil
	}
	digest, err := d.snapshot.digest(name)
	if err != nil {
		return err
	}
	err = d.upstream.fetch(context.Background(), name, digest, file)
	if errors.Is(err, os.ErrNotExist) {
		gone := fmt.Errorf("the mirror has no %s any more, which its index names; the next run composes a new snapshot", name)
		return errors.Join(gone, d.snapshot.spoil())
	}
	return err
}

// serveFile answers with a cached file, or with the reason there is none. The entity tag is made the way web
// servers of real mirrors make it, from time and size.
func serveFile(w http.ResponseWriter, r *http.Request, file string, err error) {
	info, statErr := os.Stat(file)
	switch {
	case errors.Is(err, os.ErrNotExist), err == nil && (statErr != nil || info.IsDir()):
		http.Error(w, "404 page not found", http.StatusNotFound)
		return
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.Header().Set("ETag", fmt.Sprintf(`"%x-%x"`, info.ModTime().UnixNano(), info.Size()))
	http.ServeFile(w, r, file)
}
