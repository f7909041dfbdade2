package step

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLoginsOfANetrcFile(t *testing.T) {
	who := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, password, _ := r.BasicAuth()
		_, _ = io.WriteString(w, name+":"+password)
	})
	safe, plain := httptest.NewTLSServer(who), httptest.NewServer(who)
	defer safe.Close()
	defer plain.Close()
	host := func(s *httptest.Server) string { return s.Listener.Addr().String() }
	for _, c := range []struct {
		server     *httptest.Server
		text, want string
	}{
		{safe, "machine " + host(safe) + " login me password secret\n", "me:secret"},
		{safe, "machine 127.0.0.1 login me password secret\n", ":"},
		{safe, "default login me password secret\n", ":"},
		{safe, "machine " + host(safe) + " login me nonsense secret\n", ":"},
		{plain, "machine " + host(plain) + " login me password secret\n", ":"},
	} {
		file := filepath.Join(t.TempDir(), "netrc")
		require.NoError(t, os.WriteFile(file, []byte(c.text), 0o600))
		transport, err := withLogins(safe.Client().Transport, file)
		require.NoError(t, err)
		var said bytes.Buffer
		require.NoError(t, get(t.Context(), &http.Client{Transport: transport}, c.server.URL, &said))
		require.Equal(t, c.want, said.String(), c.text)
	}
}

func TestNoNetrcFile(t *testing.T) {
	transport, err := withLogins(http.DefaultTransport, filepath.Join(t.TempDir(), "none"))
	require.NoError(t, err)
	require.Equal(t, http.DefaultTransport, transport)
}
