package step

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func id(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// archive is a package's archive as the Go tools write it, with members of these names.
func archive(members ...string) []byte {
	var out bytes.Buffer
	out.WriteString(archiveMagic)
	for _, name := range members {
		body := "body of " + name
		fmt.Fprintf(&out, "%-16s%-12d%-6d%-6d%-8o%-10d`\n%s", name, 0, 0, 0, 0o644, len(body), body)
		if len(body)%2 == 1 {
			out.WriteByte(0)
		}
	}
	return out.Bytes()
}

func TestHasNative(t *testing.T) {
	require.False(t, hasNative(nil))
	require.False(t, hasNative([]byte("stdout of a compiler")))
	require.False(t, hasNative(archive("__.PKGDEF", "_go_.o")))
	require.True(t, hasNative(archive("__.PKGDEF", "_go_.o", "_x001.o")))
	require.True(t, hasNative(archive("__.PKGDEF", "_go_.o", "add_amd64.o")))
	broken := archive("__.PKGDEF", "_go_.o")
	copy(broken[len(archiveMagic)+48:], "no number ")
	require.True(t, hasNative(broken), "what cannot be read is not trusted")
}

func TestObjectDir(t *testing.T) {
	dir := objectDir(t.TempDir())
	now := time.Now()
	_, found := dir.get(id("a"))
	require.False(t, found)
	path, err := dir.put(id("a"), id("o"), []byte("text"), now)
	require.NoError(t, err)
	o, found := dir.get(id("a"))
	require.True(t, found)
	require.Equal(t, object{id("o"), 4, time.Unix(0, now.UnixNano()), path}, o)

	require.NoError(t, os.WriteFile(path, []byte("cut"), 0o644))
	_, found = dir.get(id("a"))
	require.False(t, found, "an object that is not whole")
	_, err = dir.put(id("a"), id("o"), []byte("text"), now)
	require.NoError(t, err)
	_, found = dir.get(id("a"))
	require.True(t, found, "it was written anew")

	require.NoError(t, os.WriteFile(dir.file(id("a"), "-a"), []byte("v1 nonsense"), 0o644))
	_, found = dir.get(id("a"))
	require.False(t, found)
	_, found = dir.get(nil)
	require.False(t, found)
	_, err = dir.put(nil, nil, nil, now)
	require.Error(t, err)
}

// TestPutAgain: an object that was made long ago and is made again is in use.
func TestPutAgain(t *testing.T) {
	dir := objectDir(t.TempDir())
	now := time.Now()
	path, err := dir.put(id("a"), id("o"), []byte("text"), now)
	require.NoError(t, err)
	long := now.Add(-2 * keepFor)
	require.NoError(t, os.Chtimes(path, long, long))
	_, err = dir.put(id("b"), id("o"), []byte("text"), now)
	require.NoError(t, err)
	require.NoError(t, dir.trim(now))
	_, found := dir.get(id("b"))
	require.True(t, found)
}

func TestTrim(t *testing.T) {
	dir := objectDir(t.TempDir())
	now := time.Now()
	for _, name := range []string{"old", "used", "new"} {
		_, err := dir.put(id(name), id(name+"-object"), []byte(name), now)
		require.NoError(t, err)
	}
	long := now.Add(-2 * keepFor)
	for _, name := range []string{"old", "used"} {
		require.NoError(t, os.Chtimes(dir.file(id(name), "-a"), long, long))
		require.NoError(t, os.Chtimes(dir.file(id(name+"-object"), "-d"), long, long))
	}
	o, _ := dir.get(id("used"))
	dir.used(id("used"), o, now)
	require.NoError(t, dir.mark(id("old")))
	require.NoError(t, dir.mark(id("used")))
	for _, name := range []string{"old", "used"} {
		require.NoError(t, os.Chtimes(dir.file(id(name), "-n"), long, long))
	}
	require.True(t, dir.marked(id("used"), now))
	require.NoError(t, dir.trim(now))
	for name, want := range map[string]bool{"old": false, "used": true, "new": true} {
		_, found := dir.get(id(name))
		require.Equal(t, want, found, name)
	}
	require.NoFileExists(t, dir.file(id("old-object"), "-d"))
	require.NoFileExists(t, dir.file(id("old"), "-n"))
	require.True(t, dir.marked(id("used"), now))
	require.NoError(t, os.Chtimes(dir.file(id("new"), "-a"), long, long))
	require.NoError(t, dir.trim(now.Add(time.Hour)), "the same day again")
	_, found := dir.get(id("new"))
	require.True(t, found)
}

// store is an objects with folders of the test and a salt that the test can change.
func store(t *testing.T, salt *string) *objects {
	layer := objectDir(t.TempDir())
	return &objects{layer: &layer, kept: objectDir(t.TempDir()), aside: objectDir(t.TempDir()), now: time.Now(), foreign: map[string]bool{},
		salt:        func() ([]byte, error) { return []byte(*salt), nil },
		foreignSalt: func() ([]byte, error) { return []byte("foreign"), nil }}
}

// TestStaleC: what C went into is found only while everything that it may include is the same.
func TestStaleC(t *testing.T) {
	salt := "header 1"
	s := store(t, &salt)
	_, err := s.put(id("c"), id("c1"), archive("__.PKGDEF", "_go_.o", "_x001.o"))
	require.NoError(t, err)
	_, err = s.put(id("go"), id("go1"), archive("__.PKGDEF", "_go_.o"))
	require.NoError(t, err)
	for _, action := range []string{"c", "go"} {
		_, found := s.get(id(action))
		require.True(t, found, action)
	}
	salt = "header 2"
	_, found := s.get(id("c"))
	require.False(t, found)
	_, found = s.get(id("go"))
	require.True(t, found, "Go's own code includes nothing")
	salt = "header 1"
	_, found = s.get(id("c"))
	require.True(t, found, "back to what it was")
}

// TestForeignC: what the go command before compiled is found, whatever the user's headers are; nothing else is.
func TestForeignC(t *testing.T) {
	salt := "header 1"
	s := store(t, &salt)
	name, err := s.kept.put(salted(id("c"), []byte("foreign")), id("c1"), archive("__.PKGDEF", "_x001.o"), s.now)
	require.NoError(t, err)
	require.NoError(t, s.kept.mark(id("c")))
	_, found := s.get(id("c"))
	require.False(t, found, "it may be the user's own by now")
	s.foreign[hex.EncodeToString(id("c"))] = true
	o, found := s.get(id("c"))
	require.True(t, found)
	require.Equal(t, name, o.path)
}

// TestNotKept: an index of another project's folder may go by the same name, and a builder without room is no reason to fail.
func TestNotKept(t *testing.T) {
	salt := ""
	s := store(t, &salt)
	path, err := s.put(id("index"), id("i"), []byte("go index v2\n…"))
	require.NoError(t, err)
	require.FileExists(t, path)
	_, found := s.kept.get(id("index"))
	require.False(t, found)
	_, found = s.get(id("index"))
	require.True(t, found, "in the same run")

	full := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(full, nil, 0o644))
	s.kept = objectDir(full)
	path, err = s.put(id("a"), id("o"), archive("__.PKGDEF", "_go_.o"))
	require.NoError(t, err)
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
	s := store(t, &salt)
	_, err := s.layer.put(id("a"), id("of the layer"), []byte("x"), s.now)
	require.NoError(t, err)
	_, err = s.put(id("a"), id("kept"), []byte("y"))
	require.NoError(t, err)
	o, _ := s.get(id("a"))
	require.Equal(t, id("of the layer"), o.output)
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

// talk sends requests as the go command writes them and gives back the answers by id.
func talk(t *testing.T, store objectStore, requests string) (map[int64]cacheResponse, error) {
	var out bytes.Buffer
	err := serveCache(strings.NewReader(requests), &out, store)
	answers := map[int64]cacheResponse{}
	for dec := json.NewDecoder(&out); ; {
		var res cacheResponse
		if err := dec.Decode(&res); err == io.EOF {
			break
		} else {
			require.NoError(t, err)
		}
		answers[res.ID] = res
	}
	return answers, err
}

func TestServeCache(t *testing.T) {
	salt := ""
	s := store(t, &salt)
	answers, err := talk(t, s, `{"ID":1,"Command":"put","ActionID":"YQ==","OutputID":"Yg==","BodySize":4}`+"\n\n"+`"dGV4dA=="`+"\n"+
		`{"ID":2,"Command":"put","ActionID":"Yw==","OutputID":"ZA=="}`+"\n"+
		`{"ID":3,"Command":"put","ActionID":"ZQ==","OutputID":"ZA==","BodySize":9}`+"\n"+`"dGV4dA=="`+"\n"+
		`{"ID":4,"Command":"sing"}`+"\n"+`{"ID":5,"Command":"close"}`)
	require.NoError(t, err)
	require.Equal(t, []string{"get", "put", "close"}, answers[0].KnownCommands)
	text, err := os.ReadFile(answers[1].DiskPath)
	require.NoError(t, err)
	require.Equal(t, "text", string(text))
	require.FileExists(t, answers[2].DiskPath, "an empty object")
	require.Contains(t, answers[3].Err, "found an object of 4 bytes, want 9")
	require.Contains(t, answers[4].Err, `found the command "sing"`)
	require.Contains(t, answers, int64(5))

	answers, err = talk(t, s, `{"ID":1,"Command":"get","ActionID":"YQ=="}{"ID":2,"Command":"get","ActionID":"eA=="}`)
	require.NoError(t, err, "the go command hung up")
	require.Equal(t, []byte("b"), answers[1].OutputID)
	require.Equal(t, int64(4), answers[1].Size)
	require.True(t, answers[2].Miss)

	_, err = talk(t, s, `{"ID":1,"Command":`)
	require.ErrorContains(t, err, "the go command's request")
	_, err = talk(t, s, `{"ID":1,"Command":"put","BodySize":4} 17`)
	require.ErrorContains(t, err, "the go command's object")
}
