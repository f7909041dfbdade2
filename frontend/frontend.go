// Package frontend answers BuildKit's gateway: it reads the request and the spec, asks the code and the package archives
// what the plan needs to know, has the plan written down as a graph, and returns one result per platform.
package frontend

import (
	"context"
	"time"

	"github.com/crossgo/crossgo/internal/parallel"
	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/sysroot"
	"github.com/moby/buildkit/frontend/dockerui"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
)

// DefaultFilename is the spec's name when the request names none.
const DefaultFilename = "crossgo.yaml"

// keySelf is the request's option that says where our own binary is: "local:NAME" for a local directory of the client.
const keySelf = "crossgo-self"

// Option changes how the frontend behaves.
type Option func(*config)

type config struct {
	settings plan.Settings
	keyring  sysroot.Keyring
	machine  func() plan.Machine // that compiles
	now      func() time.Time    // by which signed indexes expire
	kills    func() int64        // how many processes the kernel has ended for want of memory
}

// WithSettings are the addresses used when the request's build args name no others.
func WithSettings(s plan.Settings) Option { return func(c *config) { c.settings = s } }

// WithKeys are the keys that may sign a package archive's index, instead of Debian's.
func WithKeys(k sysroot.Keyring) Option { return func(c *config) { c.keyring = k } }

// New is the frontend as BuildKit calls it, from the frontend image as well as inside another program.
func New(opts ...Option) gwclient.BuildFunc {
	cfg := config{keyring: sysroot.DebianKeys(), settings: DefaultSettings(), machine: thisMachine, now: time.Now, kills: oomKills}
	for _, o := range opts {
		o(&cfg)
	}
	return func(ctx context.Context, c gwclient.Client) (res *gwclient.Result, err error) {
		defer parallel.Recover(&err)
		return build(ctx, c, cfg)
	}
}

// build is the whole way of one request.
func build(ctx context.Context, c gwclient.Client, cfg config) (*gwclient.Result, error) {
	if err := tooOld(c.BuildOpts().LLBCaps); err != nil {
		return nil, err
	}
	dc, err := dockerui.NewClient(newAsked(c))
	if err != nil {
		return nil, err
	}
	r := &request{client: c, ui: dc, config: cfg}
	if err := r.readSpec(ctx); err != nil {
		if res, handled := r.answerBroken(ctx, err); handled {
			return res, nil
		}
		return nil, r.locate(err)
	}
	if res, handled, err := dc.HandleSubrequest(ctx, r.subrequests()); err != nil || handled {
		return res, err
	}
	res, err := r.run(ctx)
	return res, r.locate(err)
}

// run goes from the spec to the result: what the code is, what the plans are, what packages they pin, the graphs.
func (r *request) run(ctx context.Context) (*gwclient.Result, error) {
	if err := r.settle(ctx); err != nil {
		return nil, err
	}
	if err := r.readVCS(ctx); err != nil {
		return nil, err
	}
	host := r.hostAhead(ctx)
	defer host.stop()
	if err := r.chooseGo(ctx); err != nil {
		return nil, err
	}
	if err := r.readCode(ctx); err != nil {
		return nil, err
	}
	host.answered()
	plans, err := r.plans(ctx)
	if err != nil {
		return nil, err
	}
	bare := r.compileAhead(ctx, plans)
	defer bare.stop()
	if err := r.pin(ctx, plans); err != nil {
		return nil, err
	}
	bare.answered()
	if r.selection.Kind == plan.KindRelease {
		return r.publish(ctx, plans)
	}
	return r.results(ctx, plans)
}

// plans decides for every platform; the problems of all platforms come at once.
func (r *request) plans(ctx context.Context) ([]*plan.Plan, error) {
	var all []*plan.Plan
	var errs []error
	for i := range r.targets {
		p, err := plan.New(r.planInput(i))
		all, errs = append(all, p), append(errs, err)
	}
	return all, r.acrossTargets(ctx, errs)
}

// planInput is what the plan for one of the targets is made from.
func (r *request) planInput(i int) plan.Input {
	return plan.Input{
		File: r.spec, Facts: r.facts.Targets[i], Mods: r.mods, Go: r.goTool, Target: r.targets[i], Build: r.build,
		Args: r.ui.BuildArgs, Settings: r.inputs.Args, Dir: r.spec.Module.V, Vendor: r.vendor, Select: r.selection, VCS: r.vcs, Runs: r.runs,
	}
}
