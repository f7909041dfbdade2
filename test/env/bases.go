package env

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/stretchr/testify/require"
)

// baseImage takes the place of an image that people build on: put together from packages of the machine's Debian,
// laid out as the original is as far as programs can see.
type baseImage struct {
	image    string   // on the registry, which answers for its host
	packages []string // unpacked, of each architecture
	make     func(root, arch string) error
	config   v1.Config
}

const pathEnv = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

var bases = []baseImage{
	{
		image: "library/debian:12-slim", packages: []string{"base-files", "libc6", "libgcc-s1"}, make: debianSlim,
		config: v1.Config{Env: []string{pathEnv}, Cmd: []string{"bash"}},
	},
	{
		image: "library/alpine:latest", packages: []string{"musl", "busybox-static"}, make: alpine,
		config: v1.Config{Env: []string{pathEnv}, Cmd: []string{"/bin/sh"}, WorkingDir: "/"},
	},
	{
		image: "distroless/static-debian12:nonroot", make: distroless,
		config: v1.Config{Env: []string{pathEnv, "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"}, User: "65532", WorkingDir: "/home/nonroot"},
	},
}

// loaders are what musl and the kernel call an architecture.
var loaders = map[string]string{"amd64": "x86_64", "arm64": "aarch64"}

// BaseImages pushes library/debian:12-slim and library/alpine:latest, for which docker.io stands, and
// distroless/static-debian12:nonroot, for which gcr.io stands, for amd64 and arm64. It gives each one's digest.
func (e *Env) BaseImages(t testing.TB) map[string]v1.Hash {
	t.Helper()
	e.once.bases.Do(func() { e.bases, e.basesErr = e.pushBases() })
	require.NoError(t, e.basesErr)
	return e.bases
}

func (e *Env) pushBases() (map[string]v1.Hash, error) {
	digests := map[string]v1.Hash{}
	for _, b := range bases {
		index := v1.ImageIndex(empty.Index)
		for arch := range loaders {
			img, err := e.baseFor(b, arch)
			if err != nil {
				return nil, fmt.Errorf("%s for %s: %w", b.image, arch, err)
			}
			index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}}})
		}
		ref, err := name.ParseReference(e.Registry.Ref(b.image), name.Insecure)
		if err != nil {
			return nil, err
		}
		if err := remote.WriteIndex(ref, index); err != nil {
			return nil, err
		}
		if digests[b.image], err = index.Digest(); err != nil {
			return nil, err
		}
	}
	return digests, nil
}

// baseFor is the image for one architecture.
func (e *Env) baseFor(b baseImage, arch string) (v1.Image, error) {
	root, err := os.MkdirTemp(e.Dir, "base-")
	if err != nil {
		return nil, err
	}
	if err := errors.Join(os.Chmod(root, 0o755), e.unpack(root, arch, b.packages), b.make(root, arch)); err != nil {
		return nil, err
	}
	file := root + ".tar"
	if out, err := exec.Command("tar", "-C", root, "--sort=name", "--numeric-owner", "-cf", file, ".").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("tar: %w\n%s", err, out)
	}
	layer, err := tarball.LayerFromFile(file)
	if err != nil {
		return nil, err
	}
	img, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return nil, err
	}
	config, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Config = "linux", arch, b.config
	return mutate.ConfigFile(img, config)
}

// unpack puts Debian packages of an architecture into a root with a merged /usr.
func (e *Env) unpack(root, arch string, packages []string) error {
	for _, dir := range []string{"bin", "sbin", "lib", "lib64"} {
		if err := errors.Join(os.MkdirAll(filepath.Join(root, "usr", dir), 0o755), os.Symlink("usr/"+dir, filepath.Join(root, dir))); err != nil {
			return err
		}
	}
	for _, p := range packages {
		file, err := e.debianPackage(p, arch)
		if err != nil {
			return err
		}
		unpack := exec.Command("sh", "-c", `dpkg-deb --fsys-tarfile "$1" | tar -xp --keep-directory-symlink -C "$2"`, "sh", file, root)
		if out, err := unpack.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", file, err, out)
		}
	}
	return nil
}

// debianPackage fetches a package of the machine's Debian by the machine's apt, for any architecture. Its lists are
// the tests' own: apt's may be missing, and know one architecture.
func (e *Env) debianPackage(name, arch string) (string, error) {
	kept := filepath.Join(e.Cache, "packages", arch, name)
	if found, err := filepath.Glob(filepath.Join(kept, "*.deb")); err != nil || len(found) == 1 {
		return append(found, "")[0], err
	}
	state := filepath.Join(e.Cache, "apt")
	options := []string{"-qq", "-o", "Dir::State::Lists=" + filepath.Join(state, "lists"), "-o", "Dir::Cache=" + filepath.Join(state, "cache"),
		"-o", "APT::Sandbox::User=root", "-o", "APT::Architectures::=amd64", "-o", "APT::Architectures::=arm64"}
	for _, dir := range []string{filepath.Join(state, "lists", "partial"), filepath.Join(state, "cache", "archives", "partial"), kept} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return "", err
		}
	}
	for _, words := range [][]string{{"update"}, {"download", name + ":" + arch}} {
		cmd := exec.Command("apt-get", append(options, words...)...)
		cmd.Dir = kept
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("apt-get %v: %w\n%s", words, err, out)
		}
	}
	found, err := filepath.Glob(filepath.Join(kept, "*.deb"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("apt-get download %s: found %v, want one package (%w)", name, found, err)
	}
	return found[0], nil
}

// debianSlim adds what packages make when they are set up.
func debianSlim(root, _ string) error {
	return putFiles(root, map[string]string{
		"etc/passwd": "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
		"etc/group":  "root:x:0:\nnogroup:x:65534:\n", "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
	})
}

// alpine has its C library and busybox where Alpine has them, in folders of their own.
func alpine(root, arch string) error {
	moves := map[string]string{
		"usr/lib/" + loaders[arch] + "-linux-musl/libc.so": "ld-musl-" + loaders[arch] + ".so.1", "usr/bin/busybox": "busybox",
	}
	var errs []error
	for from, to := range moves {
		errs = append(errs, os.Rename(filepath.Join(root, from), filepath.Join(root, to)))
	}
	for _, dir := range []string{"usr", "etc", "bin", "sbin", "lib", "lib64"} {
		errs = append(errs, os.RemoveAll(filepath.Join(root, dir)))
	}
	for file, dir := range map[string]string{"ld-musl-" + loaders[arch] + ".so.1": "lib", "busybox": "bin"} {
		errs = append(errs, os.Mkdir(filepath.Join(root, dir), 0o755), os.Rename(filepath.Join(root, file), filepath.Join(root, dir, file)))
	}
	errs = append(errs, os.Symlink("busybox", filepath.Join(root, "bin/sh")), putFiles(root, map[string]string{
		"etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n", "etc/group": "root:x:0:root\nnobody:x:65534:\n",
		"etc/os-release": "NAME=\"Alpine Linux\"\nID=alpine\n",
	}))
	return errors.Join(errs...)
}

// distroless has neither a shell nor a C library, the CA certificates of this machine, and the user that the tag is
// named after.
func distroless(root, _ string) error {
	roots, err := os.ReadFile("/etc/ssl/certs/ca-certificates.crt")
	home := filepath.Join(root, "home/nonroot")
	return errors.Join(err, os.MkdirAll(home, 0o755), os.Chown(home, 65532, 65532), putFiles(root, map[string]string{
		"etc/passwd": "root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n",
		"etc/group":  "root:x:0:\nnobody:x:65534:\nnonroot:x:65532:\n", "etc/nsswitch.conf": "hosts: files dns\n",
		"etc/ssl/certs/ca-certificates.crt": string(roots),
	}))
}

// putFiles writes files and an open /tmp.
func putFiles(root string, files map[string]string) error {
	var errs []error
	for name, text := range files {
		file := filepath.Join(root, name)
		errs = append(errs, os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644))
	}
	tmp := filepath.Join(root, "tmp")
	return errors.Join(append(errs, os.MkdirAll(tmp, 0o755), os.Chmod(tmp, 0o777|os.ModeSticky))...)
}
