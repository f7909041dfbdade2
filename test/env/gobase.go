package env

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/stretchr/testify/require"
)

// goBaseParts are the parts of a Go distribution that building needs.
var goBaseParts = []string{"VERSION", "go.env", "bin", "lib", "pkg", "src"}

// GoBaseImage pushes this machine's Go, in an otherwise empty image, as docker.io/library/golang:VERSION, where no hub can
// be reached. Once per run.
func (e *Env) GoBaseImage(t testing.TB) {
	t.Helper()
	e.once.goBase.Do(func() { e.goBaseErr = e.pushGoBase() })
	require.NoError(t, e.goBaseErr)
}

func (e *Env) pushGoBase() error {
	file, err := e.GoRootTar()
	if err != nil {
		return err
	}
	layer, err := tarball.LayerFromFile(file)
	if err != nil {
		return err
	}
	img, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return err
	}
	img, err = mutate.ConfigFile(img, goBaseConfig(img))
	if err != nil {
		return err
	}
	return e.Registry.Push("library/golang:"+goVersion(), img)
}

// goVersion is the machine's Go as image tags have it: "1.26.8".
func goVersion() string { return strings.TrimPrefix(runtime.Version(), "go") }

// GoRootTar is the path of a tar, made at the first call, with this machine's Go as usr/local/go and an empty tmp.
func (e *Env) GoRootTar() (string, error) {
	file := filepath.Join(e.Dir, "golang.tar")
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	return file, goRootTar(strings.TrimSpace(string(out)), file)
}

// goBaseConfig is what the image's programs find in their environment.
func goBaseConfig(img v1.Image) *v1.ConfigFile {
	config, err := img.ConfigFile()
	if err != nil {
		config = &v1.ConfigFile{}
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", runtime.GOARCH
	config.Config.Env = []string{"PATH=/usr/local/go/bin", "HOME=/tmp", "GOPATH=/go"}
	return config
}

// goRootTar writes the tar of the Go distribution at root.
func goRootTar(root, file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	w := tar.NewWriter(f)
	errs := []error{w.WriteHeader(&tar.Header{Name: "tmp/", Mode: 0o1777, Typeflag: tar.TypeDir})}
	errs = append(errs, fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		top, _, _ := strings.Cut(name, "/")
		switch {
		case err != nil:
			return err
		case name == "." || d.IsDir() && slices.Contains(goBaseParts, top):
			return nil
		case d.IsDir():
			return fs.SkipDir
		case !slices.Contains(goBaseParts, top) || !d.Type().IsRegular():
			return nil
		}
		return addFile(w, filepath.Join(root, name), path.Join("usr/local/go", name), d)
	}))
	return errors.Join(append(errs, w.Close(), f.Close())...)
}

// addFile copies one file into a tar.
func addFile(w *tar.Writer, file, as string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		return err
	}
	if err := w.WriteHeader(&tar.Header{Name: as, Mode: int64(info.Mode().Perm()), Size: info.Size(), Typeflag: tar.TypeReg}); err != nil {
		return err
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}
