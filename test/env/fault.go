package env

import (
	"bytes"
	"crypto"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// Fault is one thing that a mirror does wrongly.
type Fault struct {
	Path string // regular expression on the request's path, for example `InRelease$`
	Kind FaultKind
}

// FaultKind says what goes wrong.
type FaultKind int

// The kinds of fault.
const (
	WrongBytes     FaultKind = iota // as long as it should be, one byte is another
	WrongSignature                  // for InRelease: whole and signed, by a key that nobody trusts
	Resigned                        // for InRelease: whole and signed, by CompanyKey instead of Debian's
	Truncated                       // the connection ends in the middle
	NotFound                        // 404
	ServerError                     // 500
	Stall                           // connected, no answer
	Refused                         // no connection at all, whatever the path
)

// faulty puts faults before a handler.
func faulty(next http.Handler, faults []Fault) (http.Handler, error) {
	patterns := make([]*regexp.Regexp, len(faults))
	for i, f := range faults {
		re, err := regexp.Compile(f.Path)
		if err != nil {
			return nil, fmt.Errorf("fault %d: %w", i, err)
		}
		patterns[i] = re
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i := slices.IndexFunc(patterns, func(re *regexp.Regexp) bool { return re.MatchString(r.URL.Path) })
		if i < 0 {
			next.ServeHTTP(w, r)
			return
		}
		misserve[faults[i].Kind](w, r, next)
	}), nil
}

// refuses reports whether nobody shall listen.
func refuses(faults []Fault) bool {
	return slices.ContainsFunc(faults, func(f Fault) bool { return f.Kind == Refused })
}

// misserve has how each kind answers. Refused has no entry of use: no request arrives.
var misserve = map[FaultKind]func(w http.ResponseWriter, r *http.Request, next http.Handler){
	WrongBytes: func(w http.ResponseWriter, r *http.Request, next http.Handler) { alter(w, r, next, flipByte) },
	WrongSignature: func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		alter(w, r, next, signByStranger)
	},
	Resigned:    func(w http.ResponseWriter, r *http.Request, next http.Handler) { alter(w, r, next, signByCompany) },
	Truncated:   truncate,
	NotFound:    func(w http.ResponseWriter, r *http.Request, _ http.Handler) { http.NotFound(w, r) },
	ServerError: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { http.Error(w, "broken on purpose", 500) },
	Stall:       func(_ http.ResponseWriter, r *http.Request, _ http.Handler) { <-r.Context().Done() },
}

// answer is the honest answer, whole: conditions and ranges of the request are left out.
func answer(r *http.Request, next http.Handler) *httptest.ResponseRecorder {
	r = r.Clone(r.Context())
	for _, h := range []string{"Range", "If-None-Match", "If-Modified-Since"} {
		r.Header.Del(h)
	}
	rec := httptest.NewRecorder()
	next.ServeHTTP(rec, r)
	return rec
}

// alter answers with a changed body.
func alter(w http.ResponseWriter, r *http.Request, next http.Handler, change func([]byte) ([]byte, error)) {
	rec := answer(r, next)
	body, err := change(rec.Body.Bytes())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(rec.Code)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a reader that went away is no concern of ours
	}
}

// flipByte changes the byte in the middle, to another printable one where it is text.
func flipByte(body []byte) ([]byte, error) {
	body = bytes.Clone(body)
	if len(body) > 0 {
		body[len(body)/2] ^= 1
	}
	return body, nil
}

// truncate promises the whole and sends half.
func truncate(w http.ResponseWriter, r *http.Request, next http.Handler) {
	body := answer(r, next).Body.Bytes()
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body[:len(body)/2])
	panic(http.ErrAbortHandler) // the documented way to end the connection here
}

// signByStranger signs the text of a signed file again, by a key made for it.
func signByStranger(signed []byte) ([]byte, error) {
	stranger, err := openpgp.NewEntity("Stranger", "", "stranger@example.org", &packet.Config{DefaultHash: crypto.SHA256})
	if err != nil {
		return nil, err
	}
	return signAgain(signed, stranger, nil)
}
