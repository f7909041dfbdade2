package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/moby/buildkit/client"
	"github.com/spf13/cobra"
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

// settled is a request from flags as the build sees it, for a spec.
func settled(t *testing.T, text string, flags ...string) (*buildFlags, client.SolveOpt, error) {
	t.Helper()
	dir := module(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "crossgo.yaml"), []byte("# syntax=crossgo:1\n"+text+"\n"), 0o644))
	f := new(buildFlags)
	cmd := &cobra.Command{}
	f.register(cmd)
	require.NoError(t, cmd.ParseFlags(flags))
	opt, err := f.solveOpt(dir)
	if err == nil {
		err = f.settle(t.Context(), &opt, dir, false)
	}
	return f, opt, err
}

func TestDefaultOutput(t *testing.T) {
	for text, want := range map[string]string{"": "out", "binaries: [{main: .}]": "out", "binaries: nonsense": ""} {
		f, _, err := settled(t, text)
		require.NoError(t, err)
		if want == "" {
			require.Empty(t, f.outs)
			continue
		}
		require.Equal(t, want, f.outs[0].OutputDir)
	}
}

func TestImageNeedsAnOutput(t *testing.T) {
	_, _, err := settled(t, "", "--target=image")
	require.ErrorContains(t, err, "--push -t ")
	_, _, err = settled(t, "", "--target=moon")
	require.ErrorContains(t, err, "--target")
}

// TestPlatformsOfTheSpecAreAskedFor: BuildKit warns of others than it was asked for.
func TestPlatformsOfTheSpecAreAskedFor(t *testing.T) {
	const two = "platforms: [linux/amd64, linux/arm64]"
	for _, c := range []struct {
		text, want string
		flags      []string
	}{
		{two, "linux/amd64,linux/arm64", nil}, {two, "linux/386", []string{"--platform=linux/386"}}, {"", "", nil},
		{two, "", []string{"--target=test"}}, {"binaries: nonsense", "", nil}, // tests have their own; the frontend tells of mistakes
	} {
		_, opt, err := settled(t, c.text, c.flags...)
		require.NoError(t, err)
		require.Equal(t, c.want, opt.FrontendAttrs["platform"])
		_, set := opt.FrontendAttrs["platform"]
		require.Equal(t, c.want != "", set)
	}
}

// TestDockerTakesOnePlatform: said before anything is built, also for platforms of the spec.
func TestDockerTakesOnePlatform(t *testing.T) {
	const want = "docker takes an image for one platform, and linux/amd64, linux/arm64 are asked for: add --platform linux/amd64"
	for _, flags := range [][]string{{"-o=type=docker,dest=x.tar"}, {"--load"}, {"--load", "--platform=linux/amd64,linux/arm64"}} {
		_, _, err := settled(t, "platforms: [linux/amd64, linux/arm64]\nimage: {}", flags...)
		require.EqualError(t, err, want, flags)
	}
}

// TestFlagsThatDockerUsersType: each as docker buildx build takes it.
func TestFlagsThatDockerUsersType(t *testing.T) {
	f, opt, err := settled(t, "image: {}", "--push", "-t=r.example/a:1", "--tag=b", "--label=x=y=z", "--label=empty", "--annotation=k=v", "--annotation=index,manifest[linux/arm64]:i=j",
		"--pull", "--no-cache-filter=compile", "--no-cache-filter=verify", "--add-host=a.example:10.0.0.1", "--add-host=six=[::1]", "--network=host")
	require.NoError(t, err)
	require.Len(t, f.outs, 1)
	require.Equal(t, "image", f.outs[0].Type)
	require.Equal(t, map[string]string{
		"push": "true", "name": "r.example/a:1,b", "annotation.k": "v", "annotation-index.i": "j", "annotation-manifest[linux/arm64].i": "j",
	}, f.outs[0].Attrs)
	for key, want := range map[string]string{
		"label:x": "y=z", "label:empty": "", "image-resolve-mode": "pull", "no-cache": "compile,verify", "add-hosts": "a.example=10.0.0.1,six=::1", "force-network-mode": "host",
	} {
		require.Equal(t, want, opt.FrontendAttrs[key], key)
	}
	require.Equal(t, []string{"network.host"}, opt.AllowedEntitlements)
}

// TestPushOfNamedOutputs: -o and --push go together, names of -o stay.
func TestPushOfNamedOutputs(t *testing.T) {
	f, _, err := settled(t, "image: {}", "-o=type=image,name=own", "-o=type=oci,dest=x.tar", "--push", "-t=a")
	require.NoError(t, err)
	require.Len(t, f.outs, 2)
	require.Equal(t, map[string]string{"push": "true", "name": "own"}, f.outs[0].Attrs)
	require.Equal(t, map[string]string{"name": "a"}, f.outs[1].Attrs)
}

func TestFlagMistakes(t *testing.T) {
	for _, c := range []struct {
		flags []string
		want  string
	}{
		{[]string{"--push"}, "a push needs a name: say -t registry.example/app:tag"},
		{[]string{"-t=Big", "--push"}, "-t Big: "},
		{[]string{"--annotation=x"}, "--annotation x: want [TYPE:]NAME=VALUE"},
		{[]string{"--annotation=moon:a=b"}, `found the type "moon"`},
		{[]string{"--ssh=default"}, "--ssh: nothing in a build asks for an agent or a key"},
		{[]string{"--add-host=x"}, "--add-host x: want HOST:ADDRESS"},
		{[]string{"--network=bridge"}, "--network bridge: want host, none or default"},
		{[]string{"-o=type=local,dest=x,mode=moon"}, "moon"},
		{[]string{"-o=.", "--clean"}, "--clean: . holds "},
		{[]string{"-o=type=local,dest=/,mode=delete"}, "--clean: / holds "},
	} {
		_, _, err := settled(t, "", c.flags...)
		require.ErrorContains(t, err, c.want, c.flags)
	}
}

func TestQuestions(t *testing.T) {
	for _, c := range []struct {
		flags         []string
		request, want string
		json          bool
	}{
		{nil, "", "", false}, {[]string{"--call=build"}, "", "", false}, {[]string{"--check"}, "frontend.lint", "", false}, {[]string{"--call=lint"}, "frontend.lint", "", false},
		{[]string{"--call=outline,format=json"}, "frontend.outline", "", true}, {[]string{"--call=targets"}, "frontend.targets", "", false},
		{[]string{"--call=moon"}, "", "--call moon: want build, check, outline or targets", false}, {[]string{"--call=check,format=xml"}, "", "--call check,format=xml: want", false},
	} {
		f := new(buildFlags)
		cmd := &cobra.Command{}
		f.register(cmd)
		require.NoError(t, cmd.ParseFlags(c.flags))
		q, err := f.question()
		switch {
		case c.want != "":
			require.ErrorContains(t, err, c.want)
		case c.request == "":
			require.NoError(t, err)
			require.Nil(t, q)
		default:
			require.NoError(t, err)
			require.Equal(t, c.request, q.request)
			require.Equal(t, c.json, q.json)
		}
	}
}

// TestSettingsThatSwitchOff: a build that takes GOSUMDB=off from this machine says so; other settings are taken in silence.
func TestSettingsThatSwitchOff(t *testing.T) {
	require.Equal(t, []string{"GOSUMDB=off is taken from go env: modules and Go itself are not compared with the checksum database; --build-arg GOSUMDB= keeps this machine's setting out"},
		found{"GOSUMDB", "off", "go env"}.switchesOff())
	for _, f := range []found{{"GOSUMDB", "sum.example.com", "go env"}, {"GOPROXY", "off", "go env"}, {"GOPRIVATE", "*", "go env"}, {"DEBIAN_MIRROR", "http://x", "apt"}, {"HTTP_PROXY", "http://x", "environment"}} {
		require.Empty(t, f.switchesOff(), f)
	}
	t.Setenv("GOSUMDB", "off")
	require.Contains(t, discoverGo(), found{"GOSUMDB", "off", "go env"})
}
