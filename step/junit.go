package step

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// The elements of JUnit's files as CI systems read them: GitLab, Jenkins and the actions of GitHub agree on these
// (https://github.com/testmoapp/junitxml gathers what they know).
type (
	junitSuites struct {
		XMLName xml.Name `xml:"testsuites"`
		junitCount
		Suites []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name string `xml:"name,attr"`
		junitCount
		Cases []junitCase `xml:"testcase"`
		Out   string      `xml:"system-out,omitempty"`
	}
	junitCount struct {
		Tests    int    `xml:"tests,attr"`
		Failures int    `xml:"failures,attr"`
		Errors   int    `xml:"errors,attr"`
		Skipped  int    `xml:"skipped,attr"`
		Time     string `xml:"time,attr"`
	}
	junitCase struct {
		Class   string       `xml:"classname,attr"`
		Name    string       `xml:"name,attr"`
		Time    string       `xml:"time,attr"`
		Failure *junitReason `xml:"failure"`
		Skipped *junitReason `xml:"skipped"`
	}
	junitReason struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// junit writes the results as a JUnit file.
func (r *testResults) junit(w io.Writer) error {
	var all junitSuites
	var seconds float64
	for _, s := range r.suites {
		suite := s.junit()
		all.add(suite.junitCount)
		all.Suites = append(all.Suites, suite)
		seconds += s.seconds
	}
	all.Time = junitTime(seconds)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (c *junitCount) add(o junitCount) {
	c.Tests, c.Failures, c.Skipped = c.Tests+o.Tests, c.Failures+o.Failures, c.Skipped+o.Skipped
}

func (s *testSuite) junit() junitSuite {
	suite := junitSuite{Name: s.name, junitCount: junitCount{Tests: len(s.tests), Time: junitTime(s.seconds)}, Out: inXML(s.output)}
	for _, c := range s.tests {
		out := junitCase{Class: s.name, Name: c.name, Time: junitTime(c.seconds)}
		switch c.state {
		case "fail":
			suite.Failures++
			out.Failure = &junitReason{"Failed", inXML(c.output)}
		case "skip":
			suite.Skipped++
			out.Skipped = &junitReason{inXML(strings.TrimSpace(firstLines(c.output, 5))), ""}
		}
		suite.Cases = append(suite.Cases, out)
	}
	return suite
}

func junitTime(seconds float64) string { return fmt.Sprintf("%.3f", seconds) }

// inXML is a text without what XML 1.0 cannot hold (section 2.2 of its specification): colours of terminals, above all.
func inXML(text string) string {
	return strings.Map(func(c rune) rune {
		if c == '\t' || c == '\n' || c == '\r' || c >= ' ' && c != 0xfffe && c != 0xffff {
			return c
		}
		return -1
	}, strings.ToValidUTF8(text, "?"))
}
