package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/invopop/jsonschema"
	"github.com/jstemmer/go-junit-report/v2/junit"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	schema "github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/crossgo/crossgo/internal/golden"
	"github.com/crossgo/crossgo/internal/reportcase"
	"github.com/crossgo/crossgo/verify"
	"github.com/crossgo/crossgo/verify/report"
	"github.com/crossgo/crossgo/verify/size"
)

// write is the reports in a format, written twice: the same reports give the same bytes.
func write(t *testing.T, name string, reports []report.Report) string {
	t.Helper()
	format, err := report.LookupFormat(name)
	require.NoError(t, err)
	var first, second strings.Builder
	require.NoError(t, format.Write(&first, reports))
	require.NoError(t, format.Write(&second, reports))
	require.Equal(t, first.String(), second.String(), name)
	return first.String()
}

type testCase struct {
	name    string
	reports []report.Report
}

func cases() []testCase {
	return []testCase{{"one", reportcase.One()}, {"two", spoiled()}, {"hostile", reportcase.Hostile()}, {"empty", []report.Report{{Platform: "linux/arm64"}}}}
}

// spoiled are those two of many platforms that have a finding of every level.
func spoiled() []report.Report {
	many := reportcase.Many()
	return []report.Report{many[3], many[7]}
}

// steady are reports with some checks alone, whose order among the rules will stay what it is.
func steady(reports []report.Report) []report.Report {
	some := strings.Fields("format machine class libc needed glibc-floor build-info goarch vcs odd")
	for i := range reports {
		for j := range reports[i].Files {
			f := &reports[i].Files[j]
			f.Findings = slices.DeleteFunc(slices.Clone(f.Findings), func(f verify.Finding) bool { return !strings.Contains(f.Check, "<") && !slices.Contains(some, f.Check) })
		}
	}
	return reports
}

// TestGoldens holds every form of every case. What SARIF and the page take from the rules is not in them: rules have tests and pages
// of their own, and a word changed there is no change here.
func TestGoldens(t *testing.T) {
	for _, format := range report.Formats {
		for _, c := range cases() {
			got := write(t, format.Name, steady(c.reports))
			switch format.Name {
			case "sarif":
				got = withoutRules(t, got)
			case "html":
				got = regexp.MustCompile(`(?s)<dl>.*?</dl>|(<style>).*?(</style>)| title="[^"]*">([a-z-]+)</a></th>`).ReplaceAllString(got, "$1$2$3")
			}
			golden.Equal(t, "testdata/"+c.name+"."+format.Name, got)
		}
	}
}

// withoutRules is a SARIF log without the rules and their places in the list.
func withoutRules(t *testing.T, log string) string {
	t.Helper()
	var v map[string]any
	require.NoError(t, json.Unmarshal([]byte(log), &v))
	run := v["runs"].([]any)[0].(map[string]any)
	delete(run["tool"].(map[string]any)["driver"].(map[string]any), "rules")
	for _, r := range run["results"].([]any) {
		delete(r.(map[string]any), "ruleIndex")
	}
	data, err := json.MarshalIndent(v, "", " ")
	require.NoError(t, err)
	return string(data) + "\n"
}

func TestFormats(t *testing.T) {
	files := map[string]bool{"": true}
	for _, f := range report.Formats {
		require.NotEmpty(t, f.Short, f.Name)
		require.True(t, f.File == "" || !files[f.File], "two formats write %s", f.File)
		files[f.File] = true
	}
	_, err := report.LookupFormat("pdf")
	require.EqualError(t, err, `found "pdf", want text, table, json, sarif, junit, html`)
}

// TestSchema generates docs/report.schema.json from the types and their comments, and holds every report against it.
func TestSchema(t *testing.T) {
	r := &jsonschema.Reflector{Anonymous: true, Mapper: words}
	t.Chdir("../..") // where import paths begin
	require.NoError(t, r.AddGoComments("github.com/crossgo/crossgo", "./verify"))
	s := r.Reflect(report.Document{})
	s.ID, s.Title = "https://github.com/crossgo/crossgo/blob/main/docs/report.schema.json", "The report of crossgo (report.json)"
	one, several := &jsonschema.Schema{Required: []string{"platform", "files"}}, &jsonschema.Schema{Required: []string{"reports"}}
	document := s.Definitions["Document"]
	document.Required, document.OneOf = []string{"verified"}, []*jsonschema.Schema{one, several}
	text, err := json.MarshalIndent(s, "", "  ")
	require.NoError(t, err)
	golden.Equal(t, "docs/report.schema.json", string(text)+"\n")

	published, err := schema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	compiler := schema.NewCompiler()
	require.NoError(t, compiler.AddResource("report.schema.json", published))
	checked, err := compiler.Compile("report.schema.json")
	require.NoError(t, err)
	valid := func(text string) error {
		doc, err := schema.UnmarshalJSON(strings.NewReader(text))
		require.NoError(t, err)
		return checked.Validate(doc)
	}
	require.NoError(t, valid(write(t, "json", reportcase.One())))
	require.NoError(t, valid(write(t, "json", reportcase.Many())))
	require.NoError(t, valid(write(t, "json", []report.Report{{Platform: "linux/arm64"}})))
	require.Error(t, valid(write(t, "json", reportcase.Hostile())), "a level that is none")
	require.Error(t, valid(`{"verified": true}`))
	require.Error(t, valid(strings.Replace(write(t, "json", reportcase.One()), `"sha256"`, `"sha512"`, 1)))
}

// words are the strings of which there are only a few.
func words(t reflect.Type) *jsonschema.Schema {
	known := map[reflect.Type][]any{
		reflect.TypeFor[verify.Level](): {verify.Fail, verify.Warn, verify.Note, verify.Pass},
		reflect.TypeFor[size.Kind]():    {size.Code, size.Data, size.Tables, size.Debug, size.Link},
	}
	if list, ok := known[t]; ok {
		return &jsonschema.Schema{Type: "string", Enum: list}
	}
	return nil
}

// TestRead reads what was written.
func TestRead(t *testing.T) {
	for _, reports := range [][]report.Report{reportcase.One(), reportcase.Many()} {
		back, err := report.Read(strings.NewReader(write(t, "json", reports)))
		require.NoError(t, err)
		require.Equal(t, reports, back)
	}
	for _, bad := range []string{"", "[]", "{}", `{"verified":true,"reports":[]}`, "text"} {
		_, err := report.Read(strings.NewReader(bad))
		require.ErrorContains(t, err, "is no report", bad)
	}
}

// TestSARIF holds every log against the published schema, and looks at what viewers read.
func TestSARIF(t *testing.T) {
	for _, c := range cases() {
		log, err := sarif.FromString(write(t, "sarif", c.reports))
		require.NoError(t, err)
		require.NoError(t, log.Validate(), c.name)
		rules := log.Runs[0].Tool.Driver.Rules
		require.Len(t, rules, len(verify.Rules()))
		for i, rule := range verify.Rules() {
			require.Equal(t, rule.ID, *rules[i].ID)
			require.Equal(t, "https://github.com/crossgo/crossgo/blob/main/docs/checks/"+rule.ID+".md", *rules[i].HelpURI)
			require.Contains(t, *rules[i].Help.Text, rule.Mend[1:])
		}
	}
	log, err := sarif.FromString(write(t, "sarif", spoiled()))
	require.NoError(t, err)
	results := log.Runs[0].Results
	i := slices.IndexFunc(results, func(r *sarif.Result) bool { return *r.RuleID == "machine" })
	require.Equal(t, "error", results[i].Level)
	require.Equal(t, "machine", *log.Runs[0].Tool.Driver.Rules[results[i].RuleIndex].ID)
	place := results[i].Locations[0].PhysicalLocation
	require.Equal(t, "crossgo.yaml", *place.ArtifactLocation.URI)
	require.Equal(t, 7, *place.Region.StartLine)
	require.Equal(t, "server", *results[i].AnalysisTarget.URI)
}

// TestJUnit reads the XML with the library that wrote it, and counts.
func TestJUnit(t *testing.T) {
	for _, c := range cases() {
		text := write(t, "junit", c.reports)
		var suites junit.Testsuites
		require.NoError(t, xml.Unmarshal([]byte(text), &suites), c.name)
		require.NotContains(t, text, "\x1b")
		failed := 0
		for _, s := range suites.Suites {
			names := map[string]bool{}
			for _, test := range s.Testcases {
				require.False(t, names[test.Name], "%s has two tests %s", s.Name, test.Name)
				names[test.Name] = true
				if test.Failure != nil {
					failed++
				}
			}
		}
		require.Equal(t, suites.Failures, failed)
		require.Equal(t, failed > 0, slices.ContainsFunc(c.reports, report.Report.Failed), c.name)
	}
}

// elements are what the page is made of; anything else came out of a text.
var elements = strings.Fields(`html head meta title style body header div h1 ul li b span nav a main section h2 h3 p dl dt dd code table thead tbody tr th td
	details summary small svg g rect text br i footer`)

// TestHostileHTML parses the page as a browser does: no text of a report has become an element, an attribute or an address.
func TestHostileHTML(t *testing.T) {
	page := write(t, "html", reportcase.Hostile())
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			require.ErrorIs(t, z.Err(), io.EOF)
			break
		}
		token := z.Token()
		if kind == html.TextToken || kind == html.DoctypeToken {
			continue
		}
		require.Contains(t, elements, token.Data)
		for _, a := range token.Attr {
			require.False(t, strings.HasPrefix(a.Key, "on"), "%s has %s", token.Data, a.Key)
			if a.Key == "href" {
				require.Regexp(t, `^(#|https://github\.com/crossgo/crossgo/)`, a.Val)
			}
			require.NotEqual(t, "src", a.Key)
		}
	}
	require.Contains(t, page, "&lt;script&gt;alert(1)&lt;/script&gt;")
	for _, c := range page {
		require.True(t, c == '\n' || unicode.IsPrint(c), "%q", c)
	}
}

// TestHostileText: no line is broken and no terminal driven.
func TestHostileText(t *testing.T) {
	for _, name := range []string{"text", "table"} {
		text := write(t, name, reportcase.Hostile())
		for _, c := range text {
			require.True(t, c == '\n' || unicode.IsPrint(c), "%s: %q", name, c)
		}
	}
	want := len(strings.Split(write(t, "text", reportcase.One()), "\n")) - 1 // all pass: one line for the file
	hostile := reportcase.Hostile()[0]
	for _, f := range hostile.Files[0].Findings {
		if f.Level != verify.Pass {
			want++
		}
	}
	require.Len(t, strings.Split(write(t, "text", reportcase.Hostile()), "\n"), want)
}

// TestMeasured adds sizes where there is something to measure.
func TestMeasured(t *testing.T) {
	exe, err := os.Executable()
	require.NoError(t, err)
	var f, none report.File
	f.Measure(exe)
	require.NotNil(t, f.Sizes)
	require.NotEmpty(t, f.Sizes.Packages)
	none.Measure(t.TempDir())
	require.Nil(t, none.Sizes)
}
