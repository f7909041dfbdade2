package frontend

import "github.com/crossgo/crossgo/plan"

// goProxy is the default module proxy of the Go distribution that built this binary, as -ldflags
// "-X github.com/crossgo/crossgo/frontend.goProxy=$(go env GOPROXY)" leaves it: the frontend's image has no Go whose
// go.env it could read. Without it a request has to name one.
var goProxy string

// DefaultSettings are the addresses of a request that names none.
func DefaultSettings() plan.Settings {
	return plan.Settings{
		Proxy:        plan.Proxy{GOPROXY: goProxy},
		DebianMirror: plan.DebianMirror, SecurityMirror: plan.SecurityMirror,
	}
}
