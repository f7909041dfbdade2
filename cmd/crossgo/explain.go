package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/agext/levenshtein"

	"github.com/crossgo/crossgo/verify"
)

// explain prints the page of a check for a terminal.
func explain(out io.Writer, id string) error {
	r, ok := verify.LookupRule(id)
	if !ok {
		return usageError(fmt.Errorf("verify: --explain %s: is no check%s; docs/checks lists all", id, nearestRule(id)))
	}
	_, err := io.WriteString(out, plainText(r.Page()))
	return err
}

// nearestRule is the check that an unknown id may have been meant for.
func nearestRule(id string) string {
	best, near := max(2, len(id)/3)+1, ""
	for _, r := range verify.Rules() {
		if d := levenshtein.Distance(strings.ToLower(id), r.ID, nil); d < best {
			best, near = d, r.ID
		}
	}
	if near == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s?)", near)
}

var (
	markdownLink  = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	markdownMarks = strings.NewReplacer("**", "", "`", "")
	tableRule     = regexp.MustCompile(`^[| -]*$`)
)

// plainText is a page of the checks without the marks of Markdown. The rows of its table become lines.
func plainText(page string) string {
	var b strings.Builder
	for line := range strings.Lines(page) {
		line = markdownMarks.Replace(markdownLink.ReplaceAllString(strings.TrimRight(line, "\n"), "$1"))
		switch {
		case line == "All checks", line != "" && tableRule.MatchString(line):
			continue
		case strings.HasPrefix(line, "| "):
			line = strings.Replace(strings.Trim(line, "| "), " | ", ": ", 1)
		}
		b.WriteString(strings.TrimPrefix(line, "# ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}
