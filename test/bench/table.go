package main

import (
	"fmt"
	"slices"
	"strings"
)

// Marks between which performance.md has what this program writes.
const (
	markBegin = "<!-- bench:begin -->\n"
	markEnd   = "<!-- bench:end -->\n"
)

// between puts the results in the place of those that a page has between the marks.
func between(page, results string) (string, error) {
	head, rest, ok := strings.Cut(page, markBegin)
	_, tail, ok2 := strings.Cut(rest, markEnd)
	if !ok || !ok2 {
		return "", fmt.Errorf("performance.md: found no lines %q and, after it, %q", strings.TrimSpace(markBegin), strings.TrimSpace(markEnd))
	}
	return head + markBegin + results + markEnd + tail, nil
}

// markdown is the results as text.
func (r Report) markdown() string {
	parts := []string{r.runsText(), r.secondsTable(), r.figuresTable(), r.blobsTable(), r.stepsTable()}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), "\n")
}

// runsText says of each run where and of what it was.
func (r Report) runsText() string {
	var s strings.Builder
	for i, run := range r.Runs {
		m, v := run.Machine, run.Versions
		fmt.Fprintf(&s, "* Run %d: %s, %d cores, %d GiB, %s, Linux %s; BuildKit %s, buildx %s, %s, crossgo %s. Cases:", i+1, m.Date,
			m.Cores, m.MemoryGiB, m.System, m.Kernel, v.BuildKit, v.Buildx, strings.Replace(v.Go, "go", "Go ", 1), v.Crossgo)
		for j, c := range run.Cases {
			s.WriteString([]string{" ", ", "}[min(j, 1)] + c.Name)
		}
		s.WriteString(".\n")
	}
	return s.String()
}

// secondsTable has the medians of every case and crossgo's share of the Dockerfile's and the bare go build's.
func (r Report) secondsTable() string {
	var s strings.Builder
	head := []string{"case"}
	for _, c := range columns {
		head = append(head, "`"+c.name+"`, s")
	}
	row(&s, append(head, "to Dockerfile", "aim", "to `go build`", "aim")...)
	s.WriteString(strings.Repeat("|---", len(columns)+5) + "|\n")
	for _, t := range titles {
		c, _, ok := r.find(t.name)
		if !ok {
			continue
		}
		cells := []string{t.title}
		for _, col := range columns {
			cells = append(cells, secondsCell(c.Seconds[col.name]))
		}
		for _, against := range []rival{dockerfile, bare} {
			cells = append(cells, ratioCell(c, against), aimCell(t.name, against))
		}
		row(&s, cells...)
	}
	return s.String()
}

func row(s *strings.Builder, cells ...string) {
	s.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

func secondsCell(list []float64) string {
	if len(list) == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", median(list))
}

// ratio is crossgo's median over another's; false when either was not measured.
func (c Case) ratio(against rival) (float64, bool) {
	ours, theirs := c.Seconds[crossgo.name], c.Seconds[against.name]
	if len(ours) == 0 || len(theirs) == 0 {
		return 0, false
	}
	return median(ours) / median(theirs), true
}

func ratioCell(c Case, against rival) string {
	ratio, ok := c.ratio(against)
	if !ok {
		return ""
	}
	return ratioText(ratio)
}

func ratioText(ratio float64) string { return fmt.Sprintf("%.2f", ratio) }

func inSeconds(s float64) string { return fmt.Sprintf("%.2f s", s) }

func aimCell(name string, against rival) string {
	a, ok := aimFor(name, against)
	switch {
	case !ok:
		return ""
	case a.plus > 0:
		return fmt.Sprintf("%v + %v s", a.factor, a.plus)
	}
	return fmt.Sprint(a.factor)
}

// figuresTable has what is no share of another's time.
func (r Report) figuresTable() string {
	var s strings.Builder
	row(&s, "crossgo alone", "measured", "aim")
	s.WriteString("|---|---|---|\n")
	for _, f := range figures {
		if value, ok := f.value(r); ok {
			row(&s, f.title, value, f.aim)
		}
	}
	return s.String()
}

// blobsTable has the largest layers that crossgo pulled with one more module.
func (r Report) blobsTable() string {
	c, _, ok := r.find(freshModule)
	if !ok {
		return ""
	}
	var s strings.Builder
	s.WriteString("The largest layers that crossgo pulled on a fresh daemon with one more module:\n\n")
	row(&s, "compressed", "files", "all below", "the largest of them")
	s.WriteString("|---|---|---|---|\n")
	for _, b := range c.Blobs {
		row(&s, mega(b.Bytes), fmt.Sprint(b.Files), "`/"+strings.TrimPrefix(b.Within, ".")+"`", strings.Join(b.Large, ", "))
	}
	return s.String()
}

// stepsTable has the longest steps of some cases.
func (r Report) stepsTable() string {
	if !slices.ContainsFunc(r.Runs, func(run Run) bool {
		return slices.ContainsFunc(run.Cases, func(c Case) bool { return len(c.Steps) > 0 })
	}) {
		return ""
	}
	var s strings.Builder
	s.WriteString("The longest steps of crossgo, in seconds; several run at a time:\n\n")
	row(&s, "case", "steps")
	s.WriteString("|---|---|\n")
	for _, t := range titles {
		c, _, ok := r.find(t.name)
		if !ok || len(c.Steps) == 0 {
			continue
		}
		var list []string
		for _, step := range c.Steps[:min(4, len(c.Steps))] {
			list = append(list, fmt.Sprintf("%s %.2f", strings.ReplaceAll(step.Name, "|", "/"), step.Seconds))
		}
		row(&s, t.title, strings.Join(list, "; "))
	}
	return s.String()
}
