package env

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/gofrs/flock"
)

// A snapshot is a state of Debian's archives that the tests hold still: signed indexes, composed here, of the
// package indexes that the machine's mirror has. A mirror whose parts are of different days, as caches make them,
// is a mirror nonetheless: each architecture has an index, each index lists files that are there. Of a signed
// index and its package indexes only the first would say otherwise, so it is written anew and signed with the test
// archive's key.
//
// It is kept in the cache directory. Once it is old, a new one takes its place when the mirror is no further out
// of step than it was then; a run without a network uses what there is.
type snapshot struct {
	dir string // its tree is that of the served paths

	mu      sync.Mutex
	digests map[string]map[string][32]byte // by index file, then by path of a package file in the archive
}

const (
	freshFor    = 12 * time.Hour   // how old a snapshot may be when a run first asks for it
	againAfter  = time.Hour        // how soon a run looks again, once the mirror had nothing better
	composeFor  = 10 * time.Minute // how long composing may take
	notesFile   = "notes"          // in a snapshot: what is not as the mirror's signed index has it, a line each
	goodFile    = "good"           // in a snapshot: its time is when the mirror is to be asked again
	spoiledFile = "spoiled"        // in a snapshot: it names a package file that the mirror has dropped
)

// snapshots is the directory that they are kept in, by the time of their making.
type snapshots struct {
	dir    string
	pool   string // directory with the package files that are kept
	suites []suiteInUse
	keys   openpgp.EntityList // who signs the mirror's own index
	up     *upstream
	now    func() time.Time
}

// open returns the snapshot of this run and the key that signs it, composing one when there is none or the kept
// one is old.
func (s snapshots) open() (*snapshot, *archiveKey, error) {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return nil, nil, err
	}
	lock := flock.New(filepath.Join(s.dir, "lock"))
	if err := lock.Lock(); err != nil {
		return nil, nil, err
	}
	defer lock.Unlock()
	key, err := keptKey(s.dir)
	if err != nil {
		return nil, nil, err
	}
	kept, err := s.newest()
	if err != nil || kept != nil && s.fresh(kept) {
		return kept, key, err
	}
	made, err := s.compose(key, kept)
	switch {
	case err != nil && kept == nil:
		return nil, nil, fmt.Errorf("no snapshot of Debian's archives in %s, and none can be composed: %w", s.dir, err)
	case err != nil:
		fmt.Fprintf(os.Stderr, "the archive is an earlier run's, %s: no newer one can be composed: %v\n", kept.dir, err)
		return kept, key, kept.goodUntil(s.now().Add(againAfter))
	case kept != nil && !kept.has(spoiledFile) && made.notes() > kept.notes():
		return kept, key, errors.Join(os.RemoveAll(made.dir), kept.goodUntil(s.now().Add(againAfter)))
	}
	if n := made.notes(); n > 0 {
		fmt.Fprintf(os.Stderr, "the machine's Debian mirror is not whole: %d lines in %s\n", n, filepath.Join(made.dir, notesFile))
	}
	return made, key, s.clean()
}

// newest is the last one that was composed, or nil.
func (s snapshots) newest() (*snapshot, error) {
	names, err := s.names()
	if err != nil || len(names) == 0 {
		return nil, err
	}
	return &snapshot{dir: filepath.Join(s.dir, names[len(names)-1])}, nil
}

// names are the directories of whole snapshots, the oldest first.
func (s snapshots) names() ([]string, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if _, err := strconv.Atoi(e.Name()); err == nil && e.IsDir() {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// fresh says whether the run may go without asking the mirror.
func (s snapshots) fresh(kept *snapshot) bool {
	if kept.has(spoiledFile) {
		return false
	}
	info, err := os.Stat(filepath.Join(kept.dir, goodFile))
	return err == nil && s.now().Before(info.ModTime())
}

// compose makes a snapshot beside the kept one.
func (s snapshots) compose(key *archiveKey, kept *snapshot) (*snapshot, error) {
	part := filepath.Join(s.dir, "part")
	if err := os.RemoveAll(part); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), composeFor)
	defer cancel()
	c := &composer{up: s.up, keys: s.keys, key: key, dir: part, pool: s.pool, kept: kept}
	if err := errors.Join(c.compose(ctx, s.suites), os.RemoveAll(filepath.Join(part, "fetched"))); err != nil {
		return nil, errors.Join(err, os.RemoveAll(part))
	}
	made := &snapshot{dir: filepath.Join(s.dir, fmt.Sprintf("%012d", s.now().Unix()))}
	if err := os.Rename(part, made.dir); err != nil {
		return nil, err
	}
	return made, made.goodUntil(s.now().Add(freshFor))
}

// clean removes all but the newest and the one before, which another run may be reading.
func (s snapshots) clean() error {
	names, err := s.names()
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range names[:max(0, len(names)-2)] {
		errs = append(errs, os.RemoveAll(filepath.Join(s.dir, name)))
	}
	return errors.Join(errs...)
}

func (s *snapshot) has(name string) bool {
	_, err := os.Stat(filepath.Join(s.dir, name))
	return err == nil
}

// notes is how many parts are not as the mirror's signed index has them.
func (s *snapshot) notes() int {
	data, err := os.ReadFile(filepath.Join(s.dir, notesFile))
	if err != nil {
		return 0 // a whole mirror leaves none
	}
	return strings.Count(string(data), "\n")
}

// goodUntil says when the mirror is to be asked again.
func (s *snapshot) goodUntil(t time.Time) error {
	file := filepath.Join(s.dir, goodFile)
	return errors.Join(os.WriteFile(file, nil, 0o644), os.Chtimes(file, t, t))
}

// spoil lets the next run compose a new one.
func (s *snapshot) spoil() error { return os.WriteFile(filepath.Join(s.dir, spoiledFile), nil, 0o644) }

// digest is the SHA256 that the indexes have for a served path of the pool; fs.ErrNotExist for what none of them
// lists.
func (s *snapshot) digest(name string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	archive, file, _ := strings.Cut(strings.TrimPrefix(name, "/"), "/")
	indexes, err := filepath.Glob(filepath.Join(s.dir, archive, "dists/*/main", indexDir(file), "*s.[xg]z"))
	if err != nil {
		return "", err
	}
	for _, index := range indexes {
		if s.digests[index] == nil {
			if err := s.load(index); err != nil {
				return "", err
			}
		}
		if sum, ok := s.digests[index][file]; ok {
			return fmt.Sprintf("%x", sum), nil
		}
	}
	return "", fmt.Errorf("no index lists %s: %w", name, fs.ErrNotExist)
}

// indexDir is the pattern of the directories whose index lists a file of the pool.
func indexDir(file string) string {
	base, ok := strings.CutSuffix(file, ".deb")
	if !ok {
		return "source"
	}
	arch := base[strings.LastIndex(base, "_")+1:]
	if arch == "all" {
		arch = "*"
	}
	return "binary-" + arch
}

// load reads one index.
func (s *snapshot) load(index string) error {
	text, err := readIndex(index)
	if err != nil {
		return err
	}
	if s.digests == nil {
		s.digests = map[string]map[string][32]byte{}
	}
	s.digests[index] = listed(text)
	return nil
}
