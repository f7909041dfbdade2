package main

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// progress is what buildx's raw progress says of a build.
type progress struct {
	spans []span
	pulls map[string]string // digest of a blob that was fetched → name of the vertex that needed it
}

// span is a vertex while it ran. One that ran twice, in two solves of a request, has two.
type span struct {
	name       string
	start, end time.Time
}

// solveStatus is the part of BuildKit's client.SolveStatus that is read here; raw progress has one per line.
type solveStatus struct {
	Vertexes []struct {
		Digest, Name       string
		Started, Completed *time.Time
	}
	Statuses []struct{ ID, Vertex string }
}

// parseProgress reads raw progress. Lines that are no JSON are passed over: buildx writes text as well.
func parseProgress(raw string) progress {
	p := progress{pulls: map[string]string{}}
	index, names := map[string]int{}, map[string]string{}
	for line := range strings.Lines(raw) {
		var s solveStatus
		if json.Unmarshal([]byte(line), &s) != nil {
			continue
		}
		for _, v := range s.Vertexes {
			names[v.Digest] = v.Name
			if v.Started != nil {
				p.add(index, v.Digest, span{name: v.Name, start: *v.Started}, v.Completed)
			}
		}
		for _, st := range s.Statuses {
			if _, digest, ok := strings.Cut(st.ID, "sha256:"); ok {
				p.pulls["sha256:"+digest] = names[st.Vertex]
			}
		}
	}
	return p
}

// add notes that a vertex has started, and when it ended if it did. A vertex that others wait for is told of again and again.
func (p *progress) add(index map[string]int, digest string, s span, end *time.Time) {
	key := digest + s.start.String()
	i, known := index[key]
	if !known {
		i = len(p.spans)
		index[key] = i
		p.spans = append(p.spans, s)
	}
	if end != nil {
		p.spans[i].end = *end
	}
}

// exporting is what BuildKit's vertices of exporters begin with.
const exporting = "exporting"

// graph is the time from the first step to the start of the export in seconds, which with nothing to run is when the graph
// is finished and answered. It is 0 when there was no export.
func (p progress) graph() float64 {
	var first, export time.Time
	for _, s := range p.spans {
		switch {
		case strings.HasPrefix(s.name, exporting):
			export = s.start
		case first.IsZero() || s.start.Before(first):
			first = s.start
		}
	}
	if first.IsZero() || export.IsZero() {
		return 0
	}
	return export.Sub(first).Seconds()
}

// compiles says whether a vertex is one of crossgo's that run go build: "[linux/arm64] compile sqlite".
func compiles(name string) bool { return strings.Contains(name, "] compile ") }

// compiling is the wall time in seconds during which at least one vertex ran go build.
func (p progress) compiling() float64 {
	spans := slices.DeleteFunc(slices.Clone(p.spans), func(s span) bool { return !compiles(s.name) || s.end.IsZero() })
	slices.SortFunc(spans, func(a, b span) int { return a.start.Compare(b.start) })
	var sum time.Duration
	var until time.Time
	for _, s := range spans {
		if s.start.Before(until) {
			s.start = until
		}
		if s.end.After(s.start) {
			sum += s.end.Sub(s.start)
			until = s.end
		}
	}
	return sum.Seconds()
}

// Step is a vertex and how long it ran.
type Step struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
}

// longest are the n steps that took longest, longest first; those of less than a hundredth of a second do not count.
func (p progress) longest(n int) []Step {
	var all []Step
	for _, s := range p.spans {
		if took := s.end.Sub(s.start).Seconds(); !s.end.IsZero() && took >= 0.01 {
			all = append(all, Step{s.name, round(took)})
		}
	}
	slices.SortStableFunc(all, func(a, b Step) int { return cmp.Compare(b.Seconds, a.Seconds) })
	return all[:min(n, len(all))]
}

// withoutProgress is what a build said in words.
func withoutProgress(raw string) string {
	var words strings.Builder
	for line := range strings.Lines(raw) {
		if !strings.HasPrefix(line, "{") {
			words.WriteString(line)
		}
	}
	return words.String()
}
