package step

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/crossgo/crossgo/plan"
)

// The go command fills vcs.revision and what goes with it by running git. A compile step has neither git nor the repository:
// it has this program under the name of git, which answers go's questions from the step's job. The questions are those that
// Go 1.21 to 1.26 put (gitStatus in cmd/go/internal/vcs, gitRepo in cmd/go/internal/modfetch/codehost). To any other the
// answer is that of a repository in which nothing is found.

// gitName is what the go command starts.
const gitName = "git"

// isGit reports whether this program was started as git: its own name, os.Args[0], says so.
func isGit(name string) bool { return name == gitName }

// git answers one question of the go command and returns git's exit code.
func git(args []string) int {
	var job plan.CompileJob
	err := readJSON(filepath.Join(plan.PathJob, plan.JobFile), &job)
	if err == nil && job.Stamp == nil {
		err = errors.New("this step was told of no repository")
	}
	if err == nil {
		var text string
		if text, err = (gitAnswers{*job.Stamp, "."}).answer(args); err == nil {
			_, err = io.WriteString(os.Stdout, text)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "fatal:", err)
		return 128
	}
	return 0
}

// withGit is the environment with our own binary before all else as git.
func withGit(env []string) ([]string, error) {
	if err := os.MkdirAll(plan.PathGit, 0o755); err != nil {
		return nil, err
	}
	if err := os.Symlink(plan.PathSelf, filepath.Join(plan.PathGit, gitName)); err != nil {
		return nil, err
	}
	env = slices.Clone(env)
	for i, kv := range env {
		if path, ok := strings.CutPrefix(kv, "PATH="); ok {
			env[i] = "PATH=" + plan.PathGit + ":" + path
		}
	}
	return env, nil
}

// gitAnswers knows the repository as far as the go command is told of it.
type gitAnswers struct {
	plan.Stamp
	root string // the repository's working tree
}

// gitTable are the questions by their first word, after git's own options.
var gitTable = map[string]func(g gitAnswers, args []string) (string, error){
	"status":       gitAnswers.status,
	"log":          gitAnswers.log,
	"tag":          gitAnswers.tags,
	"config":       gitAnswers.config,
	"for-each-ref": gitAnswers.refs,
	"cat-file":     gitAnswers.file,
}

func (g gitAnswers) answer(args []string) (string, error) {
	if len(args) > 2 && args[0] == "-c" {
		args = args[2:]
	}
	args = slices.DeleteFunc(slices.Clone(args), func(a string) bool { return a == "--end-of-options" || a == "--" })
	if len(args) > 0 && gitTable[args[0]] != nil {
		return gitTable[args[0]](g, args[1:])
	}
	return "", unknownQuestion(args)
}

func unknownQuestion(args []string) error {
	return fmt.Errorf("crossgo stands in for git here and has no answer to: git %s", strings.Join(args, " "))
}

// status lists what is modified; go looks only whether there is anything.
func (g gitAnswers) status([]string) (string, error) {
	if g.Modified {
		return " M .\n", nil
	}
	return "", nil
}

// log knows one commit, by any beginning of its hash and by its tags.
func (g gitAnswers) log(args []string) (string, error) {
	when, err := time.Parse(time.RFC3339, g.Time)
	switch {
	case err != nil:
		return "", err
	case slices.Equal(args, []string{"-1", "--format=%H:%ct"}):
		return fmt.Sprintf("%s:%d\n", g.Revision, when.Unix()), nil
	case len(args) != 4 || !slices.Equal(args[:3], []string{"--no-decorate", "-n1", "--format=format:%H %ct %D"}):
		return "", unknownQuestion(append([]string{"log"}, args...))
	case !strings.HasPrefix(g.Revision, args[3]) && !g.tagged(args[3]):
		return "", fmt.Errorf("bad revision '%s'", args[3])
	}
	names := []string{"HEAD"}
	for _, tag := range g.Tags {
		names = append(names, "tag: "+tag)
	}
	return fmt.Sprintf("%s %d %s", g.Revision, when.Unix(), strings.Join(names, ", ")), nil
}

// tagged reports whether a reference is a tag of the commit.
func (g gitAnswers) tagged(ref string) bool {
	tag, ok := strings.CutPrefix(ref, "refs/tags/")
	return ok && slices.Contains(g.Tags, tag)
}

// tags are those that go may ask about in turn.
func (g gitAnswers) tags(args []string) (string, error) {
	if !slices.Equal(args, []string{"-l"}) {
		return "", unknownQuestion(append([]string{"tag"}, args...))
	}
	return strings.Join(append(slices.Clone(g.Tags), ""), "\n"), nil
}

// config is asked for the kind of hashes alone; git says nothing of what is not set.
func (g gitAnswers) config(args []string) (string, error) {
	const sha256Digits = 64
	if slices.Equal(args, []string{"extensions.objectformat"}) && len(g.Revision) == sha256Digits {
		return "sha256\n", nil
	}
	return "", fmt.Errorf("%s is not set", strings.Join(args, " "))
}

// refs are the tags of the commit and of those before it. Without these go gives the module no version, rather than a wrong one.
func (g gitAnswers) refs([]string) (string, error) {
	if g.History == nil {
		return "", errors.New("the commits before this one are not known")
	}
	var text strings.Builder
	for _, tag := range g.History.Tags {
		text.WriteString("refs/tags/" + tag + "\n")
	}
	return text.String(), nil
}

// file is a file of the commit. The working tree has it too: go looks for go.mod, and only to see which module it is of.
func (g gitAnswers) file(args []string) (string, error) {
	if len(args) != 2 || args[0] != "blob" {
		return "", unknownQuestion(append([]string{"cat-file"}, args...))
	}
	revision, name, _ := strings.Cut(args[1], ":")
	if revision != g.Revision {
		return "", fmt.Errorf("bad revision '%s'", revision)
	}
	root, err := os.OpenRoot(g.root)
	if err != nil {
		return "", err
	}
	defer root.Close()
	data, err := root.ReadFile(name)
	return string(data), err
}
