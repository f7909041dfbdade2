package step

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/internal/parallel"
	"github.com/crossgo/crossgo/plan"
)

// skim writes plan.SkeletonFile: the source tree with only what go list reads of it, which is what a package is made of and
// not what its functions do. So a line edited in a function asks nothing of the go command again.
func skim(ctx context.Context, _ plan.SkimJob) error {
	entries, err := skeleton(ctx, plan.PathSource)
	if err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(plan.PathOut, plan.SkeletonFile))
	if err != nil {
		return err
	}
	return errors.Join(writeSkeleton(f, entries), f.Close())
}

// entry is one file of the skeleton, by its slash-separated path.
type entry struct {
	name string
	mode fs.FileMode // type only
	text []byte      // what is kept; of a symbolic link its target
}

// skeleton reads the tree below dir, in the order of names.
func skeleton(ctx context.Context, dir string) ([]entry, error) {
	var all []entry
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if t := d.Type(); t.IsRegular() || t.IsDir() || t == fs.ModeSymlink {
			all = append(all, entry{name: filepath.ToSlash(rel), mode: t})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	linked := linkTargets(dir, all)
	return parallel.Map(ctx, runtime.GOMAXPROCS(0), all, func(_ context.Context, e entry) (entry, error) {
		var err error
		file := filepath.Join(dir, filepath.FromSlash(e.name))
		if linked[e.name] {
			e.text, err = os.ReadFile(file)
		} else {
			e.text, err = kept(file, e.mode)
		}
		return e, err
	})
}

// linkTargets are the files that symbolic links lead to. They are kept whole: what is read of a file hangs on its ending, and
// the go command goes by the link's.
func linkTargets(dir string, all []entry) map[string]bool {
	targets := map[string]bool{}
	for _, e := range all {
		if e.mode != fs.ModeSymlink {
			continue
		}
		file, err := filepath.EvalSymlinks(filepath.Join(dir, filepath.FromSlash(e.name)))
		if err != nil {
			continue // leads nowhere, for the go command too
		}
		if rel, err := filepath.Rel(dir, file); err == nil {
			if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
				targets[filepath.ToSlash(rel)] = true
			}
		}
	}
	return targets
}

// wholeFiles are read by the go command from end to end.
var wholeFiles = []string{"go.mod", "go.sum", "go.work", "go.work.sum", "modules.txt"}

// headedFiles are the endings of files other than Go's that may begin with a build constraint (go/build, goodOSArchFile
// and shouldBuild). Of all others only the names count, as for go:embed.
var headedFiles = []string{".c", ".cc", ".cpp", ".cxx", ".m", ".h", ".hh", ".hpp", ".hxx", ".f", ".F", ".for", ".f90", ".s", ".S", ".sx", ".swig", ".swigcxx"}

// kept is what of a file stands in the skeleton.
func kept(file string, mode fs.FileMode) ([]byte, error) {
	base, ext := path.Base(filepath.ToSlash(file)), filepath.Ext(file)
	switch {
	case mode == fs.ModeSymlink:
		target, err := os.Readlink(file)
		return []byte(target), err
	case mode.IsDir():
		return nil, nil
	case slices.Contains(wholeFiles, base):
		return os.ReadFile(file)
	case ext == ".go":
		text, err := os.ReadFile(file)
		return bytes.Clone(text[:importsEnd(text)]), err
	case slices.Contains(headedFiles, ext):
		text, err := os.ReadFile(file)
		return bytes.Clone(text[:commentsEnd(text)]), err
	}
	return nil, nil
}

// importsEnd is the length of a Go file up to the end of its imports. A file that does not parse so far is kept whole, so that
// the go command says what is wrong with it, and one that embeds files or loads libraries, whose directives may stand anywhere.
func importsEnd(text []byte) int {
	if lineOf(text, loadDirective) > 0 {
		return len(text)
	}
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, "", text, parser.ImportsOnly|parser.ParseComments|parser.SkipObjectResolution)
	if err != nil || slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"embed"` || i.Path.Value == "`embed`" }) {
		return len(text)
	}
	end := f.Name.End()
	for _, d := range f.Decls {
		end = d.End()
	}
	at := files.PositionFor(end, false).Offset
	next := bytes.IndexByte(text[at:], '\n')
	if next < 0 || bytes.Contains(text[at:at+next], []byte("/*")) { // a comment that may go on
		return len(text)
	}
	return at + next + 1
}

// byteOrderMark may stand before everything; the go command passes over it.
const byteOrderMark = "\ufeff"

// commentsEnd is the length of the comments and empty lines that a C or assembler file begins with.
func commentsEnd(text []byte) int {
	at := 0
	if bytes.HasPrefix(text, []byte(byteOrderMark)) {
		at = len(byteOrderMark)
	}
	for at < len(text) {
		line, _, _ := bytes.Cut(text[at:], []byte("\n"))
		switch trimmed := bytes.TrimSpace(line); {
		case len(trimmed) == 0 || bytes.HasPrefix(trimmed, []byte("//")):
			at = min(at+len(line)+1, len(text))
		case bytes.HasPrefix(trimmed, []byte("/*")):
			begin := at + bytes.Index(text[at:], []byte("/*")) + 2
			length := bytes.Index(text[begin:], []byte("*/"))
			if length < 0 {
				return len(text)
			}
			at = begin + length + 2
		default:
			return at
		}
	}
	return at
}

// writeSkeleton writes the entries as a tar that is the same for the same entries.
func writeSkeleton(w io.Writer, entries []entry) error {
	tw := tar.NewWriter(w)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Mode: 0o644, Typeflag: tar.TypeReg, Size: int64(len(e.text))}
		switch {
		case e.mode.IsDir():
			h.Typeflag, h.Name, h.Mode = tar.TypeDir, e.name+"/", 0o755
		case e.mode == fs.ModeSymlink:
			h.Typeflag, h.Linkname, h.Size, e.text = tar.TypeSymlink, string(e.text), 0, nil
		}
		if err := tw.WriteHeader(h); err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
		if _, err := tw.Write(e.text); err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
	}
	return tw.Close()
}

// unpackSkeleton makes the tree of a skeleton below dir.
func unpackSkeleton(file, dir string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = addEntry(root, h, r)
		}
		if err != nil {
			return err
		}
	}
}

func addEntry(root *os.Root, h *tar.Header, r io.Reader) error {
	switch h.Typeflag {
	case tar.TypeDir:
		return root.Mkdir(strings.TrimSuffix(h.Name, "/"), 0o755)
	case tar.TypeSymlink:
		return root.Symlink(h.Linkname, h.Name)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return root.WriteFile(h.Name, text, 0o644)
}
