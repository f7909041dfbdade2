package frontend

import (
	"encoding/base64"
	"testing"

	"github.com/crossgo/crossgo/internal/archivekey"
	"github.com/stretchr/testify/require"
)

const readsSecret = "keys from the secret debian-keys"

// TestKeysOfAnOwnArchive: in every form that the request may bring, beside Debian's keys, and in their place only if that is said.
func TestKeysOfAnOwnArchive(t *testing.T) {
	own, other := archivekey.New(t, 0), archivekey.New(t, 0)
	armored := archivekey.Armored(t, own)
	for name, c := range map[string]struct {
		args   []string
		secret []byte
		reads  bool // the secret
		says   []string
	}{
		"armored":          {args: []string{"build-arg:DEBIAN_KEYS", string(armored)}},
		"base64":           {args: []string{"build-arg:DEBIAN_KEYS", base64.StdEncoding.EncodeToString(armored)}},
		"several":          {args: []string{"build-arg:DEBIAN_KEYS", string(archivekey.Armored(t, other)) + string(armored)}},
		"secret":           {secret: armored, reads: true},
		"only these":       {args: []string{"build-arg:DEBIAN_KEYS", string(armored), "build-arg:DEBIAN_KEYS_ONLY", "1"}},
		"only the secret":  {args: []string{"build-arg:DEBIAN_KEYS_ONLY", "true"}, secret: armored, reads: true},
		"none":             {reads: true, says: []string{"signed by an unknown key", archivekey.Fingerprint(own), "the 9 keys of Debian's archive", "DEBIAN_KEYS=", "id=debian-keys"}},
		"another's":        {args: []string{"build-arg:DEBIAN_KEYS", string(archivekey.Armored(t, other))}, reads: true, says: []string{archivekey.Fingerprint(own), archivekey.Fingerprint(other), "archive@example.org", "the 9 keys of Debian's archive"}},
		"only, and none":   {args: []string{"build-arg:DEBIAN_KEYS_ONLY", "1"}, reads: true, says: []string{"DEBIAN_KEYS_ONLY", "DEBIAN_KEYS or secret debian-keys"}},
		"no key":           {args: []string{"build-arg:DEBIAN_KEYS", "ABCD 1234"}, says: []string{"build arg DEBIAN_KEYS: found 9 bytes that are no key, want OpenPGP public keys", "$(cat mirror.asc)"}},
		"empty":            {args: []string{"build-arg:DEBIAN_KEYS", ""}, says: []string{"build arg DEBIAN_KEYS: found nothing, want OpenPGP public keys"}},
		"private":          {args: []string{"build-arg:DEBIAN_KEYS", string(archivekey.Private(t, own))}, says: []string{"build arg DEBIAN_KEYS: found the private key " + archivekey.Fingerprint(own)}},
		"only, but how":    {args: []string{"build-arg:DEBIAN_KEYS_ONLY", "mine"}, says: []string{`build arg DEBIAN_KEYS_ONLY: found "mine", want 1 or 0`}},
		"secret is no key": {secret: []byte("the password: 12"), reads: true, says: []string{"secret debian-keys: found 16 bytes that are no key"}},
	} {
		t.Run(name, func(t *testing.T) {
			f, _, _ := cgoFake(t, append(c.args, "build-arg:DEBIAN_SECURITY_MIRROR", "off")...)
			f.signed, f.secret = archivekey.Sign(t, release, own), c.secret
			_, err := f.build(t)
			if len(c.says) == 0 {
				require.NoError(t, err)
			}
			for _, s := range c.says {
				require.ErrorContains(t, err, s)
			}
			require.Equal(t, c.reads, f.askedFor(readsSecret))
		})
	}
}

// TestOnlyOwnKeys: Debian's own signature does not count then.
func TestOnlyOwnKeys(t *testing.T) {
	own := archivekey.New(t, 0)
	f, known, _ := cgoFake(t, "build-arg:DEBIAN_KEYS", string(archivekey.Armored(t, own)), "build-arg:DEBIAN_KEYS_ONLY", "1")
	_, err := f.build(t, known)
	require.ErrorContains(t, err, "known are "+archivekey.Fingerprint(own)+" (Archive <archive@example.org>)")
	require.NotContains(t, err.Error(), "keys of Debian's archive")
}
