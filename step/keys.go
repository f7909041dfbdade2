package step

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/sysroot"
)

// archiveKeys copies the secret with keys of package archives to where the frontend can read it. It is read here
// already, so that a private key that somebody hands in by mistake gets into no cache.
func archiveKeys(context.Context, struct{}) error { return copyKeys(plan.PathKeys, plan.PathOut) }

func copyKeys(from, dir string) error {
	data, err := os.ReadFile(from)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err == nil {
		if _, err := (sysroot.Keyring{}).Add(data); err != nil {
			return fmt.Errorf("secret %s: %w", plan.SecretKeys, err)
		}
	}
	return os.WriteFile(filepath.Join(dir, plan.KeysFile), data, 0o644)
}
