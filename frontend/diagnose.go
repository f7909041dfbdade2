package frontend

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/crossgo/crossgo/advice"
	gollb "github.com/crossgo/crossgo/llb"
	"github.com/crossgo/crossgo/plan"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
)

// diagnosing is how long a dependency step may take to fail once more.
const diagnosing = 5 * time.Minute

// compilerText is what the go command of a failed dependency step says. Such a step runs the go command and nothing of ours, so that
// it can leave no text behind: the command is started once more on what the step had mounted. What compiled is in the cache that the
// step filled, so this compiles what failed and nothing else.
func (r *request) compilerText(ctx context.Context, failed *errdefs.SolveError) string {
	op := failed.Op.GetExec()
	if op == nil || failed.Description[gollb.DescStep] != gollb.Dependencies {
		return ""
	}
	ctx, cancel := context.WithTimeoutCause(ctx, diagnosing, errors.New("starting a failed step once more"))
	defer cancel()
	c, err := r.client.NewContainer(ctx, gwclient.NewContainerRequest{Mounts: mountsAgain(op, failed.MountIDs), NetMode: pb.NetMode_NONE, Platform: failed.Op.Platform, Constraints: failed.Op.Constraints})
	if err != nil {
		return ""
	}
	defer func() { _ = c.Release(context.WithoutCancel(ctx)) }()
	var text bytes.Buffer
	proc, err := c.Start(ctx, gwclient.StartRequest{
		Args: op.Meta.Args, Env: withoutKeeper(op.Meta.Env), Cwd: op.Meta.Cwd, Stdout: nopCloser{io.Discard}, Stderr: nopCloser{&text},
	})
	if err != nil || proc.Wait() == nil {
		return ""
	}
	return moduleCache.ReplaceAllString(strings.TrimSpace(text.String()), "")
}

// moduleCache matches the way to the module cache, as the go command shortens it.
var moduleCache = regexp.MustCompile(`(?m)(?:\.\./)*\.*` + plan.PathModules + `/`)

// mountsAgain are the mounts of a failed exec, but for what the builder keeps for all builds.
func mountsAgain(op *pb.ExecOp, ids []string) []gwclient.Mount {
	var mounts []gwclient.Mount
	for i, m := range op.Mounts {
		again := gwclient.Mount{Dest: m.Dest, Selector: m.Selector, Readonly: m.Readonly, MountType: m.MountType}
		switch {
		case m.MountType == pb.MountType_BIND && i < len(ids):
			again.ResultID = ids[i]
		case m.MountType != pb.MountType_TMPFS:
			continue
		}
		mounts = append(mounts, again)
	}
	return mounts
}

// withoutKeeper is an environment without the program that the go command asks for objects: what it gave is in the cache already.
func withoutKeeper(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(kv string) bool { return strings.HasPrefix(kv, "GOCACHEPROG=") })
}

// compileFailure is a failed dependency step in the form that the user's own code gets.
func compileFailure(what, text string) string {
	return advice.With(fmt.Sprintf("compile %s failed:\n%s", what, text), advice.Hints(text))
}
