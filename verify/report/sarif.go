package report

import (
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/crossgo/crossgo/verify"
)

// sarifSchema is the published one, which tools that validate know by this name.
const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// sarifLevels are SARIF's words (section 3.27.10). What holds is no result.
var sarifLevels = map[verify.Level]string{verify.Fail: "error", verify.Warn: "warning", verify.Note: "note"}

// writeSARIF writes SARIF 2.1.0: the checks with their help, and a result for each finding that does not hold or could not be made.
func writeSARIF(w io.Writer, reports []Report) error {
	run := sarif.NewRunWithInformationURI("crossgo", docs+"verify.md")
	for _, r := range verify.Rules() {
		run.AddRule(r.ID).WithName(r.ID).WithHelpURI(page(r.ID)).
			WithShortDescription(sarif.NewMultiformatMessageString().WithText(sentence(r.Title))).
			WithFullDescription(sarif.NewMultiformatMessageString().WithText(sentence("it does not hold when " + r.Fails))).
			WithHelp(sarif.NewMultiformatMessageString().WithText(sentence(r.Why) + " " + sentence(r.Mend)).WithMarkdown(r.Page())).
			WithDefaultConfiguration(sarif.NewReportingConfiguration().WithLevel(sarifLevels[r.Severity]))
	}
	for _, r := range reports {
		for _, f := range r.Files {
			for _, finding := range f.Findings {
				if finding.Level != verify.Pass {
					run.AddResult(result(run, r, f, finding))
				}
			}
		}
	}
	log := sarif.NewReport()
	log.Schema = sarifSchema
	log.AddRun(run)
	if err := log.PrettyWrite(w); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// result is one finding. Its place is the line of the spec that asks for the file, which viewers can show beside the source; the file
// itself is what was analysed.
func result(run *sarif.Run, r Report, f File, finding verify.Finding) *sarif.Result {
	file := sarif.NewArtifactLocation().WithURI(uri(f.Name))
	place := sarif.NewPhysicalLocation().WithArtifactLocation(file)
	if name, line, column, ok := placeOf(f.Where); ok {
		place = sarif.NewPhysicalLocation().WithArtifactLocation(sarif.NewArtifactLocation().WithURI(uri(name))).
			WithRegion(sarif.NewRegion().WithStartLine(line).WithStartColumn(column))
	}
	level := sarifLevels[finding.Level]
	if level == "" {
		level = "error"
	}
	return sarif.NewRuleResult(finding.Check).WithRuleIndex(run.GetRuleIndex(finding.Check)).WithLevel(level).
		WithMessage(sarif.NewTextMessage(plain(fmt.Sprintf("%s for %s: %s", f.Name, r.Platform, finding.Text)))).
		WithAnalysisTarget(file).AddLocation(sarif.NewLocation().WithPhysicalLocation(place)).
		WithPartialFingerprints(map[string]string{"crossgo/v1": plain(strings.Join([]string{r.Platform, f.Name, finding.Check}, " "))})
}

// plain is text without what SARIF takes for placeholders and links (sections 3.11.5, 3.11.6).
func plain(s string) string {
	return strings.NewReplacer("{", "{{", "}", "}}", "[", `\[`, "]", `\]`).Replace(s)
}

// sentence begins with a capital, unless with code, and ends with a stop.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

var placePattern = regexp.MustCompile(`^(.+):(\d{1,9}):(\d{1,9})$`)

// placeOf takes "crossgo.yaml:4:11" apart.
func placeOf(where string) (name string, line, column int, ok bool) {
	m := placePattern.FindStringSubmatch(where)
	if m == nil {
		return "", 0, 0, false
	}
	line, _ = strconv.Atoi(m[2]) // the pattern lets digits through only
	column, _ = strconv.Atoi(m[3])
	return m[1], line, column, line > 0 && column > 0
}

// uri is a path as a URI reference (RFC 3986, section 3.3): what is not allowed in a path is escaped.
func uri(path string) string {
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("/-._~!$&'()*+,;=@", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
