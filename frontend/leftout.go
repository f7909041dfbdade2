package frontend

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/advice"
	"github.com/moby/buildkit/client/llb"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// withIgnored adds to an error about files that are missing which line of a .dockerignore leaves them out, if one does.
func (r *request) withIgnored(ctx context.Context, err error) error {
	pattern := advice.Missing(err.Error())
	if pattern == "" {
		return err
	}
	file, line, word := r.leftOut(ctx, pattern)
	if file == "" {
		return err
	}
	return errors.New(advice.With(err.Error(), []string{fmt.Sprintf("%s: %s leaves out %s: add a line !%s", line, word, file, pattern)}))
}

// leftOut asks the client for the files that a pattern names, whatever is to be left out, and for the file that says what is. It gives
// the first such file, with the line that leaves it out.
func (r *request) leftOut(ctx context.Context, pattern string) (file, line, word string) {
	ignores := []string{r.source.Filename + ".dockerignore", ".dockerignore"}
	st, err := r.ui.MainContext(ctx, llb.ExcludePatterns(nil), llb.IncludePatterns(append(slices.Clone(ignores), pattern)), llb.SharedKeyHint("what is left out"))
	if err != nil {
		return "", "", ""
	}
	ref, err := r.solve(ctx, *st)
	if err != nil {
		return "", "", ""
	}
	if file = firstFile(ctx, ref, pattern); file == "" {
		return "", "", ""
	}
	for _, name := range ignores {
		if text, err := readFile(ctx, ref, name); err == nil && text != nil {
			n, word := ignoringLine(text, file)
			if n == 0 {
				return "", "", ""
			}
			return file, fmt.Sprintf("%s:%d", name, n), word
		}
	}
	return "", "", ""
}

// firstFile is a file or folder that the pattern names.
func firstFile(ctx context.Context, ref gwclient.Reference, pattern string) string {
	dir := path.Dir(pattern)
	if dir != "." {
		if ok, err := exists(ctx, ref, dir); err != nil || !ok {
			return ""
		}
	}
	entries, err := ref.ReadDir(ctx, gwclient.ReadDirRequest{Path: dir, IncludePattern: path.Base(pattern)})
	if err != nil || len(entries) == 0 {
		return ""
	}
	return path.Join(dir, entries[0].Path)
}

// ignoringLine is the last line of a .dockerignore that leaves a file out.
func ignoringLine(text []byte, file string) (n int, word string) {
	for i, line := range strings.Split(string(text), "\n") {
		patterns, err := ignorefile.ReadAll(bytes.NewBufferString(line))
		if err != nil || len(patterns) != 1 || strings.HasPrefix(patterns[0], "!") {
			continue
		}
		m, err := patternmatcher.New(patterns)
		if err != nil {
			continue
		}
		if match, err := m.MatchesOrParentMatches(file); err == nil && match {
			n, word = i+1, strings.TrimSpace(line)
		}
	}
	return n, word
}
