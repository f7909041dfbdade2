package report

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/verify"
	"github.com/crossgo/crossgo/verify/size"
)

//go:embed page.html
var pageText string

// pageTemplate escapes all that it is given for the place where it stands: names and texts come from files that nobody vouches for.
var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"bytes": bytesText, "prose": prose, "short": func(s string) string { return s[:min(12, len(s))] },
}).Parse(pageText))

// writeHTML writes one page that stands by itself: no script, nothing from the network, light or dark as its reader has it.
func writeHTML(w io.Writer, reports []Report) error {
	return pageTemplate.Execute(w, newPage(reports))
}

// pageView is what the template shows.
type pageView struct {
	Verified   bool
	Verdict    string
	Facts      []fact
	Checks     []checkHead
	Rows       []matrixRow
	Faults     []problem // failures, then warnings
	Notes      []problem
	Programs   []program
	Exceptions []exceptionView
	Components []componentGroup
	Layers     []layerView
	Docs       string
}

// exceptionView is an exception with the platforms that have it.
type exceptionView struct {
	Exception
	Platforms []string
}

// fact is one of the few things that stand at the top.
type fact struct{ Name, Value, Class string }

type checkHead struct{ ID, Title, Page string }

type matrixRow struct {
	Platform, File, Result string
	Level                  verify.Level
	Size                   int64
	SHA256, Anchor         string
	Cells                  []cell
}

// cell is one check on one file; without a level it was not made.
type cell struct {
	Level       verify.Level
	Mark, Title string
}

// levelMarks are read without colours too.
var levelMarks = map[verify.Level]string{verify.Pass: "✓", verify.Note: "i", verify.Warn: "!", verify.Fail: "✕"}

// problem is one text with all files that it is said of.
type problem struct {
	Level                         verify.Level
	Check, Title, Page, Why, Mend string
	Text                          string
	Files                         []fileRef
}

type fileRef struct{ Platform, File, Anchor string }

// program is a file's name with what it is on every platform.
type program struct {
	Name      string
	Bars      []bar
	Legend    []legend
	Decisions []decisionView
	Files     []fileView
}

// bar is a file's size by what it is spent on, as parts of the largest file.
type bar struct {
	Platform string
	Bytes    int64
	Parts    []barPart
}

type barPart struct {
	Class, Title string
	Percent      string
}

type legend struct{ Class, Name string }

// decisionView is one decision on all platforms: values that differ stand one below the other.
type decisionView struct {
	Name   string
	Values []decidedView
}

type decidedView struct {
	Value, Why, Where string
	Platforms         []string // none: all
}

type fileView struct {
	Anchor, Platform string
	Level            verify.Level
	Open             bool
	File             File
	Outcomes         []outcomeView
	Tiles            []tile
	Basis            string
}

type outcomeView struct {
	Level             verify.Level
	Mark, Check, Text string
	Page              string
}

type componentGroup struct {
	Name  string
	Of    string // what the items are: "packages"
	Items []Component
}

type layerView struct {
	Platform string
	Layers   []layerBar
	Total    int64
}

type layerBar struct {
	Layer
	Percent string
}

func newPage(reports []Report) pageView {
	p := pageView{Verified: !slices.ContainsFunc(reports, Report.Failed), Docs: docs + "verify.md"}
	p.Checks = heads(reports)
	for i, r := range reports {
		for j, f := range r.Files {
			p.Rows = append(p.Rows, newRow(r, f, anchor(i, j), p.Checks))
		}
	}
	p.Faults, p.Notes = problems(reports)
	p.Verdict, p.Facts = verdict(p), facts(reports)
	p.Programs = programs(reports)
	p.Exceptions = exceptions(reports)
	p.Components, p.Layers = components(reports), layers(reports)
	return p
}

func anchor(i, j int) string { return fmt.Sprintf("f%d-%d", i, j) }

// heads are the checks that were made at all: those that this version knows in the order of the rules, then others.
func heads(reports []Report) []checkHead {
	var made, list []string
	for _, r := range reports {
		for _, f := range r.Files {
			for _, finding := range f.Findings {
				if !slices.Contains(made, finding.Check) {
					made = append(made, finding.Check)
				}
			}
		}
	}
	for _, rule := range verify.Rules() {
		if slices.Contains(made, rule.ID) {
			list = append(list, rule.ID)
		}
	}
	for _, id := range made {
		if !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	var all []checkHead
	for _, id := range list {
		all = append(all, checkHead{id, title(id), page(id)})
	}
	return all
}

func newRow(r Report, f File, at string, checks []checkHead) matrixRow {
	row := matrixRow{Platform: r.Platform, File: f.Name, Level: f.Level(), Result: levelResults[f.Level()], Size: f.Size, SHA256: f.SHA256, Anchor: at}
	done := map[string]outcome{}
	for _, o := range f.outcomes() {
		done[o.check] = o
	}
	for _, c := range checks {
		o, ok := done[c.ID]
		if !ok {
			row.Cells = append(row.Cells, cell{Title: c.ID + ": does not apply"})
			continue
		}
		row.Cells = append(row.Cells, cell{o.level, levelMarks[o.level], c.ID + ": " + o.text()})
	}
	return row
}

// problems are the texts of what does not hold and of notes, each once, the gravest first, then in the order of the files.
func problems(reports []Report) (faults, notes []problem) {
	var all []problem
	for i, r := range reports {
		for j, f := range r.Files {
			for _, finding := range f.Findings {
				if finding.Level == verify.Pass {
					continue
				}
				same := func(p problem) bool {
					return p.Check == finding.Check && p.Level == finding.Level && p.Text == finding.Text
				}
				k := slices.IndexFunc(all, same)
				if k < 0 {
					k, all = len(all), append(all, newProblem(finding))
				}
				all[k].Files = append(all[k].Files, fileRef{r.Platform, f.Name, anchor(i, j)})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b problem) int { return cmp.Compare(rank(a.Level), rank(b.Level)) })
	for _, p := range all {
		if p.Level == verify.Note {
			notes = append(notes, p)
		} else {
			faults = append(faults, p)
		}
	}
	return faults, notes
}

func newProblem(f verify.Finding) problem {
	rule, _ := verify.LookupRule(f.Check)
	return problem{Level: f.Level, Check: f.Check, Text: f.Text, Title: rule.Title, Why: rule.Why, Mend: rule.Mend, Page: page(f.Check)}
}

func verdict(p pageView) string {
	bad := 0
	for _, r := range p.Rows {
		if r.Level == verify.Fail {
			bad++
		}
	}
	switch n := len(p.Rows); {
	case n == 0:
		return "No file was checked"
	case bad > 0:
		return fmt.Sprintf("%d of %s not what was asked for", bad, plural(n, "file is", "files are"))
	default:
		return plural(n, "file is", "files are") + " what was asked for"
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// facts are what the reports have in common, as far as they tell.
func facts(reports []Report) []fact {
	var platforms []string
	var findings [4]int
	var bytes int64
	for _, r := range reports {
		platforms = append(platforms, r.Platform)
		for _, f := range r.Files {
			bytes += f.Size
			for i, l := range gravity {
				findings[i] += f.count(l)
			}
		}
	}
	slices.Sort(platforms)
	list := []fact{{Name: "platforms", Value: fmt.Sprint(len(slices.Compact(platforms)))}, {Name: "checks held", Value: fmt.Sprint(findings[3])},
		counted("failures", findings[0], verify.Fail), counted("warnings", findings[1], verify.Warn), counted("notes", findings[2], ""),
		{Name: "bytes checked", Value: bytesText(bytes)}}
	for _, r := range reports {
		if r.Build == nil {
			continue
		}
		for _, c := range r.Build.Components {
			if c.Group == "Go" || c.Group == "crossgo" {
				list = append(list, fact{Name: c.Name, Value: c.Version})
			}
		}
		return append(list, fact{Name: "compiled on", Value: r.Build.Platform})
	}
	return list
}

// counted stands out where there are any.
func counted(name string, n int, l verify.Level) fact {
	f := fact{Name: name, Value: fmt.Sprint(n)}
	if n > 0 {
		f.Class = string(l)
	}
	return f
}

// programs gathers files of one name, whatever ending a platform gives them.
func programs(reports []Report) []program {
	var all []program
	own := map[string][]ownFile{}
	for i, r := range reports {
		for j, f := range r.Files {
			name := strings.TrimSuffix(strings.TrimSuffix(f.Name, ".exe"), ".wasm")
			if own[name] == nil {
				all = append(all, program{Name: name})
			}
			own[name] = append(own[name], ownFile{r.Platform, anchor(i, j), f})
		}
	}
	for i := range all {
		files := own[all[i].Name]
		all[i].Bars, all[i].Legend = bars(files)
		all[i].Decisions = decisions(files)
		for _, f := range files {
			all[i].Files = append(all[i].Files, f.view(len(all) == 1 && len(files) == 1))
		}
	}
	return all
}

// ownFile is a file with its platform.
type ownFile struct {
	platform, anchor string
	File
}

func (f ownFile) view(open bool) fileView {
	v := fileView{Anchor: f.anchor, Platform: f.platform, Level: f.Level(), File: f.File, Open: open}
	for _, o := range f.outcomes() {
		v.Outcomes = append(v.Outcomes, outcomeView{o.level, levelMarks[o.level], o.check, o.text(), page(o.check)})
	}
	if f.Sizes != nil && len(f.Sizes.Packages) > 0 {
		v.Tiles, v.Basis = treemap(*f.Sizes), basis(*f.Sizes)
	}
	return v
}

func basis(m size.Map) string {
	var bytes int64
	for _, p := range m.Packages {
		bytes += p.Bytes
	}
	from := "machine code, from Go's function table; the file is stripped, or its symbols tell no sizes"
	if m.Symbols {
		from = "machine code from Go's function table, data from the symbols"
	}
	return fmt.Sprintf("%s of %s by package: %s.", bytesText(bytes), bytesText(m.Bytes), from)
}

// kinds are the parts of a bar, in its order.
var kinds = []legend{{"code", "code"}, {"data", "data"}, {"tables", "Go's tables"}, {"debug", "symbols and debug information"}, {"link", "for the loader"}, {"head", "headers and padding"}}

func bars(files []ownFile) (list []bar, used []legend) {
	var largest int64
	for _, f := range files {
		largest = max(largest, f.Size)
	}
	shown := map[string]bool{}
	for _, f := range files {
		if f.Sizes == nil || largest == 0 {
			continue
		}
		sums := map[string]int64{"head": f.Sizes.Headers}
		for _, s := range f.Sizes.Sections {
			sums[string(s.Kind)] += s.Bytes
		}
		b := bar{Platform: f.platform, Bytes: f.Size}
		for _, k := range kinds {
			if n := sums[k.Class]; n > 0 {
				shown[k.Class] = true
				b.Parts = append(b.Parts, barPart{k.Class, k.Name + " " + bytesText(n), percent(n, largest)})
			}
		}
		list = append(list, b)
	}
	for _, k := range kinds {
		if shown[k.Class] {
			used = append(used, k)
		}
	}
	return list, used
}

// percent is n of whole for a style sheet.
func percent(n, whole int64) string {
	if whole <= 0 {
		return "0"
	}
	return fmt.Sprintf("%.2f", float64(n)/float64(whole)*100)
}

// decisions are those of all platforms in the order of the first file that has each.
func decisions(files []ownFile) []decisionView {
	var all []decisionView
	for _, f := range files {
		for _, d := range f.Decisions {
			i := slices.IndexFunc(all, func(v decisionView) bool { return v.Name == d.Name })
			if i < 0 {
				i, all = len(all), append(all, decisionView{Name: d.Name})
			}
			all[i].add(d, f.platform)
		}
	}
	for _, v := range all {
		if len(v.Values) == 1 && len(v.Values[0].Platforms) == len(files) {
			v.Values[0].Platforms = nil
		}
	}
	return all
}

func (v *decisionView) add(d Decision, platform string) {
	same := func(o decidedView) bool { return o.Value == d.Value && o.Why == d.Why && o.Where == d.Where }
	i := slices.IndexFunc(v.Values, same)
	if i < 0 {
		i, v.Values = len(v.Values), append(v.Values, decidedView{Value: d.Value, Why: d.Why, Where: d.Where})
	}
	v.Values[i].Platforms = append(v.Values[i].Platforms, platform)
}

// exceptions are those of all platforms, each once, in the order of the first of each.
func exceptions(reports []Report) (all []exceptionView) {
	for _, r := range reports {
		for _, e := range r.exceptions() {
			i := slices.IndexFunc(all, func(v exceptionView) bool { return v.Exception == e })
			if i < 0 {
				i, all = len(all), append(all, exceptionView{Exception: e})
			}
			all[i].Platforms = append(all[i].Platforms, r.Platform)
		}
	}
	return all
}

// components are those of all platforms, each once, by group in the order of the first of each.
func components(reports []Report) []componentGroup {
	var all []componentGroup
	for _, r := range reports {
		if r.Build == nil {
			continue
		}
		for _, c := range slices.Concat(r.Build.Components, archived(r.Build.Archives)) {
			i := slices.IndexFunc(all, func(g componentGroup) bool { return g.Name == c.Group })
			if i < 0 {
				i, all = len(all), append(all, componentGroup{Name: c.Group, Of: "packages"})
			}
			if c.Group == archiveGroup {
				all[i].Of = "signed indexes"
			}
			if !slices.Contains(all[i].Items, c) {
				all[i].Items = append(all[i].Items, c)
			}
		}
	}
	return all
}

const archiveGroup = "Debian archives"

// archived are archives as components of a group of their own.
func archived(list []Archive) []Component {
	var all []Component
	for _, a := range list {
		all = append(all, Component{Group: archiveGroup, Name: a.Suite, Version: a.text()})
	}
	return all
}

func layers(reports []Report) []layerView {
	var all []layerView
	var largest int64
	for _, r := range reports {
		for _, l := range r.Layers {
			largest = max(largest, l.Bytes)
		}
	}
	for _, r := range reports {
		v := layerView{Platform: r.Platform}
		for _, l := range r.Layers {
			v.Layers, v.Total = append(v.Layers, layerBar{l, percent(l.Bytes, largest)}), v.Total+l.Bytes
		}
		if len(v.Layers) > 0 {
			all = append(all, v)
		}
	}
	return all
}

// prosePart is a piece of a rule's text: code where that had backticks.
type prosePart struct {
	Text string
	Code bool
}

var proseLink = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)

// prose takes a rule's Markdown apart: code and text. Links are relative to the documentation and lead nowhere here.
func prose(s string) []prosePart {
	var parts []prosePart
	for i, text := range strings.Split(proseLink.ReplaceAllString(s, "$1"), "`") {
		if text != "" {
			parts = append(parts, prosePart{text, i%2 == 1})
		}
	}
	return parts
}
