package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/crossgo/crossgo/frontend"
	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/spec"
)

// addVCS tells the build what git says of the sources, if the spec asks and git knows. What is missing in the end the
// frontend reports, at the place that asked.
func (f *buildFlags) addVCS(attrs map[string]string, dir string) {
	data, err := os.ReadFile(f.specPath(dir))
	if err != nil {
		return // reported already
	}
	file, err := spec.Parse(filepath.Base(f.specPath(dir)), data)
	if err != nil || len(file.VCSNeeds()) == 0 {
		return // the frontend tells what is wrong with the spec
	}
	said, err := askGit(dir)
	if err != nil {
		fmt.Fprintf(os.Stderr, "note: the build is told nothing of the repository: %v\n", err)
		return
	}
	for name, value := range said {
		attrs[name] = value
		f.debugf("%s=%s from git", name, strings.TrimSpace(value))
	}
}

// askGit is what git says of the directory's sources, as the frontend's attributes; nothing where there is no git, no
// repository or no commit.
func askGit(dir string) (map[string]string, error) {
	if _, err := exec.LookPath("git"); err != nil {
		return nil, nil
	}
	g := git{dir: dir}
	if g.say("rev-parse", "--verify", "HEAD"); g.err != nil {
		if strings.Contains(g.err.Error(), "not a git repository") || strings.Contains(g.err.Error(), "Needed a single revision") {
			return nil, nil // no repository, or no commit in it
		}
		return nil, g.err // git refuses to look: at another user's files, for example
	}
	head := strings.Fields(g.say("log", "-1", "--no-show-signature", "--format=%H %cI"))
	changes := g.say("status", "--porcelain")
	below := strings.TrimSpace(g.say("rev-parse", "--show-prefix"))
	tags := strings.Fields(g.say("tag", "--points-at", "HEAD"))
	before := strings.Fields(g.say("tag", "--merged", "HEAD"))
	shallow := strings.TrimSpace(g.say("rev-parse", "--is-shallow-repository")) == "true"
	if g.err != nil {
		return nil, g.err
	}
	const hashAndTime = 2
	if len(head) != hashAndTime {
		return nil, fmt.Errorf("git log: found %q, want a commit and its time", head)
	}
	said := map[string]string{
		frontend.AttrRevision: head[0], frontend.AttrTime: head[1], frontend.AttrModified: strconv.FormatBool(changes != ""),
		frontend.AttrTag:  plan.NewestTag(tags),
		frontend.AttrTags: strings.Join(plan.VersionTags(tags, below), "\n"),
	}
	if !shallow { // else the commits before, and their tags, are not there
		said[frontend.AttrHistory] = strings.Join(plan.VersionTags(before, below), "\n")
	}
	return said, nil
}

// git runs git in a directory and keeps the first error.
type git struct {
	dir string
	err error
}

// say is what a git command prints; nothing after an error.
func (g *git) say(args ...string) string {
	if g.err != nil {
		return ""
	}
	cmd := exec.Command("git", args...)
	cmd.Dir = g.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0")
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		text := strings.TrimSpace(stderr.String())
		if text == "" {
			text = err.Error()
		}
		g.err = fmt.Errorf("git %s: %w", args[0], errors.New(text))
	}
	return out.String()
}
