package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
)

// Report is docs/performance.json: the newest numbers of every case, by the run they are from.
type Report struct {
	Runs []Run `json:"runs"`
}

// Run is one run of the bench. Ratios are taken inside a run only.
type Run struct {
	Machine  Machine  `json:"machine"`
	Versions Versions `json:"versions"`
	Frontend int64    `json:"frontendBytes,omitempty"` // of the frontend image's layers, compressed
	Cases    []Case   `json:"cases"`
}

// Machine is where and when a run was.
type Machine struct {
	Date      string `json:"date"` // the day, as 2006-01-02
	Cores     int    `json:"cores"`
	MemoryGiB int64  `json:"memoryGiB"`
	System    string `json:"system"`
	Kernel    string `json:"kernel"`
}

// Versions are those of what was measured.
type Versions struct {
	Crossgo  string `json:"crossgo"`
	Go       string `json:"go"`
	BuildKit string `json:"buildkit"`
	Buildx   string `json:"buildx"`
}

// Case is what one case gave. The maps are by rival.
type Case struct {
	Name    string               `json:"name"`
	Seconds map[string][]float64 `json:"seconds"`
	Outside []float64            `json:"outsideGoBuild,omitempty"` // crossgo's seconds during which no go build ran
	Graph   []float64            `json:"graphSeconds,omitempty"`   // crossgo's, from the first step to the export
	Memory  []int64              `json:"frontendMemory,omitempty"` // of crossgo's frontend, or of the command in the case verify; bytes
	Pulled  map[string][]int64   `json:"pulledBytes,omitempty"`    // from the registry cache
	Blobs   []Blob               `json:"blobs,omitempty"`          // the largest that crossgo pulled, in its last repeat
	Steps   []Step               `json:"steps,omitempty"`          // crossgo's longest, in its last repeat
}

// add notes one build of a rival.
func (c *Case) add(r rival, b built) {
	if c.Seconds == nil {
		c.Seconds = map[string][]float64{}
	}
	c.Seconds[r.name] = append(c.Seconds[r.name], round(b.seconds))
	if r.name != crossgo.name {
		return
	}
	c.Steps = b.progress.longest(8)
	if b.memory > 0 {
		c.Memory = append(c.Memory, b.memory)
	}
}

// round keeps milliseconds.
func round(seconds float64) float64 { return math.Round(seconds*1000) / 1000 }

// median is the middle of a list, of two the mean; NaN of none.
func median[T float64 | int64](list []T) float64 {
	if len(list) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(list))
	return float64(sorted[(len(sorted)-1)/2]+sorted[len(sorted)/2]) / 2
}

// with is the report with a new run: a case that the run has is taken out of older ones.
func (r Report) with(run Run) Report {
	var out Report
	for _, old := range r.Runs {
		old.Cases = slices.DeleteFunc(old.Cases, func(c Case) bool {
			return slices.ContainsFunc(run.Cases, func(n Case) bool { return n.Name == c.Name })
		})
		if len(old.Cases) > 0 {
			out.Runs = append(out.Runs, old)
		}
	}
	out.Runs = append(out.Runs, run)
	return out
}

// find returns a case and the run it is from.
func (r Report) find(name string) (Case, Run, bool) {
	for _, run := range r.Runs {
		for _, c := range run.Cases {
			if c.Name == name {
				return c, run, true
			}
		}
	}
	return Case{}, Run{}, false
}

// readReport reads performance.json; a file that is not there is a report of nothing.
func readReport(file string) (Report, error) {
	var r Report
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	return r, err
}

// write puts a run into performance.json of a directory, and draws performance.md's results and performance.svg again.
func write(dir string, run Run) error {
	file := filepath.Join(dir, "performance.json")
	report, err := readReport(file)
	if err != nil {
		return err
	}
	report = report.with(run)
	data, err := json.MarshalIndent(report, "", "\t")
	if err != nil {
		return err
	}
	page := filepath.Join(dir, "performance.md")
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	changed, err := between(string(text), report.markdown())
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(file, append(data, '\n'), 0o644), os.WriteFile(page, []byte(changed), 0o644),
		os.WriteFile(filepath.Join(dir, "performance.svg"), report.plot(), 0o644))
}
