package step

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aead.dev/minisign"
	"github.com/crossgo/crossgo/plan"
	"github.com/secure-systems-lab/go-securesystemslib/encrypted"
	"github.com/stretchr/testify/require"
)

var sums = []byte("00  app_linux_amd64.tar.gz\n")

// A key of minisign, of no use but for these tests: without a password, and with the password "secret", by a scrypt that is cheaper than
// minisign's own.
const (
	minisignPublic = "RWQSC4mf0zuxIEaW73dZXvN2Rm+ZQ40MG8aYliNO1hDwzE/KfyUgsvmJ"
	minisignPlain  = "untrusted comment: minisign encrypted secret key\n" +
		"RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEguJn9M7sSBR8Ui1OIzJYzmzVHKcrXf83/XQODwV45/CELWWc3I/I0aW73dZXvN2Rm+ZQ40MG8aYliNO1hDwzE/KfyUgsvmJAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
	minisignLocked = "untrusted comment: minisign encrypted secret key\n" +
		"RWRTY0IyYSBzYWx0IG9mIHRoZSB0ZXN0cywgMzIgYnl0ZXMgb2sAgAAAAAAAAAAAAAEAAAAA6AQeIb3Nt8dmuRcZ1ECN1rfa4BaJIWSlLP0e2980OZOUNSGXhDQ7tlwNDStpqlCxpBWWYNaAg0lGKc+XFGV01JqW1kNxsx14duA8sHsvY95l9nPw5CKSQ9L1/6RFKgS3rrFB3FAG7ss=\n"
)

func TestMinisign(t *testing.T) {
	var public minisign.PublicKey
	require.NoError(t, public.UnmarshalText([]byte(minisignPublic)))
	plain, locked := []byte(minisignPlain), []byte(minisignLocked)
	job := plan.SignJob{Signer: "minisign", File: "SHA256SUMS", Time: "1769860800"}
	var signatures []string
	for _, key := range []struct{ key, password []byte }{{plain, nil}, {plain, nil}, {locked, []byte("secret")}} {
		name, signature, err := signMinisign(job, key.key, key.password, sums)
		require.NoError(t, err)
		require.Equal(t, "SHA256SUMS.minisig", name)
		require.True(t, minisign.Verify(public, sums, signature))
		require.False(t, minisign.Verify(public, append(sums, ' '), signature))
		require.Contains(t, string(signature), "trusted comment: timestamp:1769860800\tfile:SHA256SUMS\thashed\n")
		signatures = append(signatures, string(signature))
	}
	require.Equal(t, signatures[0], signatures[1])
	require.Equal(t, signatures[1], signatures[2])

	_, _, err := signMinisign(job, locked, nil, sums)
	require.ErrorContains(t, err, "the key has a password: give it with --secret id=minisign-password")
	_, _, err = signMinisign(job, locked, []byte("wrong"), sums)
	require.Error(t, err)
	_, _, err = signMinisign(job, []byte("nonsense"), nil, sums)
	require.ErrorContains(t, err, "no secret key of minisign")
}

// cosignPEM is a key as cosign generate-key-pair writes it.
func cosignPEM(t *testing.T, kind string, key any, password string) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	locked, err := encrypted.Encrypt(der, []byte(password))
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: locked})
}

func TestCosign(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	job := plan.SignJob{Signer: "cosign", File: "SHA256SUMS"}
	for _, kind := range cosignKeys {
		var signatures []string
		for range 2 {
			name, signature, err := signCosign(job, cosignPEM(t, kind, key, "secret"), []byte("secret"), sums)
			require.NoError(t, err)
			require.Equal(t, "SHA256SUMS.sig", name)
			raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(signature)))
			require.NoError(t, err)
			hash := sha256.Sum256(sums)
			require.True(t, ecdsa.VerifyASN1(&key.PublicKey, hash[:], raw))
			signatures = append(signatures, string(signature))
		}
		require.Equal(t, signatures[0], signatures[1], "the same key and message")
	}
	_, signature, err := signCosign(job, cosignPEM(t, cosignKeys[0], edKey, ""), nil, sums)
	require.NoError(t, err)
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(signature)))
	require.NoError(t, err)
	require.True(t, ed25519.Verify(edKey.Public().(ed25519.PublicKey), sums, raw))

	_, _, err = signCosign(job, cosignPEM(t, cosignKeys[0], key, "secret"), []byte("wrong"), sums)
	require.ErrorContains(t, err, "the password is the secret cosign-password")
	_, _, err = signCosign(job, cosignPEM(t, "PRIVATE KEY", key, ""), nil, sums)
	require.ErrorContains(t, err, "no key of cosign generate-key-pair: want a PEM block ENCRYPTED SIGSTORE PRIVATE KEY")
	_, _, err = signCosign(job, []byte("nonsense"), nil, sums)
	require.ErrorContains(t, err, "no key of cosign")
}

// TestSignaturesOfAProgram: what the user's program leaves is looked at before it joins the release.
func TestSignaturesOfAProgram(t *testing.T) {
	job := plan.SignJob{Taken: []string{"SHA256SUMS"}}
	require.EqualError(t, signatures(job, t.TempDir()), "it wrote nothing to the folder that CROSSGO_SIGN_OUT names")
	require.EqualError(t, signatures(job, tree(t, map[string]string{"SHA256SUMS": "x"})), "it wrote SHA256SUMS, which is another file of the release")
	link := t.TempDir()
	require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(link, "x.sig")))
	require.EqualError(t, signatures(job, link), "it wrote x.sig, which is no file")
	require.NoError(t, signatures(job, tree(t, map[string]string{"SHA256SUMS.asc": "x"})))
}
