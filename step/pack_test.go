package step

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/verify"
	"github.com/crossgo/crossgo/verify/report"
	"github.com/stretchr/testify/require"
)

// tree writes files below a new folder: NAME is content; a name that ends in a star can be executed.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		mode := fs.FileMode(0o640)
		if strings.HasSuffix(name, "*") {
			name, mode = strings.TrimSuffix(name, "*"), 0o700
		}
		file := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), mode))
	}
	return dir
}

// packFiles makes an archive of the programs in one folder and what entries take of others.
func packFiles(t *testing.T, job plan.PackJob, in string, taken ...string) ([]byte, error) {
	t.Helper()
	context := t.TempDir()
	for i, dir := range taken {
		require.NoError(t, os.Rename(dir, filepath.Join(context, fmt.Sprint(i))))
	}
	units := t.TempDir()
	require.NoError(t, os.Rename(in, filepath.Join(units, "0")))
	job.Report.Units = []plan.ReportUnit{{}}
	files, err := packedFiles(job, units, context)
	if err != nil {
		return nil, err
	}
	when, err := releaseTime(job.Time)
	require.NoError(t, err)
	var b bytes.Buffer
	err = writeArchive(&b, job.Format, files, when)
	return b.Bytes(), err
}

var longName = strings.Repeat("long/", 30) + strings.Repeat("n", 120)

// contents are what the tests put into archives.
func contents(t *testing.T) (job plan.PackJob, in string, taken []string) {
	job = plan.PackJob{Format: "tar.gz", Folder: "app_1.0", Time: "1769860800", Files: []plan.ReleaseFile{
		{From: "LICENSE"}, {From: "docs", To: "doc/"}, {From: "man/**/*.1", To: "share/man/"}, {From: "tools/run.sh", To: "bin/run", Mode: "0644"}, {From: "deep"},
	}}
	return job, tree(t, map[string]string{"server*": "\x7fELF", "libsum.so": "lib", "sum.h": "#pragma once"}), []string{
		tree(t, map[string]string{"LICENSE": "free"}), tree(t, map[string]string{"docs/a.md": "a", "docs/b/c.md": "c"}),
		tree(t, map[string]string{"man/de/x.1": "x"}), tree(t, map[string]string{"tools/run.sh*": "run"}), tree(t, map[string]string{"deep/" + longName: "l"}),
	}
}

// packedAs is what has to be in them, in this order.
var packedAs = []string{
	"app_1.0/LICENSE 644 free", "app_1.0/bin/run 644 run", "app_1.0/deep/" + longName + " 644 l", "app_1.0/doc/a.md 644 a", "app_1.0/doc/b/c.md 644 c",
	"app_1.0/libsum.so 644 lib", "app_1.0/server 755 \x7fELF", "app_1.0/share/man/de/x.1 644 x", "app_1.0/sum.h 644 #pragma once",
}

func TestTarArchive(t *testing.T) {
	job, in, taken := contents(t)
	data, err := packFiles(t, job, in, taken...)
	require.NoError(t, err)
	gz, err := gzip.NewReader(bytes.NewReader(data))
	require.NoError(t, err)
	require.True(t, gz.ModTime.IsZero())
	require.Empty(t, gz.Name)
	var list []string
	for r := tar.NewReader(gz); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		text, err := io.ReadAll(r)
		require.NoError(t, err)
		list = append(list, fmt.Sprintf("%s %o %s", h.Name, h.Mode, text))
		require.True(t, h.ModTime.Equal(time.Unix(1769860800, 0)))
		require.Equal(t, []int{0, 0}, []int{h.Uid, h.Gid})
		require.Empty(t, h.Uname+h.Gname)
	}
	require.Equal(t, packedAs, list)
}

func TestZipArchive(t *testing.T) {
	job, in, taken := contents(t)
	job.Format = "zip"
	data, err := packFiles(t, job, in, taken...)
	require.NoError(t, err)
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	var list []string
	for _, f := range r.File {
		in, err := f.Open()
		require.NoError(t, err)
		text, err := io.ReadAll(in)
		require.NoError(t, err)
		list = append(list, fmt.Sprintf("%s %o %s", f.Name, f.Mode(), text))
		require.True(t, f.Modified.Equal(time.Unix(1769860800, 0)))
	}
	require.Equal(t, packedAs, list)
}

// TestArchivesAreTheSame: whatever times, modes and owners the files have on the machine.
func TestArchivesAreTheSame(t *testing.T) {
	for _, format := range []string{"tar.gz", "zip"} {
		job, in, taken := contents(t)
		job.Format = format
		first, err := packFiles(t, job, in, taken...)
		require.NoError(t, err)
		_, in, taken = contents(t)
		for _, dir := range append(taken, in) {
			require.NoError(t, filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
				if err != nil {
					return err
				}
				info, err := d.Info()
				if err != nil {
					return err
				}
				_ = os.Chown(name, 1234, 1234) // as root only
				return os.Chtimes(name, time.Unix(1, 0), time.Unix(1, 0).Add(time.Duration(info.Size())*time.Hour))
			}))
		}
		second, err := packFiles(t, job, in, taken...)
		require.NoError(t, err)
		require.Equal(t, first, second)
	}
}

// TestZipBeforeItsTime: the format begins in 1980.
func TestZipBeforeItsTime(t *testing.T) {
	data, err := packFiles(t, plan.PackJob{Format: "zip", Time: "0"}, tree(t, map[string]string{"a*": "x"}))
	require.NoError(t, err)
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	require.True(t, r.File[0].Modified.Equal(earliestZip))
}

func TestPackRefuses(t *testing.T) {
	link := tree(t, map[string]string{"docs/a.md": "a"})
	require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(link, "docs/b.md")))
	two := tree(t, map[string]string{"docs/a.md": "a", "docs/b.md": "b"})
	for _, c := range []struct {
		name  string
		taken string
		file  plan.ReleaseFile
		want  string
	}{
		{"a symbolic link", link, plan.ReleaseFile{From: "docs", Where: "x:1:1"}, "x:1:1: release.files: docs/b.md is a symbolic link: only files are taken"},
		{"nothing", t.TempDir(), plan.ReleaseFile{From: "docs/*.txt", Where: "x:1:1"}, "x:1:1: release.files: no file of the build context is docs/*.txt: a .dockerignore may leave it out"},
		{"two of one name", two, plan.ReleaseFile{From: "docs", To: "doc", Where: "x:1:1"}, "x:1:1: release.files: docs is not one file, but doc is one name: end it with a slash for a folder"},
		{"a pattern with one name", tree(t, map[string]string{"docs/a.md": "a"}), plan.ReleaseFile{From: "docs/*", To: "doc", Where: "x:1:1"},
			"x:1:1: release.files: docs/* is not one file, but doc is one name: end it with a slash for a folder"},
		{"the name of a program", tree(t, map[string]string{"x": "a"}), plan.ReleaseFile{From: "x", To: "server"},
			"release.files: two files would be server in the archive: give one of them another place with to"},
		{"a folder of the name of a program", tree(t, map[string]string{"x": "a"}), plan.ReleaseFile{From: "x", To: "server/"},
			"release.files: server would be a file and the folder of server/x in the archive: give one of them another place with to"},
	} {
		_, err := packFiles(t, plan.PackJob{Format: "zip", Time: "0", Files: []plan.ReleaseFile{c.file}}, tree(t, map[string]string{"server*": "x"}), c.taken)
		require.EqualError(t, err, c.want, c.name)
	}
	_, err := packFiles(t, plan.PackJob{Format: "rar", Time: "0"}, tree(t, map[string]string{"server*": "x"}))
	require.EqualError(t, err, `format "rar" is unknown`)
}

// TestGather: the files of all platforms side by side, with checksums that a reader of SHA256SUMS finds right.
func TestGather(t *testing.T) {
	in, out := tree(t, map[string]string{"0/b.zip": "b", "1/a.tar.gz": "a"}), t.TempDir()
	sums, err := gathered(plan.GatherJob{Count: 2}, in, out)
	require.NoError(t, err)
	require.Equal(t, fmt.Sprintf("%x  a.tar.gz\n%x  b.zip\n", sha256.Sum256([]byte("a")), sha256.Sum256([]byte("b"))), string(checksums(sums)))
	require.NoError(t, sameTime(out, time.Unix(7, 0)))
	for name, text := range map[string]string{"a.tar.gz": "a", "b.zip": "b"} {
		data, err := os.ReadFile(filepath.Join(out, name))
		require.NoError(t, err)
		require.Equal(t, text, string(data))
		info, err := os.Stat(filepath.Join(out, name))
		require.NoError(t, err)
		require.True(t, info.ModTime().Equal(time.Unix(7, 0)))
		require.Equal(t, fs.FileMode(0o644), info.Mode())
	}
	_, err = gathered(plan.GatherJob{Count: 2}, tree(t, map[string]string{"0/b.zip": "b", "1/b.zip": "a"}), t.TempDir())
	require.ErrorIs(t, err, fs.ErrExist)
}

// TestOneHeaderForTwoLibraries: they stand in two units.
func TestOneHeaderForTwoLibraries(t *testing.T) {
	in := tree(t, map[string]string{"0/libsum.so": "s", "0/sum.h": "h", "1/libsum.a": "a", "1/sum.h": "h"})
	files, err := packedFiles(plan.PackJob{Report: plan.ReportJob{Units: make([]plan.ReportUnit, 2)}}, in, "")
	require.NoError(t, err)
	var names []string
	for _, f := range files {
		names = append(names, f.name)
	}
	require.Equal(t, []string{"libsum.a", "libsum.so", "sum.h"}, names)
}

// TestReleasePage: one page over the platforms, the same each time.
func TestReleasePage(t *testing.T) {
	dir := t.TempDir()
	for _, platform := range []string{"linux/arm64", "windows/amd64"} {
		rep := report.Report{Platform: platform, Files: []report.File{{Name: "server", Findings: []verify.Finding{{Check: "machine", Level: verify.Pass, Found: "x"}}}}}
		require.NoError(t, writeWith(filepath.Join(dir, strings.ReplaceAll(platform, "/", "_")+".zip"+plan.ReportEnding), rep.JSON))
	}
	page, err := releasePage(dir)
	require.NoError(t, err)
	for _, platform := range []string{"linux/arm64", "windows/amd64"} {
		require.Contains(t, string(page), platform)
	}
	again, err := releasePage(dir)
	require.NoError(t, err)
	require.Equal(t, page, again)
}

func TestGoVersion(t *testing.T) {
	v, err := goVersion(tree(t, map[string]string{"VERSION": "go1.26.8\ntime 2026-10-01T00:00:00Z\n"}))
	require.NoError(t, err)
	require.Equal(t, "1.26.8", v)
	_, err = goVersion(tree(t, map[string]string{"VERSION": "devel\n"}))
	require.ErrorContains(t, err, `found "devel"`)
}
