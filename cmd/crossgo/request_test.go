package main

import (
	"os"
	"path/filepath"
	"slices"
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
	all := []string{"DEBIAN_MIRROR", "DEBIAN_SECURITY_MIRROR", "DEBIAN_KEYS", "HTTP_PROXY", "GOPROXY"}
	for given, dropped := range map[string][]string{
		"DEBIAN_MIRROR": all[:3], "DEBIAN_SECURITY_MIRROR": all[1:2], "DEBIAN_KEYS": all[2:3], "DEBIAN_KEYS_ONLY": nil,
		"http_proxy": all[3:4], "HTTP_PROXY": all[3:4], "GOPROXY": all[4:], "OTHER": nil,
	} {
		var machine []found
		for _, arg := range all {
			machine = append(machine, found{arg: arg})
		}
		var left []string
		for _, f := range withoutGiven(machine, map[string]string{"build-arg:" + given: "off"}) {
			left = append(left, f.arg)
		}
		want := slices.DeleteFunc(slices.Clone(all), func(arg string) bool { return slices.Contains(dropped, arg) })
		require.Equal(t, want, left, given)
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
