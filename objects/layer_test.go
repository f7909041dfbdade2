package objects

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/crossgo/crossgo/internal/objectcase"
	"github.com/stretchr/testify/require"
)

// TestLayerTakesWhatIsKept: what another build made is in the layer once it was asked for.
func TestLayerTakesWhatIsKept(t *testing.T) {
	kept, notes := Dir(t.TempDir()), new(bytes.Buffer)
	first := NewLayer(Dir(t.TempDir()), kept, Salts{Assembly: "salt"}, time.Now(), notes)
	_, err := first.Put(objectcase.ID("a"), objectcase.ID("o"), objectcase.Archive("__.PKGDEF", "_go_.o"))
	require.NoError(t, err)

	dir := Dir(t.TempDir())
	second := NewLayer(dir, kept, Salts{Assembly: "salt"}, time.Now(), notes)
	o, found := second.Get(objectcase.ID("a"))
	require.True(t, found)
	require.Equal(t, string(dir), filepath.Dir(filepath.Dir(o.Path)), "copied, not named")
	o, found = NewLayer(dir, Dir(t.TempDir()), Salts{Assembly: "salt"}, time.Now(), notes).Get(objectcase.ID("a"))
	require.True(t, found, "from the layer alone")
	body, err := os.ReadFile(o.Path)
	require.NoError(t, err)
	require.Equal(t, objectcase.Archive("__.PKGDEF", "_go_.o"), body)
	_, found = second.Get(objectcase.ID("b"))
	require.False(t, found)
	require.Empty(t, notes.String())
	require.Equal(t, "packages compiled: 1; objects kept from former builds: 0", first.Summary())
	require.Equal(t, "packages compiled: 0; objects kept from former builds: 1", second.Summary())
}

// TestLayerIsTheSameTwice: whether compiled or copied, now or later.
func TestLayerIsTheSameTwice(t *testing.T) {
	kept := Dir(t.TempDir())
	var entries [2]string
	for i, now := range []time.Time{time.Now(), time.Now().Add(time.Hour)} {
		dir := Dir(t.TempDir())
		l := NewLayer(dir, kept, Salts{Assembly: "salt"}, now, new(bytes.Buffer))
		if _, found := l.Get(objectcase.ID("a")); !found {
			_, err := l.Put(objectcase.ID("a"), objectcase.ID("o"), []byte("text"))
			require.NoError(t, err)
		}
		data, err := os.ReadFile(dir.file(objectcase.ID("a"), "-a"))
		require.NoError(t, err)
		entries[i] = string(data)
	}
	require.Equal(t, entries[0], entries[1])
}

// TestLayerKeepsToItself what hangs on more than its name says.
func TestLayerKeepsToItself(t *testing.T) {
	for name, body := range map[string][]byte{
		"C":     objectcase.Archive("__.PKGDEF", "_go_.o", "_x001.o"),
		"half":  objectcase.Archive("__.PKGDEF", "_go_.o")[:100],
		"index": []byte("go index v2\n…"),
	} {
		kept := Dir(t.TempDir())
		l := NewLayer(Dir(t.TempDir()), kept, Salts{Assembly: "salt"}, time.Now(), new(bytes.Buffer))
		_, err := l.Put(objectcase.ID("a"), objectcase.ID("o"), body)
		require.NoError(t, err)
		_, found := l.Get(objectcase.ID("a"))
		require.True(t, found, name)
		_, found = kept.Get(objectcase.ID("a"))
		require.False(t, found, name)
	}
}

// TestLayerWithoutRoom: what cannot be kept is said once; what cannot be in the layer is an error.
func TestLayerWithoutRoom(t *testing.T) {
	full := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(full, nil, 0o644))
	notes := new(bytes.Buffer)
	l := NewLayer(Dir(t.TempDir()), Dir(full), Salts{Assembly: "salt"}, time.Now(), notes)
	for _, action := range []string{"a", "b"} {
		path, err := l.Put(objectcase.ID(action), objectcase.ID("o"), []byte("text"))
		require.NoError(t, err)
		require.FileExists(t, path)
	}
	require.Equal(t, 1, bytes.Count(notes.Bytes(), []byte("note: compiled dependencies are not kept")))

	kept := Dir(t.TempDir())
	_, err := kept.Put(objectcase.ID("a"), objectcase.ID("o"), []byte("text"), time.Now())
	require.NoError(t, err)
	l = NewLayer(Dir(full), kept, Salts{Assembly: "salt"}, time.Now(), notes)
	_, found := l.Get(objectcase.ID("a"))
	require.False(t, found)
	_, err = l.Put(objectcase.ID("a"), objectcase.ID("o"), []byte("text"))
	require.Error(t, err)
}

// TestLayerUses: what a layer takes is in use, and stays.
func TestLayerUses(t *testing.T) {
	kept, now := Dir(t.TempDir()), time.Now()
	path, err := kept.Put(objectcase.ID("a"), objectcase.ID("o"), []byte("text"), now)
	require.NoError(t, err)
	long := now.Add(-2 * keepFor)
	require.NoError(t, os.Chtimes(path, long, long))
	require.NoError(t, os.Chtimes(kept.file(objectcase.ID("a"), "-a"), long, long))
	_, found := NewLayer(Dir(t.TempDir()), kept, Salts{Assembly: "salt"}, now, new(bytes.Buffer)).Get(objectcase.ID("a"))
	require.True(t, found)
	require.NoError(t, kept.Trim(now))
	_, found = kept.Get(objectcase.ID("a"))
	require.True(t, found)
}

// TestLayerSaltsAssembly: it may include what another version of its module has changed.
func TestLayerSaltsAssembly(t *testing.T) {
	kept := Dir(t.TempDir())
	layer := func(salt string) *Layer {
		return NewLayer(Dir(t.TempDir()), kept, Salts{Assembly: salt}, time.Now(), new(bytes.Buffer))
	}
	for _, salt := range []string{"1", ""} {
		_, err := layer(salt).Put(objectcase.ID("of "+salt), objectcase.ID("o"), objectcase.Archive("__.PKGDEF", "_go_.o", "add_amd64.o"))
		require.NoError(t, err)
	}
	for _, c := range []struct {
		salt, action string
		found        bool
	}{{"1", "of 1", true}, {"2", "of 1", false}, {"", "of 1", false}, {"", "of ", false}} {
		_, found := layer(c.salt).Get(objectcase.ID(c.action))
		require.Equal(t, c.found, found, c)
	}
}

// TestLayerSaltsC: it may include what another sysroot has changed.
func TestLayerSaltsC(t *testing.T) {
	kept, notes := Dir(t.TempDir()), new(bytes.Buffer)
	layer := func(assembly, c string) *Layer {
		return NewLayer(Dir(t.TempDir()), kept, Salts{assembly, func() ([]byte, error) { return []byte(c), nil }}, time.Now(), notes)
	}
	_, err := layer("1", "sysroot 1").Put(objectcase.ID("a"), objectcase.ID("o"), objectcase.Archive("__.PKGDEF", "_go_.o", "_x001.o"))
	require.NoError(t, err)
	for _, c := range []struct {
		assembly, c string
		found       bool
	}{{"1", "sysroot 1", true}, {"1", "sysroot 2", false}, {"2", "sysroot 1", false}, {"", "sysroot 1", false}} {
		_, found := layer(c.assembly, c.c).Get(objectcase.ID("a"))
		require.Equal(t, c.found, found, c)
	}
	require.Empty(t, notes.String())

	broken := NewLayer(Dir(t.TempDir()), kept, Salts{"1", func() ([]byte, error) { return nil, os.ErrPermission }}, time.Now(), notes)
	_, found := broken.Get(objectcase.ID("a"))
	require.False(t, found)
	_, err = broken.Put(objectcase.ID("a"), objectcase.ID("o"), objectcase.Archive("__.PKGDEF", "_go_.o", "_x001.o"))
	require.NoError(t, err)
	require.Contains(t, notes.String(), "permission denied")
}

// TestHashTree: what a C compiler could notice changes the sum.
func TestHashTree(t *testing.T) {
	dir := t.TempDir()
	seen := map[string]string{}
	look := func(what string, change error) {
		require.NoError(t, change)
		sum, err := HashTree(dir)
		require.NoError(t, err)
		require.NotContains(t, seen, string(sum), what)
		seen[string(sum)] = what
	}
	file := filepath.Join(dir, "a.h")
	look("empty", nil)
	look("a file", os.WriteFile(file, []byte("1"), 0o644))
	look("another content", os.WriteFile(file, []byte("2"), 0o644))
	look("another mode", os.Chmod(file, 0o755))
	look("another name", os.Rename(file, filepath.Join(dir, "b.h")))
	look("a link", os.Symlink("b.h", file))
	look("a folder", os.Mkdir(filepath.Join(dir, "d"), 0o755))
	look("a large file", os.WriteFile(filepath.Join(dir, "l"), make([]byte, wholeBelow), 0o644))
	look("a larger file", os.WriteFile(filepath.Join(dir, "l"), make([]byte, wholeBelow+1), 0o644))
	_, err := HashTree(filepath.Join(dir, "none"))
	require.Error(t, err)
}
