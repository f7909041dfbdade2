package step

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
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
		return &statusError{plan.Redacted(url), resp.Status, resp.StatusCode}
	}
	body := &kicker{resp.Body, watchdog}
	if _, err := io.Copy(w, body); err != nil {
		return fmt.Errorf("%s: %w", plan.Redacted(url), stalled(ctx, err))
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

// fromProxies gets a path from the first proxy that has it.
func fromProxies(ctx context.Context, c *http.Client, list []plan.ModuleProxy, path string, w func() (io.Writer, error)) (string, error) {
	var errs []error
	for _, p := range list {
		out, err := w()
		if err != nil {
			return "", err
		}
		err = get(ctx, c, p.URL+path, out)
		if err == nil {
			return p.URL, nil
		}
		errs = append(errs, err)
		if !p.AnyError && !gone(err) {
			break
		}
	}
	slices.Reverse(errs)
	return "", errors.Join(errs...)
}

// The most that is taken of what a proxy sends, each several times what an honest one has: a Go distribution is 80 MB, the list of
// all its releases 300 KB, an answer of a checksum database a few KB.
const (
	mostGo   = 1 << 30
	mostList = 8 << 20
	mostSum  = 1 << 20
)

// capped fails where more is written than it has left, so that no server fills the disk or the memory.
type capped struct {
	to   io.Writer
	left int64
}

func (c *capped) Write(p []byte) (int, error) {
	if int64(len(p)) > c.left {
		return 0, errTooMuch
	}
	n, err := c.to.Write(p)
	c.left -= int64(n)
	return n, err
}

var errTooMuch = errors.New("the server sends more than such a file can have")

// bounded keeps what is written to it in memory. The buffer is not embedded: io.Copy would fill it by its ReadFrom.
type bounded struct {
	kept bytes.Buffer
	most int
}

func (b *bounded) Write(p []byte) (int, error) {
	return (&capped{&b.kept, int64(b.most - b.kept.Len())}).Write(p)
}
