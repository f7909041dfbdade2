package llb_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/crossgo/crossgo/internal/golden"
	"github.com/crossgo/crossgo/internal/llbtext"
	"github.com/crossgo/crossgo/internal/plancase"
	gollb "github.com/crossgo/crossgo/llb"
	"github.com/crossgo/crossgo/plan"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	"github.com/stretchr/testify/require"
)

// published is the graph of a release whose block is as given, of archives that are already made.
func published(t *testing.T, block, goVersion string) *pb.Definition {
	t.Helper()
	input, err := plancase.Case{Spec: "release: " + block, Facts: []plan.BinaryFacts{{Mains: []plan.MainPackage{{ImportPath: "x/app"}}}},
		Target: "linux/arm64", Build: "linux/amd64", Kind: "release"}.Input()
	require.NoError(t, err)
	input.Go.Version = goVersion
	p, err := plan.New(input)
	require.NoError(t, err)
	publication, err := plan.Publish(input, []*plan.Plan{p})
	require.NoError(t, err)
	in := inputs(input.Build)
	packed := llb.Scratch().File(llb.Mkfile("/"+p.Release.Archive, 0o644, nil))
	return marshal(t, in, gollb.Publish(in, gollb.NewCode(in, p.Go, "go.mod", nil), publication, []llb.State{packed}))
}

// TestPublish holds how a release is gathered and signed against goldens.
func TestPublish(t *testing.T) {
	for name, c := range map[string]struct{ block, goVersion string }{
		"publish":        {"{}", "1.26.8"},
		"publish-signed": {"{signer: minisign}", "1.26.8"},
		"publish-prog":   {"{signer: {prog: [tools/sign, --quick]}}", "1.26"},
	} {
		t.Run(name, func(t *testing.T) {
			def := published(t, c.block, c.goVersion)
			text, err := llbtext.Text(def)
			require.NoError(t, err)
			golden.Equal(t, filepath.Join("testdata", name+".txt"), text)
			require.Equal(t, def.Def, published(t, c.block, c.goVersion).Def)
		})
	}
}

// TestOnlySigningSeesTheKey: no other step has the secrets, and what signing made is never taken from a cache, where a new key
// would change nothing.
func TestOnlySigningSeesTheKey(t *testing.T) {
	for _, block := range []string{"{signer: minisign}", "{signer: cosign}", "{signer: {prog: tools/sign}}"} {
		def := published(t, block, "1.26.8")
		all, err := llbtext.Vertices(def)
		require.NoError(t, err)
		signs := 0
		for _, v := range all {
			e := v.Op.GetExec()
			if e == nil {
				continue
			}
			secret := slices.ContainsFunc(e.Mounts, func(m *pb.Mount) bool {
				return m.MountType == pb.MountType_SECRET && (m.Dest == plan.PathSignKey || m.Dest == plan.PathSignPass)
			})
			require.Equal(t, e.Meta.Args[2] == "sign", secret)
			if secret {
				signs++
				require.True(t, def.Metadata[string(v.Digest)].IgnoreCache)
			}
		}
		require.Equal(t, 1, signs)
	}
}
