package llb

import (
	"github.com/crossgo/crossgo/plan"
	"github.com/moby/buildkit/client/llb"
)

// keeper has the program that dependency steps ask for objects at plan.PathKeeper. Its bytes are the same whatever our binary is, and so
// are the keys of these steps.
func keeper(in Inputs, p *plan.Plan) llb.State {
	return in.self("keeper", "[internal] the program that keeps objects", "", "the program that keeps objects", plan.KeeperJob{Build: p.Build}).output()
}
