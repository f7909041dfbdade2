package plan_test

import (
	"testing"

	"github.com/crossgo/crossgo/plan"
	"github.com/stretchr/testify/require"
)

func TestModuleProxies(t *testing.T) {
	for _, c := range []struct {
		value string
		want  []plan.ModuleProxy
	}{
		{"https://a", []plan.ModuleProxy{{URL: "https://a"}}},
		{"https://a/,direct", []plan.ModuleProxy{{URL: "https://a"}}},
		{"https://a|https://b,https://c", []plan.ModuleProxy{{URL: "https://a", AnyError: true}, {URL: "https://b"}, {URL: "https://c"}}},
		{"https://a,off,https://b", []plan.ModuleProxy{{URL: "https://a"}}},
	} {
		got, err := plan.ModuleProxies(c.value)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
	for _, none := range []string{"", "off", "direct"} {
		_, err := plan.ModuleProxies(none)
		require.ErrorContains(t, err, "GOPROXY names no module proxy")
	}
}

func TestNewestGo(t *testing.T) {
	releases := plan.GoReleases(`v0.0.1-go1.26.0.linux-amd64
v0.0.1-go1.26.10.linux-amd64
v0.0.1-go1.26.9.linux-amd64
v0.0.1-go1.26.11.linux-arm64
v0.0.1-go1.27rc1.linux-amd64
v0.0.1-go1.28rc1.linux-amd64
v0.0.1-go1.28rc2.linux-amd64
v0.0.1-go1.27.0.linux-amd64
v0.0.1-go1.27.1.linux-amd64
v0.0.1-rubbish
`, "linux/amd64")
	require.Equal(t, []string{"1.26.0", "1.26.9", "1.26.10", "1.27rc1", "1.27.0", "1.27.1", "1.28rc1", "1.28rc2"}, releases)
	for least, want := range map[string]string{
		"1.26": "1.26.10", "1.26.0": "1.26.10", "1.26.9": "1.26.10", "1.26.11": "", "1.27": "1.27.1", "1.27rc1": "1.27.1", "1.28": "", "1.28rc1": "", "1.25.3": "",
	} {
		require.Equal(t, want, plan.NewestGo(releases, least), least)
	}
}
