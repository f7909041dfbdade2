package test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/test/env"
	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"
)

// blocks are the code blocks of docs/ci.md in a language that begin so, in order.
func blocks(t testing.TB, language, begin string) []string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(world.Repo, "docs/ci.md"))
	require.NoError(t, err)
	var list []string
	for _, rest := range strings.Split(string(page), "```"+language+"\n"+begin)[1:] {
		block, _, closed := strings.Cut(rest, "\n```")
		require.True(t, closed)
		list = append(list, begin+block+"\n")
	}
	return list
}

// workflow is what is read of a workflow of GitHub Actions.
type workflow struct {
	Jobs map[string]struct {
		Strategy struct{ Matrix struct{ Platform []string } }
		Steps    []struct {
			Uses, Run string
			With      map[string]any
		}
	}
}

// printedTarget is what bake says of a target.
type printedTarget struct {
	Dockerfile string
	Platforms  []string
	Tags       []string
	CacheFrom  []map[string]string `json:"cache-from"`
	CacheTo    []map[string]string `json:"cache-to"`
}

// printed has buildx read a bake file and say what it would build.
func printed(t testing.TB, file, name string, vars ...string) map[string]printedTarget {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, map[string]string{"docker-bake.hcl": file})
	r := env.Run(t, env.Cmd{Dir: dir, Env: append(world.Daemon.DockerEnv(), vars...), Args: []string{"docker", "buildx", "bake", "--print", name}}).OK(t)
	var all struct{ Target map[string]printedTarget }
	require.NoError(t, json.Unmarshal([]byte(r.Stdout), &all))
	return all.Target
}

// templates are the page's pairs of a workflow and its bake file.
func templates(t testing.TB) (workflows []workflow, bakes []string) {
	t.Helper()
	bakes = blocks(t, "hcl", "# docker-bake.hcl")
	for _, text := range blocks(t, "yaml", "on:") {
		var w workflow
		require.NoError(t, yaml.Unmarshal([]byte(text), &w))
		workflows = append(workflows, w)
	}
	require.Len(t, workflows, 2, "all platforms in one job, a job for each platform")
	require.Len(t, bakes, 2)
	return workflows, bakes
}

// TestTemplatesAreRead: what docs/ci.md tells people to copy is read by buildx, and workflow and bake file fit together.
func TestTemplatesAreRead(t *testing.T) {
	workflows, bakes := templates(t)
	for i, w := range workflows {
		job := w.Jobs["build"]
		var targets []any
		for _, s := range job.Steps {
			require.NotEqual(t, s.Uses == "", s.Run == "")
			if strings.HasPrefix(s.Uses, "docker/bake-action@") {
				targets = append(targets, s.With["targets"])
			}
		}
		require.Equal(t, []any{"release"}, targets)
		platforms := job.Strategy.Matrix.Platform
		if len(platforms) == 0 {
			requireOneWriter(t, printed(t, bakes[i], "release"), []string{"linux/amd64", "linux/arm64"}, "cache")
			continue
		}
		for _, p := range append(platforms, "linux_arm_v7") {
			requireOneWriter(t, printed(t, bakes[i], "release", "PLATFORM="+p), []string{strings.ReplaceAll(p, "_", "/")}, "cache-"+p)
		}
	}
	s3 := blocks(t, "hcl", "cache-from")
	require.Len(t, s3, 1)
	cache := printed(t, "variable \"PLATFORM\" { default = \"linux_arm64\" }\ntarget \"app\" {\n"+s3[0]+"}\n", "app")["app"]
	require.Equal(t, []string{"s3", "s3", "linux_arm64", "linux_arm64", "max"}, []string{cache.CacheFrom[0]["type"], cache.CacheTo[0]["type"],
		cache.CacheFrom[0]["name"], cache.CacheTo[0]["name"], cache.CacheTo[0]["mode"]})
}

// requireOneWriter: both targets read the cache, one writes it, with the inner layers.
func requireOneWriter(t testing.TB, targets map[string]printedTarget, platforms []string, tag string) {
	t.Helper()
	require.Len(t, targets, 2)
	ref := "ghcr.io/me/app:" + tag
	for name, target := range targets {
		require.Equal(t, "crossgo.yaml", target.Dockerfile)
		require.Equal(t, platforms, target.Platforms)
		require.Equal(t, []map[string]string{{"type": "registry", "ref": ref}}, target.CacheFrom, name)
	}
	require.Empty(t, targets["bin"].CacheTo)
	require.Equal(t, []map[string]string{{"type": "registry", "ref": ref, "mode": "max"}}, targets["image"].CacheTo)
}

// TestTemplateOfAMatrix runs the template with a job for each platform as it stands, but for the registry's name.
func TestTemplateOfAMatrix(t *testing.T) {
	t.Parallel()
	world.FrontendImage(t)
	workflows, bakes := templates(t)
	dir := threePackages(t, "example.com/matrix", versioned+"image: {base: scratch}\n")
	write(t, dir, map[string]string{"docker-bake.hcl": strings.ReplaceAll(bakes[1], "ghcr.io/me/app", world.Registry.Ref("me/app"))})
	vars := append(world.Daemon.DockerEnv(), "VERSION=v1", "IMAGE="+world.Registry.Ref("me/app:v1"))
	bake := []string{"docker", "buildx", "bake", "--progress=plain", "release"}
	for _, s := range world.Mirror.Settings() {
		bake = append(bake, "--set=*.args."+s)
	}
	var names []string
	for _, p := range workflows[1].Jobs["build"].Strategy.Matrix.Platform {
		env.Run(t, env.Cmd{Dir: dir, Env: append(vars, "PLATFORM="+p), Args: bake}).OK(t)
		names = append(names, p+"/three")
	}
	require.Equal(t, names, files(t, filepath.Join(dir, "out")))
	for _, s := range workflows[1].Jobs["merge"].Steps {
		if s.Run != "" {
			env.Run(t, env.Cmd{Dir: dir, Env: vars, Args: []string{"sh", "-c", s.Run}}).OK(t)
		}
	}
	require.Len(t, world.Registry.Images(t, "me/app:v1"), len(names))
}
