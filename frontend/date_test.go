package frontend

import (
	"testing"
	"time"

	"github.com/crossgo/crossgo/plan"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/stretchr/testify/require"
)

// TestDateImage: the plan says when an image was made and which layers it has; what its base says of its own stays.
func TestDateImage(t *testing.T) {
	long := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	own := ocispecs.History{Created: &long, CreatedBy: "base"}
	for created, want := range map[string]time.Time{"0": time.Unix(0, 0).UTC(), "1700000000": time.Unix(1700000000, 0).UTC(), "2026-01-31T12:00:00+01:00": time.Date(2026, 1, 31, 11, 0, 0, 0, time.UTC)} {
		img := &dockerspec.DockerOCIImage{Image: ocispecs.Image{Created: &long, History: []ocispecs.History{own}}}
		p := &plan.Plan{Target: "linux/amd64", Image: &plan.Image{Base: "debian", Created: created, WorkDir: "/data"}, Units: []plan.Unit{{Outputs: []plan.VerifyFile{{Name: "app"}}}}}
		epoch, base, err := dateImage(img, p)
		require.NoError(t, err)
		require.Equal(t, want, *epoch)
		require.Equal(t, want, *img.Created)
		require.Equal(t, []ocispecs.History{own}, base.History)
		require.Equal(t, long, *base.Created)
		require.Equal(t, []ocispecs.History{own,
			{Created: &want, CreatedBy: "[linux/amd64] copy app", Comment: "crossgo"},
			{Created: &want, CreatedBy: "[image] working directory /data", Comment: "crossgo"}}, img.History)
	}
	_, _, err := dateImage(&dockerspec.DockerOCIImage{}, &plan.Plan{Image: &plan.Image{Created: "yesterday"}})
	require.EqualError(t, err, `time of the image: found "yesterday", want seconds since 1970 or RFC 3339`)
}
