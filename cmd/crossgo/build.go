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
	"github.com/moby/buildkit/util/progress/progressui"
	"github.com/spf13/cobra"
)

// buildFlags are the flags of crossgo build as the user typed them.
type buildFlags struct {
	file, target, progress, builder, state, metadata string
	call, imageIDFile, network                       string

	platforms, outputs, buildArgs, contexts    []string
	secrets, ssh, cacheFrom, cacheTo           []string
	attest                                     []string
	tags, labels, annotations, again, addHosts []string
	sbom, provenance                           string

	noCache, debug, push, load, clean, pull, check, quiet bool

	outs    []output // as the flags say, see exports
	release bool     // a release is made
}

const buildLong = `Build what crossgo.yaml describes and write it out, checked.

crossgo uses the builder that --builder or BUILDKIT_HOST names, else the current buildx builder, else a BuildKit
of its own, which needs root and runc (or crun) and keeps its cache in the user's cache folder.

Settings of this machine are handed to the build unless --build-arg says otherwise: where Go modules come from
(go env), proxies, apt's Debian mirror, and the CA certificates this machine trusts (secret ca-certificates).
--debug shows them. So is what git says of the sources, if the spec uses it. Other settings of go env, such as
GOFLAGS, GOAMD64 or CGO_CFLAGS, are not used: a note names those that are set.

Output is written when the build has succeeded. A build that fails, or that finds the disk full, changes nothing.`

const buildExample = `  # every main package for this machine's platform, into ./out
  crossgo build

  # two platforms, each in a folder of its own: dist/linux_amd64, dist/linux_arm64
  crossgo build --platform linux/amd64,linux/arm64 -o dist .

  # push a multi-platform image
  crossgo build --target image --platform linux/amd64,linux/arm64 --push -t registry.example/app:1 .

  # load an image into docker
  crossgo build --target image --platform linux/amd64 --load -t app .

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
	flags.StringArrayVarP(&f.tags, "tag", "t", nil, "name of the image, [REGISTRY/]NAME[:TAG]; may be repeated")
	flags.BoolVar(&f.push, "push", false, "push the image: short for -o type=registry")
	flags.BoolVar(&f.load, "load", false, "load the image into the docker daemon of this machine: one platform")
	flags.BoolVar(&f.clean, "clean", false, "remove what else the output folder holds; without it a release is not written to a folder with files of another one")
	flags.StringVar(&f.target, "target", "", "bin, image, report, release, test or test-results, or NAME/bin and so on for one binary (default: image when the spec has an image, else bin)")
	flags.StringArrayVar(&f.buildArgs, "build-arg", nil, "KEY=VALUE, or KEY to take the value from the environment; may be repeated")
	flags.StringArrayVar(&f.labels, "label", nil, "NAME=VALUE, a label of the image, in place of the spec's; may be repeated")
	flags.StringArrayVar(&f.annotations, "annotation", nil, "[TYPE:]NAME=VALUE, an annotation of the image; TYPE is index, manifest and so on as with docker buildx; may be repeated")
	flags.StringArrayVar(&f.secrets, "secret", nil, "id=NAME,src=FILE or id=NAME,env=VARIABLE; may be repeated")
	flags.StringArrayVar(&f.ssh, "ssh", nil, "refused: nothing in a build asks for an agent or a key")
	_ = flags.MarkHidden("ssh")
	flags.StringArrayVar(&f.contexts, "build-context", nil, "NAME=FOLDER or NAME=docker-image://REFERENCE, used in place of what the build would fetch; may be repeated")
	flags.StringVar(&f.sbom, "sbom", "", "true: attach what the outputs are made of, as SPDX, and what was verified; generator=IMAGE has another program make the SBOM")
	flags.StringVar(&f.provenance, "provenance", "", "true or mode=max: attach BuildKit's account of the build")
	flags.Lookup("sbom").NoOptDefVal, flags.Lookup("provenance").NoOptDefVal = "true", "true"
	flags.StringArrayVar(&f.attest, "attest", nil, "type=sbom or type=provenance with settings: the long form of --sbom and --provenance; may be repeated")
	flags.StringVar(&f.progress, "progress", "auto", "auto, plain, tty, quiet or rawjson")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "show errors alone, and print the image's digest")
	flags.StringVar(&f.call, "call", "build", "build, check, outline or targets: answer a question about the spec in place of building; ,format=json for programs")
	flags.BoolVar(&f.check, "check", false, "short for --call=check")
	flags.BoolVar(&f.pull, "pull", false, "ask the registry again for the base image")
	flags.BoolVar(&f.noCache, "no-cache", false, "run every step again")
	flags.StringArrayVar(&f.again, "no-cache-filter", nil, "run these steps again, such as compile or verify; may be repeated")
	flags.StringArrayVar(&f.addHosts, "add-host", nil, "HOST:ADDRESS for the steps that fetch; may be repeated")
	flags.StringVar(&f.network, "network", "", "host: the steps that fetch use the machine's network")
	flags.StringArrayVar(&f.cacheFrom, "cache-from", nil, "type=registry,ref=… or type=local,src=…; may be repeated")
	flags.StringArrayVar(&f.cacheTo, "cache-to", nil, "type=registry,ref=…,mode=max or type=local,dest=…; may be repeated")
	flags.StringVar(&f.builder, "builder", "", "name of a buildx builder, or the address of a BuildKit")
	flags.StringVar(&f.imageIDFile, "iidfile", "", "write the image's digest to this file")
	flags.StringVar(&f.metadata, "metadata-file", "", "write what was exported, such as image digests, to this file as JSON")
	flags.StringVar(&f.state, "state", "", "folder of the embedded BuildKit (default $"+engine.StateEnv+", else crossgo/engine in the user's cache folder)")
	flags.BoolVar(&f.debug, "debug", false, "show the settings found on this machine, and BuildKit's log")
}

// run is crossgo build from the parsed flags to the exit.
func (f *buildFlags) run(ctx context.Context, dir string) (err error) {
	question, err := f.question()
	if err != nil {
		return usageError(err)
	}
	opt, err := f.solveOpt(dir)
	if err == nil {
		err = f.settle(ctx, &opt, dir, question != nil)
	}
	if err != nil {
		return usageError(err)
	}
	if f.quiet {
		f.progress = string(progressui.QuietMode)
	}
	display, err := newDisplay(os.Stderr, f.progress)
	if err != nil {
		return usageError(err)
	}
	if !f.quiet {
		tellUnused(os.Stderr)
	}
	e, err := engine.Open(ctx, engine.Options{Builder: f.builder, StateDir: f.state, Stderr: os.Stderr, Debug: f.debug})
	if err != nil {
		return usageError(err)
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if err := f.addSelf(ctx, e, &opt); err != nil {
		return usageError(err)
	}
	if question != nil {
		return f.ask(ctx, e, opt, question, display)
	}
	return f.write(ctx, e, opt, display)
}

// settle adds what the spec says that has to be known before the build: where the output goes, and for which
// platforms it is.
func (f *buildFlags) settle(ctx context.Context, opt *client.SolveOpt, dir string, asks bool) error {
	file, kind, err := f.readSpec(f.specPath(dir))
	if err != nil || asks {
		return err
	}
	f.release = kind == plan.KindRelease
	if err := cleanable(f.outs, dir); err != nil {
		return err
	}
	if len(f.outs) == 0 && len(f.outputs) == 0 && file != nil {
		if f.outs, err = defaultOutput(kind); err != nil {
			return err
		}
		f.outs[0].clean = f.clean
	}
	asked := f.platforms
	if len(asked) == 0 && file != nil && !(plan.Select{Kind: kind}).Tests() {
		asked = specPlatforms(file)
		opt.FrontendAttrs["platform"] = strings.Join(asked, ",") // else BuildKit takes its own platform for what was asked
	}
	if opt.FrontendAttrs["platform"] == "" {
		delete(opt.FrontendAttrs, "platform")
	}
	if err := checkOnePlatform(f.outs, asked); err != nil {
		return err
	}
	if f.load {
		return checkDocker(ctx)
	}
	return nil
}

// specPlatforms are the platforms that the spec names.
func specPlatforms(file *spec.File) []string {
	var list []string
	for _, p := range file.Platforms {
		list = append(list, p.V)
	}
	return list
}

// readSpec reads the spec and what is made of it. One with mistakes gives no file: the frontend will tell them all.
func (f *buildFlags) readSpec(path string) (*spec.File, plan.Kind, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, "", err
	}
	file, err := spec.Parse(filepath.Base(path), data)
	if err != nil {
		return nil, "", nil
	}
	selected, err := plan.ParseTarget(file, f.target)
	return file, selected.Kind, flagError("--target", err)
}

// specPath is the spec's place on this machine.
func (f *buildFlags) specPath(dir string) string {
	if f.file != "" {
		return f.file
	}
	return filepath.Join(dir, frontend.DefaultFilename)
}

// defaultOutput says where the output goes when -o is absent: binaries into ./out.
func defaultOutput(kind plan.Kind) ([]output, error) {
	if kind == plan.KindImage {
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
