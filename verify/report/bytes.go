package report

import (
	"crypto/sha256"
	"encoding/hex"
	"io"

	"github.com/crossgo/crossgo/verify"
	"github.com/crossgo/crossgo/verify/size"
)

// CheckBytes is Check for a file that is open: in holds size bytes. One that cannot be read is a finding "read".
func (r *Report) CheckBytes(name string, in io.ReaderAt, size int64, want verify.Want) *File {
	f := File{Name: name, Size: size, Findings: verify.Read(in, size, want)}
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(in, 0, size)); err != nil {
		f.Size, f.Findings = 0, unreadable(err)
	} else {
		f.SHA256 = hex.EncodeToString(h.Sum(nil))
	}
	r.Files = append(r.Files, f)
	return &r.Files[len(r.Files)-1]
}

// Unreadable adds what could not be looked at, and why.
func (r *Report) Unreadable(name string, err error) {
	r.Files = append(r.Files, File{Name: name, Findings: unreadable(err)})
}

func unreadable(err error) []verify.Finding {
	return []verify.Finding{{Check: "read", Level: verify.Fail, Found: "unreadable", Text: "cannot be read: " + err.Error()}}
}

// MeasureBytes is Measure for a file that is open.
func (f *File) MeasureBytes(in io.ReaderAt, bytes int64) {
	if m, err := size.Read(in, bytes); err == nil {
		f.Sizes = &m
	}
}
