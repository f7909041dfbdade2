package llb

import (
	"testing"

	"github.com/crossgo/crossgo/internal/llbtext"
	"github.com/moby/buildkit/client/llb"
	digest "github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"
)

// TestReaddress: a graph of other addresses is as it would have been written for these, but for the name of a file that is asked for again.
func TestReaddress(t *testing.T) {
	graph := func(name, deb, in string) llb.State {
		sum := llb.Checksum(digest.FromString("deb"))
		first := llb.HTTP(deb, llb.Filename(name), sum, llb.WithCustomName("a package"))
		index := llb.HTTP(in, llb.Filename("InRelease"), llb.WithCustomName("the index"))
		run := llb.Scratch().Run(llb.Args([]string{"/unpack"}), llb.AddMount("/in/x.deb", first, llb.Readonly, llb.SourcePath(name)),
			llb.AddMount("/in/InRelease", index, llb.Readonly, llb.SourcePath("InRelease")), llb.WithCustomName("unpack"))
		return run.AddMount("/out", llb.Scratch())
	}
	const debA, debB, indexA = "http://a/debian/pool/x.deb", "https://b/debian/pool/x.deb", "http://a/debian/dists/trixie/InRelease"
	for name, c := range map[string]struct {
		to   map[string]string
		want llb.State
	}{
		"nothing":        {nil, graph("x.deb", debA, indexA)},
		"elsewhere":      {map[string]string{debA: debB}, graph("x.deb", debB, indexA)},
		"again":          {map[string]string{debA: debA + "#1"}, graph("1-x.deb", debA+"#1", indexA)},
		"index again":    {map[string]string{indexA: indexA + "#2"}, graph("x.deb", debA, indexA+"#2")},
		"both, anywhere": {map[string]string{debA: debB + "#3", indexA: "http://b/InRelease"}, graph("3-x.deb", debB+"#3", "http://b/InRelease")},
	} {
		t.Run(name, func(t *testing.T) {
			def, err := graph("x.deb", debA, indexA).Marshal(t.Context())
			require.NoError(t, err)
			got, err := Readdress(def.ToPB(), func(address string) string {
				if to := c.to[address]; to != "" {
					return to
				}
				return address
			})
			require.NoError(t, err)
			want, err := c.want.Marshal(t.Context())
			require.NoError(t, err)
			gotText, err := llbtext.Text(got)
			require.NoError(t, err)
			wantText, err := llbtext.Text(want.ToPB())
			require.NoError(t, err)
			require.Equal(t, wantText, gotText)
			require.Equal(t, want.ToPB().Def, got.Def, "the same digests")
			require.Contains(t, gotText, "a package")
			list, err := Addresses(got)
			require.NoError(t, err)
			require.Len(t, list, 2)
		})
	}
}
