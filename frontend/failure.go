package frontend

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	gollb "github.com/crossgo/crossgo/llb"
	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/spec"
	"github.com/moby/buildkit/client/llb"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
)

// explain puts a failed step's own words in the place of "did not complete successfully".
func (r *request) explain(ctx context.Context, def *pb.Definition, err error) error {
	var failed *errdefs.SolveError
	if !errors.As(err, &failed) || failed.Description[gollb.DescStep] == "" {
		return explainFetch(def, err)
	}
	d := failed.Description
	text := r.problem(ctx, failed)
	if text == "" {
		if said := r.compilerText(ctx, failed); said != "" {
			text = compileFailure(d[gollb.DescWhat], said)
		}
	}
	if text == "" {
		text = fmt.Sprintf("%s of %s %s", d[gollb.DescStep], d[gollb.DescWhat], r.unsaid(err))
	} else if r.killed(err) && !strings.Contains(text, plan.MoreMemory) {
		text += "\n" + meanwhile
	}
	if where := d[gollb.DescWhere]; where != "" && !strings.HasPrefix(text, "@{") && !located.MatchString(text) {
		text = where + ": " + text
	}
	return errors.New(plan.Places(r.spec, text))
}

// located matches a text that begins with a file of its own.
var located = regexp.MustCompile(`^(?:[^\s:]+:\d+(?::\d+)?|\S*go\.(?:mod|sum|work)): `)

// meanwhile is said where a process of a failed step may have been killed, and the step did not notice itself.
const meanwhile = "hint: meanwhile the kernel killed a process for want of memory: " + plan.MoreMemory

// unsaid is how a step ended that left no words: plain go, whose words stand on the log, or a killed one of ours.
func (r *request) unsaid(err error) string {
	var exit *gwpb.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode == exitKilled && r.killed(err):
		return "was killed for want of memory: " + plan.MoreMemory
	case errors.As(err, &exit) && exit.ExitCode == exitKilled:
		return "was killed, most likely for want of memory: " + plan.MoreMemory
	case r.killed(err):
		return "failed, the reason stands above\n" + meanwhile
	}
	return "failed, the reason stands above"
}

// exitKilled is how runc and crun say SIGKILL: 128 and the number of the signal.
const exitKilled = 128 + 9

// killed reports whether the kernel killed a process for want of memory while the request ran: BuildKit says so where it
// watched the step's cgroup (version 2 alone: the exit code becomes the words of ENOMEM), the kernel for the whole machine.
func (r *request) killed(err error) bool {
	return strings.Contains(err.Error(), "did not complete successfully: cannot allocate memory") || r.config.kills() > r.killsBefore
}

// explainFetch names the file that BuildKit could not fetch: its own error speaks of digests alone.
func explainFetch(def *pb.Definition, err error) error {
	if address, ok := fetching(def, err); ok {
		return faultOf(address, err)
	}
	return err
}

// fetching is the address of the file whose fetch failed.
func fetching(def *pb.Definition, err error) (address string, ok bool) {
	var vertex *errdefs.VertexError
	if !errors.As(err, &vertex) {
		return "", false
	}
	for _, raw := range def.Def {
		if digest.FromBytes(raw).String() != vertex.Digest {
			continue
		}
		op := new(pb.Op)
		if op.UnmarshalVT(raw) == nil && op.GetSource() != nil && strings.HasPrefix(op.GetSource().Identifier, "http") {
			return op.GetSource().Identifier, true
		}
	}
	return "", false
}

// problem reads what a failed step of ours left behind, by starting our binary on what the step had mounted.
func (r *request) problem(ctx context.Context, failed *errdefs.SolveError) string {
	op := failed.Op.GetExec()
	if op == nil || len(op.Meta.Args) == 0 || ownOut[op.Meta.Args[0]] == "" {
		return ""
	}
	self := op.Meta.Args[0]
	ctx, cancel := context.WithTimeoutCause(ctx, 30*time.Second, errors.New("reading a failed step's problem"))
	defer cancel()
	c, err := r.client.NewContainer(ctx, gwclient.NewContainerRequest{Mounts: failedMounts(op, self, failed.MountIDs), NetMode: pb.NetMode_NONE, Platform: failed.Op.Platform, Constraints: failed.Op.Constraints})
	if err != nil {
		return ""
	}
	defer func() { _ = c.Release(context.WithoutCancel(ctx)) }()
	var out bytes.Buffer
	proc, err := c.Start(ctx, gwclient.StartRequest{
		Args: []string{self, "step", "problem", ownOut[self] + "/" + plan.ProblemFile}, Cwd: "/", Stdout: nopCloser{&out}, Stderr: nopCloser{io.Discard},
	})
	if err != nil || proc.Wait() != nil {
		return ""
	}
	return strings.TrimSpace(out.String())
}

// ownOut is where a step of ours writes, by where our binary is in it.
var ownOut = map[string]string{plan.PathSelf: plan.PathOut, plan.PathRunSelf: plan.PathRunOut}

// failedMounts are the mounts of a failed exec that still have content.
func failedMounts(op *pb.ExecOp, self string, ids []string) []gwclient.Mount {
	var mounts []gwclient.Mount
	for i, m := range op.Mounts {
		wanted := m.Dest == "/" || m.Dest == self || m.Dest == ownOut[self]
		if !wanted || i >= len(ids) || m.MountType != pb.MountType_BIND {
			continue
		}
		mounts = append(mounts, gwclient.Mount{Dest: m.Dest, Selector: m.Selector, ResultID: ids[i], Readonly: m.Readonly, MountType: m.MountType})
	}
	return mounts
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// locate adds BuildKit's source ranges to our errors, so that clients print the lines they speak of. Only our text goes
// on: an error of BuildKit's inside ours would take its place on the wire, where the innermost status wins.
func (r *request) locate(err error) error {
	if err == nil || r.source == nil || errors.Is(err, context.Canceled) {
		return err
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		list := flatten(joined.Unwrap())
		for i, e := range list {
			list[i] = r.locate(e)
		}
		return &locatedList{plan.Redacted(err.Error()), list}
	}
	own := errors.New(plan.Redacted(err.Error()))
	pos := r.position(err)
	if pos == nil {
		return own
	}
	return errdefs.WithSource(own, &errdefs.Source{Info: r.sourceInfo(), Ranges: []*pb.Range{pos}})
}

// locatedList is several located errors under one text.
type locatedList struct {
	text string
	list []error
}

func (e *locatedList) Error() string   { return e.text }
func (e *locatedList) Unwrap() []error { return e.list }

func (r *request) sourceInfo() *pb.SourceInfo {
	return &pb.SourceInfo{Filename: r.source.Filename, Language: r.source.Language, Data: r.source.Data, Definition: r.source.Definition.ToPB()}
}

// position is the range of the spec that an error speaks of: of a problem of the parser, or of the place at the text's
// beginning.
func (r *request) position(err error) *pb.Range {
	var p spec.Problem
	if errors.As(err, &p) {
		if !p.Pos.Known() {
			return nil
		}
		return rangeOf(p.Pos, p.End)
	}
	return r.placeRange(err.Error())
}

var placePattern = regexp.MustCompile(`^(.+?):(\d+):(\d+)(?:: |$)`)

// placeRange reads "crossgo.yaml:4:11: …".
func (r *request) placeRange(text string) *pb.Range {
	m := placePattern.FindStringSubmatch(text)
	if m == nil || m[1] != r.source.Filename {
		return nil
	}
	line, _ := strconv.Atoi(m[2]) // the pattern lets digits through only
	column, _ := strconv.Atoi(m[3])
	return rangeOf(spec.Pos{Line: line, Column: column}, spec.Pos{Line: line, Column: column})
}

// rangeOf converts to BuildKit's ranges, whose characters count from 0.
func rangeOf(from, to spec.Pos) *pb.Range {
	if !to.Known() {
		to = from
	}
	return &pb.Range{
		Start: &pb.Position{Line: int32(from.Line), Character: int32(max(from.Column-1, 0))},
		End:   &pb.Position{Line: int32(to.Line), Character: int32(max(to.Column-1, 0))},
	}
}

// locationOf is the constraint that ties a step to the line that asked for it.
func (r *request) locationOf(where string) llb.ConstraintsOpt {
	pos := r.placeRange(plan.Places(r.spec, where))
	if pos == nil {
		return nil
	}
	return r.source.Location([]*pb.Range{pos})
}
