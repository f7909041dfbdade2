package llb_test

import (
	"context"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/internal/golden"
	"github.com/crossgo/crossgo/internal/llbtext"
	"github.com/crossgo/crossgo/internal/plancase"
	gollb "github.com/crossgo/crossgo/llb"
	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/spec"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/stretchr/testify/require"
)

// TestGraphs holds the graph of each case against a golden and emits it twice: the same plan gives the same digests.
func TestGraphs(t *testing.T) {
	for _, c := range plancase.All {
		t.Run(c.Name, func(t *testing.T) {
			def := emit(t, c)
			text, err := llbtext.Text(def)
			require.NoError(t, err)
			golden.Equal(t, filepath.Join("testdata", c.Name+".txt"), text)
			require.Equal(t, def.Def, emit(t, c).Def)
		})
	}
}

// TestBareIsPartOfTheGraph: what is compiled ahead, before packages are pinned, is what the graph asks for later.
func TestBareIsPartOfTheGraph(t *testing.T) {
	for _, c := range plancase.All {
		in, p, code := decided(t, c)
		whole := emit(t, c).Def
		for _, st := range gollb.Bare(in, p, code) {
			def := marshal(t, in, st).Def
			require.Subset(t, whole, def[:len(def)-1], c.Name) // the last names the output alone
		}
		withC := slices.ContainsFunc(c.Facts, func(f plan.BinaryFacts) bool { return f.CGO })
		race := p.Test != nil && p.Test.Race // what others share is compiled without
		require.Equal(t, withC && p.Cache.Layers && !race, len(gollb.Bare(in, p, code)) > 0, c.Name)
	}
}

// TestReportsAreOfAllPlatforms: each platform's report is an input, in the order of the folders' names.
func TestReportsAreOfAllPlatforms(t *testing.T) {
	in, _, _ := decided(t, plancase.All[0])
	st := gollb.Reports(in, []string{"linux/amd64", "linux/arm/v7"}, []llb.State{llb.Image("example.com/a"), llb.Image("example.com/b")})
	text, err := llbtext.Text(marshal(t, in, st))
	require.NoError(t, err)
	golden.Equal(t, filepath.Join("testdata", "reports.txt"), text)
}

// TestLaws are what holds in every graph, whatever is built.
func TestLaws(t *testing.T) {
	for _, c := range plancase.All {
		t.Run(c.Name, func(t *testing.T) {
			all, err := llbtext.Vertices(emit(t, c))
			require.NoError(t, err)
			require.Empty(t, broken(all, c.Build))
		})
	}
}

// TestNoCacheKeepsNothing: with --no-cache nothing comes from a cache mount either.
func TestNoCacheKeepsNothing(t *testing.T) {
	for _, c := range plancase.All {
		in, p, _ := decided(t, c)
		require.NoError(t, p.Pin(plancase.Lock(p)))
		for _, no := range []bool{false, true} {
			in.NoCache = no
			code := gollb.NewCode(in, p.Go, "go.mod", modulesOf(t, c, in))
			st, err := gollb.Emit(in, p, code)
			require.NoError(t, err)
			all, err := llbtext.Vertices(marshal(t, in, st))
			require.NoError(t, err)
			var kept []string
			for _, v := range all {
				for _, m := range v.Op.GetExec().GetMounts() {
					if m.MountType == pb.MountType_CACHE {
						kept = append(kept, m.Dest)
					}
				}
			}
			noCode := !slices.ContainsFunc(kept, func(at string) bool { return at != plan.PathGoKnown })
			require.Equal(t, no || c.Name == "cache-layers", noCode, "%s, no cache: %v: %v", c.Name, no, kept)
			require.Equal(t, no, len(kept) == 0, "%s: the names of fetched releases", c.Name)
		}
	}
}

// TestLawsCanBreak shows that each law notices a graph that breaks it.
func TestLawsCanBreak(t *testing.T) {
	run := func(o ...llb.RunOption) llb.ExecState {
		return llb.Scratch().Run(append([]llb.RunOption{llb.Args([]string{plan.PathSelf, "step", "compile"}), llb.Network(pb.NetMode_NONE),
			llb.Platform(ocispecs.Platform{OS: "linux", Architecture: "amd64"})}, o...)...)
	}
	compiled := run(llb.WithCustomName("[x] compile app")).AddMount(plan.PathOut, llb.Scratch())
	let := run(llb.Args([]string{plan.PathSelf, "step", "verify"})).AddMount(plan.PathOut, llb.Scratch())
	started := func(o llb.RunOption) llb.ExecState {
		return run(llb.Args([]string{plan.PathRunSelf, "step", "run"}), o)
	}
	for _, c := range []struct {
		want string
		st   llb.State
	}{
		{"runs on linux/arm64", run(llb.Platform(ocispecs.Platform{OS: "linux", Architecture: "arm64"})).AddMount(plan.PathOut, llb.Scratch())},
		{"has the network", run(llb.Network(pb.NetMode_UNSET)).AddMount(plan.PathOut, llb.Scratch())},
		{"without passing verify", llb.Scratch().File(llb.Copy(compiled, "/", "/"))},
		{"without a digest", llb.Scratch().File(llb.Copy(llb.HTTP("http://x/y"), "/", "/"))},
		{"writable root", run(llb.AddMount(plan.PathOut, llb.Scratch())).Root()},
		{"mounts /sysroot, which is BuildKit's", run(llb.AddMount("/sysroot", let, llb.Readonly)).AddMount(plan.PathOut, llb.Scratch())},
		{"more than files", run(llb.Args([]string{plan.PathSelf, "step", "test"}), llb.AddMount(plan.PathObjects, llb.Scratch(), llb.AsPersistentCacheDir("x", llb.CacheMountShared))).AddMount(plan.PathOut, llb.Scratch())},
		{"more than files", run(llb.Args([]string{plan.PathSelf, "step", "test"}), llb.AddSecret("/run/x", llb.SecretID("x"))).AddMount(plan.PathOut, llb.Scratch())},
		{"more than files", run(llb.Args([]string{plan.PathSelf, "step", "test"}), llb.AddSSHSocket()).AddMount(plan.PathOut, llb.Scratch())},
		{"the network of its own", run(llb.Args([]string{plan.PathSelf, "step", "test"}), llb.Network(pb.NetMode_UNSET)).AddMount(plan.PathOut, llb.Scratch())},
		{"the user's cache program more", run(llb.AddSecret(plan.PathProg, llb.SecretID("x")), llb.AddMount(plan.PathObjects, llb.Scratch(), llb.AsPersistentCacheDir("x", llb.CacheMountShared))).AddMount(plan.PathOut, llb.Scratch())},
		{"cache mount that is not known", run(llb.AddMount("/x", llb.Scratch(), llb.AsPersistentCacheDir("x", llb.CacheMountShared))).AddMount(plan.PathOut, llb.Scratch())},
		{"more than files", started(llb.AddSecret("/run/x", llb.SecretID("x"))).AddMount(plan.PathRunOut, llb.Scratch())},
		{"without passing run", llb.Merge([]llb.State{let, started(llb.AddMount(plan.PathRunFound, let, llb.Readonly)).AddMount(plan.PathRunOut, llb.Scratch())})},
	} {
		def, err := c.st.Marshal(context.Background())
		require.NoError(t, err)
		all, err := llbtext.Vertices(def.ToPB())
		require.NoError(t, err)
		require.Contains(t, strings.Join(broken(all, "linux/amd64"), "\n"), c.want)
	}
}

// broken names each law that a graph breaks.
func broken(all []*llbtext.Vertex, build string) []string {
	var list []string
	for _, v := range all {
		e := v.Op.GetExec()
		if e == nil {
			if s := v.Op.GetSource(); s != nil && strings.HasPrefix(s.Identifier, "http") && s.Attrs["http.checksum"] == "" && !strings.HasSuffix(s.Identifier, "/InRelease") {
				list = append(list, v.Name+" fetches without a digest")
			}
			continue
		}
		if p := path.Join(v.Op.Platform.OS, v.Op.Platform.Architecture); p != build {
			list = append(list, v.Name+" runs on "+p)
		}
		if e.Network != pb.NetMode_NONE && !fetches(e) {
			list = append(list, v.Name+" has the network")
		}
		if !e.Mounts[0].Readonly && !starts(e) {
			list = append(list, v.Name+" has a writable root")
		}
		list = append(list, brokenForUsers(v.Name, e)...)
	}
	list = append(list, misplaced(all)...)
	if last := all[len(all)-1]; leavesUnstarted(last, all) {
		list = append(list, "something leaves without passing run")
	}
	if last := all[len(all)-1]; reachesCompile(last, map[*llbtext.Vertex]bool{}) {
		list = append(list, "something compiled leaves without passing verify")
	}
	return list
}

// brokenForUsers are the laws of what users' code is given. Steps that run it have files, memory and their own loopback interface: no
// network, no secret, no agent, no folder that another build reads. The others have only the cache mounts that are known here, each with
// what runs beside it.
func brokenForUsers(name string, e *pb.ExecOp) (list []string) {
	runs := starts(e) || len(e.Meta.Args) == 3 && e.Meta.Args[0] == plan.PathSelf && e.Meta.Args[2] == "test"
	if runs && e.Network != pb.NetMode_NONE {
		list = append(list, name+" gives users' code more than the network of its own")
	}
	for _, m := range e.Mounts {
		switch {
		case runs && m.MountType != pb.MountType_BIND && (m.MountType != pb.MountType_TMPFS || starts(e)), runs && len(e.Secretenv) > 0:
			list = append(list, name+" gives users' code more than files")
		case m.MountType == pb.MountType_CACHE && hasProg(e):
			list = append(list, name+" gives the user's cache program more than the network and its secret")
		case m.MountType == pb.MountType_CACHE && !slices.Contains(cacheMounts[m.Dest], stepOf(e)):
			list = append(list, name+" has a cache mount that is not known")
		}
	}
	return list
}

// cacheMounts are the steps that may have each: compilers and downloads, of which none starts what it compiled or fetched.
var cacheMounts = map[string][]string{
	plan.PathObjects:  {"compile", "compile-tests", "go"},
	plan.PathDownload: {"modules"},
	plan.PathGoKnown:  {"go", "golist"},
}

// stepOf is the step's name, or "go" where the go command runs by itself.
func stepOf(e *pb.ExecOp) string {
	switch args := e.Meta.Args; {
	case len(args) == 3 && args[0] == plan.PathSelf && args[1] == "step":
		return args[2]
	case args[0] == plan.PathGoRoot+"/bin/go":
		return "go"
	}
	return ""
}

// fetches are the steps that may have the network: those that download, and a compile step whose objects a program of the user's
// has.
func fetches(e *pb.ExecOp) bool {
	if len(e.Meta.Args) != 3 || e.Meta.Args[0] != plan.PathSelf {
		return false
	}
	return e.Meta.Args[2] == "go" || e.Meta.Args[2] == "modules" || hasProg(e) && (e.Meta.Args[2] == "compile" || e.Meta.Args[2] == "compile-tests")
}

// hasProg reports whether a step has the user's cache program.
func hasProg(e *pb.ExecOp) bool {
	return slices.ContainsFunc(e.Mounts, func(m *pb.Mount) bool { return m.Dest == plan.PathProg })
}

// starts are the steps that start what was built: the one kind whose root is the user's. They too are our own binary's, on the build
// platform; the kernel knows by whom it has the program run.
func starts(e *pb.ExecOp) bool {
	return len(e.Meta.Args) == 3 && e.Meta.Args[0] == plan.PathRunSelf && e.Meta.Args[2] == "run"
}

func runsStep(e *pb.ExecOp, step string) bool { return len(e.Meta.Args) == 3 && e.Meta.Args[2] == step }

// TestImagesPassTheirCheck: each unit's files come into an image behind the check of the image as a whole.
func TestImagesPassTheirCheck(t *testing.T) {
	for _, c := range plancase.All {
		_, p, _ := decided(t, c)
		all, err := llbtext.Vertices(emit(t, c))
		require.NoError(t, err)
		behind := 0
		for _, v := range all {
			if v.Name == "[internal] hang on the image's check" {
				require.True(t, slices.ContainsFunc(v.Inputs, func(in llbtext.Input) bool { e := in.Vertex.Op.GetExec(); return e != nil && runsStep(e, "image") }))
				behind++
			}
		}
		want := 0
		if p.Image != nil {
			want = len(p.Units)
		}
		require.Equal(t, want, behind, c.Name)
	}
}

// leavesUnstarted reports whether an output hangs on the files of a verify step that a run starts, and not through that run.
func leavesUnstarted(last *llbtext.Vertex, all []*llbtext.Vertex) bool {
	gated := map[llbtext.Input]bool{}
	for _, v := range all {
		if e := v.Op.GetExec(); e != nil && starts(e) {
			for _, m := range e.Mounts {
				if m.Dest == plan.PathRunFound {
					verify := v.Inputs[m.Input].Vertex
					gated[llbtext.Input{Vertex: verify, Index: outputAt(verify, plan.PathOut)}] = true
				}
			}
		}
	}
	return reachesUnstarted(last, gated, map[*llbtext.Vertex]bool{})
}

// outputAt is the output of an exec that stands at a place.
func outputAt(v *llbtext.Vertex, dest string) (index int64) {
	for _, m := range v.Op.GetExec().GetMounts() {
		if m.Dest == dest {
			index = int64(m.Output)
		}
	}
	return index
}

func reachesUnstarted(v *llbtext.Vertex, gated map[llbtext.Input]bool, seen map[*llbtext.Vertex]bool) bool {
	if e := v.Op.GetExec(); seen[v] || e != nil && (starts(e) || runsStep(e, "image")) { // step image gives out no file
		return false
	}
	seen[v] = true
	return slices.ContainsFunc(v.Inputs, func(in llbtext.Input) bool { return gated[in] || reachesUnstarted(in.Vertex, gated, seen) })
}

// reachesCompile walks back from an output and stops at the gate: is there another way to a compile step?
func reachesCompile(v *llbtext.Vertex, seen map[*llbtext.Vertex]bool) bool {
	if seen[v] {
		return false
	}
	seen[v] = true
	if e := v.Op.GetExec(); e != nil && len(e.Meta.Args) == 3 {
		switch e.Meta.Args[2] {
		case "verify":
			return false
		case "compile", "again":
			return true
		}
	}
	for _, in := range v.Inputs {
		if reachesCompile(in.Vertex, seen) {
			return true
		}
	}
	return false
}

// TestDependenciesOutliveReleases: what compiles dependencies sees nothing of our own binary, so a new release of crossgo
// finds the old objects.
func TestDependenciesOutliveReleases(t *testing.T) {
	for _, c := range plancase.All {
		all, err := llbtext.Vertices(emit(t, c))
		require.NoError(t, err)
		for _, v := range all {
			if e := v.Op.GetExec(); e != nil && e.Meta.Args[0] == plan.PathGoRoot+"/bin/go" {
				for _, m := range e.Mounts {
					require.NotEqual(t, plan.PathSelf, m.Dest, v.Name)
				}
			}
		}
	}
}

// TestWhatThePlanWasMadeByIsCarried: the result hangs on it, through a mount that is always empty.
func TestWhatThePlanWasMadeByIsCarried(t *testing.T) {
	for _, c := range plancase.All {
		in, p, code := decided(t, c)
		require.NoError(t, p.Pin(plancase.Lock(p)))
		in.Read = []llb.State{llb.Scratch().File(llb.Mkfile("/facts", 0o644, nil)), llb.Scratch().File(llb.Mkfile("/lock", 0o644, nil))}
		st, err := gollb.Emit(in, p, code)
		require.NoError(t, err)
		all, err := llbtext.Vertices(marshal(t, in, st))
		require.NoError(t, err)
		i := slices.IndexFunc(all, func(v *llbtext.Vertex) bool { return strings.Contains(v.Name, "hang on what the plan was made by") })
		require.Len(t, all[i].Inputs, 2, c.Name)
		for _, a := range all[i].Op.GetFile().Actions {
			require.True(t, a.GetCopy().AllowWildcard && a.GetCopy().AllowEmptyWildcard)
		}
		for _, v := range all {
			if e := v.Op.GetExec(); e != nil && slices.Contains([]string{"verify", "test"}, e.Meta.Args[len(e.Meta.Args)-1]) && e.Meta.Args[0] == plan.PathSelf {
				require.True(t, slices.ContainsFunc(e.Mounts, func(m *pb.Mount) bool {
					return m.Dest == plan.PathRead && m.Readonly && v.Inputs[m.Input].Vertex == all[i]
				}), c.Name)
			}
		}
	}
}

// TestImageUser: who the image runs as decides what the gate lets through.
func TestImageUser(t *testing.T) {
	i := slices.IndexFunc(plancase.All, func(c plancase.Case) bool { return c.Name == "base-image" })
	in, p, code := decided(t, plancase.All[i])
	require.NoError(t, p.Pin(plancase.Lock(p)))
	in.Process.User = "app"
	st, err := gollb.Emit(in, p, code)
	require.NoError(t, err)
	text, err := llbtext.Text(marshal(t, in, st))
	require.NoError(t, err)
	require.Contains(t, text, `"user": "app"`)
}

func emit(t *testing.T, c plancase.Case) *pb.Definition {
	t.Helper()
	in, p, code := decided(t, c)
	require.NoError(t, p.Pin(plancase.Lock(p)))
	st, err := gollb.Emit(in, p, code)
	require.NoError(t, err)
	return marshal(t, in, st)
}

func marshal(t *testing.T, in gollb.Inputs, st llb.State) *pb.Definition {
	t.Helper()
	def, err := st.Marshal(context.Background(), in.Constraints()...)
	require.NoError(t, err)
	return def.ToPB()
}

// decided is a case's plan, not yet pinned, with what graphs are made from.
func decided(t *testing.T, c plancase.Case) (gollb.Inputs, *plan.Plan, gollb.Code) {
	t.Helper()
	input, err := c.Input()
	require.NoError(t, err)
	p, err := plan.New(input)
	require.NoError(t, err)
	in := inputs(input.Build)
	if p.Image != nil && p.Image.Base != "" {
		base := llb.Image(p.Image.Base)
		in.Base = &base
	}
	return in, p, gollb.NewCode(in, p.Go, "go.mod", modulesOf(t, c, in))
}

// modulesOf is the job that downloads a case's modules; nil when they are vendored.
func modulesOf(t *testing.T, c plancase.Case, in gollb.Inputs) *plan.ModulesJob {
	t.Helper()
	input, err := c.Input()
	require.NoError(t, err)
	if c.Vendor {
		return nil
	}
	job := plan.Modules(input.File, in.Args.Proxy)
	return &job
}

func inputs(build spec.Platform) gollb.Inputs {
	return gollb.Inputs{
		Context: llb.Local("context"), Self: llb.Local("self"), SelfPath: "/crossgo",
		Build:    ocispecs.Platform{OS: build.OS, Architecture: build.Arch},
		Archives: map[string]string{"main": "http://mirror/debian", "security": "http://mirror/debian-security"},
		LocalID:  "golden",
		Args:     plan.Settings{Proxy: plan.Proxy{GOPROXY: "https://proxy"}},
	}
}
