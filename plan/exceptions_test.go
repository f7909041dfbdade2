package plan_test

import (
	"slices"
	"testing"

	"github.com/crossgo/crossgo/internal/plancase"
	"github.com/crossgo/crossgo/plan"
	"github.com/stretchr/testify/require"
)

// TestExceptions: each way to leave a check out is in the list that report, SBOM, statement and lock have, and nothing else is.
func TestExceptions(t *testing.T) {
	const sums, patterns = "modules and Go itself are not compared with the checksum database", "modules of these patterns are not compared with the checksum database"
	const updates = "C packages come without Debian's security updates"
	pure, withC := plancase.All[0].Facts, plancase.All[6].Facts
	for name, c := range map[string]struct {
		spec     string
		facts    []plan.BinaryFacts
		settings plan.Settings
		want     []plan.Exception
	}{
		"none":               {"", pure, plan.Settings{Proxy: plan.Proxy{GOPROXY: "direct", GOSUMDB: "sum.example.com", GONOPROXY: "*"}, SecurityMirror: "https://x"}, []plan.Exception{}},
		"GOSUMDB=off":        {"", pure, plan.Settings{Proxy: plan.Proxy{GOSUMDB: "off"}}, []plan.Exception{{Setting: "GOSUMDB", Value: "off", Unchecked: sums}}},
		"GONOSUMDB":          {"", pure, plan.Settings{Proxy: plan.Proxy{GONOSUMDB: "a.b,c.d/*"}}, []plan.Exception{{Setting: "GONOSUMDB", Value: "a.b,c.d/*", Unchecked: patterns}}},
		"GOPRIVATE":          {"", pure, plan.Settings{Proxy: plan.Proxy{GOPRIVATE: "a.b"}}, []plan.Exception{{Setting: "GOPRIVATE", Value: "a.b", Unchecked: patterns}}},
		"GONOSUMDB is first": {"", pure, plan.Settings{Proxy: plan.Proxy{GOPRIVATE: "a.b", GONOSUMDB: "none"}}, []plan.Exception{{Setting: "GONOSUMDB", Value: "none", Unchecked: patterns}}},
		"no updates":         {"", withC, plan.Settings{SecurityMirror: "off"}, []plan.Exception{{Setting: "DEBIAN_SECURITY_MIRROR", Value: "off", Unchecked: updates}}},
		"expired indexes":    {"", withC, plan.Settings{ExpiredIndexes: true}, []plan.Exception{{Setting: "DEBIAN_CHECK_VALID_UNTIL", Value: "no", Unchecked: "package indexes may be used after their end (Valid-Until)"}}},
		"own keys":           {"", withC, plan.Settings{DebianKeys: "x"}, []plan.Exception{{Setting: "DEBIAN_KEYS", Value: "given", Unchecked: "package indexes may be signed by keys that the request has"}}},
		"own keys only":      {"", withC, plan.Settings{DebianKeys: "x", OnlyDebianKeys: true}, []plan.Exception{{Setting: "DEBIAN_KEYS", Value: "in place of Debian's", Unchecked: "package indexes may be signed by keys that the request has"}}},
		"nothing of Debian":  {"", pure, plan.Settings{SecurityMirror: "off"}, []plan.Exception{}},
		"allowed":            {"binaries: [{main: ., verify: {allow: [exec-stack, rpath]}}]", pure, plan.Settings{}, []plan.Exception{{Setting: "verify.allow", Value: "exec-stack", Unchecked: "this check may fail for hello"}, {Setting: "verify.allow", Value: "rpath", Unchecked: "this check may fail for hello"}}},
		"allowed for all":    {"verify: {allow: [exec-stack]}", pure, plan.Settings{}, []plan.Exception{{Setting: "verify.allow", Value: "exec-stack", Unchecked: "this check may fail for hello"}}},
	} {
		in, err := plancase.Case{Spec: c.spec, Facts: c.facts, Target: "linux/amd64", Build: "linux/amd64", Kind: "report", Settings: c.settings}.Input()
		require.NoError(t, err, name)
		p, err := plan.New(in)
		require.NoError(t, err, name)
		require.Equal(t, c.want, p.Exceptions, name)
		require.Equal(t, c.want, p.Report(nil).Exceptions, name)
		job, err := p.AttestJob()
		require.NoError(t, err)
		require.Equal(t, c.want, job.Exceptions, name)
	}
}

// TestReleaseNamesExceptions: the lock has those of all platforms, each once.
func TestReleaseNamesExceptions(t *testing.T) {
	i := slices.IndexFunc(plancase.All, func(c plancase.Case) bool { return c.Name == "release" })
	var plans []*plan.Plan
	var in plan.Input
	for _, target := range []string{"linux/amd64", "linux/arm64"} {
		c := plancase.All[i]
		c.Target, c.Settings = target, plan.Settings{Proxy: plan.Proxy{GOSUMDB: "off"}}
		var err error
		in, err = c.Input()
		require.NoError(t, err)
		p, err := plan.New(in)
		require.NoError(t, err)
		plans = append(plans, p)
	}
	publication, err := plan.Publish(in, plans)
	require.NoError(t, err)
	require.Equal(t, plans[0].Exceptions, publication.Gather.Lock.Exceptions)
	require.Len(t, publication.Gather.Lock.Exceptions, 1)
	data, err := publication.Gather.Lock.JSON()
	require.NoError(t, err)
	require.Contains(t, string(data), `"setting": "GOSUMDB"`)
}

// TestSwitchedOff are those that the user is warned of.
func TestSwitchedOff(t *testing.T) {
	s := plan.Settings{Proxy: plan.Proxy{GOSUMDB: "off", GOPRIVATE: "a.b", GONOSUMDB: "c.d"}, SecurityMirror: "off"}
	var said []string
	for _, e := range s.SwitchedOff() {
		said = append(said, e.String())
	}
	require.Equal(t, []string{"GOSUMDB is off: modules and Go itself are not compared with the checksum database",
		"DEBIAN_SECURITY_MIRROR is off: C packages come without Debian's security updates"}, said)
	require.Empty(t, plan.Settings{Proxy: plan.Proxy{GOPRIVATE: "a.b"}}.SwitchedOff())
}
