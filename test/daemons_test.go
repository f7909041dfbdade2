package test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/crossgo/crossgo/test/env"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/stretchr/testify/require"
)

// mixed is a module with a program in pure Go, one with C, and tests.
var mixed = map[string]string{
	"go.mod":                 "module example.com/mixed\n\ngo 1.26\n",
	"cmd/pure/main.go":       "package main\n\nfunc main() { println(\"pure\") }\n",
	"cmd/small/main.go":      "package main\n\n// #include <stdlib.h>\n// static int answer(void) { return abs(-42); }\nimport \"C\"\n\nfunc main() { println(\"small:\", int(C.answer())) }\n",
	"cmd/small/main_test.go": "package main\n\nimport \"testing\"\n\nfunc TestMain(t *testing.T) { main() }\n",
	"crossgo.yaml": syntax + `binaries:
  - {main: ./cmd/pure, cgo: off, verify: {run: {expect: {stderr: {is: pure}}}}}
  - {main: ./cmd/small, cgo: on, libc: glibc, link: dynamic, verify: {run: {expect: {stderr: {is: "small: 42"}}}}}
image: {entrypoint: [/small]}
`,
}

// TestOtherDaemons: a program in pure Go and one with C are compiled, started, tested and put into an image by daemons that differ from
// the shared one: older, as Docker Engines of 2024 have them, and run by an ordinary user.
func TestOtherDaemons(t *testing.T) {
	for _, c := range []struct {
		name string
		opts env.DaemonOptions
	}{
		{"buildkit-0.13", env.DaemonOptions{Version: "0.13"}},
		{"buildkit-0.18", env.DaemonOptions{Version: "0.18"}},
		{"rootless", env.DaemonOptions{Rootless: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d, dir, out := world.NewDaemon(t, c.opts), t.TempDir(), t.TempDir()
			write(t, dir, mixed)
			do := func(args ...string) env.Result { return buildOn(t, d, world.Mirror, dir, args...).OK(t) }
			r := do("--target=image", "-o", "type=oci,tar=false,dest="+filepath.Join(out, "image"))
			require.Contains(t, r.Output(), "run small")
			do("--target=bin", "-o", filepath.Join(out, "bin"))
			require.ElementsMatch(t, []string{"pure", "small"}, files(t, filepath.Join(out, "bin")))
			do("--target=small/test", "-o", filepath.Join(out, "test"))
			require.FileExists(t, filepath.Join(out, "test", "junit.xml"))
			_, err := layout.FromPath(filepath.Join(out, "image"))
			require.NoError(t, err)
			if c.opts.Rootless {
				return // the command talks to daemons in the same way, whoever runs them
			}
			world.Crossgo(t, dir, []string{"BUILDKIT_HOST=" + d.Addr()}, append([]string{"build", "--target=bin", "-o", filepath.Join(out, "own")}, world.Mirror.BuildArgs()...)...).OK(t)
			require.ElementsMatch(t, []string{"pure", "small"}, files(t, filepath.Join(out, "own")))
		})
	}
}

// TestProxyNetwork: a daemon that sends what containers ask of the network through its own proxy, which has a certificate that it makes
// when it starts. Without that no container has a way out, and the mirror is one that only the proxy trusts.
func TestProxyNetwork(t *testing.T) {
	args, ca := world.SecureGoProxy(t)
	d, dir, out := world.NewDaemon(t, env.DaemonOptions{Proxy: ca}), t.TempDir(), t.TempDir()
	write(t, dir, map[string]string{
		"go.mod":       "module example.com/proxied\n\ngo 1.26\n\nrequire golang.org/x/sync v0.10.0\n",
		"go.sum":       "golang.org/x/sync v0.10.0 h1:3NQrjDixjgGwUOCaF8w2+VYHv0Ve/vGYSbdkTa98gmQ=\ngolang.org/x/sync v0.10.0/go.mod h1:Czt+wKu1gCyEFDUtn0jG5QVvpJ6rzVqr5aXyt9drQfk=\n",
		"main.go":      "package main\n\nimport \"golang.org/x/sync/errgroup\"\n\nfunc main() { println(new(errgroup.Group).Wait() == nil) }\n",
		"crossgo.yaml": syntax + "binaries: [{main: ., cgo: off}]\n",
	})
	world.FrontendImage(t)
	build := append([]string{"build", "--progress=plain", "-f", "crossgo.yaml", "--target=bin", "-o", out}, args...)
	r := world.BuildxOn(t, d, dir, append(build, ".")...).OK(t)
	require.Contains(t, r.Output(), "proxy network requests:")
	_, err := os.Stat(filepath.Join(out, "proxied"))
	require.NoError(t, err)
}
