package sysroot

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
)

// What can be wrong with the signature of a Release. ParseRelease's errors wrap exactly one of them.
var (
	ErrNotSigned    = errors.New("not signed: no OpenPGP clearsigned message")
	ErrTruncated    = errors.New("signed message is cut short or damaged")
	ErrUnknownKey   = errors.New("signed by an unknown key")
	ErrExpiredKey   = errors.New("signed with a key that had expired or was revoked")
	ErrBadSignature = errors.New("wrong signature: the text is not what was signed")
)

// ErrNoArchitecture is what Release.Index says of an architecture that the suite does not have.
var ErrNoArchitecture = errors.New("no such architecture")

// Release is what a signed InRelease file says about a suite.
type Release struct {
	Origin        string // "Debian"
	Suite         string // "stable", "oldoldstable-security": changes over time
	Codename      string // "trixie", "bullseye-security": never changes
	Date          time.Time
	ValidUntil    time.Time // zero when the suite states none, as frozen ones do
	Components    []string
	Architectures []string
	ByHash        bool   // indexes have a place named by their digest, which never changes its content
	SignedBy      string // fingerprint of the primary key that signed
	Debian        bool   // that key is one of Debian's own

	files map[string]IndexFile
}

// IndexFile is one compressed Packages or Sources file, by its place and digest.
type IndexFile struct {
	Path   string // below dists/SUITE: "main/binary-arm64/Packages.xz"
	ByHash string // below dists/SUITE: "main/binary-arm64/by-hash/SHA256/…"; Path where the archive has no such place
	SHA256 string // hex
	Size   int64  // bytes
}

// ParseRelease checks the signature of an InRelease file (OpenPGP clearsigned) and reads what was signed. One good
// signature of a known key is enough. Nothing outside the signed text is looked at, and text outside it is refused.
func ParseRelease(data []byte, keys Keyring) (*Release, error) {
	text, signer, err := signedText(data, keys)
	if err != nil {
		return nil, fmt.Errorf("InRelease: %w", err)
	}
	r := &Release{SignedBy: fingerprint(signer), Debian: isDebian(signer), files: map[string]IndexFile{}}
	if err := r.parse(string(text)); err != nil {
		return nil, fmt.Errorf("InRelease: %w", err)
	}
	return r, nil
}

const (
	beginMessage   = "-----BEGIN PGP SIGNED MESSAGE-----"
	beginSignature = "-----BEGIN PGP SIGNATURE-----"
	endSignature   = "-----END PGP SIGNATURE-----"
)

// signedText returns the text that a known key signed, and that key.
func signedText(data []byte, keys Keyring) ([]byte, *openpgp.Entity, error) {
	trimmed := bytes.TrimSpace(data)
	switch {
	case len(trimmed) == 0:
		return nil, nil, fmt.Errorf("%w: the file is empty", ErrNotSigned)
	case !bytes.HasPrefix(trimmed, []byte(beginMessage)):
		return nil, nil, fmt.Errorf("%w: it begins with %q", ErrNotSigned, firstLine(trimmed))
	case !bytes.Contains(trimmed, []byte(beginSignature)):
		return nil, nil, fmt.Errorf("%w: no signature block follows the text", ErrTruncated)
	case !bytes.HasSuffix(trimmed, []byte(endSignature)):
		return nil, nil, fmt.Errorf("%w: the file does not end with the signature block", ErrTruncated)
	}
	block, rest := clearsign.Decode(trimmed)
	if block == nil {
		return nil, nil, fmt.Errorf("%w: the clearsigned message cannot be decoded", ErrTruncated)
	}
	if len(bytes.TrimSpace(rest)) > 0 {
		return nil, nil, fmt.Errorf("%w: text follows the signature: %q", ErrBadSignature, firstLine(bytes.TrimSpace(rest)))
	}
	signer, err := keys.verify(block.Bytes, block.ArmoredSignature.Body)
	return block.Plaintext, signer, err
}

func firstLine(data []byte) string {
	line, _, _ := bytes.Cut(data, []byte("\n"))
	return string(line[:min(len(line), 60)])
}

func isExpired(err error) bool {
	return errors.Is(err, pgperrors.ErrKeyExpired) || errors.Is(err, pgperrors.ErrSignatureExpired) ||
		errors.Is(err, pgperrors.ErrKeyRevoked)
}

// parse reads the fields of the Release paragraph.
func (r *Release) parse(text string) error {
	field := ""
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimRight(line, "\r")
		if strings.HasPrefix(line, " ") {
			if field == "SHA256" {
				if err := r.addFile(line); err != nil {
					return fmt.Errorf("line %d: %w", n+1, err)
				}
			}
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		field = name
		if err := r.set(name, strings.TrimSpace(value)); err != nil {
			return fmt.Errorf("line %d: %w", n+1, err)
		}
	}
	if r.Codename == "" || len(r.files) == 0 {
		return errors.New("no Codename or no SHA256 list: not a Debian Release file")
	}
	return nil
}

func (r *Release) set(name, value string) (err error) {
	switch name {
	case "Origin":
		r.Origin = value
	case "Suite":
		r.Suite = value
	case "Codename":
		r.Codename = value
	case "Components":
		r.Components = strings.Fields(value)
	case "Architectures":
		r.Architectures = strings.Fields(value)
	case "Acquire-By-Hash":
		r.ByHash = value == "yes"
	case "Date":
		r.Date, err = time.Parse(time.RFC1123, value)
	case "Valid-Until":
		r.ValidUntil, err = time.Parse(time.RFC1123, value)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// addFile reads one line of the SHA256 list: digest, size, path.
func (r *Release) addFile(line string) error {
	f := strings.Fields(line)
	if len(f) != 3 {
		return fmt.Errorf("SHA256: %q has %d words, want digest, size and path", line, len(f))
	}
	size, err := strconv.ParseInt(f[1], 10, 64)
	if raw, hexErr := hex.DecodeString(f[0]); hexErr != nil || len(raw) != 32 || err != nil || size < 0 {
		return fmt.Errorf("SHA256: %q is not a digest and a size", line)
	}
	dir, _, _ := cutLast(f[2], "/")
	r.files[f[2]] = IndexFile{Path: f[2], ByHash: dir + "by-hash/SHA256/" + f[0], SHA256: f[0], Size: size}
	return nil
}

// cutLast splits after the last sep, which stays with the first part.
func cutLast(s, sep string) (dir, name string, ok bool) {
	i := strings.LastIndex(s, sep)
	return s[:i+1], s[i+1:], i >= 0
}

// indexNames are the compressions of an index file that Open reads, the smallest first.
var indexNames = []string{".xz", ".gz"}

// Index finds the Packages file of a component ("main") and a Debian architecture ("arm64"), or with SourceArch the
// component's Sources file.
func (r *Release) Index(component, arch string) (IndexFile, error) {
	dir, name := component+"/binary-"+arch, "Packages"
	if arch == SourceArch {
		dir, name = component+"/source", "Sources"
	}
	var tried []string
	for _, ending := range indexNames {
		if f, ok := r.files[dir+"/"+name+ending]; ok {
			if !r.ByHash {
				f.ByHash = f.Path
			}
			return f, nil
		}
		tried = append(tried, name+ending)
	}
	switch {
	case arch != SourceArch && !slices.Contains(r.Architectures, arch):
		return IndexFile{}, fmt.Errorf("%w: %s has no architecture %s, it has: %s", ErrNoArchitecture, r.Codename, arch, strings.Join(r.Architectures, ", "))
	case !r.hasComponent(component):
		return IndexFile{}, fmt.Errorf("suite %s has no component %s, it has: %s", r.Codename, component, strings.Join(r.Components, ", "))
	}
	return IndexFile{}, fmt.Errorf("suite %s: %s has neither %s", r.Codename, dir, strings.Join(tried, " nor "))
}

// hasComponent knows that security suites write "updates/main" for the component whose files lie in main/.
func (r *Release) hasComponent(component string) bool {
	return slices.Contains(r.Components, component) || slices.Contains(r.Components, "updates/"+component)
}

// Check fails when the Release is of another suite than the one asked for, by codename ("trixie", "trixie-security").
// A mirror that serves a properly signed Release of an older suite would otherwise go unnoticed.
func (r *Release) Check(codename string) error {
	if r.Codename != codename {
		return fmt.Errorf("InRelease is of suite %q, want %q", r.Codename, codename)
	}
	return nil
}
