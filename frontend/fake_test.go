package frontend

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/crossgo/crossgo/internal/llbtext"
	"github.com/crossgo/crossgo/internal/plancase"
	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/sysroot"
	"github.com/distribution/reference"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
	apicapspb "github.com/moby/buildkit/util/apicaps/pb"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/stretchr/testify/require"
	fstypes "github.com/tonistiigi/fsutil/types"
)

// fake is a BuildKit without a worker: it answers from what a test gives it, and notes what it is asked. That real steps do what
// is said of them here the tests with a real BuildKit show.
type fake struct {
	gwclient.Client // nil: what is not below may not be asked

	options map[string]string
	worker  string                                // the builder's platform; "linux/amd64" when empty
	files   fstest.MapFS                          // the build context, the spec among it
	facts   func(plan.InspectJob) plan.Facts      // what inspect says
	found   []plan.Warning                        // by verify, in every platform's outputs
	goList  string                                // every module proxy's list of Go's releases
	known   plan.GoReleasesSaid                   // what a step says of them
	signed  []byte                                // every InRelease
	signer  string                                // of these: fingerprint
	secret  []byte                                // with keys of archives
	web     *fakeWeb                              // what is fetched from; nil: all addresses have what they should
	fails   map[string]func(*pb.Op, []byte) error // by the name of the vertex that is asked for
	problem string                                // what a failed step has left behind
	says    string                                // what the go command says where it is started once more, and fails
	source  *sourceresolver.MetaResponse          // what is known of a source before it is fetched

	without apicaps.CapID                        // what the builder does not have
	images  map[string]digest.Digest             // of registries: by the whole name
	inputs  func() (map[string]llb.State, error) // targets that are contexts

	mu       sync.Mutex
	asked    []string // names of the vertices of all graphs, each once
	mounts   []string // ids of the cache mounts of all graphs, each once
	warnings []string
	reported plan.ReportJob  // of the last graph that reports
	compiled plan.CompileJob // of the last graph that compiles
	pulled   []string        // references of images in graphs, each once
	vertices []*llbtext.Vertex
	meta     map[string]*pb.OpMetadata    // of the vertices, by name
	imports  []gwclient.CacheOptionsEntry // of the last graph
	resolve  []string                     // modes in which images were asked for
}

// fakeRef is what a vertex made.
type fakeRef struct {
	gwclient.Reference
	files fs.FS
}

func (f *fake) BuildOpts() gwclient.BuildOpts {
	worker := f.worker
	if worker == "" {
		worker = "linux/amd64"
	}
	os, arch, _ := strings.Cut(worker, "/")
	return gwclient.BuildOpts{
		Opts: f.options, SessionID: "session",
		Workers: []gwclient.WorkerInfo{{Platforms: []ocispecs.Platform{{OS: os, Architecture: arch}}}},
		Caps:    gwpb.Caps.CapSet(gwpb.Caps.All()), LLBCaps: pb.Caps.CapSet(f.caps()),
	}
}

// caps are all that BuildKit has, but for the one that the test takes away.
func (f *fake) caps() []*apicapspb.APICap {
	return slices.DeleteFunc(pb.Caps.All(), func(c *apicapspb.APICap) bool { return c.ID == string(f.without) })
}

func (f *fake) Inputs(context.Context) (map[string]llb.State, error) {
	if f.inputs == nil {
		return nil, nil
	}
	return f.inputs()
}

// ResolveImageConfig answers as BuildKit does: it takes whole names alone, and gives back the one that it was asked for.
func (f *fake) ResolveImageConfig(_ context.Context, name string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	ref, err := reference.ParseNamed(name)
	if err != nil {
		return "", "", nil, err
	}
	f.resolve = append(f.resolve, opt.ImageOpt.ResolveMode)
	sum, ok := f.images[ref.String()]
	if !ok {
		return "", "", nil, fmt.Errorf("%s: not found", name)
	}
	config, err := json.Marshal(ocispecs.Image{Platform: *opt.ImageOpt.Platform, Config: ocispecs.ImageConfig{User: "from-base", Labels: map[string]string{"base": "b", "both": "b"}}})
	return name, sum, config, err
}

func (f *fake) Warn(_ context.Context, _ digest.Digest, text string, opts gwclient.WarnOpts) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(opts.Range) > 0 {
		text = fmt.Sprintf("%d:%d: %s", opts.Range[0].Start.Line, opts.Range[0].Start.Character+1, text)
	}
	f.warnings = append(f.warnings, text)
	return nil
}

func (f *fake) Solve(_ context.Context, req gwclient.SolveRequest) (*gwclient.Result, error) {
	res := gwclient.NewResult()
	if req.Definition == nil {
		return res, nil
	}
	all, err := llbtext.Vertices(req.Definition)
	if err != nil {
		return nil, err
	}
	f.note(all, req)
	if err := f.web.fetch(req.Definition, all); err != nil {
		return nil, err
	}
	for i, v := range all {
		if fail := f.fails[v.Name]; fail != nil {
			if err := fail(v.Op, req.Definition.Def[i]); err != nil {
				return nil, err
			}
		}
	}
	ref, err := f.make(all[len(all)-1].Inputs[0].Vertex, all)
	if err != nil {
		return nil, err
	}
	res.SetRef(ref)
	return res, nil
}

// note keeps the names of what is asked for, in the order of the first question.
func (f *fake) note(all []*llbtext.Vertex, req gwclient.SolveRequest) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.vertices, f.imports = append(f.vertices, all...), req.CacheImports
	for _, v := range all {
		if f.meta == nil {
			f.meta = map[string]*pb.OpMetadata{}
		}
		f.meta[v.Name] = req.Definition.Metadata[v.Digest]
		if v.Name == "[internal] job" {
			_ = jobOf([]*llbtext.Vertex{v}, `"components"`, &f.reported)
			_ = jobOf([]*llbtext.Vertex{v}, `"builds"`, &f.compiled) // an error says that it is another step's
		}
		if ref, ok := strings.CutPrefix(v.Op.GetSource().GetIdentifier(), "docker-image://"); ok && !slices.Contains(f.pulled, ref) {
			f.pulled = append(f.pulled, ref)
		}
		if v.Name != "" && !slices.Contains(f.asked, v.Name) {
			f.asked = append(f.asked, v.Name)
		}
		for _, m := range v.Op.GetExec().GetMounts() {
			if m.CacheOpt != nil && !slices.Contains(f.mounts, m.CacheOpt.ID) {
				f.mounts = append(f.mounts, m.CacheOpt.ID)
			}
		}
	}
}

// make is what the vertex would make.
func (f *fake) make(v *llbtext.Vertex, all []*llbtext.Vertex) (*fakeRef, error) {
	if e := v.Op.GetExec(); e != nil && len(e.Meta.Args) == 3 && e.Meta.Args[1] == "step" {
		return f.step(e.Meta.Args[2], all)
	}
	switch s := v.Op.GetSource(); {
	case s != nil && strings.HasSuffix(s.Identifier, plan.ToolchainList):
		return &fakeRef{files: fstest.MapFS{"list": {Data: []byte(f.goList)}}}, nil
	case s != nil && f.web.sent(s.Identifier) != nil:
		name := s.Attrs[pb.AttrHTTPFilename]
		return &fakeRef{files: fstest.MapFS{name: {Data: f.web.sent(s.Identifier)}}}, nil
	case s != nil && strings.HasSuffix(s.Identifier, "/InRelease"):
		return &fakeRef{files: fstest.MapFS{"InRelease": {Data: f.signed}}}, nil
	case s != nil && (strings.HasPrefix(s.Identifier, "local://") || strings.HasPrefix(s.Identifier, "git://")), strings.HasPrefix(v.Name, "[internal] read "):
		return &fakeRef{files: f.files}, nil
	}
	return &fakeRef{files: fstest.MapFS{}}, nil
}

// step does what the frontend reads the outcome of.
func (f *fake) step(name string, all []*llbtext.Vertex) (*fakeRef, error) {
	switch name {
	case "inspect":
		var job plan.InspectJob
		if err := jobOf(all, `"targets"`, &job); err != nil {
			return nil, err
		}
		return jsonRef(plan.FactsFile, f.facts(job))
	case "verify", "run":
		return jsonRef(plan.WarningsFile, append([]plan.Warning{}, f.found...))
	case "resolve":
		var job plan.ResolveJob
		if err := jobOf(all, `"requests"`, &job); err != nil {
			return nil, err
		}
		lock := sysroot.Lock{}
		for _, r := range job.Requests {
			lock.Sets = append(lock.Sets, plancase.Pinned(job.Suite, r))
		}
		return jsonRef(plan.LockFile, lock)
	case "golist":
		return jsonRef(plan.ReleasesFile, f.known)
	case "keys":
		return &fakeRef{files: fstest.MapFS{plan.KeysFile: {Data: f.secret}}}, nil
	case "attest":
		var job plan.AttestJob
		if err := jobOf(all, `"builtOn"`, &job); err != nil {
			return nil, err
		}
		return jsonRef(plan.SubjectsFile, subjectsOf(job))
	}
	return &fakeRef{files: fstest.MapFS{}}, nil
}

// jobOf reads the last job of a graph that has the key.
func jobOf(all []*llbtext.Vertex, key string, job any) error {
	for _, v := range slices.Backward(all) {
		for _, a := range v.Op.GetFile().GetActions() {
			if m := a.GetMkfile(); m != nil && path.Base(m.Path) == plan.JobFile && strings.Contains(string(m.Data), key) {
				return json.Unmarshal(m.Data, job)
			}
		}
	}
	return fmt.Errorf("the graph has no job with %s", key)
}

func jsonRef(name string, v any) (*fakeRef, error) {
	data, err := json.Marshal(v)
	return &fakeRef{files: fstest.MapFS{name: {Data: data}}}, err
}

func (r *fakeRef) ToState() (llb.State, error) { return llb.Scratch(), nil }

func (r *fakeRef) ReadFile(_ context.Context, req gwclient.ReadRequest) ([]byte, error) {
	data, err := fs.ReadFile(r.files, strings.TrimPrefix(req.Filename, "/"))
	if req.Range != nil {
		data = data[:min(len(data), req.Range.Length)]
	}
	return data, err
}

func (r *fakeRef) StatFile(_ context.Context, req gwclient.StatRequest) (*fstypes.Stat, error) {
	info, err := fs.Stat(r.files, strings.TrimPrefix(req.Path, "/"))
	if err != nil {
		return nil, err
	}
	return &fstypes.Stat{Path: info.Name(), Size: info.Size()}, nil
}

func (r *fakeRef) ReadDir(_ context.Context, req gwclient.ReadDirRequest) ([]*fstypes.Stat, error) {
	entries, err := fs.ReadDir(r.files, req.Path)
	var list []*fstypes.Stat
	for _, e := range entries {
		if ok, _ := path.Match(req.IncludePattern, e.Name()); ok {
			mode := uint32(0o644)
			if e.IsDir() {
				mode |= uint32(fs.ModeDir)
			}
			list = append(list, &fstypes.Stat{Path: e.Name(), Mode: mode})
		}
	}
	return list, err
}

// ResolveSourceMetadata is asked about git addresses alone.
func (f *fake) ResolveSourceMetadata(_ context.Context, op *pb.SourceOp, _ sourceresolver.Opt) (*sourceresolver.MetaResponse, error) {
	if f.source == nil {
		return nil, fmt.Errorf("%s: no such repository", op.Identifier)
	}
	return f.source, nil
}

// NewContainer is the container in which the frontend reads what a failed step left.
func (f *fake) NewContainer(_ context.Context, req gwclient.NewContainerRequest) (gwclient.Container, error) {
	return &fakeContainer{fake: f, mounts: req.Mounts}, nil
}

type fakeContainer struct {
	gwclient.Container
	fake   *fake
	mounts []gwclient.Mount
}

func (c *fakeContainer) Release(context.Context) error { return nil }

func (c *fakeContainer) Start(_ context.Context, req gwclient.StartRequest) (gwclient.ContainerProcess, error) {
	if req.Args[0] != plan.PathGoRoot+"/bin/go" {
		_, err := req.Stdout.Write([]byte(c.fake.problem))
		return ended{}, err
	}
	if slices.ContainsFunc(req.Env, func(kv string) bool { return strings.HasPrefix(kv, "GOCACHEPROG=") }) || !slices.ContainsFunc(c.mounts, func(m gwclient.Mount) bool { return m.Dest == plan.PathGoCache }) {
		return nil, fmt.Errorf("the go command asks for objects in another place than the first time")
	}
	_, err := req.Stderr.Write([]byte(c.fake.says))
	return ended{err: fmt.Errorf("exit code: 1")}, err
}

// ended is a process that is done.
type ended struct {
	gwclient.ContainerProcess
	err error
}

func (e ended) Wait() error { return e.err }

// newFake is a builder for a module with the given spec after the syntax line, whose code is pure Go.
func newFake(spec string, options ...string) *fake {
	f := &fake{
		options: map[string]string{keySelf: "local:self", "build-arg:GOPROXY": "http://proxy.example"},
		goList:  "v0.0.1-go1.26.8.linux-amd64\nv0.0.1-go1.25.0.linux-amd64\nv0.0.1-go1.26.8.linux-arm64\n",
		files: fstest.MapFS{
			"crossgo.yaml": {Data: []byte("# syntax=x\n" + spec)},
			"go.mod":       {Data: []byte("module example.com/app\n\ngo 1.26.8\n")},
		},
		facts: func(job plan.InspectJob) plan.Facts { return factsFor(job, pureFacts) },
	}
	for i := 0; i < len(options); i += 2 {
		f.options[options[i]] = options[i+1]
	}
	return f
}

var (
	pureFacts = plan.BinaryFacts{Mains: []plan.MainPackage{{ImportPath: "example.com/app"}}, Std: []string{"fmt"}}
	cgoFacts  = plan.BinaryFacts{
		Mains: []plan.MainPackage{{ImportPath: "example.com/app"}}, CGO: true, CGOUsers: []string{"example.com/app"},
		Std: []string{"fmt", "runtime/cgo"}, Pure: plan.PurePackages{All: []string{"fmt"}},
	}
)

// factsFor says the same of every entry and target.
func factsFor(job plan.InspectJob, b plan.BinaryFacts) plan.Facts {
	var facts plan.Facts
	for _, t := range job.Targets {
		target := plan.TargetFacts{Platform: t.Platform}
		for range t.Binaries {
			target.Binaries = append(target.Binaries, b)
		}
		facts.Targets = append(facts.Targets, target)
	}
	return facts
}

// build runs the frontend on the fake.
func (f *fake) build(t *testing.T, opts ...Option) (*gwclient.Result, error) {
	t.Helper()
	settings := plan.Settings{DebianMirror: "http://mirror/debian", SecurityMirror: "http://mirror/debian-security", Proxy: plan.Proxy{GOPROXY: "https://proxy"}}
	return New(append([]Option{WithSettings(settings)}, opts...)...)(t.Context(), f)
}

// ok is build that must succeed.
func (f *fake) ok(t *testing.T, opts ...Option) *gwclient.Result {
	t.Helper()
	res, err := f.build(t, opts...)
	require.NoError(t, err)
	return res
}

// again are the steps that are to be run again, sorted.
func (f *fake) again() []string {
	var names []string
	for name := range f.execs() {
		if f.meta[name].GetIgnoreCache() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// execs are the steps that were asked for, each once, by name.
func (f *fake) execs() map[string]*pb.ExecOp {
	all := map[string]*pb.ExecOp{}
	for _, v := range f.vertices {
		if e := v.Op.GetExec(); e != nil {
			all[v.Name] = e
		}
	}
	return all
}

// askedFor reports whether a vertex whose name holds the words was asked for.
func (f *fake) askedFor(words string) bool {
	return slices.ContainsFunc(f.asked, func(name string) bool { return strings.Contains(name, words) })
}
