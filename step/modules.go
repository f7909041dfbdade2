package step

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/crossgo/crossgo/plan"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// caFile is where the go command, which has no certificates of its own, finds ours.
const caFile = "/tmp/ca.pem"

// downloadModules fills PathModules with what go.mod and go.sum name.
func downloadModules(ctx context.Context, job plan.ModulesJob) error {
	if err := writeRootCAs(caFile); err != nil {
		return err
	}
	env := append(job.Env, "SSL_CERT_FILE="+caFile, "NETRC="+plan.PathNetrc, "GIT_TERMINAL_PROMPT=0")
	env = append(env, proxyVariables()...)
	out, err := goCommand{dir: sourceDir(job.Dir), env: env, args: []string{"mod", "download", "-json"}}.output(ctx)
	if err != nil {
		return fmt.Errorf("the modules cannot be downloaded: %w", errors.Join(moduleErrors(out), err))
	}
	return trimModules(plan.PathModules)
}

// moduleErrors are what go mod download -json says of each module that it could not get; the command's own text leaves out
// which one it speaks of.
func moduleErrors(out []byte) error {
	var errs []error
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var m struct{ Path, Version, Error string }
		if err := dec.Decode(&m); err != nil {
			return errors.Join(errs...)
		}
		if m.Error != "" {
			errs = append(errs, fmt.Errorf("%s@%s: %s", m.Path, m.Version, m.Error))
		}
	}
}

// proxyVariables passes the network settings that BuildKit gave this container on to go.
func proxyVariables() []string {
	var env []string
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasSuffix(strings.ToUpper(name), "_PROXY") {
			env = append(env, kv)
		}
	}
	return env
}

func writeRootCAs(name string) error {
	var out strings.Builder
	for root := range bundle.Roots() {
		if err := pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}); err != nil {
			return err
		}
	}
	extra, err := os.ReadFile(plan.PathCA)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	out.Write(extra)
	return os.WriteFile(name, []byte(out.String()), 0o644)
}

// trimModules removes from the module cache what no build reads: zips, locks and the checksum database's tiles. The layer
// is smaller for it, and the same for everybody who downloads the same modules.
func trimModules(dir string) error {
	download := filepath.Join(dir, "cache", "download")
	if err := os.RemoveAll(filepath.Join(download, "sumdb")); err != nil {
		return err
	}
	return filepath.WalkDir(download, func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		switch filepath.Ext(name) {
		case ".zip", ".lock":
			return os.Remove(name)
		}
		return nil
	})
}
