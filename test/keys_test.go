package test

import (
	"encoding/base64"
	"path/filepath"
	"testing"

	"github.com/crossgo/crossgo/test/env"
	"github.com/stretchr/testify/require"
)

// TestMirrorWithAKeyOfItsOwn: a company signs its mirror again. Its key is handed in in each of the ways that there are.
func TestMirrorWithAKeyOfItsOwn(t *testing.T) {
	t.Parallel()
	key, fingerprint, err := env.CompanyKey()
	require.NoError(t, err)
	dir, d := example(t, "syslib"), world.NewDaemon(t, env.DaemonOptions{})
	write(t, dir, map[string]string{"mirror.asc": key})
	resigned := world.Misbehave(t, env.Fault{Path: "InRelease$", Kind: env.Resigned})
	arg, only := "--build-arg=DEBIAN_KEYS=", "--build-arg=DEBIAN_KEYS_ONLY=1"
	for _, c := range []struct {
		name   string
		mirror *env.Mirror
		args   []string
		says   []string // refused
	}{
		{"no key", resigned, nil, []string{"InRelease", "signed by an unknown key", fingerprint, "the 9 keys of Debian's archive", "--build-arg DEBIAN_KEYS="}},
		{"no key in the secret", resigned, []string{"--secret=id=debian-keys,src=go.mod"}, []string{"secret debian-keys: found", "want OpenPGP public keys"}},
		{"armored", resigned, []string{arg + key}, nil},
		{"base64", resigned, []string{arg + base64.StdEncoding.EncodeToString([]byte(key))}, nil},
		{"secret", resigned, []string{"--secret=id=debian-keys,src=mirror.asc"}, nil},
		{"only", resigned, []string{arg + key, only}, nil},
		{"beside another", world.Mirror, []string{arg + key + world.Mirror.Key}, nil},
		{"in place of others", world.Mirror, []string{arg + key, only}, []string{"signed by an unknown key", fingerprint + " (Company Mirror <archive@example.org>)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			r := buildOn(t, d, c.mirror, dir, append(c.args, "--target=bin", "--platform=linux/arm64", "-o", out)...)
			if c.says != nil {
				requireRefused(t, r, out, c.says...)
				return
			}
			require.Zero(t, r.Code, r.Output())
			require.NotEmpty(t, files(t, out))
		})
	}
}
