package env

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// suiteIndexes are the package indexes of one suite while it is composed.
type suiteIndexes struct {
	suiteInUse
	*composer
	dists   string // "/debian/dists/trixie"
	release []byte // text of the mirror's signed index

	mu    sync.Mutex
	lines []string // of the list in the signed index to be
	stale []string // directories whose index is not the one that the mirror's signed index names
	whole string   // an index file that is
}

// indexNames are the compressed forms of an index, the preferred first.
var indexNames = []string{".xz", ".gz"}

// dirs are the directories of indexes that the suite has and the tests use: "main/binary-arm64".
func (s *suiteIndexes) dirs() []string {
	var dirs []string
	for _, arch := range archsInUse {
		dirs = append(dirs, "main/binary-"+arch)
	}
	if s.source {
		dirs = append(dirs, "main/source")
	}
	return slices.DeleteFunc(dirs, func(dir string) bool { return len(s.named(dir)) == 0 })
}

// named are the digests of a directory's indexes in the mirror's signed index, by name.
func (s *suiteIndexes) named(dir string) map[string]string { return namedIndexes(s.release, dir) }

// namedIndexes are the digests that a Release gives the indexes in a directory, by name.
func namedIndexes(release []byte, dir string) map[string]string {
	all := map[string]string{}
	for _, m := range compressedIndex.FindAllSubmatch(release, -1) {
		if path.Dir(string(m[2])) == dir {
			all[path.Base(string(m[2]))] = string(m[1])
		}
	}
	return all
}

// indexName is "Packages" or "Sources".
func indexName(dir string) string {
	if path.Base(dir) == "source" {
		return "Sources"
	}
	return "Packages"
}

// add takes the index that the mirror's signed index names, or puts the directory off.
func (s *suiteIndexes) add(ctx context.Context, dir string) error {
	named := s.named(dir)
	for _, ending := range indexNames {
		name := indexName(dir) + ending
		digest, ok := named[name]
		if !ok {
			continue
		}
		file := filepath.Join(s.dir, "fetched", s.dists, dir, name)
		if err := s.up.fetch(ctx, path.Join(s.dists, dir, "by-hash/SHA256", digest), digest, file); err != nil {
			continue
		}
		if indexName(dir) == "Packages" {
			s.mu.Lock()
			s.whole = file
			s.mu.Unlock()
		}
		return s.place(dir, file, s.plainLine(dir))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stale = append(s.stale, dir)
	return ctx.Err()
}

// plainLine is the line of the mirror's signed index about a directory's index as it is uncompressed: apt asks for
// no index that has none, though the file itself is not in the archive.
func (s *suiteIndexes) plainLine(dir string) string {
	line := regexp.MustCompile(`(?m)^ [0-9a-f]{64} +\d+ ` + regexp.QuoteMeta(dir+"/"+indexName(dir)) + `\n`)
	return string(line.Find(s.release))
}

// lineOf is a line of a signed index.
func lineOf(data []byte, name string) string {
	return fmt.Sprintf(" %x %d %s\n", sha256.Sum256(data), len(data), name)
}

// addStale finds an index for each of the other directories.
func (s *suiteIndexes) addStale(ctx context.Context) error {
	slices.Sort(s.stale)
	for _, dir := range s.stale {
		file, from := s.otherIndex(ctx, dir)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case file != "":
			s.note("%s/%s: not the index that the signed index names: %s", s.dists, dir, from)
			if err := s.addLiving(ctx, dir, file); err != nil {
				return err
			}
		case s.extra:
			s.note("%s/%s: the mirror has no index of it: taken as one without packages", s.dists, dir)
			if err := s.placeText(dir, nil); err != nil {
				return err
			}
		default:
			s.note("%s/%s: the mirror has no index of it: left out", s.dists, dir)
		}
	}
	return nil
}

// otherIndex is an index of another day: the one that the mirror has under the plain name, or the former snapshot's.
func (s *suiteIndexes) otherIndex(ctx context.Context, dir string) (file, from string) {
	for _, ending := range indexNames {
		name := path.Join(s.dists, dir, indexName(dir)+ending)
		file := filepath.Join(s.dir, "fetched", name)
		if s.up.fetch(ctx, name, "", file) != nil {
			continue
		}
		if text, err := readIndex(file); err == nil && bytes.HasPrefix(text, []byte("Package: ")) {
			return file, "the mirror's " + indexName(dir) + ending
		}
	}
	for _, ending := range indexNames {
		if s.kept == nil {
			break
		}
		file := filepath.Join(s.kept.dir, s.dists, dir, indexName(dir)+ending)
		if _, err := os.Stat(file); err == nil {
			return file, "the former snapshot's"
		}
	}
	return "", ""
}

// addLiving takes an index without the packages in use that have left the pool. One that has no other version in
// the index gets the version that the suite has for another architecture.
func (s *suiteIndexes) addLiving(ctx context.Context, dir, file string) error {
	text, err := readIndex(file)
	if err != nil {
		return err
	}
	used := closure(text, packagesInUse)
	gone := s.gone(ctx, used)
	if len(gone) == 0 {
		return s.place(dir, file, lineOf(text, dir+"/"+indexName(dir)))
	}
	var living bytes.Buffer
	for p := range paragraphs(text) {
		if !gone[p.get("Filename")] {
			living.Write(p)
			living.WriteString("\n\n")
		}
	}
	for _, p := range used {
		if gone[p.get("Filename")] {
			s.note("%s/%s: the pool lacks %s", s.dists, dir, p.get("Filename"))
			living.Write(s.successor(ctx, p, strings.TrimPrefix(path.Base(dir), "binary-")))
		}
	}
	return s.placeText(dir, living.Bytes())
}

// gone are the files of packages that the mirror says it lacks.
func (s *suiteIndexes) gone(ctx context.Context, used []paragraph) map[string]bool {
	gone := map[string]bool{}
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(8)
	for _, p := range used {
		file := p.get("Filename")
		group.Go(func() error {
			if s.up.lacks(ctx, path.Join("/", s.archive, file)) {
				mu.Lock()
				defer mu.Unlock()
				gone[file] = true
			}
			return nil
		})
	}
	_ = group.Wait() // none of them fails
	return gone
}

// successor is the paragraph of a package in the version that an index in step has, made from the package file
// itself as the archive makes it; nothing where the suite has none.
func (s *suiteIndexes) successor(ctx context.Context, of paragraph, arch string) []byte {
	if s.whole == "" {
		return nil
	}
	text, err := readIndex(s.whole)
	if err != nil {
		return nil
	}
	var newer paragraph
	for p := range paragraphs(text) {
		if p.get("Package") == of.get("Package") {
			newer = p
		}
	}
	base, ok := strings.CutSuffix(newer.get("Filename"), "_"+newer.get("Architecture")+".deb")
	if newer == nil || !ok {
		return nil
	}
	if newer.get("Architecture") == "all" {
		return append(slices.Clone(newer), "\n\n"...)
	}
	name := base + "_" + arch + ".deb"
	file := filepath.Join(s.pool, s.archive, name)
	if s.up.fetch(ctx, path.Join("/", s.archive, name), "", file) != nil {
		return nil
	}
	made, err := describe(file, name)
	if err != nil {
		return nil
	}
	return made
}

// describe is an index's paragraph of a package file.
func describe(file, name string) ([]byte, error) {
	control, err := exec.Command("dpkg-deb", "--field", file).Output()
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	fields := "%s\nFilename: %s\nSize: %d\nSHA256: %x\n\n"
	return fmt.Appendf(nil, fields, bytes.TrimSpace(control), name, len(data), sha256.Sum256(data)), nil
}

// placeText compresses an index that is not as the mirror has it.
func (s *suiteIndexes) placeText(dir string, text []byte) error {
	file := filepath.Join(s.dir, "fetched", s.dists, dir, indexName(dir)+".changed.gz")
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	if err := errors.Join(err, w.Close(), writeWhole(file, out.Bytes(), 0o644)); err != nil {
		return err
	}
	return s.place(dir, file, lineOf(text, dir+"/"+indexName(dir)))
}

// place puts an index where the archive has it, and into the list of the signed index, beside the line of its
// uncompressed form.
func (s *suiteIndexes) place(dir, file, plain string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	name := path.Join(dir, indexName(dir)+path.Ext(file))
	byHash := filepath.Join(s.dir, s.dists, dir, "by-hash/SHA256", fmt.Sprintf("%x", sha256.Sum256(data)))
	plainName := filepath.Join(s.dir, s.dists, name)
	if err := errors.Join(writeWhole(byHash, data, 0o644), os.Link(byHash, plainName)); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, plain+lineOf(data, name))
	return nil
}

// lists is where the lists of files in a Release begin.
var lists = regexp.MustCompile(`(?m)^(MD5Sum|SHA1|SHA256|SHA512):`)

// text is the text of the signed index: the mirror's, of what there is here. A suite that has an end gets one far
// away, since a snapshot is used for as long as it lasts.
func (s *suiteIndexes) text() []byte {
	text := s.release
	if at := lists.FindIndex(text); at != nil {
		text = text[:at[0]]
	}
	text = slices.Clone(text)
	dirOf := func(line string) string { return path.Base(path.Dir(line)) }
	slices.SortFunc(s.lines, func(a, b string) int { return strings.Compare(dirOf(a), dirOf(b)) })
	var archs []string
	for _, l := range s.lines {
		if arch, ok := strings.CutPrefix(dirOf(l), "binary-"); ok {
			archs = append(archs, arch)
		}
	}
	text = setField(text, "Architectures", strings.Join(archs, " "))
	text = setField(text, "Components", strings.Fields(field(text, "Components"))[0])
	text = setField(text, "Acquire-By-Hash", "yes")
	if until, err := time.Parse(time.RFC1123, field(text, "Valid-Until")); err == nil {
		text = setField(text, "Valid-Until", stamp(until.AddDate(10, 0, 0)))
	}
	return append(text, "SHA256:\n"+strings.Join(s.lines, "")...)
}
