package test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/test/env"
	"github.com/stretchr/testify/require"
)

// block is a fenced block of a page.
type block struct{ section, language, text string }

// readmeBlocks are the fenced blocks of README.md in their order, by the heading above them.
func readmeBlocks(t testing.TB) []block {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(world.Repo, "README.md"))
	require.NoError(t, err)
	var blocks []block
	var section string
	var open *block
	for line := range strings.Lines(string(data)) {
		switch fence, fenced := strings.CutPrefix(line, "```"); {
		case fenced && open == nil:
			open = &block{section: section, language: strings.TrimSpace(fence)}
		case fenced:
			blocks, open = append(blocks, *open), nil
		case open != nil:
			open.text += line
		case strings.HasPrefix(line, "## "):
			section = strings.TrimSpace(strings.TrimPrefix(line, "## "))
		}
	}
	require.Nil(t, open, "a block is not closed")
	return blocks
}

// blockFiles are the files that a reader makes of the blocks of a language.
var blockFiles = map[string]string{
	"go": "main.go", "yaml": "crossgo.yaml", "hcl": "docker-bake.hcl", "dockerfile": "Dockerfile",
}

// reader is somebody who follows README.md: a directory, and a shell in which the names of a registry, a mirror and an
// engine that README cannot know are filled in.
type reader struct {
	dir, prelude string
	vars         []string
}

// newReader is a reader with an empty directory.
func newReader(t testing.TB, engine *env.Engine) *reader {
	t.Helper()
	var sets []string
	for _, s := range world.Mirror.Settings() {
		sets = append(sets, fmt.Sprintf("--set 'bin.args.%s'", s))
	}
	prelude := fmt.Sprintf(`set -eu
docker() {
	case "${1:-} ${2:-}" in
	"buildx build") shift 2; command docker buildx build %[1]s "$@" ;;
	"buildx bake") shift 2; command docker buildx bake %[2]s "$@" ;;
	*) command docker "$@" ;;
	esac
}
crossgo() {
	case $1 in
	build) shift; %[3]s build %[1]s "$@" ;;
	*) %[3]s "$@" ;;
	esac
}
curl() { nsenter --net=/proc/%[4]d/ns/net curl --silent --show-error --retry 5 --retry-connrefused "$@"; }
`, quoted(world.Mirror.BuildArgs()), strings.Join(sets, " "), world.CrossgoBinary(t), engine.Pid)
	vars := append(world.Daemon.DockerEnv(), "DOCKER_HOST="+engine.Host)
	return &reader{dir: t.TempDir(), prelude: prelude, vars: vars}
}

// quoted are words for a shell.
func quoted(words []string) string {
	var list []string
	for _, w := range words {
		list = append(list, "'"+w+"'")
	}
	return strings.Join(list, " ")
}

// follow makes the files of a section and runs its commands, without what the commands of others left in out.
func (r *reader) follow(t testing.TB, blocks []block, section string) {
	t.Helper()
	require.NoError(t, os.RemoveAll(filepath.Join(r.dir, "out")))
	found := false
	for _, b := range blocks {
		if b.section != section {
			continue
		}
		text := strings.ReplaceAll(b.text, "registry.example", world.Registry.Host)
		if b.language == "console" {
			r.run(t, text)
			found = true
			continue
		}
		require.Contains(t, blockFiles, b.language)
		write(t, r.dir, map[string]string{blockFiles[b.language]: text})
	}
	require.True(t, found, "README.md has no commands under %q", section)
}

// run runs each command of a console block, and compares what README says that it prints: these lines, somewhere.
func (r *reader) run(t testing.TB, console string) {
	t.Helper()
	for _, part := range strings.Split("\n"+console, "\n$ ")[1:] {
		command, prints, _ := strings.Cut(strings.TrimSpace(part), "\n")
		result := env.Run(t, env.Cmd{Dir: r.dir, Env: r.vars, Args: []string{"bash", "-c", r.prelude + command}})
		require.Zero(t, result.Code, "$ %s\n%s", command, result.Output())
		if prints != "" {
			requireLines(t, result.Output(), strings.Split(prints, "\n")...)
		}
	}
}

// readmeSections are the sections with commands, in the order in which a reader can follow them: the first one shows what
// the others explain. "Try it on a fresh machine" is make demo, which TestDemo runs, and make test, which runs this.
var readmeSections = []string{"First build", "", "Keep your Dockerfile"}

// TestReadme runs every command of README.md.
func TestReadme(t *testing.T) {
	t.Parallel()
	world.FrontendImage(t)
	world.BaseImages(t)
	blocks := readmeBlocks(t)
	r := newReader(t, world.NewEngine(t))
	for _, s := range readmeSections {
		r.follow(t, blocks, s)
	}
	elsewhere := []string{"Install", "Try it on a fresh machine"} // TestCommandThatGoInstalls, TestDemo
	for _, b := range blocks {
		if b.language == "console" && !slices.Contains(elsewhere, b.section) {
			require.Contains(t, readmeSections, b.section, "a section whose commands nobody runs")
		}
	}
}

// TestDemo runs make demo, with the mirror and a BuildKit of its own that knows nothing yet.
func TestDemo(t *testing.T) {
	t.Parallel()
	r := env.Run(t, env.Cmd{Dir: world.Repo, Env: world.AloneEnv("CROSSGO_STATE=" + t.TempDir()),
		Args: []string{"make", "demo", "ARGS=" + strings.Join(world.Mirror.BuildArgs(), " ")}}).OK(t)
	rows := 0
	for line := range strings.Lines(r.Stdout) {
		if fields := strings.Fields(line); len(fields) > 5 && fields[4] == "yes" {
			require.Contains(t, line, "sum 42")
			rows++
		}
	}
	require.Equal(t, 4, rows, r.Output())
}

// TestWebExample does what the workflow of examples/web does: one bake for tests, image and release.
func TestWebExample(t *testing.T) {
	t.Parallel()
	world.FrontendImage(t)
	dir := example(t, "web")
	args := []string{"docker", "buildx", "bake"}
	for _, s := range world.Mirror.Settings() {
		args = append(args, "--set", "*.args."+s)
	}
	vars := append(world.Daemon.DockerEnv(), "VERSION=1.2.3", "IMAGE="+world.Registry.Ref("me/web"))
	env.Run(t, env.Cmd{Dir: dir, Env: vars, Args: args}).OK(t)

	require.FileExists(t, filepath.Join(dir, "results", "junit.xml"))
	require.Contains(t, files(t, filepath.Join(dir, "dist")), "web_1.2.3_linux_arm64.tar.gz")
	for platform, img := range world.Registry.Images(t, "me/web:1.2.3") {
		root := t.TempDir()
		env.Extract(t, img, root)
		said := env.Execute(t, env.Program{Platform: platform, File: filepath.Join(root, "web"), Args: []string{"--version"}}).OK(t).Stdout
		requireLines(t, said, "web 1.2.3")
		require.FileExists(t, filepath.Join(root, "usr/share/zoneinfo/Europe/Berlin"), "the server shows the time of a zone")
	}
}
