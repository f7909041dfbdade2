package frontend

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	gollb "github.com/crossgo/crossgo/llb"
	"github.com/crossgo/crossgo/spec"
	"github.com/moby/buildkit/client/llb"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
)

// effect is what becomes of something that the user can ask of buildx.
type effect string

const (
	honoured effect = "works"
	warned   effect = "warning" // it changes nothing, and a warning says so
	refused  effect = "refused" // it ends the build
	client   effect = "buildx"  // buildx or BuildKit does it: no frontend sees it
)

// option is a flag of buildx or a field of bake, and what becomes of it. docs/buildx.md is made from the table.
type option struct {
	flags  string   // as the user writes it
	keys   []string // under which it comes to a frontend; one that ends in ":" begins the names of many
	effect effect
	text   string                 // what it does, or what to do instead
	check  func(r *request) error // refuses values; nil takes all that dockerui takes
	cap    apicaps.CapID          // what the builder must have for it
}

const buildArg = "build-arg:"

// options is every flag of docker buildx build 0.37, every field of bake, and every key that dockerui of BuildKit
// 0.33 reads.
var options = []option{
	{flags: "`--label`, bake `labels`", keys: []string{"label:"}, effect: honoured, text: "Labels of the image. The base's come first, the spec's `labels` replace them, and these replace both."},
	{flags: "`--annotation`, bake `annotations`", effect: client, text: "Annotations of the manifest or index."},
	{flags: "`--build-arg`, bake `args`", keys: []string{buildArg}, effect: honoured, text: "A value for `${NAME}`. One that the spec does not declare under `args` is a warning."},
	{flags: "`--build-arg SOURCE_DATE_EPOCH`", keys: []string{buildArg + "SOURCE_DATE_EPOCH"}, effect: honoured, text: "The time that stands for the build, in archives and images."},
	{flags: "`--build-arg BUILDKIT_SYNTAX`", keys: []string{buildArg + "BUILDKIT_SYNTAX", "source", "cmdline"}, effect: honoured, text: "Another frontend image than the spec's `# syntax=` line names."},
	{flags: "`--build-arg BUILDKIT_INLINE_CACHE`", keys: []string{buildArg + "BUILDKIT_INLINE_CACHE"}, effect: client, text: "The same as `--cache-to type=inline`."},
	{flags: "`--build-arg BUILDKIT_CACHE_MOUNT_NS`", keys: []string{buildArg + "BUILDKIT_CACHE_MOUNT_NS"}, effect: honoured, text: "Keeps this build's cache mounts apart from those of other builds."},
	{flags: "`--build-arg BUILDKIT_MULTI_PLATFORM`", keys: []string{buildArg + "BUILDKIT_MULTI_PLATFORM", "multi-platform"}, effect: honoured, check: (*request).checkMulti, text: "An index, or folders, also for one platform. `0` is refused when there are several."},
	{flags: "`--build-arg BUILDKIT_SANDBOX_HOSTNAME`", keys: []string{buildArg + "BUILDKIT_SANDBOX_HOSTNAME", "hostname"}, effect: honoured, text: "The host name that programs see in the steps, tests included."},
	{flags: "`--build-arg BUILDKIT_CONTEXT_KEEP_GIT_DIR`", keys: []string{buildArg + "BUILDKIT_CONTEXT_KEEP_GIT_DIR"}, effect: honoured, text: "Keeps `.git` in a context that is a git address. What a build needs of it is read without it."},
	{flags: "`--build-arg BUILDKIT_GIT_ADVICE`", keys: []string{buildArg + "BUILDKIT_GIT_ADVICE"}, effect: honoured, text: "git's advice while a git context is fetched."},
	{flags: "`--build-arg BUILDKIT_ATTEST_*`", keys: []string{buildArg + "BUILDKIT_ATTEST_"}, effect: honoured, text: "The old way to write `--attest`."},
	{flags: "`--build-arg BUILDKIT_DOCKERFILE_CHECK`", keys: []string{buildArg + "BUILDKIT_DOCKERFILE_CHECK"}, effect: warned, text: "Rules for Dockerfiles. `--check` says what crossgo has to say of a spec."},
	{flags: "`--build-arg BUILDKIT_*`, any other", keys: []string{buildArg + "BUILDKIT_"}, effect: warned, text: "Settings of the Dockerfile frontend, and of clients."},
	{flags: "build args of docker/metadata-action", keys: []string{buildArg + "DOCKER_META_"}, effect: client, text: "For files that ask for them: no warning, also where the spec does not declare them."},
	{flags: "`--target`, bake `target`", keys: []string{"target"}, effect: honoured, text: "What to make: `bin`, `image`, `report`, `release`, `test` or `test-results`, or `NAME/bin` and so on for one binary."},
	{flags: "`--platform`, bake `platforms`", keys: []string{"platform"}, effect: honoured, text: "What to build for, in place of the spec's `platforms`."},
	{flags: "`-f`, `--file`, bake `dockerfile`", keys: []string{"filename", "dockerfilekey"}, effect: honoured, text: "The spec. `-f -` reads it from standard input."},
	{flags: "bake `dockerfile-inline`", keys: nil, effect: honoured, text: "The spec's text itself."},
	{flags: "the context: a folder, a tar on standard input, a git address, a URL", keys: []string{"context", "contextkey", "contextsubdir", "input:", "local-sessionid:"}, effect: honoured, text: "The module's sources."},
	{flags: "`--build-context`, bake `contexts`", keys: []string{"context:", keySharedKey, "input-metadata:"}, effect: honoured, text: "Takes the place of the image that `base` names. One with another name is a warning."},
	{flags: "`--pull`, bake `pull`", keys: []string{"image-resolve-mode"}, effect: honoured, text: "Asks the registry again for the base."},
	{flags: "`--no-cache`, bake `no-cache`", keys: []string{"no-cache"}, effect: honoured, check: (*request).checkNoCache, text: "Runs every step again."},
	{flags: "`--no-cache-filter`, bake `no-cache-filter`", keys: nil, effect: honoured, text: "Runs these steps again: " + strings.Join(gollb.Steps, ", ") + "."},
	{flags: "`--cache-from`, `--cache-to`, bake `cache-from`, `cache-to`", keys: []string{"cache-from", "cache-imports"}, effect: honoured, text: "See [CI](ci.md)."},
	{flags: "`--add-host`, bake `extra-hosts`", keys: []string{"add-hosts"}, effect: honoured, text: "Addresses for the steps with a network: those that fetch Go and modules. BuildKit fetches the rest by itself."},
	{flags: "`--network host`", keys: []string{"force-network-mode"}, effect: honoured, check: (*request).checkNetwork, text: "The machine's network, with a proxy on its loopback interface, for the steps that fetch. The user's code has no network in any case. The builder has to allow `network.host`."},
	{flags: "`--network`, bake `network`: `none`", keys: nil, effect: honoured, text: "The user's code has no network in any case. crossgo itself still fetches Go, modules and packages, as a Dockerfile its images. Refused with `cache: {prog: …}`, which has to reach its server."},
	{flags: "`--shm-size`, bake `shm-size`", keys: []string{"shm-size"}, effect: honoured, cap: pb.CapExecMountTmpfsSize, text: "The size of `/dev/shm` in the steps: tests with a browser need it."},
	{flags: "`--ulimit`, bake `ulimits`", keys: []string{"ulimit"}, effect: honoured, cap: pb.CapExecMetaUlimit, text: "Limits of the steps' processes."},
	{flags: "`--cgroup-parent`, bake `cgroup-parent`", keys: []string{"cgroup-parent"}, effect: honoured, cap: pb.CapExecMetaCgroupParent, text: "The cgroup that the steps' containers are made in."},
	{
		flags: "`--resource`, `-m`, `--memory`, `--memory-swap`, `--cpu-shares`, `--cpu-period`, `--cpu-quota`, `--cpuset-cpus`, `--cpuset-mems`, bake `resources`",
		keys:  []string{"memory", "memswap", "cpushares", "cpuperiod", "cpuquota", "cpusetcpus", "cpusetmems"}, effect: honoured, cap: pb.CapExecMetaLinuxResources,
		text: "Limits of every single step.",
	},
	{flags: "`--sbom`, `--provenance`, `--attest`, bake `attest`", keys: []string{"attest:"}, effect: honoured, text: "See [Attestations](attestations.md)."},
	{flags: "`--secret`, bake `secret`", effect: client, text: "Steps ask for the secrets `netrc` and `ca-certificates`, for `cache-prog` with `cache: {prog: …}`, and for the keys that sign a release. Others are not read."},
	{flags: "`--ssh`, bake `ssh`", effect: client, text: "Nothing in a build asks for an agent or a key: modules of private hosts come by https, with the secret `netrc`."},
	{flags: "`--allow`, bake `entitlements`", effect: client, text: "No step asks for more rights than usual; `--network host` needs `network.host`, which buildx adds."},
	{flags: "`--call`, `--check`, `--print`, bake `call`", keys: []string{"requestid"}, effect: honoured, text: "`outline`, `targets` and `check` are answered for a spec."},
	{flags: "`--output`, `--push`, `--load`, `--tag`, bake `output`, `tags`", effect: client, text: "Where the result goes. `--load` and `type=docker` take one platform: see [several platforms](#several-platforms)."},
	{flags: "`--iidfile`, `--metadata-file`, `--progress`, `--quiet`, `--debug`, `--builder`, `--policy`, bake `description`, `matrix` and other fields of the file", effect: client, text: "Nothing for a frontend."},
	{flags: "`--compress`, `--isolation`, `--security-opt`, `--squash`, `--rm`, `--force-rm`", effect: client, text: "Flags of the former builder, which buildx takes and leaves out."},
	{flags: "what buildx says of the repository", keys: []string{"vcs:"}, effect: honoured, text: "The commit, for `${VCS_REVISION}`. `BUILDX_GIT_INFO=false` turns it off."},
	{flags: "what clients say of themselves", keys: []string{"frontend.caps"}, effect: client, text: "Nothing for users."},
}

// optionOf is the row of a key: the one that names it whole, else the longest beginning.
func optionOf(key string) *option {
	var best *option
	long := 0
	for i := range options {
		for _, k := range options[i].keys {
			begins := strings.HasPrefix(key, k) && (strings.HasSuffix(k, ":") || strings.HasSuffix(k, "_"))
			if (k == key || begins) && len(k) > long {
				best, long = &options[i], len(k)
			}
		}
	}
	return best
}

// checkOptions goes through all that the client asks for: nothing is dropped without a word.
func (r *request) checkOptions(ctx context.Context) error {
	var errs []error
	asked := map[*option]bool{}
	for _, key := range slices.Sorted(maps.Keys(r.client.BuildOpts().Opts)) {
		o := optionOf(key)
		switch {
		case key == keySelf:
		case o == nil:
			r.source.Warn(ctx, fmt.Sprintf("the client asks for %s, which this crossgo does not know: it changes nothing", key), gwclient.WarnOpts{})
		case o.effect == warned && r.declares(strings.TrimPrefix(key, buildArg)):
		case o.effect == warned:
			r.source.Warn(ctx, fmt.Sprintf("%s changes nothing here: %s", strings.TrimPrefix(key, buildArg), o.text), gwclient.WarnOpts{})
		default:
			if !asked[o] {
				errs = append(errs, o.allowed(r))
			}
			asked[o] = true
		}
	}
	r.unusedContexts(ctx)
	return errors.Join(errs...)
}

// allowed refuses what the builder cannot do, or the option's own values.
func (o *option) allowed(r *request) error {
	if o.cap != "" {
		caps := r.client.BuildOpts().LLBCaps
		if err := caps.Supports(o.cap); err != nil {
			return fmt.Errorf("%s: this builder's BuildKit is too old for it: %w", o.flags, err)
		}
	}
	if o.check == nil {
		return nil
	}
	return o.check(r)
}

func (r *request) declares(arg string) bool {
	return slices.ContainsFunc(r.spec.Args, func(a spec.Arg) bool { return a.Name.V == arg })
}

// unusedContexts tells of contexts that nothing reads: nearly always another name than the spec has.
func (r *request) unusedContexts(ctx context.Context) {
	base := ""
	if r.spec.Image != nil {
		base = familiar(r.spec.Image.Base.V)
	}
	var unused []string
	for key := range r.ui.BuildOpts().Opts {
		name, ok := strings.CutPrefix(key, keyContext)
		name, _, _ = strings.Cut(name, "::")
		if ok && name != base && !slices.Contains(unused, name) {
			unused = append(unused, name)
		}
	}
	slices.Sort(unused)
	for _, name := range unused {
		r.source.Warn(ctx, fmt.Sprintf("build context %s changes nothing: a context takes the place of the image that image: base: names", name), gwclient.WarnOpts{})
	}
}

// checkMulti refuses one output for several platforms. dockerui has done so where the request names them.
func (r *request) checkMulti() error {
	asked := cmp.Or(r.client.BuildOpts().Opts[buildArg+"BUILDKIT_MULTI_PLATFORM"], r.client.BuildOpts().Opts["multi-platform"])
	if one, err := strconv.ParseBool(asked); err == nil && !one && len(r.targets) > 1 {
		return fmt.Errorf("BUILDKIT_MULTI_PLATFORM=%s: the spec names %d platforms, ask for one of them with --platform", asked, len(r.targets))
	}
	return nil
}

// checkNoCache refuses names that are no steps.
func (r *request) checkNoCache() error {
	var errs []error
	for _, step := range r.again() {
		if !slices.Contains(gollb.Steps, step) {
			errs = append(errs, fmt.Errorf("--no-cache-filter %s: no step has this name, known are %s", step, strings.Join(gollb.Steps, ", ")))
		}
	}
	return errors.Join(errs...)
}

// again are the steps of --no-cache-filter.
func (r *request) again() []string {
	if names := r.client.BuildOpts().Opts["no-cache"]; names != "" {
		return strings.Split(names, ",")
	}
	return nil
}

// checkNetwork refuses to cut off a step that has to reach a server.
func (r *request) checkNetwork() error {
	if r.ui.NetworkMode == llb.NetModeNone && len(r.spec.Cache.Prog) > 0 {
		return errors.New("--network none: the program of cache: {prog: …} reaches its server from the compile step: leave out one of the two")
	}
	return nil
}

// containers are what the request says of the steps' containers: of all, and of those with a network.
func (r *request) containers() (all, online []llb.RunOption) {
	for _, u := range r.ui.Ulimits {
		all = append(all, llb.AddUlimit(llb.UlimitName(u.Name), u.Soft, u.Hard))
	}
	if r.ui.ShmSize > 0 {
		all = append(all, llb.AddMount("/dev/shm", llb.Scratch(), llb.Tmpfs(llb.TmpfsSize(r.ui.ShmSize))))
	}
	if r.ui.CgroupParent != "" {
		all = append(all, llb.WithCgroupParent(r.ui.CgroupParent))
	}
	if l := r.ui.LinuxResources; l != nil {
		all = append(all, llb.WithLinuxResources(llb.LinuxResources{
			Memory: l.Memory, MemorySwap: l.MemorySwap, CPUShares: l.CpuShares, CPUPeriod: l.CpuPeriod, CPUQuota: l.CpuQuota,
			CpusetCpus: l.CpusetCpus, CpusetMems: l.CpusetMems,
		}))
	}
	for _, h := range r.ui.ExtraHosts {
		online = append(online, llb.AddExtraHost(h.Host, h.IP))
	}
	return all, online
}

// network is that of the steps that fetch: without one there is nothing to compile.
func (r *request) network() pb.NetMode {
	if r.ui.NetworkMode == llb.NetModeHost {
		return pb.NetMode_HOST
	}
	return pb.NetMode_UNSET
}
