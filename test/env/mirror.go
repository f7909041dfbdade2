package env

import (
	"encoding/base64"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// Mirror is the address of one server with what builds fetch. All mirrors of a run have the same content; those made by
// Misbehave serve some of it wrongly.
//
// Debian's indexes are a snapshot (see snapshot). Nothing else is copied in advance: a file that is asked for first is
// fetched by the ordinary client (apt's helper, the go command) from wherever the machine gets its files, and is kept in the
// cache directory. With a warm cache nothing goes over the network, but that an old snapshot is renewed if it can be.
type Mirror struct {
	Host  string // "127.0.0.1:PORT"
	SumDB string // verifier key of the checksum database, a GOSUMDB value
	Key   string // who signs the Debian archive: an armored public key, a DEBIAN_KEYS value
}

// Debian is the address of the archive, a DEBIAN_MIRROR value.
func (m *Mirror) Debian() string { return "http://" + m.Host + "/debian" }

// Security is the address of the security archive, a DEBIAN_SECURITY_MIRROR value.
func (m *Mirror) Security() string { return "http://" + m.Host + "/debian-security" }

// GoProxy is the address of the module proxy, a GOPROXY value.
func (m *Mirror) GoProxy() string { return "http://" + m.Host + "/goproxy" }

// Settings are the build arguments that make a build use the mirror, as NAME=VALUE; the key is in base64, since a line has to do
// for all of them.
func (m *Mirror) Settings() []string {
	key := base64.StdEncoding.EncodeToString([]byte(m.Key))
	return []string{"GOPROXY=" + m.GoProxy(), "GOSUMDB=" + m.SumDB,
		"DEBIAN_MIRROR=" + m.Debian(), "DEBIAN_SECURITY_MIRROR=" + m.Security(), "DEBIAN_KEYS=" + key}
}

// BuildArgs are Settings as options of buildx and of crossgo build.
func (m *Mirror) BuildArgs() []string {
	var args []string
	for _, s := range m.Settings() {
		args = append(args, "--build-arg", s)
	}
	return args
}

// content is what mirrors serve.
type content struct {
	debian *debianFiles
	key    *archiveKey // of the Debian archive
	proxy  *goProxy
	sums   *sumDB
}

// handler serves the content, with a checksum database that may lie.
func (c *content) handler(sums *sumDB) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/debian/", c.debian)
	mux.Handle("/debian-security/", c.debian)
	mux.Handle("/goproxy/", http.StripPrefix("/goproxy", c.proxy))
	mux.Handle("/goproxy/sumdb/", http.StripPrefix("/goproxy/sumdb", sums))
	return mux
}

// at is the mirror that serves the content at an address.
func (c *content) at(host string, sums *sumDB) *Mirror {
	return &Mirror{Host: host, SumDB: sums.key, Key: c.key.armored}
}

// startMirror starts the well-behaved mirror.
func (e *Env) startMirror() error {
	debian, key, err := e.debianArchive()
	if err != nil {
		return err
	}
	proxy, err := newGoProxy(e.Cache, e.Dir)
	if err != nil {
		return err
	}
	sums, err := newSumDB(proxy.sums)
	if err != nil {
		return err
	}
	e.content = &content{debian: debian, key: key, proxy: proxy, sums: sums}
	host, stop, err := serve(e.content.handler(sums))
	if err != nil {
		return err
	}
	e.Mirror = e.content.at(host, sums)
	e.closers = append(e.closers, stop)
	return nil
}

// Misbehave starts a mirror with faults, which lives as long as the test. Of several faults for a path the first counts.
func (e *Env) Misbehave(t testing.TB, faults ...Fault) *Mirror {
	t.Helper()
	handler, err := faulty(e.content.handler(e.content.sums), e.content.key, faults)
	require.NoError(t, err)
	host, stop, err := serve(handler)
	require.NoError(t, err)
	if refuses(faults) {
		require.NoError(t, stop()) // nobody listens at the address any more
	} else {
		t.Cleanup(func() { require.NoError(t, stop()) })
	}
	return e.content.at(host, e.content.sums)
}

// Watched starts a well-behaved mirror, which lives as long as the test, and returns with it what tells the paths that were asked for
// since it was called last.
func (e *Env) Watched(t testing.TB) (m *Mirror, asked func() []string) {
	t.Helper()
	var mu sync.Mutex
	var paths []string
	content := e.content.handler(e.content.sums)
	host, stop, err := serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		paths = append(paths, r.URL.Path)
		mu.Unlock()
		content.ServeHTTP(w, r)
	}))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop()) })
	return e.content.at(host, e.content.sums), func() []string {
		mu.Lock()
		defer mu.Unlock()
		before := paths
		paths = nil
		return before
	}
}

// Listing starts a mirror whose list of Go's releases is what the function that it returns was called with last; an empty one is a
// server's error. It begins with an empty one.
func (e *Env) Listing(t testing.TB) (m *Mirror, set func(list string)) {
	t.Helper()
	var list atomic.Value
	list.Store("")
	content := e.content.handler(e.content.sums)
	host, stop, err := serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch said := list.Load().(string); {
		case r.URL.Path != "/goproxy/"+toolchainModule+"/@v/list":
			content.ServeHTTP(w, r)
		case said == "":
			http.Error(w, "broken on purpose", http.StatusInternalServerError)
		default:
			_, _ = io.WriteString(w, said)
		}
	}))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop()) })
	return e.content.at(host, e.content.sums), func(said string) { list.Store(said) }
}

// LyingSums starts a mirror whose checksum database signs a wrong hash for every module.
func (e *Env) LyingSums(t testing.TB) *Mirror {
	t.Helper()
	sums, err := newSumDB(func(path, version string) ([]byte, error) {
		honest, err := e.content.proxy.sums(path, version)
		return lie(honest), err
	})
	require.NoError(t, err)
	host, stop, err := serve(e.content.handler(sums))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop()) })
	return e.content.at(host, sums)
}
