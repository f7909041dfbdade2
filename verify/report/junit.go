package report

import (
	"io"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/crossgo/crossgo/verify"
)

// writeJUnit writes JUnit XML: a suite for each file and platform, a test case for each check. A note is a test that was skipped; a
// warning, for which the format has no word, one that passed and has something to say. Nothing is timed.
func writeJUnit(w io.Writer, reports []Report) error {
	all := junit.Testsuites{Name: "crossgo verify"}
	for _, r := range reports {
		for _, f := range r.Files {
			all.AddSuite(suite(r, f, len(all.Suites)))
		}
	}
	if _, err := io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"); err != nil {
		return err
	}
	return all.WriteXML(w)
}

func suite(r Report, f File, id int) junit.Testsuite {
	s := junit.Testsuite{Name: r.Platform + " " + f.Name, ID: id, Time: "0", File: f.Name}
	s.AddProperty("platform", r.Platform)
	if f.SHA256 != "" {
		s.AddProperty("sha256", f.SHA256)
	}
	for _, o := range f.outcomes() {
		c := junit.Testcase{Name: o.check, Classname: r.Platform + "." + f.Name, Time: "0"}
		switch o.level {
		case verify.Pass:
		case verify.Note:
			c.Skipped = &junit.Result{Message: o.text()}
		case verify.Warn:
			c.SystemOut = &junit.Output{Data: "warning: " + o.text()}
		default:
			c.Failure = &junit.Result{Message: o.text(), Type: o.check, Data: o.text() + "\n" + page(o.check)}
		}
		s.AddTestcase(c)
	}
	return s
}
