package frontend

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/internal/golden"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/frontend/subrequests/outline"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"
)

// optionCase is a request with an option set, and what must become of it.
type optionCase struct {
	spec    string
	options map[string]string
	ok      func(t *testing.T, f *fake, res *gwclient.Result) // nil: it is done elsewhere, and nobody says a word
	warns   string
	fails   string
}

func set(kv ...string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(kv); i += 2 {
		m[kv[i]] = kv[i+1]
	}
	return m
}

const labelled = "image: {labels: {both: spec, spec: s}}\n"

// everyStep checks all steps, of which there must be some.
func everyStep(check func(t *testing.T, name string, e *pb.ExecOp)) func(*testing.T, *fake, *gwclient.Result) {
	return func(t *testing.T, f *fake, _ *gwclient.Result) {
		require.NotEmpty(t, f.execs())
		for name, e := range f.execs() {
			check(t, name, e)
		}
	}
}

// fetches reports whether a step has the network.
func fetches(name string) bool {
	return strings.Contains(name, "fetch and check") || strings.Contains(name, "go mod download")
}

func onlyOnline(check func(t *testing.T, e *pb.ExecOp, online bool)) func(*testing.T, *fake, *gwclient.Result) {
	return func(t *testing.T, f *fake, _ *gwclient.Result) {
		online := 0
		for name, e := range f.execs() {
			if fetches(name) {
				online++
			}
			check(t, e, fetches(name))
		}
		require.Equal(t, 2, online)
	}
}

func limits(want *pb.LinuxResources) func(*testing.T, *fake, *gwclient.Result) {
	return func(t *testing.T, f *fake, _ *gwclient.Result) {
		require.NotEmpty(t, f.execs())
		for name := range f.execs() {
			require.Equal(t, want.String(), f.meta[name].GetLinuxResources().String(), name)
		}
	}
}

func asks(words ...string) func(*testing.T, *fake, *gwclient.Result) {
	return func(t *testing.T, f *fake, _ *gwclient.Result) {
		for _, w := range words {
			require.True(t, f.askedFor(w), "%s in %v", w, f.asked)
		}
	}
}

func labels(want map[string]string) func(*testing.T, *fake, *gwclient.Result) {
	return func(t *testing.T, _ *fake, res *gwclient.Result) {
		require.Equal(t, want, imageConfig(t, res).Config.Labels)
	}
}

// gitSource checks the attributes of the git source.
func gitSource(key, want string) func(*testing.T, *fake, *gwclient.Result) {
	return func(t *testing.T, f *fake, _ *gwclient.Result) {
		for _, v := range f.vertices {
			if strings.HasPrefix(v.Op.GetSource().GetIdentifier(), "git://") {
				require.Equal(t, want, v.Op.GetSource().Attrs[key])
				return
			}
		}
		require.Fail(t, "no git source")
	}
}

const noSuch = "no step has this name, known are again, attest, "

// optionCases are requests by the key that they set first.
var optionCases = map[string][]optionCase{
	"label:": {
		{spec: "image: {}\n", options: set("label:a", "b", "label:c", ""), ok: labels(set("a", "b", "c", ""))},
		{spec: labelled, options: set("label:both", "request"), ok: labels(set("both", "request", "spec", "s"))},
		{spec: "image: {base: alpine, labels: {both: spec, spec: s}}\n", ok: labels(set("base", "b", "both", "spec", "spec", "s"))},
		{spec: "image: {base: alpine, labels: {both: spec, spec: s}}\n", options: set("label:both", "request", "label:base", "r"), ok: labels(set("base", "r", "both", "request", "spec", "s"))},
		{options: set("target", "bin", "label:a", "b"), ok: labels(set("a", "b"))}, // for who pushes the files as an image
	},
	"build-arg:": {
		{spec: "args: {V: 1}\nbinaries: [{main: ., ldflags: ['-X main.v=${V}']}]\n", options: set("build-arg:V", "2"), ok: func(t *testing.T, f *fake, _ *gwclient.Result) {
			require.Contains(t, fmt.Sprint(f.compiled), "-X main.v=2")
		}},
		{options: set("build-arg:V", "2"), warns: "build arg V is not declared under args: and changes nothing"},
	},
	"build-arg:SOURCE_DATE_EPOCH": {{
		spec: "binaries: [{main: ., ldflags: ['-X main.t=${SOURCE_DATE_EPOCH}']}]\n", options: set("build-arg:SOURCE_DATE_EPOCH", "77"),
		ok: func(t *testing.T, f *fake, _ *gwclient.Result) {
			require.Contains(t, fmt.Sprint(f.compiled), "-X main.t=77")
		},
	}},
	"build-arg:BUILDKIT_SYNTAX":       {{options: set("build-arg:BUILDKIT_SYNTAX", "x", "source", "x", "cmdline", "x y")}},
	"build-arg:BUILDKIT_INLINE_CACHE": {{options: set("build-arg:BUILDKIT_INLINE_CACHE", "1")}},
	"build-arg:BUILDKIT_CACHE_MOUNT_NS": {{
		spec: "cache: mounts\n", options: set("build-arg:BUILDKIT_CACHE_MOUNT_NS", "mine"),
		ok: func(t *testing.T, f *fake, _ *gwclient.Result) {
			var ids []string
			for _, e := range f.execs() {
				for _, m := range e.Mounts {
					if m.CacheOpt != nil {
						ids = append(ids, m.CacheOpt.ID)
						require.True(t, strings.HasPrefix(m.CacheOpt.ID, "mine/"), m.CacheOpt.ID)
					}
				}
			}
			require.NotEmpty(t, ids)
		},
	}},
	"build-arg:BUILDKIT_MULTI_PLATFORM": {
		{options: set("build-arg:BUILDKIT_MULTI_PLATFORM", "1"), ok: func(t *testing.T, _ *fake, res *gwclient.Result) { require.Len(t, res.Refs, 1) }},
		{options: set("multi-platform", "true"), ok: func(t *testing.T, _ *fake, res *gwclient.Result) { require.Len(t, res.Refs, 1) }},
		{spec: "platforms: [linux/amd64, linux/arm64]\n", options: set("build-arg:BUILDKIT_MULTI_PLATFORM", "0"), fails: "BUILDKIT_MULTI_PLATFORM=0: the spec names 2 platforms, ask for one of them with --platform"},
	},
	"build-arg:BUILDKIT_SANDBOX_HOSTNAME": {{
		options: set("build-arg:BUILDKIT_SANDBOX_HOSTNAME", "box"),
		ok:      everyStep(func(t *testing.T, name string, e *pb.ExecOp) { require.Equal(t, "box", e.Meta.Hostname, name) }),
	}, {
		options: set("hostname", "box"),
		ok:      everyStep(func(t *testing.T, name string, e *pb.ExecOp) { require.Equal(t, "box", e.Meta.Hostname, name) }),
	}},
	"build-arg:BUILDKIT_CONTEXT_KEEP_GIT_DIR": {{options: set("context", "https://git.example/x.git", "build-arg:BUILDKIT_CONTEXT_KEEP_GIT_DIR", "1"), ok: gitSource(pb.AttrKeepGitDir, "true")}},
	"build-arg:BUILDKIT_GIT_ADVICE":           {{options: set("context", "https://git.example/x.git", "build-arg:BUILDKIT_GIT_ADVICE", "1")}},
	"build-arg:BUILDKIT_ATTEST_":              {{options: set("build-arg:BUILDKIT_ATTEST_SBOM", "", "platform", "linux/amd64"), ok: asks("write the SBOM")}},
	"build-arg:BUILDKIT_DOCKERFILE_CHECK":     {{options: set("build-arg:BUILDKIT_DOCKERFILE_CHECK", "skip=all"), warns: "BUILDKIT_DOCKERFILE_CHECK changes nothing here: "}},
	"build-arg:BUILDKIT_": {
		{options: set("build-arg:BUILDKIT_NEWEST", "1"), warns: "BUILDKIT_NEWEST changes nothing here: "},
		{spec: "args: {BUILDKIT_NEWEST: 0}\n", options: set("build-arg:BUILDKIT_NEWEST", "1")},
	},
	"build-arg:DOCKER_META_": {{options: set("build-arg:DOCKER_META_VERSION", "1.2", "build-arg:DOCKER_META_IMAGES", "x")}},
	"target":                 {{options: set("target", "report"), ok: asks("[linux/amd64] report")}, {options: set("target", "bni"), fails: "bni"}},
	"platform":               {{options: set("platform", "linux/arm64"), ok: asks("[linux/arm64] verify app")}, {options: set("platform", "linux/amd46"), fails: "--platform"}},
	"filename":               {{options: set("filename", "other.yaml", "dockerfilekey", "elsewhere"), ok: asks("load build definition from other.yaml")}},
	"context":                {{options: set("context", "https://git.example/x.git", "contextsubdir", "", "contextkey", "context"), ok: gitSource(pb.AttrFullRemoteURL, "https://git.example/x.git")}},
	"context:": {
		{spec: "image: {base: b}\n", options: set("context:b", "docker-image://alpine", "sharedkey:localdir:b", "k"), ok: asks("] alpine")},
		{spec: "image: {base: b}\n", options: set("context:c", "docker-image://alpine", "context:b", "docker-image://alpine"), warns: "build context c changes nothing: "},
		{options: set("context:c::linux/amd64", "local:c", "context:c::linux/arm64", "local:c"), warns: "build context c changes nothing: "},
	},
	"image-resolve-mode": {{
		spec: "image: {base: alpine}\n", options: set("image-resolve-mode", "pull"),
		ok: func(t *testing.T, f *fake, _ *gwclient.Result) { require.Equal(t, []string{"pull"}, f.resolve) },
	}, {
		spec: "image: {base: b}\n", options: set("image-resolve-mode", "pull", "context:b", "docker-image://alpine"),
		ok: func(t *testing.T, f *fake, _ *gwclient.Result) { require.Equal(t, []string{"pull"}, f.resolve) },
	}},
	"no-cache": {
		{options: set("no-cache", ""), ok: func(t *testing.T, f *fake, _ *gwclient.Result) {
			require.Equal(t, slices.Sorted(maps.Keys(f.execs())), f.again())
		}},
		{options: set("no-cache", "compile,verify"), ok: func(t *testing.T, f *fake, _ *gwclient.Result) {
			require.Equal(t, []string{"[linux/amd64] compile app", "[linux/amd64] verify app"}, f.again())
		}},
		{options: set("no-cache", "builder,compile"), fails: "--no-cache-filter builder: " + noSuch},
	},
	"cache-from": {
		{options: set("cache-from", "example.com/cache"), ok: func(t *testing.T, f *fake, _ *gwclient.Result) { require.Equal(t, "registry", f.imports[0].Type) }},
		{options: set("cache-imports", `[{"Type":"gha","Attrs":{"scope":"x"}}]`), ok: func(t *testing.T, f *fake, _ *gwclient.Result) { require.Equal(t, "gha", f.imports[0].Type) }},
	},
	"add-hosts": {{options: set("add-hosts", "proxy=10.0.0.7"), ok: onlyOnline(func(t *testing.T, e *pb.ExecOp, online bool) {
		require.Equal(t, online, len(e.Meta.ExtraHosts) == 1 && e.Meta.ExtraHosts[0].Host == "proxy" && e.Meta.ExtraHosts[0].IP == "10.0.0.7")
	})}},
	"force-network-mode": {
		{options: set("force-network-mode", "host"), ok: onlyOnline(func(t *testing.T, e *pb.ExecOp, online bool) {
			require.Equal(t, map[bool]pb.NetMode{true: pb.NetMode_HOST, false: pb.NetMode_NONE}[online], e.Network)
		})},
		{options: set("force-network-mode", "none"), ok: onlyOnline(func(t *testing.T, e *pb.ExecOp, online bool) {
			require.Equal(t, map[bool]pb.NetMode{true: pb.NetMode_UNSET, false: pb.NetMode_NONE}[online], e.Network)
		})},
		{spec: "cache: {prog: tools/prog}\n", options: set("force-network-mode", "none"), fails: "--network none: the program of cache: {prog: …} reaches its server"},
	},
	"shm-size": {{options: set("shm-size", "1048576"), ok: everyStep(func(t *testing.T, name string, e *pb.ExecOp) {
		i := slices.IndexFunc(e.Mounts, func(m *pb.Mount) bool { return m.Dest == "/dev/shm" })
		require.GreaterOrEqual(t, i, 0, name)
		require.EqualValues(t, 1<<20, e.Mounts[i].TmpfsOpt.Size)
	})}},
	"ulimit": {{options: set("ulimit", "nofile=1024:2048,nproc=7"), ok: everyStep(func(t *testing.T, name string, e *pb.ExecOp) {
		require.Equal(t, `[Name:"nofile" Soft:1024 Hard:2048 Name:"nproc" Soft:7 Hard:7]`, strings.Join(strings.Fields(fmt.Sprint(e.Meta.Ulimit)), " "), name)
	})}},
	"cgroup-parent": {{options: set("cgroup-parent", "ci"), ok: everyStep(func(t *testing.T, name string, e *pb.ExecOp) {
		require.Equal(t, "ci", e.Meta.CgroupParent, name)
	})}},
	"memory": {{
		options: set("memory", "1000", "memswap", "2000", "cpushares", "3", "cpuperiod", "4", "cpuquota", "5", "cpusetcpus", "0", "cpusetmems", "0"),
		ok:      limits(&pb.LinuxResources{Memory: 1000, MemorySwap: 2000, CpuShares: 3, CpuPeriod: 4, CpuQuota: 5, CpusetCpus: "0", CpusetMems: "0"}),
	}},
	"attest:":   {{options: set("attest:sbom", "generator=crossgo", "attest:provenance", "mode=max", "platform", "linux/amd64"), ok: asks("write the SBOM")}},
	"requestid": {{options: set("requestid", outline.SubrequestsOutlineDefinition.Name, "frontend.caps", "moby.buildkit.frontend.subrequests"), ok: func(t *testing.T, _ *fake, res *gwclient.Result) { require.NotEmpty(t, res.Metadata["result.json"]) }}},
	"vcs:": {{spec: "binaries: [{main: ., ldflags: ['-X main.v=${VCS_REVISION}']}]\n", options: set("vcs:revision", "0123456789abcdef0123456789abcdef01234567", "vcs:source", "x"), ok: func(t *testing.T, f *fake, _ *gwclient.Result) {
		require.Contains(t, fmt.Sprint(f.compiled), "-X main.v=0123456789abcdef")
	}}},
	"frontend.caps": {{options: set("frontend.caps", "moby.buildkit.frontend.contexts+forward")}},
}

var alpineAlone = map[string]digest.Digest{"docker.io/library/alpine:latest": newest}

// TestEveryOption: each row of the table that has a key is set, and does what the row says.
func TestEveryOption(t *testing.T) {
	for _, o := range options {
		if len(o.keys) == 0 {
			continue
		}
		cases := optionCases[o.keys[0]]
		require.NotEmpty(t, cases, "no case sets %s", o.keys[0])
		for i, c := range cases {
			t.Run(fmt.Sprint(o.keys[0], " ", i), func(t *testing.T) {
				f := newFake(c.spec)
				f.files["other.yaml"] = f.files["crossgo.yaml"]
				f.images = alpineAlone
				maps.Copy(f.options, c.options)
				res, err := f.build(t)
				if c.fails != "" {
					require.ErrorContains(t, err, c.fails)
					return
				}
				require.NoError(t, err)
				if c.warns == "" {
					require.Empty(t, f.warnings)
				} else {
					require.Len(t, f.warnings, 1)
					require.Contains(t, f.warnings[0], c.warns)
				}
				if c.ok != nil {
					c.ok(t, f, res)
				}
			})
		}
		require.Equal(t, o.effect == warned, slices.ContainsFunc(cases, func(c optionCase) bool {
			return strings.Contains(c.warns, o.text) || strings.HasSuffix(c.warns, "changes nothing here: ")
		}), o.flags)
	}
}

// TestUnknownOption: what a newer client may say is not passed over.
func TestUnknownOption(t *testing.T) {
	f := newFake("", "seccomp-profile", "x")
	f.ok(t)
	require.Equal(t, []string{"the client asks for seccomp-profile, which this crossgo does not know: it changes nothing"}, f.warnings)
}

// TestOldBuilderRefusesByName: what the builder cannot do is not left out.
func TestOldBuilderRefusesByName(t *testing.T) {
	for key, value := range set("shm-size", "1", "ulimit", "nofile=1", "cgroup-parent", "x", "memory", "1") {
		f := newFake("", key, value)
		f.without = optionOf(key).cap
		_, err := f.build(t)
		require.ErrorContains(t, err, optionOf(key).flags+": this builder's BuildKit is too old for it")
	}
}

// TestDocs: docs/buildx.md has the table.
func TestDocs(t *testing.T) {
	const file, begin, end = "../docs/buildx.md", "<!-- options -->\n", "<!-- end -->"
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(data), begin)
	require.True(t, ok)
	_, after, ok := strings.Cut(rest, end)
	require.True(t, ok)
	table := "| flag or field | | what it does, or what to do instead |\n|---|---|---|\n"
	for _, o := range options {
		table += fmt.Sprintf("| %s | %s | %s |\n", o.flags, o.effect, o.text)
	}
	golden.Equal(t, file, before+begin+table+end+after)
}
