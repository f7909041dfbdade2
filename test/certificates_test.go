package test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/crossgo/crossgo/test/env"
	"github.com/stretchr/testify/require"
)

// company is a certificate authority of a company's own.
type company struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  string
}

func newCompany(t *testing.T, name string, until time.Time) company {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return company{cert, key, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))}
}

// serve starts a server whose certificate the company has signed, and gives its address.
func (c company) serve(t *testing.T) string {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"}, NotBefore: c.cert.NotBefore, NotAfter: c.cert.NotAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, c.cert, c.key.Public(), c.key)
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "trusted") }))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: c.key}}}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// clientProgram asks a server, and loads a time zone.
const clientProgram = `package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

func main() {
	zone, err := time.LoadLocation("Asia/Tokyo")
	fmt.Println("zone:", zone, err)
	answer, err := http.Get(os.Args[1])
	if err != nil {
		fmt.Println("answer:", err)
		return
	}
	text, _ := io.ReadAll(answer.Body)
	fmt.Println("answer:", string(text))
}
`

// runIn runs an image's program as the image says, with arguments.
func runIn(t *testing.T, root, program string, args ...string) string {
	t.Helper()
	require.NoError(t, os.Chmod(root, 0o755))
	return env.Run(t, env.Cmd{Root: root, Dir: "/", User: 65532, Args: append([]string{program}, args...)}).OK(t).Stdout
}

// TestPureImageNeedsNoDistribution: a program without C gets certificates and time zones although the mirror has nothing of Debian, and
// trusts the company that the spec names, on any base.
func TestPureImageNeedsNoDistribution(t *testing.T) {
	t.Parallel()
	ours, theirs := newCompany(t, "Ours", time.Now().Add(time.Hour)), newCompany(t, "Theirs", time.Now().Add(time.Hour))
	url, mirror, host := ours.serve(t), noDebian(t), "--platform=linux/"+runtime.GOARCH
	base := t.TempDir()
	write(t, base, map[string]string{"Dockerfile": "FROM scratch\nCOPY --chown=7:7 --chmod=0750 folder /etc/ssl\nCOPY theirs.pem /etc/pki/bundle.pem\nCOPY --from=links / /\n", "folder/x": "x", "theirs.pem": theirs.pem})
	links := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(links, "etc/ssl"), 0o755))
	require.NoError(t, os.Symlink("../pki/bundle.pem", filepath.Join(links, "etc/ssl/cert.pem"))) // as Alpine has it, but for the folder
	world.BuildxOn(t, world.Daemon, base, "build", "--build-context=links="+links, "-o", "type=image,push=true,name="+world.Registry.Ref("test/bundled:1"), ".").OK(t)
	for name, c := range map[string]struct {
		image  string
		answer string
		theirs bool
		public bool
	}{
		"nothing added": {image: "base: auto", answer: "certificate signed by unknown authority", public: true},
		"auto":          {image: "certificates: ca/ours.pem", answer: "answer: trusted", public: true},
		"scratch":       {image: "{base: scratch, certificates: [\"ca/*.pem\"]}", answer: "answer: trusted"},
		"a base":        {image: "{base: docker.io/test/bundled:1, certificates: [ca]}", answer: "answer: trusted", theirs: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			image := c.image
			if !strings.HasPrefix(image, "{") {
				image = "{" + image + "}"
			}
			dir := writeGo(t, "binaries: [{main: ./cmd/client, cgo: off}]\nimage: "+image+"\n", map[string]string{"client": clientProgram})
			write(t, dir, map[string]string{"ca/ours.pem": "Our company's.\n" + ours.pem})
			root := t.TempDir()
			buildOn(t, world.Daemon, mirror, dir, host, "-o", root).OK(t)
			said := runIn(t, root, "/client", url)
			require.Contains(t, said, c.answer)
			require.Equal(t, c.public, strings.Contains(said, "zone: Asia/Tokyo <nil>"))
			bundle, err := os.ReadFile(filepath.Join(root, "etc/ssl/certs/ca-certificates.crt"))
			require.NoError(t, err)
			require.Equal(t, c.public, strings.Count(string(bundle), "BEGIN CERTIFICATE") > 100)
			require.Equal(t, c.theirs, strings.Contains(string(bundle), theirs.pem))
			if !c.theirs {
				return
			}
			merged, err := os.ReadFile(filepath.Join(root, "etc/pki/bundle.pem"))
			require.NoError(t, err)
			require.Equal(t, theirs.pem+ours.pem, string(merged))
			target, err := os.Readlink(filepath.Join(root, "etc/ssl/cert.pem"))
			require.NoError(t, err)
			require.Equal(t, "../pki/bundle.pem", target)
			info, err := os.Stat(filepath.Join(root, "etc/ssl"))
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o755), info.Mode().Perm()) // as the last COPY left it
		})
	}
	t.Run("what is no certificate", func(t *testing.T) {
		t.Parallel()
		dir := writeGo(t, "binaries: [{main: ./cmd/client, cgo: off}]\nimage:\n  certificates:\n    - ca/none.pem\n    - ca/text.pem\n    - ca/old.pem\n", map[string]string{"client": clientProgram})
		write(t, dir, map[string]string{"ca/text.pem": "hello\n", "ca/old.pem": newCompany(t, "Old", time.Now().Add(-time.Hour)).pem})
		said := buildOn(t, world.Daemon, mirror, dir, host, "-o", t.TempDir()).Output()
		for _, want := range []string{
			"crossgo.yaml:5:7: image.certificates: no file of the build context is ca/none.pem: a .dockerignore may leave it out",
			"crossgo.yaml:6:7: image.certificates: ca/text.pem: found no certificate, want PEM: text with -----BEGIN CERTIFICATE-----",
			"crossgo.yaml:7:7: image.certificates: ca/old.pem: the certificate of CN=Old has expired on ",
		} {
			require.Contains(t, said, want)
		}
	})
}

// TestSameImageEverywhere: two builders give one digest, at another time, by either client, though nobody sets SOURCE_DATE_EPOCH.
func TestSameImageEverywhere(t *testing.T) {
	t.Parallel()
	other := world.NewDaemon(t, env.DaemonOptions{})
	host := "linux/" + runtime.GOARCH
	base := writeBase(t, "dated")
	for name, spec := range map[string]string{
		"auto":    "binaries: [{main: ./cmd/client, cgo: off}]\nimage: {workdir: /srv/data}\n",
		"scratch": "binaries: [{main: ./cmd/client, cgo: off}]\nimage: {base: scratch}\n",
		"base":    "binaries: [{main: ./cmd/client, cgo: off}]\nimage: {base: " + base + ", workdir: /etc/app/data, certificates: ca.pem}\n",
		"with C":  "binaries: [{main: ./cmd/client, cgo: on, link: dynamic}]\nimage: {}\n",
	} {
		dir := writeGo(t, spec, map[string]string{"client": clientProgram})
		write(t, dir, map[string]string{"ca.pem": newCompany(t, "Ours", time.Now().Add(time.Hour)).pem})
		push := func(tag string) string {
			return "type=image,push=true,name=" + world.Registry.Ref("test/dated:"+tag)
		}
		build(t, dir, "--platform="+host, "-o", push("one")).OK(t)
		buildOn(t, other, world.Mirror, dir, "--platform="+host, "-o", push("two")).OK(t)
		args := append([]string{"build", "--progress=plain", "--platform=" + host, "-o", push("three")}, world.Mirror.BuildArgs()...)
		world.Crossgo(t, dir, []string{"BUILDKIT_HOST=" + other.Addr(), "GOFLAGS="}, append(args, ".")...).OK(t)
		var digests []string
		for _, tag := range []string{"one", "two", "three"} {
			img := world.Registry.Images(t, "test/dated:"+tag)[host]
			config, err := img.ConfigFile()
			require.NoError(t, err)
			require.Zero(t, config.Created.Unix(), name)
			require.NotEmpty(t, config.History)
			for _, h := range config.History {
				require.NotContains(t, h.Comment, "exporter", "every layer of ours is in the history")
			}
			digest, err := img.Digest()
			require.NoError(t, err)
			digests = append(digests, digest.String())
		}
		require.Equal(t, digests[0], digests[1], name)
		require.Equal(t, digests[0], digests[2], name)
	}
}

// TestImageTimeIsTheCommits: where the spec asks for the commit, else what the request says.
func TestImageTimeIsTheCommits(t *testing.T) {
	t.Parallel()
	host := "linux/" + runtime.GOARCH
	dir := writeGo(t, "binaries: [{main: ./cmd/api, cgo: off, ldflags: ['-X main.v=${VCS_REVISION}']}]\nimage: {}\n", map[string]string{"api": "package main\n\nvar v string\n\nfunc main() { println(v) }\n"})
	for tag, c := range map[string]struct {
		args []string
		want string
	}{
		"commit": {want: "2026-02-03T04:05:06Z"},
		"epoch":  {args: []string{"--build-arg=SOURCE_DATE_EPOCH=1700000000"}, want: "2023-11-14T22:13:20Z"},
	} {
		args := append([]string{"--platform=" + host, "--build-arg=VCS_REVISION=0123456789abcdef0123456789abcdef01234567", "--build-arg=VCS_TIME=2026-02-03T04:05:06Z",
			"-o", "type=image,push=true,name=" + world.Registry.Ref("test/committed:"+tag)}, c.args...)
		build(t, dir, args...).OK(t)
		config, err := world.Registry.Images(t, "test/committed:"+tag)[host].ConfigFile()
		require.NoError(t, err)
		require.Equal(t, c.want, config.Created.UTC().Format(time.RFC3339))
		for _, h := range config.History {
			require.Equal(t, c.want, h.Created.UTC().Format(time.RFC3339))
		}
	}
}
