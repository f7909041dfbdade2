package frontend

import (
	"context"
	"errors"
	"fmt"
	"sync"

	gollb "github.com/crossgo/crossgo/llb"
	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/sysroot"
	"github.com/moby/buildkit/frontend/dockerui"
)

// trust are the keys that may sign a package archive's index.
type trust struct {
	known  sysroot.Keyring                       // without the secret's
	secret func(context.Context) ([]byte, error) // keys from the secret, read once; nothing where there is none
	mu     sync.Mutex
	all    *sysroot.Keyring // with the secret's, once it was read
}

// trusts reads the keys that the request names. A frontend cannot see secrets: a step reads them, which costs time in
// every build. So it is asked only about a signature of a key that is in no other place.
func (r *request) trusts() (err error) {
	known, err := r.inputs.Args.Keyring(r.config.keyring)
	r.keys = &trust{known: known, secret: r.secretKeys}
	return err
}

func (r *request) secretKeys(ctx context.Context) ([]byte, error) {
	ref, err := r.solve(ctx, gollb.ArchiveKeys(r.inputs))
	if err != nil {
		return nil, err
	}
	return dockerui.ReadFile(ctx, ref, plan.KeysFile)
}

// parse reads a signed index.
func (t *trust) parse(ctx context.Context, data []byte) (*sysroot.Release, error) {
	release, err := sysroot.ParseRelease(data, t.known)
	if !errors.Is(err, sysroot.ErrUnknownKey) {
		return release, err
	}
	all, err := t.withSecret(ctx)
	if err != nil {
		return nil, err
	}
	release, err = sysroot.ParseRelease(data, all)
	if errors.Is(err, sysroot.ErrUnknownKey) {
		err = fmt.Errorf("%w; %s", err, plan.HowToTrust)
	}
	return release, err
}

// withSecret is all keys. Several archives may ask at the same time: one step answers them.
func (t *trust) withSecret(ctx context.Context) (sysroot.Keyring, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all != nil {
		return *t.all, nil
	}
	data, err := t.secret(ctx)
	if err != nil {
		return sysroot.Keyring{}, err
	}
	all := t.known
	if len(data) > 0 {
		if all, err = all.Add(data); err != nil {
			return all, fmt.Errorf("secret %s: %w", plan.SecretKeys, err)
		}
	}
	if all.Len() == 0 {
		return all, errors.New(plan.ErrNoKeys)
	}
	t.all = &all
	return all, nil
}
