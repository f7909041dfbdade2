package objects

import (
	"os"
	"testing"
	"time"

	"github.com/crossgo/crossgo/internal/objectcase"
	"github.com/stretchr/testify/require"
)

func TestDir(t *testing.T) {
	dir := Dir(t.TempDir())
	now := time.Now()
	_, found := dir.Get(objectcase.ID("a"))
	require.False(t, found)
	path, err := dir.Put(objectcase.ID("a"), objectcase.ID("o"), []byte("text"), now)
	require.NoError(t, err)
	o, found := dir.Get(objectcase.ID("a"))
	require.True(t, found)
	require.Equal(t, Object{objectcase.ID("o"), 4, time.Unix(0, now.UnixNano()), path}, o)

	require.NoError(t, os.WriteFile(path, []byte("cut"), 0o644))
	_, found = dir.Get(objectcase.ID("a"))
	require.False(t, found, "an object that is not whole")
	_, err = dir.Put(objectcase.ID("a"), objectcase.ID("o"), []byte("text"), now)
	require.NoError(t, err)
	_, found = dir.Get(objectcase.ID("a"))
	require.True(t, found, "it was written anew")

	require.NoError(t, os.WriteFile(dir.file(objectcase.ID("a"), "-a"), []byte("v1 nonsense"), 0o644))
	_, found = dir.Get(objectcase.ID("a"))
	require.False(t, found)
	_, found = dir.Get(nil)
	require.False(t, found)
	_, err = dir.Put(nil, nil, nil, now)
	require.Error(t, err)
}

// TestPutAgain: an object that was made long ago and is made again is in use.
func TestPutAgain(t *testing.T) {
	dir := Dir(t.TempDir())
	now := time.Now()
	path, err := dir.Put(objectcase.ID("a"), objectcase.ID("o"), []byte("text"), now)
	require.NoError(t, err)
	long := now.Add(-2 * keepFor)
	require.NoError(t, os.Chtimes(path, long, long))
	_, err = dir.Put(objectcase.ID("b"), objectcase.ID("o"), []byte("text"), now)
	require.NoError(t, err)
	require.NoError(t, dir.Trim(now))
	_, found := dir.Get(objectcase.ID("b"))
	require.True(t, found)
}

func TestTrim(t *testing.T) {
	dir := Dir(t.TempDir())
	now := time.Now()
	for _, name := range []string{"old", "used", "new"} {
		_, err := dir.Put(objectcase.ID(name), objectcase.ID(name+"-object"), []byte(name), now)
		require.NoError(t, err)
	}
	long := now.Add(-2 * keepFor)
	for _, name := range []string{"old", "used"} {
		require.NoError(t, os.Chtimes(dir.file(objectcase.ID(name), "-a"), long, long))
		require.NoError(t, os.Chtimes(dir.file(objectcase.ID(name+"-object"), "-d"), long, long))
	}
	o, _ := dir.Get(objectcase.ID("used"))
	dir.Used(objectcase.ID("used"), o, now)
	require.NoError(t, dir.Mark(objectcase.ID("old")))
	require.NoError(t, dir.Mark(objectcase.ID("used")))
	for _, name := range []string{"old", "used"} {
		require.NoError(t, os.Chtimes(dir.file(objectcase.ID(name), "-n"), long, long))
	}
	require.True(t, dir.Marked(objectcase.ID("used"), now))
	require.NoError(t, dir.Trim(now))
	for name, want := range map[string]bool{"old": false, "used": true, "new": true} {
		_, found := dir.Get(objectcase.ID(name))
		require.Equal(t, want, found, name)
	}
	require.NoFileExists(t, dir.file(objectcase.ID("old-object"), "-d"))
	require.NoFileExists(t, dir.file(objectcase.ID("old"), "-n"))
	require.True(t, dir.Marked(objectcase.ID("used"), now))
	require.NoError(t, os.Chtimes(dir.file(objectcase.ID("new"), "-a"), long, long))
	require.NoError(t, dir.Trim(now.Add(time.Hour)), "the same day again")
	_, found := dir.Get(objectcase.ID("new"))
	require.True(t, found)
}
