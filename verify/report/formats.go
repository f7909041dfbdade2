package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/verify/size"
)

// Format is one form of a report.
type Format struct {
	Name  string // what --format calls it: "sarif"
	File  string // the name that tools expect for a file of it: "report.sarif". Empty: it is for terminals alone, and builds do not write it
	Short string // what it is for, in a few words
	Sizes bool   // it shows what the bytes are spent on: call Measure before
	Write func(w io.Writer, reports []Report) error
}

// Formats are all forms, in the order of the help. Each takes the reports of any number of platforms, at least one, and the same reports
// give the same bytes.
var Formats = []Format{
	{Name: "text", Short: "a line for each thing to know", Write: writeText},
	{Name: "table", File: "report.txt", Short: "a table of files, then those lines", Sizes: true, Write: writeTable},
	{Name: "json", File: "report.json", Short: "all of it, for programs: docs/report.schema.json", Sizes: true, Write: writeJSON},
	{Name: "sarif", File: "report.sarif", Short: "SARIF 2.1.0, for code scanning", Write: writeSARIF},
	{Name: "junit", File: "report.junit.xml", Short: "JUnit XML, for CI", Write: writeJUnit},
	{Name: "html", File: "report.html", Short: "one page for people, for any browser", Sizes: true, Write: writeHTML},
}

// LookupFormat is the format of that name. The error says which there are.
func LookupFormat(name string) (Format, error) {
	i := slices.IndexFunc(Formats, func(f Format) bool { return f.Name == name })
	if i < 0 {
		return Format{}, fmt.Errorf("found %q, want %s", name, FormatNames())
	}
	return Formats[i], nil
}

// FormatNames are the names of all formats for a message: "text, json".
func FormatNames() string {
	var names []string
	for _, f := range Formats {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// Measure adds to the file what the bytes of the one at path are spent on. What is no executable has no sizes; neither has one that is
// damaged: the findings tell of that.
func (f *File) Measure(path string) {
	if m, err := size.File(path); err == nil {
		f.Sizes = &m
	}
}

func writeText(w io.Writer, reports []Report) error {
	for _, r := range reports {
		if err := r.Text(w); err != nil {
			return err
		}
	}
	return nil
}

// Document is what report.json holds: the report of one platform, or those of several.
type Document struct {
	Verified bool     `json:"verified"` // every check of every file held
	*Report           // of the one platform; nil with several
	Reports  []Report `json:"reports,omitempty"` // of several platforms
}

func writeJSON(w io.Writer, reports []Report) error {
	doc := Document{Verified: !slices.ContainsFunc(reports, Report.Failed), Reports: reports}
	if len(reports) == 1 {
		one := reports[0]
		if one.Files == nil {
			one.Files = []File{}
		}
		doc.Report, doc.Reports = &one, nil
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}

// Read is the reports in what the format json wrote.
func Read(r io.Reader) ([]Report, error) {
	var doc Document
	if err := json.NewDecoder(r).Decode(&doc); err != nil {
		return nil, fmt.Errorf("is no report: %w", err)
	}
	switch {
	case len(doc.Reports) > 0:
		return doc.Reports, nil
	case doc.Report != nil && doc.Platform != "":
		return []Report{*doc.Report}, nil
	}
	return nil, errors.New("is no report: it names no platform")
}
