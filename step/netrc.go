package step

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"

	"github.com/bgentry/go-netrc/netrc"
	"github.com/crossgo/crossgo/plan"
)

// withLogins adds the logins of a netrc file to requests that name none, as the go command does (cmd/go/internal/auth): by
// https only, for the host with its port, and without the entry for every other host ("default"). No file, no logins; a file
// that cannot be read is said on the log, since most builds do not need it.
func withLogins(next http.RoundTripper, file string) (http.RoundTripper, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return next, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	logins, err := netrc.Parse(f)
	if err != nil {
		// the parser's text is left out: it may hold a part of the file, a password
		fmt.Fprintf(os.Stderr, "secret %s is left out: want lines of machine HOST login NAME password WORD\n", plan.SecretNetrc)
		return next, nil
	}
	return loginTransport{next, logins}, nil
}

type loginTransport struct {
	next   http.RoundTripper
	logins *netrc.Netrc
}

// RoundTrip sends the request with the login of its host.
func (t loginTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	m := t.logins.FindMachine(r.URL.Host)
	if r.URL.Scheme != "https" || m == nil || m.IsDefault() || r.URL.User != nil || r.Header.Get("Authorization") != "" {
		return t.next.RoundTrip(r)
	}
	r = r.Clone(r.Context())
	r.SetBasicAuth(m.Login, m.Password)
	return t.next.RoundTrip(r)
}
