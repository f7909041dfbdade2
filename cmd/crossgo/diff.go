package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crossgo/crossgo/verify"
	"github.com/crossgo/crossgo/verify/compare"
)

// diffFlags are the flags of the diff command as the user gave them.
type diffFlags struct {
	platforms      []string
	format, output string
	all            bool
}

// newDiffCommand is "crossgo diff": what sets two outputs apart. As diff(1) it ends with exit code 0 when nothing does, 1 when
// something does, 2 when it could not be found out.
func newDiffCommand() *cobra.Command {
	var flags diffFlags
	cmd := &cobra.Command{
		Use:   "diff [flags] OLD NEW",
		Short: "Say what sets two executables, directories, archives or images apart",
		Long: `Say what sets two outputs apart: the libraries and versions that they need, how they are linked, Go version, modules, build
settings, commit, sizes by section and by package, and the checks of crossgo verify that have another outcome.

OLD and NEW are two files, or two of: directory, archive, container image (as in crossgo verify). The executables in them are
compared with those of the same path; one whose path is only on one side, with the only other one of the same name and platform.
Of images the settings of their start are compared, too.

Exit codes, as of diff(1): 0 no difference, 1 differences, 2 trouble.`,
		Example: `  crossgo diff old/server new/server
  crossgo diff --platform linux/arm64 registry.example/server:1.1 registry.example/server:1.2
  crossgo diff --format json out.old out`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usageError(fmt.Errorf("diff: found %d arguments, want OLD and NEW", len(args)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return runDiff(cmd.Context(), cmd.OutOrStdout(), flags, args[0], args[1])
		},
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError(fmt.Errorf("diff: %w", err)) })
	set := cmd.Flags()
	set.StringSliceVar(&flags.platforms, "platform", nil, "compare only what is for these platforms")
	set.BoolVar(&flags.all, "all", false, "in images: compare every executable, those of the distribution too")
	set.StringVar(&flags.format, "format", "text", "form of the result: text or json")
	set.StringVarP(&flags.output, "output", "o", "", "write the result to this file")
	return cmd
}

// diffForms are the forms of a result.
var diffForms = map[string]func(compare.Result, io.Writer) error{"text": compare.Result.Text, "json": compare.Result.JSON}

func runDiff(ctx context.Context, out io.Writer, flags diffFlags, old, new string) error {
	if err := flags.check(); err != nil {
		return usageError(fmt.Errorf("diff: %w", err))
	}
	before, err := gather(ctx, flags, old)
	after, err2 := gather(ctx, flags, new)
	if err := errors.Join(err, err2); err != nil {
		return usageError(fmt.Errorf("diff: %w", err))
	}
	if before.file != after.file {
		return usageError(fmt.Errorf("diff: %s and %s: one is a file and the other is not", old, new))
	}
	result := compare.Result{Old: old, New: new, Files: pair(before.sides, after.sides)}
	if err := flags.write(out, result); err != nil {
		return usageError(fmt.Errorf("diff: write the result: %w", err))
	}
	if !result.Equal() {
		return exitError{exitFailed, nil}
	}
	return nil
}

func (f diffFlags) check() error {
	var problems []error
	for _, platform := range f.platforms {
		_, err := verify.WantFor(platform)
		problems = append(problems, err)
	}
	if diffForms[f.format] == nil {
		problems = append(problems, fmt.Errorf("--format %q: want text or json", f.format))
	}
	return errors.Join(problems...)
}

func (f diffFlags) write(out io.Writer, result compare.Result) error {
	var b bytes.Buffer
	if err := diffForms[f.format](result, &b); err != nil {
		return err
	}
	if f.output != "" {
		return os.WriteFile(f.output, b.Bytes(), 0o644)
	}
	_, err := out.Write(b.Bytes())
	return err
}

// gathered is what one of the arguments holds.
type gathered struct {
	file  bool // it is a single file
	sides []diffSide
}

// diffSide is one file of an argument.
type diffSide struct {
	key, platform string
	is            compare.Side
	program       compare.Program
}

// gather reads all executables of an argument.
func gather(ctx context.Context, flags diffFlags, arg string) (gathered, error) {
	var all gathered
	c := &checker{flags: verifyFlags{platforms: flags.platforms, all: flags.all}, sizes: true}
	c.seen = func(s seen) {
		all.file = all.file || s.key == ""
		all.sides = append(all.sides, s.side())
	}
	if err := c.check(ctx, arg); err != nil {
		return gathered{}, err
	}
	return all, errors.Join(c.problems...)
}

func (s seen) side() diffSide {
	side := diffSide{key: s.key, platform: s.platform, is: compare.Side{Name: s.name, Platform: s.platform, Size: s.report.Size, SHA256: s.report.SHA256}}
	side.program = compare.Program{SHA256: s.report.SHA256, Sizes: s.report.Sizes, Findings: s.report.Findings, Config: s.config}
	if s.in != nil {
		facts, err := verify.Describe(s.in, s.size)
		if err != nil {
			facts = verify.Facts{Size: s.size, Format: err.Error()}
		}
		side.program.Facts = facts
	}
	return side
}

// pair puts the files of both sides together, in the order of their keys: those with the same key, then those without a partner
// that are the only ones of their platform and name.
func pair(old, new []diffSide) []compare.File {
	var files []compare.File
	for _, by := range []func(diffSide) string{keyOf, nameOf} {
		var pairs []compare.File
		pairs, old, new = pairBy(by, old, new)
		files = append(files, pairs...)
	}
	for _, a := range old {
		files = append(files, compare.File{Name: a.key, Status: compare.Removed, Old: &a.is})
	}
	for _, b := range new {
		files = append(files, compare.File{Name: b.key, Status: compare.Added, New: &b.is})
	}
	slices.SortStableFunc(files, func(a, b compare.File) int { return strings.Compare(a.Name, b.Name) })
	return files
}

func keyOf(s diffSide) string { return s.key }

// nameOf is for files whose folder has another name, perhaps with a version in it.
func nameOf(s diffSide) string { return s.platform + " " + path.Base(s.key) }

// pairBy compares the files that share a word with exactly one of the other side, and gives the rest of both.
func pairBy(word func(diffSide) string, old, new []diffSide) (pairs []compare.File, restOld, restNew []diffSide) {
	before, after := map[string][]diffSide{}, map[string][]diffSide{}
	for _, a := range old {
		before[word(a)] = append(before[word(a)], a)
	}
	for _, b := range new {
		after[word(b)] = append(after[word(b)], b)
	}
	one := func(s diffSide) bool { return len(before[word(s)]) == 1 && len(after[word(s)]) == 1 }
	for _, b := range new {
		if one(b) {
			pairs = append(pairs, compared(before[word(b)][0], b))
		}
	}
	return pairs, slices.DeleteFunc(slices.Clone(old), one), slices.DeleteFunc(slices.Clone(new), one)
}

func compared(a, b diffSide) compare.File {
	f := compare.File{Name: b.key, Status: compare.Equal, Old: &a.is, New: &b.is, Changes: compare.Programs(a.program, b.program)}
	if len(f.Changes) > 0 {
		f.Status = compare.Changed
	}
	return f
}
