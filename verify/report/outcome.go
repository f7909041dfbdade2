package report

import (
	"slices"
	"strings"

	"github.com/crossgo/crossgo/verify"
)

// outcome is what a check came to on one file: some checks find several things.
type outcome struct {
	check    string
	level    verify.Level // the gravest of findings
	findings []verify.Finding
}

// gravity orders levels, the gravest first.
var gravity = []verify.Level{verify.Fail, verify.Warn, verify.Note, verify.Pass}

// rank is the place of a level in gravity. One that is unknown, from a report of another version, is as grave as can be.
func rank(l verify.Level) int { return max(slices.Index(gravity, l), 0) }

// worse is the graver of two levels.
func worse(a, b verify.Level) verify.Level {
	if rank(b) < rank(a) {
		return b
	}
	return a
}

// outcomes are the file's findings by check, in the order of the first of each.
func (f File) outcomes() []outcome {
	var list []outcome
	for _, finding := range f.Findings {
		i := slices.IndexFunc(list, func(o outcome) bool { return o.check == finding.Check })
		if i < 0 {
			i, list = len(list), append(list, outcome{check: finding.Check, level: verify.Pass})
		}
		list[i].level = worse(list[i].level, finding.Level)
		list[i].findings = append(list[i].findings, finding)
	}
	return list
}

// text is what was found, a line for each finding of the outcome's own level.
func (o outcome) text() string {
	var lines []string
	for _, f := range o.findings {
		if f.Level == o.level {
			lines = append(lines, f.Text)
		}
	}
	return strings.Join(lines, "\n")
}

// Level is the gravest of the file's findings; Pass without any.
func (f File) Level() verify.Level {
	level := verify.Pass
	for _, finding := range f.Findings {
		level = worse(level, finding.Level)
	}
	return level
}

// count is the number of findings of a level.
func (f File) count(l verify.Level) int {
	n := 0
	for _, finding := range f.Findings {
		if finding.Level == l {
			n++
		}
	}
	return n
}

// title is the rule's title; checks that this version does not know have none.
func title(check string) string {
	r, _ := verify.LookupRule(check)
	return r.Title
}

// docs is where people read about the checks.
const docs = "https://github.com/crossgo/crossgo/blob/main/docs/"

// page is the address of a check's own page.
func page(check string) string { return docs + "checks/" + check + ".md" }
