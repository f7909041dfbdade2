package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
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
	{Name: "text", Short: "a line for each thing to know", Write: readable(writeText)},
	{Name: "table", File: "report.txt", Short: "a table of files, then those lines", Sizes: true, Write: readable(writeTable)},
	{Name: "json", File: "report.json", Short: "all of it, for programs: docs/report.schema.json", Sizes: true, Write: writeJSON},
	{Name: "sarif", File: "report.sarif", Short: "SARIF 2.1.0, for code scanning", Write: readable(writeSARIF)},
	{Name: "junit", File: "report.junit.xml", Short: "JUnit XML, for CI", Write: readable(writeJUnit)},
	{Name: "html", File: "report.html", Short: "one page for people, for any browser", Sizes: true, Write: readable(writeHTML)},
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

// writeText begins each line with the platform where there are several.
func writeText(w io.Writer, reports []Report) error {
	if len(reports) == 1 {
		return reports[0].Text(w)
	}
	for _, r := range reports {
		var b strings.Builder
		if err := r.Text(&b); err != nil {
			return err
		}
		for line := range strings.Lines(b.String()) {
			if _, err := fmt.Fprintf(w, "%s: %s", r.Platform, line); err != nil {
				return err
			}
		}
	}
	return nil
}

// readable is a writer that is given texts without anything that drives a terminal, breaks a line or is no letter: they come from files
// that nobody vouches for.
func readable(write func(io.Writer, []Report) error) func(io.Writer, []Report) error {
	return func(w io.Writer, reports []Report) error {
		return write(w, clean(reflect.ValueOf(reports)).Interface().([]Report))
	}
}

// clean is a copy with every string made oneLine.
func clean(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.String:
		out.SetString(oneLine(v.String()))
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(clean(v.Elem()))
		}
	case reflect.Slice:
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(clean(v.Index(i)))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := out.Field(i); f.CanSet() {
				f.Set(clean(v.Field(i)))
			}
		}
	}
	return out
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
