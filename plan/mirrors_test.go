package plan_test

import (
	"testing"

	"github.com/crossgo/crossgo/plan"
	"github.com/stretchr/testify/require"
)

// TestMirrorLists: addresses in the order in which they are tried, as people write them.
func TestMirrorLists(t *testing.T) {
	base := plan.Settings{DebianMirror: plan.DebianMirror, SecurityMirror: plan.SecurityMirror}
	for name, c := range map[string]struct {
		args           map[string]string
		main, security []string
		err            string
	}{
		"the default is https first": {main: []string{"https://ftp.debian.org/debian", "http://ftp.debian.org/debian"},
			security: []string{"https://security.debian.org/debian-security", "http://security.debian.org/debian-security"}},
		"one brings its security archive": {args: map[string]string{"DEBIAN_MIRROR": "http://a/debian/"}, main: []string{"http://a/debian"}, security: []string{"http://a/debian-security"}},
		"several do": {args: map[string]string{"DEBIAN_MIRROR": "http://a/debian, https://b/x/debian/ ,http://a/debian"}, main: []string{"http://a/debian", "https://b/x/debian"},
			security: []string{"http://a/debian-security", "https://b/x/debian-security"}},
		"security alone": {args: map[string]string{"DEBIAN_SECURITY_MIRROR": "http://a/s,http://b/s/"}, main: []string{"https://ftp.debian.org/debian", "http://ftp.debian.org/debian"},
			security: []string{"http://a/s", "http://b/s"}},
		"security off":     {args: map[string]string{"DEBIAN_MIRROR": "http://a/debian", "DEBIAN_SECURITY_MIRROR": "off"}, main: []string{"http://a/debian"}},
		"a comma too many": {args: map[string]string{"DEBIAN_MIRROR": "http://a/debian,"}, err: `build arg DEBIAN_MIRROR: found "", want an address that begins with http:// or https://, or several with commas between them`},
		"off among others": {args: map[string]string{"DEBIAN_SECURITY_MIRROR": "http://a/s,off"}, err: `build arg DEBIAN_SECURITY_MIRROR: found "off", want an address`},
		"no address":       {args: map[string]string{"DEBIAN_MIRROR": "ftp://a/debian"}, err: `found "ftp://a/debian"`},
		"validity":         {args: map[string]string{"DEBIAN_CHECK_VALID_UNTIL": "maybe"}, err: `build arg DEBIAN_CHECK_VALID_UNTIL: found "maybe", want yes or no`},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := base.With(c.args)
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.main, s.Mirrors(plan.ArchiveMain))
			require.Equal(t, c.security, s.Mirrors(plan.ArchiveSecurity))
			require.Equal(t, c.main[0], s.FirstMirrors()[plan.ArchiveMain])
		})
	}
}

// TestArchivesOfAPlan: a plan names the signed indexes of the suites that it has packages from, and of architectures only its own.
func TestArchivesOfAPlan(t *testing.T) {
	p := &plan.Plan{Units: []plan.Unit{{C: &plan.CSide{Suite: "bookworm"}}}}
	p.Units[0].C.Host.Arch, p.Units[0].C.Target.Arch = "amd64", "armel"
	read := map[string][]plan.ReadArchive{
		"bullseye": {{Suite: "bullseye"}},
		"bookworm": {{Suite: "bookworm", Date: "2026-07-11T08:00:00Z"}, {Suite: "bookworm-security", Without: []string{"armel", "s390x"}}},
		"trixie":   {{Suite: "trixie"}, {Suite: "trixie-security", Without: []string{"armel"}}},
	}
	p.NameArchives(read)
	require.Equal(t, []plan.ReadArchive{
		{Suite: "bookworm", Date: "2026-07-11T08:00:00Z"}, {Suite: "bookworm-security", Without: []string{"armel"}}, {Suite: "trixie"}, {Suite: "trixie-security", Without: []string{}},
	}, p.Archives)
	require.Equal(t, []string{"armel", "s390x"}, read["bookworm"][1].Without)
	(&plan.Plan{}).NameArchives(read)
}
