package env

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Pull is what was read of one blob of a registry, in one or several requests.
type Pull struct {
	Repo   string // "cache/app"
	Digest string // "sha256:…"
	Bytes  int64
}

// TakePulls are the blobs that were read since the last call, by repository and digest. A request counts when its answer
// has ended.
func (r *Registry) TakePulls() []Pull { return r.pulls.take() }

// pulls counts the bytes of blobs that a registry answers with.
type pulls struct {
	next  http.Handler
	mu    sync.Mutex
	bytes map[string]int64 // by path
}

// blobPath is a blob's path in the registry's protocol
// (https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-blobs).
var blobPath = regexp.MustCompile(`^/v2/(.+)/blobs/(sha256:[0-9a-f]{64})$`)

func (p *pulls) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet || !blobPath.MatchString(r.URL.Path) {
		p.next.ServeHTTP(w, r)
		return
	}
	counter := &countingWriter{ResponseWriter: w}
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.bytes[r.URL.Path] += counter.bytes
	}()
	p.next.ServeHTTP(counter, r)
}

func (p *pulls) take() []Pull {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Pull
	for path, n := range p.bytes {
		m := blobPath.FindStringSubmatch(path)
		all = append(all, Pull{Repo: m[1], Digest: m[2], Bytes: n})
	}
	slices.SortFunc(all, func(a, b Pull) int { return strings.Compare(a.Repo+a.Digest, b.Repo+b.Digest) })
	p.bytes = map[string]int64{}
	return all
}

// countingWriter counts the body.
type countingWriter struct {
	http.ResponseWriter
	bytes int64
}

func (w *countingWriter) Write(data []byte) (int, error) {
	n, err := w.ResponseWriter.Write(data)
	w.bytes += int64(n)
	return n, err
}
