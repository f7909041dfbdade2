package env

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// SecureGoProxy starts the module proxy with https, at an address of this machine that is not the loopback one: requests to that
// one go through no proxy. It lives as long as the test. The values of GOPROXY and GOSUMDB come as build arguments; ca is a file with
// the certificate, which nobody trusts who is not told to.
func (e *Env) SecureGoProxy(t testing.TB) (args []string, ca string) {
	t.Helper()
	ip, err := ownAddress()
	require.NoError(t, err)
	listener, err := net.Listen("tcp", net.JoinHostPort(ip.String(), "0"))
	require.NoError(t, err)
	cert, err := selfSigned(ip)
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(e.content.handler(e.content.sums))
	require.NoError(t, server.Listener.Close())
	server.Listener = listener
	server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	server.StartTLS()
	t.Cleanup(server.Close)
	ca = filepath.Join(t.TempDir(), "ca.pem")
	data := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]})
	require.NoError(t, os.WriteFile(ca, data, 0o644))
	return []string{"--build-arg", "GOPROXY=" + server.URL + "/goproxy", "--build-arg", "GOSUMDB=" + e.content.sums.key}, ca
}

// ownAddress is an address of this machine that is not the loopback one.
func ownAddress() (net.IP, error) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && n.IP.IsGlobalUnicast() {
			return n.IP, nil
		}
	}
	return nil, errors.New("this machine has no IPv4 address but the loopback one: connect it to a network")
}

// selfSigned is a certificate for an address that vouches for itself.
func selfSigned(ip net.IP) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{ip}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
