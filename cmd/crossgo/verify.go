package main

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/crossgo/crossgo/verify"
	"github.com/crossgo/crossgo/verify/report"
)

// verifyFlags are the flags of the verify command as the user gave them.
type verifyFlags struct {
	platform, libc, floor, format string
	static, dynamic               bool
}

// newVerifyCommand is "crossgo verify": checks any executables, made by crossgo or not. It ends with exit code 0 when all
// checks hold, 1 when one does not (a line for each on stdout), 2 when the command line is wrong.
func newVerifyCommand() *cobra.Command {
	var flags verifyFlags
	cmd := &cobra.Command{
		Use:   "verify --platform PLATFORM [flags] FILE...",
		Short: "Check that executables are what a platform and libc ask for",
		Long: `Check that executables are what a platform and libc ask for.

Any binary can be checked, Go or not. A plain platform means its baseline: linux/amd64 is GOAMD64=v1, linux/arm is
linux/arm/v7. What cannot be known, for example without Go build info, is a note and no failure.

Exit codes: 0 all checks hold, 1 a check does not hold (one line each), 2 the command line is wrong.`,
		Example: `  crossgo verify --platform linux/arm64 --libc musl --static out/server
  crossgo verify --platform linux/amd64 --glibc-floor 2.31 --dynamic --format json out/*`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return exitError{2, errors.New("verify: no files given, want at least one FILE")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return runVerify(cmd.OutOrStdout(), flags, args) },
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return exitError{2, fmt.Errorf("verify: %w", err)} })
	set := cmd.Flags()
	set.StringVar(&flags.platform, "platform", "", "platform the files are for, for example linux/arm/v7 (required)")
	set.StringVar(&flags.libc, "libc", "", "C library of a dynamic file: musl or glibc")
	set.StringVar(&flags.floor, "glibc-floor", "", "oldest glibc the files must run on, for example 2.31")
	set.BoolVar(&flags.static, "static", false, "the files must be static (a static PIE counts)")
	set.BoolVar(&flags.dynamic, "dynamic", false, "the files must be dynamic (a PIE counts)")
	set.StringVar(&flags.format, "format", "text", "form of the report: text or json")
	return cmd
}

// writers are the forms of the report.
var writers = map[string]func(report.Report, io.Writer) error{"text": report.Report.Text, "json": report.Report.JSON}

func runVerify(out io.Writer, flags verifyFlags, files []string) error {
	want, err := flags.want()
	if err != nil {
		return exitError{2, fmt.Errorf("verify: %w", err)}
	}
	r := report.Report{Platform: flags.platform}
	for _, path := range files {
		r.Check(path, path, want)
	}
	if err := writers[flags.format](r, out); err != nil {
		return fmt.Errorf("verify: write the report: %w", err)
	}
	if r.Failed() {
		return exitError{1, nil}
	}
	return nil
}

// want turns the flags into what verify checks; every mistake is reported at once.
func (f verifyFlags) want() (verify.Want, error) {
	want, err := verify.WantFor(f.platform)
	problems := []error{err}
	if f.platform == "" {
		problems[0] = errors.New("--platform is missing, for example --platform linux/arm64")
	}
	want.Libc, want.GlibcFloor = f.libc, f.floor
	if f.floor != "" && f.libc == "" {
		want.Libc = "glibc"
	}
	if f.static {
		want.Link = "static"
	}
	if f.dynamic {
		want.Link = "dynamic"
	}
	for _, rule := range verifyRules {
		if rule.broken(f, want) {
			problems = append(problems, errors.New(rule.text))
		}
	}
	if f.libc != "" && !slices.Contains([]string{"musl", "glibc"}, f.libc) {
		problems = append(problems, fmt.Errorf("--libc %q: want musl or glibc", f.libc))
	}
	if _, ok := verify.CompareGlibc(f.floor, "2.0"); f.floor != "" && !ok {
		problems = append(problems, fmt.Errorf("--glibc-floor %q: want a version like 2.31", f.floor))
	}
	if writers[f.format] == nil {
		problems = append(problems, fmt.Errorf("--format %q: want text or json", f.format))
	}
	return want, errors.Join(problems...)
}

// verifyRules are the pairs of flags that contradict each other.
var verifyRules = []struct {
	broken func(verifyFlags, verify.Want) bool
	text   string
}{
	{func(f verifyFlags, _ verify.Want) bool { return f.static && f.dynamic }, "--static and --dynamic contradict each other"},
	{func(f verifyFlags, _ verify.Want) bool { return f.floor != "" && f.libc == "musl" }, "--glibc-floor and --libc musl contradict each other"},
	{func(f verifyFlags, w verify.Want) bool { return notLinux(w) && (f.libc != "" || f.floor != "") },
		"--libc and --glibc-floor are for linux platforms only"},
}

func notLinux(w verify.Want) bool { return w.GOOS != "" && w.GOOS != "linux" }
