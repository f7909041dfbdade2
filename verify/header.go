package verify

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// headerMark ends what cmd/cgo writes into every header; behind it stands what the program exports (cmd/cgo/out.go).
const headerMark = "/* End of boilerplate cgo prologue.  */"

const maxHeader = 1 << 24

var (
	comments   = regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*`)
	directives = regexp.MustCompile(`(?m)^[ \t]*#(?:[^\n]*\\\n)*[^\n]*`)
	declared   = regexp.MustCompile(`^extern\s[^(]*?([\pL_][\pL\pN_]*)\s*\(`)
	attributes = regexp.MustCompile(`__declspec\s*\(\s*\w+\s*\)|__attribute__\s*\(\([^()]*\)\)`)
)

// Header reads the C header that the go command writes beside a c-shared or c-archive library, and gives the names of the functions
// that it declares to be exported, sorted. A header that cmd/cgo did not write is an error; one without functions gives none.
func Header(r io.Reader) ([]string, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxHeader+1))
	switch {
	case err != nil:
		return nil, err
	case len(raw) > maxHeader:
		return nil, fmt.Errorf("the header is longer than %d bytes", maxHeader)
	}
	_, text, found := strings.Cut(string(raw), headerMark)
	if !found {
		return nil, fmt.Errorf("it is no header that cgo wrote: %q is not in it", headerMark)
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = directives.ReplaceAllString(comments.ReplaceAllString(text, " "), "")
	var names []string
	for statement := range strings.SplitSeq(attributes.ReplaceAllString(text, " "), ";") {
		_, statement = cutBlock(statement)
		if m := declared.FindStringSubmatch(strings.TrimSpace(statement)); m != nil {
			names = append(names, m[1])
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// cutBlock gives what stands behind the last brace: the brackets of extern "C" and of structs end no statement.
func cutBlock(statement string) (before, after string) {
	i := strings.LastIndexAny(statement, "{}") + 1
	return statement[:i], statement[i:]
}

// headerBeside finds the header of a library by its name, as the go command and its users have it, and reads it.
func headerBeside(file string) header {
	plain := strings.TrimSuffix(file, filepath.Ext(file))
	dir, base := filepath.Split(plain)
	candidates := []string{plain + ".h"}
	if short, ok := strings.CutPrefix(base, "lib"); ok && short != "" {
		candidates = append(candidates, dir+short+".h")
	}
	for _, path := range candidates {
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var names []string
		if err == nil {
			names, err = Header(f)
			f.Close()
		}
		if err != nil {
			return header{problem: fmt.Sprintf("header %s: %v", filepath.Base(path), plainError(err))}
		}
		return header{names: names}
	}
	return header{problem: fmt.Sprintf("there is no header %s beside it", filepath.Base(candidates[0]))}
}

// plainError leaves out the path of an error, which messages name themselves.
func plainError(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}
