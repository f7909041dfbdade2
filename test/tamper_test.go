package test

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/crossgo/crossgo/frontend"
	"github.com/moby/buildkit/client"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"
	"github.com/tonistiigi/fsutil"
)

// tamperer is a BuildKit client that changes the jobs in the graphs that go through it: a step of the build that does
// something other than it was told. Nothing in crossgo knows of it.
type tamperer struct {
	gwclient.Client
	from, to string
	hits     *atomic.Int32
}

// Solve changes the graph on its way to the daemon.
func (c tamperer) Solve(ctx context.Context, req gwclient.SolveRequest) (*gwclient.Result, error) {
	if req.Definition != nil {
		def, err := c.tamper(req.Definition)
		if err != nil {
			return nil, err
		}
		req.Definition = def
	}
	return c.Client.Solve(ctx, req)
}

// tamper replaces the text in the files that the graph makes and in the environment of its steps. An operation is named by
// its digest, so whatever depends on a changed one changes too; operations come after those they depend on.
func (c tamperer) tamper(def *pb.Definition) (*pb.Definition, error) {
	out := &pb.Definition{Metadata: map[string]*pb.OpMetadata{}, Source: def.Source}
	renamed := map[string]string{}
	for _, data := range def.Def {
		var op pb.Op
		if err := op.UnmarshalVT(data); err != nil {
			return nil, err
		}
		for _, in := range op.Inputs {
			if now, ok := renamed[in.Digest]; ok {
				in.Digest = now
			}
		}
		c.change(&op)
		changed, err := op.MarshalVT()
		if err != nil {
			return nil, err
		}
		was, is := digest.FromBytes(data).String(), digest.FromBytes(changed).String()
		renamed[was] = is
		out.Def = append(out.Def, changed)
		out.Metadata[is] = def.Metadata[was]
	}
	if out.Source != nil {
		out.Source = renameLocations(out.Source, renamed)
	}
	return out, nil
}

// renameLocations keeps the steps' places in the spec.
func renameLocations(src *pb.Source, renamed map[string]string) *pb.Source {
	locations := map[string]*pb.Locations{}
	for was, l := range src.Locations {
		locations[renamed[was]] = l
	}
	return &pb.Source{Infos: src.Infos, Locations: locations}
}

// change does the replacing in one operation.
func (c tamperer) change(op *pb.Op) {
	for _, a := range op.GetFile().GetActions() {
		if f := a.GetMkfile(); f != nil && bytes.Contains(f.Data, []byte(c.from)) {
			c.hits.Add(1)
			f.Data = bytes.ReplaceAll(f.Data, []byte(c.from), []byte(c.to))
		}
	}
	if e := op.GetExec(); e != nil {
		for i, kv := range e.Meta.Env {
			e.Meta.Env[i] = strings.ReplaceAll(kv, c.from, c.to)
		}
	}
}

// buildTampered runs the frontend in this process, with its steps changed, into out.
func buildTampered(t *testing.T, dir, out, platform, from, to string) (hits int32, err error) {
	t.Helper()
	c, err := client.New(t.Context(), world.Daemon.Addr())
	require.NoError(t, err)
	defer c.Close()
	attrs := map[string]string{"platform": platform, "target": "bin", "filename": "crossgo.yaml", "crossgo-self": "local:self"}
	for _, s := range world.Mirror.Settings() {
		name, value, _ := cut(s)
		attrs["build-arg:"+name] = value
	}
	opt := client.SolveOpt{
		FrontendAttrs: attrs,
		LocalMounts:   map[string]fsutil.FS{"context": mount(t, dir), "dockerfile": mount(t, dir), "self": mount(t, filepath.Dir(world.CrossgoBinary(t)))},
		Exports:       []client.ExportEntry{{Type: client.ExporterLocal, OutputDir: out}},
	}
	count := new(atomic.Int32)
	_, err = c.Build(t.Context(), opt, "", func(ctx context.Context, gw gwclient.Client) (*gwclient.Result, error) {
		return frontend.New()(ctx, tamperer{Client: gw, from: from, to: to, hits: count})
	}, nil)
	return count.Load(), err
}

func mount(t *testing.T, dir string) fsutil.FS {
	t.Helper()
	f, err := fsutil.NewFS(dir)
	require.NoError(t, err)
	return f
}

func TestWrongArchitectureCannotBeExported(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "out")
	hits, err := buildTampered(t, shortHello(t), out, "linux/arm64", "GOARCH=arm64", "GOARCH=amd64")
	require.Error(t, err)
	require.NotZero(t, hits, "no step was changed: nothing was tested")
	require.ErrorContains(t, err, "machine is x86-64, want aarch64")
	require.Empty(t, files(t, out))
}

func TestUntouchedStepsAreExported(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "out")
	_, err := buildTampered(t, shortHello(t), out, "linux/arm64", "GOARCH=nothing", "GOARCH=amd64")
	require.NoError(t, err)
	require.Contains(t, files(t, out), "hello")
}
