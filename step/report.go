package step

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/verify/report"
)

// complete writes the report of a platform.
func complete(_ context.Context, job plan.ReportJob) error {
	rep, err := composed(job, "/")
	if err != nil {
		return err
	}
	return writeReports(plan.PathOut, []report.Report{rep})
}

// composed is what verify found of each unit's files, with what the plan decided about them, what their bytes are spent on, and the sizes
// of the layers that the build stands on. All of it stands below root.
func composed(job plan.ReportJob, root string) (rep report.Report, err error) {
	rep = report.Report{Platform: job.Platform, Build: &report.Build{
		Platform: job.Build, Components: []report.Component{crossgo()}, Exceptions: []report.Exception{},
	}}
	for _, e := range job.Exceptions {
		rep.Build.Exceptions = append(rep.Build.Exceptions, report.Exception(e))
	}
	for _, c := range job.Components {
		rep.Build.Components = append(rep.Build.Components, report.Component(c))
	}
	for _, a := range job.Archives {
		rep.Build.Archives = append(rep.Build.Archives, report.Archive(a))
	}
	for i, u := range job.Units {
		files, err := verified(filepath.Join(root, plan.PathReport, fmt.Sprint(i), plan.ReportFile))
		if err != nil {
			return rep, err
		}
		for _, f := range files {
			f.Measure(filepath.Join(root, plan.PathIn, fmt.Sprint(i), f.Name))
			rep.Files = append(rep.Files, decided(f, u.Files))
		}
	}
	rep.Layers, err = measure(filepath.Join(root, plan.PathLayers), job.Layers)
	return rep, err
}

// verified are the files that the gate wrote of.
func verified(name string) ([]report.File, error) {
	list, err := readReports(name)
	if err != nil {
		return nil, err
	}
	return list[0].Files, nil
}

// decided is the file with what the plan says of it.
func decided(f report.File, all []plan.ReportedFile) report.File {
	for _, of := range all {
		if of.Name != f.Name {
			continue
		}
		f.Where = of.Where
		for _, d := range of.Decisions {
			f.Decisions = append(f.Decisions, report.Decision(d))
		}
	}
	return f
}

// Version is this program's, where its main package was told; empty: what the go command recorded.
var Version string

// crossgo is the version of this very program.
func crossgo() report.Component {
	c := report.Component{Group: "crossgo", Name: "crossgo", Version: Version}
	if info, ok := debug.ReadBuildInfo(); ok && c.Version == "" {
		c.Version = info.Main.Version
	}
	return c
}

// overall writes one report over several platforms, and that of each beside it.
func overall(_ context.Context, job plan.ReportsJob) error {
	return together(job, plan.PathIn, plan.PathOut)
}

func together(job plan.ReportsJob, in, out string) error {
	var all []report.Report
	for i, dir := range job.Dirs {
		one, err := readReports(filepath.Join(in, fmt.Sprint(i), plan.ReportFile))
		if err != nil {
			return err
		}
		to := filepath.Join(out, dir)
		if err := errors.Join(os.MkdirAll(to, 0o755), writeReports(to, one)); err != nil {
			return err
		}
		all = append(all, one...)
	}
	return writeReports(out, all)
}

func readReports(name string) ([]report.Report, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	list, err := report.Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s %w", name, err)
	}
	return list, nil
}

// measure gives the size of each layer by itself.
func measure(dir string, layers []plan.ReportLayer) ([]report.Layer, error) {
	var list []report.Layer
	var before report.Layer
	for i, l := range layers {
		whole, err := sizeOf(filepath.Join(dir, fmt.Sprint(i)))
		if err != nil {
			return nil, fmt.Errorf("size of %s: %w", l.Name, err)
		}
		own := whole
		if l.Grows {
			own.Bytes, own.Files = whole.Bytes-before.Bytes, whole.Files-before.Files
		}
		own.Name, before = l.Name, whole
		list = append(list, own)
	}
	return list, nil
}

func sizeOf(dir string) (report.Layer, error) {
	var l report.Layer
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		l.Files, l.Bytes = l.Files+1, l.Bytes+info.Size()
		return nil
	})
	return l, err
}

// writeReports writes the report in every form that has a file.
func writeReports(dir string, list []report.Report) error {
	for _, format := range report.Formats {
		if format.File == "" {
			continue
		}
		write := func(w io.Writer) error { return format.Write(w, list) }
		if err := writeWith(filepath.Join(dir, format.File), write); err != nil {
			return err
		}
	}
	return nil
}

func writeWith(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
