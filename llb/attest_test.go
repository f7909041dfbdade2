package llb_test

import (
	"path/filepath"
	"slices"
	"strings"
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

// TestAttestations holds the step that describes the outputs against a golden; what it hangs on is what the outputs are made by.
func TestAttestations(t *testing.T) {
	for _, c := range plancase.All {
		t.Run(c.Name, func(t *testing.T) {
			in, p, code := decided(t, c)
			require.NoError(t, p.Pin(plancase.Lock(p)))
			if p.Test != nil {
				return // tests have no outputs to speak of
			}
			if in.Base != nil {
				base := llb.Image(p.Image.Base + "@sha256:" + strings.Repeat("5", 64))
				in.Base = &base
			}
			st, err := gollb.Attestations(t.Context(), in, p, code)
			require.NoError(t, err)
			def := marshal(t, in, st)
			all, err := llbtext.Vertices(def)
			require.NoError(t, err)
			require.Empty(t, broken(all, c.Build))
			text, err := llbtext.Text(def)
			require.NoError(t, err)
			if slices.Contains(described, c.Name) {
				golden.Equal(t, filepath.Join("testdata", "attest", c.Name+".txt"), attestStep(text))
			}
			whole, err := gollb.Emit(in, p, code)
			require.NoError(t, err)
			require.Equal(t, verifies(all), verifies(verticesOf(t, marshal(t, in, whole))))
		})
	}
}

// described are the cases whose graphs differ in what the step is given.
var described = []string{"pure", "pure-image", "glibc-image", "base-image", "musl-cxx-arm", "two-units"}

// attestStep is the step with its job: all else stands in the graph of the outputs.
func attestStep(text string) string {
	var parts []string
	for _, block := range strings.Split("\n"+text, "\n#") {
		if strings.Contains(block, `"builtOn"`) || strings.Contains(block, "exec /crossgo step attest") {
			parts = append(parts, "#"+block)
		}
	}
	return strings.Join(parts, "\n") + "\n"
}

func verticesOf(t *testing.T, def *pb.Definition) []*llbtext.Vertex {
	t.Helper()
	all, err := llbtext.Vertices(def)
	require.NoError(t, err)
	return all
}

// verifies are the digests of a graph's gates, sorted.
func verifies(all []*llbtext.Vertex) []string {
	var list []string
	for _, v := range all {
		if e := v.Op.GetExec(); e != nil && e.Meta.Args[len(e.Meta.Args)-1] == "verify" {
			list = append(list, v.Digest)
		}
	}
	slices.Sort(list)
	return list
}

// TestAttestationsNeedATime: a time that is none is an error of the request.
func TestAttestationsNeedATime(t *testing.T) {
	in, p, code := decided(t, plancase.All[0])
	p.Epoch = "yesterday"
	_, err := gollb.Attestations(t.Context(), in, p, code)
	require.EqualError(t, err, `build arg SOURCE_DATE_EPOCH: found "yesterday", want seconds since 1970`)
	_, err = gollb.Emit(in, p, code)
	require.NoError(t, err)
	require.Equal(t, plan.KindBin, p.Kind)
}
