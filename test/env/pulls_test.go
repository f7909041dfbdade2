package env

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Blobs that are read count, by repository, until they are taken; manifests and questions for a blob do not.
func TestPullsAreCounted(t *testing.T) {
	digest := "sha256:" + strings.Repeat("a", 64)
	next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("12345")) })
	p := &pulls{next: next, bytes: map[string]int64{}}
	ask := func(method, path string) { p.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, path, nil)) }
	ask("GET", "/v2/cache/app/blobs/"+digest)
	ask("GET", "/v2/cache/app/blobs/"+digest)
	ask("GET", "/v2/other/blobs/"+digest)
	ask("HEAD", "/v2/head/blobs/"+digest)
	ask("GET", "/v2/cache/app/manifests/1")
	require.Equal(t, []Pull{{"cache/app", digest, 10}, {"other", digest, 5}}, p.take())
	require.Empty(t, p.take())
}
