package step

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/verify/report"
)

// complete writes verify's report with the sizes of the layers that the build stands on.
func complete(_ context.Context, job plan.ReportJob) error {
	var rep report.Report
	if err := readJSON(filepath.Join(plan.PathReport, plan.ReportFile), &rep); err != nil {
		return err
	}
	var err error
	if rep.Layers, err = measure(plan.PathLayers, job.Layers); err != nil {
		return err
	}
	return writeReports(plan.PathOut, rep)
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

// writeReports writes the report for programs and for people.
func writeReports(dir string, rep report.Report) error {
	return errors.Join(
		writeWith(filepath.Join(dir, plan.ReportFile), rep.JSON),
		writeWith(filepath.Join(dir, "report.txt"), rep.Text),
	)
}

func writeWith(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
