package sysroot

import (
	"bytes"
	"encoding/base64"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/crossgo/crossgo/internal/archivekey"
	"github.com/stretchr/testify/require"
)

// TestAddTakesKeysInTheFormsThatPeopleHave: as gpg exports them, as apt keeps them, and either in base64.
func TestAddTakesKeysInTheFormsThatPeopleHave(t *testing.T) {
	one, two := archivekey.New(t, 0), archivekey.New(t, 0)
	armored := append(archivekey.Armored(t, one), "\n\nthe other one:\n"...)
	armored = append(armored, archivekey.Armored(t, two)...)
	var binary bytes.Buffer
	require.NoError(t, one.Serialize(&binary))
	require.NoError(t, two.Serialize(&binary))
	for name, data := range map[string][]byte{
		"armored": armored, "windows": bytes.ReplaceAll(armored, []byte("\n"), []byte("\r\n")), "binary": binary.Bytes(),
		"armored in base64":          []byte(base64.StdEncoding.EncodeToString(armored)),
		"binary in base64":           []byte(base64.StdEncoding.EncodeToString(binary.Bytes()) + "\n"),
		"base64 on several lines":    breakLines(base64.StdEncoding.EncodeToString(armored)),
		"the same key a second time": append(bytes.Clone(armored), armored...),
	} {
		t.Run(name, func(t *testing.T) {
			keys, err := Keyring{}.Add(data)
			require.NoError(t, err)
			require.Equal(t, 2, keys.Len())
			r, err := ParseRelease(archivekey.Sign(t, releaseText, two), keys)
			require.NoError(t, err)
			require.Equal(t, archivekey.Fingerprint(two), r.SignedBy)
			require.False(t, r.Debian)
		})
	}
}

// TestAddTakesABinaryKeyThatEndsInABlank: the last byte of a key may be any, a line feed too.
func TestAddTakesABinaryKeyThatEndsInABlank(t *testing.T) {
	for {
		var binary bytes.Buffer
		require.NoError(t, archivekey.New(t, 0).Serialize(&binary))
		if len(bytes.TrimSpace(binary.Bytes())) == binary.Len() {
			continue
		}
		keys, err := Keyring{}.Add(binary.Bytes())
		require.NoError(t, err)
		require.Equal(t, 1, keys.Len())
		return
	}
}

func breakLines(s string) []byte {
	var out bytes.Buffer
	for len(s) > 76 {
		out.WriteString(s[:76] + "\n")
		s = s[76:]
	}
	out.WriteString(s)
	return out.Bytes()
}

func TestAddRefuses(t *testing.T) {
	key := archivekey.New(t, 0)
	signature := bytes.NewBuffer(nil)
	w, err := armor.Encode(signature, "PGP SIGNATURE", nil)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	whole := archivekey.Armored(t, key)
	for says, data := range map[string][]byte{
		"found nothing, want OpenPGP public keys as gpg --armor --export writes them, or these in base64": []byte(" \n"),
		"found 6 bytes that are no key":        []byte("no key"),
		"found 10 bytes that are no key, want": []byte("mirror.asc"),
		"found a block of type PGP SIGNATURE":  signature.Bytes(),
		"found the private key " + archivekey.Fingerprint(key) + " (Archive <archive@example.org>)": archivekey.Private(t, key),
		"found a key that cannot be read":                                     append(bytes.Clone(whole[:len(whole)/2]), "\n-----END PGP PUBLIC KEY BLOCK-----\n"...),
		"found an armored text that cannot be read, \"-----BEGIN CERTIFICATE": []byte("-----BEGIN CERTIFICATE"),
		"found 4 bytes that are no keyring":                                   {0x99, 1, 2, 3},
	} {
		_, err := DebianKeys().Add(data)
		require.ErrorContains(t, err, says)
	}
}

func TestKeyringAsText(t *testing.T) {
	key := archivekey.New(t, 0)
	mine, err := Keyring{}.Add(archivekey.Armored(t, key))
	require.NoError(t, err)
	both, err := DebianKeys().Add(archivekey.Armored(t, key))
	require.NoError(t, err)
	text := archivekey.Fingerprint(key) + " (Archive <archive@example.org>)"
	require.Equal(t, "no keys", Keyring{}.String())
	require.Equal(t, text, mine.String())
	require.Equal(t, "the 9 keys of Debian's archive, "+text, both.String())
}
