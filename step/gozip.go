package step

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/internal/parallel"
)

// unpackGo unpacks the toolchain module's zip without its prefix, leaves out what no build reads, and returns the hash that the
// checksum database knows the zip by. Each file is decompressed once, on all processors: it is the longest of the steps that a
// build on an empty machine begins with.
func unpackGo(ctx context.Context, archive, dest, prefix string, without leaver) (hash string, err error) {
	r, err := zip.OpenReader(archive)
	if err != nil {
		return "", err
	}
	defer r.Close()
	if err := makePlaces(r.File, dest, prefix, without); err != nil {
		return "", err
	}
	lines, err := parallel.Map(ctx, runtime.GOMAXPROCS(0), r.File, func(_ context.Context, f *zip.File) (hashLine, error) {
		sum, err := unpackFile(f, dest, strings.TrimPrefix(f.Name, prefix), without)
		if err != nil {
			return hashLine{}, fmt.Errorf("%s: %w", f.Name, err)
		}
		return hashLine{f.Name, sum}, nil
	})
	return hash1(lines), err
}

// maxGo is how many bytes a Go distribution may have unpacked, four times what those of today have.
const maxGo = 1 << 30

// makePlaces makes the directories that the files go to, and refuses what must reach neither the disk nor the hash: one file's
// line would pass for those of several if its name had an end of line in it.
func makePlaces(list []*zip.File, dest, prefix string, without leaver) error {
	var size uint64
	made := map[string]bool{}
	for _, f := range list {
		name := strings.TrimPrefix(f.Name, prefix)
		if size += f.UncompressedSize64; size > maxGo {
			return fmt.Errorf("it holds more than %d MiB", maxGo>>20)
		}
		if strings.Contains(name, "\n") || !filepath.IsLocal(name) {
			return fmt.Errorf("it holds %q, which is no name of a file", f.Name)
		}
		if dir := filepath.Join(dest, filepath.Dir(name)); !without(name) && !made[dir] {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			made[dir] = true
		}
	}
	return nil
}

// unpackFile writes a file of the zip, unless it is left out, and returns its SHA-256.
func unpackFile(f *zip.File, dest, name string, without leaver) (sum [sha256.Size]byte, err error) {
	in, err := f.Open()
	if err != nil {
		return sum, err
	}
	defer in.Close()
	h := sha256.New()
	if strings.HasSuffix(name, "/") || without(name) {
		_, err = io.Copy(h, in)
	} else {
		err = writeGo(filepath.Join(dest, name), fileMode(name), io.TeeReader(in, h))
	}
	return [sha256.Size]byte(h.Sum(nil)), err
}

// fileMode is the mode of a file of the distribution. Module zips carry none: what lies in bin and pkg/tool is executable.
func fileMode(name string) os.FileMode {
	if strings.HasPrefix(name, "bin/") || strings.HasPrefix(name, "pkg/tool/") {
		return 0o755
	}
	return 0o644
}

// writeGo writes a file that is not there yet.
func writeGo(file string, mode os.FileMode, from io.Reader) error {
	out, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, from)
	return errors.Join(err, out.Close())
}

// goPrograms are those of the distribution that go build starts (cmd/go/internal/work); older Go has some that newer Go does within
// itself. The others, such as vet and gofmt, are as large as all of these together, but for the compiler.
var goPrograms = []string{"go", "asm", "buildid", "cgo", "compile", "link", "pack", "preprofile"}

// leaver says whether a file of the distribution is left out.
type leaver func(name string) bool

// leaverFor is the one for a job.
func leaverFor(tools bool) leaver {
	if tools {
		return noTool
	}
	return leftOut
}

// noTool leaves less out than leftOut: go vet and the tools for coverage are wanted, which newer Go compiles when they are asked for.
func noTool(name string) bool {
	tool := strings.HasPrefix(name, "pkg/tool/") || strings.HasPrefix(name, "src/cmd/") && !strings.HasSuffix(name, "_test.go") && !strings.Contains(name, "/testdata/")
	return !tool && leftOut(name)
}

// leftOut says whether a file of the distribution is nothing that a build reads: tests, documentation, programs for other ends, and
// the sources of the go command itself, which come compiled.
func leftOut(name string) bool {
	top, _, _ := strings.Cut(name, "/")
	switch {
	case slices.Contains([]string{"api", "doc", "misc", "test"}, top):
		return true
	case strings.HasPrefix(name, "bin/"), strings.HasPrefix(name, "pkg/tool/"):
		return !slices.Contains(goPrograms, path.Base(name))
	case strings.HasPrefix(name, "src/cmd/"), strings.HasSuffix(name, "_test.go"):
		return true
	}
	return strings.Contains(name, "/testdata/")
}

// hashLine is what one file adds to the hash of a zip.
type hashLine struct {
	name string
	sum  [sha256.Size]byte
}

// hash1 is the hash of a module zip as checksum databases have it (golang.org/x/mod/sumdb/dirhash.Hash1), from sums that are
// known already.
func hash1(lines []hashLine) string {
	slices.SortFunc(lines, func(a, b hashLine) int { return strings.Compare(a.name, b.name) })
	h := sha256.New()
	for _, l := range lines {
		fmt.Fprintf(h, "%x  %s\n", l.sum, l.name)
	}
	return "h1:" + base64.StdEncoding.EncodeToString(h.Sum(nil))
}
