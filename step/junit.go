package step

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/jstemmer/go-junit-report/v2/junit"
)

// junit writes the results as a JUnit file: a suite for each package or go command, a case for each test.
func (r *testResults) junit(w io.Writer) error {
	var all junit.Testsuites
	var seconds float64
	for i, s := range r.suites {
		all.AddSuite(s.junit(i))
		seconds += s.seconds
	}
	all.Time = junitTime(seconds)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	return all.WriteXML(w)
}

func (s *testSuite) junit(id int) junit.Testsuite {
	suite := junit.Testsuite{Name: s.name, ID: id, Time: junitTime(s.seconds)}
	if s.output != "" {
		suite.SystemOut = &junit.Output{Data: inXML(s.output)}
	}
	for _, c := range s.tests {
		out := junit.Testcase{Classname: s.name, Name: c.name, Time: junitTime(c.seconds)}
		switch c.state {
		case "fail":
			out.Failure = &junit.Result{Message: "Failed", Data: inXML(c.output)}
		case "skip":
			out.Skipped = &junit.Result{Message: inXML(strings.TrimSpace(firstLines(c.output, 5)))}
		}
		suite.AddTestcase(out)
	}
	return suite
}

// junitTime is in seconds, as CI systems read it.
func junitTime(seconds float64) string { return fmt.Sprintf("%.3f", seconds) }

// inXML is a text without what XML 1.0 cannot hold (section 2.2 of its specification): colours of terminals, above all. The encoder
// looks at attributes alone, what stands in CDATA it writes as it is.
func inXML(text string) string {
	return strings.Map(func(c rune) rune {
		if c == '\t' || c == '\n' || c == '\r' || c >= ' ' && c != 0xfffe && c != 0xffff {
			return c
		}
		return -1
	}, strings.ToValidUTF8(text, "?"))
}
