package step

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/crossgo/crossgo/internal/objectcase"
	"github.com/crossgo/crossgo/objects"
	"github.com/stretchr/testify/require"
)

// storeCase is a store with folders of the test and a salt that the test can change.
func storeCase(t *testing.T, salt *string) *store {
	layer := objects.Dir(t.TempDir())
	return &store{layer: &layer, kept: objects.Dir(t.TempDir()), aside: objects.Dir(t.TempDir()), now: time.Now(), foreign: map[string]bool{},
		salt:        func() ([]byte, error) { return []byte(*salt), nil },
		foreignSalt: func() ([]byte, error) { return []byte("foreign"), nil }}
}

// keepObject has the store keep an object as the go command does, and returns its file.
func keepObject(t *testing.T, s *store, action string, body []byte) string {
	t.Helper()
	path, err := s.Put(objectcase.ID(action), sumOf(body), body)
	require.NoError(t, err)
	return path
}

func sumOf(body []byte) []byte {
	sum := sha256.Sum256(body)
	return sum[:]
}

// TestChangedObjects: an object with one byte that is another is not taken, wherever it comes from, and made anew it is.
func TestChangedObjects(t *testing.T) {
	salt := "headers"
	s := storeCase(t, &salt)
	ofGo, withC, ofBuild := objectcase.Archive("__.PKGDEF", "_go_.o"), objectcase.Archive("__.PKGDEF", "_x001.o"), []byte("go index v2\n…")
	for name, c := range map[string]struct {
		body []byte
		keep func() string
	}{
		"layer":         {ofGo, func() string { path, _ := s.layer.Put(objectcase.ID("layer"), sumOf(ofGo), ofGo, s.now); return path }},
		"kept":          {ofGo, func() string { return keepObject(t, s, "kept", ofGo) }},
		"kept with C":   {withC, func() string { return keepObject(t, s, "kept with C", withC) }},
		"of this build": {ofBuild, func() string { return keepObject(t, s, "of this build", ofBuild) }},
	} {
		path := c.keep()
		_, found := s.Get(objectcase.ID(name))
		require.True(t, found, name)
		refused := s.refused.Load()
		for _, i := range []int{0, len(c.body) / 2, len(c.body) - 1} {
			changed := bytes.Clone(c.body)
			changed[i] ^= 1
			require.NoError(t, os.WriteFile(path, changed, 0o644))
			_, found = s.Get(objectcase.ID(name))
			require.False(t, found, name)
		}
		require.Equal(t, refused+3, s.refused.Load(), name)
		c.keep()
		o, found := s.Get(objectcase.ID(name))
		require.True(t, found, name)
		require.Equal(t, sumOf(c.body), o.Output)
	}
	require.Contains(t, s.summary(), "; refused, since their content is not what it was: 12")
}

// TestStaleC: what C went into is found only while everything that it may include is the same.
func TestStaleC(t *testing.T) {
	salt := "header 1"
	s := storeCase(t, &salt)
	keepObject(t, s, "c", objectcase.Archive("__.PKGDEF", "_go_.o", "_x001.o"))
	keepObject(t, s, "go", objectcase.Archive("__.PKGDEF", "_go_.o"))
	for _, action := range []string{"c", "go"} {
		_, found := s.Get(objectcase.ID(action))
		require.True(t, found, action)
	}
	salt = "header 2"
	_, found := s.Get(objectcase.ID("c"))
	require.False(t, found)
	_, found = s.Get(objectcase.ID("go"))
	require.True(t, found, "Go's own code includes nothing")
	salt = "header 1"
	_, found = s.Get(objectcase.ID("c"))
	require.True(t, found, "back to what it was")
}

// TestForeignC: what the go command before compiled is found, whatever the user's headers are; nothing else is.
func TestForeignC(t *testing.T) {
	salt := "header 1"
	s := storeCase(t, &salt)
	body := objectcase.Archive("__.PKGDEF", "_x001.o")
	name, err := s.kept.Put(objects.Salted(objectcase.ID("c"), []byte("foreign")), sumOf(body), body, s.now)
	require.NoError(t, err)
	require.NoError(t, s.kept.Mark(objectcase.ID("c")))
	_, found := s.Get(objectcase.ID("c"))
	require.False(t, found, "it may be the user's own by now")
	s.foreign[hex.EncodeToString(objectcase.ID("c"))] = true
	o, found := s.Get(objectcase.ID("c"))
	require.True(t, found)
	require.Equal(t, name, o.Path)
}

// TestNotKept: an index of another project's folder may go by the same name, and a builder without room is no reason to fail.
func TestNotKept(t *testing.T) {
	salt := ""
	s := storeCase(t, &salt)
	path := keepObject(t, s, "index", []byte("go index v2\n…"))
	require.FileExists(t, path)
	_, found := s.kept.Get(objectcase.ID("index"))
	require.False(t, found)
	_, found = s.Get(objectcase.ID("index"))
	require.True(t, found, "in the same run")

	full := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(full, nil, 0o644))
	s.kept = objects.Dir(full)
	path = keepObject(t, s, "a", objectcase.Archive("__.PKGDEF", "_go_.o"))
	require.FileExists(t, path)
	require.True(t, strings.HasPrefix(path, string(s.aside)))
}

func TestReplacements(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		text, fails string
		want        []string
	}{
		"go.mod":  {"module m\n\nrequire a.b/c v1.0.0\n\nreplace a.b/c => d.e/f v1.2.3\n", "", []string{"a.b/c => d.e/f@v1.2.3"}},
		"go.work": {"go 1.26\n\nuse .\n\nreplace a.b/c v1.0.0 => ./c\n", "", []string{"a.b/c@v1.0.0 => ./c"}},
		"none":    {"", "", nil},
		"bad.mod": {"modul m\n", "unknown directive", nil},
	} {
		file := filepath.Join(dir, name)
		if c.text != "" {
			require.NoError(t, os.WriteFile(file, []byte(c.text), 0o644))
		}
		got, err := replacements(file)
		if c.fails != "" {
			require.ErrorContains(t, err, c.fails)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.want, got, name)
	}
}

func TestMacro(t *testing.T) {
	env := []string{"CC=x", "CGO_CPPFLAGS=", "A=b"}
	require.Equal(t, []string{"CC=x", "CGO_CPPFLAGS= -DCROSSGO_SALT=0x0102030405060708", "A=b"}, withMacro(env, []byte{1, 2, 3, 4, 5, 6, 7, 8, 9}))
	require.Equal(t, "CGO_CPPFLAGS=", env[1])
}

func TestLayerFirst(t *testing.T) {
	salt := ""
	s := storeCase(t, &salt)
	_, err := s.layer.Put(objectcase.ID("a"), sumOf([]byte("x")), []byte("x"), s.now)
	require.NoError(t, err)
	keepObject(t, s, "a", []byte("y"))
	o, _ := s.Get(objectcase.ID("a"))
	require.Equal(t, sumOf([]byte("x")), o.Output)
}

func TestHashHeaders(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
		sum, err := hashHeaders(dir)
		require.NoError(t, err)
		return string(sum)
	}
	first := write("include/a.h", "1")
	require.Equal(t, first, write("main.go", "package main"))
	require.NotEqual(t, first, write("include/a.h", "2"))
	require.Equal(t, first, write("include/a.h", "1"))
	require.NotEqual(t, first, write("table.inc", "1"))
	require.NoError(t, os.Remove(filepath.Join(dir, "table.inc")))
	require.NoError(t, os.Symlink("a.h", filepath.Join(dir, "include/b.h")))
	require.NotEqual(t, first, write("include/a.h", "1"))
	_, err := hashHeaders(filepath.Join(dir, "none"))
	require.Error(t, err)
}
