package llb

import "github.com/moby/buildkit/client/llb"

// Constraints are what every graph of a request is marshalled with.
func (in Inputs) Constraints() []llb.ConstraintsOpt {
	options := []llb.ConstraintsOpt{llb.Platform(in.Build), llb.LocalUniqueID(in.LocalID)}
	if in.NoCache {
		options = append(options, llb.IgnoreCache)
	}
	return options
}
