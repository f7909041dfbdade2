package plan_test

import (
	"testing"

	"github.com/crossgo/crossgo/plan"
	"github.com/stretchr/testify/require"
)

// TestOutside: what go would look for above the context is said at its line; what go does not look at is not.
func TestOutside(t *testing.T) {
	const say = " is outside of the build context: build from the folder above that holds both, with the module's directory as module: in the spec"
	for _, c := range []struct{ name, mod, work, want string }{
		{"go.mod", "module x\nrequire e.com/lib v1.0.0\nreplace e.com/lib => ../../lib\n", "", "go.mod:3: replace e.com/lib => ../../lib" + say},
		{"go.mod", "module x\nrequire e.com/lib v1.0.0\nreplace e.com/lib => /srv/lib\n", "", "go.mod:3: replace e.com/lib => /srv/lib" + say},
		{"services/api/go.mod", "module x\nrequire e.com/lib v1.0.0\nreplace e.com/lib => ../../lib\n", "", ""},
		{"services/api/go.mod", "module x\nrequire e.com/lib v1.0.0\nreplace e.com/lib => ../../../lib\n", "", "services/api/go.mod:3: replace e.com/lib => ../../../lib" + say},
		{"go.mod", "module x\nreplace e.com/lib => ../lib\n", "", ""},
		{"go.mod", "module x\nrequire e.com/lib v1.0.0\nreplace e.com/lib v1.1.0 => ../lib\n", "", ""},
		{"go.mod", "module x\nrequire e.com/lib v1.0.0\nreplace e.com/lib => e.com/fork v1.0.0\n", "", ""},
		{"go.mod", "module x\nrequire e.com/lib v1.0.0\nreplace e.com/lib => ./..lib\n", "", ""},
		{"go.mod", "module x\n", "go 1.26\n\nuse (\n\t.\n\t../lib\n)\n", "go.work:5: use ../lib" + say},
		{"a/go.mod", "module x\n", "go 1.26\n\nuse ./a\n", ""},
		{"go.mod", "modul x\n", "", ""},
	} {
		mods := plan.Mods{GoModName: c.name, GoMod: []byte(c.mod)}
		if c.work != "" {
			mods.GoWorkName, mods.GoWork = "go.work", []byte(c.work)
		}
		err := plan.Outside(mods)
		if c.want == "" {
			require.NoError(t, err, c.mod)
			continue
		}
		require.EqualError(t, err, c.want)
	}
}
