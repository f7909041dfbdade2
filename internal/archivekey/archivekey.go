// Package archivekey makes keys and signed texts for tests, of the kinds that package archives have.
package archivekey

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/stretchr/testify/require"
)

// Made is when Sign signs.
var Made = time.Date(2026, 9, 12, 8, 0, 0, 0, time.UTC)

// New makes a signing key that is valid for the given time from its creation, a year before Made; 0 is for ever.
func New(t testing.TB, valid time.Duration) *openpgp.Entity {
	t.Helper()
	key, err := openpgp.NewEntity("Archive", "", "archive@example.org", &packet.Config{
		Algorithm: packet.PubKeyAlgoEdDSA, KeyLifetimeSecs: uint32(valid / time.Second),
		Time: func() time.Time { return Made.AddDate(-1, 0, 0) },
	})
	require.NoError(t, err)
	return key
}

// Armored is the key's public half as text.
func Armored(t testing.TB, key *openpgp.Entity) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := armor.Encode(&out, openpgp.PublicKeyType, nil)
	require.NoError(t, err)
	require.NoError(t, key.Serialize(w))
	require.NoError(t, w.Close())
	return out.Bytes()
}

// Private is the key with its private half as text, for those who hand in the wrong file.
func Private(t testing.TB, key *openpgp.Entity) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := armor.Encode(&out, openpgp.PrivateKeyType, nil)
	require.NoError(t, err)
	require.NoError(t, key.SerializePrivateWithoutSigning(w, nil))
	require.NoError(t, w.Close())
	return out.Bytes()
}

// Fingerprint names the key.
func Fingerprint(key *openpgp.Entity) string { return fmt.Sprintf("%X", key.PrimaryKey.Fingerprint) }

// Sign is the text with the signatures of the keys, as InRelease files are.
func Sign(t testing.TB, text string, keys ...*openpgp.Entity) []byte {
	t.Helper()
	var private []*packet.PrivateKey
	for _, k := range keys {
		private = append(private, k.PrivateKey)
	}
	var out bytes.Buffer
	w, err := clearsign.EncodeMulti(&out, private, &packet.Config{Time: func() time.Time { return Made }})
	require.NoError(t, err)
	_, err = w.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}
