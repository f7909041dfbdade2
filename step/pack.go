package step

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/crossgo/crossgo/plan"
)

// packed is one file of an archive.
type packed struct {
	name string // inside the archive, slash-separated
	file string // where its bytes are
	mode fs.FileMode
	size int64
}

// pack writes a platform's archive, and its report beside it.
func pack(_ context.Context, job plan.PackJob) error {
	when, err := releaseTime(job.Time)
	if err != nil {
		return err
	}
	files, err := packedFiles(job, plan.PathIn, plan.PathFiles)
	if err != nil {
		return err
	}
	archive := filepath.Join(plan.PathOut, job.Archive)
	if err := writeWith(archive, func(w io.Writer) error { return writeArchive(w, job.Format, files, when) }); err != nil {
		return fmt.Errorf("%s: %w", job.Archive, err)
	}
	if job.SBOM {
		if err := copyFile(filepath.Join(plan.PathAttest, plan.SBOMFile), archive+plan.SBOMEnding, 0o644); err != nil {
			return err
		}
	}
	rep, err := composed(job.Report, "/")
	if err != nil {
		return err
	}
	return writeWith(archive+plan.ReportEnding, rep.JSON)
}

// releaseTime reads the time of a release's files.
func releaseTime(text string) (time.Time, error) {
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Unix(seconds, 0).UTC(), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	return t.UTC(), err
}

// packedFiles are all files of the archive, sorted by name: the programs below in, which may be executed, libraries with their
// headers, and what is taken of the build context.
func packedFiles(job plan.PackJob, in, context string) ([]packed, error) {
	files, err := outputs(len(job.Report.Units), in)
	if err != nil {
		return nil, err
	}
	for i, f := range job.Files {
		taken, err := take(f, filepath.Join(context, strconv.Itoa(i)))
		if err != nil {
			return nil, fmt.Errorf("%s: release.files: %w", f.Where, err)
		}
		files = append(files, taken...)
	}
	for i := range files {
		files[i].name = path.Join(job.Folder, files[i].name)
	}
	slices.SortFunc(files, func(a, b packed) int { return strings.Compare(a.name, b.name) })
	return files, distinctPaths(files)
}

// outputs are the files of all units. A shared and a static library of one package have one header: plan.New refuses all else that
// has one name.
func outputs(units int, in string) ([]packed, error) {
	var all []packed
	for i := range units {
		files, err := regularFiles(filepath.Join(in, strconv.Itoa(i)))
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			if !slices.ContainsFunc(all, func(g packed) bool { return g.name == f.name }) {
				all = append(all, f)
			}
		}
	}
	return all, nil
}

// distinctPaths refuses two files of one name, and a file where another needs a folder. The files are sorted.
func distinctPaths(files []packed) error {
	names := map[string]bool{}
	var errs []error
	for _, f := range files {
		if names[f.name] {
			errs = append(errs, fmt.Errorf("release.files: two files would be %s in the archive: give one of them another place with to", f.name))
		}
		for dir := path.Dir(f.name); dir != "."; dir = path.Dir(dir) {
			if names[dir] {
				errs = append(errs, fmt.Errorf("release.files: %s would be a file and the folder of %s in the archive: give one of them another place with to", dir, f.name))
			}
		}
		names[f.name] = true
	}
	return errors.Join(errs...)
}

// take is what an entry names of the build context; dir holds what its pattern matches and nothing else.
func take(f plan.ReleaseFile, dir string) ([]packed, error) {
	files, err := regularFiles(dir)
	switch {
	case err != nil:
		return nil, err
	case len(files) == 0:
		return nil, fmt.Errorf("no file of the build context is %s: a .dockerignore may leave it out", f.From)
	}
	folder, renamed := strings.CutSuffix(f.To, "/")
	if f.To != "" && !renamed && (len(files) > 1 || files[0].name != f.From) {
		return nil, fmt.Errorf("%s is not one file, but %s is one name: end it with a slash for a folder", f.From, f.To)
	}
	for i := range files {
		switch {
		case f.To == "":
		case renamed:
			files[i].name = path.Join(folder, strings.TrimPrefix(files[i].name, fixedFolder(dir, f.From)))
		default:
			files[i].name = f.To
		}
		if f.Mode != "" {
			mode, err := strconv.ParseUint(f.Mode, 8, 9)
			if err != nil {
				return nil, err
			}
			files[i].mode = fs.FileMode(mode)
		}
	}
	return files, nil
}

// fixedFolder is the folder that all matches of a pattern stand in, with a slash at its end: all that comes before the first
// element with a wildcard, or before the name of a file; a folder is its own. It is empty for the build context itself.
func fixedFolder(dir, pattern string) string {
	if info, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(pattern))); err == nil && info.IsDir() {
		return pattern + "/"
	}
	var fixed []string
	elements := strings.Split(pattern, "/")
	for _, e := range elements[:len(elements)-1] {
		if strings.ContainsAny(e, `*?[\\`) {
			break
		}
		fixed = append(fixed, e+"/")
	}
	return strings.Join(fixed, "")
}

// regularFiles are the files below a directory, by their names there. What is neither file nor directory is refused: an archive
// is unpacked on other systems, and a link may lead anywhere.
func regularFiles(root string) ([]packed, error) {
	var files []packed
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		info, err := d.Info()
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is %s: only files are taken", name, fileKind(info.Mode()))
		}
		files = append(files, packed{name: name, file: file, mode: plainMode(info.Mode()), size: info.Size()})
		return nil
	})
	return files, err
}

func fileKind(m fs.FileMode) string {
	if m&fs.ModeSymlink != 0 {
		return "a symbolic link"
	}
	return "no regular file"
}

// plainMode is 0755 or 0644: what else a working copy's files have hangs on the machine.
func plainMode(m fs.FileMode) fs.FileMode {
	if m&0o100 != 0 {
		return 0o755
	}
	return 0o644
}

// archiveWriter adds files to an archive.
type archiveWriter interface {
	add(f packed, when time.Time, content io.Reader) error
	Close() error
}

// archives are the formats.
var archives = map[string]func(io.Writer) archiveWriter{"tar.gz": newTarGz, "zip": newZip}

// writeArchive writes the files in their order: with nobody's name, one time, and nothing of the machine.
func writeArchive(w io.Writer, format string, files []packed, when time.Time) error {
	begin := archives[format]
	if begin == nil {
		return fmt.Errorf("format %q is unknown", format)
	}
	a := begin(w)
	for _, f := range files {
		if err := addFile(a, f, when); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return a.Close()
}

func addFile(a archiveWriter, f packed, when time.Time) error {
	in, err := os.Open(f.file)
	if err != nil {
		return err
	}
	defer in.Close()
	return a.add(f, when, in)
}

// tarGz is a POSIX tar archive (pax where ustar has no room), compressed by gzip with an empty header.
type tarGz struct {
	*tar.Writer
	gz *gzip.Writer
}

func newTarGz(w io.Writer) archiveWriter {
	gz := gzip.NewWriter(w)
	return tarGz{tar.NewWriter(gz), gz}
}

func (t tarGz) add(f packed, when time.Time, content io.Reader) error {
	err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: f.name, Mode: int64(f.mode.Perm()), Size: f.size, ModTime: when})
	if err != nil {
		return err
	}
	_, err = io.Copy(t, content)
	return err
}

func (t tarGz) Close() error { return errors.Join(t.Writer.Close(), t.gz.Close()) }

// zipFile is a zip archive as a Unix system writes it.
type zipFile struct{ *zip.Writer }

func newZip(w io.Writer) archiveWriter { return zipFile{zip.NewWriter(w)} }

// earliestZip is what the format's first year is.
var earliestZip = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

func (z zipFile) add(f packed, when time.Time, content io.Reader) error {
	if when.Before(earliestZip) {
		when = earliestZip
	}
	h := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: when}
	h.SetMode(f.mode)
	w, err := z.CreateHeader(h)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, content)
	return err
}
