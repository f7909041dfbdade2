package step

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/crossgo/crossgo/plan"
	"github.com/stretchr/testify/require"
)

// TestImageProblems: all at once, each at the key that it is about.
func TestImageProblems(t *testing.T) {
	files := map[string]string{"etc/passwd": "root:x:0:0::/:\napp:x:7:7::/:\n", "etc/group": "app:x:7:\n", "run.sh": "#!/bin/sh\n"}
	const target = "linux/amd64"
	for name, c := range map[string]struct {
		job  plan.ImageJob
		want string
	}{
		"user and entrypoint": {plan.ImageJob{Entrypoint: []string{"/x"}, User: "ghost"}, "@{image.user}: image.user for linux/amd64: fits-modes: the image has no user ghost in /etc/passwd\n" +
			"@{image.entrypoint}: image.entrypoint for linux/amd64: fits-entrypoint: starts /x, which the image does not have: the programs of this build are at the top of the image: /api"},
		"group":       {plan.ImageJob{Entrypoint: []string{"/api"}, User: "app:ghost"}, "@{image.user}: image.user for linux/amd64: fits-modes: the image has no group ghost in /etc/group"},
		"a script":    {plan.ImageJob{Entrypoint: []string{"/run.sh"}, User: "app"}, "@{image.entrypoint}: image.entrypoint for linux/amd64: fits-entrypoint: starts the script /run.sh for /bin/sh, which the image does not have: the programs"},
		"a directory": {plan.ImageJob{Entrypoint: []string{"/etc"}}, "starts /etc, which is a directory"},
		"no program":  {plan.ImageJob{Entrypoint: []string{"/etc/passwd"}}, "@{image.entrypoint}: image.entrypoint for linux/amd64: fits-loader: is "},
		"the program": {plan.ImageJob{Entrypoint: []string{"/api"}}, "@{binaries[0].main[0]}: verify api for linux/amd64: "},
	} {
		c.job.Platform, c.job.Files = target, []plan.ImageFile{{Name: "api", Where: "@{binaries[0].main[0]}"}}
		require.ErrorContains(t, imageProblems(fileSystem(t, files), c.job), c.want, name)
	}
	dir := t.TempDir()
	program(t, dir, "api", "package main\n\nfunc main() {}\n")
	data, err := os.ReadFile(filepath.Join(dir, "api"))
	require.NoError(t, err)
	files["api"] = string(data)
	tree := fileSystem(t, files)
	job := plan.ImageJob{Platform: target, Entrypoint: []string{"/api"}, WorkDir: "/none", Files: []plan.ImageFile{{Name: "api"}}}
	require.ErrorContains(t, imageProblems(tree, job), "may not execute /api") // fileSystem writes no programs
}

// TestMakeWorkDir: what the image lacks belongs to its user; what it has comes along as it is.
func TestMakeWorkDir(t *testing.T) {
	tree := fileSystem(t, map[string]string{"srv/x": "", "app": "-> srv"})
	for dir, want := range map[string][]string{"/srv": nil, "/app": nil, "/data/here": {"data", "data/here"}, "/app/new": {"srv", "srv/new"}} {
		to := t.TempDir()
		job := plan.ImageJob{WorkDir: dir, User: "0:0"}
		require.NoError(t, makeWorkDir(tree, job, to))
		var made []string
		require.NoError(t, filepath.WalkDir(to, func(file string, d os.DirEntry, err error) error {
			if rel, _ := filepath.Rel(to, file); rel != "." {
				require.True(t, d.IsDir())
				made = append(made, rel)
			}
			return err
		}))
		require.Equal(t, want, made, dir)
	}
	require.ErrorContains(t, makeWorkDir(tree, plan.ImageJob{WorkDir: "/x", User: "ghost"}, t.TempDir()), "no user ghost")
}
