package env

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/stretchr/testify/require"
)

// fakeMirror is a small Debian mirror whose files a test changes at will.
type fakeMirror struct {
	key     *openpgp.Entity
	address string

	mu    sync.Mutex
	files map[string][]byte
	fails int            // how often each file answers with an error first
	slow  time.Duration  // before each answer
	asked map[string]int // by path
}

func (f *fakeMirror) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.asked[r.URL.Path]++
	data, ok := f.files[r.URL.Path]
	fail := f.asked[r.URL.Path] <= f.fails
	f.mu.Unlock()
	select {
	case <-r.Context().Done():
	case <-time.After(f.slow):
	}
	switch {
	case fail:
		http.Error(w, "busy", http.StatusServiceUnavailable)
	case !ok:
		http.NotFound(w, r)
	default:
		send(w, r, http.StatusOK, data)
	}
}

func (f *fakeMirror) change(do func(files map[string][]byte)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do(f.files)
}

// newFakeMirror has a whole mirror with one package for each of three architectures.
func newFakeMirror(t *testing.T) *fakeMirror {
	t.Helper()
	key, err := newKey("Debian")
	require.NoError(t, err)
	f := &fakeMirror{key: key, files: map[string][]byte{}, asked: map[string]int{}}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.address = server.URL
	f.release(t, time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC), "1")
	return f
}

// fakeSuites are the suites of the mirror.
var fakeSuites = suitesInUse[:2]

// fakeArchs are the architectures of the mirror.
var fakeArchs = []string{"amd64", "arm64", "armhf"}

// release puts a point release of all suites on the mirror, with version of every package.
func (f *fakeMirror) release(t *testing.T, date time.Time, version string) {
	t.Helper()
	for _, s := range fakeSuites {
		text := fmt.Sprintf("Origin: Debian\nSuite: some\nCodename: %s\nDate: %s\n", s.suite, stamp(date))
		name := "libc6-dev"
		if s.extra {
			text += "Valid-Until: " + stamp(date.AddDate(0, 0, 7)) + "\n"
			name = "libcrypt1"
		}
		text += "Architectures: amd64 arm64 armhf\nComponents: main contrib\nSHA256:\n"
		dists := "/" + s.archive + "/dists/" + s.suite + "/"
		for _, arch := range fakeArchs {
			dir := "main/binary-" + arch
			text += f.index(dists, dir, "Packages.gz", f.debian(t, s, name, version, arch))
		}
		text += f.index(dists, "main/source", "Sources.gz", nil)
		signed, err := signedBy(f.key, []byte(text))
		require.NoError(t, err)
		f.change(func(files map[string][]byte) { files[dists+"InRelease"] = signed })
	}
}

// index puts an index on the mirror and returns its line in the signed index.
func (f *fakeMirror) index(dists, dir, name string, text []byte) string {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(text)
	_ = w.Close()
	sum := fmt.Sprintf("%x", sha256.Sum256(out.Bytes()))
	f.change(func(files map[string][]byte) {
		files[dists+dir+"/"+name] = out.Bytes()
		files[dists+dir+"/by-hash/SHA256/"+sum] = out.Bytes()
	})
	return fmt.Sprintf(" %s %d %s/%s\n", sum, out.Len(), dir, name)
}

// debian puts a package file into the pool and returns its paragraph.
func (f *fakeMirror) debian(t *testing.T, s suiteInUse, name, version, arch string) []byte {
	t.Helper()
	dir := t.TempDir()
	control := fmt.Sprintf("Package: %s\nVersion: %s\nArchitecture: %s\n"+
		"Maintainer: Nobody <nobody@example.org>\nDescription: a package\n", name, version, arch)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "root/DEBIAN"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "root/DEBIAN/control"), []byte(control), 0o644))
	deb := filepath.Join(dir, "a.deb")
	cmd := exec.Command("dpkg-deb", "--root-owner-group", "-Znone", "--build", filepath.Join(dir, "root"), deb)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	file := fmt.Sprintf("pool/%s/%s_%s_%s.deb", s.suite, name, version, arch)
	data, err := os.ReadFile(deb)
	require.NoError(t, err)
	f.change(func(files map[string][]byte) { files["/"+s.archive+"/"+file] = data })
	paragraph, err := describe(deb, file)
	require.NoError(t, err)
	return paragraph
}

// fakeWorld is what reads a fake mirror.
type fakeWorld struct {
	*fakeMirror
	all snapshots
	now time.Time
}

func newFakeWorld(t *testing.T) *fakeWorld {
	t.Helper()
	w := &fakeWorld{fakeMirror: newFakeMirror(t), now: time.Now()}
	addresses := map[string]string{"/debian": w.address + "/debian", "/debian-security": w.address + "/debian-security"}
	up := &upstream{addresses: addresses,
		fetchFor: 10 * time.Second, pause: time.Millisecond}
	dir := t.TempDir()
	w.all = snapshots{dir: filepath.Join(dir, "archive"), pool: dir,
		keys: openpgp.EntityList{w.key}, up: up, suites: fakeSuites, now: func() time.Time { return w.now }}
	return w
}

// served is an archive that reads the snapshot that a run now would.
func (w *fakeWorld) served(t *testing.T) *servedArchive {
	t.Helper()
	snapshot, key, err := w.all.open()
	require.NoError(t, err)
	return &servedArchive{&debianFiles{cache: w.all.pool, snapshot: snapshot, upstream: w.all.up}, key}
}

type servedArchive struct {
	*debianFiles
	key *archiveKey
}

// file is what the archive serves.
func (a *servedArchive) file(name string) *httptest.ResponseRecorder {
	return answer(httptest.NewRequest(http.MethodGet, name, nil), a)
}

// notes are what the snapshot says is not as the mirror's signed indexes have it.
func (a *servedArchive) notes() string {
	data, _ := os.ReadFile(filepath.Join(a.snapshot.dir, notesFile))
	return string(data)
}

// whole checks that every index of every suite is signed for and there, and every package file that they list; it
// returns the versions by suite, architecture and package.
func (a *servedArchive) whole(t *testing.T) map[string]string {
	t.Helper()
	versions := map[string]string{}
	for _, s := range fakeSuites {
		dists := "/" + s.archive + "/dists/" + s.suite
		signed := a.file(dists + "/InRelease").Body.Bytes()
		text, err := signedText(signed)
		require.NoError(t, err)
		require.Equal(t, "amd64 arm64 armhf", field(text, "Architectures"))
		lines := compressedIndex.FindAllSubmatch(text, -1)
		require.GreaterOrEqual(t, len(lines), len(fakeArchs))
		for _, m := range lines {
			dir := path.Join(dists, path.Dir(string(m[2])))
			index := a.file(dir + "/by-hash/SHA256/" + string(m[1]))
			require.Equal(t, http.StatusOK, index.Code)
			require.Equal(t, string(m[1]), fmt.Sprintf("%x", sha256.Sum256(index.Body.Bytes())))
			require.Equal(t, index.Body.Bytes(), a.file(path.Join(dists, string(m[2]))).Body.Bytes())
			packages, err := readIndex(filepath.Join(a.snapshot.dir, dists, string(m[2])))
			require.NoError(t, err)
			for p := range paragraphs(packages) {
				deb := a.file("/" + s.archive + "/" + p.get("Filename"))
				require.Equal(t, http.StatusOK, deb.Code, deb.Body.String())
				require.Equal(t, p.get("SHA256"), fmt.Sprintf("%x", sha256.Sum256(deb.Body.Bytes())))
				versions[s.suite+" "+p.get("Architecture")+" "+p.get("Package")] = p.get("Version")
			}
		}
	}
	return versions
}

func TestSnapshotOfAWholeMirror(t *testing.T) {
	t.Parallel()
	w := newFakeWorld(t)
	a := w.served(t)
	require.Len(t, a.whole(t), len(fakeSuites)*len(fakeArchs))
	require.Empty(t, a.notes())

	text, err := signedText(a.file("/debian-security/dists/trixie-security/InRelease").Body.Bytes())
	require.NoError(t, err)
	require.Equal(t, "Sat, 21 Nov 2026 09:00:00 UTC", field(text, "Date"))
	require.Equal(t, "Fri, 28 Nov 2036 09:00:00 UTC", field(text, "Valid-Until"))
	block, _ := clearsign.Decode(a.file("/debian/dists/trixie/InRelease").Body.Bytes())
	_, err = block.VerifySignature(openpgp.EntityList{a.key.entity}, nil)
	require.NoError(t, err)
}

func TestSnapshotOfASlowMirrorThatFailsNowAndThen(t *testing.T) {
	t.Parallel()
	w := newFakeWorld(t)
	w.fails, w.slow = 2, 20*time.Millisecond
	a := w.served(t)
	require.Len(t, a.whole(t), len(fakeSuites)*len(fakeArchs))
	require.Empty(t, a.notes())
}

// stale are the indexes that the mirror is late with.
var stale = []string{"/debian/dists/trixie/main/binary-armhf", "/debian-security/dists/trixie-security/main/binary-armhf"}

// TestSnapshotOfAMirrorThatHangs: the run goes on with what it has, and waits no longer than it says.
func TestSnapshotOfAMirrorThatHangs(t *testing.T) {
	t.Parallel()
	w := newFakeWorld(t)
	w.served(t).whole(t)
	w.now = w.now.Add(freshFor + time.Minute)
	w.slow, w.all.up.fetchFor = time.Minute, 200*time.Millisecond
	began := time.Now()
	require.Len(t, w.served(t).whole(t), len(fakeSuites)*len(fakeArchs))
	require.Less(t, time.Since(began), 30*time.Second)
}

// outOfStep puts point release "2" on the mirror, but for two indexes.
func (w *fakeWorld) outOfStep(t *testing.T) {
	t.Helper()
	old := maps.Clone(w.files)
	w.release(t, time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), "2")
	w.change(func(files map[string][]byte) {
		for _, dir := range stale {
			maps.DeleteFunc(files, func(name string, _ []byte) bool { return strings.HasPrefix(name, dir+"/by-hash/") })
			files[dir+"/Packages.gz"] = old[dir+"/Packages.gz"]
		}
	})
}

func TestSnapshotOfAMirrorOutOfStep(t *testing.T) {
	t.Parallel()
	w := newFakeWorld(t)
	w.outOfStep(t)
	a := w.served(t)
	versions := a.whole(t)
	require.Len(t, versions, len(fakeSuites)*len(fakeArchs))
	require.Equal(t, "1", versions["trixie armhf libc6-dev"])
	require.Equal(t, "2", versions["trixie arm64 libc6-dev"])
	require.Equal(t, stale[1]+": not the index that the signed index names: the mirror's Packages.gz\n"+
		stale[0]+": not the index that the signed index names: the mirror's Packages.gz\n", a.notes())
}

// TestSnapshotWithoutWhatLeftThePool: what a late index lists and the pool has dropped is listed in the newer
// version, if the suite is not one of updates only, whose packages another suite has.
func TestSnapshotWithoutWhatLeftThePool(t *testing.T) {
	t.Parallel()
	w := newFakeWorld(t)
	w.outOfStep(t)
	w.change(func(files map[string][]byte) {
		delete(files, "/debian/pool/trixie/libc6-dev_1_armhf.deb")
		delete(files, "/debian-security/pool/trixie-security/libcrypt1_1_armhf.deb")
		delete(files, "/debian-security/pool/trixie-security/libcrypt1_2_armhf.deb")
	})
	a := w.served(t)
	versions := a.whole(t)
	require.Equal(t, "2", versions["trixie armhf libc6-dev"])
	require.NotContains(t, versions, "trixie-security armhf libcrypt1")
	require.Contains(t, a.notes(), stale[0]+": the pool lacks pool/trixie/libc6-dev_1_armhf.deb\n")
}

// TestSnapshotOfAMirrorWithoutAnIndex: updates are then none; of a suite itself the architecture is left out.
func TestSnapshotOfAMirrorWithoutAnIndex(t *testing.T) {
	t.Parallel()
	w := newFakeWorld(t)
	w.change(func(files map[string][]byte) {
		maps.DeleteFunc(files, func(name string, _ []byte) bool { return strings.HasPrefix(name, stale[1]) })
	})
	versions := w.served(t).whole(t)
	require.NotContains(t, versions, "trixie-security armhf libcrypt1")
	require.Len(t, versions, len(fakeSuites)*len(fakeArchs)-1)

	w = newFakeWorld(t)
	w.change(func(files map[string][]byte) {
		maps.DeleteFunc(files, func(name string, _ []byte) bool { return strings.HasPrefix(name, stale[0]) })
	})
	a := w.served(t)
	text, err := signedText(a.file("/debian/dists/trixie/InRelease").Body.Bytes())
	require.NoError(t, err)
	require.Equal(t, "amd64 arm64", field(text, "Architectures"))
	require.Equal(t, stale[0]+": the mirror has no index of it: left out\n", a.notes())
}

func TestSnapshotIsKept(t *testing.T) {
	t.Parallel()
	w := newFakeWorld(t)
	first := w.served(t)
	is := func(a *servedArchive, version string) {
		t.Helper()
		require.Equal(t, version, a.whole(t)["trixie armhf libc6-dev"])
	}
	is(first, "1")

	inRelease := "/debian/dists/trixie/InRelease"
	before := w.asked[inRelease]
	is(w.served(t), "1")
	require.Equal(t, before, w.asked[inRelease], "a young snapshot is used without asking")

	w.now = w.now.Add(freshFor + time.Minute)
	up := w.all.up.addresses
	w.all.up.addresses = map[string]string{"/debian": "http://127.0.0.1:1", "/debian-security": "http://127.0.0.1:1"}
	is(w.served(t), "1") // without a network, from what there is
	w.all.up.addresses = up

	w.now = w.now.Add(freshFor)
	w.outOfStep(t)
	is(w.served(t), "1")
	require.Empty(t, w.served(t).notes(), "a worse one does not take its place")

	w.now = w.now.Add(freshFor)
	w.release(t, time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), "3")
	is(w.served(t), "3")
	is(first, "1") // of a run that goes on meanwhile
}

// TestSnapshotThatNamesWhatIsGone: the run says so, the next one composes anew, whatever the mirror is like.
func TestSnapshotThatNamesWhatIsGone(t *testing.T) {
	t.Parallel()
	w := newFakeWorld(t)
	a := w.served(t)
	const deb = "/debian/pool/trixie/libc6-dev_1_arm64.deb"
	w.outOfStep(t)
	w.change(func(files map[string][]byte) { delete(files, deb) })
	answer := a.file(deb)
	require.Equal(t, http.StatusBadGateway, answer.Code)
	require.Contains(t, answer.Body.String(), "the mirror has no "+deb+" any more")
	w.now = w.now.Add(time.Minute)
	require.Equal(t, "2", w.served(t).whole(t)["trixie arm64 libc6-dev"])
}

func TestArchiveChecksWhatItServes(t *testing.T) {
	t.Parallel()
	w := newFakeWorld(t)
	a := w.served(t)
	const deb = "/debian/pool/trixie/libc6-dev_1_arm64.deb"
	honest := w.files[deb]
	w.change(func(files map[string][]byte) { files[deb] = append(bytes.Clone(honest), 'x') })
	require.Equal(t, http.StatusBadGateway, a.file(deb).Code)
	w.change(func(files map[string][]byte) { files[deb] = honest })
	require.Equal(t, honest, a.file(deb).Body.Bytes())
	w.change(func(files map[string][]byte) { files["/debian/pool/trixie/unlisted_1_arm64.deb"] = honest })
	require.Equal(t, http.StatusNotFound, a.file("/debian/pool/trixie/unlisted_1_arm64.deb").Code)
}

func TestSnapshotOfAForgedMirror(t *testing.T) {
	t.Parallel()
	w := newFakeWorld(t)
	stranger, err := newKey("Stranger")
	require.NoError(t, err)
	w.key = stranger
	w.release(t, time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), "2")
	_, _, err = w.all.open()
	require.ErrorContains(t, err, "none can be composed: /debian/dists/trixie: the mirror's InRelease")
}

func TestMirrorOutOfStep(t *testing.T) {
	t.Parallel()
	w := newFakeWorld(t)
	require.Empty(t, w.all.up.outOfStep(t, "trixie", fakeArchs...))
	w.outOfStep(t)
	require.Empty(t, w.all.up.outOfStep(t, "trixie", "amd64", "arm64"))
	require.ElementsMatch(t, []OutOfStep{
		{"dists/trixie/main/binary-armhf", "2026-11-22"}, {"dists/trixie-security/main/binary-armhf", "2026-11-22"}},
		w.all.up.outOfStep(t, "trixie", "amd64", "armhf"))
}
