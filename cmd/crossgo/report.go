package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/verify/report"
)

// reportFlags are the flags of the report command as the user gave them.
type reportFlags struct{ format, output string }

// newReportCommand is "crossgo report": one report from those of several builds, in any form. Exit codes are those of verify.
func newReportCommand() *cobra.Command {
	var flags reportFlags
	cmd := &cobra.Command{
		Use:   "report [flags] FILE|DIR...",
		Short: "Put the reports of several builds together, or write one in another form",
		Long: `Put the reports of several builds together, or write one in another form.

Reports are what the build target "report" and "crossgo verify --format json" write. Of a folder its report.json is read; without
one, those of the folders in it, as a build for several platforms leaves them.

Exit codes: 0 all checks hold, 1 a check does not hold, 2 the command line is wrong or a file is no report.`,
		Example: `  crossgo report --format html --output report.html ci/linux ci/darwin
  crossgo report --output all/ ci/*/report.json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError(errors.New("report: no reports given, want at least one FILE or DIR"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return runReport(cmd.OutOrStdout(), flags, args) },
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError(fmt.Errorf("report: %w", err)) })
	cmd.Flags().StringVar(&flags.format, "format", "", "form of the report: "+report.FormatNames()+" (table; every one with a folder as --output)")
	cmd.Flags().StringVarP(&flags.output, "output", "o", "-", "file to write, - for stdout, or a folder for every form")
	return cmd
}

func runReport(out io.Writer, flags reportFlags, args []string) error {
	var all []report.Report
	var errs []error
	for _, arg := range args {
		list, err := readReports(arg)
		all, errs = append(all, list...), append(errs, err)
	}
	if flags.format != "" {
		if _, err := report.LookupFormat(flags.format); err != nil {
			errs = append(errs, fmt.Errorf("--format: %w", err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return usageError(fmt.Errorf("report: %w", err))
	}
	if err := flags.write(out, all); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if slices.ContainsFunc(all, report.Report.Failed) {
		return exitError{exitFailed, nil}
	}
	return nil
}

// readReports reads a report, or those that a folder has.
func readReports(name string) ([]report.Report, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	files := []string{name}
	if info.IsDir() {
		if files = reportsIn(name); len(files) == 0 {
			return nil, fmt.Errorf("%s: found no %s in it, nor in the folders in it", name, plan.ReportFile)
		}
	}
	var all []report.Report
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		list, err := report.Read(f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, list...)
	}
	return all, nil
}

// reportsIn are the reports of a folder, in the order of their names.
func reportsIn(dir string) []string {
	for _, pattern := range []string{plan.ReportFile, "*/" + plan.ReportFile} {
		if names, err := fs.Glob(os.DirFS(dir), pattern); err == nil && len(names) > 0 {
			for i, name := range names {
				names[i] = filepath.Join(dir, filepath.FromSlash(name))
			}
			return names
		}
	}
	return nil
}

// write writes one form, or all of them into a folder.
func (f reportFlags) write(out io.Writer, all []report.Report) error {
	info, err := os.Stat(f.output)
	if err == nil && info.IsDir() || strings.HasSuffix(f.output, string(filepath.Separator)) {
		return f.writeAll(all)
	}
	name := f.format
	if name == "" {
		name = "table"
	}
	format, err := report.LookupFormat(name)
	switch {
	case err != nil:
		return err
	case f.output == "-":
		return format.Write(out, all)
	}
	return writeReport(f.output, format, all)
}

func (f reportFlags) writeAll(all []report.Report) error {
	if err := os.MkdirAll(f.output, 0o755); err != nil {
		return err
	}
	for _, format := range report.Formats {
		if format.File == "" || f.format != "" && f.format != format.Name {
			continue
		}
		if err := writeReport(filepath.Join(f.output, format.File), format, all); err != nil {
			return err
		}
	}
	return nil
}

func writeReport(name string, format report.Format, all []report.Report) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(format.Write(f, all), f.Close())
}
