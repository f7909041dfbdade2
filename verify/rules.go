package verify

import (
	"fmt"
	"slices"
	"strings"
)

// Rule is one check as data: what it is called, how grave it is when it does not hold, and what people are told of it.
// docs/checks has a page for each, made from this.
type Rule struct {
	ID       string // "machine"; stable, since reports, the spec's verify.allow and links name it
	Severity Level  // Fail, Warn or Note: the level of a finding that says it does not hold
	Fixed    bool   // it cannot be allowed to break: such a file does not start where it is meant for
	Title    string // what holds, in a few words
	Reads    string // the parts of a file that it looks at
	Fails    string // when it does not hold
	Why      string // what a user of the file would see
	Mend     string // what to do
	check    func(*subject) []Finding
}

// Rules are all, in the order of a report. Those about an image and about runs come last.
func Rules() []Rule {
	return slices.Concat(identityRules, linkRules, loadRules, hardeningRules, goRules, imageRules, runRules)
}

// AboutImage reports whether a rule compares a file with the image that it will run in.
func AboutImage(id string) bool {
	return slices.ContainsFunc(imageRules, func(r Rule) bool { return r.ID == id })
}

// LookupRule is the rule with that id.
func LookupRule(id string) (Rule, bool) {
	all := Rules()
	i := slices.IndexFunc(all, func(r Rule) bool { return r.ID == id })
	if i < 0 {
		return Rule{}, false
	}
	return all[i], true
}

// CheckAllowed says what is wrong with ids of rules that are allowed not to hold: an unknown one, or a fixed one. It is empty
// when nothing is.
func CheckAllowed(id string) string {
	r, ok := LookupRule(id)
	switch {
	case !ok:
		return fmt.Sprintf("found %q, which is no check; allowed are %s", id, strings.Join(allowable(), ", "))
	case r.Severity == Note:
		return fmt.Sprintf("found %q, which is a note and stops nothing; allowed are %s", id, strings.Join(allowable(), ", "))
	case r.Fixed:
		return fmt.Sprintf("found %q, which cannot be allowed to fail: %s; allowed are %s", id, r.Why, strings.Join(allowable(), ", "))
	}
	return ""
}

// allowable are the ids of the rules that are not fixed.
func allowable() []string {
	var ids []string
	for _, r := range Rules() {
		if !r.Fixed && r.Severity != Note {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// run makes the check and gives what does not hold the level that the rule has for it.
func (r Rule) run(s *subject) []Finding {
	if r.check == nil {
		return nil
	}
	return r.settle(r.check(s), s.want.Allow)
}

// settle gives what does not hold the level that the rule has for it.
func (r Rule) settle(found []Finding, allow []string) []Finding {
	for i, f := range found {
		if f.Check != r.ID || f.Level != Fail {
			continue
		}
		found[i].Level = r.Severity
		if slices.Contains(allow, r.ID) && !r.Fixed {
			found[i].Level, found[i].Text = Note, f.Text+" (allowed)"
		}
	}
	return found
}

// rule is the rule with an id that the code itself names.
func rule(id string) Rule {
	r, _ := LookupRule(id) // TestRulesAreWhole looks for them
	return r
}

// Page is the rule's page of the documentation, in Markdown.
func (r Rule) Page() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# `%s`: %s\n\n", r.ID, r.Title)
	fmt.Fprintf(&b, "| | |\n|---|---|\n| when it does not hold | %s |\n| reads | %s |\n| can be allowed | %s |\n\n", r.severityWords(), r.Reads, r.allowedWords())
	fmt.Fprintf(&b, "**It does not hold when** %s.\n\n**What you would see:** %s.\n\n**What to do:** %s.\n\n[All checks](README.md)\n", r.Fails, r.Why, r.Mend)
	return b.String()
}

func (r Rule) severityWords() string {
	switch r.Severity {
	case Warn:
		return "a warning; the file is let through"
	case Note:
		return "a note: it is said, and nothing is wrong"
	}
	return "a failure; the file does not leave the build"
}

func (r Rule) allowedWords() string {
	switch {
	case r.Fixed:
		return "no"
	case r.Severity == Note:
		return "it is a note anyway"
	}
	return fmt.Sprintf("yes: `verify: {allow: [%s]}`, `crossgo verify --allow %s`", r.ID, r.ID)
}

// Table is the page that lists all rules, in Markdown.
func Table() string {
	var b strings.Builder
	b.WriteString("# The checks\n\nMade from the rules themselves (`verify/ruletable.go`); [what is verified](../verify.md) explains how to read a report.\n\n| id | level | what holds |\n|---|---|---|\n")
	for _, r := range Rules() {
		fmt.Fprintf(&b, "| [`%s`](%s.md) | %s | %s |\n", r.ID, r.ID, r.Severity, r.Title)
	}
	return b.String()
}
