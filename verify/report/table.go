package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/crossgo/crossgo/verify"
)

// levelResults are the words for a file whose gravest finding is of a level.
var levelResults = map[verify.Level]string{verify.Pass: "ok", verify.Note: "ok", verify.Warn: "ok, with warnings", verify.Fail: "FAILED"}

// writeTable writes for people: a line for each file with its size and the number of findings of each level, then all that is to be
// known line by line, then the packages that take most of each file.
func writeTable(w io.Writer, reports []Report) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "PLATFORM\tFILE\tSIZE\tPASSED\tNOTES\tWARNINGS\tFAILED\tRESULT")
	for _, r := range reports {
		for _, f := range r.Files {
			fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\n", r.Platform, f.Name, bytesText(f.Size),
				f.count(verify.Pass), f.count(verify.Note), f.count(verify.Warn), f.count(verify.Fail), levelResults[f.Level()])
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	b.WriteByte('\n')
	if err := writeText(&b, reports); err != nil {
		return err
	}
	writeLargest(&b, reports)
	_, err := io.WriteString(w, b.String())
	return err
}

// largest is how many packages the table names.
const largest = 5

func writeLargest(b *strings.Builder, reports []Report) {
	var lines strings.Builder
	t := tabwriter.NewWriter(&lines, 0, 0, 2, ' ', 0)
	for _, r := range reports {
		for _, f := range r.Files {
			if f.Sizes == nil || len(f.Sizes.Packages) == 0 {
				continue
			}
			var names []string
			for _, p := range f.Sizes.Packages[:min(largest, len(f.Sizes.Packages))] {
				names = append(names, fmt.Sprintf("%s %s", p.Name, bytesText(p.Bytes)))
			}
			fmt.Fprintf(t, "%s\t%s\t%s\n", r.Platform, f.Name, strings.Join(names, ", "))
		}
	}
	_ = t.Flush() // memory does not fail
	if lines.Len() > 0 {
		b.WriteString("\nThe largest packages\n" + lines.String())
	}
}

// bytesText is a number of bytes for people: "7.1 MB". Of what was not measured it is "-".
func bytesText(n int64) string {
	switch {
	case n <= 0:
		return "-"
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	case n < 1_000_000_000:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}
