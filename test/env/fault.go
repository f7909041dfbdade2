package env

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
)

// Fault is one thing that a mirror does wrongly.
type Fault struct {
	Path  string // regular expression on the request's path, for example `InRelease$`
	Kind  FaultKind
	Times int // how many requests meet it; 0: all
}

// FaultKind says what goes wrong.
type FaultKind int

// The kinds of fault.
const (
	WrongBytes     FaultKind = iota // as long as it should be, one byte is another
	WrongSignature                  // for InRelease: whole and signed, by a key that nobody trusts
	Resigned                        // for InRelease: whole and signed, by CompanyKey instead of Debian's
	OldIndex                        // a suite as it was a year ago, signed by the archive; Path matches its indexes too
	ExpiredIndex                    // for InRelease: signed by the archive, Valid-Until is a day ago
	HTMLPage                        // 200 and a page for people, as gateways and proxies send it
	EmptyBody                       // 200 and nothing
	Truncated                       // the connection ends in the middle
	NotFound                        // 404
	ServerError                     // 500
	Stall                           // connected, no answer
	Refused                         // no connection at all, whatever the path
)

// faulty puts faults before a handler. key signs what is signed by the archive.
func faulty(next http.Handler, key *archiveKey, faults []Fault) (http.Handler, error) {
	misserve := misservers(key)
	patterns := make([]*regexp.Regexp, len(faults))
	for i, f := range faults {
		re, err := regexp.Compile(f.Path)
		if err != nil {
			return nil, fmt.Errorf("fault %d: %w", i, err)
		}
		patterns[i] = re
	}
	met := make([]atomic.Int64, len(faults))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for i, f := range faults {
			if patterns[i].MatchString(r.URL.Path) && (f.Times == 0 || met[i].Add(1) <= int64(f.Times)) {
				misserve[f.Kind](w, r, next)
				return
			}
		}
		next.ServeHTTP(w, r)
	}), nil
}

// refuses reports whether nobody shall listen.
func refuses(faults []Fault) bool {
	return slices.ContainsFunc(faults, func(f Fault) bool { return f.Kind == Refused })
}

// misserver answers a request wrongly.
type misserver func(w http.ResponseWriter, r *http.Request, next http.Handler)

// misservers has how each kind answers. Refused has no entry: no request arrives.
func misservers(key *archiveKey) map[FaultKind]misserver {
	return map[FaultKind]misserver{
		WrongBytes:     altered(flipByte),
		WrongSignature: altered(signByStranger),
		Resigned:       altered(signByCompany),
		OldIndex:       (&lastYear{key: key}).misserve,
		ExpiredIndex:   altered(func(signed []byte) ([]byte, error) { return expire(key, signed) }),
		HTMLPage:       page,
		EmptyBody:      altered(func([]byte) ([]byte, error) { return nil, nil }),
		Truncated:      truncate,
		NotFound:       func(w http.ResponseWriter, r *http.Request, _ http.Handler) { http.NotFound(w, r) },
		ServerError: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			http.Error(w, "broken on purpose", http.StatusInternalServerError)
		},
		Stall: func(_ http.ResponseWriter, r *http.Request, _ http.Handler) { <-r.Context().Done() },
	}
}

// page is what a hotel's gateway answers with.
func page(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	const text = "<!DOCTYPE html>\n<html><head><title>Welcome</title></head><body>Please sign in.</body></html>\n"
	_, _ = io.WriteString(w, text) // a reader that went away is no concern of ours
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

// altered answers with a changed body.
func altered(change func([]byte) ([]byte, error)) misserver {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		rec := answer(r, next)
		body, err := change(rec.Body.Bytes())
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		send(w, r, rec.Code, body)
	}
}

// send answers with a body of known length.
func send(w http.ResponseWriter, r *http.Request, code int, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(code)
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
	_ = http.NewResponseController(w).Flush() // a short one would stay in the server's buffer
	panic(http.ErrAbortHandler)               // the documented way to end the connection here
}

// signByStranger signs the text of a signed file again, by a key made for it.
func signByStranger(signed []byte) ([]byte, error) {
	text, err := signedText(signed)
	if err != nil {
		return nil, err
	}
	stranger, err := newKey("Stranger")
	if err != nil {
		return nil, err
	}
	return signedBy(stranger, text)
}

// expire signs the text of a signed file again, with an end that has passed.
func expire(key *archiveKey, signed []byte) ([]byte, error) {
	text, err := signedText(signed)
	if err != nil {
		return nil, err
	}
	now := time.Now().UTC()
	text = setField(text, "Date", stamp(now.AddDate(0, 0, -8)))
	return key.sign(setField(text, "Valid-Until", stamp(now.AddDate(0, 0, -1))))
}

// signedText is what was signed, whoever did it.
func signedText(signed []byte) ([]byte, error) {
	block, _ := clearsign.Decode(signed)
	if block == nil {
		return nil, fmt.Errorf("not a signed text: %.40q", signed)
	}
	return block.Plaintext, nil
}
