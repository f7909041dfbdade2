package step

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/sysroot"
	"github.com/crossgo/crossgo/verify"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// rootsModule is where Mozilla's list comes from, as the Go project publishes it. Its version is the one that our go.mod names.
const rootsModule = "golang.org/x/crypto/x509roots/fallback"

const pemCertificate = "CERTIFICATE"

// mozillaRoots is Mozilla's list as a PEM bundle, in the list's own order. Constraints, by which browsers distrust some of them for
// certificates of a later date, are left out: no such file can say them.
func mozillaRoots() []byte {
	var out bytes.Buffer
	for root := range bundle.Roots() {
		out.Write(pem.EncodeToMemory(&pem.Block{Type: pemCertificate, Bytes: root.Certificate}))
	}
	return out.Bytes()
}

// ownCertificates are those of the build context that the spec names, in the order of the spec and, for a pattern, of the names. What
// is no certificate is an error at the line that names it; all are found at once.
func ownCertificates(list []plan.ContextFile, dir string, now time.Time) ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	var errs []error
	for i, c := range list {
		names, err := regularFiles(filepath.Join(dir, strconv.Itoa(i)))
		if err == nil && len(names) == 0 {
			err = fmt.Errorf("no file of the build context is %s: a .dockerignore may leave it out", c.From)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: image.certificates: %w", c.Where, err))
		}
		for _, f := range names {
			certs, err := readCertificates(f.file, now)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: image.certificates: %s: %w", c.Where, f.name, err))
			}
			all = append(all, certs...)
		}
	}
	return all, errors.Join(errs...)
}

// maxCertificates bounds a file of certificates; all that Mozilla trusts are a quarter of a megabyte.
const maxCertificates = 8 << 20

// readCertificates reads a file of certificates, and nothing but certificates: a private key must never get into an image.
func readCertificates(file string, now time.Time) ([]*x509.Certificate, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxCertificates {
		return nil, fmt.Errorf("found a file of %d MB, want certificates in PEM", info.Size()>>20)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var all []*x509.Certificate
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		cert, err := readCertificate(block, now)
		if err != nil {
			return nil, err
		}
		all = append(all, cert)
	}
	if len(all) > 0 {
		return all, nil
	}
	if _, err := x509.ParseCertificates(data); err == nil && len(data) > 0 {
		return nil, errors.New("found a certificate in DER, want PEM: openssl x509 -inform der -outform pem makes it")
	}
	return nil, errors.New("found no certificate, want PEM: text with -----BEGIN CERTIFICATE-----")
}

func readCertificate(block *pem.Block, now time.Time) (*x509.Certificate, error) {
	switch {
	case strings.HasSuffix(block.Type, "PRIVATE KEY"):
		return nil, errors.New("found a private key, want certificates alone: everybody who has the image could read it")
	case block.Type != pemCertificate:
		return nil, fmt.Errorf("found a block of type %s, want %s", block.Type, pemCertificate)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("found a damaged certificate: %w", err)
	}
	if now.After(cert.NotAfter) {
		return nil, fmt.Errorf("the certificate of %s has expired on %s: no program accepts it", cert.Subject, cert.NotAfter.UTC().Format(time.DateOnly))
	}
	return cert, nil
}

// addCertificates puts certificates behind a PEM bundle, without those that it has.
func addCertificates(to []byte, certs []*x509.Certificate) []byte {
	has := map[string]bool{}
	for block, rest := pem.Decode(to); block != nil; block, rest = pem.Decode(rest) {
		has[string(block.Bytes)] = true
	}
	out := slices.Clone(to)
	if len(out) > 0 && out[len(out)-1] != '\n' {
		out = append(out, '\n')
	}
	for _, c := range certs {
		if !has[string(c.Raw)] {
			has[string(c.Raw)] = true
			out = append(out, pem.EncodeToMemory(&pem.Block{Type: pemCertificate, Bytes: c.Raw})...)
		}
	}
	return out
}

// bundlePlaces are where distributions have all CA certificates in one file, in the order in which Go looks for it
// (crypto/x509/root_linux.go of Go 1.26).
var bundlePlaces = []string{
	"/" + sysroot.CertBundle, "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/pki/tls/cacert.pem",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem",
}

// mergeCertificates writes the bundles of the base with the certificates behind them, at their own places. Debian's place has one in any
// case: it is the first that programs look at.
func mergeCertificates(_ context.Context, job plan.CertificatesJob) error {
	own, err := ownCertificates(job.Certificates, plan.PathFiles, time.Now())
	if err != nil {
		return err
	}
	if !job.Root {
		return mergeInto(nil, plan.PathOut, job.Bundle, own)
	}
	root, err := os.OpenRoot(plan.PathRoot)
	if err != nil {
		return err
	}
	defer root.Close()
	base, err := verify.DirFS(root)
	if err != nil {
		return err
	}
	return mergeInto(base, plan.PathOut, job.Bundle, own)
}

// mergeInto is mergeCertificates for a base, nil for none, and a folder to write to.
func mergeInto(base verify.FS, to, named string, own []*x509.Certificate) error {
	bundles := map[string][]byte{}
	var first []byte
	for _, place := range append(slices.Clone(bundlePlaces), named) {
		real, data, err := readBundle(base, place)
		if err != nil {
			return err
		}
		if real == "" {
			continue
		}
		bundles[real] = data
		if first == nil {
			first = data
		}
	}
	if real, _, _ := readBundle(base, bundlePlaces[0]); real == "" {
		bundles[realPlace(base, bundlePlaces[0])] = first
	}
	for place, data := range bundles { // each file by itself: the order makes no difference
		if err := writeBundle(base, to, place, addCertificates(data, own)); err != nil {
			return err
		}
	}
	return nil
}

// readBundle reads a file of the base, links followed; real is empty when there is none.
func readBundle(base verify.FS, place string) (real string, data []byte, err error) {
	if base == nil || !path.IsAbs(place) {
		return "", nil, nil
	}
	real, err = verify.RealPath(base, place)
	if err != nil {
		return "", nil, nil // there is none: RealPath says no more
	}
	f, err := base.Open(strings.TrimPrefix(real, "/"))
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return "", nil, err
	}
	if info.Size() > maxCertificates {
		return "", nil, fmt.Errorf("%s of the base has %d MB, which is no bundle of certificates", real, info.Size()>>20)
	}
	var buf bytes.Buffer
	_, err = buf.ReadFrom(f)
	return real, append([]byte{}, buf.Bytes()...), err
}

// realPlace is where a file that the base does not have would be: as far as its folders are there, links among them are followed.
func realPlace(base verify.FS, place string) string {
	rest := ""
	for dir := place; base != nil && dir != "/"; dir = path.Dir(dir) {
		if real, err := verify.RealPath(base, dir); err == nil {
			return path.Join(real, rest)
		}
		rest = path.Join(path.Base(dir), rest)
	}
	return place
}

// writeBundle writes a file below to. Its folders, which are copied over those of the base, have the modes and owners of these.
func writeBundle(base verify.FS, to, place string, data []byte) error {
	dir := to
	for _, name := range strings.Split(strings.Trim(path.Dir(place), "/"), "/") {
		dir = filepath.Join(dir, name)
		if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := likeBase(base, strings.TrimPrefix(dir, to), dir); err != nil {
			return err
		}
	}
	file := filepath.Join(to, place)
	if err := os.WriteFile(file, data, 0o644); err != nil {
		return err
	}
	return os.Chmod(file, 0o644)
}

func likeBase(base verify.FS, name, dir string) error {
	if base == nil {
		return nil
	}
	real, err := verify.RealPath(base, name)
	if err != nil {
		return nil // the base does not have it
	}
	info, err := base.Lstat(strings.TrimPrefix(real, "/"))
	if err != nil {
		return err
	}
	uid, gid := verify.Owner(info)
	return errors.Join(os.Chown(dir, uid, gid), os.Chmod(dir, info.Mode()&(fs.ModePerm|fs.ModeSticky|fs.ModeSetgid)))
}

// rootsVersion is the module that mozillaRoots come from, as our own build information has it.
func rootsVersion() debug.Module {
	info, ok := debug.ReadBuildInfo()
	if ok {
		for _, m := range info.Deps {
			if m.Path == rootsModule {
				return *m
			}
		}
	}
	return debug.Module{Path: rootsModule}
}
