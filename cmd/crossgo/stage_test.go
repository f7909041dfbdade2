package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func write(t *testing.T, file, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
}

// tree is what a folder holds: texts by path, and folders without files.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, file)
		if err != nil || rel == "." {
			return err
		}
		found[rel] = "/"
		if !d.IsDir() {
			data, err := os.ReadFile(file)
			found[rel] = string(data)
			return err
		}
		return nil
	}))
	return found
}

// staged are the outputs of flags before the build, and what BuildKit then is told.
func staged(t *testing.T, alone bool, values ...string) ([]output, []*stage) {
	t.Helper()
	outs, err := parseOutputs(values, pipe(t))
	require.NoError(t, err)
	entries, stages, err := stageOutputs(outs, alone)
	require.NoError(t, err)
	for i := range outs {
		outs[i].ExportEntry = entries[i]
	}
	return outs, stages
}

func TestFolderIsWrittenInTheEnd(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "out")
	outs, stages := staged(t, false, dir)
	write(t, filepath.Join(outs[0].OutputDir, "linux_amd64", "app"), "new")
	require.NoFileExists(t, filepath.Join(dir, "linux_amd64", "app"))
	require.NoError(t, finish(stages, nil))
	require.Equal(t, map[string]string{"linux_amd64": "/", "linux_amd64/app": "new"}, tree(t, dir))

	outs, stages = staged(t, false, dir)
	write(t, filepath.Join(outs[0].OutputDir, "linux_amd64", "app"), "newer")
	write(t, filepath.Join(outs[0].OutputDir, "linux_arm64", "app"), "arm")
	require.NoError(t, os.Symlink("app", filepath.Join(outs[0].OutputDir, "linux_arm64", "link")))
	write(t, filepath.Join(dir, "own"), "stays")
	require.NoError(t, finish(stages, nil))
	require.Equal(t, map[string]string{
		"linux_amd64": "/", "linux_amd64/app": "newer", "linux_arm64": "/", "linux_arm64/app": "arm", "linux_arm64/link": "arm", "own": "stays",
	}, tree(t, dir))
}

// TestFailureChangesNothing: neither what was there nor what was not.
func TestFailureChangesNothing(t *testing.T) {
	home := t.TempDir()
	write(t, filepath.Join(home, "out", "app"), "old")
	write(t, filepath.Join(home, "image.tar"), "old")
	before := tree(t, home)
	outs, stages := staged(t, false, filepath.Join(home, "out"), filepath.Join(home, "new", "out"), "type=oci,dest="+filepath.Join(home, "image.tar"), "type=tar,dest="+filepath.Join(home, "deep", "er", "new.tar"))
	write(t, filepath.Join(outs[0].OutputDir, "app"), "half")
	for _, o := range outs[2:] {
		w, err := o.Output(nil)
		require.NoError(t, err)
		_, err = w.Write([]byte("half"))
		require.NoError(t, err)
		require.NoError(t, w.Close())
	}
	failed := errors.New("it failed")
	require.Equal(t, failed, finish(stages, failed))
	require.Equal(t, before, tree(t, home))
}

func TestFileIsWrittenInTheEnd(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "deep", "image.tar"), filepath.Join(dir, "link.tar")
	for _, text := range []string{"first", "second"} {
		outs, stages := staged(t, false, "type=oci,dest="+path)
		w, err := outs[0].Output(nil)
		require.NoError(t, err)
		_, err = w.Write([]byte(text))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		require.NoError(t, finish(stages, nil))
		require.Equal(t, map[string]string{"deep": "/", "deep/image.tar": text}, tree(t, dir))
	}
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o644), info.Mode())

	require.NoError(t, os.Symlink(path, link))
	outs, stages := staged(t, false, "type=oci,dest="+link)
	w, err := outs[0].Output(nil)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.NoError(t, finish(stages, nil))
	require.Equal(t, "", tree(t, dir)["deep/image.tar"])
	info, err = os.Lstat(link)
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&fs.ModeSymlink)
}

// TestDevicesAreNotReplaced: /dev/null stays what it is.
func TestDevicesAreNotReplaced(t *testing.T) {
	outs, stages := staged(t, false, "type=tar,dest=/dev/null")
	require.Empty(t, stages)
	w, err := outs[0].Output(nil)
	require.NoError(t, err)
	require.NoError(t, w.Close())
}

// TestReleaseIsNotMixed: with another release's files; the same one again is no other.
func TestReleaseIsNotMixed(t *testing.T) {
	dir := t.TempDir()
	release := func(version string, values ...string) error {
		outs, stages := staged(t, true, values...)
		write(t, filepath.Join(outs[0].OutputDir, "app_"+version+".tar.gz"), version)
		write(t, filepath.Join(outs[0].OutputDir, "SHA256SUMS"), version)
		return finish(stages, nil)
	}
	require.NoError(t, release("1", dir))
	require.NoError(t, release("1", dir))
	before := tree(t, dir)
	require.EqualError(t, release("2", dir), dir+" holds app_1.tar.gz, which this release does not make: remove them, or say --clean to have all else removed from the folder")
	require.Equal(t, before, tree(t, dir))
	write(t, filepath.Join(dir, "folder", "x"), "x")
	require.NoError(t, release("2", "type=local,mode=delete,dest="+dir))
	require.Equal(t, map[string]string{"app_2.tar.gz": "2", "SHA256SUMS": "2"}, tree(t, dir))
}

// TestSomethingInTheWay: a folder where a file goes, and the other way round, before anything is moved.
func TestSomethingInTheWay(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "app", "x"), "x")
	before := tree(t, dir)
	outs, stages := staged(t, false, dir)
	write(t, filepath.Join(outs[0].OutputDir, "app"), "file")
	write(t, filepath.Join(outs[0].OutputDir, "aaa"), "file")
	require.EqualError(t, finish(stages, nil), filepath.Join(dir, "app")+" is in the way: the build makes a file of this name")
	require.Equal(t, before, tree(t, dir))
}

// TestNothingIsThereDuringTheBuild: an output folder among the sources is sent with them, and must be the same each time.
func TestNothingIsThereDuringTheBuild(t *testing.T) {
	dir := t.TempDir()
	_, stages := staged(t, false, filepath.Join(dir, "out"), "type=oci,dest="+filepath.Join(dir, "image.tar"))
	require.Empty(t, tree(t, dir))
	failed := errors.New("it failed") // before anything was written: that is the reason, whatever the disk says
	require.Equal(t, failed, finish(stages, failed))
	require.Empty(t, tree(t, dir))
	_, stages = staged(t, false, filepath.Join(dir, "out"))
	require.NoError(t, finish(stages, nil)) // nothing was made
}

// TestFolderThatCannotBeMade: said before the build.
func TestFolderThatCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "x")
	outs, err := parseOutputs([]string{filepath.Join(file, "out")}, pipe(t))
	require.NoError(t, err)
	_, stages, err := stageOutputs(outs, false)
	require.ErrorContains(t, finish(stages, err), "not a directory")
}

// TestWriteErrorIsTheReason: what the system said of a file takes the place of BuildKit's "EOF".
func TestWriteErrorIsTheReason(t *testing.T) {
	path := filepath.Join(t.TempDir(), "image.tar")
	outs, stages := staged(t, false, "type=oci,dest="+path)
	w, err := outs[0].Output(nil)
	require.NoError(t, err)
	require.NoError(t, w.(*stageFile).File.Close()) // every write fails now
	_, err = w.Write([]byte("x"))
	require.Error(t, err)
	err = finish(stages, errors.New("EOF"))
	require.True(t, strings.HasPrefix(err.Error(), "writing "+path+": "), err)
	require.NoFileExists(t, path)
}
