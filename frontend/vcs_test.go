package frontend

import (
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/crossgo/crossgo/plan"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/stretchr/testify/require"
)

const (
	vcsAll   = "binaries: [{main: ., ldflags: ['-X main.v=${VCS_REVISION},${VCS_TIME},${VCS_MODIFIED},${VCS_TAG}.']}]\n"
	vcsTag   = "binaries: [{main: ., ldflags: ['-X main.v=${VCS_TAG}.']}]\n"
	vcsTime  = "binaries: [{main: ., ldflags: ['-X main.v=${VCS_TIME}']}]\n"
	revision = "0123456789abcdef0123456789abcdef01234567"
	other    = "1111111111111111111111111111111111111111"
	reading  = "[internal] read what git says of the sources"
)

// flagsOf are the link flags that the last build asked for.
func (f *fake) flagsOf(t *testing.T) string {
	t.Helper()
	require.Len(t, f.compiled.Builds, 1)
	for _, a := range f.compiled.Builds[0].Args {
		if flags, ok := strings.CutPrefix(a, "-ldflags="); ok {
			return strings.Trim(flags, `"`)
		}
	}
	return ""
}

// git runs git in a directory and gives back what it printed.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return strings.TrimSpace(string(out))
}

// repository is the .git directory of a repository with a commit, after the given commands of git, and the commit.
func repository(t *testing.T, commands ...string) (fstest.MapFS, string) {
	t.Helper()
	dir := t.TempDir()
	for _, line := range append([]string{"init -q", "commit -q --allow-empty -m one"}, commands...) {
		git(t, dir, strings.Fields(line)...)
	}
	files := fstest.MapFS{}
	require.NoError(t, filepath.WalkDir(filepath.Join(dir, ".git"), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		require.NoError(t, err)
		data, err := os.ReadFile(name)
		files[filepath.ToSlash(rel)] = &fstest.MapFile{Data: data}
		return err
	}))
	return files, git(t, dir, "rev-parse", "HEAD")
}

// TestRepositoryIsReadOnDemand: a spec that asks nothing of it has nothing of it read.
func TestRepositoryIsReadOnDemand(t *testing.T) {
	for spec, want := range map[string]bool{"": false, "binaries: [{main: ., ldflags: [-s]}]\n": false, vcsTag: true} {
		f := newFake(spec, "platform", "linux/amd64")
		files, _ := repository(t)
		maps.Copy(f.files, files)
		f.ok(t)
		require.Equal(t, want, f.askedFor(reading), spec)
	}
	f := newFake(vcsAll, "platform", "linux/amd64", "build-arg:VCS_REVISION", revision, "build-arg:VCS_TIME", "2026-01-31T12:00:00Z",
		"build-arg:VCS_MODIFIED", "false", "build-arg:VCS_TAG", "v1")
	f.ok(t)
	require.False(t, f.askedFor(reading), "everything was said")
	require.Empty(t, f.warnings)
}

// TestWhatTheClientSays: the user's word first, then the client's, and of another commit nothing else.
func TestWhatTheClientSays(t *testing.T) {
	client := []string{AttrRevision, revision, AttrTime, "2026-01-31T13:00:00+01:00", AttrModified, "false", AttrTag, "v1.2.3"}
	for name, c := range map[string]struct {
		options     []string
		want, fails string
	}{
		"client":          {client, revision + ",2026-01-31T12:00:00Z,false,v1.2.3.", ""},
		"user":            {append([]string{"build-arg:VCS_TAG", "", "build-arg:VCS_MODIFIED", "true"}, client...), revision + ",2026-01-31T12:00:00Z,true,.", ""},
		"another commit":  {append([]string{"build-arg:VCS_REVISION", other}, client...), "", "${VCS_TIME} is not known"},
		"buildx":          {[]string{AttrRevision, revision + "-dirty", "build-arg:VCS_TAG", "v2", "build-arg:SOURCE_DATE_EPOCH", "1769860800"}, revision + ",2026-01-31T12:00:00Z,true,v2.", ""},
		"buildx, unasked": {[]string{AttrRevision, revision, "build-arg:VCS_TAG", "v2", "build-arg:VCS_TIME", "2026-01-31T12:00:00Z"}, "", "crossgo.yaml:2:32: ldflags: ${VCS_MODIFIED} is not known: say it with --build-arg VCS_MODIFIED=false"},
		"short hash":      {[]string{"build-arg:VCS_REVISION", "0123456"}, "", `build arg VCS_REVISION: found "0123456", want a commit's whole hash`},
		"time":            {[]string{"build-arg:VCS_TIME", "today"}, "", `build arg VCS_TIME: found "today", want a time such as`},
		"modified":        {[]string{"build-arg:VCS_MODIFIED", "yes"}, "", `build arg VCS_MODIFIED: found "yes", want true or false`},
		"tags":            {[]string{"build-arg:VCS_TAG", "a\nb"}, "", `build arg VCS_TAG: found "a\nb", want the name of one tag`},
		"client's hash":   {[]string{AttrRevision, "HEAD"}, "", `option vcs:revision of the client: found "HEAD"`},
		"epoch":           {append(client[:2:2], "build-arg:VCS_TAG", "", "build-arg:SOURCE_DATE_EPOCH", "now"), "", `build arg SOURCE_DATE_EPOCH: found "now", want seconds`},
		"nobody": {nil, "", "crossgo.yaml:2:32: ldflags: ${VCS_REVISION} is not known: the client said nothing of it, and the build context has no .git directory " +
			"that names the commit; say it with --build-arg VCS_REVISION=$(git rev-parse HEAD)"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(vcsAll, append([]string{"platform", "linux/amd64"}, c.options...)...)
			_, err := f.build(t)
			if c.fails != "" {
				require.ErrorContains(t, err, c.fails)
				return
			}
			require.NoError(t, err)
			require.Equal(t, "-X main.v="+c.want, f.flagsOf(t))
		})
	}
}

// TestStamp: what go is told when it asks for the repository, and that it asks only then.
func TestStamp(t *testing.T) {
	f := newFake("vcs: on\n", "platform", "linux/amd64", AttrRevision, revision, AttrTime, "2026-01-31T12:00:00Z", AttrModified, "true",
		AttrTag, "sub/v2", AttrTags, "v1.2.3\nv1.2.4", AttrHistory, "v1.0.0\nv1.2.3\nv1.2.4")
	f.ok(t)
	require.Equal(t, &plan.Stamp{
		Revision: revision, Time: "2026-01-31T12:00:00Z", Modified: true,
		Tags: []string{"v1.2.3", "v1.2.4"}, History: &plan.History{Tags: []string{"v1.0.0", "v1.2.3", "v1.2.4"}},
	}, f.compiled.Stamp)
	require.Contains(t, f.compiled.Builds[0].Args, "-buildvcs=true")

	f = newFake("", "platform", "linux/amd64", AttrRevision, revision, AttrTime, "2026-01-31T12:00:00Z", AttrModified, "true")
	f.ok(t)
	require.Nil(t, f.compiled.Stamp)
	require.NotContains(t, f.compiled.Builds[0].Args, "-buildvcs=true")

	_, err := newFake("vcs: on\n", "platform", "linux/amd64,linux/arm64", AttrRevision, revision).build(t)
	require.EqualError(t, err, "crossgo.yaml:2:6: vcs: found on, but VCS_TIME, VCS_MODIFIED: not known: "+
		"say it with --build-arg VCS_TIME=$(git log -1 --format=%cI) --build-arg VCS_MODIFIED=false")
}

// TestGitFilesOfTheContext reads repositories that git made.
func TestGitFilesOfTheContext(t *testing.T) {
	for name, c := range map[string]struct {
		commands    []string
		want, fails string
	}{
		"no tag":            {nil, ".", ""},
		"tag":               {[]string{"tag v1.0.0", "commit -q --allow-empty -m two", "tag v1.1.0", "tag latest"}, "v1.1.0.", ""},
		"annotated":         {[]string{"tag -a -m x v1.0.0", "commit -q --allow-empty -m two", "tag -a -m x sub/v1.1.0"}, "sub/v1.1.0.", ""},
		"packed":            {[]string{"tag -a -m x v1.0.0", "tag v0.9.0", "pack-refs --all"}, "v1.0.0.", ""},
		"moved":             {[]string{"tag -a -m x v1.0.0", "pack-refs --all", "commit -q --allow-empty -m two", "tag -f v1.0.0"}, "v1.0.0.", ""},
		"moved away":        {[]string{"tag v1.0.0", "pack-refs --all", "commit -q --allow-empty -m two", "tag -f v1.0.0", "checkout -q HEAD~1"}, ".", ""},
		"no branch":         {[]string{"tag v1.0.0", "checkout -q --detach"}, "v1.0.0.", ""},
		"object in a pack":  {[]string{"tag -a -m x v1.0.0", "repack -q -a -d"}, "", "${VCS_TAG} is not known: the .git directory of the build context has tags that only git can read; say it with --build-arg VCS_TAG="},
		"of another commit": {[]string{"tag v1.0.0", "commit -q --allow-empty -m two"}, ".", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(vcsTag, "platform", "linux/amd64")
			files, _ := repository(t, c.commands...)
			maps.Copy(f.files, files)
			_, err := f.build(t)
			if c.fails != "" {
				require.ErrorContains(t, err, c.fails)
				return
			}
			require.NoError(t, err)
			require.Equal(t, "-X main.v="+c.want, f.flagsOf(t))
		})
	}
}

// TestGitFilesAreOfTheCommitThatIsBuilt: a tag of another commit than the client's is none.
func TestGitFilesAreOfTheCommitThatIsBuilt(t *testing.T) {
	files, head := repository(t, "tag v1.0.0")
	for said, fails := range map[string]string{head: "", other: "${VCS_TAG} is not known: the .git directory of the build context does not say; say it"} {
		f := newFake(vcsTag, "platform", "linux/amd64", AttrRevision, said)
		maps.Copy(f.files, files)
		_, err := f.build(t)
		if fails != "" {
			require.ErrorContains(t, err, fails)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, "-X main.v=v1.0.0.", f.flagsOf(t))
	}
	f := newFake(vcsTime, "platform", "linux/amd64", AttrRevision, head)
	maps.Copy(f.files, files)
	_, err := f.build(t)
	require.ErrorContains(t, err, "${VCS_TIME} is not known: say it with --build-arg VCS_TIME=$(git log -1 --format=%cI)")
}

// TestDamagedTag names the file.
func TestDamagedTag(t *testing.T) {
	files, _ := repository(t, "tag -a -m x v1.0.0")
	object := string(files[".git/refs/tags/v1.0.0"].Data)
	name := ".git/objects/" + object[:2] + "/" + strings.TrimSpace(object[2:])
	files[name].Data = []byte("x")
	f := newFake(vcsTag, "platform", "linux/amd64")
	maps.Copy(f.files, files)
	_, err := f.build(t)
	require.ErrorContains(t, err, "build context: "+name+": ")
}

// TestGitAddressAsContext: BuildKit has the commit.
func TestGitAddressAsContext(t *testing.T) {
	f := newFake(vcsAll, "platform", "linux/amd64", "context", "https://example.com/x.git#v1.2.3")
	_, err := f.build(t)
	require.ErrorContains(t, err, "build context: git://example.com/x.git#v1.2.3: no such repository")
	f.source = &sourceresolver.MetaResponse{Git: &sourceresolver.ResolveGitResponse{
		Checksum: other, CommitChecksum: revision, Ref: "refs/tags/v1.2.3",
		CommitObject: []byte("tree " + other + "\nauthor a <a@b> 1769860000 +0100\ncommitter a <a@b> 1769860800 +0100\n\nx\n"),
	}}
	f.ok(t)
	require.Equal(t, "-X main.v="+revision+",2026-01-31T12:00:00Z,false,v1.2.3.", f.flagsOf(t))
	f.source.Git.CommitObject = []byte("nonsense")
	_, err = f.build(t)
	require.ErrorContains(t, err, "build context: commit: ")
}
