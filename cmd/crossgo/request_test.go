package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// module is a folder with a spec.
func module(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "crossgo.yaml"), []byte("# syntax=crossgo:1\n"), 0o644))
	return dir
}

func TestRequest(t *testing.T) {
	t.Setenv("FROM_ENV", "yes")
	t.Setenv("GOPROXY", "https://proxy.example")
	t.Setenv("https_proxy", "http://proxy.example:8080")
	f := buildFlags{
		platforms: []string{"linux/amd64", "linux/arm64"}, target: "bin", noCache: true,
		buildArgs: []string{"A=1=2", "FROM_ENV", "EMPTY=", "GOSUMDB=off"},
		contexts:  []string{"go=" + t.TempDir(), "base=docker-image://r.example/base"},
	}
	opt, err := f.solveOpt(module(t))
	require.NoError(t, err)
	for key, want := range map[string]string{
		"filename": "crossgo.yaml", "platform": "linux/amd64,linux/arm64", "target": "bin", "no-cache": "",
		"build-arg:A": "1=2", "build-arg:FROM_ENV": "yes", "build-arg:EMPTY": "", "build-arg:GOSUMDB": "off",
		"build-arg:GOPROXY": "https://proxy.example", "build-arg:HTTPS_PROXY": "http://proxy.example:8080",
		"context:go": "local:go", "context:base": "docker-image://r.example/base",
	} {
		got, ok := opt.FrontendAttrs[key]
		require.True(t, ok, key)
		require.Equal(t, want, got, key)
	}
	require.Contains(t, opt.LocalMounts, "context")
	require.Contains(t, opt.LocalMounts, "dockerfile")
	require.Contains(t, opt.LocalMounts, "go")
}

func TestRequestMistakesComeTogether(t *testing.T) {
	f := buildFlags{
		file: "missing.yaml", outputs: []string{"type=zip"}, buildArgs: []string{"NOT_IN_THE_ENVIRONMENT"},
		contexts: []string{"go"}, cacheTo: []string{"dest=x,type="}, secrets: []string{"id"},
	}
	_, err := f.solveOpt(t.TempDir())
	for _, want := range []string{
		"missing.yaml", `type "zip" is unknown`, "--build-arg NOT_IN_THE_ENVIRONMENT", "--build-context go", "--cache-to", "--secret",
	} {
		require.ErrorContains(t, err, want)
	}
}

func TestGivenArgsWin(t *testing.T) {
	all := func() []found {
		return []found{{"DEBIAN_MIRROR", "a", ""}, {"DEBIAN_SECURITY_MIRROR", "b", ""}, {"HTTP_PROXY", "c", ""}, {"GOPROXY", "d", ""}}
	}
	for given, left := range map[string]int{"DEBIAN_MIRROR": 2, "http_proxy": 3, "HTTP_PROXY": 3, "GOPROXY": 3, "OTHER": 4} {
		require.Len(t, withoutGiven(all(), map[string]string{"build-arg:" + given: "x"}), left, given)
	}
}

func TestCertificatesOfTheMachine(t *testing.T) {
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(bundle, []byte("-----"), 0o644))
	t.Setenv("SSL_CERT_FILE", bundle)
	f := buildFlags{secrets: []string{"id=netrc,src=x"}}
	require.Equal(t, []string{"id=netrc,src=x", "id=ca-certificates,src=" + bundle}, f.withCA())
	f.secrets = []string{"src=mine.pem,id=ca-certificates"}
	require.Equal(t, f.secrets, f.withCA(), "the user's word counts")
}

func TestDefaultOutput(t *testing.T) {
	for text, want := range map[string]string{"": "out", "binaries: [{main: .}]": "out", "binaries: nonsense": ""} {
		path := filepath.Join(module(t), "crossgo.yaml")
		require.NoError(t, os.WriteFile(path, []byte("# syntax=crossgo:1\n"+text+"\n"), 0o644))
		entries, err := (&buildFlags{}).defaultOutput(path)
		require.NoError(t, err)
		if want == "" {
			require.Empty(t, entries)
			continue
		}
		require.Equal(t, want, entries[0].OutputDir)
	}
}

func TestImageNeedsAnOutput(t *testing.T) {
	path := filepath.Join(module(t), "crossgo.yaml")
	_, err := (&buildFlags{target: "image"}).defaultOutput(path)
	require.ErrorContains(t, err, "type=oci")
	_, err = (&buildFlags{target: "moon"}).defaultOutput(path)
	require.ErrorContains(t, err, "--target")
}
