package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/crossgo/crossgo/engine"
	"github.com/crossgo/crossgo/frontend"
	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/spec"
	"github.com/moby/buildkit/client"
	"github.com/spf13/cobra"
)

// buildFlags are the flags of crossgo build as the user typed them.
type buildFlags struct {
	file, target, progress, builder, state, metadata string

	platforms, outputs, buildArgs, contexts []string
	secrets, ssh, cacheFrom, cacheTo        []string
	attest                                  []string
	sbom, provenance                        string

	noCache, debug bool
}

const buildLong = `Build what crossgo.yaml describes and write it out, checked.

crossgo uses the builder that --builder or BUILDKIT_HOST names, else the current buildx builder, else a BuildKit
of its own, which needs root and runc (or crun) and keeps its cache in the user's cache folder.

Settings of this machine are handed to the build unless --build-arg says otherwise: where Go modules come from
(go env), proxies, apt's Debian mirror, and the CA certificates this machine trusts (secret ca-certificates).
--debug shows them. So is what git says of the sources, if the spec uses it. Nothing else is:
GOFLAGS, GOTOOLCHAIN, GOAMD64, GOEXPERIMENT and CGO_* do not change what is built.`

const buildExample = `  # every main package for this machine's platform, into ./out
  crossgo build

  # two platforms, each in a folder of its own: dist/linux_amd64, dist/linux_arm64
  crossgo build --platform linux/amd64,linux/arm64 -o dist .

  # push a multi-platform image
  crossgo build --target image --platform linux/amd64,linux/arm64 -o type=registry,name=registry.example/app:1 .

  # archives of all platforms with checksums, SBOMs and reports, in one folder
  crossgo build --target release --platform linux/amd64,darwin/arm64,windows/amd64 -o dist .

  # a Go module of a private host
  crossgo build --secret id=netrc,src=$HOME/.netrc .`

func newBuildCommand() *cobra.Command {
	var f buildFlags
	cmd := &cobra.Command{
		Use:     "build [flags] [CONTEXT]",
		Short:   "Build the programs of a module for one or more platforms",
		Long:    buildLong,
		Example: buildExample,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return f.run(cmd.Context(), dir)
		},
	}
	f.register(cmd)
	return cmd
}

func (f *buildFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVarP(&f.file, "file", "f", "", "the spec (default CONTEXT/"+frontend.DefaultFilename+")")
	flags.StringSliceVar(&f.platforms, "platform", nil, "platforms to build for, such as linux/arm64 (default: the spec's, else the builder's)")
	flags.StringArrayVarP(&f.outputs, "output", "o", nil, "a folder, - for a tar on standard output, or type=local|tar|oci|docker|image|registry|cacheonly,… (default for binaries: "+defaultOut+"); may be repeated")
	flags.StringVar(&f.target, "target", "", "bin, image, report, release, test or test-results, or NAME/bin and so on for one binary (default: image when the spec has an image, else bin)")
	flags.StringArrayVar(&f.buildArgs, "build-arg", nil, "KEY=VALUE, or KEY to take the value from the environment; may be repeated")
	flags.StringArrayVar(&f.secrets, "secret", nil, "id=NAME,src=FILE or id=NAME,env=VARIABLE; may be repeated")
	flags.StringArrayVar(&f.ssh, "ssh", nil, "default, or ID=SOCKET|KEY,…; may be repeated")
	flags.StringArrayVar(&f.contexts, "build-context", nil, "NAME=FOLDER or NAME=docker-image://REFERENCE, used in place of what the build would fetch; may be repeated")
	flags.StringVar(&f.sbom, "sbom", "", "true: attach what the outputs are made of, as SPDX, and what was verified; generator=IMAGE has another program make the SBOM")
	flags.StringVar(&f.provenance, "provenance", "", "true or mode=max: attach BuildKit's account of the build")
	flags.Lookup("sbom").NoOptDefVal, flags.Lookup("provenance").NoOptDefVal = "true", "true"
	flags.StringArrayVar(&f.attest, "attest", nil, "type=sbom or type=provenance with settings: the long form of --sbom and --provenance; may be repeated")
	flags.StringVar(&f.progress, "progress", "auto", "auto, plain, tty, quiet or rawjson")
	flags.BoolVar(&f.noCache, "no-cache", false, "run every step again")
	flags.StringArrayVar(&f.cacheFrom, "cache-from", nil, "type=registry,ref=… or type=local,src=…; may be repeated")
	flags.StringArrayVar(&f.cacheTo, "cache-to", nil, "type=registry,ref=…,mode=max or type=local,dest=…; may be repeated")
	flags.StringVar(&f.builder, "builder", "", "name of a buildx builder, or the address of a BuildKit")
	flags.StringVar(&f.metadata, "metadata-file", "", "write what was exported, such as image digests, to this file as JSON")
	flags.StringVar(&f.state, "state", "", "folder of the embedded BuildKit (default $"+engine.StateEnv+", else crossgo/engine in the user's cache folder)")
	flags.BoolVar(&f.debug, "debug", false, "show the settings found on this machine, and BuildKit's log")
}

// run is crossgo build from the parsed flags to the exit.
func (f *buildFlags) run(ctx context.Context, dir string) (err error) {
	opt, err := f.solveOpt(dir)
	if err != nil {
		return usageError(err)
	}
	if opt.Exports == nil && len(f.outputs) == 0 {
		if opt.Exports, err = f.defaultOutput(f.specPath(dir)); err != nil {
			return usageError(err)
		}
	}
	display, err := newDisplay(os.Stderr, f.progress)
	if err != nil {
		return usageError(err)
	}
	e, err := engine.Open(ctx, engine.Options{Builder: f.builder, StateDir: f.state, Stderr: os.Stderr, Debug: f.debug})
	if err != nil {
		return usageError(err)
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if err := f.addSelf(ctx, e, &opt); err != nil {
		return usageError(err)
	}
	return f.build(ctx, e, opt, display)
}

// specPath is the spec's place on this machine.
func (f *buildFlags) specPath(dir string) string {
	if f.file != "" {
		return f.file
	}
	return filepath.Join(dir, frontend.DefaultFilename)
}

// defaultOutput says where the output goes when -o is absent: binaries into ./out. A spec with mistakes has no default;
// the frontend will tell them all.
func (f *buildFlags) defaultOutput(path string) ([]client.ExportEntry, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	file, err := spec.Parse(filepath.Base(path), data)
	if err != nil {
		return nil, nil
	}
	selected, err := plan.ParseTarget(file, f.target)
	if err != nil {
		return nil, fmt.Errorf("--target: %w", err)
	}
	if selected.Kind == plan.KindImage {
		return nil, errNoOutput
	}
	return parseOutputs([]string{defaultOut}, os.Stdout)
}

// addSelf gives the build steps a crossgo that runs on the builder.
func (f *buildFlags) addSelf(ctx context.Context, e *engine.Engine, opt *client.SolveOpt) error {
	platforms, err := e.Platforms(ctx)
	if err != nil {
		return err
	}
	state := f.state
	if state == "" {
		if state, err = engine.DefaultStateDir(); err != nil {
			return err
		}
	}
	dir, err := selfDir(ctx, state, platforms[0].Architecture)
	if err != nil {
		return err
	}
	opt.FrontendAttrs[selfLocal] = "local:" + selfLocal
	return addLocal(opt, selfLocal, dir)
}

// split parts KEY=VALUE.
func split(flag, value string) (string, string, error) {
	key, val, ok := strings.Cut(value, "=")
	if !ok || key == "" {
		return "", "", fmt.Errorf("%s %s: want NAME=VALUE", flag, value)
	}
	return key, val, nil
}
