package frontend

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/containerd/platforms"
	"github.com/crossgo/crossgo/internal/parallel"
	gollb "github.com/crossgo/crossgo/llb"
	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/spec"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/identity"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// request is one build request on its way.
type request struct {
	client gwclient.Client
	ui     *dockerui.Client
	config config

	source    *dockerui.Source
	spec      *spec.File
	targets   []spec.Platform // what to build for, in the order asked for
	build     spec.Platform   // the machine that compiles
	runs      []spec.Platform // what the builder runs programs of
	selection plan.Select
	inputs    gollb.Inputs
	keys      *trust   // of package archives
	mirrors   *mirrors // of package archives

	compilations parallel.Limit // of platforms, at once
	killsBefore  int64          // oomKills when the request began

	mods   plan.Mods
	goTool plan.Go
	vendor bool
	code   gollb.Code
	facts  plan.Facts
	read   []llb.State // what the plan is made by: a remote cache carries it too
	vcs    plan.VCS

	scanner  string   // image that is to make the SBOM; empty: ours
	warnings sync.Map // of verify, by target: []warning
	said     sync.Map // warnings that the client has, by their text
}

// readSpec reads and parses the file that the request names.
func (r *request) readSpec(ctx context.Context) (err error) {
	if r.source, err = r.ui.ReadEntrypoint(ctx, "YAML"); err != nil {
		return err
	}
	r.spec, err = spec.Parse(r.source.Filename, r.source.Data)
	return err
}

// settle turns the request's options into decisions: platforms, target, addresses, and the states everything is built on.
func (r *request) settle(ctx context.Context) (err error) {
	if r.selection, err = plan.ParseTarget(r.spec, r.ui.Target); err != nil {
		return err
	}
	if err := errors.Join(r.settlePlatforms(), r.checkOptions(ctx), r.checkSBOM(), r.checkPlace()); err != nil {
		return err
	}
	r.compilations, r.killsBefore = parallel.NewLimit(plan.Parallel(r.spec.Parallel.V, r.config.machine())), r.config.kills()
	settings, err := r.config.settings.With(r.ui.BuildArgs)
	if err != nil {
		return err
	}
	r.mirrors = newMirrors(settings)
	r.warnUnused(ctx)
	for _, e := range settings.SwitchedOff() {
		r.source.Warn(ctx, e.String(), gwclient.WarnOpts{})
	}
	sources, err := r.sources(ctx)
	if err != nil {
		return err
	}
	self, selfPath, err := r.self()
	if err != nil {
		return err
	}
	all, online := r.containers()
	r.inputs = gollb.Inputs{
		Context: sources, Self: self, SelfPath: selfPath, Build: oci(r.build), Proxy: r.proxy(),
		Args: settings, Archives: settings.FirstMirrors(),
		Source: r.locationOf, NoCache: r.ui.IsNoCache(""), LocalID: identity.NewID(), CacheNS: r.ui.CacheIDNamespace,
		Again: r.again(), Exec: all, Online: online, Network: r.network(), Hostname: r.ui.Hostname,
	}
	return r.trusts()
}

// sources is the build context without git's own files, which every commit changes and no compilation reads.
func (r *request) sources(ctx context.Context) (llb.State, error) {
	ignored, err := r.ui.DockerIgnorePatterns(ctx)
	if err != nil {
		return llb.State{}, err
	}
	st, err := r.ui.MainContext(ctx, llb.ExcludePatterns(append(slices.Clone(ignored), "**/.git")))
	if err != nil {
		return llb.State{}, err
	}
	return *st, nil
}

// settlePlatforms takes the platforms of the request, else the spec's, else the builder's own.
func (r *request) settlePlatforms() error {
	var err error
	if r.build, err = parsePlatform(r.ui.BuildPlatforms[0]); err != nil {
		return fmt.Errorf("builder: %w", err)
	}
	r.build.Variant = ""
	r.runs = r.runnable()
	var errs []error
	for _, p := range r.ui.TargetPlatforms {
		target, err := parsePlatform(p)
		if err != nil {
			err = fmt.Errorf("--platform: %w", err)
		}
		r.targets, errs = append(r.targets, target), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if len(r.targets) > 0 {
		return nil
	}
	if r.selection.Tests() {
		r.targets, err = plan.TestTargets(r.spec, r.build)
		r.tellPlatforms()
		return err
	}
	for _, p := range r.spec.Platforms {
		target, err := spec.ParsePlatform(p.V)
		r.targets, errs = append(r.targets, target), append(errs, err)
	}
	if len(r.targets) == 0 {
		r.targets = []spec.Platform{r.build}
	}
	r.tellPlatforms()
	return errors.Join(errs...)
}

// tellPlatforms tells BuildKit's helper of the platforms that the request did not name.
func (r *request) tellPlatforms() {
	for _, t := range r.targets {
		r.ui.TargetPlatforms = append(r.ui.TargetPlatforms, oci(t))
	}
	r.ui.MultiPlatformRequested = r.ui.MultiPlatformRequested || len(r.targets) > 1
}

// runnable are the platforms whose programs the builder says it runs, itself or by an emulator. One that we do not know is no target.
func (r *request) runnable() []spec.Platform {
	var list []spec.Platform
	for _, w := range r.client.BuildOpts().Workers {
		for _, p := range w.Platforms {
			if known, err := parsePlatform(p); err == nil && !slices.Contains(list, known) {
				list = append(list, known)
			}
		}
	}
	return list
}

func parsePlatform(p ocispecs.Platform) (spec.Platform, error) {
	return spec.ParsePlatform(platforms.Format(p))
}

func oci(p spec.Platform) ocispecs.Platform {
	return ocispecs.Platform{OS: p.OS, Architecture: p.Arch, Variant: p.Variant}
}

// self finds our own binary for use inside build containers: in the frontend's image, or where a client that runs us in
// its own process says it is.
func (r *request) self() (llb.State, string, error) {
	if from, ok := r.client.BuildOpts().Opts[keySelf]; ok {
		name, ok := strings.CutPrefix(from, "local:")
		if !ok {
			return llb.State{}, "", fmt.Errorf("option %s: found %q, want local:NAME", keySelf, from)
		}
		return llb.Local(name, llb.SharedKeyHint(name), dockerui.WithInternalName("load crossgo itself")), "/crossgo", nil
	}
	image, ok := r.client.(interface {
		CurrentFrontend() (*llb.State, error)
	})
	if !ok {
		return llb.State{}, "", errNoSelf
	}
	st, err := image.CurrentFrontend()
	if err != nil {
		return llb.State{}, "", err
	}
	if st == nil {
		return llb.State{}, "", errNoSelf
	}
	exe, err := os.Executable()
	return *st, exe, err
}

var errNoSelf = errors.New("crossgo cannot find its own binary for the build steps: the frontend must run from its image (BuildKit 0.13 or newer) or by crossgo build")

// proxy are the request's proxy settings for steps with a network.
func (r *request) proxy() llb.ProxyEnv {
	arg := func(name string) string {
		if v, ok := r.ui.BuildArgs[name]; ok {
			return v
		}
		return r.ui.BuildArgs[strings.ToLower(name)]
	}
	return llb.ProxyEnv{
		HTTPProxy: arg("HTTP_PROXY"), HTTPSProxy: arg("HTTPS_PROXY"), FTPProxy: arg("FTP_PROXY"),
		NoProxy: arg("NO_PROXY"), AllProxy: arg("ALL_PROXY"),
	}
}

// warnUnused tells of build args that change nothing: nearly always a typing error.
func (r *request) warnUnused(ctx context.Context) {
	for _, name := range plan.Unused(r.spec, r.ui.BuildArgs) {
		r.source.Warn(ctx, fmt.Sprintf("build arg %s is not declared under args: and changes nothing", name), gwclient.WarnOpts{})
	}
}
