package step

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"aead.dev/minisign"
	"github.com/crossgo/crossgo/plan"
	"github.com/secure-systems-lab/go-securesystemslib/encrypted"
)

// signers make a signature of a message: its file's name and content.
var signers = map[string]func(job plan.SignJob, key, password, message []byte) (name string, signature []byte, err error){
	"minisign": signMinisign,
	"cosign":   signCosign,
}

// sign writes signatures of one file.
func sign(ctx context.Context, job plan.SignJob) error {
	if job.Signer == "prog" {
		return signProg(ctx, job)
	}
	signer := signers[job.Signer]
	if signer == nil {
		return fmt.Errorf("signer %q is unknown", job.Signer)
	}
	key, password, err := signSecrets(job)
	if err != nil {
		return err
	}
	message, err := os.ReadFile(filepath.Join(plan.PathIn, job.File))
	if err != nil {
		return err
	}
	name, signature, err := signer(job, key, password, message)
	if err != nil {
		return fmt.Errorf("%s: release.signer: secret %s: %w", job.Where, plan.SignSecrets[job.Signer][0], err)
	}
	return writeSignature(job, name, signature)
}

// signSecrets reads the key and its password, which may be missing.
func signSecrets(job plan.SignJob) (key, password []byte, err error) {
	key, err = os.ReadFile(plan.PathSignKey)
	if errors.Is(err, fs.ErrNotExist) {
		id := plan.SignSecrets[job.Signer][0]
		return nil, nil, fmt.Errorf("%s: release.signer: the build has no secret %s: give it the key with --secret id=%s,src=FILE", job.Where, id, id)
	} else if err != nil {
		return nil, nil, err
	}
	password, err = os.ReadFile(plan.PathSignPass)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return key, bytes.TrimRight(password, "\r\n"), err
}

// writeSignature gives a signature the release's time.
func writeSignature(job plan.SignJob, name string, signature []byte) error {
	when, err := releaseTime(job.Time)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(plan.PathOut, name), signature, 0o644); err != nil {
		return err
	}
	return sameTime(plan.PathOut, when)
}

// signMinisign signs as minisign does without -l: the hash of the message, with a comment that is signed too
// (jedisct1.github.io/minisign, "Signature format"). The same key and message give the same bytes.
func signMinisign(job plan.SignJob, key, password, message []byte) (string, []byte, error) {
	private, err := minisignKey(key, string(password))
	if err != nil {
		return "", nil, err
	}
	when, err := releaseTime(job.Time)
	if err != nil {
		return "", nil, err
	}
	r := minisign.NewReader(bytes.NewReader(message))
	if _, err := io.Copy(io.Discard, r); err != nil {
		return "", nil, err
	}
	trusted := fmt.Sprintf("timestamp:%d\tfile:%s\thashed", when.Unix(), job.File)
	return job.File + ".minisig", r.SignWithComments(private, trusted, "signature from minisign secret key"), nil
}

func minisignKey(key []byte, password string) (minisign.PrivateKey, error) {
	if minisign.IsEncrypted(key) {
		if password == "" {
			return minisign.PrivateKey{}, fmt.Errorf("the key has a password: give it with --secret id=%s,src=FILE or env=VARIABLE", plan.SignSecrets["minisign"][1])
		}
		return minisign.DecryptKey(password, key)
	}
	var private minisign.PrivateKey
	if err := private.UnmarshalText(key); err != nil {
		return private, fmt.Errorf("no secret key of minisign: %w", err)
	}
	return private, nil
}

// cosignKeys are the types of PEM block that cosign has written its keys as, newest first.
var cosignKeys = []string{"ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY"}

// signCosign signs as cosign sign-blob does with a key: the ASN.1 signature of the message's SHA-256, as base64. ECDSA takes its
// nonce from key and message (RFC 6979), so that the same key and message give the same bytes.
func signCosign(job plan.SignJob, key, password, message []byte) (string, []byte, error) {
	private, err := cosignKey(key, password)
	if err != nil {
		return "", nil, err
	}
	var options crypto.SignerOpts = crypto.SHA256
	if _, ok := private.(ed25519.PrivateKey); ok {
		options = crypto.Hash(0) // signs the message itself
	} else {
		hashed := sha256.Sum256(message)
		message = hashed[:]
	}
	signature, err := private.Sign(nil, message, options)
	if err != nil {
		return "", nil, err
	}
	return job.File + ".sig", []byte(base64.StdEncoding.EncodeToString(signature) + "\n"), nil
}

func cosignKey(key, password []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(key)
	if block == nil || !slices.Contains(cosignKeys, block.Type) {
		return nil, errors.New("no key of cosign generate-key-pair: want a PEM block " + strings.Join(cosignKeys, " or "))
	}
	der, err := encrypted.Decrypt(block.Bytes, password)
	if err != nil {
		return nil, fmt.Errorf("%w: the password is the secret %s", err, plan.SignSecrets["cosign"][1])
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	private, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%T cannot sign", parsed)
	}
	return private, nil
}

// signProg has the user's program sign.
func signProg(ctx context.Context, job plan.SignJob) error {
	if err := errors.Join(runnable(job.Prog[0]), writeRootCAs(caFile)); err != nil {
		return fmt.Errorf("%s: release.signer: %w", job.Where, err)
	}
	cmd := exec.CommandContext(ctx, job.Prog[0], append(job.Prog[1:], filepath.Join(plan.PathIn, job.File))...)
	cmd.Dir = plan.PathSource
	cmd.Env = append(networkEnv(), "CROSSGO_SIGN_OUT="+plan.PathOut, "CROSSGO_SIGN_SECRET="+plan.PathSignKey)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: release.signer: %s: %s", job.Where, filepath.Base(job.Prog[0]), ended(err))
	}
	when, err := releaseTime(job.Time)
	if err != nil {
		return err
	}
	if err := signatures(job, plan.PathOut); err != nil {
		return fmt.Errorf("%s: release.signer: %s: %w", job.Where, filepath.Base(job.Prog[0]), err)
	}
	return sameTime(plan.PathOut, when)
}

// signatures looks at what the program has made.
func signatures(job plan.SignJob, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return errors.New("it wrote nothing to the folder that CROSSGO_SIGN_OUT names")
	}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			return fmt.Errorf("it wrote %s, which is no file", e.Name())
		}
		if slices.Contains(job.Taken, e.Name()) {
			return fmt.Errorf("it wrote %s, which is another file of the release", e.Name())
		}
	}
	return nil
}
