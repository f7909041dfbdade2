package plan_test

import (
	"testing"

	"github.com/crossgo/crossgo/internal/plancase"
	"github.com/crossgo/crossgo/plan"
	"github.com/stretchr/testify/require"
)

// attestJob is the job of a shared case.
func attestJob(t *testing.T, name string, args map[string]string) (plan.AttestJob, error) {
	t.Helper()
	for _, c := range plancase.All {
		if c.Name != name {
			continue
		}
		c.Args = args
		in, err := c.Input()
		require.NoError(t, err)
		p, err := plan.New(in)
		require.NoError(t, err)
		require.NoError(t, p.Pin(plancase.Lock(p)))
		return p.AttestJob()
	}
	require.FailNow(t, "no case "+name)
	return plan.AttestJob{}, nil
}

func TestAttestJob(t *testing.T) {
	for _, c := range []struct {
		of      string
		name    string
		c       bool // the first unit has a sysroot and compilers
		shipped bool
		image   bool
		base    string
		keep    []string
	}{
		{of: "pure", name: "hello for linux/arm64"},
		{of: "musl-static", name: "app for linux/arm64", c: true},
		{of: "pure-image", name: "image of hello for linux/amd64", image: true},
		{of: "scratch-image", name: "image of hello for linux/amd64", image: true},
		{of: "glibc-image", name: "image of app for linux/amd64", c: true, shipped: true, image: true},
		{of: "base-image", name: "image of app for linux/arm64", c: true, image: true, base: "debian:13-slim"},
		{of: "two-units", name: "hello, app for linux/amd64"},
		{of: "client-image", name: "image of a, b for linux/arm64", image: true, keep: []string{"zones"}},
	} {
		job, err := attestJob(t, c.of, nil)
		require.NoError(t, err)
		require.Equal(t, c.name, job.Name)
		require.Equal(t, c.c, job.Units[0].Set != nil, c.of)
		require.Equal(t, c.shipped, len(job.Units[0].Shipped) > 0, c.of)
		require.Equal(t, c.image, job.Image != nil, c.of)
		if c.image {
			require.Equal(t, c.base, job.Image.Base)
			require.Equal(t, c.keep, job.Image.Keep, c.of)
		}
		var tools []string
		for _, p := range job.Units[0].Tools {
			tools = append(tools, p.Name)
		}
		if c.c {
			require.Equal(t, []string{"clang-19", "lld-19"}, tools)
		} else {
			require.Empty(t, tools)
		}
	}
}

func TestAttestJobTime(t *testing.T) {
	for epoch, want := range map[string]int64{"": 0, "0": 0, "1700000000": 1700000000, "253402300799": 253402300799} {
		job, err := attestJob(t, "pure", map[string]string{"SOURCE_DATE_EPOCH": epoch})
		require.NoError(t, err)
		require.Equal(t, want, job.Created)
	}
	for _, epoch := range []string{"-1", "1.5", "context", "253402300800", "99999999999999999999"} {
		_, err := attestJob(t, "pure", map[string]string{"SOURCE_DATE_EPOCH": epoch})
		require.EqualError(t, err, `build arg SOURCE_DATE_EPOCH: found "`+epoch+`", want seconds since 1970`)
	}
}
