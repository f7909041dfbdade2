package step

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/sysroot"
)

// What a link takes from the sysroot only the linker knows: archives hold far more than what a program needs of them. So each link
// of the compile step leaves two files in PathLinks, which lld writes on the side and which change nothing of its output: the list
// of the files that it opened (--dependency-file), and of each archive the members that it took (--why-extract). When all links
// are done, they become plan.Links.

// Endings of the files that a link leaves. Their names begin with the key of the link.
const (
	openedEnding = ".opened"
	tookEnding   = ".took"
	wholeEnding  = ".whole" // the link takes archives whole, which are in no list of members
)

// recordLink gives a link the flags that make it tell what it takes. A link of which nothing can be told goes on without: what
// needs the record finds that it is missing.
func recordLink(args []string, dir string) []string {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return args
	}
	name := filepath.Join(dir, fmt.Sprintf("%s-%d", linkKey(buildID(goObject(args))), os.Getpid()))
	if slices.ContainsFunc(args, func(a string) bool { return strings.Contains(a, "whole-archive") }) {
		_ = os.WriteFile(name+wholeEnding, nil, 0o644) // else the record would only be too short
	}
	return slices.Concat(args, []string{"-Wl,--dependency-file=" + name + openedEnding, "-Wl,--why-extract=" + name + tookEnding})
}

// goObjectName matches the object with all of the program's Go code in a link's arguments (cmd/link/internal/ld/lib.go).
var goObjectName = regexp.MustCompile(`[^\s"']*/go\.o\b`)

// goObject finds it, in a file of arguments too, which the Go linker writes when there are very many.
func goObject(args []string) string {
	for _, a := range args {
		if file, ok := strings.CutPrefix(a, "@"); ok {
			text, _ := os.ReadFile(file) // without the file the link itself fails
			a = string(text)
		}
		if found := goObjectName.FindString(a); found != "" {
			return found
		}
	}
	return ""
}

// linkKey tells a program's link from those of others: all of Go's build id but its last part, which the go command only fills in
// after the link (updateBuildID in cmd/go/internal/work/buildid.go). Programs without a build id share one key.
func linkKey(id string) string {
	sum := sha256.Sum256([]byte(id[:max(strings.LastIndexByte(id, '/'), 0)]))
	return hex.EncodeToString(sum[:8])
}

// buildID is Go's build id of an ELF file; empty when it has none or cannot be read.
func buildID(file string) string {
	f, err := elf.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	s := f.Section(".note.go.buildid")
	if s == nil || s.Size > 4096 {
		return ""
	}
	note, err := s.Data()
	if err != nil {
		return ""
	}
	return noteText(f.ByteOrder, note)
}

// noteText is what an ELF note of Go's says: sizes of name and text, a type, the name "Go", the text.
func noteText(order binary.ByteOrder, note []byte) string {
	const head = 12
	if len(note) < head+4 || order.Uint32(note) != 4 || string(note[head:head+4]) != "Go\x00\x00" {
		return ""
	}
	text := note[head+4:]
	return string(text[:min(uint64(order.Uint32(note[4:])), uint64(len(text)))])
}

// gatherLinks turns what the links of a compile step left in dir into plan.Links of the outputs.
func gatherLinks(dir, outputs string) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil // nothing is linked by the C compiler
	}
	files, err := os.ReadDir(outputs)
	if err != nil {
		return err
	}
	links := plan.Links{}
	for _, f := range files {
		if !f.Type().IsRegular() {
			continue
		}
		linked, found, err := linkedFiles(dir, linkKey(buildID(filepath.Join(outputs, f.Name()))))
		if err != nil {
			return fmt.Errorf("what %s was linked with: %w", f.Name(), err)
		}
		if found {
			links[f.Name()] = linked
		}
	}
	if err := removeRecords(dir); err != nil {
		return err
	}
	return writeJSON(filepath.Join(dir, plan.LinksFile), links)
}

// removeRecords leaves nothing that names this step's processes and temporary files.
func removeRecords(dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := os.Remove(filepath.Join(dir, f.Name())); err != nil {
			return err
		}
	}
	return nil
}

// linkedFiles are the sysroot's files that the links of one key took: objects, and archives of which they took members.
func linkedFiles(dir, key string) ([]plan.LinkedFile, bool, error) {
	records, err := filepath.Glob(filepath.Join(dir, key+"-*"+openedEnding))
	if err != nil {
		return nil, false, err
	}
	taken := map[string]map[string]bool{}
	for _, record := range records {
		if err := readLink(strings.TrimSuffix(record, openedEnding), taken); err != nil {
			return nil, false, err
		}
	}
	list := []plan.LinkedFile{}
	for _, name := range slices.Sorted(maps.Keys(taken)) {
		list = append(list, plan.LinkedFile{Name: name, Members: slices.Sorted(maps.Keys(taken[name]))})
	}
	return list, len(records) > 0, nil
}

// readLink adds what one link took.
func readLink(record string, taken map[string]map[string]bool) error {
	opened, err := os.ReadFile(record + openedEnding)
	if err != nil {
		return err
	}
	_, err = os.Stat(record + wholeEnding)
	whole := err == nil
	for _, file := range openedFiles(string(opened)) {
		if name, ok := inSysroot(file); ok && (path.Ext(name) == ".o" || whole && path.Ext(name) == ".a") {
			taken[name] = map[string]bool{}
		}
	}
	members, err := os.ReadFile(record + tookEnding)
	if err != nil {
		return err
	}
	return readMembers(members, taken)
}

// openedFiles are the files of the first rule of a makefile as lld writes it: "OUTPUT: \", then one file a line.
func openedFiles(text string) []string {
	var files []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			break
		}
		files = append(files, strings.TrimSpace(strings.TrimSuffix(line, "\\")))
	}
	return files
}

// member matches an archive's member as lld names it.
var member = regexp.MustCompile(`^(.+)\(([^()]+)\)$`)

// readMembers reads lld's table of what it took out of archives, and why: "reference	extracted	symbol" a line.
func readMembers(table []byte, taken map[string]map[string]bool) error {
	lines := bufio.NewScanner(bytes.NewReader(table))
	lines.Buffer(nil, 1<<22) // names of C++ symbols are long
	for lines.Scan() {
		columns := strings.Split(lines.Text(), "\t")
		if len(columns) < 2 {
			continue
		}
		m := member.FindStringSubmatch(columns[1])
		if m == nil {
			continue
		}
		if name, ok := inSysroot(m[1]); ok {
			if taken[name] == nil {
				taken[name] = map[string]bool{}
			}
			taken[name][m[2]] = true
		}
	}
	return lines.Err()
}

// inSysroot is a file's place below PathSysroot, links of a merged /usr followed.
func inSysroot(file string) (string, bool) {
	name, ok := strings.CutPrefix(path.Clean(file), plan.PathSysroot+"/")
	return sysroot.Merged(name), ok
}
