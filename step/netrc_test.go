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
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, password, _ := r.BasicAuth()
		_, _ = io.WriteString(w, name+":"+password)
	}))
	defer server.Close()
	for _, c := range []struct{ text, want string }{
		{"machine 127.0.0.1 login me password secret\n", "me:secret"},
		{"machine example.com login me password secret\n", ":"},
		{"default login me password secret\n", ":"},
	} {
		file := filepath.Join(t.TempDir(), "netrc")
		require.NoError(t, os.WriteFile(file, []byte(c.text), 0o600))
		transport, err := withLogins(http.DefaultTransport, file)
		require.NoError(t, err)
		var said bytes.Buffer
		require.NoError(t, get(t.Context(), &http.Client{Transport: transport}, server.URL, &said))
		require.Equal(t, c.want, said.String(), c.text)
	}
}

func TestNoNetrcFileAndABrokenOne(t *testing.T) {
	transport, err := withLogins(http.DefaultTransport, filepath.Join(t.TempDir(), "none"))
	require.NoError(t, err)
	require.Equal(t, http.DefaultTransport, transport)

	file := filepath.Join(t.TempDir(), "netrc")
	require.NoError(t, os.WriteFile(file, []byte("machine a login b password c secret d"), 0o600))
	_, err = withLogins(http.DefaultTransport, file)
	require.EqualError(t, err, "secret netrc: not a netrc file: want lines of machine HOST login NAME password WORD")
}
