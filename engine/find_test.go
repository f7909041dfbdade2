package engine

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A socket that nobody listens on.
const nobody = "unix:///nonexistent/buildkitd.sock"

// fakeStore writes a buildx folder and makes it the one that openStore reads.
func fakeStore(t *testing.T, current string, instances map[string]string) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "instances"), 0o700))
	for name, text := range instances {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "instances", name), []byte(text), 0o600))
	}
	if current != "" {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "current"), []byte(current), 0o600))
	}
	for _, name := range []string{"BUILDKIT_HOST", "BUILDX_BUILDER", "DOCKER_HOST", "DOCKER_CONTEXT"} {
		t.Setenv(name, "")
	}
	t.Setenv("BUILDX_CONFIG", dir)
}

func remote(name, endpoint string) string {
	return `{"Name":"` + name + `","Driver":"remote","Nodes":[{"Name":"` + name + `0","Endpoint":"` + endpoint + `"}]}`
}

const chosen = `{"Key":"unix:///var/run/docker.sock","Name":"away"}`

func TestNamedBuilderIsNeverReplaced(t *testing.T) {
	fakeStore(t, "", map[string]string{"away": remote("away", nobody)})
	for _, test := range []struct{ builder, want string }{
		{"missing", `builder "missing" does not exist; buildx knows: away`},
		{"away", `buildx builder "away" does not answer`},
		{"Away", `buildx builder "away" does not answer`},
		{nobody, "builder " + nobody + " does not answer"},
	} {
		_, err := Open(t.Context(), Options{Builder: test.builder, StateDir: t.TempDir()})
		require.ErrorContains(t, err, test.want)
	}
}

func TestEnvironmentNamesABuilder(t *testing.T) {
	fakeStore(t, "", map[string]string{"away": remote("away", nobody)})
	t.Setenv("BUILDX_BUILDER", "away")
	_, err := Open(t.Context(), Options{StateDir: t.TempDir()})
	require.ErrorContains(t, err, `buildx builder "away" does not answer`)
	t.Setenv("BUILDKIT_HOST", nobody)
	_, err = Open(t.Context(), Options{StateDir: t.TempDir()})
	require.ErrorContains(t, err, "BUILDKIT_HOST "+nobody+" does not answer")
}

func TestCurrentBuilderThatIsAway(t *testing.T) {
	fakeStore(t, chosen, map[string]string{"away": remote("away", nobody)})
	var said bytes.Buffer
	e, err := findBuilder(t.Context(), Options{Stderr: &said})
	require.NoError(t, err)
	require.Nil(t, e)
	require.Contains(t, said.String(), `note: buildx builder "away" does not answer`)
}

func TestChoiceForAnotherDockerDoesNotCount(t *testing.T) {
	fakeStore(t, chosen, map[string]string{"away": remote("away", nobody)})
	t.Setenv("DOCKER_HOST", "tcp://elsewhere:2375")
	group, err := openStore().current()
	require.NoError(t, err)
	require.Nil(t, group)
}

// TestRemoteBuilderIsUsed puts an embedded BuildKit behind the name of a buildx builder.
func TestRemoteBuilderIsUsed(t *testing.T) {
	state := t.TempDir()
	open(t, state)
	fakeStore(t, `{"Name":"near","Global":true}`, map[string]string{"near": remote("near", "unix://"+filepath.Join(state, "engine.sock"))})
	for _, opt := range []Options{{}, {Builder: "near"}} {
		e, err := Open(t.Context(), opt)
		require.NoError(t, err)
		require.Equal(t, `buildx builder "near"`, e.Name())
		require.NoError(t, e.Close())
	}
}

func TestTargets(t *testing.T) {
	for _, test := range []struct {
		group     builderGroup
		want, err string
	}{
		{group: builderGroup{Name: "a", Driver: "remote", Nodes: []builderNode{{Endpoint: "tcp://h:1"}}}, want: "tcp://h:1"},
		{group: builderGroup{Name: "a", Driver: "docker-container", Nodes: []builderNode{{Name: "a0", Endpoint: "unix:///var/run/docker.sock"}}}, want: "docker-container://buildx_buildkit_a0"},
		{group: builderGroup{Name: "a", Driver: "docker-container", Nodes: []builderNode{{Name: "a0", Endpoint: "far"}}}, want: "docker-container://buildx_buildkit_a0?context=far"},
		{group: builderGroup{Name: "a", Driver: "kubernetes", Nodes: []builderNode{{}}}, err: `uses the driver "kubernetes"`},
		{group: builderGroup{Name: "a", Driver: "remote"}, err: "has no node"},
	} {
		got, err := test.group.target()
		if test.err != "" {
			require.ErrorContains(t, err, test.err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, test.want, got.address)
	}
}

// TestSilentBuilder shows that a socket which takes connections and says nothing does not hold up a build for long.
func TestSilentBuilder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	require.NoError(t, err)
	defer l.Close()
	_, err = dial(t.Context(), target{name: "silent", address: "unix://" + path}, 0)
	require.ErrorContains(t, err, "silent does not answer")
}
