// Command crossgo builds and checks Go programs for other platforms.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/crossgo/crossgo/step"
	"github.com/spf13/cobra"
)

// Exit codes of every verb.
const (
	exitOK          = 0
	exitFailed      = 1   // the build failed, or a file is not what it should be
	exitUsage       = 2   // the command line or the machine's set-up is wrong; nothing was built
	exitInterrupted = 130 // Ctrl-C or SIGTERM, as shells count it
)

func main() {
	step.Version = version
	if code, ok := step.Start(os.Args); ok { // inside a build container
		os.Exit(code)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run executes one command line and returns its exit code. Everything a user must know is on stderr by then.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (code int) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(stderr, "crossgo has a bug: %v: please report it with the command that led here\n", r)
			code = exitFailed
		}
	}()
	root, started := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	code = exitCode(ctx, err, *started)
	printFailure(stderr, err, code)
	return code
}

// exitCode says how a command ended. What fails before a verb has started is a mistake on the command line.
func exitCode(ctx context.Context, err error, started bool) int {
	var exit exitError
	switch {
	case err == nil:
		return exitOK
	case ctx.Err() != nil:
		return exitInterrupted
	case errors.As(err, &exit):
		return exit.code
	case !started:
		return exitUsage
	}
	return exitFailed
}

// newRoot makes the command with its verbs. *started becomes true when a verb's own work begins.
func newRoot() (root *cobra.Command, started *bool) {
	started = new(bool)
	root = &cobra.Command{
		Use:   "crossgo",
		Short: "Build Go programs for every platform, with or without cgo, and prove what came out",
		Long: `crossgo builds Go programs for other platforms, with or without cgo, against musl or glibc,
and lets nothing out that was not checked to be what was asked for.

It reads a small YAML file, crossgo.yaml. The same file works with docker buildx build.`,
		SilenceErrors:    true,
		SilenceUsage:     true,
		PersistentPreRun: func(*cobra.Command, []string) { *started = true },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(newBuildCommand(), newVerifyCommand(), newDiffCommand(), newReportCommand(), newVersionCommand())
	return root, started
}

// usageError marks err as a mistake on the command line.
func usageError(err error) error { return exitError{exitUsage, err} }
