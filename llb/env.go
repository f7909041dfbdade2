package llb

import (
	"context"
	"strings"

	"github.com/moby/buildkit/client/llb"
)

// addEnv is "NAME=value" as an option of one exec.
func addEnv(kv string) llb.RunOption {
	name, value, _ := strings.Cut(kv, "=")
	return llb.AddEnv(name, value)
}

// failed is a state that reports err when it is marshalled.
func failed(err error) func(context.Context, llb.State, *llb.Constraints) (llb.State, error) {
	return func(context.Context, llb.State, *llb.Constraints) (llb.State, error) { return llb.State{}, err }
}
