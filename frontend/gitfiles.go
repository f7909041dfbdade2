package frontend

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	gollb "github.com/crossgo/crossgo/llb"
	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/spec"
	"github.com/moby/buildkit/client/llb"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
)

// What is read of a repository in the build context: a few small files, and no history (gitrepository-layout(5)).
const (
	gitHead   = ".git/HEAD"
	gitPacked = ".git/packed-refs"
	gitTags   = ".git/refs/tags"
)

var gitRefs = []string{gitHead, gitPacked, ".git/refs/heads", gitTags}

// gitFiles reads the repository in the build context, for want of better sources: its commit and that commit's tags.
func (r *request) gitFiles(ctx context.Context, f *vcsFacts) error {
	ref, err := r.contextFiles(ctx, gitRefs)
	if err != nil {
		return err
	}
	refs, err := readRefs(ctx, ref)
	if err != nil || refs.head == "" {
		f.vcs.Why = "the client said nothing of it, and the build context has no .git directory that names the commit"
		return err
	}
	f.vcs.Why = "the .git directory of the build context does not say"
	if !f.concerns(refs.head) {
		return nil
	}
	f.learn(spec.VCSRevision, refs.head)
	tags, err := r.tagsOf(ctx, refs)
	if errors.Is(err, errTagPacked) {
		f.vcs.Why = err.Error()
		return nil
	}
	if err != nil {
		return err
	}
	f.learn(spec.VCSTag, plan.NewestTag(tags))
	f.vcs.Tags = plan.VersionTags(tags, "")
	return nil
}

// contextFiles reads files of the build context that its sources leave out. A key of its own keeps the client from sending the
// whole context again afterwards.
func (r *request) contextFiles(ctx context.Context, patterns []string) (gwclient.Reference, error) {
	st, err := r.ui.MainContext(ctx, llb.ExcludePatterns(nil), llb.IncludePatterns(patterns), llb.SharedKeyHint("context-git"))
	if err != nil {
		return nil, err
	}
	return r.solve(ctx, gollb.GitFiles(*st, r.inputs, patterns))
}

// gitRefsFound are the references of a repository.
type gitRefsFound struct {
	head  string            // the commit that is checked out; empty when the files do not say
	loose map[string]string // tags with a file of their own: a commit, or an object that names it
	tags  map[string]string // tags in packed-refs, with the commit that each stands for
}

func readRefs(ctx context.Context, ref gwclient.Reference) (gitRefsFound, error) {
	found := gitRefsFound{}
	head, err := readFile(ctx, ref, gitHead)
	if err != nil || head == nil {
		return found, err
	}
	data, err := readFile(ctx, ref, gitPacked)
	if err != nil {
		return found, err
	}
	packed := parsePacked(string(data))
	if found.head, err = headCommit(ctx, ref, strings.TrimSpace(string(head)), packed); err != nil {
		return found, err
	}
	found.tags = map[string]string{}
	for name, hash := range packed {
		if tag, ok := strings.CutPrefix(name, "refs/tags/"); ok {
			found.tags[tag] = hash
		}
	}
	found.loose, err = looseRefs(ctx, ref, gitTags)
	return found, err
}

// headCommit follows HEAD to its branch.
func headCommit(ctx context.Context, ref gwclient.Reference, head string, packed map[string]string) (string, error) {
	branch, ok := strings.CutPrefix(head, "ref: ")
	if ok {
		loose, err := readFile(ctx, ref, path.Join(".git", path.Clean("/"+branch)))
		if err != nil {
			return "", err
		}
		if head = strings.TrimSpace(string(loose)); loose == nil {
			head = packed[branch]
		}
	}
	if !revisionForm.MatchString(head) {
		return "", nil
	}
	return head, nil
}

// parsePacked reads packed-refs: a line for each reference, and behind that of an annotated tag one with the commit.
func parsePacked(text string) map[string]string {
	refs := map[string]string{}
	last := ""
	for line := range strings.Lines(text) {
		hash, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		if peeled, ok := strings.CutPrefix(hash, "^"); ok {
			hash, name = peeled, last
		}
		if revisionForm.MatchString(hash) && name != "" {
			refs[name], last = hash, name
		}
	}
	return refs
}

// looseRefs are the references below a directory, by their names there.
func looseRefs(ctx context.Context, ref gwclient.Reference, dir string) (map[string]string, error) {
	refs := map[string]string{}
	if ok, err := exists(ctx, ref, dir); err != nil || !ok {
		return refs, err
	}
	entries, err := ref.ReadDir(ctx, gwclient.ReadDirRequest{Path: dir, IncludePattern: "*"})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	for _, e := range entries {
		name := path.Base(e.Path)
		if e.IsDir() {
			below, err := looseRefs(ctx, ref, path.Join(dir, name))
			if err != nil {
				return nil, err
			}
			for tag, hash := range below {
				refs[name+"/"+tag] = hash
			}
			continue
		}
		data, err := readFile(ctx, ref, path.Join(dir, name))
		if err != nil {
			return nil, err
		}
		refs[name] = strings.TrimSpace(string(data))
	}
	return refs, nil
}

// errTagPacked is the case that would need all of git: a tag whose object lies in a pack.
var errTagPacked = errors.New("the .git directory of the build context has tags that only git can read")

// tagsOf are the tags of the commit, sorted.
func (r *request) tagsOf(ctx context.Context, refs gitRefsFound) ([]string, error) {
	var tags []string
	for tag, hash := range refs.tags {
		if _, newer := refs.loose[tag]; !newer && hash == refs.head {
			tags = append(tags, tag)
		}
	}
	objects := map[string]string{} // names of objects that may be annotated tags, by tag
	for tag, hash := range refs.loose {
		switch {
		case hash == refs.head:
			tags = append(tags, tag)
		case revisionForm.MatchString(hash):
			objects[tag] = path.Join(".git/objects", hash[:2], hash[2:])
		}
	}
	annotated, err := r.annotated(ctx, objects, refs.head)
	tags = append(tags, annotated...)
	slices.Sort(tags)
	return tags, err
}

// annotated are those of the tags whose objects name the commit.
func (r *request) annotated(ctx context.Context, objects map[string]string, commit string) ([]string, error) {
	if len(objects) == 0 {
		return nil, nil
	}
	ref, err := r.contextFiles(ctx, slices.Sorted(maps.Values(objects)))
	if err != nil {
		return nil, err
	}
	var tags []string
	for _, tag := range slices.Sorted(maps.Keys(objects)) {
		data, err := readFile(ctx, ref, objects[tag])
		if err != nil {
			return nil, err
		}
		if data == nil {
			return nil, errTagPacked
		}
		of, err := taggedCommit(data)
		if err != nil {
			return nil, fmt.Errorf("build context: %s: %w", objects[tag], err)
		}
		if of == commit {
			tags = append(tags, tag)
		}
	}
	return tags, nil
}

// taggedCommit is the commit that a tag's object names; empty for an object of another kind, such as the commit of a tag
// without one.
func taggedCommit(object []byte) (string, error) {
	const enough = 4096 // for the header and the line that names the commit
	z, err := zlib.NewReader(bytes.NewReader(object))
	if err != nil {
		return "", err
	}
	defer z.Close()
	text, err := io.ReadAll(io.LimitReader(z, enough))
	if err != nil {
		return "", err
	}
	header, body, _ := bytes.Cut(text, []byte{0})
	if !bytes.HasPrefix(header, []byte("tag ")) {
		return "", nil
	}
	line, _, _ := bytes.Cut(body, []byte("\n"))
	return strings.TrimPrefix(string(line), "object "), nil
}
