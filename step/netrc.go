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

// withLogins adds the logins of a netrc file to requests that name none, as the go command does (cmd/go/internal/auth). No
// file, no logins; an entry for every other host ("default") is left out, as there.
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
		// the parser's text may hold a part of the file: a password
		return nil, fmt.Errorf("secret %s: not a netrc file: want lines of machine HOST login NAME password WORD", plan.SecretNetrc)
	}
	return loginTransport{next, logins}, nil
}

type loginTransport struct {
	next   http.RoundTripper
	logins *netrc.Netrc
}

// RoundTrip sends the request with the login of its host.
func (t loginTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	m := t.logins.FindMachine(r.URL.Hostname())
	if m == nil || m.IsDefault() || r.URL.User != nil || r.Header.Get("Authorization") != "" {
		return t.next.RoundTrip(r)
	}
	r = r.Clone(r.Context())
	r.SetBasicAuth(m.Login, m.Password)
	return t.next.RoundTrip(r)
}
