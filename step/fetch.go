package step

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/crossgo/crossgo/plan"
)

// stallTimeout ends a request that brings nothing for so long: a dead mirror must not hold a build for ever.
const stallTimeout = 60 * time.Second

// rootCAs are the certificates that https is checked with: Mozilla's, which we carry because a build container has none,
// and those of extraCAs.
func rootCAs() (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(mozillaRoots())
	extra, err := extraCAs(plan.PathCA, plan.PathSystemCA)
	pool.AppendCertsFromPEM(extra)
	return pool, err
}

// extraCAs are the certificates of the ca-certificates secret, if there is one, and of the file that BuildKit appends the
// certificate of its own proxy to (executor/proxyca_linux.go of v0.33.1), as PEM.
func extraCAs(secret, system string) ([]byte, error) {
	user, err := os.ReadFile(secret)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if err == nil && !x509.NewCertPool().AppendCertsFromPEM(user) {
		return nil, fmt.Errorf("secret %s: found no certificate in it, want a PEM bundle", plan.SecretCA)
	}
	proxy, err := os.ReadFile(system)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return slices.Concat(user, []byte("\n"), proxy), nil
}

func httpClient() (*http.Client, error) {
	roots, err := rootCAs()
	if err != nil {
		return nil, err
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	t.ResponseHeaderTimeout = stallTimeout
	transport, err := withLogins(t, plan.PathNetrc)
	return &http.Client{Transport: transport}, err
}

// statusError is an answer other than 200.
type statusError struct {
	url    string
	status string
	code   int
}

func (e *statusError) Error() string { return fmt.Sprintf("%s answered %s", e.url, e.status) }

// gone reports whether the answer means that the thing does not exist there (go.dev/ref/mod#goproxy-protocol).
func gone(err error) bool {
	var s *statusError
	return errors.As(err, &s) && (s.code == http.StatusNotFound || s.code == http.StatusGone)
}

// get copies what url answers to w.
func get(ctx context.Context, c *http.Client, url string, w io.Writer) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(stallTimeout, func() { cancel(fmt.Errorf("nothing came for %s", stallTimeout)) })
	defer watchdog.Stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := c.Do(req)
	if err != nil {
		return stalled(ctx, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return &statusError{redact(url), resp.Status, resp.StatusCode}
	}
	body := &kicker{resp.Body, watchdog}
	if _, err := io.Copy(w, body); err != nil {
		return fmt.Errorf("%s: %w", redact(url), stalled(ctx, err))
	}
	return nil
}

// stalled prefers the watchdog's reason to "context canceled".
func stalled(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return fmt.Errorf("%w: %w", cause, err)
	}
	return err
}

// kicker resets the watchdog whenever bytes come.
type kicker struct {
	io.Reader
	watchdog *time.Timer
}

func (k *kicker) Read(p []byte) (int, error) {
	n, err := k.Reader.Read(p)
	if n > 0 {
		k.watchdog.Reset(stallTimeout)
	}
	return n, err
}

// redact takes the password out of an address before it is shown.
func redact(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return address
	}
	host, path, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = "***@" + host[i+1:]
	}
	return scheme + "://" + host + "/" + path
}

// proxies are the addresses of a GOPROXY value, with what lets the next one have a go: after a comma only "not found",
// after a pipe any error (go.dev/ref/mod#environment-variables).
func proxies(value string) ([]proxyAddress, error) {
	var list []proxyAddress
	for value != "" {
		i := strings.IndexAny(value, ",|")
		address, sep := value, byte(',')
		if i >= 0 {
			address, sep, value = value[:i], value[i], value[i+1:]
		} else {
			value = ""
		}
		address = strings.TrimRight(strings.TrimSpace(address), "/")
		if address == "" || address == "direct" {
			continue // Go itself comes from a proxy only
		}
		if address == "off" {
			break
		}
		list = append(list, proxyAddress{address, sep == '|'})
	}
	if len(list) == 0 {
		return nil, errors.New("GOPROXY names no module proxy: Go itself is fetched from one, pass --build-arg GOPROXY=https://…")
	}
	return list, nil
}

type proxyAddress struct {
	url      string
	anyError bool
}

// fromProxies gets a path from the first proxy that has it.
func fromProxies(ctx context.Context, c *http.Client, list []proxyAddress, path string, w func() (io.Writer, error)) (string, error) {
	var errs []error
	for _, p := range list {
		out, err := w()
		if err != nil {
			return "", err
		}
		err = get(ctx, c, p.url+path, out)
		if err == nil {
			return p.url, nil
		}
		errs = append(errs, err)
		if !p.anyError && !gone(err) {
			break
		}
	}
	slices.Reverse(errs)
	return "", errors.Join(errs...)
}
