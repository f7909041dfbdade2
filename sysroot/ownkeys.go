package sysroot

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
)

// wantKeys says what Add takes, for its errors.
const wantKeys = "want OpenPGP public keys as gpg --armor --export writes them, or these in base64"

// Add returns the keyring with more keys: one or several ASCII-armored blocks, a keyring file as apt has them in
// /usr/share/keyrings, or either of them in base64 on one line. A private key is refused: it has no business here.
func (k Keyring) Add(data []byte) (Keyring, error) {
	more, err := readKeys(data)
	if err != nil {
		return k, fmt.Errorf("%w, %s", err, wantKeys)
	}
	keys := slices.Clone(k.keys)
	for _, e := range more {
		if e.PrivateKey != nil {
			return k, fmt.Errorf("found the private key %s (%s), %s", fingerprint(e), owner(e), wantKeys)
		}
		// A known key that comes again may be valid for longer than it was.
		keys = append(slices.DeleteFunc(keys, func(known *openpgp.Entity) bool { return sameKey(known, e) }), e)
	}
	return Keyring{keys: keys}, nil
}

const beginArmor = "-----BEGIN "

// readKeys reads keys in any of the forms that Add takes.
func readKeys(data []byte) (openpgp.EntityList, error) {
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return nil, errors.New("found nothing")
	case bytes.Contains(data, []byte(beginArmor)):
		return readArmored(data)
	case data[0]&0x80 != 0: // the first bit of every OpenPGP packet (RFC 9580, 4.2)
		keys, err := openpgp.ReadKeyRing(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("found %d bytes that are no keyring: %w", len(data), err)
		}
		return keys, nil
	}
	decoded, err := base64.StdEncoding.DecodeString(string(bytes.Join(bytes.Fields(data), nil)))
	if err != nil || len(decoded) == 0 || !bytes.Contains(decoded, []byte(beginArmor)) && decoded[0]&0x80 == 0 {
		// The text itself is not shown: it may be a password that somebody hands in under the wrong name.
		return nil, fmt.Errorf("found %d bytes that are no key", len(data))
	}
	return readKeys(decoded)
}

// readArmored reads all blocks of a text; what stands between them is left out, as gpg does.
func readArmored(data []byte) (openpgp.EntityList, error) {
	var all openpgp.EntityList
	for _, text := range strings.Split(string(data), beginArmor)[1:] {
		block, err := armor.Decode(strings.NewReader(beginArmor + text))
		if err != nil {
			return nil, fmt.Errorf("found an armored text that cannot be read, %q: %w", beginArmor+firstLine([]byte(text)), err)
		}
		if block.Type != openpgp.PublicKeyType && block.Type != openpgp.PrivateKeyType {
			return nil, fmt.Errorf("found a block of type %s", block.Type)
		}
		keys, err := openpgp.ReadKeyRing(block.Body)
		if err != nil {
			return nil, fmt.Errorf("found a key that cannot be read: %w", err)
		}
		all = append(all, keys...)
	}
	return all, nil
}

// Armor is keys that Add takes as ASCII-armored text.
func Armor(data []byte) (string, error) {
	keys, err := Keyring{}.Add(data)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	w, err := armor.Encode(&out, openpgp.PublicKeyType, nil)
	if err != nil {
		return "", err
	}
	for _, e := range keys.keys {
		if err := e.Serialize(w); err != nil {
			return "", err
		}
	}
	err = w.Close()
	return out.String() + "\n", err
}

// String lists the keys for people: Debian's by their number, all others by fingerprint and owner.
func (k Keyring) String() string {
	debian := 0
	var list []string
	for _, e := range k.keys {
		if isDebian(e) {
			debian++
		} else {
			list = append(list, fingerprint(e)+" ("+owner(e)+")")
		}
	}
	if debian > 0 {
		list = slices.Insert(list, 0, fmt.Sprintf("the %d keys of Debian's archive", debian))
	}
	if len(list) == 0 {
		return "no keys"
	}
	return strings.Join(list, ", ")
}

// isDebian reports whether the key is one of the built-in ones.
func isDebian(e *openpgp.Entity) bool {
	return slices.ContainsFunc(embeddedKeys(), func(known *openpgp.Entity) bool { return sameKey(known, e) })
}

func sameKey(a, b *openpgp.Entity) bool {
	return bytes.Equal(a.PrimaryKey.Fingerprint, b.PrimaryKey.Fingerprint)
}

func fingerprint(e *openpgp.Entity) string { return fmt.Sprintf("%X", e.PrimaryKey.Fingerprint) }

// owner is the first name, in the order of the alphabet, that a key says to be of.
func owner(e *openpgp.Entity) string {
	var names []string
	for name := range e.Identities {
		names = append(names, name)
	}
	if len(names) == 0 {
		return "without a name"
	}
	return slices.Min(names)
}
