package sysroot

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/crossgo/crossgo/internal/archivekey"
	"github.com/stretchr/testify/require"
)

const releaseText = `Origin: Debian
Suite: stable
Codename: trixie
Date: Sat, 12 Sep 2026 07:55:41 UTC
Valid-Until: Sat, 19 Sep 2026 07:55:41 UTC
Architectures: all amd64 arm64
Components: main contrib
Acquire-By-Hash: yes
MD5Sum:
 00000000000000000000000000000000 1 main/binary-amd64/Packages.xz
SHA256:
 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 11 main/binary-amd64/Packages.gz
 bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb 7 main/binary-amd64/Packages.xz
 cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc 11 main/binary-arm64/Packages.gz
`

func ring(t *testing.T, keys ...*openpgp.Entity) Keyring {
	t.Helper()
	var k Keyring
	for _, key := range keys {
		var err error
		k, err = k.Add(archivekey.Armored(t, key))
		require.NoError(t, err)
	}
	return k
}

func TestParseReleaseReadsWhatIsSigned(t *testing.T) {
	key := archivekey.New(t, 0)
	r, err := ParseRelease(archivekey.Sign(t, releaseText, key), ring(t, key))
	require.NoError(t, err)
	require.Equal(t, "trixie", r.Codename)
	require.Equal(t, "stable", r.Suite)
	require.Equal(t, "Debian", r.Origin)
	require.Equal(t, []string{"main", "contrib"}, r.Components)
	require.Equal(t, []string{"all", "amd64", "arm64"}, r.Architectures)
	require.True(t, r.ValidUntil.Equal(time.Date(2026, 9, 19, 7, 55, 41, 0, time.UTC)))

	xz, err := r.Index("main", "amd64")
	require.NoError(t, err)
	sum := strings.Repeat("b", 64)
	require.Equal(t, IndexFile{"main/binary-amd64/Packages.xz", "main/binary-amd64/by-hash/SHA256/" + sum, sum, 7}, xz)
	gz, err := r.Index("main", "arm64")
	require.NoError(t, err)
	require.Equal(t, "main/binary-arm64/Packages.gz", gz.Path)

	r.ByHash = false
	named, err := r.Index("main", "amd64")
	require.NoError(t, err)
	require.Equal(t, IndexFile{xz.Path, xz.Path, sum, 7}, named)

	_, err = r.Index("main", SourceArch)
	require.EqualError(t, err, "suite trixie: main/source has neither Sources.xz nor Sources.gz")
	_, err = r.Index("main", "armhf")
	require.EqualError(t, err, "no such architecture: trixie has no architecture armhf, it has: all, amd64, arm64")
	require.ErrorIs(t, err, ErrNoArchitecture)
	_, err = r.Index("non-free", "arm64")
	require.EqualError(t, err, "suite trixie has no component non-free, it has: main, contrib")
	_, err = r.Index("contrib", "arm64")
	require.ErrorContains(t, err, "has neither Packages.xz nor Packages.gz")

	require.NoError(t, r.Check("trixie"))
	require.EqualError(t, r.Check("bookworm"), `InRelease is of suite "trixie", want "bookworm"`)
}

func TestParseReleaseSignatures(t *testing.T) {
	known, other, expired := archivekey.New(t, 0), archivekey.New(t, 0), archivekey.New(t, 24*time.Hour)
	good := archivekey.Sign(t, releaseText, known)
	keys := ring(t, known, expired)
	for _, c := range []struct {
		name string
		data []byte
		want error // nil: accepted
	}{
		{"known key", good, nil},
		{"unknown then known key", archivekey.Sign(t, releaseText, other, known), nil},
		{"known then unknown key", archivekey.Sign(t, releaseText, known, other), nil},
		{"expired and known key", archivekey.Sign(t, releaseText, expired, known), nil},
		{"unknown key", archivekey.Sign(t, releaseText, other), ErrUnknownKey},
		{"expired key", archivekey.Sign(t, releaseText, expired), ErrExpiredKey},
		{"changed text", bytes.Replace(good, []byte("trixie"), []byte("wheezy"), 1), ErrBadSignature},
		{"changed text, second key unknown", bytes.Replace(archivekey.Sign(t, releaseText, known, other), []byte("trixie"), []byte("wheezy"), 1), ErrBadSignature},
		{"text after the signature", append(bytes.Clone(good), append([]byte("\nCodename: evil\n"), good...)...), ErrBadSignature},
		{"text before the message", append([]byte("Codename: evil\n"), good...), ErrNotSigned},
		{"no signature", []byte(releaseText), ErrNotSigned},
		{"empty", nil, ErrNotSigned},
		{"cut in the text", good[:200], ErrTruncated},
		{"cut in the signature", good[:len(good)-60], ErrTruncated},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := ParseRelease(c.data, keys)
			if c.want == nil {
				require.NoError(t, err)
				require.Equal(t, "trixie", r.Codename)
				return
			}
			require.ErrorIs(t, err, c.want)
			require.Nil(t, r)
		})
	}
	_, err := ParseRelease(good, Keyring{})
	require.ErrorIs(t, err, ErrUnknownKey)
}

func TestWeakDigestIsRefused(t *testing.T) {
	key := archivekey.New(t, 0)
	sig := &packet.Signature{IssuerKeyId: &key.PrimaryKey.KeyId, Hash: 3} // crypto.SHA1
	_, kind, err := ring(t, key).verifyOne([]byte("text"), sig)
	require.Equal(t, ErrBadSignature, kind)
	require.ErrorContains(t, err, "want SHA256 or stronger")
}

func TestParseReleaseContent(t *testing.T) {
	key := archivekey.New(t, 0)
	for text, want := range map[string]string{
		"Suite: stable\n":                              "not a Debian Release file",
		"Codename: x\nDate: yesterday\n":               "line 2: Date",
		"Codename: x\nSHA256:\n abc 1 main/x\n":        "is not a digest and a size",
		"Codename: x\nSHA256:\n abc main/x\n":          "has 2 words",
		strings.Replace(releaseText, " 7 ", " -7 ", 1): "is not a digest and a size",
	} {
		_, err := ParseRelease(archivekey.Sign(t, text, key), ring(t, key))
		require.ErrorContains(t, err, want)
	}
}

func TestSourcesIndex(t *testing.T) {
	r := &Release{files: map[string]IndexFile{"main/source/Sources.xz": {Path: "main/source/Sources.xz"}}}
	x, err := r.Index("main", SourceArch)
	require.NoError(t, err)
	require.Equal(t, "main/source/Sources.xz", x.Path)
}

func TestSecuritySuiteComponent(t *testing.T) {
	r := &Release{Codename: "trixie-security", Components: []string{"updates/main"}, Architectures: []string{"arm64"}, files: map[string]IndexFile{}}
	_, err := r.Index("main", "arm64")
	require.ErrorContains(t, err, "has neither")
}

// Each embedded key is read, can sign, and none of the nine is lost.
func TestDebianKeys(t *testing.T) {
	keys := DebianKeys()
	require.Equal(t, 9, keys.Len())
	for _, e := range keys.keys {
		_, ok := e.SigningKey(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		require.True(t, ok)
		for _, id := range e.Identities {
			require.Contains(t, id.Name, "Debian")
		}
	}
	more, err := keys.Add(archivekey.Armored(t, archivekey.New(t, 0)))
	require.NoError(t, err)
	require.Equal(t, 10, more.Len())
	require.Equal(t, 9, keys.Len(), "Add leaves its receiver alone")
	_, err = keys.Add([]byte("no key"))
	require.ErrorContains(t, err, "found 6 bytes that are no key, want OpenPGP public keys")
}
