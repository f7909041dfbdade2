package sysroot

import (
	"bytes"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"crypto"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// debianKeys are the public keys that sign Debian's archives, exported unchanged from the package
// debian-archive-keyring 2025.1: the archive, the security and the stable release key of bullseye, bookworm and trixie.
//
//go:embed keys/*.asc
var debianKeys embed.FS

// Keyring is a set of OpenPGP public keys that may sign a Release. The zero Keyring knows no key.
// A Keyring is a value: Add returns a larger one and leaves its receiver as it was.
type Keyring struct {
	keys openpgp.EntityList
}

// DebianKeys is the built-in keyring: the keys of the Debian archive.
func DebianKeys() Keyring {
	return Keyring{keys: slices.Clip(embeddedKeys())}
}

// embeddedKeys parses the embedded keys once. They are part of the program, and a test parses each of them:
// a failure here cannot depend on input.
var embeddedKeys = sync.OnceValue(func() openpgp.EntityList {
	var all Keyring
	names, err := fs.Glob(debianKeys, "keys/*.asc")
	for _, name := range names {
		var data []byte
		if data, err = debianKeys.ReadFile(name); err == nil {
			all, err = all.Add(data)
		}
		if err != nil {
			break
		}
	}
	if err != nil {
		return nil // no key: every signature is then refused as made by an unknown key
	}
	return all.keys
})

// Len is the number of primary keys.
func (k Keyring) Len() int { return len(k.keys) }

// signatureHashes are the digests a signature may use: Debian's own are SHA256 and SHA512, older ones can be forged.
var signatureHashes = []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512}

// verify checks the signatures one by one and is content with the first good one: Debian signs a suite with the keys
// of two releases, so that each end can drop the older key in its own time. Without a good one it returns the gravest
// problem: a known key that does not fit the text is worse than a key nobody knows.
func (k Keyring) verify(signed []byte, signatures io.Reader) (*openpgp.Entity, error) {
	var bad, expired error
	var strangers []string
	count := 0
	for packets := packet.NewReader(signatures); ; count++ {
		p, err := packets.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%w: signature %d cannot be read: %w", ErrTruncated, count+1, err)
		}
		sig, ok := p.(*packet.Signature)
		if !ok {
			return nil, fmt.Errorf("%w: packet %d of the signature block is a %T", ErrBadSignature, count+1, p)
		}
		signer, kind, err := k.verifyOne(signed, sig)
		switch kind {
		case nil:
			return signer, nil
		case ErrUnknownKey:
			strangers = append(strangers, issuer(sig))
		case ErrExpiredKey:
			expired = err
		default:
			bad = err
		}
	}
	switch {
	case bad != nil:
		return nil, bad
	case expired != nil:
		return nil, expired
	case len(strangers) > 0:
		return nil, fmt.Errorf("%w: found a signature of %s; known are %s", ErrUnknownKey, strings.Join(strangers, " and "), k)
	}
	return nil, ErrNotSigned
}

// issuer is the key that a signature says to be of: its fingerprint, or of older programs' signatures the last half of it.
func issuer(sig *packet.Signature) string {
	switch {
	case len(sig.IssuerFingerprint) > 0:
		return fmt.Sprintf("%X", sig.IssuerFingerprint)
	case sig.IssuerKeyId != nil:
		return fmt.Sprintf("%016X", *sig.IssuerKeyId)
	}
	return "a key without a name"
}

// verifyOne checks one signature. kind is nil when it is good, else one of the Err values that err wraps.
func (k Keyring) verifyOne(signed []byte, sig *packet.Signature) (signer *openpgp.Entity, kind, err error) {
	if sig.IssuerKeyId == nil || len(k.keys.KeysByIdUsage(*sig.IssuerKeyId, packet.KeyFlagSign)) == 0 {
		return nil, ErrUnknownKey, ErrUnknownKey
	}
	id := issuer(sig)
	if !slices.Contains(signatureHashes, sig.Hash) {
		return nil, ErrBadSignature, fmt.Errorf("%w: key %s signed with %v, want SHA256 or stronger", ErrBadSignature, id, sig.Hash)
	}
	var raw bytes.Buffer
	if err := sig.Serialize(&raw); err != nil {
		return nil, ErrBadSignature, fmt.Errorf("%w: key %s: %w", ErrBadSignature, id, err)
	}
	// The key has to be valid when the signature was made; the clock of this machine has no say, so that a build
	// of an old, frozen suite gives the same answer for ever.
	made := sig.CreationTime
	config := &packet.Config{Time: func() time.Time { return made }}
	signer, err = openpgp.CheckDetachedSignature(k.keys, bytes.NewReader(signed), &raw, config)
	if err == nil {
		return signer, nil, nil
	}
	kind = ErrBadSignature
	if isExpired(err) {
		kind = ErrExpiredKey
	}
	return nil, kind, fmt.Errorf("%w: key %s, signed on %s: %w", kind, id, made.UTC().Format(time.DateOnly), err)
}
