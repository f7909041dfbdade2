package frontend

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	gollb "github.com/crossgo/crossgo/llb"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
)

// faultKind is what was wrong with what a server sent, or did not send.
type faultKind int

// The kinds of fault. Each has a sentence of its own.
const (
	faultOther     faultKind = iota
	faultPassing             // no connection, one that broke, a server's own trouble: it may go well next time
	faultNowhere             // the name is not known
	faultUntrusted           // its certificate is not
	faultMissing             // 404
	faultEmpty               // nothing was sent
	faultPage                // a page for people was sent
	faultAltered             // something of another digest was sent
)

// fault is one address that did not give its file.
type fault struct {
	kind        faultKind
	address     string
	said        string // the server's or BuildKit's own words
	found, want string // digests, where the kind is faultAltered
	file        fileKind
	of          string // what names the file: "the InRelease of trixie of 2026-11-21"
}

// fileKind is what a file of an archive is for.
type fileKind int

const (
	fileSigned fileKind = iota
	fileIndex
	filePackage
)

// causes tell the kind of a fault by BuildKit's words, the first that fits.
var causes = []struct {
	words *regexp.Regexp
	kind  faultKind
}{
	{regexp.MustCompile(`invalid response status (404|410)`), faultMissing},
	{regexp.MustCompile(`invalid response status (408|425|429|5\d\d)`), faultPassing},
	{regexp.MustCompile(`digest mismatch`), faultAltered},
	{regexp.MustCompile(`x509: |tls: |server gave HTTP response to HTTPS client`), faultUntrusted},
	{regexp.MustCompile(`no such host`), faultNowhere},
	{regexp.MustCompile(`connection refused|connection reset|broken pipe|timeout|timed out|EOF|no route to host|` +
		`network is unreachable|server misbehaving|temporary failure|server closed|http2: |` +
		`transport connection broken|connection closed`), faultPassing},
}

var (
	mismatch  = regexp.MustCompile(`digest mismatch (?:for \S+: )?(sha256:\w+)(?::| \(expected:) (sha256:\w+)`)
	status    = regexp.MustCompile(`invalid response status (\d+)`)
	requested = regexp.MustCompile(`(?:Get|Head) "[^"]*": `)
)

// faultOf reads what BuildKit says of a file that it could not fetch.
func faultOf(address string, err error) *fault {
	text := err.Error()
	f := &fault{address: withoutFragment(address), said: text}
	for _, c := range causes {
		if c.words.MatchString(text) {
			f.kind = c.kind
			break
		}
	}
	if m := mismatch.FindStringSubmatch(text); m != nil {
		f.found, f.want = m[1], m[2]
	}
	if m := status.FindStringSubmatch(text); m != nil {
		f.said = "the server answered " + m[1]
	} else if at := requested.FindStringIndex(text); at != nil {
		f.said = text[at[1]:]
	}
	return f
}

func withoutFragment(address string) string {
	address, _, _ = strings.Cut(address, "#")
	return address
}

// again is how often it is worth to ask once more. A wrong digest may be that of a server's page about its own
// trouble.
func (f *fault) again() int {
	switch f.kind {
	case faultPassing:
		return maxAgain
	case faultAltered:
		if f.file == filePackage {
			return 1
		}
	}
	return 0
}

// whole reports whether the fault is not the file's but the mirror's.
func (f *fault) whole() bool {
	return f.kind == faultPassing || f.kind == faultNowhere || f.kind == faultUntrusted || f.kind == faultPage
}

// missing are the words for a file that is not there, by what it is for.
var missing = map[fileKind]string{
	fileSigned: "404, there is no such file: the address has to be the one above dists/ and pool/, " +
		"and the mirror has to carry this suite",
	fileIndex: "404, there is no such file",
	filePackage: "404, the package file has left the mirror's pool, though its index still names it (%s): " +
		"the mirror is being updated, or a cache in front of it serves an old index",
}

// Error is the fault in one sentence.
func (f *fault) Error() string { return f.address + ": " + f.sentence() }

func (f *fault) sentence() string {
	switch f.kind {
	case faultMissing:
		if f.file == filePackage {
			return fmt.Sprintf(missing[f.file], f.of)
		}
		return missing[f.file]
	case faultEmpty:
		return "the server sent an empty file: the mirror's copy was interrupted, or a cache in front of it is broken"
	case faultPage:
		return "the server sent a web page" + f.said + " in place of the file: a proxy or a login page answers for the mirror"
	case faultAltered:
		if f.file == fileIndex {
			return fmt.Sprintf("another index lies there: found digest %s, want %s, which %s says", f.found, f.want, f.of)
		}
		return fmt.Sprintf("the file was changed or damaged: found digest %s, want %s, which %s says", f.found, f.want, f.of)
	case faultUntrusted:
		return f.said + ": the builder does not trust the server's certificate; BuildKit fetches this file itself, " +
			"with the certificates of the machine that it runs on"
	case faultNowhere:
		return "the builder knows no such host: " + f.said
	}
	return f.said
}

// advice says what helps with a file that no mirror gives.
func (f *fault) advice() string {
	const another = "name another mirror, or several to be tried in order: " +
		"--build-arg DEBIAN_MIRROR=https://one.example/debian,https://two.example/debian"
	switch {
	case f.kind == faultPage:
		return "look at the proxy settings of the machine that BuildKit runs on, or " + another
	case f.kind == faultMissing || f.kind == faultAltered || f.kind == faultEmpty:
		return "build again in some minutes, or " + another
	}
	return another
}

// about is a fault with what is known of its file.
func (m *mirrors) about(address string, f *fault) *fault {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, isIndex := m.indexes[address]
	archive, _, _ := m.mirrorOf(address)
	switch {
	case isSigned(address):
		f.file = fileSigned
	case isIndex:
		f.file, f.of = fileIndex, i.of
	default:
		f.file, f.of = filePackage, "InRelease of "+m.sources(archive)
	}
	return f
}

// lostFile is a file that no mirror gives.
type lostFile struct {
	address string
	faults  []error
	outOf   string // the signed index that the mirror is out of step with, if that is what it looks like
}

func (e *lostFile) Error() string {
	last, _ := e.faults[len(e.faults)-1].(*fault)
	var b strings.Builder
	switch {
	case e.outOf != "":
		fmt.Fprintf(&b, "%s: the mirror is out of step: %s names this index, but the mirror has it neither "+
			"under its digest nor under its name; it is being updated, or a cache in front of it mixes the files of two days", e.address, e.outOf)
	case len(e.faults) == 1:
		b.WriteString(e.faults[0].Error())
	default:
		fmt.Fprintf(&b, "%s: no mirror gives this file", e.address)
	}
	if len(e.faults) > 1 {
		for _, f := range e.faults {
			fmt.Fprintf(&b, "\n  %s", f)
		}
	}
	if last != nil && last.file != fileSigned { // whose error has the advice in it
		fmt.Fprintf(&b, "\nhint: %s", last.advice())
	}
	return b.String()
}

// lost is the error of a file that is to be had from nowhere.
func (f *troubled) lost(m *mirrors, address string) error {
	e := &lostFile{address: address, faults: f.failed}
	i, isIndex := m.indexes[address]
	for _, err := range f.failed {
		var one *fault
		if !errors.As(err, &one) || one.kind != faultMissing && one.kind != faultAltered {
			isIndex = false
		}
	}
	if isIndex {
		e.outOf, e.address = i.of, i.plain
	}
	return e
}

// diagnose finds out what a server sends. BuildKit compares digests and looks at nothing else, so that a page which
// says "not found" shows as a wrong digest.
func (r *request) diagnose(ctx context.Context, address string, cause error) *fault {
	f := faultOf(address, cause)
	if f.kind != faultAltered {
		return f
	}
	head, err := r.lookAt(ctx, address)
	if err == nil {
		f.look(head)
		return f
	}
	if looked := faultOf(address, err); looked.kind != faultOther {
		return looked
	}
	return f
}

// lookAt is the beginning of what a server sends for an address.
func (r *request) lookAt(ctx context.Context, address string) ([]byte, error) {
	def, err := gollb.Look(address).Marshal(ctx, r.inputs.Constraints()...)
	if err != nil {
		return nil, err
	}
	ref, err := r.solveGraph(ctx, def.ToPB())
	if err != nil {
		return nil, err
	}
	head := &gwclient.FileRange{Length: pageHead}
	return ref.ReadFile(ctx, gwclient.ReadRequest{Filename: gollb.LookFile, Range: head})
}

// pageHead is how much of an answer is looked at.
const pageHead = 1024

var title = regexp.MustCompile(`(?is)<title[^>]*>\s*(.{1,80}?)\s*</title>`)

// look tells nothing and a web page from all else.
func (f *fault) look(head []byte) bool {
	switch {
	case len(head) == 0:
		f.kind = faultEmpty
	case isPage(head):
		f.kind, f.said = faultPage, ""
		if m := title.FindSubmatch(head); m != nil {
			f.said = fmt.Sprintf(" (%q)", m[1])
		}
	default:
		return false
	}
	return true
}

var page = regexp.MustCompile(`(?i)^\s*<(!doctype html|html|head|\?xml)`)

func isPage(head []byte) bool { return page.Match(head) }
