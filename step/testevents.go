package step

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// testEvent is a line of go test -json (go doc test2json); build-output and FailedBuild are of Go 1.24 and newer (go doc cmd/go,
// "go help buildjson").
type testEvent struct {
	Time        string `json:",omitempty"`
	ImportPath  string `json:",omitempty"`
	Action      string
	Package     string  `json:",omitempty"`
	Test        string  `json:",omitempty"`
	Elapsed     float64 // of a package or test that ended
	Output      string  `json:",omitempty"`
	FailedBuild string  `json:",omitempty"`
}

// ofPackage reports whether an event is how a package ended.
func (e testEvent) ofPackage() bool {
	return e.Test == "" && (e.Action == "pass" || e.Action == "fail" || e.Action == "skip")
}

// testReader is where go test writes its events.
type testReader struct {
	results *testResults
	events  io.Writer
	builds  map[string]string // what the compiler said, by package
	rest    []byte            // of a line that is not whole
}

func (t *testReader) Write(p []byte) (int, error) {
	t.rest = append(t.rest, p...)
	for {
		line, rest, whole := bytes.Cut(t.rest, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		if err := t.line(line); err != nil {
			return 0, err
		}
		t.rest = rest
	}
}

// end is called when go test is done.
func (t *testReader) end() error {
	if len(t.rest) > 0 {
		if err := t.line(t.rest); err != nil {
			return err
		}
	}
	for _, s := range t.results.suites {
		s.close()
	}
	return nil
}

// line takes one event. What is none is what older go commands say of packages that do not compile.
func (t *testReader) line(line []byte) error {
	if _, err := t.events.Write(append(bytes.Clone(line), '\n')); err != nil {
		return err
	}
	var e testEvent
	if err := json.Unmarshal(line, &e); err != nil || e.Action == "" {
		_, err := fmt.Fprintf(t.results.log, "%s\n", line)
		return err
	}
	return t.take(e)
}

func (t *testReader) take(e testEvent) error {
	if t.builds == nil {
		t.builds = map[string]string{}
	}
	switch e.Action {
	case "build-output":
		t.builds[e.ImportPath] = limited(t.builds[e.ImportPath], e.Output)
		return nil
	case "build-fail":
		return nil
	}
	s := t.results.suite(e.Package)
	if e.Test != "" {
		s.test(e.Test).take(e)
		return nil
	}
	switch e.Action {
	case "output":
		s.output = limited(s.output, e.Output)
	case "pass", "fail", "skip":
		s.state, s.seconds = e.Action, e.Elapsed
		s.output = limited(t.builds[e.FailedBuild], s.output)
		return t.results.tellPackage(s)
	}
	return nil
}

func (c *testCase) take(e testEvent) {
	switch e.Action {
	case "output":
		c.output = limited(c.output, e.Output)
	case "pass", "fail", "skip":
		c.state, c.seconds = e.Action, e.Elapsed
	}
}

// tellPackage shows on the log how a package ended, as go test does without -json: of what failed all that it said.
func (r *testResults) tellPackage(s *testSuite) error {
	if s.state == "fail" {
		for _, c := range s.tests {
			if c.state != "pass" && c.state != "skip" {
				fmt.Fprint(r.log, c.output)
			}
		}
	}
	_, err := fmt.Fprint(r.log, s.output)
	return err
}
