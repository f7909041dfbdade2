package env

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"path"
	"regexp"
	"sync"
	"time"
)

// lastYear serves a suite as an archive would that was held back: a signed index of an earlier date, and package
// indexes of other digests that it names. What they list is what the archive has today, so that a build goes on
// from there.
type lastYear struct {
	key *archiveKey
	mu  sync.Mutex
	old map[string][]byte // by address
}

// emptyStreams are a compressed nothing. A file and a nothing after it is a file of the same content and another
// digest.
var emptyStreams = map[string]string{
	".xz": "\xfd7zXZ\x00\x00\x04\xe6\xd6\xb4F\x00\x00\x00\x00\x1c\xdfD!\x1f\xb6\xf3}\x01\x00\x00\x00\x00\x04YZ",
	".gz": "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00",
}

// compressedIndex is a line of a Release's list that names a package index.
var compressedIndex = regexp.MustCompile(`(?m)^ ([0-9a-f]{64}) +\d+ (main/\S+/(?:Packages|Sources)(\.xz|\.gz))$`)

func (l *lastYear) misserve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if path.Base(r.URL.Path) == "InRelease" {
		if err := l.fill(r, next); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	if body, ok := l.old[r.URL.Path]; ok {
		send(w, r, http.StatusOK, body)
		return
	}
	next.ServeHTTP(w, r)
}

// fill makes the files of the suite whose InRelease is asked for.
func (l *lastYear) fill(r *http.Request, next http.Handler) error {
	if l.old[r.URL.Path] != nil {
		return nil
	}
	text, err := signedText(answer(r, next).Body.Bytes())
	if err != nil {
		return err
	}
	old := map[string][]byte{}
	text = compressedIndex.ReplaceAllFunc(text, func(line []byte) []byte {
		m := compressedIndex.FindSubmatch(line)
		byHash := path.Join(path.Dir(r.URL.Path), path.Dir(string(m[2])), "by-hash/SHA256")
		asked := r.Clone(r.Context())
		asked.Method, asked.URL.Path = http.MethodGet, path.Join(byHash, string(m[1]))
		found := answer(asked, next)
		if found.Code != http.StatusOK {
			return line
		}
		body := append(found.Body.Bytes(), emptyStreams[string(m[3])]...)
		sum := sha256.Sum256(body)
		old[path.Join(byHash, hex.EncodeToString(sum[:]))] = body
		return fmt.Appendf(nil, " %x %d %s", sum, len(body), m[2])
	})
	date, err := time.Parse(time.RFC1123, field(text, "Date"))
	if err != nil {
		return err
	}
	signed, err := l.key.sign(setField(text, "Date", stamp(date.AddDate(-1, 0, 0))))
	if err != nil {
		return err
	}
	old[r.URL.Path] = signed
	if l.old == nil {
		l.old = map[string][]byte{}
	}
	maps.Copy(l.old, old)
	return nil
}
