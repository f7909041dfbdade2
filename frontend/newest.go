package frontend

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/crossgo/crossgo/internal/parallel"
	gollb "github.com/crossgo/crossgo/llb"
	"github.com/crossgo/crossgo/plan"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
)

// Which patch of Go is the newest is found out in every build, outside of all cache keys, as what a Debian archive has: a key with
// "1.26" in it would stand for the patch that a cache saw first. The list is not signed: a module proxy can hide a patch, but the
// checksum database vouches for what it sends of the others.

// listTime is how long the builder's own request for a list may take; a step asks where it fails.
const listTime = 10 * time.Second

// mostList is the most that is read of a list, several times what an honest one has.
const mostList = 8 << 20

// goList is the answer to the request for the list of releases, which is under way while the module files are read.
type goList struct {
	said chan listed
	stop context.CancelFunc
}

type listed struct {
	text string
	err  error
}

// askGoList asks the first module proxies for their list, unless the spec names an exact version.
func (r *request) askGoList(ctx context.Context) goList {
	ctx, stop := context.WithTimeout(ctx, listTime)
	l := goList{make(chan listed, 1), stop}
	if r.spec.Go.V != "" && plan.NamesPatch(r.spec.Go.V) {
		return l
	}
	go func() {
		var a listed
		defer func() { l.said <- a }()
		defer parallel.Recover(&a.err)
		a.text, a.err = r.readGoList(ctx)
	}()
	return l
}

// errNeedsStep says that the builder's own requests would lack what the user's settings have.
var errNeedsStep = errors.New("the module proxy is reached with a login or by way of another proxy")

// readGoList has BuildKit fetch the list.
func (r *request) readGoList(ctx context.Context) (string, error) {
	proxies, err := plan.ModuleProxies(r.inputs.Args.Proxy.GOPROXY)
	if err != nil {
		return "", err
	}
	if p := r.inputs.Proxy; p.HTTPProxy != "" || p.HTTPSProxy != "" || p.AllProxy != "" {
		return "", errNeedsStep
	}
	for _, p := range proxies {
		if plan.Redacted(p.URL) != p.URL || !strings.HasPrefix(p.URL, "http") {
			return "", errNeedsStep
		}
		var ref gwclient.Reference
		if ref, err = r.solve(ctx, gollb.GoList(p.URL)); err == nil {
			data, err := ref.ReadFile(ctx, gwclient.ReadRequest{Filename: gollb.GoListFile, Range: &gwclient.FileRange{Length: mostList}})
			return string(data), err
		}
	}
	return "", err
}

// newestGo is the choice with the patch that compiles.
func (r *request) newestGo(ctx context.Context, g plan.Go, list goList) (plan.Go, error) {
	if g.Least == "" {
		return g, nil
	}
	said, err := r.goReleases(ctx, g, list)
	if err != nil {
		return g, err
	}
	chosen, ok := g.Newest(said.Releases)
	switch {
	case said.Problem != "":
		r.warnGo(ctx, chosen, said.Problem)
	case !ok && plan.NamesPatch(g.Version): // the step that fetches it lists what there is, if it is not there
		r.warnGo(ctx, chosen, "the module proxy lists none")
	}
	return chosen, nil
}

// goReleases are the releases that there are.
func (r *request) goReleases(ctx context.Context, g plan.Go, list goList) (said plan.GoReleasesSaid, err error) {
	if a := <-list.said; a.err == nil {
		said.Releases = plan.GoReleases(a.text, g.Build)
		return said, nil
	}
	err = r.readJSON(ctx, gollb.GoReleases(r.inputs, g), plan.ReleasesFile, &said)
	return said, err
}

func (r *request) warnGo(ctx context.Context, g plan.Go, reason string) {
	r.source.Warn(ctx, fmt.Sprintf("the newest patch of Go %s is not known, %s compiles: %s", g.Least, g.Version, reason), gwclient.WarnOpts{})
}
