package step

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/crossgo/crossgo/internal/archivekey"
	"github.com/crossgo/crossgo/plan"
	"github.com/stretchr/testify/require"
)

// TestArchiveKeysFromTheSecret: without one there are no keys, and what is no public key is written nowhere.
func TestArchiveKeysFromTheSecret(t *testing.T) {
	key := archivekey.New(t, 0)
	for name, c := range map[string]struct {
		secret []byte // nil: there is none
		says   string
	}{
		"none":        {nil, ""},
		"a key":       {archivekey.Armored(t, key), ""},
		"empty":       {[]byte{}, "secret debian-keys: found nothing"},
		"no key":      {[]byte("the password: 12"), "secret debian-keys: found 16 bytes that are no key"},
		"private key": {archivekey.Private(t, key), "secret debian-keys: found the private key " + archivekey.Fingerprint(key)},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			from := filepath.Join(dir, "secret")
			if c.secret != nil {
				require.NoError(t, os.WriteFile(from, c.secret, 0o600))
			}
			err := copyKeys(from, dir)
			if c.says != "" {
				require.ErrorContains(t, err, c.says)
				require.NoFileExists(t, filepath.Join(dir, plan.KeysFile))
				return
			}
			require.NoError(t, err)
			got, err := os.ReadFile(filepath.Join(dir, plan.KeysFile))
			require.NoError(t, err)
			require.Equal(t, string(c.secret), string(got))
		})
	}
}
