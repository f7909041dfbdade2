package step

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/plan"
)

// testResults is what tests said, in the order in which it was said.
type testResults struct {
	platform string
	notes    []string
	suites   []*testSuite
	log      io.Writer
}

// testSuite is one package, or one go command.
type testSuite struct {
	name    string
	tests   []*testCase
	output  string  // of no test
	state   string  // "pass", "fail" or "skip" at the end
	seconds float64 // as the go command measures it
}

// testCase is one test; its subtests have cases of their own.
type testCase struct {
	name    string
	output  string
	state   string // as testSuite's; empty when it never ended
	seconds float64
}

func (r *testResults) suite(name string) *testSuite {
	i := slices.IndexFunc(r.suites, func(s *testSuite) bool { return s.name == name })
	if i < 0 {
		i, r.suites = len(r.suites), append(r.suites, &testSuite{name: name})
	}
	return r.suites[i]
}

func (s *testSuite) test(name string) *testCase {
	i := slices.IndexFunc(s.tests, func(c *testCase) bool { return c.name == name })
	if i < 0 {
		i, s.tests = len(s.tests), append(s.tests, &testCase{name: name})
	}
	return s.tests[i]
}

// ended is how a go command ended that stands for a test: with nothing to say, or with what is wrong.
func (c *testCase) ended(wrong string) {
	c.state = "pass"
	if wrong != "" {
		c.state, c.output = "fail", wrong
	}
}

// outputLimit is how much is kept of what one test prints: its beginning.
const outputLimit = 256 << 10

func limited(have, more string) string {
	return have + more[:max(0, min(len(more), outputLimit-len(have)))]
}

// close settles what never ended: a package that panics or runs out of time takes the test that was running with it, and a package
// that fails without a test that does is a failure by itself.
func (s *testSuite) close() {
	for _, c := range s.tests {
		if c.state == "" {
			c.state, c.output = "fail", limited(c.output, "it did not end\n")
		}
	}
	failed := slices.ContainsFunc(s.tests, func(c *testCase) bool { return c.state == "fail" })
	if s.state == "fail" && !failed {
		c := s.test(wholePackage)
		c.state, c.output = "fail", s.output
	}
}

// wholePackage is the test that stands for a package.
const wholePackage = "(the package)"

// failure is a test that failed.
type failure struct {
	name, output string
}

// bad are the tests that failed; of a test and its subtests the innermost.
func (r *testResults) bad() []failure {
	var list []failure
	for _, s := range r.suites {
		for _, c := range s.tests {
			inner := slices.ContainsFunc(s.tests, func(o *testCase) bool { return o.state == "fail" && strings.HasPrefix(o.name, c.name+"/") })
			if c.state == "fail" && !inner {
				list = append(list, failure{s.shown(c), c.output})
			}
		}
	}
	return list
}

// shown is a test's name in messages: a package that fails as a whole by its path, and a pattern of which go test could load nothing
// by the command.
func (s *testSuite) shown(c *testCase) string {
	switch {
	case c.name != wholePackage:
		return strings.TrimPrefix(s.name+"."+c.name, "go vet.")
	case strings.HasPrefix(s.name, "."):
		return "go test " + s.name
	}
	return s.name
}

// failed is the error's text: which tests failed, and what they said; empty when none did.
func (r *testResults) failed() string {
	const most, lines = 10, 15
	bad := r.bad()
	if len(bad) == 0 {
		return ""
	}
	var names []string
	for _, f := range bad {
		names = append(names, f.name)
	}
	text := fmt.Sprintf("%d failed on %s: %s", len(bad), r.platform, strings.Join(names, ", "))
	for i, f := range bad {
		if i == most {
			return text + fmt.Sprintf("\n(and %d more)", len(bad)-most)
		}
		text += "\n--- " + f.name + "\n" + firstLines(f.output, lines)
	}
	return text
}

func firstLines(text string, n int) string {
	lines := strings.SplitAfter(strings.TrimRight(text, "\n"), "\n")
	if len(lines) > n {
		return strings.Join(lines[:n], "") + "…"
	}
	return strings.Join(lines, "")
}

// summary is a line for each package, and what there is to say besides.
func (r *testResults) summary() string {
	var b strings.Builder
	for _, n := range r.notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	count := map[string]int{}
	for _, s := range r.suites {
		for _, c := range s.tests {
			count[c.state]++
		}
		fmt.Fprintf(&b, "%s: %s\n", s.name, s.words())
	}
	fmt.Fprintf(&b, "%s: %d passed, %d failed, %d skipped\n", r.platform, count["pass"], count["fail"], count["skip"])
	return b.String()
}

func (s *testSuite) words() string {
	count := map[string]int{}
	for _, c := range s.tests {
		count[c.state]++
	}
	switch {
	case count["fail"] > 0:
		return fmt.Sprintf("%d of %d failed", count["fail"], len(s.tests))
	case len(s.tests) == 0:
		return "no tests"
	case count["skip"] > 0:
		return fmt.Sprintf("ok, %d passed, %d skipped", count["pass"], count["skip"])
	}
	return fmt.Sprintf("ok, %d passed", count["pass"])
}

func (r *testResults) write(dir string) error {
	fmt.Fprint(r.log, r.summary())
	return errors.Join(
		writeWith(filepath.Join(dir, plan.JUnitFile), r.junit),
		os.WriteFile(filepath.Join(dir, plan.TestSummary), []byte(r.summary()), 0o644),
	)
}
