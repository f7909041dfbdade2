// Package report writes the outcome of package verify for people and for programs. The same report gives the same bytes.
package report

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/crossgo/crossgo/verify"
	"github.com/crossgo/crossgo/verify/size"
)

// Report is the outcome of all files of one platform.
type Report struct {
	Platform string  `json:"platform"`         // "linux/arm/v7"
	Files    []File  `json:"files"`            // in the order they were checked
	Build    *Build  `json:"build,omitempty"`  // how they were made; only inside a build
	Layers   []Layer `json:"layers,omitempty"` // what a build of them stands on, in the order of the build; only inside a build
}

// Build is how crossgo made the files.
type Build struct {
	Platform   string      `json:"platform"`           // the machine that compiled: "linux/amd64"
	Components []Component `json:"components"`         // what it compiled with, in the order of their groups
	Archives   []Archive   `json:"archives,omitempty"` // where the Debian packages among these were chosen from
	Exceptions []Exception `json:"exceptions"`         // checks that were left out, or may fail; empty where there are none
}

// Archive is a signed index of Debian packages. How old it is tells a mirror that was held back.
type Archive struct {
	Archive  string   `json:"archive"`            // "main" or "security"
	Suite    string   `json:"suite"`              // "trixie-security"
	Date     string   `json:"date"`               // when it was made: "2026-11-21T09:31:05Z"
	SignedBy string   `json:"signedBy,omitempty"` // fingerprint of the key that signed it, where it is none of Debian's
	Expired  string   `json:"expired,omitempty"`  // when it had expired, where the build allowed that
	Without  []string `json:"without,omitempty"`  // architectures of the build that it has no packages for
}

// text is all that is known of the archive but its name.
func (a Archive) text() string {
	text := "index of " + a.Date
	if a.SignedBy != "" {
		text += ", signed by " + a.SignedBy
	}
	if a.Expired != "" {
		text += ", expired on " + a.Expired + ", which the build allowed"
	}
	if len(a.Without) > 0 {
		text += ", without packages for " + strings.Join(a.Without, ", ")
	}
	return text
}

// Exception is a check that a build was told to leave out, or that may fail.
type Exception struct {
	Setting   string `json:"setting"`   // "GOSUMDB", "verify.allow"
	Value     string `json:"value"`     // "off"
	Unchecked string `json:"unchecked"` // what is not checked
}

// Component is something that files were made with.
type Component struct {
	Group   string `json:"group"`            // "Go", "C toolchain for linux/amd64", "glibc sysroot for arm64 from bookworm"
	Name    string `json:"name"`             // "clang-19"
	Version string `json:"version"`          // "1:19.1.7-3"
	SHA256  string `json:"sha256,omitempty"` // of a package file, hex
}

// Decision is one thing that crossgo settled for a file.
type Decision struct {
	Name  string `json:"name"`            // as the spec has it, where it has it: "cgo", "link"
	Value string `json:"value"`           // "musl"
	Why   string `json:"why,omitempty"`   // where the spec does not say it: "used by github.com/mattn/go-sqlite3"
	Where string `json:"where,omitempty"` // the line that says it: "crossgo.yaml:4:11"
}

// Layer is a part of a build that a cache carries to the next one.
type Layer struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"` // of its files, not compressed
	Files int    `json:"files"`
}

// File is the outcome of one file.
type File struct {
	Name     string           `json:"name"`             // as the caller names it
	SHA256   string           `json:"sha256,omitempty"` // hex; empty when the file could not be read, or has more than 1 GiB and is no program
	Size     int64            `json:"size"`             // bytes
	Findings []verify.Finding `json:"findings"`         // in the order of the checks
	Sizes    *size.Map        `json:"sizes,omitempty"`  // what its bytes are spent on, where that was measured; see Measure

	Where     string     `json:"where,omitempty"`     // the line of the spec that asks for it: "crossgo.yaml:4:11"; only inside a build
	Decisions []Decision `json:"decisions,omitempty"` // what crossgo settled about it; only inside a build
}

// Check verifies the file at path and adds it to the report as name. A file that cannot be read is a finding "read" of
// level Fail, so that one missing file does not hide what is wrong with the others.
func (r *Report) Check(name, path string, want verify.Want) {
	findings, err := verify.File(path, want)
	if err == nil {
		var sum string
		var size int64
		if sum, size, err = digest(path, isProgram(findings)); err == nil {
			r.Files = append(r.Files, File{Name: name, SHA256: sum, Size: size, Findings: findings})
			return
		}
	}
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err // the line names the file already
	}
	r.Files = append(r.Files, File{Name: name, Findings: []verify.Finding{{Check: "read", Level: verify.Fail,
		Found: "unreadable", Text: "cannot be read: " + err.Error()}}})
}

// hugeFile is the size in bytes above which a file that is no program is not read to its end.
const hugeFile = 1 << 30

// isProgram reports whether the file has the format of some system at all.
func isProgram(findings []verify.Finding) bool {
	return !slices.ContainsFunc(findings, func(f verify.Finding) bool { return f.Check == "format" && f.Level == verify.Fail })
}

// digest hashes a regular file; anything else has no digest and no size. A huge file that is no program has a size alone.
func digest(path string, program bool) (sum string, size int64, err error) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return "", 0, err
	}
	if info.Size() > hugeFile && !program {
		return "", info.Size(), nil
	}
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	if size, err = io.Copy(h, f); err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(h.Sum(nil)), size, nil
}

// Failed reports whether any file has a finding of level Fail.
func (r Report) Failed() bool {
	for _, f := range r.Files {
		if verify.Failed(f.Findings) {
			return true
		}
	}
	return false
}

// JSON writes the report as indented JSON with a last newline. "verified" says whether every check of every file held.
func (r Report) JSON(w io.Writer) error { return writeJSON(w, []Report{r}) }

// levelWords are the levels that a line of the text names.
var levelWords = map[verify.Level]string{verify.Note: "note", verify.Warn: "warning"}

// Text writes one line per failure, "FILE: CHECK: text", one per warning or note, "FILE: warning: CHECK: text", and for a file without
// failures one line "FILE: ok: PLATFORM, N checks". Exceptions follow, "exception: SETTING is VALUE: text", archives, "archive: SUITE:
// index of DATE", and layers, "layer: NAME: SIZE in N files".
func (r Report) Text(w io.Writer) error {
	var b strings.Builder
	for _, f := range r.Files {
		passed := 0
		for _, finding := range f.Findings {
			switch finding.Level {
			case verify.Pass:
				passed++
			case verify.Note, verify.Warn:
				fmt.Fprintf(&b, "%s: %s: %s: %s\n", oneLine(f.Name), levelWords[finding.Level], oneLine(finding.Check), oneLine(finding.Text))
			default:
				fmt.Fprintf(&b, "%s: %s: %s\n", oneLine(f.Name), oneLine(finding.Check), oneLine(finding.Text))
			}
		}
		if !verify.Failed(f.Findings) {
			fmt.Fprintf(&b, "%s: ok: %s, %d checks\n", oneLine(f.Name), oneLine(r.Platform), passed)
		}
	}
	for _, e := range r.exceptions() {
		fmt.Fprintf(&b, "exception: %s is %s: %s\n", oneLine(e.Setting), oneLine(e.Value), oneLine(e.Unchecked))
	}
	if r.Build != nil {
		for _, a := range r.Build.Archives {
			fmt.Fprintf(&b, "archive: %s: %s\n", oneLine(a.Suite), oneLine(a.text()))
		}
	}
	for _, l := range r.Layers {
		fmt.Fprintf(&b, "layer: %s: %.1f MB in %d files\n", oneLine(l.Name), float64(l.Bytes)/1e6, l.Files)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// exceptions are those of the build, if there was one.
func (r Report) exceptions() []Exception {
	if r.Build == nil {
		return nil
	}
	return r.Build.Exceptions
}

// oneLine keeps what a hostile file calls itself from breaking lines, driving the terminal or turning the order of letters about.
func oneLine(s string) string {
	return strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return '?'
		}
		return c
	}, s)
}
