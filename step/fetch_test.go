package step

import (
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestExtraCAs: what is trusted beside Mozilla's list is the user's secret and what BuildKit appends to the system's file, which is
// empty where BuildKit has no proxy.
func TestExtraCAs(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	file := func(data []byte) string {
		name := filepath.Join(t.TempDir(), "ca.pem")
		require.NoError(t, os.WriteFile(name, data, 0o644))
		return name
	}
	none := filepath.Join(t.TempDir(), "none")
	appended := append([]byte("\n# buildkit proxy CA begin\n"), cert...)
	for _, c := range []struct {
		secret, system string
		want           bool
	}{
		{none, none, false}, {none, file(nil), false},
		{file(cert), none, true}, {none, file(appended), true}, {file(cert[:len(cert)-1]), file(appended), true},
	} {
		extra, err := extraCAs(c.secret, c.system)
		require.NoError(t, err)
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(extra)
		_, err = server.Certificate().Verify(x509.VerifyOptions{Roots: pool, DNSName: "example.com"})
		require.Equal(t, c.want, err == nil, "%s %s", c.secret, c.system)
	}
	_, err := extraCAs(file([]byte("nothing")), none)
	require.EqualError(t, err, "secret ca-certificates: found no certificate in it, want a PEM bundle")
}
