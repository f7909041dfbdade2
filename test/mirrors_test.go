package test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/crossgo/crossgo/test/env"
	"github.com/stretchr/testify/require"
)

// TestMirrorsInOrder: a build goes on where one mirror has trouble and another has not, and says so. The rows share a builder, which keeps
// what it fetched: trouble with package files comes first.
func TestMirrorsInOrder(t *testing.T) {
	t.Parallel()
	d, good := world.NewDaemon(t, env.DaemonOptions{}), world.Mirror
	for _, c := range []struct {
		name     string
		platform string // one for each case about indexes, which the daemon keeps
		faults   []env.Fault
		says     []string
	}{
		{"trouble that passes and a package that is gone", "linux/arm64", []env.Fault{{Path: "/libc6-dev_", Kind: env.Truncated, Times: 1}, {Path: "/linux-libc-dev_", Kind: env.NotFound}},
			[]string{"unexpected EOF; asked again", "linux-libc-dev_", "404, the package file has left the mirror's pool", "asked http://" + good.Host + "/debian"}},
		{"out of step", "linux/arm/v7", []env.Fault{{Path: "/debian/.*/by-hash/", Kind: env.NotFound}, {Path: "/debian/.*/Packages", Kind: env.WrongBytes}}, []string{"another index lies there", "asked " + good.Debian() + "/dists/"}},
		{"dead", "linux/arm64", []env.Fault{{Kind: env.Refused}}, []string{"connection refused; asked again", "asked " + good.Debian() + " instead"}},
		{"a page for everything", "linux/arm64", []env.Fault{{Path: "/debian", Kind: env.HTMLPage}}, []string{"the server sent a web page", "asked " + good.Debian() + " instead"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			bad := world.Misbehave(t, c.faults...)
			r := buildOn(t, d, good, example(t, "syslib"), "--build-arg=DEBIAN_MIRROR="+bad.Debian()+","+good.Debian(),
				"--build-arg=DEBIAN_SECURITY_MIRROR="+bad.Security()+","+good.Security(),
				"--target=bin", "--platform="+c.platform, "-o", out)
			require.Zero(t, r.Code, r.Output())
			require.NotEmpty(t, files(t, out))
			for _, s := range c.says {
				require.Contains(t, r.Output(), s)
			}
		})
	}
}

// TestHeldBackIndexes: what is old shows in the report, and what has expired is used only if the request allows it, which shows too.
func TestHeldBackIndexes(t *testing.T) {
	t.Parallel()
	d := world.NewDaemon(t, env.DaemonOptions{})
	for _, c := range []struct {
		name  string
		fault env.Fault
		args  []string
		says  []string // in the report
	}{
		{"a year old", env.Fault{Path: "/debian/dists/", Kind: env.OldIndex}, nil, []string{"archive: trixie: index of " + "20", "signed by "}},
		{"expired and allowed", env.Fault{Path: "InRelease$", Kind: env.ExpiredIndex}, []string{"--build-arg=DEBIAN_CHECK_VALID_UNTIL=no"}, []string{"expired on ", "which the build allowed"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, m := filepath.Join(t.TempDir(), "out"), world.Misbehave(t, c.fault)
			r := buildOn(t, d, m, example(t, "syslib"), append(c.args, "--target=report", "--platform=linux/arm64", "-o", out)...)
			require.Zero(t, r.Code, r.Output())
			text, err := os.ReadFile(filepath.Join(out, "report.txt"))
			require.NoError(t, err)
			for _, s := range c.says {
				require.Contains(t, string(text), s)
			}
		})
	}
}
