package step

import (
	"context"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/objects"
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
	if err := downloadWith(ctx, job, slices.Concat(job.Env, networkEnv())); err != nil {
		return err
	}
	return trimModules(plan.PathModules)
}

// downloadWith asks what was kept of former downloads before it asks the network. Whatever comes from there is checked against
// go.sum as well; when that fails, the network has the last word.
func downloadWith(ctx context.Context, job plan.ModulesJob, env []string) error {
	if !job.Keep {
		return download(ctx, job, env)
	}
	proxy, err := goCommand{dir: "/", env: env, args: []string{"env", "GOPROXY"}}.output(ctx)
	if err != nil {
		return err
	}
	kept := append(slices.Clone(env), "GOPROXY=file://"+plan.PathDownload+","+strings.TrimSpace(string(proxy)))
	spoiled := download(ctx, job, kept) != nil
	if spoiled {
		if err := download(ctx, job, env); err != nil {
			return err
		}
	}
	return keepDownloads(filepath.Join(plan.PathModules, "cache", "download"), plan.PathDownload, spoiled)
}

func download(ctx context.Context, job plan.ModulesJob, env []string) error {
	out, err := goCommand{dir: sourceDir(job.Dir), env: env, args: []string{"mod", "download", "-json"}, quiet: true}.output(ctx)
	if err == nil {
		return nil
	}
	return notDownloaded(treeOf(job.Dir), out, err)
}

// proxyFiles are the endings of the files that a module proxy serves (go.dev/ref/mod#goproxy-protocol).
var proxyFiles = []string{".info", ".mod", ".zip"}

// keepDownloads copies what a module proxy would serve from the module cache to the folder of former downloads: what is not there
// yet, or all of it.
func keepDownloads(from, to string, anew bool) error {
	return filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains(proxyFiles, filepath.Ext(name)) {
			return ignoreMissing(err)
		}
		kept := filepath.Join(to, strings.TrimPrefix(name, from))
		if _, err := os.Stat(kept); err == nil && !anew {
			return nil
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return objects.WriteWhole(kept, data)
	})
}

// networkEnv passes the network settings that BuildKit gave this container on to go, with certificates and logins.
func networkEnv() []string {
	env := []string{"SSL_CERT_FILE=" + caFile, "NETRC=" + plan.PathNetrc, "GIT_TERMINAL_PROMPT=0"}
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
	extra, err := extraCAs(plan.PathCA, plan.PathSystemCA)
	if err != nil {
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
