package env

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// companyKey is the key of a company that signs its own mirror: that of Resigned.
var companyKey = sync.OnceValues(func() (*openpgp.Entity, error) {
	return openpgp.NewEntity("Company Mirror", "", "mirror@company.example", &packet.Config{Algorithm: packet.PubKeyAlgoEdDSA})
})

// CompanyKey is the public half of the key that signs where a Fault is Resigned, as gpg --armor --export writes it, and its fingerprint.
func CompanyKey() (armored, fingerprint string, err error) {
	key, err := companyKey()
	if err != nil {
		return "", "", err
	}
	var out bytes.Buffer
	w, err := armor.Encode(&out, openpgp.PublicKeyType, nil)
	if err != nil {
		return "", "", err
	}
	if err := key.Serialize(w); err != nil {
		return "", "", err
	}
	err = w.Close()
	return out.String(), fmt.Sprintf("%X", key.PrimaryKey.Fingerprint), err
}

// signByCompany signs the text of a signed file again, by the company's key.
func signByCompany(signed []byte) ([]byte, error) {
	key, err := companyKey()
	if err != nil {
		return nil, err
	}
	return signAgain(signed, key, nil)
}

// signAgain is the text of a signed file, changed where change is given, with a signature of the key.
func signAgain(signed []byte, key *openpgp.Entity, change func([]byte) []byte) ([]byte, error) {
	block, _ := clearsign.Decode(signed)
	if block == nil {
		return nil, fmt.Errorf("not a signed text: %.40q", signed)
	}
	text := block.Plaintext
	if change != nil {
		text = change(text)
	}
	var out bytes.Buffer
	w, err := clearsign.Encode(&out, key.PrivateKey, nil)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
