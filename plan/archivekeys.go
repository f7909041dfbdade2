package plan

import (
	"fmt"
	"strconv"

	"github.com/crossgo/crossgo/sysroot"
)

// Build args about the keys that may sign package archives. SecretKeys is the other way to name keys.
const (
	argKeys     = "DEBIAN_KEYS"
	argOnlyKeys = "DEBIAN_KEYS_ONLY"
)

// takeKeys takes what a request's build args say about keys.
func (s *Settings) takeKeys(args map[string]string) error {
	if text, ok := args[argOnlyKeys]; ok {
		only, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("build arg %s: found %q, want 1 or 0", argOnlyKeys, text)
		}
		s.OnlyDebianKeys = only
	}
	if text, ok := args[argKeys]; ok {
		if _, err := (sysroot.Keyring{}).Add([]byte(text)); err != nil {
			return fmt.Errorf("build arg %s: %w; it takes the keys, not the name of their file: --build-arg %s=\"$(cat mirror.asc)\"",
				argKeys, err, argKeys)
		}
		s.DebianKeys = text
	}
	return nil
}

// Keyring are the keys that may sign package archives: the known ones, or none if the request wants only its own, and
// those of the request.
func (s Settings) Keyring(known sysroot.Keyring) (sysroot.Keyring, error) {
	if s.OnlyDebianKeys {
		known = sysroot.Keyring{}
	}
	if s.DebianKeys == "" {
		return known, nil
	}
	return known.Add([]byte(s.DebianKeys))
}

// HowToTrust says what to do about a signature of an unknown key.
const HowToTrust = "if it is your own mirror's key, hand it in with --build-arg " + argKeys + "=… " +
	"or --secret id=" + SecretKeys + ",src=…"

// ErrNoKeys is said of a request that wants only its own keys and has none.
const ErrNoKeys = "build arg " + argOnlyKeys + ": there are no keys besides Debian's, want build arg " + argKeys +
	" or secret " + SecretKeys
