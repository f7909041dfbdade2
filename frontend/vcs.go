package frontend

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/spec"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/gitutil/gitobject"
)

// What the client says of the repository. buildx sends the revision of its own accord, with "-dirty" behind it when it was told to
// look (getGitAttributes in its package build); the others are crossgo build's.
const (
	AttrRevision = "vcs:revision"
	AttrTime     = "vcs:time"
	AttrModified = "vcs:modified"
	AttrTag      = "vcs:tag"
	AttrTags     = "crossgo-tags"    // the commit's tags as plan.VCS has them, one a line
	AttrHistory  = "crossgo-history" // the tags of plan.History, one a line
)

const dirty = "-dirty"

// vcsFacts gathers what is known. Whoever says a thing first is right.
type vcsFacts struct {
	needs []string
	known map[string]string
	vcs   plan.VCS
}

// readVCS finds out what the spec wants to know of the repository, and looks no further than it must: a spec that asks for nothing
// costs nothing.
func (r *request) readVCS(ctx context.Context) error {
	f := &vcsFacts{needs: r.spec.VCSNeeds(), known: map[string]string{}}
	if len(f.needs) == 0 {
		return nil
	}
	if err := f.fromArgs(r.ui.BuildArgs); err != nil {
		return err
	}
	if err := f.fromClient(r.client.BuildOpts().Opts); err != nil {
		return err
	}
	if f.missing(spec.VCSVariables...) {
		if err := r.gitContext(ctx, f); err != nil {
			return err
		}
	}
	if err := r.filesIfWanted(ctx, f); err != nil {
		return err
	}
	if err := f.fromEpoch(r.ui.BuildArgs["SOURCE_DATE_EPOCH"]); err != nil {
		return err
	}
	r.vcs = f.result()
	return nil
}

// filesIfWanted reads the repository's files where something is missing. A stamp has the tag as the module's version: nobody has to
// know it, and who does not is not told why.
func (r *request) filesIfWanted(ctx context.Context, f *vcsFacts) error {
	missing := f.missing(spec.VCSRevision, spec.VCSTag)
	if _, tagged := f.known[spec.VCSTag]; !missing && (tagged || r.spec.VCS.V != spec.VCSOn) {
		return nil
	}
	why := f.vcs.Why
	err := r.gitFiles(ctx, f)
	if !missing {
		f.vcs.Why = why
	}
	return err
}

// missing reports whether one of the names is needed and still unknown.
func (f *vcsFacts) missing(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		_, known := f.known[name]
		return !known && slices.Contains(f.needs, name)
	})
}

// learn takes over what was not known before.
func (f *vcsFacts) learn(name, value string) {
	if _, known := f.known[name]; !known {
		f.known[name] = value
	}
}

// concerns reports whether what is said of a commit is said of the one that is built.
func (f *vcsFacts) concerns(revision string) bool {
	known, ok := f.known[spec.VCSRevision]
	return !ok || known == revision
}

// result puts what is known in order.
func (f *vcsFacts) result() plan.VCS {
	for _, name := range spec.VCSVariables {
		if value, ok := f.known[name]; ok {
			f.vcs.Known = append(f.vcs.Known, plan.Variable{Name: name, Value: value})
		}
	}
	if tag := f.known[spec.VCSTag]; tag != "" && len(f.vcs.Tags) == 0 {
		f.vcs.Tags = plan.VersionTags([]string{tag}, "")
	}
	return f.vcs
}

var (
	revisionForm = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
	tagForm      = regexp.MustCompile(`^[^\x00-\x20\x7f~^:?*\[\\]*$`) // git check-ref-format
)

// vcsForms check a value and give its normal form.
var vcsForms = map[string]func(string) (string, error){
	spec.VCSRevision: func(s string) (string, error) {
		if !revisionForm.MatchString(s) {
			return "", fmt.Errorf("found %q, want a commit's whole hash, as git rev-parse HEAD prints it", s)
		}
		return s, nil
	},
	spec.VCSTime: func(s string) (string, error) {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return "", fmt.Errorf("found %q, want a time such as 2026-01-31T12:00:00Z, as git log -1 --format=%%cI prints it", s)
		}
		return stamp(t), nil
	},
	spec.VCSModified: func(s string) (string, error) {
		if s != "true" && s != "false" {
			return "", fmt.Errorf("found %q, want true or false", s)
		}
		return s, nil
	},
	spec.VCSTag: func(s string) (string, error) {
		if !tagForm.MatchString(s) {
			return "", fmt.Errorf("found %q, want the name of one tag, or nothing", s)
		}
		return s, nil
	},
}

func stamp(t time.Time) string { return t.UTC().Truncate(time.Second).Format(time.RFC3339) }

// fromArgs reads what the user says.
func (f *vcsFacts) fromArgs(args map[string]string) error {
	for _, name := range spec.VCSVariables {
		if said, ok := args[name]; ok {
			value, err := vcsForms[name](said)
			if err != nil {
				return fmt.Errorf("build arg %s: %w", name, err)
			}
			f.learn(name, value)
		}
	}
	return nil
}

// fromClient reads what the client found out by itself. Of another commit than the user's nothing else is believed.
func (f *vcsFacts) fromClient(opts map[string]string) error {
	revision, modified := strings.CutSuffix(opts[AttrRevision], dirty)
	if revision == "" || !f.concerns(revision) {
		return nil
	}
	if modified {
		f.learn(spec.VCSModified, "true")
	}
	for _, said := range []struct{ name, attr string }{
		{spec.VCSRevision, AttrRevision}, {spec.VCSTime, AttrTime}, {spec.VCSModified, AttrModified}, {spec.VCSTag, AttrTag},
	} {
		text, ok := opts[said.attr]
		if !ok {
			continue
		}
		if said.attr == AttrRevision {
			text = revision
		}
		value, err := vcsForms[said.name](text)
		if err != nil {
			return fmt.Errorf("option %s of the client: %w", said.attr, err)
		}
		f.learn(said.name, value)
	}
	f.vcs.Tags = lines(opts[AttrTags])
	if history, ok := opts[AttrHistory]; ok {
		f.vcs.History = &plan.History{Tags: lines(history)}
	}
	return nil
}

func lines(text string) []string { return strings.Fields(text) }

// gitContext asks BuildKit about a build context that is a git address: nothing in it is modified.
func (r *request) gitContext(ctx context.Context, f *vcsFacts) error {
	op, err := r.gitSource(ctx)
	if err != nil || op == nil {
		return err
	}
	md, err := r.client.ResolveSourceMetadata(ctx, op, sourceresolver.Opt{
		LogName: "[internal] look up the commit of the build context", GitOpt: &sourceresolver.ResolveGitOpt{ReturnObject: true},
	})
	if err != nil {
		return fmt.Errorf("build context: %w", err)
	}
	if md.Git == nil {
		return nil
	}
	revision := md.Git.CommitChecksum
	if revision == "" {
		revision = md.Git.Checksum
	}
	if !f.concerns(revision) {
		return nil
	}
	f.learn(spec.VCSRevision, revision)
	f.learn(spec.VCSModified, "false")
	if tag, ok := strings.CutPrefix(md.Git.Ref, "refs/tags/"); ok {
		f.learn(spec.VCSTag, tag)
	}
	return f.fromCommit(md.Git.CommitObject)
}

// fromCommit reads the time of git's own record of the commit, where BuildKit has handed that on.
func (f *vcsFacts) fromCommit(raw []byte) error {
	if len(raw) == 0 {
		return nil
	}
	object, err := gitobject.Parse(raw)
	if err != nil {
		return fmt.Errorf("build context: commit: %w", err)
	}
	commit, err := object.ToCommit()
	if err != nil {
		return fmt.Errorf("build context: commit: %w", err)
	}
	if commit.Committer.When != nil {
		f.learn(spec.VCSTime, stamp(*commit.Committer.When))
	}
	return nil
}

// gitSource is the build context's git source; nil when it comes from elsewhere.
func (r *request) gitSource(ctx context.Context) (*pb.SourceOp, error) {
	st, ok, err := dockerui.DetectGitContext(r.client.BuildOpts().Opts[dockerui.DefaultLocalNameContext], nil)
	if !ok { // err then says why the address is none of git's
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	def, err := st.Marshal(ctx, r.inputs.Constraints()...)
	if err != nil {
		return nil, err
	}
	for _, raw := range def.ToPB().Def {
		op := new(pb.Op)
		if err := op.UnmarshalVT(raw); err != nil {
			return nil, err
		}
		if op.GetSource() != nil {
			return op.GetSource(), nil
		}
	}
	return nil, nil
}

// fromEpoch takes the time that stands for the build as the commit's, for want of any other.
func (f *vcsFacts) fromEpoch(epoch string) error {
	if epoch == "" || !f.missing(spec.VCSTime) {
		return nil
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return fmt.Errorf("build arg SOURCE_DATE_EPOCH: found %q, want seconds since 1970", epoch)
	}
	f.learn(spec.VCSTime, stamp(time.Unix(seconds, 0)))
	return nil
}
