package env

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// archiveKey signs what the test archive says of itself. It is made once for a cache directory and kept there, so
// that a snapshot composed by an earlier run stays readable.
type archiveKey struct {
	entity  *openpgp.Entity
	armored string // the public half
}

// newKey makes an OpenPGP key that is as old as any index it signs, and never expires.
func newKey(name string) (*openpgp.Entity, error) {
	made := func() time.Time { return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) }
	config := &packet.Config{Algorithm: packet.PubKeyAlgoEdDSA, DefaultHash: crypto.SHA256, Time: made}
	return openpgp.NewEntity(name, "", "archive@example.org", config)
}

// keptKey reads the key below dir, or makes it. The caller holds the lock of the directory.
func keptKey(dir string) (*archiveKey, error) {
	file := filepath.Join(dir, "archive-key.asc")
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		if data, err = makeKey(); err == nil {
			err = writeWhole(file, data, 0o600)
		}
	}
	if err != nil {
		return nil, err
	}
	keys, err := openpgp.ReadArmoredKeyRing(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	k := &archiveKey{entity: keys[0]}
	public, err := armored(openpgp.PublicKeyType, k.entity.Serialize)
	k.armored = string(public)
	return k, err
}

// makeKey is a new key's private half as text.
func makeKey() ([]byte, error) {
	key, err := newKey("crossgo test archive")
	if err != nil {
		return nil, err
	}
	return armored(openpgp.PrivateKeyType, func(w io.Writer) error { return key.SerializePrivate(w, nil) })
}

// armored is a block of text around what write writes.
func armored(kind string, write func(io.Writer) error) ([]byte, error) {
	var out bytes.Buffer
	w, err := armor.Encode(&out, kind, nil)
	if err != nil {
		return nil, err
	}
	err = errors.Join(write(w), w.Close())
	return out.Bytes(), err
}

// sign is the text as InRelease files have it.
func (k *archiveKey) sign(text []byte) ([]byte, error) { return signedBy(k.entity, text) }

// signedBy signs a text at the time that it gives as its own.
func signedBy(key *openpgp.Entity, text []byte) ([]byte, error) {
	date, err := time.Parse(time.RFC1123, field(text, "Date"))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w, err := clearsign.Encode(&out, key.PrivateKey, &packet.Config{Time: func() time.Time { return date }})
	if err != nil {
		return nil, err
	}
	_, err = w.Write(text)
	err = errors.Join(err, w.Close())
	return append(out.Bytes(), '\n'), err
}

// writeWhole makes a file that others see complete or not at all.
func writeWhole(file string, data []byte, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	part := fmt.Sprintf("%s.%d.part", file, os.Getpid())
	defer os.Remove(part)
	return errors.Join(os.WriteFile(part, data, mode), os.Rename(part, file))
}
