//go:build !wasip1 && !js

package main

import (
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/user"
)

// tlsRoundTrip asks a server of its own on the loopback interface, over TLS with a certificate that is checked.
func tlsRoundTrip() (string, error) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "ok")
	}))
	defer server.Close()
	answer, err := server.Client().Get(server.URL)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return string(body), err
}

// systemRoots counts the certificates of the system; an image from scratch may have none.
func systemRoots() (string, error) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		return "none", nil
	}
	return fmt.Sprintf("%d", len(pool.Subjects())), nil //nolint:staticcheck // on Linux the pool is complete
}

// userName is the name of the user, or its number where no database knows one, as in an image from scratch.
func userName() (string, error) {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username, nil
	}
	return fmt.Sprintf("uid %d", os.Getuid()), nil
}
