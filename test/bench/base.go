package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/crossgo/crossgo/test/env"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// baseSuite is the Debian release of the Dockerfile's base image.
const baseSuite = "bookworm"

// aptLayers make the image's apt use this run's mirror, whose key nobody else knows.
func aptLayers(e *env.Env) ([]v1.Layer, error) {
	const keyFile = "etc/apt/keyrings/archive.asc"
	key, keyErr := env.TextLayer(keyFile, e.Mirror.Key)
	sources, err := env.TextLayer("etc/apt/sources.list", "deb [signed-by=/"+keyFile+"] "+e.Mirror.Debian()+" "+baseSuite+" main\n")
	return []v1.Layer{key, sources}, errors.Join(keyErr, err)
}

// pushBase pushes docker.io/bench/golang:1, a Debian with C and Go such as the official image is. It is made by mmdebstrap
// from the mirror and kept in the cache; its apt goes on using this run's mirror.
func pushBase(e *env.Env) error {
	root := filepath.Join(e.Cache, "bench-"+baseSuite+"-"+runtime.GOARCH+".tar")
	if _, err := os.Stat(root); err != nil {
		part := filepath.Join(e.Dir, "base.tar")
		key := filepath.Join(e.Dir, "archive.asc")
		if err := os.WriteFile(key, []byte(e.Mirror.Key), 0o644); err != nil {
			return err
		}
		cmd := exec.Command("mmdebstrap", "--variant=minbase",
			`--aptopt=APT::Sandbox::User "root"`, // another user would not get at the key
			"--include=ca-certificates,git,gcc,g++,libc6-dev,make,pkg-config",
			baseSuite, part, "deb [signed-by="+key+"] "+e.Mirror.Debian()+" "+baseSuite+" main")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("mmdebstrap: %w\n%s", err, out)
		}
		if err := os.Rename(part, root); err != nil {
			return err
		}
	}
	goTar, err := e.GoRootTar()
	if err != nil {
		return err
	}
	layers, err := aptLayers(e)
	if err != nil {
		return err
	}
	img := empty.Image
	for _, file := range []string{root, goTar} {
		layer, err := tarball.LayerFromFile(file)
		if err != nil {
			return err
		}
		if img, err = mutate.AppendLayers(img, layer); err != nil {
			return err
		}
	}
	if img, err = mutate.AppendLayers(img, layers...); err != nil {
		return err
	}
	config, err := img.ConfigFile()
	if err != nil {
		return err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", runtime.GOARCH
	config.Config.Env = []string{"PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"GOPATH=/go", "DEBIAN_FRONTEND=noninteractive"}
	if img, err = mutate.ConfigFile(img, config); err != nil {
		return err
	}
	return e.Registry.Push("bench/golang:1", img)
}
