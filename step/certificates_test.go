package step

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/sysroot"
	"github.com/crossgo/crossgo/verify"
	"github.com/stretchr/testify/require"
)

// authority is a certificate authority's own certificate, and its key as PEM.
func authority(t *testing.T, name string) (cert *x509.Certificate, text, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(2e9, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	cert, err = x509.ParseCertificate(der)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	return cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
}

// TestMozillasRoots: the bundle is what the Go project publishes, the same each time, and its version is known.
func TestMozillasRoots(t *testing.T) {
	roots := mozillaRoots()
	require.Equal(t, roots, mozillaRoots())
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(roots))
	require.Greater(t, bytes.Count(roots, []byte("-----BEGIN CERTIFICATE-----")), 100)
	version := rootsVersion()
	require.Equal(t, rootsModule, version.Path)
}

func TestOwnCertificates(t *testing.T) {
	now := time.Unix(1.9e9, 0)
	cert, text, key := authority(t, "Ours")
	for name, c := range map[string]struct {
		file, data string
		want       string
	}{
		"one":           {"a.pem", text, ""},
		"with words":    {"a.pem", "subject=Ours\n" + text + "\n# end\n", ""},
		"windows lines": {"a.pem", strings.ReplaceAll(text, "\n", "\r\n"), ""},
		"in a folder":   {"b/a.pem", text, ""},
		"a key":         {"a.pem", text + key, "x:1:1: image.certificates: a.pem: found a private key, want certificates alone: everybody who has the image could read it"},
		"an old key":    {"a.pem", strings.ReplaceAll(key, "PRIVATE", "RSA PRIVATE"), "found a private key"},
		"a request":     {"a.pem", strings.ReplaceAll(text, "CERTIFICATE", "CERTIFICATE REQUEST"), "found a block of type CERTIFICATE REQUEST, want CERTIFICATE"},
		"DER":           {"a.crt", string(cert.Raw), "found a certificate in DER, want PEM: openssl x509 -inform der -outform pem makes it"},
		"text":          {"a.pem", "hello", "found no certificate, want PEM"},
		"nothing":       {"a.pem", "", "found no certificate, want PEM"},
		"damaged":       {"a.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")})), "found a damaged certificate"},
		"too large":     {"a.pem", strings.Repeat("x", maxCertificates+1), "found a file of 8 MB, want certificates in PEM"},
	} {
		dir := t.TempDir()
		writeFiles(t, filepath.Join(dir, "0"), map[string]string{c.file: c.data})
		got, err := ownCertificates([]plan.ContextFile{{From: "*.pem", Where: "x:1:1"}}, dir, now)
		if c.want != "" {
			require.ErrorContains(t, err, c.want, name)
			continue
		}
		require.NoError(t, err, name)
		require.Equal(t, []*x509.Certificate{cert}, got, name)
	}
	dir := t.TempDir()
	writeFiles(t, filepath.Join(dir, "1"), map[string]string{"a.pem": text})
	_, err := ownCertificates([]plan.ContextFile{{From: "none.pem", Where: "x:1:1"}, {From: "a.pem", Where: "x:2:1"}}, dir, time.Unix(2e9+1, 0))
	require.ErrorContains(t, err, "x:1:1: image.certificates: ")
	require.ErrorContains(t, err, "x:2:1: image.certificates: a.pem: the certificate of CN=Ours has expired on 2033-05-18: no program accepts it")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "0"), 0o755))
	_, err = ownCertificates([]plan.ContextFile{{From: "none.pem", Where: "x:1:1"}}, dir, now)
	require.EqualError(t, err, "x:1:1: image.certificates: no file of the build context is none.pem: a .dockerignore may leave it out")
}

func TestAddCertificates(t *testing.T) {
	one, first, _ := authority(t, "One")
	two, second, _ := authority(t, "Two")
	require.Equal(t, first+second, string(addCertificates(nil, []*x509.Certificate{one, two, one})))
	require.Equal(t, first+second, string(addCertificates([]byte(strings.TrimSpace(first)), []*x509.Certificate{one, two})))
}

// TestMergeInto: the bundles of a base get the certificates at their real places, and Debian's place has one in any case.
func TestMergeInto(t *testing.T) {
	cert, text, _ := authority(t, "Ours")
	for name, c := range map[string]struct {
		files map[string]string // "-> x" is a link
		named string
		want  map[string]string
	}{
		"no base":       {nil, "", map[string]string{"etc/ssl/certs/ca-certificates.crt": text}},
		"nothing there": {map[string]string{"bin/x": ""}, "", map[string]string{"etc/ssl/certs/ca-certificates.crt": text}},
		"Debian":        {map[string]string{"etc/ssl/certs/ca-certificates.crt": "D\n"}, "/etc/ssl/certs/ca-certificates.crt", map[string]string{"etc/ssl/certs/ca-certificates.crt": "D\n" + text}},
		"Alpine":        {map[string]string{"etc/ssl/certs/ca-certificates.crt": "A\n", "etc/ssl/cert.pem": "-> certs/ca-certificates.crt"}, "", map[string]string{"etc/ssl/certs/ca-certificates.crt": "A\n" + text}},
		"Fedora": {map[string]string{"etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem": "F\n", "etc/pki/tls/certs/ca-bundle.crt": "-> /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "etc/ssl/certs": "-> ../pki/tls/certs"}, "",
			map[string]string{"etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem": "F\n" + text, "etc/pki/tls/certs/ca-certificates.crt": "F\n" + text}},
		"named by env":   {map[string]string{"opt/roots.pem": "N\n"}, "/opt/roots.pem", map[string]string{"opt/roots.pem": "N\n" + text, "etc/ssl/certs/ca-certificates.crt": "N\n" + text}},
		"named, missing": {map[string]string{"x": ""}, "/opt/roots.pem", map[string]string{"etc/ssl/certs/ca-certificates.crt": text}},
	} {
		var base verify.FS
		if c.files != nil {
			base = fileSystem(t, c.files)
		}
		to := t.TempDir()
		require.NoError(t, mergeInto(base, to, c.named, []*x509.Certificate{cert}), name)
		require.Equal(t, c.want, textsOf(t, to), name)
	}
}

// TestMergeKeepsTheFoldersOfTheBase: they are copied over those of the base.
func TestMergeKeepsTheFoldersOfTheBase(t *testing.T) {
	cert, _, _ := authority(t, "Ours")
	dir, to := t.TempDir(), t.TempDir()
	writeFiles(t, dir, map[string]string{"etc/ssl/x": ""})
	require.NoError(t, os.Chmod(filepath.Join(dir, "etc/ssl"), 0o751))
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close()
	base, err := verify.DirFS(root)
	require.NoError(t, err)
	require.NoError(t, mergeInto(base, to, "", []*x509.Certificate{cert}))
	for name, want := range map[string]os.FileMode{"etc/ssl": 0o751, "etc/ssl/certs": 0o755} {
		info, err := os.Stat(filepath.Join(to, name))
		require.NoError(t, err)
		require.Equal(t, want, info.Mode().Perm(), name)
	}
	info, err := os.Stat(filepath.Join(to, sysroot.CertBundle))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o644), info.Mode().Perm())
}

// fileSystem is a file system with files, each a name and its content; "-> x" is a link.
func fileSystem(t *testing.T, files map[string]string) verify.FS {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		if target, ok := strings.CutPrefix(text, "-> "); ok {
			require.NoError(t, os.Symlink(target, filepath.Join(dir, name)))
			continue
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	t.Cleanup(func() { root.Close() })
	tree, err := verify.DirFS(root)
	require.NoError(t, err)
	return tree
}

// textsOf are the files below a folder.
func textsOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	names, err := regularFiles(dir)
	require.NoError(t, err)
	for _, f := range names {
		data, err := os.ReadFile(f.file)
		require.NoError(t, err)
		all[f.name] = string(data)
	}
	return all
}
