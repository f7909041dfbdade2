package env

import (
	"fmt"
	"sync"

	"github.com/ProtonMail/go-crypto/openpgp"
)

// companyKey is the key of a company that signs its own mirror: that of Resigned.
var companyKey = sync.OnceValues(func() (*openpgp.Entity, error) { return newKey("Company Mirror") })

// CompanyKey is the public half of the key that signs where a Fault is Resigned, as gpg --armor --export writes it, and its fingerprint.
func CompanyKey() (text, fingerprint string, err error) {
	key, err := companyKey()
	if err != nil {
		return "", "", err
	}
	public, err := armored(openpgp.PublicKeyType, key.Serialize)
	return string(public), fmt.Sprintf("%X", key.PrimaryKey.Fingerprint), err
}

// signByCompany signs the text of a signed file again, by the company's key.
func signByCompany(signed []byte) ([]byte, error) {
	text, err := signedText(signed)
	if err != nil {
		return nil, err
	}
	key, err := companyKey()
	if err != nil {
		return nil, err
	}
	return signedBy(key, text)
}
