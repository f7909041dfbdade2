package env

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// actionsCache is a double of GitHub's cache service, version 2, as github.com/tonistiigi/go-actions-cache speaks to it: three calls
// about entries, and the block blobs of Azure that hold their data. What is saved under a key stays as it is for ever.
type actionsCache struct {
	host string

	mu      sync.Mutex
	entries []*actionsEntry // oldest first; the blob's number is its place
}

type actionsEntry struct {
	key    string
	blocks map[string][]byte // of an upload that is under way, by Azure's ids
	data   []byte
	done   bool
}

// ActionsCache starts a double of GitHub's cache service and returns what BuildKit's caches of type gha need to find it, with the
// token of a branch that may write. It lives as long as the test.
func (e *Env) ActionsCache(t testing.TB) string {
	t.Helper()
	c := &actionsCache{}
	mux := http.NewServeMux()
	const service = "POST /twirp/github.actions.results.api.v1.CacheService/"
	mux.HandleFunc(service+"CreateCacheEntry", c.call(c.create))
	mux.HandleFunc(service+"FinalizeCacheEntryUpload", c.call(c.finalize))
	mux.HandleFunc(service+"GetCacheEntryDownloadURL", c.call(c.find))
	mux.HandleFunc("PUT /blobs/{id}", c.put)
	mux.HandleFunc("GET /blobs/{id}", c.get)
	host, stop, err := serve(mux)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop()) })
	c.host = host
	return "type=gha,version=2,url_v2=http://" + host + ",token=" + actionsToken()
}

// actionsToken is a JSON web token with the claims that clients read: when it holds, and for which branches. Nobody checks who signed it.
func actionsToken() string {
	part := base64.RawURLEncoding.EncodeToString
	now := time.Now().Unix()
	claims := fmt.Sprintf(`{"ac":"[{\"Scope\":\"refs/heads/main\",\"Permission\":3}]","nbf":%d,"exp":%d}`, now-60, now+6*60*60)
	return part([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + part([]byte(claims)) + "." + part([]byte("signature"))
}

// call answers a call about entries: JSON in, JSON out.
func (c *actionsCache) call(do func(key string) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var request struct{ Key string }
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil || r.Header.Get("Authorization") == "" {
			http.Error(w, `{"code":"malformed","message":"want JSON with a key, and a token"}`, http.StatusBadRequest)
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		answer := do(request.Key)
		if answer == nil {
			http.Error(w, `{"code":"already_exists"}`, http.StatusConflict)
			return
		}
		_ = json.NewEncoder(w).Encode(answer) // a client that went away is no concern of ours
	}
}

// create reserves a key, once.
func (c *actionsCache) create(key string) any {
	for _, e := range c.entries {
		if e.key == key {
			return nil
		}
	}
	c.entries = append(c.entries, &actionsEntry{key: key, blocks: map[string][]byte{}})
	return map[string]any{"ok": true, "signed_upload_url": c.blob(len(c.entries) - 1)}
}

// finalize makes an entry visible.
func (c *actionsCache) finalize(key string) any {
	for i, e := range c.entries {
		if e.key == key {
			e.done = true
			return map[string]any{"ok": true, "entry_id": strconv.Itoa(i)}
		}
	}
	return map[string]any{"ok": false}
}

// find is the newest entry whose key begins so.
func (c *actionsCache) find(prefix string) any {
	for i := len(c.entries) - 1; i >= 0; i-- {
		if e := c.entries[i]; e.done && strings.HasPrefix(e.key, prefix) {
			return map[string]any{"ok": true, "signed_download_url": c.blob(i), "matched_key": e.key}
		}
	}
	return map[string]any{"ok": false}
}

func (c *actionsCache) blob(i int) string { return fmt.Sprintf("http://%s/blobs/%d", c.host, i) }

// entry is the one that a request for a blob names; the caller holds the lock.
func (c *actionsCache) entry(w http.ResponseWriter, r *http.Request) *actionsEntry {
	i, err := strconv.Atoi(r.PathValue("id"))
	if err != nil || i < 0 || i >= len(c.entries) {
		http.NotFound(w, r)
		return nil
	}
	w.Header().Set("X-Ms-Request-Id", "1") // clients read it without looking whether it is there
	return c.entries[i]
}

// put is Azure's Put Blob, Put Block or Put Block List, by what the query says.
func (c *actionsCache) put(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entry(w, r)
	if e == nil {
		return
	}
	switch r.URL.Query().Get("comp") {
	case "block":
		e.blocks[r.URL.Query().Get("blockid")] = body
	case "blocklist":
		var list struct{ Latest []string }
		err = xml.Unmarshal(body, &list)
		for _, id := range list.Latest {
			e.data = append(e.data, e.blocks[id]...)
		}
	default:
		e.data = body
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusCreated)
}

// get is Azure's Get Blob.
func (c *actionsCache) get(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	e := c.entry(w, r)
	c.mu.Unlock()
	if e == nil {
		return
	}
	if part := r.Header.Get("X-Ms-Range"); part != "" {
		r.Header.Set("Range", part)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(e.data))
}
