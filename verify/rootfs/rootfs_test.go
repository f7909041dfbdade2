package rootfs

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

// member is one entry of an archive: a file, a directory (name with a slash at the end) or a link ("->" before its target, "=>" of a
// hard one).
type member struct{ name, content string }

func header(m member) *tar.Header {
	h := &tar.Header{Name: m.name, Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(m.content)), Uid: 7, Gid: 8}
	if strings.HasSuffix(m.name, "/") {
		h.Typeflag = tar.TypeDir
	}
	if target, ok := strings.CutPrefix(m.content, "->"); ok {
		h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, target, 0
	}
	if target, ok := strings.CutPrefix(m.content, "=>"); ok {
		h.Typeflag, h.Linkname, h.Size = tar.TypeLink, target, 0
	}
	return h
}

func tarOf(t *testing.T, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		h := header(m)
		require.NoError(t, w.WriteHeader(h))
		if h.Size > 0 {
			_, err := io.WriteString(w, m.content)
			require.NoError(t, err)
		}
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

func write(t *testing.T, raw []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, raw, 0o600))
	return path
}

// open opens the only tree of a source.
func open(t *testing.T, s *Source) *Tree {
	t.Helper()
	require.Len(t, s.Items, 1)
	tree, err := s.Items[0].Open(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, tree.Close()); require.NoError(t, s.Close()) })
	return tree
}

// show lists a tree: "dir/ bin/app=content lib->usr/lib".
func show(t *testing.T, tree *Tree) string {
	t.Helper()
	var all []string
	require.NoError(t, fs.WalkDir(tree.FS, ".", func(path string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		switch {
		case path == ".":
		case d.IsDir():
			all = append(all, path+"/")
		case d.Type()&fs.ModeSymlink != 0:
			target, err := tree.FS.ReadLink(path)
			require.NoError(t, err)
			all = append(all, path+"->"+target)
		case d.Type().IsRegular():
			raw, err := fs.ReadFile(tree.FS, path)
			require.NoError(t, err)
			all = append(all, path+"="+string(raw))
		default:
			all = append(all, path+"?")
		}
		return nil
	}))
	return strings.Join(all, " ")
}

func gzipped(t *testing.T, raw []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(raw)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func zstded(t *testing.T, raw []byte) []byte {
	w, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	return w.EncodeAll(raw, nil)
}

// One tar with the file hello, packed by xz and bzip2.
const (
	tarXZ = "/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4Cf/AGBdADQZSe6N1/i4P8k3vrRH9YAxNEKwFYf57/ToaV0uj71D6Vg41aPea3Kx9wbif7sqtLY9kbuW46PPeYnvlPlMYfnEYW3G6jCyZhTCI4xA00QLNpLriXfytjY2iUI1axRaAABghePAiHZJjwABfIBQAAAAV6ZexbHEZ/sCAAAAAARZWg=="
	tarBZ = "QlpoOTFBWSZTWd1RyPgAAHD7hMmQAEDAAGqAAAhiZJ4AAACACCAAVDKAmTQ0wTGoJKnlBo009QDQV+7m7oQSuASIiRE8bzSxJAwdMPVmtSW7CKs9kF9SeZ/WRedCYwNRyjQiOJIH4u5IpwoSG6o5HwA="
)

func decode(t *testing.T, text string) []byte {
	raw, err := base64.StdEncoding.DecodeString(text)
	require.NoError(t, err)
	return raw
}

func TestArchives(t *testing.T) {
	raw := tarOf(t, member{"./", ""}, member{"./bin/", ""}, member{"bin/app", "app"}, member{"/lib", "->usr/lib"}, member{"lib/x", "x"}, member{"bin/same", "=>bin/app"},
		member{"bin/app2", "=>./nothing"})
	for _, path := range []string{write(t, raw), write(t, gzipped(t, raw)), write(t, zstded(t, raw))} {
		s, err := Open(path, DefaultLimits)
		require.NoError(t, err)
		require.Equal(t, Archive, s.Kind)
		tree := open(t, s)
		require.Equal(t, "bin/ bin/app=app bin/same=app lib->usr/lib usr/ usr/lib/ usr/lib/x=x", show(t, tree))
		require.True(t, tree.Modes)
		info, err := tree.FS.Lstat("bin/app")
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o755), info.Mode())
		require.Equal(t, 7, info.Sys().(*tar.Header).Uid)
	}
	for _, packed := range []string{tarXZ, tarBZ} {
		s, err := Open(write(t, decode(t, packed)), DefaultLimits)
		require.NoError(t, err)
		require.Equal(t, "hello=hi\n", show(t, open(t, s)))
	}
	for text, raw := range map[string][]byte{"text": []byte("hello"), "gzip of text": gzipped(t, []byte("hello")), "empty": nil, "damaged gzip": []byte("\x1f\x8bxxxx")} {
		s, err := Open(write(t, raw), DefaultLimits)
		require.NoError(t, err, text)
		require.Equal(t, File, s.Kind, text)
		_, err = s.Items[0].Open(t.Context())
		require.ErrorContains(t, err, "single file", text)
	}
	_, err := Open(filepath.Join(t.TempDir(), "missing"), DefaultLimits)
	require.ErrorIs(t, err, fs.ErrNotExist)
	s, err := Open("/dev/null", DefaultLimits)
	require.NoError(t, err)
	require.Equal(t, File, s.Kind)
}

func TestZip(t *testing.T) {
	made := func(creator uint16) string {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		add := func(name, content string, mode fs.FileMode) {
			h := &zip.FileHeader{Name: name, Method: zip.Deflate}
			h.SetMode(mode)
			h.CreatorVersion = creator<<8 | h.CreatorVersion&0xff
			f, err := w.CreateHeader(h)
			require.NoError(t, err)
			_, err = io.WriteString(f, content)
			require.NoError(t, err)
		}
		add("app.exe", "MZ", 0o644)
		add("dir/", "", fs.ModeDir|0o755)
		add("../up", "up", 0o755)
		if creator == zipUnix {
			add("link", "app.exe", fs.ModeSymlink|0o777)
		}
		require.NoError(t, w.Close())
		return write(t, b.Bytes())
	}
	s, err := Open(made(zipUnix), DefaultLimits)
	require.NoError(t, err)
	tree := open(t, s)
	require.True(t, tree.Modes)
	require.Equal(t, "app.exe=MZ dir/ link->app.exe up=up", show(t, tree))
	s, err = Open(made(0), DefaultLimits)
	require.NoError(t, err)
	require.False(t, open(t, s).Modes)
	s, err = Open(write(t, []byte("PK\x03\x04 damaged")), DefaultLimits)
	require.NoError(t, err)
	_, err = s.Items[0].Open(t.Context())
	require.ErrorContains(t, err, "a damaged archive")
}

func TestDirectory(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "app"), []byte("app"), 0o755))
	require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(dir, "out")))
	s, err := Open(dir, DefaultLimits)
	require.NoError(t, err)
	require.Equal(t, Directory, s.Kind)
	tree := open(t, s)
	require.Equal(t, "app=app out->/etc/passwd", show(t, tree))
	_, err = tree.FS.Open("out")
	require.Error(t, err, "a link leads out of the directory")
	info, err := tree.FS.Lstat(".")
	require.NoError(t, err)
	require.Equal(t, fs.ModeDir|0o755, info.Mode(), "who may look into it here says nothing of an image")
}

// Names and links of a hostile archive lead nowhere, and sizes are bounded.
func TestHostile(t *testing.T) {
	small := Limits{Entries: 20, Spool: 4096, Read: 1 << 20}
	inside := tarOf(t, member{"../../etc/evil", "evil"}, member{"up", "->../../../../etc"}, member{"up/passwd", "p"}, member{"loop", "->loop"},
		member{"abs", "->/etc"}, member{"abs/shadow", "s"}, member{"file", "f"}, member{"file/below", "b"}, member{"hard", "=>../../../etc/passwd"})
	s, err := Open(write(t, inside), small)
	require.NoError(t, err)
	require.Equal(t, "abs->/etc etc/ etc/evil=evil etc/passwd=p etc/shadow=s file/ file/below=b hard=p loop->loop up->../../../../etc", show(t, open(t, s)))

	var many []member
	for i := range 30 {
		many = append(many, member{string(rune('a'+i)) + "x", ""})
	}
	big := "\x7fELF" + strings.Repeat("x", 8000)
	for text, raw := range map[string][]byte{
		"more than 20 entries":    tarOf(t, many...),
		"more than 4096 bytes":    tarOf(t, member{"app", big}),
		"more than 1048576 bytes": gzipped(t, tarOf(t, member{"zeros", strings.Repeat("\x00", 2<<20)})),
		"40 links on one path":    tarOf(t, member{"loop", "->loop"}, member{"loop/x", "x"}),
		"more than 256 levels":    tarOf(t, member{strings.Repeat("d/", 300) + "x", "x"}),
		"a damaged archive":       tarOf(t, member{"app", strings.Repeat("x", 2000)})[:1500],
		"unexpected EOF":          gzipped(t, tarOf(t, member{"app", noise(3000)}))[:2000],
	} {
		s, err := Open(write(t, raw), small)
		if err == nil {
			_, err = s.Items[0].Open(t.Context())
		}
		require.ErrorContains(t, err, text, text)
	}
}

// noise is what does not compress.
func noise(n int) string {
	raw, seed := make([]byte, n), uint32(1)
	for i := range raw {
		seed = seed*1664525 + 1013904223
		raw[i] = byte(seed >> 24)
	}
	return string(raw)
}

// Of large files that are no executables only the beginning is kept.
func TestSpool(t *testing.T) {
	text, program := strings.Repeat("text", smallSize), "\x7fELF"+strings.Repeat("code", smallSize)
	s, err := Open(write(t, tarOf(t, member{"text", text}, member{"program", program})), DefaultLimits)
	require.NoError(t, err)
	tree := open(t, s)
	raw, err := fs.ReadFile(tree.FS, "program")
	require.NoError(t, err)
	require.Equal(t, program, string(raw))
	raw, err = fs.ReadFile(tree.FS, "text")
	require.ErrorIs(t, err, errNotKept)
	require.Equal(t, text[:headSize], string(raw))
	info, err := tree.FS.Lstat("text")
	require.NoError(t, err)
	require.Equal(t, int64(len(text)), info.Size())
}

// layered is an image of layers for a platform.
func layered(t *testing.T, platform v1.Platform, layers ...[]byte) v1.Image {
	t.Helper()
	img := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
	for _, raw := range layers {
		layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw)), nil })
		require.NoError(t, err)
		img, err = mutate.AppendLayers(img, layer)
		require.NoError(t, err)
	}
	config, err := img.ConfigFile()
	require.NoError(t, err)
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Variant = platform.OS, platform.Architecture, platform.Variant
	config.Config = v1.Config{User: "app", Entrypoint: []string{"/app"}, Cmd: []string{"run"}, Env: []string{"A=b"}, WorkingDir: "/srv"}
	img, err = mutate.ConfigFile(img, config)
	require.NoError(t, err)
	return img
}

var arm64 = v1.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"}

func TestLayers(t *testing.T) {
	img := layered(t, arm64,
		tarOf(t, member{"etc/", ""}, member{"etc/a", "1"}, member{"etc/b", "1"}, member{"lib", "->usr/lib"}, member{"usr/lib/x", "1"}, member{"var/cache/old", "1"},
			member{"opt/", ""}, member{"opt/gone", "1"}, member{"dir/f", "1"}, member{"file", "1"}),
		tarOf(t, member{"etc/a", "2"}, member{"etc/.wh.b", ""}, member{"lib/y", "2"}, member{"var/cache/new", "2"}, member{"var/cache/.wh..wh..opq", ""},
			member{".wh.opt", ""}, member{"opt/", ""}, member{"opt/new", "2"}, member{"dir", "2"}, member{"file/", ""}, member{"file/below", "2"}, member{".wh.nothing", ""}),
		tarOf(t, member{"etc/b", "3"}))
	item, err := imageItem(img, nil, DefaultLimits, ofRegistry)
	require.NoError(t, err)
	tree := open(t, &Source{Items: []Item{item}})
	require.Equal(t, "dir=2 etc/ etc/a=2 etc/b=3 file/ file/below=2 lib->usr/lib opt/ opt/new=2 usr/ usr/lib/ usr/lib/x=1 usr/lib/y=2 var/ var/cache/ var/cache/new=2", show(t, tree))
	require.Equal(t, &Config{User: "app", Args: []string{"/app", "run"}, Env: []string{"A=b"}, WorkDir: "/srv"}, tree.Config)
}

// indexed is an index of two images and an attestation, inside of another index, as buildx writes it.
func indexed(t *testing.T) v1.ImageIndex {
	t.Helper()
	amd64 := v1.Platform{OS: "linux", Architecture: "amd64"}
	inner := mutate.AppendManifests(empty.Index,
		mutate.IndexAddendum{Add: layered(t, amd64, tarOf(t, member{"app", "amd64"})), Descriptor: v1.Descriptor{Platform: &amd64}},
		mutate.IndexAddendum{Add: layered(t, amd64, tarOf(t, member{"app", "arm64"})), Descriptor: v1.Descriptor{Platform: &arm64}},
		mutate.IndexAddendum{Add: layered(t, v1.Platform{OS: "unknown", Architecture: "unknown"}), Descriptor: v1.Descriptor{
			Platform: &v1.Platform{OS: "unknown", Architecture: "unknown"}, Annotations: map[string]string{"vnd.docker.reference.type": "attestation-manifest"}}})
	return inner
}

func checkIndexed(t *testing.T, s *Source, err error) {
	t.Helper()
	require.NoError(t, err)
	require.Equal(t, Image, s.Kind)
	require.Len(t, s.Items, 2)
	require.Equal(t, []string{"linux/amd64", "linux/amd64", "linux/arm64/v8", "linux/amd64"}, []string{s.Items[0].Platform, s.Items[0].Says, s.Items[1].Platform, s.Items[1].Says})
	tree, err := s.Items[1].Open(t.Context())
	require.NoError(t, err)
	require.Equal(t, "app=arm64", show(t, tree))
	require.NoError(t, tree.Close())
	require.NoError(t, s.Close())
}

// packed is a directory as a tar.
func packed(t *testing.T, dir string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	require.NoError(t, w.AddFS(os.DirFS(dir)))
	require.NoError(t, w.Close())
	return b.Bytes()
}

func TestLayouts(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	dir := t.TempDir()
	path, err := layout.Write(dir, empty.Index)
	require.NoError(t, err)
	require.NoError(t, path.AppendIndex(indexed(t)))
	s, err := Open(dir, DefaultLimits)
	checkIndexed(t, s, err)
	for _, raw := range [][]byte{packed(t, dir), gzipped(t, packed(t, dir))} {
		s, err = Open(write(t, raw), DefaultLimits)
		checkIndexed(t, s, err)
	}
	left, err := os.ReadDir(temp)
	require.NoError(t, err)
	require.Empty(t, left, "nothing is left behind")

	_, err = Open(write(t, packed(t, dir)), Limits{Entries: 100, Spool: 100, Read: 1 << 20})
	require.ErrorContains(t, err, "more than 100 bytes")
	bare := t.TempDir()
	_, err = layout.Write(bare, empty.Index)
	require.NoError(t, err)
	_, err = Open(bare, DefaultLimits)
	require.ErrorContains(t, err, "holds no image")
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "blobs")))
	_, err = Open(dir, DefaultLimits)
	require.Error(t, err, "an index whose images are missing")
}

func TestSaved(t *testing.T) {
	img := layered(t, arm64, tarOf(t, member{"app", "saved"}))
	one, other := name.MustParseReference("example.com/one:1").(name.Tag), name.MustParseReference("example.com/other:1").(name.Tag)
	single, both := filepath.Join(t.TempDir(), "one.tar"), filepath.Join(t.TempDir(), "both.tar")
	require.NoError(t, tarball.WriteToFile(single, one, img))
	require.NoError(t, tarball.MultiWriteToFile(both, map[name.Tag]v1.Image{one: img, other: layered(t, v1.Platform{OS: "linux", Architecture: "amd64"})}))
	s, err := Open(single, DefaultLimits)
	require.NoError(t, err)
	require.Equal(t, Image, s.Kind)
	require.Equal(t, "linux/arm64/v8", s.Items[0].Platform)
	require.Equal(t, "app=saved", show(t, open(t, s)))
	raw, err := os.ReadFile(single)
	require.NoError(t, err)
	s, err = Open(write(t, gzipped(t, raw)), DefaultLimits)
	require.NoError(t, err)
	require.Equal(t, "app=saved", show(t, open(t, s)))
	s, err = Open(both, DefaultLimits)
	require.NoError(t, err)
	require.Len(t, s.Items, 2)

	s, err = Open(write(t, tarOf(t, member{"manifest.json", `{"name": "an extension of a browser"}`}, member{"app", "a"})), DefaultLimits)
	require.NoError(t, err)
	require.Equal(t, Archive, s.Kind)
	_, err = Open(write(t, tarOf(t, member{"manifest.json", `[{"Config": "missing.json", "Layers": ["../../etc/passwd"]}]`})), DefaultLimits)
	require.Error(t, err)
}

// Manifests and configs are read whole, so large ones are refused before that.
func TestLargeManifests(t *testing.T) {
	large := strings.Repeat(" ", maxManifest+1)
	dir := t.TempDir()
	path, err := layout.Write(dir, empty.Index)
	require.NoError(t, err)
	img := layered(t, arm64)
	require.NoError(t, path.AppendImage(img))
	config, err := img.ConfigName()
	require.NoError(t, err)
	blob := filepath.Join(dir, "blobs", config.Algorithm, config.Hex)
	require.NoError(t, os.WriteFile(blob, []byte(large), 0o600))
	_, err = Open(dir, DefaultLimits)
	require.ErrorIs(t, err, errLargeManifest)
	require.NoError(t, os.WriteFile(filepath.Join(dir, layoutIndex), []byte(large), 0o600))
	_, err = Open(dir, DefaultLimits)
	require.ErrorIs(t, err, errLargeManifest)
	for _, members := range [][]member{
		{{"manifest.json", `[{"Config": "c.json", "Layers": []}]`}, {"c.json", large}},
		{{"manifest.json", `[{"Config": "c.json", "Layers": []}]` + large}, {"c.json", "{}"}},
	} {
		_, err = Open(write(t, tarOf(t, members...)), DefaultLimits)
		require.Error(t, err)
	}
}

func TestReferences(t *testing.T) {
	for text, want := range map[string]bool{
		"alpine:3.20": true, "ghcr.io/a/b": true, "localhost/x": true, "localhost:5000/x": true, "debian@sha256:" + strings.Repeat("a", 64): true, "a/b:1": true,
		"out/server": false, "server": false, "./server:1": false, "/tmp/x:1": false, "../a:b": false, "a b:c": false, "": false, "X:1": false, `C:\server`: false,
	} {
		require.Equal(t, want, IsReference(text), text)
	}
}

// TestRegistry pulls from a registry of this machine, also one that wants a login.
func TestRegistry(t *testing.T) {
	plain := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "me" || password != "secret" {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			http.Error(w, `{"errors": [{"code": "UNAUTHORIZED"}]}`, http.StatusUnauthorized)
			return
		}
		plain.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	login(t, host, "me", "wrong")
	_, err := OpenReference(t.Context(), host+"/x:1", DefaultLimits)
	require.ErrorContains(t, err, "UNAUTHORIZED")

	login(t, host, "me", "secret")
	auth := remote.WithAuthFromKeychain(authn.DefaultKeychain)
	ref, err := name.ParseReference(host + "/x:1")
	require.NoError(t, err)
	require.NoError(t, remote.WriteIndex(ref, indexed(t), auth))
	s, err := OpenReference(t.Context(), ref.String(), DefaultLimits)
	checkIndexed(t, s, err)
	one, err := name.ParseReference(host + "/one:1")
	require.NoError(t, err)
	require.NoError(t, remote.Write(one, layered(t, arm64, tarOf(t, member{"app", "one"})), auth))
	s, err = OpenReference(t.Context(), one.String(), DefaultLimits)
	require.NoError(t, err)
	require.Equal(t, "app=one", show(t, open(t, s)))

	_, err = OpenReference(t.Context(), host+"/missing:1", DefaultLimits)
	require.ErrorContains(t, err, "NAME_UNKNOWN")
	_, err = OpenReference(t.Context(), "a b", DefaultLimits)
	require.Error(t, err)
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = OpenReference(stopped, ref.String(), DefaultLimits)
	require.ErrorIs(t, err, context.Canceled)
}

// login writes what docker login does.
func login(t *testing.T, host, user, password string) {
	t.Helper()
	dir := t.TempDir()
	raw, err := json.Marshal(map[string]any{"auths": map[string]any{host: map[string]string{"auth": base64.StdEncoding.EncodeToString([]byte(user + ":" + password))}}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.json"), raw, 0o600))
	t.Setenv("DOCKER_CONFIG", dir)
	t.Setenv("HOME", t.TempDir())
}

// A random image has one layer with one file: what go-containerregistry makes itself can be read, too.
func TestRandomImage(t *testing.T) {
	img, err := random.Image(1000, 1)
	require.NoError(t, err)
	item, err := imageItem(img, nil, DefaultLimits, ofRegistry)
	require.NoError(t, err)
	tree, err := item.Open(t.Context())
	require.NoError(t, err)
	entries, err := tree.FS.ReadDir(".")
	require.NoError(t, err)
	require.Len(t, entries, 1)
	require.NoError(t, tree.Close())
}
