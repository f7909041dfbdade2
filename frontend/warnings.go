package frontend

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	gollb "github.com/crossgo/crossgo/llb"
	"github.com/crossgo/crossgo/plan"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
)

// warning is what verify warns of, and the platforms on whose outputs.
type warning struct {
	plan.Warning
	platforms []string
}

// readWarnings reads what verify warns of in the outputs of a plan that was solved with these inputs: then it is there.
func (r *request) readWarnings(ctx context.Context, in gollb.Inputs, p *plan.Plan) error {
	var all []warning
	var errs []error
	for _, st := range gollb.Findings(in, p, r.code) {
		var list []plan.Warning
		ref, err := r.solveLimited(ctx, st)
		if err == nil {
			err = decode(ctx, ref, plan.WarningsFile, &list)
		}
		errs = append(errs, err)
		for _, w := range list {
			all = append(all, warning{w, []string{p.Target}})
		}
	}
	r.warnings.Store(p.Target, all)
	return errors.Join(errs...)
}

// together puts the same warning about several platforms into one, in the order of the first.
func together(all []warning) []warning {
	var list []warning
	for _, w := range all {
		same := func(o warning) bool {
			return o.Where == w.Where && o.File == w.File && o.Check == w.Check && o.Text == w.Text
		}
		if i := slices.IndexFunc(list, same); i >= 0 {
			list[i].platforms = append(list[i].platforms, w.platforms...)
			continue
		}
		list = append(list, w)
	}
	return list
}

// warn hands the warnings about all plans to the client, in their order, each once and with the line of the spec that it is about.
func (r *request) warn(ctx context.Context, plans []*plan.Plan) {
	var all []warning
	for _, p := range plans {
		if list, ok := r.warnings.Load(p.Target); ok {
			all = append(all, list.([]warning)...)
		}
	}
	for _, w := range together(all) {
		opts := gwclient.WarnOpts{}
		if pos := r.placeRange(plan.Places(r.spec, w.Where)); pos != nil {
			opts.Range = []*pb.Range{pos}
		}
		for _, line := range w.Detail {
			opts.Detail = append(opts.Detail, []byte(line))
		}
		r.source.Warn(ctx, fmt.Sprintf("%s for %s: %s: %s", w.File, strings.Join(w.platforms, ", "), w.Check, w.Text), opts)
	}
}
