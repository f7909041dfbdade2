package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crossgo/crossgo/verify"
	"github.com/crossgo/crossgo/verify/report"
)

// verifyFlags are the flags of the verify command as the user gave them.
type verifyFlags struct {
	platforms                     []string
	libc, floor, cgo, buildMode   string
	kernelFloor, strip            string
	static, dynamic, pie, statPIE bool
	allow                         []string
	strict, all                   bool
	root, user                    string
	format, output, explain       string
}

// newVerifyCommand is "crossgo verify": checks any executables, made by crossgo or not, alone or in directories, archives and images.
// It ends with exit code 0 when all checks hold, 1 when one does not, 2 when the command line is wrong.
func newVerifyCommand() *cobra.Command {
	var flags verifyFlags
	cmd := &cobra.Command{
		Use:   "verify [flags] FILE|DIR|ARCHIVE|IMAGE...",
		Short: "Check that executables are what a platform and libc ask for",
		Long: `Check that executables are what a platform and libc ask for.

Any binary can be checked, Go or not, by itself or in a directory, an archive (tar, also compressed by gzip, zstd, xz or bzip2;
zip) or a container image (an OCI layout as directory or tar, a tar of docker save, a reference to a registry). In directories
and archives every executable is checked; in images the program that they start, every Go program and every executable outside
of the distribution's own directories, with --all those too. Of each image are checked too: that its own programs are for its
platform, and that loader, libraries, symbol versions and file modes let its user start what it starts. Nothing is run.

The platform is --platform; in an image what its index says; else what a folder or file name says (linux_arm64); else what Go
recorded in the file. --platform takes several and narrows what is checked of an image, or of folders named so. A plain platform means its baseline: linux/amd64 is
GOAMD64=v1, linux/arm is linux/arm/v7. What cannot be known, for example without Go build info, is a note and no failure.

Exit codes: 0 all checks hold, 1 a check does not hold (one line each), 2 the command line is wrong.`,
		Example: `  crossgo verify --platform linux/arm64 --libc musl --static out/server
  crossgo verify --platform linux/amd64 --glibc-floor 2.31 --dynamic --format json out/*
  crossgo verify out/                        # folders named like linux_arm64
  crossgo verify --root debian:12-slim --platform linux/amd64 out/server
  crossgo verify registry.example/server:1.2 # every platform of it
  crossgo verify --explain fits-loader`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 && flags.explain == "" {
				return exitError{2, errors.New("verify: no files given, want at least one FILE")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return runVerify(cmd.Context(), cmd.OutOrStdout(), flags, args)
		},
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return exitError{2, fmt.Errorf("verify: %w", err)} })
	flags.register(cmd)
	return cmd
}

func (f *verifyFlags) register(cmd *cobra.Command) {
	set := cmd.Flags()
	set.StringSliceVar(&f.platforms, "platform", nil, "platform the files are for, for example linux/arm/v7; of images and of folders named so: which ones to check")
	set.StringVar(&f.libc, "libc", "", "C library of a dynamic file: musl or glibc")
	set.StringVar(&f.floor, "glibc-floor", "", "oldest glibc the files must run on, for example 2.31")
	set.StringVar(&f.kernelFloor, "kernel-floor", "", "oldest Linux that the files must start on, for example 4.18")
	set.StringVar(&f.strip, "strip", "", "what the files must not have: all (symbols and debug information), debug, or none for both there")
	set.BoolVar(&f.static, "static", false, "the files must be static (a static PIE counts)")
	set.BoolVar(&f.dynamic, "dynamic", false, "the files must be dynamic (a PIE counts)")
	set.BoolVar(&f.pie, "pie", false, "the files must be dynamic and position independent")
	set.BoolVar(&f.statPIE, "static-pie", false, "the files must be static and position independent")
	set.StringVar(&f.cgo, "cgo", "", "the files must have been built with cgo on or off")
	set.StringVar(&f.buildMode, "buildmode", "", "the files must be exe, c-shared or c-archive (default: programs; in directories and images libraries that Go made, too)")
	set.StringSliceVar(&f.allow, "allow", nil, "checks that may fail, by id")
	set.BoolVar(&f.strict, "strict", false, "warnings are failures")
	set.BoolVar(&f.all, "all", false, "in images: check every executable, those of the distribution too")
	set.StringVar(&f.root, "root", "", "directory, archive or image that the files must fit in: loader, libraries, versions, modes")
	set.StringVar(&f.user, "user", "", "who runs the files in --root or in an image, UID[:GID] or a name (default: as the image says, else 65532:65532)")
	set.StringVar(&f.format, "format", "text", "form of the report: "+report.FormatNames())
	set.StringVarP(&f.output, "output", "o", "", "write the report to this file, and the lines of the form text to stdout")
	set.StringVar(&f.explain, "explain", "", "print what a check reads, when it fails and what to do then, and nothing else")
}

func runVerify(ctx context.Context, out io.Writer, flags verifyFlags, args []string) error {
	if flags.explain != "" {
		return explain(out, flags.explain)
	}
	want, err := flags.want()
	if err != nil {
		return usageError(fmt.Errorf("verify: %w", err))
	}
	format, _ := report.LookupFormat(flags.format)
	c := &checker{flags: flags, want: want, sizes: format.Sizes}
	defer c.close()
	if flags.root != "" {
		if err := c.openRoot(ctx); err != nil {
			return usageError(fmt.Errorf("verify: %w", err))
		}
	}
	for _, arg := range args {
		if err := c.check(ctx, arg); err != nil {
			return err
		}
	}
	if err := errors.Join(c.problems...); err != nil {
		return usageError(fmt.Errorf("verify: %w", err))
	}
	if flags.strict {
		harden(c.reports)
	}
	if err := flags.write(out, format, c.reports); err != nil {
		return fmt.Errorf("verify: write the report: %w", err)
	}
	if slices.ContainsFunc(c.reports, report.Report.Failed) {
		return exitError{exitFailed, nil}
	}
	return nil
}

// harden makes every warning a failure.
func harden(reports []report.Report) {
	for _, r := range reports {
		for _, f := range r.Files {
			for i := range f.Findings {
				if f.Findings[i].Level == verify.Warn {
					f.Findings[i].Level = verify.Fail
				}
			}
		}
	}
}

// write writes the report to stdout, or to the file asked for and its text to stdout.
func (f verifyFlags) write(out io.Writer, format report.Format, reports []report.Report) error {
	if f.output == "" {
		return format.Write(out, reports)
	}
	var b bytes.Buffer
	if err := format.Write(&b, reports); err != nil {
		return err
	}
	if err := os.WriteFile(f.output, b.Bytes(), 0o644); err != nil {
		return err
	}
	text, err := report.LookupFormat("text")
	if err != nil {
		return err
	}
	return text.Write(out, reports)
}

// want turns the flags into what verify checks of every file; every mistake is reported at once. The platform is added per file.
func (f verifyFlags) want() (verify.Want, error) {
	want := verify.Want{Libc: f.libc, GlibcFloor: f.floor, KernelFloor: f.kernelFloor, Strip: f.strip, CGO: f.cgo, Allow: f.allow}
	var problems []error
	for _, platform := range f.platforms {
		one, err := verify.WantFor(platform)
		problems = append(problems, err)
		if err == nil && one.GOOS != "linux" && f.libc+f.floor+f.kernelFloor != "" {
			problems = append(problems, errors.New("--libc, --glibc-floor and --kernel-floor are for linux platforms only"))
		}
	}
	if f.buildMode != programMode {
		want.BuildMode = f.buildMode
	}
	if f.floor != "" && f.libc == "" {
		want.Libc = "glibc"
	}
	links := f.links()
	if len(links) > 1 {
		problems = append(problems, fmt.Errorf("--%s contradict each other", strings.Join(links, " and --")))
	} else if len(links) == 1 {
		want.Link = links[0]
	}
	for _, rule := range verifyRules {
		if rule.broken(f) {
			problems = append(problems, errors.New(rule.text(f)))
		}
	}
	for _, id := range f.allow {
		if bad := verify.CheckAllowed(id); bad != "" {
			problems = append(problems, fmt.Errorf("--allow: %s", bad))
		}
	}
	return want, errors.Join(problems...)
}

// programMode is what Go calls the build mode of programs.
const programMode = "exe"

// links are the kinds of linking that were asked for.
func (f verifyFlags) links() []string {
	var names []string
	for _, l := range []struct {
		asked bool
		name  string
	}{{f.static, "static"}, {f.dynamic, "dynamic"}, {f.pie, "pie"}, {f.statPIE, "static-pie"}} {
		if l.asked {
			names = append(names, l.name)
		}
	}
	return names
}

// verifyRules are flags that contradict each other, and values that are none.
var verifyRules = []struct {
	broken func(verifyFlags) bool
	text   func(verifyFlags) string
}{
	{func(f verifyFlags) bool { return f.floor != "" && f.libc == "musl" },
		func(verifyFlags) string { return "--glibc-floor and --libc musl contradict each other" }},
	{func(f verifyFlags) bool { return !slices.Contains([]string{"", "musl", "glibc"}, f.libc) },
		func(f verifyFlags) string { return fmt.Sprintf("--libc %q: want musl or glibc", f.libc) }},
	{func(f verifyFlags) bool { _, ok := verify.CompareGlibc(f.floor, "2.0"); return f.floor != "" && !ok },
		func(f verifyFlags) string { return fmt.Sprintf("--glibc-floor %q: want a version like 2.31", f.floor) }},
	{func(f verifyFlags) bool {
		_, ok := verify.CompareGlibc(f.kernelFloor, "2.0")
		return f.kernelFloor != "" && !ok
	},
		func(f verifyFlags) string {
			return fmt.Sprintf("--kernel-floor %q: want a version like 4.18", f.kernelFloor)
		}},
	{func(f verifyFlags) bool { return !slices.Contains([]string{"", "all", "debug", "none"}, f.strip) },
		func(f verifyFlags) string { return fmt.Sprintf("--strip %q: want all, debug or none", f.strip) }},
	{func(f verifyFlags) bool { return !slices.Contains([]string{"", "on", "off"}, f.cgo) },
		func(f verifyFlags) string { return fmt.Sprintf("--cgo %q: want on or off", f.cgo) }},
	{func(f verifyFlags) bool {
		return !slices.Contains(append([]string{"", programMode}, libraryModes...), f.buildMode)
	},
		func(f verifyFlags) string {
			return fmt.Sprintf("--buildmode %q: want exe, c-shared or c-archive", f.buildMode)
		}},
	{func(f verifyFlags) bool { _, err := report.LookupFormat(f.format); return err != nil },
		func(f verifyFlags) string {
			return fmt.Sprintf("--format %q: want one of %s", f.format, report.FormatNames())
		}},
}
