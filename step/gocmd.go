package step

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/crossgo/crossgo/plan"
)

// goCommand is one run of the go command: in a directory below the source tree, with exactly the given environment.
type goCommand struct {
	dir  string // absolute
	env  []string
	args []string
	out  io.Writer // stdout

	quiet bool // what it says of its failure is shown in other words
}

// goProgram is the go command.
var goProgram = filepath.Join(plan.PathGoRoot, "bin/go")

// run starts go and waits. The command's stderr goes to the build's log untouched, and into the error.
func (g goCommand) run(ctx context.Context) error {
	var tail bytes.Buffer
	cmd := exec.CommandContext(ctx, goProgram, g.args...)
	cmd.Dir, cmd.Env, cmd.Stdout = g.dir, g.env, g.out
	cmd.Stderr = &tail
	if !g.quiet {
		cmd.Stderr = io.MultiWriter(os.Stderr, &tail)
	}
	err := cmd.Run()
	if err == nil {
		return nil
	}
	return &goError{args: g.args, text: strings.TrimSpace(tail.String()), why: ended(err)}
}

// goError is a go command that failed; its text is the command's own.
type goError struct {
	args []string
	text string
	why  string
}

func (e *goError) Error() string {
	if e.text == "" {
		return fmt.Sprintf("go %s: %s", e.args[0], e.why)
	}
	return e.text
}

// ended says how a process ended, for people: a process killed from outside is nearly always short of memory.
func ended(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() && ws.Signal() == syscall.SIGKILL {
			return "it was killed, most likely for want of memory: " + plan.MoreMemory
		}
	}
	return err.Error()
}

// output runs go and gives back what it printed.
func (g goCommand) output(ctx context.Context) ([]byte, error) {
	var buf bytes.Buffer
	g.out = &buf
	err := g.run(ctx)
	return buf.Bytes(), err
}

func sourceDir(dir string) string { return filepath.Join(plan.PathSource, filepath.FromSlash(dir)) }
